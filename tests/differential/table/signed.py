"""Rows of signatures: in the head, in the address, of chunks and trailers, old ones, and all wrong."""

from __future__ import annotations

from gateway.rest.claims import MISMATCH
from tests.differential.rows import EMPTY, HELLO, How, Loss, Own, Row, Scene, boto, http
from tests.differential.signing import PAYLOAD, TRAILER, UNSIGNED_TRAILER, Chunks, Signing
from tests.differential.table.losses import BESIDE, OTHER_ERROR, STRICTER, WORDS, escaped

GREETING = b"hello" * 20_000
CRC32 = {"hello": "NhCmhg==", "other": "AAAAAA=="}
CHECKSUMS = {
    "crc32": ("NhCmhg==", "AAAAAA=="),
    "crc32c": ("mnG7TA==", "AAAAAA=="),
    "sha1": ("qvTGHdzF6KLavt4PO0gs2a6pQ00=", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "sha256": ("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "A" * 43 + "="),
    "crc64nvme": ("M3eFcAZSQlc=", "AAAAAAAAAAA="),
}
"""Of b"hello", right and wrong."""
OLD = How(signature="s3")
FORGED = Own(OTHER_ERROR, "SignatureDoesNotMatch", 403, MISMATCH)
UNJUDGED = Own(STRICTER, "SignatureDoesNotMatch", 403, MISMATCH)
SHORT = Own(STRICTER, "IncompleteBody", 400)
CUT = Own(WORDS, message="The request body terminated unexpectedly")
UNSIGNED = Own(
    OTHER_ERROR, "AccessDenied", message="There were headers present in the request which were not signed"
)
HASH = "The provided 'x-amz-content-sha256' header does not match what was computed."
OTHER_HASH = Own(STRICTER, "XAmzContentSHA256Mismatch", 400, HASH)


def row(name: str, *steps, scene: Scene = HELLO, client: str = "boto3", **more) -> Row:
    return Row(f"signed: {name}", client, steps, scene, passes=True, **more)


def raw(name: str, method: str = "PUT", own: Own | None = None, **values) -> Row:
    return row(name, http(method, "/{bucket}/k", **values), client="http", own=(own,) if own else ())


def chunked(name: str, body: bytes = b"hello", kind: str = PAYLOAD, own: Own | None = None, **values) -> Row:
    signing, headers = Signing(kind), values.pop("headers", {})
    step = http("PUT", "/{bucket}/k", body=body, signing=signing, headers=headers, chunks=Chunks(**values))
    return row(name, step, client="http", scene=EMPTY, own=(own,) if own else ())


REGION = Own(
    STRICTER,
    "AuthorizationHeaderMalformed",
    400,
    "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
)
NO_HASH = Own(
    STRICTER,
    "InvalidArgument",
    400,
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
)


def wrong_sum(name: str) -> Own:
    message = f"The {name.upper()} you specified did not match the calculated checksum."
    return Own(OTHER_ERROR, "BadDigest", message=message)


IN_ADDRESS = (
    row("an address to get", boto("url:get_object", Key="k")),
    row("an address to get by the host", boto("url:get_object", Key="k"), how=How(virtual=True)),
    row("an address to get a range", boto("url:get_object", Key="k", headers={"Range": "bytes=1-2"})),
    row(
        "an address to get an odd key",
        boto("url:get_object", Key="a b+ü"),
        soap=(Loss("body.5.1", "it is rebuilt from the path as it was sent (wire rule 5)", escaped),),
    ),
    row("an address to get what is not there", boto("url:get_object", Key="nothing")),
    row("an address to put", boto("url:put_object", Key="new", body=b"hello")),
    row(
        "an address to put with a type",
        boto(
            "url:put_object",
            Key="new",
            ContentType="text/x-a",
            headers={"Content-Type": "text/x-a"},
            body=b"x",
        ),
    ),
    row(
        "an address to put with another type",
        boto(
            "url:put_object",
            Key="new",
            ContentType="text/x-a",
            headers={"Content-Type": "text/x-b"},
            body=b"x",
        ),
        own=(BESIDE,),
    ),
    row(
        "an address to put with metadata",
        boto("url:put_object", Key="new", Metadata={"a": "b"}, headers={"x-amz-meta-a": "b"}, body=b"x"),
    ),
    row("an address to delete", boto("url:delete_object", Key="k")),
    row("an address to head", boto("url:head_object", Key="k")),
    row("an address to list", boto("url:list_objects_v2", Prefix="k")),
    row("an address of too long ago", boto("url:get_object", Key="k", minutes=-20)),
    row("an address of the future", boto("url:get_object", Key="k", minutes=20)),
    row("an address for too long", boto("url:get_object", Key="k", expires=605_000), own=(BESIDE,)),
    row("an address of a stranger", boto("url:get_object", Key="k"), how=How(user="stranger")),
    row("an address of a liar", boto("url:get_object", Key="k"), how=How(user="liar")),
    row("an address of another method", boto("url:get_object", Key="k", verb="DELETE"), own=(BESIDE,)),
    row("an address with another key", boto("url:get_object", Key="k", alter=("/k?", "/l?")), own=(BESIDE,)),
    row(
        "an address with more in its query",
        boto("url:get_object", Key="k", alter=("?", "?response-content-type=text%2Fhtml&")),
        own=(BESIDE,),
    ),
    row(
        "an address without its expiry",
        boto("url:get_object", Key="k", alter=("X-Amz-Expires=600&", "")),
        own=(BESIDE,),
    ),
    row("an old address to get", boto("url:get_object", Key="k"), how=OLD),
    row("an old address to put", boto("url:put_object", Key="new", body=b"hello"), how=OLD),
    row("an old address of a liar", boto("url:get_object", Key="k"), how=How("liar", signature="s3")),
    row(
        "an old address with another key",
        boto("url:get_object", Key="k", alter=("/k?", "/l?")),
        how=OLD,
        own=(BESIDE,),
    ),
)

IN_HEAD = (
    row("old, get", boto("get_object", Key="k"), how=OLD),
    row("old, put", boto("put_object", Key="new", Body=b"hello", Metadata={"a": "b"}), how=OLD),
    row("old, list", boto("list_objects", Prefix="k"), how=OLD, instead=How()),
    row("old, an access list", boto("get_object_acl", Key="k"), how=OLD),
    row(
        "old, by the host",
        boto("get_object", Key="k"),
        how=How(signature="s3", virtual=True),
        instead=How(virtual=True),
    ),
    row("old, by a stranger", boto("get_object", Key="k"), how=How("stranger", signature="s3")),
    row("old, by a liar", boto("get_object", Key="k"), how=How("liar", signature="s3")),
    raw("old, of too long ago", "GET", signing=Signing(old=True, minutes=-20)),
    *(
        raw(f"a clock {minutes} minutes off", "GET", own, signing=Signing(minutes=minutes))
        for minutes, own in ((-20, BESIDE), (-14, None), (14, None), (20, BESIDE))
    ),
    raw("another region", "GET", REGION, signing=Signing(region="eu-west-1")),
    raw("the payload not signed", body=b"hello", signing=Signing("UNSIGNED-PAYLOAD")),
    raw(
        "another payload's hash",
        own=OTHER_HASH,
        body=b"hello",
        signing=Signing("0" * 64),
    ),
    raw("another payload", own=OTHER_HASH, body=b"hello", instead=b"olleh"),
    raw("a hash that is none", own=NO_HASH, body=b"hello", signing=Signing("hello")),
    raw(
        "metadata that are not signed",
        own=UNSIGNED,
        body=b"hello",
        signing=Signing(late={"x-amz-meta-a": "b"}),
    ),
    raw(
        "an access list that is not signed",
        own=UNSIGNED,
        body=b"x",
        signing=Signing(late={"x-amz-acl": "public-read"}),
    ),
    raw("a type that is not signed", body=b"hello", signing=Signing(late={"Content-Type": "text/x-a"})),
    raw("a range that is not signed", "GET", signing=Signing(late={"Range": "bytes=1-2"})),
    raw("no date", "GET", Own("S3's status is 403", status=403), signing=Signing(late={"X-Amz-Date": ""})),
    raw(
        "no authority to speak of",
        "GET",
        Own(OTHER_ERROR, "InvalidArgument", 400, "Unsupported Authorization Type"),
        signing=Signing(late={"Authorization": "Basic eDp5"}),
    ),
    raw(
        "half of an authority",
        "GET",
        Own(
            OTHER_ERROR,
            "AuthorizationHeaderMalformed",
            400,
            "The authorization header is malformed; the authorization header requires three components: "
            "Credential, SignedHeaders, and Signature.",
        ),
        signing=Signing(late={"Authorization": "AWS4-HMAC-SHA256 Credential=x"}),
    ),
    raw(
        "an authority of nothing",
        "GET",
        Own(
            OTHER_ERROR,
            "InvalidArgument",
            400,
            "Authorization header is invalid -- one and only one ' ' (space) required",
        ),
        signing=Signing(late={"Authorization": "AWS4-HMAC-SHA256"}),
    ),
)

IN_CHUNKS = (
    chunked("chunks"),
    chunked("chunks, many", GREETING, size=8192),
    chunked("chunks, none", b""),
    chunked("chunks with metadata", headers={"x-amz-meta-a": "b", "content-type": "text/x-a"}),
    chunked("chunks, one with a wrong signature", spoil="chunk", own=FORGED),
    chunked("chunks, one with other bytes", GREETING, size=8192, spoil="data", own=FORGED),
    chunked("chunks without an end", spoil="end", own=CUT),
    chunked("chunks, more than told", decoded=3, own=SHORT),
    chunked("chunks, fewer than told", decoded=30, own=SHORT),
    *(
        chunked(f"chunks with a trailer of {name}", kind=TRAILER, trailers={f"x-amz-checksum-{name}": right})
        for name, (right, _) in CHECKSUMS.items()
    ),
    *(
        chunked(
            f"chunks with a wrong trailer of {name}",
            kind=TRAILER,
            trailers={f"x-amz-checksum-{name}": wrong},
            own=wrong_sum(name),
        )
        for name, (_, wrong) in CHECKSUMS.items()
    ),
    chunked(
        "chunks with a trailer badly signed",
        kind=TRAILER,
        trailers={"x-amz-checksum-crc32": CHECKSUMS["crc32"][0]},
        spoil="trailer",
        own=UNJUDGED,
    ),
    *(
        chunked(f"a trailer of {name}", kind=UNSIGNED_TRAILER, trailers={f"x-amz-checksum-{name}": right})
        for name, (right, _) in CHECKSUMS.items()
    ),
    *(
        chunked(
            f"a wrong trailer of {name}",
            kind=UNSIGNED_TRAILER,
            trailers={f"x-amz-checksum-{name}": wrong},
            own=wrong_sum(name),
        )
        for name, (_, wrong) in CHECKSUMS.items()
    ),
    chunked(
        "a trailer behind no end",
        kind=UNSIGNED_TRAILER,
        trailers={"x-amz-checksum-crc32": CHECKSUMS["crc32"][0]},
        spoil="end",
        own=CUT,
    ),
)

SUMS = (
    *(
        raw(f"a checksum, {name}", body=b"hello", headers={f"x-amz-checksum-{name}": right})
        for name, (right, _) in CHECKSUMS.items()
    ),
    *(
        raw(
            f"a wrong checksum, {name}",
            own=wrong_sum(name),
            body=b"hello",
            headers={f"x-amz-checksum-{name}": wrong},
        )
        for name, (_, wrong) in CHECKSUMS.items()
    ),
    raw(
        "a checksum that is none",
        own=Own(OTHER_ERROR, "InvalidRequest", message="Value for x-amz-checksum-crc32 header is invalid."),
        body=b"hello",
        headers={"x-amz-checksum-crc32": "hello"},
    ),
    raw(
        "two checksums",
        own=Own(
            STRICTER,
            "InvalidRequest",
            400,
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
        body=b"hello",
        headers={"x-amz-checksum-crc32": CHECKSUMS["crc32"][0], "x-amz-checksum-sha1": CHECKSUMS["sha1"][0]},
    ),
    *(
        row(
            f"boto3's own checksum, {name}",
            boto("put_object", Key="k", Body=b"hello", ChecksumAlgorithm=name.upper()),
            boto("get_object", Key="k", ChecksumMode="ENABLED"),
            boto("head_object", Key="k", ChecksumMode="ENABLED"),
        )
        for name in CHECKSUMS
    ),
)

ROWS = (*IN_ADDRESS, *IN_HEAD, *IN_CHUNKS, *SUMS)
