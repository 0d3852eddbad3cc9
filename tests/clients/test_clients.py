"""Every operation, by every foreign stack, in front of every store that has it.

What a stack reads is held against what boto3 sees in the store itself. A store that lacks something
is not left out: the stack must read the fault that says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tests.clients.builds import RECIPES
from tests.clients.certificates import make_certificates
from tests.clients.fixtures import Clients, Gateways
from tests.clients.foreign import Fault, ForeignClient, NoAnswerError, Result
from tests.stores.programs import BOB, PROGRAMS, SUPPORTS, connect
from tests.stores.store import (
    ACL,
    BUCKET_GRANTS,
    EMAILS,
    GRANTS,
    LOGGING,
    PUT_ACL,
    PUT_OBJECT_ACL,
    Store,
)

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
ODD_KEY = "odd/key with blank +%25 (1)!*'~ü€=&;,$@:.txt"
LONG_AGO = dt.datetime(2006, 3, 1, tzinfo=dt.UTC)


def _public(permission: str) -> dict[str, Any]:
    return {"Grantee": {"type": "Group", "URI": ALL_USERS}, "Permission": permission}


def _grants(rows: list[dict[str, str]]) -> set[tuple[str, str]]:
    """Return who may do what, as a client read it; PHP does not tell the kind of a grantee."""
    return {
        (row.get("Grantee.URI") or row.get("Grantee.EmailAddress") or row["Grantee.ID"], row["Permission"])
        for row in rows
    }


def _stored_grants(policy: Any) -> set[tuple[str, str]]:
    return {
        (grant["Grantee"].get("URI") or grant["Grantee"].get("ID", ""), grant["Permission"])
        for grant in policy["Grants"]
    }


@dataclass(frozen=True, slots=True)
class Scene:
    """A client before a gateway before a store, and the store itself for the test to look at."""

    client: ForeignClient
    store: Store
    boto: boto3.client
    bucket: str

    def ok(self, operation: str, **fields: Any) -> Result:
        """Call an operation that must succeed."""
        answer = self.client.call(operation, **fields)
        assert isinstance(answer, Result), answer
        return answer

    def fault(self, operation: str, **fields: Any) -> Fault:
        """Call an operation that must fail."""
        answer = self.client.call(operation, **fields)
        assert isinstance(answer, Fault), answer
        return answer

    def put(self, key: str, body: bytes = b"0123456789", **more: Any) -> str:
        """Put an object into the store itself, return its ETag."""
        return self.boto.put_object(Bucket=self.bucket, Key=key, Body=body, **more)["ETag"]

    def get(self, key: str, **fields: Any) -> Result:
        """Get an object with its data."""
        extended = {"GetMetadata": True, "GetData": True, "InlineData": True} | fields
        operation = "GetObjectExtended" if fields else "GetObject"
        return self.ok(operation, Bucket=self.bucket, Key=key, **extended)


def _scenes(*capabilities: str) -> pytest.MarkDecorator:
    """Run the test with each stack in front of each store that has these capabilities."""
    able = [name for name in PROGRAMS if SUPPORTS[name].issuperset(capabilities)]
    pairs = [(stack, store) for stack in RECIPES for store in able]
    return pytest.mark.parametrize("scene", pairs, indirect=True, ids="-".join)


def _scenes_without(capability: str, *stores: str) -> pytest.MarkDecorator:
    """Run the test with each stack in front of these stores, which lack the capability."""
    assert not any(capability in SUPPORTS[store] for store in stores)
    pairs = [(stack, store) for stack in RECIPES for store in stores]
    return pytest.mark.parametrize("scene", pairs, indirect=True, ids="-".join)


@pytest.fixture
def scene(request: pytest.FixtureRequest, gateways: Gateways, clients: Clients) -> Scene:
    stack, name = request.param
    gateway = gateways.before(name)
    boto, bucket = connect(gateway.store), f"{stack}-bucket"
    if bucket not in {entry["Name"] for entry in boto.list_buckets()["Buckets"]}:
        boto.create_bucket(Bucket=bucket)
    return Scene(clients.of(stack, gateway), gateway.store, boto, bucket)


@_scenes()
def test_list_all_my_buckets(scene: Scene) -> None:
    stored = {
        entry["Name"]: entry["CreationDate"].replace(microsecond=0)
        for entry in scene.boto.list_buckets()["Buckets"]
    }
    answer = scene.ok("ListAllMyBuckets")
    read = {row["Name"]: Result(row).moment("CreationDate") for row in answer.rows("Buckets")}
    assert read == stored
    assert "Owner.ID" in answer.fields or scene.store.name == "juicefs"


@_scenes()
def test_create_and_delete_bucket(scene: Scene) -> None:
    name = f"{scene.bucket}-made"
    assert scene.ok("CreateBucket", Bucket=name)["BucketName"] == name
    scene.boto.head_bucket(Bucket=name)
    answer = scene.ok("DeleteBucket", Bucket=name)
    assert (answer["Code"], answer["Description"]) == ("204", "No Content")
    assert name not in {entry["Name"] for entry in scene.boto.list_buckets()["Buckets"]}


@_scenes(BUCKET_GRANTS)
def test_create_bucket_with_grants(scene: Scene) -> None:
    name = f"{scene.bucket}-public"
    scene.ok("CreateBucket", Bucket=name, AccessControlList=[_public("READ")])
    assert (ALL_USERS, "READ") in _stored_grants(scene.boto.get_bucket_acl(Bucket=name))
    scene.ok("DeleteBucket", Bucket=name)


@_scenes()
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


@_scenes()
def test_put_an_empty_object(scene: Scene) -> None:
    scene.ok("PutObjectInline", Bucket=scene.bucket, Key="empty", Data=b"", ContentLength=0)
    assert scene.boto.head_object(Bucket=scene.bucket, Key="empty")["ContentLength"] == 0
    assert scene.get("empty").data() in (b"", None)  # some stacks tell no empty bytes from none


@_scenes(GRANTS)
def test_put_object_inline_with_grants(scene: Scene) -> None:
    acl = [
        _public("READ"),
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
    stored = _stored_grants(scene.boto.get_object_acl(Bucket=scene.bucket, Key="granted"))
    assert {(ALL_USERS, "READ"), ("somebody", "READ_ACP")} <= stored


@_scenes()
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


@_scenes()
def test_get_object_without_its_data(scene: Scene) -> None:
    scene.put("headed")
    fields = {"GetMetadata": True, "GetData": False, "InlineData": True}
    answer = scene.ok("GetObject", Bucket=scene.bucket, Key="headed", **fields)
    assert answer.data() is None
    assert {"Content-Length": "10"}.items() <= {
        row["Name"]: row["Value"] for row in answer.rows("Metadata")
    }.items()


@_scenes()
def test_get_object_without_its_metadata(scene: Scene) -> None:
    scene.put("bare", Metadata={"colour": "blue"})
    fields = {"GetMetadata": False, "GetData": True, "InlineData": True}
    answer = scene.ok("GetObject", Bucket=scene.bucket, Key="bare", **fields)
    assert answer.data() == b"0123456789"
    assert answer.rows("Metadata") == []


@_scenes()
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


@_scenes()
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


@_scenes()
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


@_scenes()
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


@_scenes()
def test_delete_object(scene: Scene) -> None:
    scene.put("deleted")
    answer = scene.ok("DeleteObject", Bucket=scene.bucket, Key="deleted")
    assert (answer["Code"], answer["Description"]) == ("204", "No Content")
    assert "deleted" not in {
        entry["Key"] for entry in scene.boto.list_objects(Bucket=scene.bucket).get("Contents", ())
    }


@_scenes()
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


@_scenes(ACL)
def test_get_access_control_policies(scene: Scene) -> None:
    scene.put("policed")
    for answer, stored in (
        (
            scene.ok("GetBucketAccessControlPolicy", Bucket=scene.bucket),
            scene.boto.get_bucket_acl(Bucket=scene.bucket),
        ),
        (
            scene.ok("GetObjectAccessControlPolicy", Bucket=scene.bucket, Key="policed"),
            scene.boto.get_object_acl(Bucket=scene.bucket, Key="policed"),
        ),
    ):
        assert (answer.get("Owner.ID") or "") == stored["Owner"]["ID"]
        assert {row["Permission"] for row in answer.rows("AccessControlList")} == {
            grant["Permission"] for grant in stored["Grants"]
        }


@_scenes(PUT_ACL)
def test_set_bucket_access_control_policy(scene: Scene) -> None:
    name = f"{scene.bucket}-acl"
    scene.boto.create_bucket(Bucket=name)
    scene.ok(
        "SetBucketAccessControlPolicy", Bucket=name, AccessControlList=[_public("READ"), _public("READ_ACP")]
    )
    granted = {(ALL_USERS, "READ"), (ALL_USERS, "READ_ACP")}
    assert _stored_grants(scene.boto.get_bucket_acl(Bucket=name)) == granted
    answer = scene.ok("GetBucketAccessControlPolicy", Bucket=name)
    assert _grants(answer.rows("AccessControlList")) == granted
    scene.boto.delete_bucket(Bucket=name)


@_scenes(PUT_ACL, EMAILS)
def test_a_grantee_is_named_by_email(scene: Scene) -> None:
    name = f"{scene.bucket}-email"
    scene.boto.create_bucket(Bucket=name)
    by_email = {
        "Grantee": {"type": "AmazonCustomerByEmail", "EmailAddress": BOB.email},
        "Permission": "WRITE",
    }
    scene.ok("SetBucketAccessControlPolicy", Bucket=name, AccessControlList=[by_email])
    answer = scene.ok("GetBucketAccessControlPolicy", Bucket=name)
    assert _grants(answer.rows("AccessControlList")) == {(BOB.canonical_id, "WRITE")}
    scene.boto.delete_bucket(Bucket=name)


@_scenes(PUT_OBJECT_ACL)
def test_set_object_access_control_policy(scene: Scene) -> None:
    scene.put("acl")
    acl = [
        _public("READ"),
        {"Grantee": {"type": "CanonicalUser", "ID": BOB.canonical_id}, "Permission": "FULL_CONTROL"},
    ]
    scene.ok("SetObjectAccessControlPolicy", Bucket=scene.bucket, Key="acl", AccessControlList=acl)
    granted = {(ALL_USERS, "READ"), (BOB.canonical_id, "FULL_CONTROL")}
    assert _stored_grants(scene.boto.get_object_acl(Bucket=scene.bucket, Key="acl")) == granted
    answer = scene.ok("GetObjectAccessControlPolicy", Bucket=scene.bucket, Key="acl")
    assert _grants(answer.rows("AccessControlList")) == granted


@_scenes_without(PUT_ACL, "juicefs")
def test_a_store_without_acls_says_so(scene: Scene) -> None:
    scene.put("acl")
    acl = [_public("READ")]
    for fault in (
        scene.fault("SetBucketAccessControlPolicy", Bucket=scene.bucket, AccessControlList=acl),
        scene.fault("SetObjectAccessControlPolicy", Bucket=scene.bucket, Key="acl", AccessControlList=acl),
    ):
        assert fault.code == "Server.NotImplemented"


@_scenes(LOGGING)
def test_bucket_logging(scene: Scene) -> None:
    assert scene.ok("GetBucketLoggingStatus", Bucket=scene.bucket).fields == {}
    scene.ok(
        "SetBucketAccessControlPolicy",
        Bucket=scene.bucket,
        AccessControlList=[
            {"Grantee": {"type": "Group", "URI": LOG_DELIVERY}, "Permission": permission}
            for permission in ("WRITE", "READ_ACP")
        ],
    )
    target = {"TargetBucket": scene.bucket, "TargetPrefix": "log/", "TargetGrants": [_public("READ")]}
    scene.ok("SetBucketLoggingStatus", Bucket=scene.bucket, BucketLoggingStatus={"LoggingEnabled": target})
    stored = scene.boto.get_bucket_logging(Bucket=scene.bucket)["LoggingEnabled"]
    assert (stored["TargetBucket"], stored["TargetPrefix"]) == (scene.bucket, "log/")
    answer = scene.ok("GetBucketLoggingStatus", Bucket=scene.bucket)
    assert answer["LoggingEnabled.TargetBucket"] == scene.bucket
    assert answer["LoggingEnabled.TargetPrefix"] == "log/"
    assert _grants(answer.rows("LoggingEnabled.TargetGrants")) == {(ALL_USERS, "READ")}


@_scenes_without(LOGGING, "seaweedfs", "juicefs")
def test_a_store_without_logging_says_so_and_makes_no_bucket(scene: Scene) -> None:
    """SeaweedFS takes a PUT of ?logging for CreateBucket: it must never be sent one."""
    absent = f"{scene.bucket}-not-made"
    for bucket in (scene.bucket, absent):
        fault = scene.fault("SetBucketLoggingStatus", Bucket=bucket, BucketLoggingStatus={})
        assert fault.code in ("Server.NotImplemented", "Client.NoSuchBucket")
    assert absent not in {entry["Name"] for entry in scene.boto.list_buckets()["Buckets"]}


@_scenes()
def test_put_object_misses_its_attachment(scene: Scene) -> None:
    fault = scene.fault("PutObject", Bucket=scene.bucket, Key="attached", ContentLength=3)
    assert fault.code == "Client.MissingAttachment"


def test_a_stack_trusts_only_the_authority_it_was_told(
    stack: str, gateways: Gateways, clients: Clients, tmp_path
) -> None:
    """The TLS of these tests is checked: another authority's certificate is not believed."""
    stranger = make_certificates(tmp_path)
    client = clients.start(stack, gateways.before("moto"), stranger.ca)
    with pytest.raises(NoAnswerError):
        client.call("ListAllMyBuckets")
