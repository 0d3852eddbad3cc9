"""The operation and the Call of a REST request: each row and view, what is left over, and both twins held together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.messages import Body, Call, Credentials, Problem, RestRequest
from gateway.rest.addresses import Endpoint
from gateway.rest.calls import COMMON, OVERRIDES, find, has_object, parse_call, reads_body, row_of
from gateway.rest.metadata import HEADERS
from gateway.rest.places import GRANT_HEADERS, GRANTEES, MAX_LISTED
from gateway.rest.requests import Store, build_request
from gateway.rest.unspoken import unspoken_operation
from gateway.rest.views import VIEWS
from gateway.tables.operations import OPERATIONS
from gateway.wire.texts import parse_etag
from gateway.wire.values import KIND
from tests.joined import our_contract
from tests.strategies import calls_of

REGION = "eu-central-1"
STORE = Store(endpoint=Endpoint("store", 9000), region=REGION)
LISTED_ONE = {"Grant": [{"Grantee": {KIND: "Group", "URI": "u"}, "Permission": "READ"}]}


def request(
    method: str, bucket: str = "", key: str = "", query: str = "", body: Any = b"", **fields: str
) -> RestRequest:
    """A request; a parameter of the query is `name` or `name=value`, a field is a keyword."""
    pairs = tuple((pair.partition("=")[0], pair.partition("=")[2]) for pair in query.split("&") if pair)
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return RestRequest(method, bucket, key, pairs, headers, body)


def call_of(asked: RestRequest, credentials: Credentials | None = None) -> Call:
    return parse_call(asked, row_of(asked), our_contract(), region=REGION, credentials=credentials)


def refusal(asked: RestRequest) -> Problem:
    with pytest.raises(Problem) as refused:
        call_of(asked)
    return refused.value


# -- which operation --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "operation"),
    [
        (request("GET"), "ListAllMyBuckets"),
        (request("GET", query="x-id=ListBuckets"), "ListAllMyBuckets"),
        (request("PUT", "b"), "CreateBucket"),
        (request("PUT", "b", x_amz_acl="public-read"), "CreateBucket"),
        (request("DELETE", "b"), "DeleteBucket"),
        (request("GET", "b"), "ListBucket"),
        (
            request("GET", "b", query="prefix=a&marker=b&max-keys=1&delimiter=/&encoding-type=url"),
            "ListBucket",
        ),
        (request("GET", "b", query="list-type=2"), "ListObjectsV2"),
        (request("GET", "b", query="list-type=2&prefix=a&start-after=b&fetch-owner=true"), "ListObjectsV2"),
        (request("HEAD", "b"), "HeadBucket"),
        (request("GET", "b", query="location"), "GetBucketLocation"),
        (request("POST", "b", query="delete"), "DeleteObjects"),
        (request("GET", "b", query="acl"), "GetBucketAccessControlPolicy"),
        (request("PUT", "b", query="acl", x_amz_grant_read='id="a"'), "SetBucketAccessControlPolicy"),
        (request("GET", "b", "k", query="acl"), "GetObjectAccessControlPolicy"),
        (request("PUT", "b", "k", query="acl"), "SetObjectAccessControlPolicy"),
        (request("GET", "b", query="logging"), "GetBucketLoggingStatus"),
        (request("PUT", "b", query="logging"), "SetBucketLoggingStatus"),
        (request("PUT", "b", "k"), "PutObject"),
        (request("PUT", "b", "k", x_amz_meta_a="b", content_type="text/plain"), "PutObject"),
        (request("PUT", "b", "k", x_amz_storage_class="STANDARD", x_amz_acl="private"), "PutObject"),
        (request("GET", "b", "k"), "GetObject"),
        (request("GET", "b", "k", query="response-content-type=a"), "GetObject"),
        (request("HEAD", "b", "k"), "GetObject"),
        (request("GET", "b", "k", range="bytes=0-1"), "GetObjectExtended"),
        (request("HEAD", "b", "k", if_none_match="a"), "GetObjectExtended"),
        (request("GET", "b", "k", if_modified_since="never"), "GetObjectExtended"),
        (request("GET", "b", "k", if_range='"a"', range="bytes=0-1"), "GetObjectExtended"),
        (request("DELETE", "b", "k"), "DeleteObject"),
        (request("PUT", "b", "k", x_amz_copy_source="/a/b"), "CopyObject"),
        (request("PUT", "b", "k", x_amz_copy_source="/a/b", x_amz_metadata_directive="COPY"), "CopyObject"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_operation_that_is_asked_for(asked, operation):
    assert find(asked).name == operation


def test_every_row_and_every_view_can_be_asked_for_but_one():
    """PutObjectInline is the same request as PutObject: where the bytes stand is SOAP's affair."""
    (asked_for,) = test_the_operation_that_is_asked_for.pytestmark
    names = {operation for _, operation in asked_for.args[1]}
    assert names == (OPERATIONS.keys() | {view.name for view in VIEWS}) - {"PutObjectInline"}


