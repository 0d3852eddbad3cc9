"""Operations on buckets, by every foreign stack, in front of every store.

What a stack reads is held against what boto3 sees in the store itself.
"""

from __future__ import annotations

import pytest

from tests.clients.foreign import Result
from tests.clients.scenes import ALL_USERS, Scene, public, scenes, stored_grants
from tests.stores.store import BUCKET_GRANTS

pytestmark = pytest.mark.wording


@scenes()
def test_list_all_my_buckets(scene: Scene) -> None:
    stored = {
        entry["Name"]: entry["CreationDate"].replace(microsecond=0)
        for entry in scene.boto.list_buckets()["Buckets"]
    }
    answer = scene.ok("ListAllMyBuckets")
    read = {row["Name"]: Result(row).moment("CreationDate") for row in answer.rows("Buckets")}
    assert read == stored
    assert "Owner.ID" in answer.fields or scene.store.name == "juicefs"


@scenes()
def test_create_and_delete_bucket(scene: Scene) -> None:
    name = f"{scene.bucket}-made"
    assert scene.ok("CreateBucket", Bucket=name)["BucketName"] == name
    scene.boto.head_bucket(Bucket=name)
    answer = scene.ok("DeleteBucket", Bucket=name)
    assert (answer["Code"], answer["Description"]) == ("204", "No Content")
    assert name not in {entry["Name"] for entry in scene.boto.list_buckets()["Buckets"]}


@scenes(BUCKET_GRANTS)
def test_create_bucket_with_grants(scene: Scene) -> None:
    name = f"{scene.bucket}-public"
    scene.ok("CreateBucket", Bucket=name, AccessControlList=[public("READ")])
    assert (ALL_USERS, "READ") in stored_grants(scene.boto.get_bucket_acl(Bucket=name))
    scene.ok("DeleteBucket", Bucket=name)


@scenes()
def test_list_bucket(scene: Scene) -> None:
    keys = ["list/a b", "list/c/1", "list/c/2", "list/ü&<é>", "list/ü+%2B"]
    etags = {key: scene.put(key) for key in keys}
    first = scene.ok("ListBucket", Bucket=scene.bucket, Prefix="list/", Delimiter="/")
    assert (first["Name"], first["Prefix"], first["Delimiter"]) == (scene.bucket, "list/", "/")
    assert first["IsTruncated"] == "false"
    rows = first.rows("Contents")
    assert [row["Key"] for row in rows] == sorted(set(keys) - {"list/c/1", "list/c/2"}, key=str.encode)
    assert [row["Prefix"] for row in first.rows("CommonPrefixes")] == ["list/c/"]
    assert {row["ETag"] for row in rows} == {etags[row["Key"]] for row in rows}
    assert {(row["Size"], row["StorageClass"]) for row in rows} == {("10", "STANDARD")}


@scenes()
def test_list_bucket_page_by_page(scene: Scene) -> None:
    keys = [f"page/{number}" for number in range(5)]
    for key in keys:
        scene.put(key)
    read: list[str] = []
    marker = ""
    while True:
        page = scene.ok("ListBucket", Bucket=scene.bucket, Prefix="page/", Marker=marker, MaxKeys=2)
        assert page["MaxKeys"] == "2"
        read += [row["Key"] for row in page.rows("Contents")]
        if page["IsTruncated"] == "false":
            break
        marker = page.get("NextMarker") or read[-1]
    assert read == keys
