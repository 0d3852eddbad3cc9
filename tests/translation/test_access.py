"""Access control and logging on real stores, and what a store without them must not be led to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from gateway.messages import Problem
from tests.stores.programs import ALICE, BOB, connect
from tests.stores.store import BUCKET_GRANTS, EMAILS, GRANTS, LOGGING, PUT_ACL, PUT_OBJECT_ACL
from tests.translation.calls import BUCKET, empty, joined, put, refusal

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
NOWHERE = "nowhere-at-all"


def grant(kind, element, name, permission):
    return {"Grantee": {"xsi:type": kind, element: name}, "Permission": permission}


def of(policy):
    """Who is granted what, by a policy of SOAP or of boto3."""
    grants = (
        policy["AccessControlList"].get("Grant", ()) if "AccessControlList" in policy else policy["Grants"]
    )
    return {
        (one["Grantee"].get("ID") or one["Grantee"].get("URI") or "", one["Permission"]) for one in grants
    }


PUBLIC = grant("Group", "URI", ALL_USERS, "READ")


@pytest.fixture
def owner(gateway, client):
    return gateway.call("GetBucketAccessControlPolicy", Bucket=BUCKET)["Owner"]["ID"]


# -- reading ----------------------------------------------------------------------------------


def test_policies_are_read_as_boto3_reads_them(gateway, client):
    put(gateway)
    bucket = gateway.call("GetBucketAccessControlPolicy", Bucket=BUCKET)
    assert bucket["Owner"]["ID"] == client.get_bucket_acl(Bucket=BUCKET)["Owner"].get("ID", "")
    assert of(bucket) == of(client.get_bucket_acl(Bucket=BUCKET))
    one = gateway.call("GetObjectAccessControlPolicy", Bucket=BUCKET, Key="k")
    assert of(one) == of(client.get_object_acl(Bucket=BUCKET, Key="k"))


def test_the_policy_of_what_is_not_there(gateway, client):
    assert refusal(gateway, "GetBucketAccessControlPolicy", Bucket=NOWHERE).code == "NoSuchBucket"
    problem = refusal(gateway, "GetObjectAccessControlPolicy", Bucket=BUCKET, Key="missing")
    assert problem.code == "NoSuchKey"


# -- writing ----------------------------------------------------------------------------------


def test_the_policy_of_a_bucket_is_written(gateway, client, store, owner):
    control = {"Grant": [grant("CanonicalUser", "ID", owner, "FULL_CONTROL"), PUBLIC]}
    values = {"Bucket": BUCKET, "AccessControlList": control}
    if PUT_ACL not in store.supports:
        before = of(client.get_bucket_acl(Bucket=BUCKET))
        assert refusal(gateway, "SetBucketAccessControlPolicy", **values).code == "NotImplemented"
        assert of(client.get_bucket_acl(Bucket=BUCKET)) == before
        return
    assert gateway.call("SetBucketAccessControlPolicy", **values) == {}
    expected = {(owner, "FULL_CONTROL"), (ALL_USERS, "READ")}
    assert of(client.get_bucket_acl(Bucket=BUCKET)) == expected
    assert of(gateway.call("GetBucketAccessControlPolicy", Bucket=BUCKET)) == expected


def test_the_policy_of_an_object_is_written(gateway, client, store, owner):
    put(gateway, "a b/c")
    control = {"Grant": [grant("CanonicalUser", "ID", owner, "WRITE_ACP"), PUBLIC]}
    values = {"Bucket": BUCKET, "Key": "a b/c", "AccessControlList": control}
    if PUT_OBJECT_ACL in store.supports:
        assert gateway.call("SetObjectAccessControlPolicy", **values) == {}
        expected = {(owner, "WRITE_ACP"), (ALL_USERS, "READ")}
        assert of(client.get_object_acl(Bucket=BUCKET, Key="a b/c")) == expected
    elif PUT_ACL not in store.supports:
        assert refusal(gateway, "SetObjectAccessControlPolicy", **values).code == "NotImplemented"


def test_an_object_that_is_not_there_gets_no_policy(gateway, client):
    values = {"Bucket": BUCKET, "Key": "missing", "AccessControlList": {"Grant": [PUBLIC]}}
    assert refusal(gateway, "SetObjectAccessControlPolicy", **values).code == "NoSuchKey"
    assert [request.method for request in gateway.sent] == ["GET"]


def test_a_grantee_by_id_and_by_email(stores):
    seaweedfs = stores["seaweedfs"]
    assert EMAILS in seaweedfs.supports
    gateway, client = joined(seaweedfs), connect(seaweedfs)
    client.create_bucket(Bucket="by-email")
    for one in (
        grant("CanonicalUser", "ID", BOB.canonical_id, "READ"),
        grant("AmazonCustomerByEmail", "EmailAddress", BOB.email, "READ"),
    ):
        gateway.call("SetBucketAccessControlPolicy", Bucket="by-email", AccessControlList={"Grant": [PUBLIC]})
        gateway.call("SetBucketAccessControlPolicy", Bucket="by-email", AccessControlList={"Grant": [one]})
        assert of(client.get_bucket_acl(Bucket="by-email")) == {(BOB.canonical_id, "READ")}
    stranger = grant("AmazonCustomerByEmail", "EmailAddress", "nobody@example.com", "READ")
    with pytest.raises(Problem) as refused:
        gateway.call(
            "SetBucketAccessControlPolicy", Bucket="by-email", AccessControlList={"Grant": [stranger]}
        )
    assert refused.value.code in {"UnresolvableGrantByEmailAddress", "InvalidRequest"}
    empty(client, "by-email")


def test_the_owner_cannot_be_changed(stores):
    """The owner who is sent back is the one the store told, whoever asks (wire rule 26)."""
    seaweedfs = stores["seaweedfs"]
    gateway, client = joined(seaweedfs), connect(seaweedfs)
    client.create_bucket(Bucket="owned")
    gateway.call("SetBucketAccessControlPolicy", Bucket="owned", AccessControlList={"Grant": [PUBLIC]})
    assert client.get_bucket_acl(Bucket="owned")["Owner"]["ID"] == ALICE.canonical_id
    empty(client, "owned")


def test_grants_with_a_new_bucket(stores):
    seaweedfs = stores["seaweedfs"]
    assert BUCKET_GRANTS in seaweedfs.supports
    gateway, client = joined(seaweedfs), connect(seaweedfs)
    gateway.call("CreateBucket", Bucket="granted-at-birth", AccessControlList={"Grant": [PUBLIC]})
    assert (ALL_USERS, "READ") in of(client.get_bucket_acl(Bucket="granted-at-birth"))
    empty(client, "granted-at-birth")


def test_grants_with_a_new_object(stores):
    moto = stores["moto"]
    assert GRANTS in moto.supports
    gateway, client = joined(moto), connect(moto)
    client.create_bucket(Bucket=BUCKET)
    put(gateway, "granted", AccessControlList={"Grant": [PUBLIC]})
    assert (ALL_USERS, "READ") in of(client.get_object_acl(Bucket=BUCKET, Key="granted"))
    copy = {
        "SourceBucket": BUCKET,
        "SourceKey": "granted",
        "DestinationBucket": BUCKET,
        "DestinationKey": "copy",
    }
    gateway.call("CopyObject", **copy, AccessControlList={"Grant": [PUBLIC]})
    assert (ALL_USERS, "READ") in of(client.get_object_acl(Bucket=BUCKET, Key="copy"))
    empty(client, BUCKET)


def test_an_empty_list_with_a_new_object(gateway, client, store):
    """What becomes of nobody is the store's: SeaweedFS leaves the owner in, moto keeps none."""
    if PUT_ACL in store.supports:
        put(gateway, AccessControlList={})
        assert [request.method for request in gateway.sent] == ["PUT", "GET", "PUT"]
        assert b"<AccessControlList></AccessControlList>" in gateway.sent[-1].pieces[0]
    else:
        with pytest.raises(Problem, match="NotImplemented"):
            put(gateway, AccessControlList={})
    assert client.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"hello"