def test_what_means_nothing_here_is_passed_over():
    fields = {name: "x" for name in COMMON if not name.startswith("?")}
    plain = {"user-agent": "a", "accept": "b", "cookie": "c", "cache-control": "d", "x-amzn-trace-id": "e"}
    query = tuple((name[1:], "x") for name in COMMON if name.startswith("?"))
    asked = RestRequest("GET", "b", "k", query, tuple({**fields, **plain}.items()))
    assert find(asked).name == "GetObject"
    assert all(COMMON.values())


def test_a_view_has_no_row():
    with pytest.raises(AssertionError, match="HeadBucket is a view"):
        row_of(request("HEAD", "b"))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (request("PUT", "b", "k", if_none_match="*"), "if-none-match"),
        (request("PUT", "b", "k", if_match='"a"'), "if-match"),
        (request("DELETE", "b", "k", if_match='"a"'), "if-match"),
        (request("PUT", "b", "k", x_amz_tagging="a=b"), "x-amz-tagging"),
        (request("PUT", "b", "k", x_amz_server_side_encryption="AES256"), "x-amz-server-side-encryption"),
        (request("PUT", "b", "k", x_amz_object_lock_mode="GOVERNANCE"), "x-amz-object-lock-mode"),
        (request("PUT", "b", "k", x_amz_write_offset_bytes="1"), "x-amz-write-offset-bytes"),
        (request("GET", "b", "k", x_amz_expected_bucket_owner="1"), "x-amz-expected-bucket-owner"),
        (request("GET", "b", x_amz_expected_bucket_owner="1"), "x-amz-expected-bucket-owner"),
        (request("HEAD", "b", x_amz_expected_bucket_owner="1"), "x-amz-expected-bucket-owner"),
        (request("GET", "b", "k", query="versionId=1"), "?versionId"),
        (request("DELETE", "b", "k", query="versionId=1"), "?versionId"),
        (request("GET", "b", "k", query="acl&versionId=1"), "?versionId"),
        (request("GET", "b", "k", query="partNumber=1"), "?partNumber"),
        (request("PUT", "b", "k", query="X-Amz-Acl=public-read"), "?X-Amz-Acl"),
        (request("GET", "b", query="list-type=3"), "?list-type"),
        (request("GET", "b", query="response-content-type=a"), "?response-content-type"),
        (request("DELETE", "b", query="acl"), "?acl"),
        (request("GET", query="acl"), "?acl"),
        (request("PUT", "b", x_amz_bucket_object_lock_enabled="true"), "x-amz-bucket-object-lock-enabled"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_nobody_reads_is_named_and_nothing_is_done(asked, named):
    with pytest.raises(Problem) as refused:
        find(asked)
    assert refused.value.code == "NotImplemented"
    assert refused.value.message.endswith(f"not implemented: {named}.")
    assert refused.value.details == (("Header", named),)


@pytest.mark.parametrize(
    ("asked", "operation"),
    [
        (request("POST", "b", "k", query="uploads"), "CreateMultipartUpload"),
        (request("PUT", "b", "k", query="partNumber=1&uploadId=2"), "UploadPart"),
        (request("GET", "b", "k", query="uploadId=2"), "ListParts"),
        (request("POST", "b", "k", query="uploadId=2"), "CompleteMultipartUpload"),
        (request("DELETE", "b", "k", query="uploadId=2"), "AbortMultipartUpload"),
        (request("GET", "b", query="uploads"), "ListMultipartUploads"),
        (request("GET", "b", query="versions&prefix=a"), "ListObjectVersions"),
        (request("GET", "b", query="policy"), "GetBucketPolicy"),
        (request("DELETE", "b", query="lifecycle"), "DeleteBucketLifecycle"),
        (request("PUT", "b", query="versioning", body=b"<a/>"), "PutBucketVersioning"),
        (request("PUT", "b", "k", query="tagging", body=b"<a/>"), "PutObjectTagging"),
        (request("POST", "b", "k", query="select&select-type=2"), "SelectObjectContent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_soap_never_had_is_called_by_its_name(asked, operation):
    with pytest.raises(Problem) as refused:
        find(asked)
    assert refused.value.code == "NotImplemented"
    assert refused.value.message.endswith(f"not implemented: {operation}.")


@pytest.mark.parametrize(
    ("asked", "allow"),
    [
        (request("POST"), "GET"),
        (request("HEAD"), "GET"),
        (request("POST", "b"), "PUT, DELETE, GET, HEAD, POST"),
        (request("OPTIONS", "b"), "PUT, DELETE, GET, HEAD, POST"),
        (request("POST", "b", "k"), "GET, PUT, HEAD, DELETE"),
        (request("POST", "b", "k", query="acl"), "GET, PUT, HEAD, DELETE"),
    ],
)
def test_a_method_that_there_is_not(asked, allow):
    with pytest.raises(Problem) as refused:
        find(asked)
    assert refused.value.code == "MethodNotAllowed"
    assert refused.value.headers == (("allow", allow),)
    assert dict(refused.value.details)["Method"] == asked.method


def test_a_parameter_that_stands_twice():
    problem = refusal(request("GET", "b", query="prefix=a&prefix=b"))
    assert (problem.code, problem.details[0]) == ("InvalidArgument", ("ArgumentName", "prefix"))


def test_every_override_sets_a_field_of_the_reply():
    assert {name.removeprefix("response-") for name in OVERRIDES} == set(OVERRIDES.values())


def test_an_unknown_parameter_asks_for_no_operation():
    assert unspoken_operation("GET", "bucket", frozenset({"nothing"})) == ""
    assert unspoken_operation("GET", "service", frozenset({"policy"})) == ""
    assert unspoken_operation("POST", "bucket", frozenset({"policy"})) == ""


# -- the call ---------------------------------------------------------------------------------


def test_which_rows_read_a_body():
    with_body = {name for name, row in OPERATIONS.items() if reads_body(row)}
    assert with_body == {
        "CreateBucket",
        "PutObject",
        "PutObjectInline",
        "SetBucketAccessControlPolicy",
        "SetBucketLoggingStatus",
        "SetObjectAccessControlPolicy",
    }
    assert {name for name in with_body if has_object(OPERATIONS[name])} == {"PutObject", "PutObjectInline"}


@pytest.mark.parametrize(
    "asked",
    [
        request("GET", "b", body=b"x"),
        request("DELETE", "b", "k", body=b"x"),
        request("PUT", "b", "k", body=b"x", x_amz_copy_source="/a/b"),
        request("PUT", "b", query="acl", body=b"<x/>", x_amz_acl="private"),
    ],
)
def test_a_body_that_nobody_reads(asked):
    assert refusal(asked).code == "UnexpectedContent"


def test_a_call_says_whose_it_is():
    credentials = Credentials("AKEY")
    assert call_of(request("GET", "b"), credentials).credentials == credentials
    assert call_of(request("GET", "b")).credentials is None


def test_the_bytes_of_an_object_are_not_looked_at():
    body = Body(object(), 5)
    values = call_of(request("PUT", "b", "k", body=body)).values
    assert (values["Data"], values["ContentLength"]) == (body, 5)


# -- both twins -------------------------------------------------------------------------------

BUCKETS = st.from_regex(r"[a-z][a-z0-9.-]{1,20}", fullmatch=True)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Any call about a bucket and a key that there could be, with the bytes that its length tells.

    REST refuses a page of fewer than no keys, and guesses the century of a year before 100.
    """
    call = draw(calls_of(our_contract()))
    named: dict[str, Any] = {name: draw(BUCKETS) for name in call.values if name.endswith("Bucket")}
    named |= {name: draw(KEYS) for name in call.values if name.endswith("Key")}
    named |= {name: abs(value) for name, value in call.values.items() if name == "MaxKeys"}
    named |= {
        name: value.replace(year=value.year + 100)
        for name, value in call.values.items()
        if name.endswith("Since") and value.year < 100
    }
    if call.operation.startswith("PutObject"):
        named["Data"] = draw(st.binary(max_size=20))
        named["ContentLength"] = len(named["Data"])
    return Call(call.operation, {**call.values, **named}, call.credentials)


def carried(call: Call) -> Call:
    """What of a call REST can carry. Everything that is done to it here is a loss, by name."""
    values = {name: _carried(name, value) for name, value in call.values.items()}
    operation = "PutObject" if call.operation == "PutObjectInline" else call.operation  # one request for both
    if operation.startswith("GetObject") and "GetData" in values:
        values |= {"GetMetadata": True, "InlineData": False}  # always there, and never inside the answer
        values.pop("ReturnCompleteObjectOnConditionFailure", None)  # a plan of more requests
        conditions = {"ByteRangeStart", "ByteRangeEnd", "IfMatch", "IfNoneMatch"}
        conditions |= {"IfModifiedSince", "IfUnmodifiedSince"}
        operation = "GetObjectExtended" if values.keys() & conditions else "GetObject"  # without conditions
    if operation == "ListBucket":
        values["MaxKeys"] = min(values.get("MaxKeys", MAX_LISTED), MAX_LISTED)  # a page of S3's
    if operation.endswith("AccessControlPolicy") and operation.startswith("Set"):
        values["AccessControlList"] = call.values.get("AccessControlList", {})  # a document says all of it
    kept = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    for name in ("Data", "BucketLoggingStatus", "AccessControlList"):
        if name in values and (operation.startswith("Set") or name == "Data"):
            kept[name] = values[name]
    return Call(operation, kept, call.credentials)


def _carried(name: str, value: Any) -> Any:
    if name == "Metadata":
        return _metadata(value)
    if name == "AccessControlList":
        return {"Grant": _by_permission(value["Grant"])} if value.get("Grant") else None  # none is no list
    if name in {"IfMatch", "IfNoneMatch", "CopySourceIfMatch", "CopySourceIfNoneMatch"}:
        return [tag if tag == "*" else parse_etag(tag) for tag in value]  # in quotes
    if name.endswith("Since"):
        return value.replace(microsecond=0)  # seconds
    return value


def _metadata(entries: list[Mapping[str, str]]) -> list[dict[str, str]]:
    """Names in lower case, but for HTTP's own; those that stand twice are one; two are never kept."""
    own = {name.lower(): name for name in HEADERS}
    values: dict[str, str] = {}
    for entry in entries:
        name = entry["Name"].strip().lower()
        values[name] = f"{values[name]},{entry['Value']}" if name in values else entry["Value"]
    return [
        {"Name": own.get(name, name), "Value": value}
        for name, value in values.items()
        if name not in {"content-length", "content-md5"}
    ]


def _by_permission(grants: list[Any]) -> list[Any]:
    """Sorted into one header a permission, and without the names that people go by."""
    plain = [{**one, "Grantee": _plain(one["Grantee"])} for one in grants]
    return sorted(plain, key=lambda one: list(GRANT_HEADERS).index(one["Permission"]))


def _plain(grantee: Mapping[str, Any]) -> dict[str, Any]:
    _, element = GRANTEES[grantee[KIND]]
    return {KIND: grantee[KIND], element: grantee[element]}


def supplied(call: Call) -> Call:
    """The call with the Owner that the document names, and SOAP does not send."""
    if not call.operation.endswith("AccessControlPolicy") or not call.operation.startswith("Set"):
        return call
    listed = call.values.get("AccessControlList", {})
    return Call(
        call.operation,
        {**call.values, "Owner": {"ID": "o"}, "AccessControlList": listed},
        call.credentials,
    )


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(calls())
def test_a_call_written_as_a_request_is_read_again(call):
    call = supplied(call)
    try:
        built = build_request(OPERATIONS[call.operation], call, our_contract(), STORE)
    except Problem:
        return  # REST cannot carry it, and says so
    expected = carried(call)
    found = parse_call(built, row_of(built), our_contract(), region=REGION, credentials=call.credentials)
    assert found.operation == expected.operation
    assert found.values == expected.values
    assert found.credentials == expected.credentials


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), BUCKETS)
def test_the_source_of_a_copy_is_read_again(key, bucket):
    values = {"SourceBucket": bucket, "SourceKey": key, "DestinationBucket": "b", "DestinationKey": "k"}
    built = build_request(OPERATIONS["CopyObject"], Call("CopyObject", values), our_contract(), STORE)
    assert call_of(built).values == values


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["IfModifiedSince", "IfUnmodifiedSince"]))
def test_a_date_is_read_again(moment, name):
    values = {"Bucket": "b", "Key": "k", "GetMetadata": True, "GetData": True, "InlineData": False}
    whole = moment.replace(microsecond=0)
    built = build_request(
        OPERATIONS["GetObjectExtended"],
        Call("GetObjectExtended", {**values, name: whole}),
        our_contract(),
        STORE,
    )
    if whole.year >= 100:  # of earlier ones the century is anybody's guess
        assert call_of(built).values == {**values, name: whole}
