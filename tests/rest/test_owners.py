"""Lists of grants on their way to a store: whom they mean, by a model of a store, boto3 and a real store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gateway.messages import Answer, Call, Credentials, Problem
from gateway.rest.grants import Whose
from gateway.rest.owners import ask_with_owners
from gateway.wire.values import KIND
from tests.rest.served import MOMENT, Served, by_model, on_store

OWNERS: Mapping[str, str] = {
    "ListAllMyBuckets": "alices-id",
    "GetBucketAccessControlPolicy": "bobs-id",
    "GetObjectAccessControlPolicy": "writers-id",
}
"""Who is told to be the owner, by the operation that asks."""

PUBLIC = {
    "Grantee": {KIND: "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
    "Permission": "READ",
}
MINE = {"Grantee": {KIND: "CanonicalUser", "ID": Whose.OWNER}, "Permission": "FULL_CONTROL"}


def owned(who: str, permission: str = "FULL_CONTROL") -> dict[str, Any]:
    return {"Grantee": {KIND: "CanonicalUser", "ID": who}, "Permission": permission}


def model(call: Call) -> Answer:
    if call.operation in OWNERS:
        return Answer(call.operation, {"Owner": {"ID": OWNERS[call.operation]}, "AccessControlList": {}})
    return Answer(call.operation, {"ETag": '"a"', "LastModified": MOMENT, "BucketName": "b"})


def granted(method: str, **asked: Any) -> tuple[list[str], Any]:
    """Operations that one of boto3's methods leads to, and the list of grants in the last of them."""
    served = Served(by_model(model))
    with served.client() as client:
        getattr(client, method)(**{"Bucket": "b", **asked})
    *_, last = served.calls
    return [call.operation for call in served.calls], last.values.get("AccessControlList", {}).get("Grant")


OBJECT_K = {"Key": "k", "Body": b""}
COPY_K = {"Key": "k", "CopySource": "b/a"}


@pytest.mark.parametrize(
    ("method", "asked", "operation"),
    [("put_object", OBJECT_K, "PutObject"), ("copy_object", COPY_K, "CopyObject")],
)
def test_the_owner_of_a_new_object_owns_the_buckets(method, asked, operation):
    assert granted(method, **asked, ACL="public-read") == (
        ["ListAllMyBuckets", operation],
        [owned("alices-id"), PUBLIC],
    )


def test_the_owner_of_what_is_there_stands_in_its_own_list():
    assert granted("put_object_acl", Key="k", ACL="public-read") == (
        ["GetObjectAccessControlPolicy", "SetObjectAccessControlPolicy"],
        [owned("writers-id"), PUBLIC],
    )
    assert granted("put_bucket_acl", ACL="private") == (
        ["GetBucketAccessControlPolicy", "SetBucketAccessControlPolicy"],
        [owned("bobs-id")],
    )


def test_a_new_bucket_is_made_for_its_owner_alone_and_then_given_its_list():
    assert granted("create_bucket", ACL="public-read") == (
        ["CreateBucket", "GetBucketAccessControlPolicy", "SetBucketAccessControlPolicy"],
        [owned("bobs-id"), PUBLIC],
    )


def test_the_owner_of_the_bucket():
    assert granted("put_object", **OBJECT_K, ACL="bucket-owner-read") == (
        ["ListAllMyBuckets", "GetBucketAccessControlPolicy", "PutObject"],
        [owned("alices-id"), owned("bobs-id", "READ")],
    )
    asked, _ = granted("copy_object", **COPY_K, ACL="bucket-owner-full-control")
    assert asked == ["ListAllMyBuckets", "GetBucketAccessControlPolicy", "CopyObject"]


def test_nobody_is_asked_for_a_list_that_names_no_owner():
    assert granted("put_object", **OBJECT_K, ACL="private") == (["PutObject"], None)
    assert granted("put_object", **OBJECT_K, GrantRead='id="x"') == (["PutObject"], [owned("x", "READ")])
    assert granted("create_bucket", GrantRead='id="x"') == (["CreateBucket"], [owned("x", "READ")])
    assert granted("create_bucket", ACL="private") == (["CreateBucket"], None)