def test_a_store_whose_acls_are_disabled(client, store):
    gateway = joined(store, acl="drop")
    put(gateway, AccessControlList={"Grant": [PUBLIC]})
    assert "x-amz-grant-read" not in dict(gateway.sent[-1].headers)
    gateway.call(
        "SetObjectAccessControlPolicy", Bucket=BUCKET, Key="k", AccessControlList={"Grant": [PUBLIC]}
    )
    assert [request.method for request in gateway.sent] == ["PUT", "GET"]
    missing = {"Bucket": BUCKET, "Key": "missing", "AccessControlList": {}}
    assert refusal(gateway, "SetObjectAccessControlPolicy", **missing).code == "NoSuchKey"


# -- logging ----------------------------------------------------------------------------------

ENABLED = {"LoggingEnabled": {"TargetBucket": BUCKET, "TargetPrefix": "log/&"}}


def test_logging_is_switched_on_and_off(stores):
    moto = stores["moto"]
    assert LOGGING in moto.supports
    gateway, client = joined(moto), connect(moto)
    client.create_bucket(Bucket=BUCKET)
    delivery = [grant("Group", "URI", LOG_DELIVERY, permission) for permission in ("WRITE", "READ_ACP")]
    gateway.call("SetBucketAccessControlPolicy", Bucket=BUCKET, AccessControlList={"Grant": delivery})
    assert gateway.call("GetBucketLoggingStatus", Bucket=BUCKET) == {}
    assert gateway.call("SetBucketLoggingStatus", Bucket=BUCKET, BucketLoggingStatus=ENABLED) == {}
    assert client.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]["TargetPrefix"] == "log/&"
    assert gateway.call("GetBucketLoggingStatus", Bucket=BUCKET) == ENABLED
    gateway.call("SetBucketLoggingStatus", Bucket=BUCKET, BucketLoggingStatus={})
    assert gateway.call("GetBucketLoggingStatus", Bucket=BUCKET) == {}
    empty(client, BUCKET)


