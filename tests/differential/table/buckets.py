"""Rows of buckets: made, looked at, listed, taken away, and all that is wrong with a name."""

from __future__ import annotations

from tests.differential.rows import EMPTY, HELLO, NEW, NO_BUCKET, How, Own, Row, Scene, boto, http
from tests.differential.table.losses import (
    MALFORMED,
    NO_CANNED_LIST,
    ONLY_REST,
    OTHER_ERROR,
    STRICTER,
    region,
)

BOB = How(user="bob")
BOBS = Scene(None, bobs=("bobs-first", "bobs-second"))

ELSEWHERE = Own(
    STRICTER,
    "IllegalLocationConstraintException",
    400,
    "The location constraint is incompatible for the region this request was sent to.",
)
WRONG_NAMES = {
    "of two letters": "ab",
    "with capitals": "UpperCase",
    "with an underline": "under_line",
    "like an address": "192.168.5.4",
    "with two dots": "a..b",
    "with a last hyphen": "hyphen-",
    "too long": "a" * 64,
}


def row(name: str, *steps, scene: Scene = EMPTY, **more) -> Row:
    return Row(f"bucket: {name}", "boto3", steps, scene, **more)


ROWS = (
    row("made", boto("create_bucket", Bucket=NEW), passes=True),
    row(
        "made and looked at",
        boto("create_bucket", Bucket=NEW),
        boto("head_bucket", Bucket=NEW),
        soap=region(1),
    ),
    row("made twice", boto("create_bucket", Bucket=NEW), boto("create_bucket", Bucket=NEW)),
    row("made that is mine", boto("create_bucket"), passes=True),
    row(
        "made in a place",
        boto("create_bucket", Bucket=NEW, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}),
        soap=(ELSEWHERE,),
    ),
    row(
        "made with a document that is none",
        http("PUT", "/{new}", body=b"<CreateBucketConfiguration"),
        soap=(MALFORMED,),
    ).but(client="http"),
    row(
        "made for all to read",
        boto("create_bucket", Bucket=NEW, ACL="public-read"),
        boto("get_bucket_acl", Bucket=NEW),
    ),
    row(
        "made for somebody to read",
        boto("create_bucket", Bucket=NEW, GrantRead='id="bob-canonical-id"'),
        boto("get_bucket_acl", Bucket=NEW),
    ),
    row(
        "made with a wrong canned list",
        boto("create_bucket", Bucket=NEW, ACL="for-nobody"),
        soap=(Own(OTHER_ERROR, "InvalidArgument", 400, NO_CANNED_LIST),),
    ),
    row(
        "made with object locks",
        boto("create_bucket", Bucket=NEW, ObjectLockEnabledForBucket=True),
        soap=ONLY_REST["x-amz-bucket-object-lock-enabled"],
    ),
    *(
        row(f"made with a name {word}", boto("create_bucket", Bucket=name), scene=NO_BUCKET)
        for word, name in WRONG_NAMES.items()
    ),
    row("headed", boto("head_bucket"), passes=True, soap=region()),
    row("headed that is not there", boto("head_bucket", Bucket=NEW)),
    row("headed of somebody else", boto("head_bucket"), how=BOB),
    row("headed by a stranger", boto("head_bucket"), how=How(user="stranger")),
    row("headed by nobody", boto("head_bucket"), how=How(user="nobody")),
    row("headed over plain HTTP", boto("head_bucket"), how=How(plain=True), soap=region()),
    row("located", boto("get_bucket_location"), passes=True),
    row("located that is not there", boto("get_bucket_location", Bucket=NEW)),
    row("deleted", boto("delete_bucket"), boto("head_bucket")),
    row("deleted twice", boto("delete_bucket"), boto("delete_bucket")),
    row("deleted that is not there", boto("delete_bucket", Bucket=NEW)),
    row(
        "deleted with objects",
        boto("delete_bucket"),
        boto("head_bucket"),
        scene=HELLO,
        passes=True,
        soap=region(1),
    ),
    row("deleted of somebody else", boto("delete_bucket"), how=BOB),
    row("deleted by nobody", boto("delete_bucket"), how=How(user="nobody")),
    row("all of somebody", boto("list_buckets", Bucket=None), scene=BOBS, how=BOB, passes=True),
    row("none of somebody", boto("list_buckets", Bucket=None), scene=NO_BUCKET, how=BOB),
    row("all, by nobody", boto("list_buckets", Bucket=None), scene=BOBS, how=How(user="nobody")),
    row("all, by a stranger", boto("list_buckets", Bucket=None), scene=BOBS, how=How(user="stranger")),
    row("all, by a liar", boto("list_buckets", Bucket=None), scene=BOBS, how=How(user="liar")),
    row("all, over plain HTTP", boto("list_buckets", Bucket=None), scene=BOBS, how=How("bob", plain=True)),
    row(
        "some by their prefix",
        boto("list_buckets", Bucket=None, Prefix="bobs-f"),
        scene=BOBS,
        how=BOB,
        soap=ONLY_REST["prefix"],
    ),
    row("headed by its host", boto("head_bucket"), how=How(virtual=True), passes=True, soap=region()),
    row("headed by a host that is not there", boto("head_bucket", Bucket=NEW), how=How(virtual=True)),
    row("located by its host", boto("get_bucket_location"), how=How(virtual=True)),
    row("deleted by its host", boto("delete_bucket"), how=How(virtual=True)),
    row("made by its host", boto("create_bucket", Bucket=NEW), how=How(virtual=True)),
)