def document(owner: str) -> dict[str, Any]:
    """What boto3 makes a document of."""
    grantee = {"Type": "CanonicalUser", "ID": "x"}
    return {"Owner": {"ID": owner}, "Grants": [{"Grantee": grantee, "Permission": "READ"}]}


def test_a_document_names_the_owner_that_there_is():
    assert granted("put_object_acl", Key="k", AccessControlPolicy=document("writers-id")) == (
        ["GetObjectAccessControlPolicy", "SetObjectAccessControlPolicy"],
        [owned("x", "READ")],
    )
    assert granted("put_bucket_acl", AccessControlPolicy=document("bobs-id")) == (
        ["GetBucketAccessControlPolicy", "SetBucketAccessControlPolicy"],
        [owned("x", "READ")],
    )


def test_what_is_owned_is_not_given_away():
    for named in ("writers-id", "", " bobs-id"):
        with pytest.raises(ClientError, match="AccessDenied"):
            granted("put_bucket_acl", AccessControlPolicy=document(named))


def test_the_owner_of_a_document_is_not_sent():
    named = {"Bucket": "b", "Key": "k", "Owner": {"ID": "a"}, "AccessControlList": {}}
    asking = ask_with_owners(Call("SetObjectAccessControlPolicy", named))
    about = {"Bucket": "b", "Key": "k"}
    assert next(asking) == Call("GetObjectAccessControlPolicy", about)
    told = Answer("GetObjectAccessControlPolicy", {"Owner": {"ID": "a"}})
    assert asking.send(told) == Call("SetObjectAccessControlPolicy", {**about, "AccessControlList": {}})


CALL = Call(
    "CreateBucket",
    {"Bucket": "b", "AccessControlList": {"Grant": [MINE, PUBLIC]}},
    Credentials("AKEY"),
)


def test_every_step_is_asked_by_the_same_client():
    """The first is a bucket without a list, and its answer is the answer."""
    asking = ask_with_owners(CALL)
    made = next(asking)
    assert made == Call("CreateBucket", {"Bucket": "b"}, Credentials("AKEY"))
    whose = asking.send(Answer("CreateBucket", {"BucketName": "b"}))
    assert whose == Call("GetBucketAccessControlPolicy", {"Bucket": "b"}, Credentials("AKEY"))
    given = asking.send(Answer(whose.operation, {"Owner": {"ID": "a"}}))
    assert given.credentials == Credentials("AKEY")
    with pytest.raises(StopIteration) as done:
        asking.send(Answer(given.operation, {}))
    assert done.value.value == Answer("CreateBucket", {"BucketName": "b"})


def test_an_owner_who_is_not_told():
    asking = ask_with_owners(Call("PutObject", {**CALL.values, "Key": "k"}))
    assert next(asking) == Call("ListAllMyBuckets", {})
    with pytest.raises(Problem, match="InternalError"):
        asking.send(Answer("ListAllMyBuckets", {}))


def test_a_bucket_that_cannot_be_made_is_given_no_list():
    asking = ask_with_owners(CALL)
    next(asking)
    with pytest.raises(Problem, match="BucketAlreadyExists"):
        asking.throw(Problem("BucketAlreadyExists"))


@pytest.mark.parametrize("name", ["seaweedfs", "moto"])
def test_a_bucket_for_all_to_read_on_a_real_store(stores, name):
    store = stores[name]
    with on_store(store).client(access_key=store.access_key, secret_key=store.secret_key) as client:
        client.create_bucket(Bucket="for-all", ACL="public-read")
        try:
            listed = client.get_bucket_acl(Bucket="for-all")
            mine, public = listed["Grants"]
            assert mine["Grantee"]["ID"] == listed["Owner"]["ID"]
            assert public["Grantee"]["URI"] == PUBLIC["Grantee"]["URI"]
            with pytest.raises(ClientError, match="InvalidArgument"):
                client.put_bucket_acl(Bucket="for-all", ACL="for-nobody")
        finally:
            client.delete_bucket(Bucket="for-all")
