"""All operations on an end of SOAP that is not ours: PHP's SoapServer, with DIME, with MIME, and with neither."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.messages import Body, Problem
from gateway.wire.values import KIND
from tests.soap_asked import SoapAsked
from tests.stores.soap import INLINE, SoapStore

BUCKET = "asked"
WANTED = {"GetMetadata": True, "GetData": True, "InlineData": False}
ID = "id-of-DEMOKEYALICE"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
GRANTS = {
    "Grant": [
        {"Grantee": {KIND: "CanonicalUser", "ID": ID, "DisplayName": "alice"}, "Permission": "FULL_CONTROL"},
        {"Grantee": {KIND: "Group", "URI": ALL}, "Permission": "READ"},
        {"Grantee": {KIND: "AmazonCustomerByEmail", "EmailAddress": "a@b"}, "Permission": "WRITE_ACP"},
    ]
}
FORMS = {
    "dime": {"attachments": "dime"},
    "mime": {"attachments": "mime"},
    "inline": {"path": INLINE},
}


@pytest.fixture(params=FORMS)
def asked(request: pytest.FixtureRequest, soap_store: SoapStore) -> Iterator[SoapAsked]:
    """The store, asked in each form, with one empty bucket."""
    asked = SoapAsked(soap_store.host, soap_store.access_key, soap_store.secret_key, FORMS[request.param])
    asked.call("CreateBucket", Bucket=BUCKET)
    yield asked
    for entry in asked.call("ListBucket", Bucket=BUCKET).get("Contents", ()):
        asked.call("DeleteObject", Bucket=BUCKET, Key=entry["Key"])
    with suppress(Problem):
        asked.call("DeleteBucket", Bucket=BUCKET)


def put(asked: SoapAsked, key: str, data: bytes = b"hello", **values: Any) -> Mapping[str, Any]:
    return asked.call("PutObject", Bucket=BUCKET, Key=key, Data=Body(data), ContentLength=len(data), **values)


def get(asked: SoapAsked, key: str = "k", **values: Any) -> Mapping[str, Any]:
    operation = "GetObjectExtended" if values.keys() - WANTED.keys() else "GetObject"
    return asked.call(operation, Bucket=BUCKET, Key=key, **{**WANTED, **values})


def refusal(asked: SoapAsked, operation: str, **values: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        asked.call(operation, **values)
    return refused.value


def entries(values: Mapping[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in values["Metadata"]}


def tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def near(moment: datetime) -> bool:
    return abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_buckets(asked):
    listed = asked.call("ListAllMyBuckets")
    assert listed["Owner"] == {"ID": ID, "DisplayName": "DEMOKEYALICE"}
    made = {bucket["Name"]: bucket["CreationDate"] for bucket in listed["Buckets"]["Bucket"]}
    assert near(made[BUCKET])
    assert asked.call("CreateBucket", Bucket="another") == {"BucketName": "another"}
    assert asked.call("DeleteBucket", Bucket="another") == {"Code": 204, "Description": "No Content"}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 70_001])
def test_an_object_goes_up_and_comes_back(asked, size):
    data = bytes(number % 251 for number in range(size))
    metadata = [{"Name": "Content-Type", "Value": "text/plain"}, {"Name": "Own", "Value": "é & <ü>"}]
    stored = put(asked, "a/ü", data, Metadata=metadata)
    assert (stored["ETag"], near(stored["LastModified"])) == (tag(data), True)
    found = get(asked, "a/ü")
    assert found["Data"] == data
    assert found["Status"] == {"Code": 200, "Description": "OK"}
    assert (found["ETag"], found["LastModified"]) == (stored["ETag"], stored["LastModified"])
    assert entries(found) == {"Content-Type": "text/plain", "Own": "é & <ü>", "Content-Length": str(size)}


def test_lines_that_look_like_boundaries_are_data(asked):
    data = b"\r\n--PHP\r\n----=_Part_0000000000000001--\r\n\r\n--"
    put(asked, "k", data)
    assert get(asked)["Data"] == data


def test_an_object_inside_the_envelope(asked):
    values = {"Bucket": BUCKET, "Key": "k", "Data": b"\0\xff" * 9, "ContentLength": 18}
    assert asked.call("PutObjectInline", **values)["ETag"] == tag(b"\0\xff" * 9)
    assert get(asked, InlineData=True)["Data"] == b"\0\xff" * 9


def test_an_object_without_its_data(asked):
    put(asked, "k")
    found = get(asked, GetData=False)
    assert "Data" not in found
    assert entries(found)["Content-Length"] == "5"
    assert "Metadata" not in get(asked, GetMetadata=False)


@pytest.mark.parametrize(
    ("bounds", "part", "told"),
    [
        ({"ByteRangeStart": 2, "ByteRangeEnd": 5}, b"2345", "bytes 2-5/10"),
        ({"ByteRangeStart": 7}, b"789", "bytes 7-9/10"),
        ({"ByteRangeEnd": 3}, b"789", "bytes 7-9/10"),
        ({"ByteRangeStart": 0, "ByteRangeEnd": 99}, b"0123456789", "bytes 0-9/10"),
    ],
)
def test_parts(asked, bounds, part, told):
    """The store says no more than the length of the whole."""
    put(asked, "k", b"0123456789")
    found = get(asked, **bounds)
    assert (found["Status"], found["Data"]) == ({"Code": 206, "Description": "Partial Content"}, part)
    assert entries(found) == {"Content-Length": str(len(part)), "Content-Range": told}


def test_a_part_that_is_not_there(asked):
    put(asked, "k")
    problem = refusal(asked, "GetObjectExtended", Bucket=BUCKET, Key="k", **WANTED, ByteRangeStart=5)
    assert (problem.code, problem.details) == ("InvalidRange", (("ActualObjectSize", "5"),))


def test_conditions(asked):
    etag = put(asked, "k")["ETag"]
    past, future = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    for holds in (
        {"IfMatch": ['"other"', etag]},
        {"IfNoneMatch": ['"other"']},
        {"IfModifiedSince": past},
        {"IfUnmodifiedSince": future},
    ):
        assert get(asked, **holds)["Data"] == b"hello"
    for fails in (
        {"IfMatch": ['"other"']},
        {"IfUnmodifiedSince": past},
        {"IfMatch": ["o"], "IfNoneMatch": [etag]},
    ):
        problem = refusal(asked, "GetObjectExtended", Bucket=BUCKET, Key="k", **WANTED, **fails)
        assert problem.code == "PreconditionFailed"


def test_what_was_not_modified(asked):
    """The store has one fault for all conditions."""
    stored = put(asked, "k")
    for unmodified in ({"IfNoneMatch": [stored["ETag"]]}, {"IfModifiedSince": datetime.now(UTC)}):
        assert get(asked, **unmodified) == {
            "Status": {"Code": 304, "Description": "Not Modified"},
            "Metadata": [],
            "ETag": stored["ETag"],
            "LastModified": stored["LastModified"],
        }


def test_the_whole_where_the_condition_of_a_part_fails(asked):
    put(asked, "k", b"0123456789")
    asked_for = {"ByteRangeStart": 2, "IfMatch": ['"other"'], "ReturnCompleteObjectOnConditionFailure": True}
    found = get(asked, **asked_for)
    assert (found["Status"]["Code"], found["Data"]) == (200, b"0123456789")


def test_a_listing_in_pages(asked):
    for key in ("a/1", "a/2", "b", "c&<d>", "e"):
        put(asked, key, key.encode())
    listed = asked.call("ListBucket", Bucket=BUCKET)
    assert [(entry["Key"], entry["Size"]) for entry in listed["Contents"]] == [
        ("a/1", 3), ("a/2", 3), ("b", 1), ("c&<d>", 5), ("e", 1),
    ]  # fmt: skip
    first = listed["Contents"][0]
    assert (first["ETag"], first["StorageClass"], first["Owner"]["ID"]) == (tag(b"a/1"), "STANDARD", ID)
    page = asked.call("ListBucket", Bucket=BUCKET, Delimiter="/", MaxKeys=2)
    assert page["CommonPrefixes"] == [{"Prefix": "a/"}]
    assert [entry["Key"] for entry in page["Contents"]] == ["b"]
    assert (page["IsTruncated"], page["NextMarker"], page["MaxKeys"]) == (True, "b", 2)
    rest = asked.call("ListBucket", Bucket=BUCKET, Marker="b", Prefix="")
    assert [entry["Key"] for entry in rest["Contents"]] == ["c&<d>", "e"]
    assert asked.call("ListBucket", Bucket=BUCKET, MaxKeys=0).get("Contents") is None


def test_copies(asked):
    put(asked, "k", Metadata=[{"Name": "a", "Value": "b"}])
    names = {"SourceBucket": BUCKET, "SourceKey": "k", "DestinationBucket": BUCKET}
    copied = asked.call("CopyObject", **names, DestinationKey="copy")
    assert (copied["ETag"], near(copied["LastModified"])) == (tag(b"hello"), True)
    assert entries(get(asked, "copy"))["a"] == "b"
    new = [{"Name": "c", "Value": "d"}]
    asked.call("CopyObject", **names, DestinationKey="new", MetadataDirective="REPLACE", Metadata=new)
    assert entries(get(asked, "new")).keys() == {"c", "Content-Length"}
    failed = refusal(asked, "CopyObject", **names, DestinationKey="x", CopySourceIfMatch=["other"])
    assert failed.code == "PreconditionFailed"


def test_access_control_lists(asked):
    policy = asked.call("GetBucketAccessControlPolicy", Bucket=BUCKET)
    (grant,) = policy["AccessControlList"]["Grant"]
    assert (grant["Grantee"]["ID"], grant["Permission"]) == (ID, "FULL_CONTROL")
    assert asked.call("SetBucketAccessControlPolicy", Bucket=BUCKET, AccessControlList=GRANTS) == {}
    assert asked.call("GetBucketAccessControlPolicy", Bucket=BUCKET)["AccessControlList"] == GRANTS
    put(asked, "k", AccessControlList=GRANTS)
    found = {"Bucket": BUCKET, "Key": "k"}
    assert asked.call("GetObjectAccessControlPolicy", **found)["AccessControlList"] == GRANTS
    reading = {"Grant": GRANTS["Grant"][1:2]}
    assert asked.call("SetObjectAccessControlPolicy", **found, AccessControlList=reading) == {}
    assert asked.call("GetObjectAccessControlPolicy", **found)["AccessControlList"] == reading


def test_logging(asked):
    assert asked.call("GetBucketLoggingStatus", Bucket=BUCKET) == {}
    status = {"LoggingEnabled": {"TargetBucket": BUCKET, "TargetPrefix": "log-", "TargetGrants": GRANTS}}
    assert asked.call("SetBucketLoggingStatus", Bucket=BUCKET, BucketLoggingStatus=status) == {}
    assert asked.call("GetBucketLoggingStatus", Bucket=BUCKET) == status
    asked.call("SetBucketLoggingStatus", Bucket=BUCKET, BucketLoggingStatus={})
    assert asked.call("GetBucketLoggingStatus", Bucket=BUCKET) == {}


def test_deletions(asked):
    put(asked, "k")
    assert refusal(asked, "DeleteBucket", Bucket=BUCKET).code == "BucketNotEmpty"
    for _ in range(2):
        deleted = asked.call("DeleteObject", Bucket=BUCKET, Key="k")
        assert deleted == {"Code": 204, "Description": "No Content"}


def test_faults(asked):
    problem = refusal(asked, "GetObject", Bucket=BUCKET, Key="no", **WANTED)
    assert (problem.code, problem.message) == ("NoSuchKey", "The specified key does not exist.")
    assert problem.details == (("Key", "no"),)
    assert refusal(asked, "ListBucket", Bucket="nowhere").details == (("BucketName", "nowhere"),)
    assert refusal(asked, "CreateBucket", Bucket=BUCKET).code == "BucketAlreadyOwnedByYou"
    invalid = refusal(asked, "CreateBucket", Bucket="x")
    assert (invalid.code, invalid.details) == ("InvalidBucketName", (("BucketName", "x"),))


@pytest.mark.parametrize(
    ("user", "code", "cause"),
    [
        ({"secret": "wrong"}, "InternalError", "SignatureDoesNotMatch"),
        ({"access_key": "NOBODY"}, "InternalError", "InvalidAccessKeyId"),
        (
            {"settings": {"now": lambda: datetime.now(UTC) - timedelta(minutes=16)}},
            "InternalError",
            "RequestTimeTooSkewed",
        ),
        ({"anonymous": True}, "AccessDenied", ""),
    ],
)
def test_who_asks_is_checked_by_the_store_and_its_verdict_is_ours(soap_store, user, code, cause):
    asked = SoapAsked(
        **{
            "host": soap_store.host,
            "access_key": soap_store.access_key,
            "secret": soap_store.secret_key,
            **user,
        }
    )
    problem = refusal(asked, "ListBucket", Bucket="any")
    assert problem.code == code
    assert problem.details == ()
    assert cause in {"", getattr(problem.__cause__, "code", "")}


def test_an_upload_that_is_not_what_was_announced_is_not_stored(asked):
    put(asked, "k", b"before")
    values = {"Bucket": BUCKET, "Key": "k", "Data": Body(b"hell"), "ContentLength": 5}
    assert refusal(asked, "PutObject", **values).code == "IncompleteBody"
    assert get(asked)["Data"] == b"before"
