"""Rows of minio-py: its ordinary methods."""

from __future__ import annotations

from typing import Any

from tests.differential.rows import BUCKET, HELLO, NEW, How, Row, Scene, Step, minio, things
from tests.differential.table.losses import ONLY_REST

SHELF = things("a", "b/1", "b/2", "c d", "ü/x")
BOBS = Scene(None, bobs=("bobs-first", "bobs-second"))
GET, STAT = minio("get_object", object_name="k"), minio("stat_object", object_name="k")


def row(name: str, *steps: Step, scene: Scene = HELLO, **more: Any) -> Row:
    return Row(f"minio-py: {name}", "minio-py", steps, scene, **more)


def put(body: bytes = b"hello", **more: Any) -> Step:
    return minio("put_object", object_name="k", length=len(body), data=body, **more)


ROWS = (
    row("make a bucket", minio("make_bucket", bucket_name=NEW)),
    row("make a bucket that is mine", minio("make_bucket")),
    row("a bucket that there is", minio("bucket_exists"), passes=True),
    row("a bucket that there is not", minio("bucket_exists", bucket_name=NEW)),
    row("remove a bucket", minio("remove_bucket"), scene=Scene()),
    row("remove a bucket with objects", minio("remove_bucket")),
    row("list buckets", minio("list_buckets", bucket_name=None), scene=BOBS, how=How(user="bob")),
    row("put", put(), GET, scene=Scene(), passes=True),
    row("put over plain HTTP", put(), GET, scene=Scene(), how=How(plain=True), passes=True),
    row("put a mebibyte", put(bytes(range(256)) * 4096), GET, scene=Scene()),
    row("put with metadata", put(content_type="text/x-a", metadata={"a": "b"}), STAT),
    row("put by a liar", put(), how=How(user="liar")),
    row("get", GET),
    row("get a range", minio("get_object", object_name="k", offset=1, length=3)),
    row("get what is not there", minio("get_object", object_name="nothing")),
    row("get from what is not there", minio("get_object", bucket_name=NEW, object_name="k")),
    row("stat", STAT),
    row("stat what is not there", minio("stat_object", object_name="nothing")),
    row("list", minio("list_objects"), scene=SHELF),
    row("list all", minio("list_objects", recursive=True), scene=SHELF),
    row("list with owners", minio("list_objects", recursive=True, fetch_owner=True), scene=SHELF),
    row("list by version 1", minio("list_objects", use_api_v1=True), scene=SHELF),
    row("list from a key on", minio("list_objects", recursive=True, start_after="b/1"), scene=SHELF),
    row(
        "list without escapes",
        minio("list_objects", recursive=True, use_url_encoding_type=False),
        scene=SHELF,
    ),
    row("list what is not there", minio("list_objects", bucket_name=NEW)),
    row("copy", minio("copy_object", object_name="copy", source=(BUCKET, "k")), STAT),
    row("copy what is not there", minio("copy_object", object_name="copy", source=(BUCKET, "nothing"))),
    row("remove", minio("remove_object", object_name="k"), STAT),
    row("remove many", minio("remove_objects", delete_object_list=("a", "b/1", "nothing")), scene=SHELF),
    row("an unknown region", GET, how=How(settings={"region": None})),
    row("tags", minio("get_object_tags", object_name="k"), soap=ONLY_REST["GetObjectTagging"]),
    row("versioning", minio("get_bucket_versioning"), soap=ONLY_REST["GetBucketVersioning"]),
    row("policy", minio("get_bucket_policy"), soap=ONLY_REST["GetBucketPolicy"]),
)
