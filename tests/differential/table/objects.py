"""Rows of objects: put, got, headed, deleted, with all that can go along."""

from __future__ import annotations

import base64
import hashlib

from tests.differential.rows import EMPTY, HELLO, NEW, How, Loss, Own, Row, Scene, Thing, boto, http
from tests.differential.table.losses import BESIDE, ONLY_REST, OTHER_ERROR, STRICTER, WORDS
from tests.differential.table.signed import OTHER_HASH

LARGE = bytes(range(256)) * 4096
"""A mebibyte."""
MD5 = base64.b64encode(hashlib.md5(b"hello").digest()).decode()
OTHER_MD5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
GET, HEAD = boto("get_object", Key="k"), boto("head_object", Key="k")
BOB, NOBODY, STRANGER, LIAR = (How(user=user) for user in ("bob", "nobody", "stranger", "liar"))
VIRTUAL, PLAIN = How(virtual=True), How(plain=True)

BAD_DIGEST = Own(WORDS, "BadDigest")
CONTENT = {
    "ContentType": "text/x-greeting; charset=utf-8",
    "CacheControl": "max-age=60, private",
    "ContentDisposition": 'attachment; filename="a b.txt"',
    "ContentEncoding": "x-own",
    "ContentLanguage": "de, en",
    "Expires": "Thu, 01 Dec 2044 16:00:00 GMT",
}
METADATA = {
    "one": {"colour": "green"},
    "several": {"a": "1", "b": "2", "c-d": "3"},
    "with capitals in the name": {"CamelCase": "x"},
    "with blanks in the text": {"a": "two  words"},
    "with an empty text": {"a": ""},
    "of signs": {"a": "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"},
    "long": {"a": "x" * 1900},
    "of the name content-type": {"content-type": "x"},
    "in RFC 2047": {"a": "=?UTF-8?B?w6TDtsO8?="},
    "with XML's signs": {"a": "<&>\"'"},
}
ENTRIES = "metadata and header fields are entries of one list in SOAP, by their names"
CODED = "what is not ASCII is coded anew (wire rule 32)"
OTHERWISE = {
    "of the name content-type": (
        Loss("headers.content-type", ENTRIES, "x", step=1),
        Loss("ContentType", ENTRIES, "x", step=1),
        Loss("headers.x-amz-meta-content-type", ENTRIES),
        Loss("Metadata.content-type", ENTRIES),
        Loss("then: holds.bucket.k.content-type", ENTRIES, "x"),
        Loss("then: holds.bucket.k.x-amz-meta-content-type", ENTRIES),
    ),
    "in RFC 2047": tuple(
        Loss(path, CODED, "=?utf-8?b?w6TDtsO8?=")
        for path in ("headers.x-amz-meta-a", "Metadata.a", "then: holds.bucket.k.x-amz-meta-a")
    ),
}
ONLY_REST_FIELDS = {
    "x-amz-tagging": {"Tagging": "a=b"},
    "x-amz-server-side-encryption": {"ServerSideEncryption": "AES256"},
    "x-amz-website-redirect-location": {"WebsiteRedirectLocation": "/elsewhere"},
    "x-amz-object-lock-legal-hold": {"ObjectLockLegalHoldStatus": "ON"},
    "if-none-match": {"IfNoneMatch": "*"},
    "if-match": {"IfMatch": '"5d41402abc4b2a76b9719d911017c592"'},
    "x-amz-expected-bucket-owner": {"ExpectedBucketOwner": "123456789012"},
}


def row(name: str, *steps, scene: Scene = HELLO, **more) -> Row:
    return Row(f"object: {name}", "boto3", steps, scene, **more)


def put(body: bytes = b"hello", key: str = "k", **values):
    return boto("put_object", Key=key, Body=body, **values)


