"""Rows of copies: within a bucket and between two, with new metadata, under conditions."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.differential.rows import BUCKET, HELLO, NEW, OTHER, How, Own, Row, Scene, Thing, boto
from tests.differential.table.losses import BESIDE, ONLY_REST, STRICTER

SAME = '"5d41402abc4b2a76b9719d911017c592"'
ANOTHER = '"00000000000000000000000000000000"'
LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
LATER = datetime(2044, 2, 3, 4, 5, 6, tzinfo=UTC)
RICH = Scene((Thing("k", b"hello", {"Metadata": {"a": "b"}, "ContentType": "text/x-greeting"}),), other=True)
CONDITIONS = {
    "the same tag": {"CopySourceIfMatch": SAME},
    "another tag": {"CopySourceIfMatch": ANOTHER},
    "not the same tag": {"CopySourceIfNoneMatch": SAME},
    "not another tag": {"CopySourceIfNoneMatch": ANOTHER},
    "new since long ago": {"CopySourceIfModifiedSince": LONG_AGO},
    "new since later": {"CopySourceIfModifiedSince": LATER},
    "old since long ago": {"CopySourceIfUnmodifiedSince": LONG_AGO},
    "old since later": {"CopySourceIfUnmodifiedSince": LATER},
}
ONLY_REST_FIELDS = {
    "x-amz-tagging-directive": {"TaggingDirective": "REPLACE"},
    "x-amz-server-side-encryption": {"ServerSideEncryption": "AES256"},
    "x-amz-website-redirect-location": {"WebsiteRedirectLocation": "/elsewhere"},
    "x-amz-checksum-algorithm": {"ChecksumAlgorithm": "SHA256"},
}
NO_SOURCE = Own(
    STRICTER,
    "InvalidArgument",
    400,
    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
)
HEAD = boto("head_object", Key="copy")


def copy(source: str = f"{BUCKET}/k", key: str = "copy", **values):
    return boto("copy_object", CopySource=source, Key=key, **values)


def row(name: str, *steps, scene: Scene = RICH, **more) -> Row:
    return Row(f"copy: {name}", "boto3", steps, scene, **more)


ROWS = (
    row("made", copy(), boto("get_object", Key="copy"), passes=True),
    row("made by the host", copy(), HEAD, how=How(virtual=True), passes=True),
    row("with a first slash", copy(f"/{BUCKET}/k"), HEAD),
    row("to another bucket", copy(Bucket=OTHER), boto("get_object", Bucket=OTHER, Key="copy")),
    row("over another", copy(), HEAD, scene=Scene((Thing("k"), Thing("copy", b"old")))),
    row("with its metadata", copy(MetadataDirective="COPY"), HEAD),
    row("with other metadata", copy(MetadataDirective="REPLACE", Metadata={"c": "d"}), HEAD, passes=True),
    row("with no metadata", copy(MetadataDirective="REPLACE"), HEAD),
    row("with another type", copy(MetadataDirective="REPLACE", ContentType="text/plain"), HEAD),
    row("with metadata that are not to replace", copy(Metadata={"c": "d"}), HEAD),
    row("with a wrong directive", copy(MetadataDirective="BURN"), soap=(BESIDE,)),
    row("to itself", copy(key="k")),
    row(
        "to itself with other metadata",
        copy(key="k", MetadataDirective="REPLACE", Metadata={"c": "d"}),
        boto("head_object", Key="k"),
    ),
    row("in reduced redundancy", copy(StorageClass="REDUCED_REDUNDANCY"), HEAD),
    row("for all to read", copy(ACL="public-read"), boto("get_object_acl", Key="copy")),
    row("of what is not there", copy(f"{BUCKET}/nothing"), passes=True),
    row("out of a bucket that is not there", copy(f"{NEW}/k")),
    row("into a bucket that is not there", copy(Bucket=NEW)),
    row("of a source that is none", copy("nothing"), soap=(NO_SOURCE,)),
    row("of an empty object", copy(), HEAD, scene=Scene((Thing("k", b""),))),
    row("of a mebibyte", copy(), HEAD, scene=Scene((Thing("k", bytes(range(256)) * 4096),))),
    row("by somebody else", copy(), how=How(user="bob")),
    row("by nobody", copy(), how=How(user="nobody")),
    row("by a liar", copy(), how=How(user="liar")),
    *(row(f"if {word}", copy(**values)) for word, values in CONDITIONS.items()),
    row("of a version", copy(f"{BUCKET}/k?versionId=null"), soap=ONLY_REST["versionId"]),
    *(row(f"with {name}", copy(**values), soap=ONLY_REST[name]) for name, values in ONLY_REST_FIELDS.items()),
    row("with a key too long", copy(key="k" * 1025), scene=HELLO, own=(BESIDE,)),
)
