"""Rows of a few calls each that SOAP never had: multipart uploads, versions, tags, policies, overrides.

That each of them is refused before a SOAP store is the affair of never.py.
"""

from __future__ import annotations

from tests.differential.rows import (
    BUCKET,
    EMPTY,
    HELLO,
    Earlier,
    How,
    Loss,
    Own,
    Row,
    Scene,
    Thing,
    boto,
    http,
)
from tests.differential.table.losses import ADDRESS, ONLY_REST
from tests.differential.table.never import CORS, POLICY, RULE, TAGS

PART = bytes(range(256)) * 20_480
"""Five mebibytes, the least that a part may have that is not the last."""
CREATE = boto("create_multipart_upload", Key="m", ContentType="text/x-parts", Metadata={"a": "b"})
UPLOAD = Earlier(0, "UploadId")
GET = boto("get_object", Key="m")
VERSIONED = boto("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
PUT = boto("put_object", Key="v", Body=b"first")
OVERRIDES = {
    "ResponseContentType": "text/x-other",
    "ResponseContentLanguage": "fr",
    "ResponseCacheControl": "no-store",
    "ResponseContentDisposition": "attachment",
    "ResponseContentEncoding": "x-other",
    "ResponseExpires": "Thu, 01 Dec 2044 16:00:00 GMT",
}


def part(number: int, body: bytes = b"the last", **more):
    return boto("upload_part", Key="m", UploadId=UPLOAD, PartNumber=number, Body=body, **more)


MADE = (Loss("Location", ADDRESS, "http://<store>/<bucket>/m"),)


def complete(*steps: int, **more):
    parts = [{"PartNumber": number, "ETag": Earlier(step, "ETag")} for number, step in enumerate(steps, 1)]
    return boto(
        "complete_multipart_upload", Key="m", UploadId=UPLOAD, MultipartUpload={"Parts": parts}, **more
    )


def row(name: str, *steps, scene: Scene = HELLO, names: str = "", **more) -> Row:
    soap = more.pop("soap", ONLY_REST[names] if names else None)
    return Row(f"only REST: {name}", "boto3", steps, scene, soap=soap, **more)


def multipart(name: str, *steps, **more) -> Row:
    return row(name, CREATE, *steps, **more)


MULTIPART = (
    multipart("one part", part(1), complete(1), GET, passes=True, rest=MADE),
    multipart("two parts", part(1, PART), part(2), complete(1, 2), GET, passes=True, rest=MADE),
    multipart("parts by the host", part(1), complete(1), GET, how=How(virtual=True), passes=True, rest=MADE),
    multipart(
        "a part over plain HTTP", part(1), complete(1), GET, how=How(plain=True), passes=True, rest=MADE
    ),
    multipart("a part put twice", part(1, b"one"), part(1, b"another"), complete(2), GET, rest=MADE),
    multipart("parts listed", part(1, b"one"), part(2, b"two"), boto("list_parts", Key="m", UploadId=UPLOAD)),
    multipart(
        "parts in pages", part(1), part(2), boto("pages:list_parts", Key="m", UploadId=UPLOAD, MaxParts=1)
    ),
    multipart("uploads listed", boto("list_multipart_uploads")),
    multipart("uploads by prefix", boto("list_multipart_uploads", Prefix="m")),
    multipart("uploads by another prefix", boto("list_multipart_uploads", Prefix="n")),
    multipart(
        "stopped",
        part(1),
        boto("abort_multipart_upload", Key="m", UploadId=UPLOAD),
        boto("list_multipart_uploads"),
        GET,
    ),
    multipart(
        "stopped twice",
        boto("abort_multipart_upload", Key="m", UploadId=UPLOAD),
        boto("abort_multipart_upload", Key="m", UploadId=UPLOAD),
    ),
    multipart("a part too short", part(1, b"short"), part(2), complete(1, 2)),
    multipart("no parts", complete()),
    multipart(
        "a part that is not there",
        boto(
            "complete_multipart_upload",
            Key="m",
            UploadId=UPLOAD,
            MultipartUpload={"Parts": [{"PartNumber": 7, "ETag": '"0123"'}]},
        ),
    ),
    multipart("a part of number none", part(0)),
    multipart("a part of number too large", part(10_001)),
    multipart(
        "a part with its MD5",
        part(1, b"hello", ContentMD5="XUFAKrxLKna5cZ2REBfFkg=="),
        complete(1),
        GET,
        rest=MADE,
    ),
    multipart(
        "a part with another MD5",
        part(1, b"other", ContentMD5="XUFAKrxLKna5cZ2REBfFkg=="),
        own=(Own(step=1),),
    ),
    multipart(
        "a part copied",
        boto("upload_part_copy", Key="m", UploadId=UPLOAD, PartNumber=1, CopySource=f"{BUCKET}/k"),
        boto("list_parts", Key="m", UploadId=UPLOAD),
    ),
    multipart(
        "a range copied as a part",
        boto(
            "upload_part_copy",
            Key="m",
            UploadId=UPLOAD,
            PartNumber=1,
            CopySource=f"{BUCKET}/k",
            CopySourceRange="bytes=1-3",
        ),
        boto("list_parts", Key="m", UploadId=UPLOAD),
    ),
    multipart("headed in parts", part(1), complete(1), boto("head_object", Key="m", PartNumber=1), rest=MADE),
    multipart(
        "an upload read in ranges",
        part(1, PART),
        part(2),
        complete(1, 2),
        boto("get_object", Key="m", Range="bytes=5242870-5242890"),
        rest=MADE,
    ),
    row(
        "parts with SHA-256",
        boto("create_multipart_upload", Key="m", ChecksumAlgorithm="SHA256"),
        part(1, b"one", ChecksumAlgorithm="SHA256"),
    ),
    row(
        "an upload of an odd key",
        boto("create_multipart_upload", Key="a b/ü+%"),
        boto("upload_part", Key="a b/ü+%", UploadId=UPLOAD, PartNumber=1, Body=b"x"),
        boto("list_multipart_uploads"),
    ),
    row("an upload that is not there", boto("list_parts", Key="m", UploadId="0123456789")),
    row("an upload by somebody else", CREATE, how=How(user="bob")),
    row("an upload by a liar", CREATE, soap=(), how=How(user="liar"), passes=True),
    row(
        "an upload without a bucket",
        boto("create_multipart_upload", Bucket="{new}", Key="m"),
    ),
)

VERSIONS = (
    row(
        "two versions",
        VERSIONED,
        PUT,
        boto("put_object", Key="v", Body=b"second"),
        boto("list_object_versions"),
        boto("get_object", Key="v"),
        boto("get_object", Key="v", VersionId=Earlier(1, "VersionId")),
        boto("head_object", Key="v", VersionId=Earlier(1, "VersionId")),
        scene=EMPTY,
        passes=True,
    ),
    row(
        "a delete marker",
        VERSIONED,
        PUT,
        boto("delete_object", Key="v"),
        boto("get_object", Key="v"),
        boto("head_object", Key="v"),
        boto("list_object_versions"),
        boto("list_objects_v2"),
        scene=EMPTY,
    ),
    row(
        "a version deleted",
        VERSIONED,
        PUT,
        boto("delete_object", Key="v", VersionId=Earlier(1, "VersionId")),
        boto("list_object_versions"),
        scene=EMPTY,
    ),
    row(
        "versions deleted together",
        VERSIONED,
        PUT,
        boto("delete_objects", Delete={"Objects": [{"Key": "v", "VersionId": Earlier(1, "VersionId")}]}),
        boto("list_object_versions"),
        scene=EMPTY,
    ),
    row(
        "a version copied",
        VERSIONED,
        PUT,
        boto("put_object", Key="v", Body=b"second"),
        boto(
            "copy_object",
            Key="w",
            CopySource={"Bucket": BUCKET, "Key": "v", "VersionId": Earlier(1, "VersionId")},
        ),
        boto("get_object", Key="w"),
        scene=EMPTY,
    ),
    row(
        "versions no more",
        VERSIONED,
        boto("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}),
        boto("get_bucket_versioning"),
        PUT,
        boto("list_object_versions"),
        scene=EMPTY,
    ),
    row(
        "a version that there is not",
        VERSIONED,
        PUT,
        boto("get_object", Key="v", VersionId="0123456789abcdef"),
        scene=EMPTY,
    ),
    row(
        "versions in pages",
        VERSIONED,
        PUT,
        PUT,
        boto("put_object", Key="w", Body=b"x"),
        boto("list_object_versions", MaxKeys=2),
        scene=EMPTY,
    ),
)

TAGGED = (
    row(
        "tags of an object",
        boto("put_object_tagging", Key="k", Tagging=TAGS),
        boto("get_object_tagging", Key="k"),
        boto("get_object", Key="k"),
        boto("delete_object_tagging", Key="k"),
        boto("get_object_tagging", Key="k"),
        passes=True,
    ),
    row(
        "tags of a bucket",
        boto("put_bucket_tagging", Tagging=TAGS),
        boto("get_bucket_tagging"),
        boto("delete_bucket_tagging"),
        boto("get_bucket_tagging"),
    ),
    row(
        "an object put with tags",
        boto("put_object", Key="t", Body=b"x", Tagging="a=b&c=d%20e"),
        boto("get_object_tagging", Key="t"),
        names="x-amz-tagging",
    ),
    row("tags of what is not there", boto("put_object_tagging", Key="nothing", Tagging=TAGS)),
    row(
        "too many tags",
        boto(
            "put_object_tagging",
            Key="k",
            Tagging={"TagSet": [{"Key": f"k{n}", "Value": "v"} for n in range(11)]},
        ),
    ),
    row(
        "a tag twice",
        boto("put_object_tagging", Key="k", Tagging={"TagSet": TAGS["TagSet"] * 2}),
    ),
)

CONFIGURED = (
    row(
        "a policy",
        boto("put_bucket_policy", Policy=POLICY),
        boto("get_bucket_policy"),
        boto("delete_bucket_policy"),
        boto("get_bucket_policy"),
    ),
    row("a policy that is none", boto("put_bucket_policy", Policy="{")),
    row(
        "rules of origins",
        boto("put_bucket_cors", CORSConfiguration=CORS),
        boto("get_bucket_cors"),
        boto("delete_bucket_cors"),
        boto("get_bucket_cors"),
    ),
    row(
        "a life cycle",
        boto("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [RULE]}),
        boto("get_bucket_lifecycle_configuration"),
        boto("delete_bucket_lifecycle"),
        boto("get_bucket_lifecycle_configuration"),
    ),
)

OVERRIDDEN = (
    *(
        row(f"got with {name}", boto("get_object", Key="k", **{name: value}), soap=())
        for name, value in OVERRIDES.items()
    ),
    row("got with all overrides", boto("get_object", Key="k", **OVERRIDES), soap=(), passes=True),
    row(
        "headed with overrides",
        boto("head_object", Key="k", ResponseContentType="text/x-other"),
        soap=(),
    ),
    row(
        "an address with overrides",
        boto("url:get_object", Key="k", ResponseContentType="text/x-other"),
        soap=(),
        passes=True,
    ),
)

OTHERS = (
    Row(
        "only REST: asked from another origin",
        "http",
        (
            http(
                "OPTIONS",
                "/{bucket}/k",
                headers={"Origin": "http://example.com", "Access-Control-Request-Method": "GET"},
            ),
        ),
        Scene((Thing("k"),), prepared=(boto("put_bucket_cors", CORSConfiguration=CORS),)),
        How(user="nobody"),
        soap=None,
        passes=True,
    ),
    Row(
        "only REST: got from another origin",
        "http",
        (http("GET", "/{bucket}/k", headers={"Origin": "http://example.com"}),),
        Scene((Thing("k"),), prepared=(boto("put_bucket_cors", CORSConfiguration=CORS),)),
        soap=None,
        passes=True,
    ),
    Row(
        "only REST: read by nobody, as a policy allows",
        "boto3",
        (boto("get_object", Key="k"), boto("head_object", Key="k"), boto("put_object", Key="k", Body=b"x")),
        Scene((Thing("k"),), prepared=(boto("put_bucket_policy", Policy=POLICY),)),
        How(user="nobody"),
        soap=None,
        own=(Own("AccessDenied", 403, step=0), Own("403", 403, step=1), Own("AccessDenied", 403, step=2)),
        passes=True,
    ),
)

ROWS = (*MULTIPART, *VERSIONS, *TAGGED, *CONFIGURED, *OVERRIDDEN, *OTHERS)