PUTS = (
    row("put", put(), GET, scene=EMPTY, passes=True),
    row("put empty", put(b""), GET, scene=EMPTY, passes=True),
    row("put over another", put(b"other"), GET),
    row("put, a mebibyte", put(LARGE), GET, scene=EMPTY, passes=True),
    row("put over plain HTTP", put(), GET, scene=EMPTY, how=PLAIN, passes=True),
    row("put, a mebibyte over plain HTTP", put(LARGE), GET, scene=EMPTY, how=PLAIN),
    row("put without checksums", put(), GET, scene=EMPTY, how=How(checksums="when_required")),
    row(
        "put with its payload signed",
        put(LARGE),
        GET,
        scene=EMPTY,
        how=How(checksums="when_required", settings={"payload_signing_enabled": True}),
        passes=True,
    ),
    row("put by its host", put(), GET, scene=EMPTY, how=VIRTUAL, passes=True),
    *(row(f"put with {name}", put(**{name: value}), GET, scene=EMPTY) for name, value in CONTENT.items()),
    row("put with every field of content", put(**CONTENT), GET, HEAD, scene=EMPTY, passes=True),
    *(
        row(f"put with metadata {name}", put(Metadata=value), HEAD, scene=EMPTY, soap=OTHERWISE.get(name, ()))
        for name, value in METADATA.items()
    ),
    row(
        "put with metadata too long",
        put(Metadata={"a": "x" * 2100}),
        scene=EMPTY,
        soap=(Own(STRICTER, "MetadataTooLarge", 400),),
    ),
    row("put at the requester's cost", put(RequestPayer="requester"), GET),
    row("put and metadata replaced", put(), HEAD, scene=Scene((Thing("k", b"x", {"Metadata": {"a": "b"}}),))),
    row("put with its MD5", put(ContentMD5=MD5), GET, scene=EMPTY, passes=True),
    row("put with another MD5", put(ContentMD5=OTHER_MD5), scene=EMPTY, passes=True, own=(BAD_DIGEST,)),
    row("put over another with a wrong MD5", put(b"new", ContentMD5=OTHER_MD5), GET, own=(BAD_DIGEST,)),
    row(
        "put with an MD5 that is none",
        put(ContentMD5="hello"),
        scene=EMPTY,
        own=(Own(WORDS, "InvalidDigest"),),
    ),
    row(
        "put with an MD5 too short",
        put(ContentMD5=base64.b64encode(b"short").decode()),
        scene=EMPTY,
        own=(Own(OTHER_ERROR, "InvalidDigest"),),
    ),
    row("put in reduced redundancy", put(StorageClass="REDUCED_REDUNDANCY"), HEAD, scene=EMPTY),
    row("put in the standard class", put(StorageClass="STANDARD"), HEAD, scene=EMPTY),
    row(
        "put in a class that there is not",
        put(StorageClass="GOLDEN"),
        scene=EMPTY,
        soap=(Own(WORDS, "InvalidStorageClass"),),
    ),
    row("put into a bucket that is not there", put(Bucket=NEW), boto("get_object", Bucket=NEW, Key="k")),
    row("put with a key too long", put(key="k" * 1025), scene=EMPTY, passes=True, own=(BESIDE,)),
    row("put by somebody else", put(), how=BOB, scene=EMPTY),
    row("put by nobody", put(), how=NOBODY, scene=EMPTY),
    row("put by a stranger", put(), how=STRANGER, scene=EMPTY, passes=True),
    row("put by a liar", put(b"new"), GET, how=LIAR, passes=True),
    *(
        row(f"put with {name}", put(b"new", **values), HEAD, soap=ONLY_REST[name])
        for name, values in ONLY_REST_FIELDS.items()
    ),
    row(
        "put longer than it is told",
        http("PUT", "/{bucket}/k", body=b"hello", length=3),
        own=(OTHER_HASH,),
    ).but(client="http"),
)

READS = (
    row("got", GET, passes=True),
    row("got over plain HTTP", GET, how=PLAIN),
    row("got by its host", GET, how=VIRTUAL, passes=True),
    row("got empty", GET, scene=Scene((Thing("k", b""),))),
    row("got, a mebibyte", GET, scene=Scene((Thing("k", LARGE),))),
    row("headed", HEAD, passes=True),
    row("headed, a mebibyte", HEAD, scene=Scene((Thing("k", LARGE),))),
    row("got with its fields", GET, HEAD, scene=Scene((Thing("k", b"x", CONTENT),))),
    row("got that is not there", boto("get_object", Key="nothing"), passes=True),
    row("headed that is not there", boto("head_object", Key="nothing"), passes=True),
    row("got from a bucket that is not there", boto("get_object", Bucket=NEW, Key="k"), passes=True),
    row("headed in a bucket that is not there", boto("head_object", Bucket=NEW, Key="k")),
    row("got by somebody else", GET, how=BOB),
    row("headed by somebody else", HEAD, how=BOB),
    row("got by nobody", GET, how=NOBODY, passes=True),
    row("got by a stranger", GET, how=STRANGER, passes=True),
    row("got by a liar", GET, how=LIAR, passes=True),
    row("headed by a liar", HEAD, how=LIAR),
    row("got, its first part", boto("get_object", Key="k", PartNumber=1), soap=ONLY_REST["partNumber"]),
    row("got in a version", boto("get_object", Key="k", VersionId="null"), soap=ONLY_REST["versionId"]),
    row("headed in a version", boto("head_object", Key="k", VersionId="null"), soap=ONLY_REST["501"]),
    row("got as a directory", boto("get_object", Key="k/")),
    row("got, the directory of another", boto("get_object", Key="a"), scene=Scene((Thing("a/b"),))),
    row(
        "asked of a way that there is not",
        http("PATCH", "/{bucket}/k"),
        own=(BESIDE,),
    ).but(client="http"),
    row("got by a query that nobody knows", http("GET", "/{bucket}/k", "unknown=1"), soap=None).but(
        client="http"
    ),
)

DELETES = (
    row("deleted", boto("delete_object", Key="k"), GET, passes=True),
    row("deleted by its host", boto("delete_object", Key="k"), GET, how=VIRTUAL),
    row("deleted twice", boto("delete_object", Key="k"), boto("delete_object", Key="k")),
    row("deleted that is not there", boto("delete_object", Key="nothing")),
    row("deleted in a bucket that is not there", boto("delete_object", Bucket=NEW, Key="k")),
    row("deleted by somebody else", boto("delete_object", Key="k"), how=BOB),
    row("deleted by nobody", boto("delete_object", Key="k"), how=NOBODY),
    row("deleted by a liar", boto("delete_object", Key="k"), how=LIAR, passes=True),
    row(
        "deleted in a version", boto("delete_object", Key="k", VersionId="null"), soap=ONLY_REST["versionId"]
    ),
    row("deleted from among others", boto("delete_object", Key="b"), scene=Scene((Thing("a"), Thing("b")))),
)

ROWS = (*PUTS, *READS, *DELETES)