def test_logging_into_a_bucket_that_does_not_take_logs(stores):
    moto = stores["moto"]
    gateway, client = joined(moto), connect(moto)
    client.create_bucket(Bucket=BUCKET)
    problem = refusal(gateway, "SetBucketLoggingStatus", Bucket=BUCKET, BucketLoggingStatus=ENABLED)
    assert problem.code == "InvalidTargetBucketForLogging"
    empty(client, BUCKET)


@pytest.mark.parametrize("name", ["seaweedfs", "juicefs"])
def test_a_store_without_logging_is_not_led_to_make_a_bucket(stores, name):
    """SeaweedFS takes `PUT /bucket?logging` for CreateBucket: it must not come to that for a missing one."""
    store = stores[name]
    gateway, client = joined(store), connect(store)
    client.create_bucket(Bucket=BUCKET)
    problem = refusal(gateway, "SetBucketLoggingStatus", Bucket=BUCKET, BucketLoggingStatus=ENABLED)
    assert problem.code == "NotImplemented"
    before = [one["Name"] for one in client.list_buckets()["Buckets"]]
    problem = refusal(gateway, "SetBucketLoggingStatus", Bucket=NOWHERE, BucketLoggingStatus=ENABLED)
    assert problem.code in {"NoSuchBucket", "NotImplemented"}
    assert gateway.sent[-1].method == "GET"
    assert [one["Name"] for one in client.list_buckets()["Buckets"]] == before
    empty(client, BUCKET)


@pytest.mark.parametrize("operation", ["SetBucketAccessControlPolicy", "SetBucketLoggingStatus"])
def test_a_write_to_a_missing_bucket_makes_none(gateway, client, operation):
    values = {"AccessControlList": {"Grant": [PUBLIC]}, "BucketLoggingStatus": ENABLED}
    wanted = "BucketLoggingStatus" if "Logging" in operation else "AccessControlList"
    assert refusal(gateway, operation, Bucket=NOWHERE, **{wanted: values[wanted]}).code in {
        "NoSuchBucket",
        "NotImplemented",
    }
    with pytest.raises(ClientError):
        client.head_bucket(Bucket=NOWHERE)
