"""Rows of multipart uploads, which SOAP never had: made, listed, put together, given up.

That each of their operations is refused before a SOAP store is the affair of never.py.
"""

from __future__ import annotations

from tests.differential.rows import BUCKET, HELLO, Earlier, How, Loss, Own, Row, Scene, boto
from tests.differential.table.losses import ADDRESS, WORDS

PART = bytes(range(256)) * 20_480
"""Five mebibytes, the least that a part may have that is not the last."""
CREATE = boto("create_multipart_upload", Key="m", ContentType="text/x-parts", Metadata={"a": "b"})
UPLOAD = Earlier(0, "UploadId")
GET = boto("get_object", Key="m")


def part(number: int, body: bytes = b"the last", **more):
    return boto("upload_part", Key="m", UploadId=UPLOAD, PartNumber=number, Body=body, **more)


TWICE = (Loss("Location", ADDRESS, "http://<bucket>.<host>/m"),)


def complete(*steps: int, **more):
    parts = [{"PartNumber": number, "ETag": Earlier(step, "ETag")} for number, step in enumerate(steps, 1)]
    return boto(
        "complete_multipart_upload", Key="m", UploadId=UPLOAD, MultipartUpload={"Parts": parts}, **more
    )


def row(name: str, *steps, scene: Scene = HELLO, soap: tuple[Own, ...] | None = None, **more) -> Row:
    return Row(f"multipart: {name}", "boto3", steps, scene, soap=soap, **more)


def multipart(name: str, *steps, **more) -> Row:
    return row(name, CREATE, *steps, **more)


ROWS = (
    multipart("one part", part(1), complete(1), GET, passes=True),
    multipart("two parts", part(1, PART), part(2), complete(1, 2), GET, passes=True),
    multipart("parts by the host", part(1), complete(1), GET, how=How(virtual=True), passes=True, rest=TWICE),
    multipart("a part over plain HTTP", part(1), complete(1), GET, how=How(plain=True), passes=True),
    multipart("a part put twice", part(1, b"one"), part(1, b"another"), complete(2), GET),
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
    ),
    multipart(
        "a part with another MD5",
        part(1, b"other", ContentMD5="XUFAKrxLKna5cZ2REBfFkg=="),
        own=(Own(WORDS, "BadDigest", step=1),),
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
    multipart("headed in parts", part(1), complete(1), boto("head_object", Key="m", PartNumber=1)),
    multipart(
        "an upload read in ranges",
        part(1, PART),
        part(2),
        complete(1, 2),
        boto("get_object", Key="m", Range="bytes=5242870-5242890"),
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
