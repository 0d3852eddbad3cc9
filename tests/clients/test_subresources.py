"""Access control policies and logging, by every foreign stack, in front of every store.

A store that lacks a subresource is not left out: the stack must read the fault that says so.
"""

from __future__ import annotations

import pytest

from tests.clients.gateway import RELAYS
from tests.clients.scenes import ALL_USERS, Scene, grants, public, scenes, scenes_without, stored_grants
from tests.stores.programs import BOB
from tests.stores.store import ACL, EMAILS, LOGGING, PUT_ACL, PUT_OBJECT_ACL

pytestmark = pytest.mark.wording

LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


@scenes(ACL)
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


@scenes(PUT_ACL)
def test_set_bucket_access_control_policy(scene: Scene) -> None:
    name = f"{scene.bucket}-acl"
    scene.boto.create_bucket(Bucket=name)
    scene.ok(
        "SetBucketAccessControlPolicy", Bucket=name, AccessControlList=[public("READ"), public("READ_ACP")]
    )
    granted = {(ALL_USERS, "READ"), (ALL_USERS, "READ_ACP")}
    assert stored_grants(scene.boto.get_bucket_acl(Bucket=name)) == granted
    answer = scene.ok("GetBucketAccessControlPolicy", Bucket=name)
    assert grants(answer.rows("AccessControlList")) == granted
    scene.boto.delete_bucket(Bucket=name)


@scenes(PUT_ACL, EMAILS)
def test_a_grantee_is_named_by_email(scene: Scene) -> None:
    name = f"{scene.bucket}-email"
    scene.boto.create_bucket(Bucket=name)
    by_email = {
        "Grantee": {"type": "AmazonCustomerByEmail", "EmailAddress": BOB.email},
        "Permission": "WRITE",
    }
    scene.ok("SetBucketAccessControlPolicy", Bucket=name, AccessControlList=[by_email])
    answer = scene.ok("GetBucketAccessControlPolicy", Bucket=name)
    assert grants(answer.rows("AccessControlList")) == {(BOB.canonical_id, "WRITE")}
    scene.boto.delete_bucket(Bucket=name)


@scenes(PUT_OBJECT_ACL)
def test_set_object_access_control_policy(scene: Scene) -> None:
    scene.put("acl")
    acl = [
        public("READ"),
        {"Grantee": {"type": "CanonicalUser", "ID": BOB.canonical_id}, "Permission": "FULL_CONTROL"},
    ]
    scene.ok("SetObjectAccessControlPolicy", Bucket=scene.bucket, Key="acl", AccessControlList=acl)
    granted = {(ALL_USERS, "READ"), (BOB.canonical_id, "FULL_CONTROL")}
    assert stored_grants(scene.boto.get_object_acl(Bucket=scene.bucket, Key="acl")) == granted
    answer = scene.ok("GetObjectAccessControlPolicy", Bucket=scene.bucket, Key="acl")
    assert grants(answer.rows("AccessControlList")) == granted


@scenes_without(PUT_ACL, "juicefs")
def test_a_store_without_acls_says_so(scene: Scene) -> None:
    scene.put("acl")
    acl = [public("READ")]
    for fault in (
        scene.fault("SetBucketAccessControlPolicy", Bucket=scene.bucket, AccessControlList=acl),
        scene.fault("SetObjectAccessControlPolicy", Bucket=scene.bucket, Key="acl", AccessControlList=acl),
    ):
        assert fault.code == "Server.NotImplemented"


@scenes(LOGGING)
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
    target = {"TargetBucket": scene.bucket, "TargetPrefix": "log/", "TargetGrants": [public("READ")]}
    scene.ok("SetBucketLoggingStatus", Bucket=scene.bucket, BucketLoggingStatus={"LoggingEnabled": target})
    stored = scene.boto.get_bucket_logging(Bucket=scene.bucket)["LoggingEnabled"]
    assert (stored["TargetBucket"], stored["TargetPrefix"]) == (scene.bucket, "log/")
    answer = scene.ok("GetBucketLoggingStatus", Bucket=scene.bucket)
    assert answer["LoggingEnabled.TargetBucket"] == scene.bucket
    assert answer["LoggingEnabled.TargetPrefix"] == "log/"
    assert grants(answer.rows("LoggingEnabled.TargetGrants")) == {(ALL_USERS, "READ")}


@scenes_without(LOGGING, "seaweedfs", "juicefs", *RELAYS)
def test_a_store_without_logging_says_so_and_makes_no_bucket(scene: Scene) -> None:
    """SeaweedFS takes a PUT of ?logging for CreateBucket: it must never be sent one."""
    absent = f"{scene.bucket}-not-made"
    for bucket in (scene.bucket, absent):
        fault = scene.fault("SetBucketLoggingStatus", Bucket=bucket, BucketLoggingStatus={})
        assert fault.code in ("Server.NotImplemented", "Client.NoSuchBucket")
    assert absent not in {entry["Name"] for entry in scene.boto.list_buckets()["Buckets"]}
