"""Operations on objects, by every foreign stack, in front of every store.

What a stack reads is held against what boto3 sees in the store itself.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.clients.scenes import ALL_USERS, ODD_KEY, Scene, public, scenes, stored_grants
from tests.stores.store import GRANTS

LONG_AGO = dt.datetime(2006, 3, 1, tzinfo=dt.UTC)


@scenes()
def test_put_object_inline(scene: Scene) -> None:
    data = bytes(range(256)) * 5
    metadata = [
        {"Name": "Content-Type", "Value": "image/x-odd"},
        {"Name": "colour", "Value": "blue & green"},
        {"Name": "Shape", "Value": "<round>"},
    ]
    answer = scene.ok(
        "PutObjectInline",
        Bucket=scene.bucket,
        Key=ODD_KEY,
        Metadata=metadata,
        Data=data,
        ContentLength=len(data),
        StorageClass="STANDARD",
    )
    stored = scene.boto.get_object(Bucket=scene.bucket, Key=ODD_KEY)
    assert stored["Body"].read() == data
    assert stored["ContentType"] == "image/x-odd"
    assert stored["Metadata"] == {"colour": "blue & green", "shape": "<round>"}
    assert answer["ETag"] == stored["ETag"]
    assert abs(answer.moment("LastModified") - stored["LastModified"]) < dt.timedelta(minutes=1)


@scenes()
def test_put_an_empty_object(scene: Scene) -> None:
    scene.ok("PutObjectInline", Bucket=scene.bucket, Key="empty", Data=b"", ContentLength=0)
    assert scene.boto.head_object(Bucket=scene.bucket, Key="empty")["ContentLength"] == 0
    assert scene.get("empty").data() in (b"", None)  # some stacks tell no empty bytes from none


@scenes(GRANTS)
def test_put_object_inline_with_grants(scene: Scene) -> None:
    acl = [
        public("READ"),
        {"Grantee": {"type": "CanonicalUser", "ID": "somebody"}, "Permission": "READ_ACP"},
    ]
    scene.ok(
        "PutObjectInline",
        Bucket=scene.bucket,
        Key="granted",
        Data=b"x",
        ContentLength=1,
        AccessControlList=acl,
    )
    stored = stored_grants(scene.boto.get_object_acl(Bucket=scene.bucket, Key="granted"))
    assert {(ALL_USERS, "READ"), ("somebody", "READ_ACP")} <= stored


@scenes()
def test_get_object(scene: Scene) -> None:
    etag = scene.put(ODD_KEY, bytes(range(256)), ContentType="text/odd", Metadata={"colour": "blue"})
    answer = scene.get(ODD_KEY)
    assert (answer["Status.Code"], answer["Status.Description"]) == ("200", "OK")
    assert answer.data() == bytes(range(256))
    assert answer["ETag"] == etag
    head = scene.boto.head_object(Bucket=scene.bucket, Key=ODD_KEY)
    assert answer.moment("LastModified") == head["LastModified"]
    metadata = {row["Name"].lower(): row["Value"] for row in answer.rows("Metadata")}
    assert metadata == {"content-type": "text/odd", "content-length": "256", "colour": "blue"}


@scenes()
def test_get_object_without_its_data(scene: Scene) -> None:
    scene.put("headed")
    fields = {"GetMetadata": True, "GetData": False, "InlineData": True}
    answer = scene.ok("GetObject", Bucket=scene.bucket, Key="headed", **fields)
    assert answer.data() is None
    assert {"Content-Length": "10"}.items() <= {
        row["Name"]: row["Value"] for row in answer.rows("Metadata")
    }.items()


@scenes()
def test_get_object_without_its_metadata(scene: Scene) -> None:
    scene.put("bare", Metadata={"colour": "blue"})
    fields = {"GetMetadata": False, "GetData": True, "InlineData": True}
    answer = scene.ok("GetObject", Bucket=scene.bucket, Key="bare", **fields)
    assert answer.data() == b"0123456789"
    assert answer.rows("Metadata") == []


@scenes()
@pytest.mark.parametrize(
    ("asked", "data"),
    [
        ({"ByteRangeStart": 3, "ByteRangeEnd": 5}, b"345"),
        ({"ByteRangeStart": 7}, b"789"),
        ({"ByteRangeEnd": 4}, b"6789"),
    ],
    ids=["both", "start", "suffix"],
)
def test_get_object_extended_ranges(scene: Scene, asked: dict[str, int], data: bytes) -> None:
    scene.put("ranged")
    answer = scene.get("ranged", **asked)
    assert (answer["Status.Code"], answer.data()) == ("206", data)


@scenes()
def test_get_object_extended_conditions(scene: Scene) -> None:
    etag = scene.put("conditional")
    assert scene.get("conditional", IfMatch=[etag]).data() == b"0123456789"
    assert scene.get("conditional", IfModifiedSince=LONG_AGO).data() == b"0123456789"
    assert (
        scene.get("conditional", IfNoneMatch=['"00000000000000000000000000000000"']).data() == b"0123456789"
    )
    unchanged = scene.get("conditional", IfNoneMatch=[etag])
    assert (unchanged["Status.Code"], unchanged["Status.Description"]) == ("304", "Not Modified")
    assert (unchanged.data(), unchanged["ETag"]) == (None, etag)
    whole = scene.get(
        "conditional",
        ByteRangeStart=3,
        ByteRangeEnd=5,
        IfMatch=['"00000000000000000000000000000000"'],
        ReturnCompleteObjectOnConditionFailure=True,
    )
    assert (whole["Status.Code"], whole.data()) == ("200", b"0123456789")


@scenes()
def test_delete_object(scene: Scene) -> None:
    scene.put("deleted")
    answer = scene.ok("DeleteObject", Bucket=scene.bucket, Key="deleted")
    assert (answer["Code"], answer["Description"]) == ("204", "No Content")
    assert "deleted" not in {
        entry["Key"] for entry in scene.boto.list_objects(Bucket=scene.bucket).get("Contents", ())
    }


@scenes()
def test_copy_object(scene: Scene) -> None:
    scene.put(ODD_KEY, b"to be copied", Metadata={"colour": "blue"})
    place = {
        "SourceBucket": scene.bucket,
        "SourceKey": ODD_KEY,
        "DestinationBucket": scene.bucket,
        "DestinationKey": "copy of ü",
    }
    answer = scene.ok("CopyObject", **place)
    copied = scene.boto.get_object(Bucket=scene.bucket, Key="copy of ü")
    assert (copied["Body"].read(), copied["Metadata"]) == (b"to be copied", {"colour": "blue"})
    assert answer["ETag"] == copied["ETag"]
    metadata = [{"Name": "colour", "Value": "red"}]
    scene.ok("CopyObject", **place, MetadataDirective="REPLACE", Metadata=metadata)
    assert scene.boto.head_object(Bucket=scene.bucket, Key="copy of ü")["Metadata"] == {"colour": "red"}


@scenes()
def test_put_object_misses_its_attachment(scene: Scene) -> None:
    fault = scene.fault("PutObject", Bucket=scene.bucket, Key="attached", ContentLength=3)
    assert fault.code == "Client.MissingAttachment"
