"""A Call led to its Answer: which requests go out, what each reply leads to, what a client is told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Answer, Body, Call, Credentials, Problem, RestReply, RestRequest
from gateway.rest.addresses import Endpoint
from gateway.rest.ask import PLANS, Rest
from gateway.rest.requests import Store
from tests.joined import our_contract
from tests.strategies import calls_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DATE = ("date", "Mon, 23 Nov 2026 12:00:00 GMT")
MODIFIED = ("last-modified", "Sun, 22 Nov 2026 12:00:00 GMT")
HELLO = '"5d41402abc4b2a76b9719d911017c592"'
ALICE = Credentials("ALICE")
OBJECT = {"Bucket": "b", "Key": "k"}
PUT = {**OBJECT, "Data": b"hello", "ContentLength": 5}
COPY = {"SourceBucket": "b", "SourceKey": "k", "DestinationBucket": "c", "DestinationKey": "l"}
WANTED = {**OBJECT, "GetMetadata": False, "GetData": True, "InlineData": True}
POLICY = (
    b"<AccessControlPolicy><Owner><ID>alice</ID></Owner><AccessControlList><Grant>"
    b'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>alice</ID>'
    b"</Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
)
COPIED = b"<CopyObjectResult><ETag>t</ETag></CopyObjectResult>"


def rest(**settings: Any) -> Rest:
    etag = settings.pop("etag", "md5")
    return Rest(
        contract=our_contract(),
        store=Store(endpoint=Endpoint("store", 9000), **settings),
        key_of={"ALICE": ("STORE-ALICE", "secret")}.get,
        now=lambda: NOON,
        etag=etag,
    )


def reply(status: int = 200, body: bytes | Body = b"", *headers: tuple[str, str]) -> RestReply:
    return RestReply(status, "", (DATE, *headers), body)


def error(status: int, code: str, *fields: tuple[str, str]) -> RestReply:
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in fields)
    return reply(status, f"<Error><Code>{code}</Code>{inside}</Error>".encode())


def led(language: Rest, call: Call, *replies: RestReply) -> tuple[Answer, list[RestRequest]]:
    """The answer to a call whose requests are replied to so, and the requests."""
    asking = language.ask(call)
    sent = []
    left = list(replies)
    try:
        sent.append(next(asking))
        while True:
            sent.append(asking.send(left.pop(0)))
    except StopIteration as done:
        assert not left, "a reply that nobody asked for"
        return done.value, sent


def asked(
    operation: str, values: Mapping[str, Any], *replies: RestReply, **settings: Any
) -> tuple[Any, list[str]]:
    """What the answer holds, and method, path and subresource of each request."""
    answer, sent = led(rest(**settings), Call(operation, values, ALICE), *replies)
    assert answer.operation == operation
    return answer.values, [_told(request) for request in sent]


def _told(request: RestRequest) -> str:
    subresource = "".join(f"?{name}" for name, value in request.query if not value)
    return f"{request.method} /{request.bucket}/{request.key}{subresource}"


def refusal(operation: str, values: Mapping[str, Any], *replies: RestReply, **settings: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        asked(operation, values, *replies, **settings)
    return refused.value


# -- one request ------------------------------------------------------------------------------


def test_one_request_and_its_answer():
    values, sent = asked("DeleteObject", OBJECT, reply(204))
    assert values == {"Code": 204, "Description": "No Content"}
    assert sent == ["DELETE /b/k"]


def test_a_request_is_prepared_with_address_and_signature():
    prepared = rest().prepare(RestRequest("GET", "b", "k", access_key="ALICE"))
    assert prepared.target == "/b/k"
    assert "STORE-ALICE/20261123/us-east-1/s3" in dict(prepared.headers)["authorization"]


def test_a_value_that_rest_cannot_carry_is_refused_before_anything_is_sent():
    assert refusal("DeleteObject", {"Bucket": "b", "Key": ""}).code == "InvalidArgument"


# -- errors -----------------------------------------------------------------------------------


def test_the_stores_error_is_told():
    problem = refusal("DeleteObject", OBJECT, error(403, "AccessDenied", ("RequestId", "R")))
    assert (problem.code, problem.request_id, problem.status) == ("AccessDenied", "R", 403)
    assert problem.__cause__ is None


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 400, 404, 412, 500, 503])
def test_a_status_that_is_no_answer_is_an_error(status):
    assert isinstance(refusal("GetObject", WANTED, reply(status)), Problem)


@pytest.mark.parametrize(
    ("operation", "values", "code"),
    [
        ("GetObject", {**WANTED, "GetData": False}, "NoSuchKey"),
        ("GetObjectExtended", {**WANTED, "GetData": False}, "NoSuchKey"),
        ("ListBucket", {"Bucket": "b"}, "NoSuchBucket"),
    ],
)
def test_an_error_without_a_body_goes_by_scope(operation, values, code):
    """The reply to HEAD never has one."""
    assert refusal(operation, values, reply(404)).code == code


def test_what_the_store_left_out_of_an_error_is_supplied():
    """The documented details that the call itself can tell."""
    assert refusal("GetObject", WANTED, reply(404)).details == (("Key", "k"),)
    assert refusal("ListBucket", {"Bucket": "b"}, reply(404)).details == (("BucketName", "b"),)
    copy = refusal("CopyObject", COPY, error(404, "NoSuchKey"))
    assert copy.details == (("Key", "k"),)
    assert refusal("CopyObject", COPY, error(404, "NoSuchBucket")).details == ()


def test_what_the_store_said_is_not_overruled():
    assert refusal("GetObject", WANTED, error(404, "NoSuchKey", ("Key", "other"))).details == (
        ("Key", "other"),
    )


def test_a_verdict_on_our_signature_stays_here():
    """Wire rule 6, and the cause is kept for the operator's log."""
    wrong = error(403, "SignatureDoesNotMatch", ("StringToSign", "secret"))
    problem = refusal("DeleteObject", OBJECT, wrong)
    assert (problem.code, problem.details) == ("InternalError", ())
    assert isinstance(problem.__cause__, Problem)
    assert problem.__cause__.code == "SignatureDoesNotMatch"


def test_a_request_that_we_did_not_sign_is_told_everything():
    denied = error(403, "AccessDenied", ("AWSAccessKeyId", "A"))
    with pytest.raises(Problem) as refused:
        led(rest(), Call("DeleteObject", OBJECT), denied)
    assert refused.value.details == (("AWSAccessKeyId", "A"),)


# -- a write that asks first ------------------------------------------------------------------

CONTROL = {"Grant": [{"Grantee": {"xsi:type": "CanonicalUser", "ID": "bob"}, "Permission": "WRITE"}]}


@pytest.mark.parametrize(
    ("operation", "values", "path"),
    [
        ("SetBucketAccessControlPolicy", {"Bucket": "b"}, "/b/?acl"),
        ("SetObjectAccessControlPolicy", OBJECT, "/b/k?acl"),
    ],
)
def test_an_acl_is_read_before_it_is_written(operation, values, path):
    """It supplies the owner, whom SOAP does not send (wire rule 26)."""
    call = Call(operation, {**values, "AccessControlList": CONTROL}, ALICE)
    answer, sent = led(rest(), call, reply(200, POLICY), reply())
    assert answer == Answer(operation, {})
    assert [_told(request) for request in sent] == [f"GET {path}", f"PUT {path}"]
    document = sent[1].body
    assert isinstance(document, bytes)
    assert b"<Owner><ID>alice</ID></Owner>" in document
    assert document.count(b"<Grant>") == 1
    assert b"<ID>bob</ID>" in document


def test_a_logging_status_is_read_before_it_is_written():
    status = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "p/"}}
    before = reply(200, b"<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>")
    values = {"Bucket": "b", "BucketLoggingStatus": status}
    assert asked("SetBucketLoggingStatus", values, before, reply()) == (
        {},
        ["GET /b/?logging", "PUT /b/?logging"],
    )


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (reply(200, b"<ListBucketResult/>"), "NotImplemented"),  # the store does not know the subresource
        (reply(200), "NotImplemented"),
        (error(501, "NotImplemented"), "NotImplemented"),
        (error(404, "NoSuchBucket"), "NoSuchBucket"),
        (error(403, "AccessDenied"), "AccessDenied"),
    ],
)
def test_what_cannot_be_read_is_not_written(first, code):
    values = {"Bucket": "b", "BucketLoggingStatus": {}}
    assert refusal("SetBucketLoggingStatus", values, first).code == code


@pytest.mark.parametrize("code", ["BucketAlreadyOwnedByYou", "BucketAlreadyExists"])
def test_a_write_that_the_store_took_for_a_new_bucket(code):
    """SeaweedFS answers the read of ?logging and overlooks it in a PUT."""
    before = reply(200, b"<BucketLoggingStatus/>")
    values = {"Bucket": "b", "BucketLoggingStatus": {}}
    assert refusal("SetBucketLoggingStatus", values, before, error(409, code)).code == "NotImplemented"
    assert refusal("CreateBucket", {"Bucket": "b"}, error(409, code)).code == code


def test_to_a_store_without_acls_nothing_is_written():
    values = {**OBJECT, "AccessControlList": CONTROL}
    assert asked("SetObjectAccessControlPolicy", values, reply(200, POLICY), acl="drop") == (
        {},
        ["GET /b/k?acl"],
    )


# -- an empty list of grants ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "values", "first", "path"),
    [
        ("CreateBucket", {"Bucket": "b"}, reply(), "/b/"),
        ("PutObjectInline", PUT, reply(200, b"", ("etag", HELLO)), "/b/k"),
        ("CopyObject", COPY, reply(200, COPIED), "/c/l"),
    ],
)
def test_an_empty_list_is_a_second_request(operation, values, first, path):
    """Grant headers cannot say that nobody is granted anything (wire rule 26)."""
    nobody = {**values, "AccessControlList": {}}
    _, sent = asked(operation, nobody, first, reply(200, POLICY), reply())
    assert sent == [f"PUT {path}", f"GET {path}?acl", f"PUT {path}?acl"]
    assert asked(operation, nobody, first, acl="drop")[1] == [f"PUT {path}"]
    assert asked(operation, values, first)[1] == [f"PUT {path}"]
    assert asked(operation, {**values, "AccessControlList": CONTROL}, first)[1] == [f"PUT {path}"]


# -- ETags ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "etag", "answered"),
    [
        (HELLO, "md5", HELLO),
        (HELLO.strip('"'), "md5", HELLO),
        ('"5d41402abc4b2a76b9719d911017c592-1"', "md5", HELLO),
        ('"opaque"', "md5", HELLO),
        ("", "md5", HELLO),
        ('"opaque"', "store", '"opaque"'),
    ],
)
def test_the_etag_of_a_put(sent, etag, answered):
    """Old clients compare it with the MD5 of what they sent (wire rule 28)."""
    values, _ = asked("PutObjectInline", PUT, reply(200, b"", ("etag", sent)), etag=etag)
    assert values == {"ETag": answered, "LastModified": NOON}


def test_the_etag_of_a_body_is_known_from_its_passing():
    """Nothing has passed here: it is the MD5 of no bytes."""
    put = {**PUT, "Data": Body(object(), 5)}
    answered = asked("PutObject", put, reply(200, b"", ("etag", "opaque")))[0]["ETag"]
    assert answered == f'"{hashlib.md5(b"").hexdigest()}"'


# -- GetObjectExtended ------------------------------------------------------------------------


def test_the_plans():
    """A plan is an exception, and is to stay one."""
    assert list(PLANS) == ["GetObjectExtended"]


def test_a_range_is_one_request():
    values, sent = asked("GetObjectExtended", {**WANTED, "ByteRangeStart": 1}, reply(206, Body(object(), 4)))
    assert values["Status"]["Code"] == 206
    assert sent == ["GET /b/k"]


RANGED = {
    **WANTED,
    "ByteRangeEnd": 3,
    "IfMatch": ["a"],
    "IfUnmodifiedSince": NOON,
    "IfNoneMatch": ["b"],
    "ReturnCompleteObjectOnConditionFailure": True,
}
FAILED = reply(412, b"<Error><Code>PreconditionFailed</Code></Error>")


def test_the_whole_object_when_the_condition_of_a_range_fails():
    """Wire rule 31: asked again without range and without the conditions that belong to it."""
    call = Call("GetObjectExtended", RANGED, ALICE)
    answer, sent = led(rest(), call, FAILED, reply(200, Body(object(), 5), ("etag", HELLO)))
    assert answer.values["Status"]["Code"] == 200
    assert [{name for name, _ in request.headers} for request in sent] == [
        {"range", "if-match", "if-unmodified-since", "if-none-match"},
        {"if-none-match"},
    ]


def test_the_whole_object_only_once():
    assert refusal("GetObjectExtended", RANGED, FAILED, FAILED).code == "PreconditionFailed"


@pytest.mark.parametrize("left_out", ["ByteRangeEnd", "ReturnCompleteObjectOnConditionFailure"])
def test_else_a_failed_condition_is_an_error(left_out):
    values = {name: value for name, value in RANGED.items() if name != left_out}
    assert refusal("GetObjectExtended", values, FAILED).code == "PreconditionFailed"


def test_any_other_error_is_not_asked_again():
    assert refusal("GetObjectExtended", RANGED, reply(404)).code == "NoSuchKey"


def test_not_modified_with_all_it_needs_is_one_request():
    values, sent = asked("GetObjectExtended", WANTED, reply(304, b"", ("etag", '"t"'), MODIFIED))
    assert values["Status"]["Code"] == 304
    assert (values["ETag"], values["LastModified"]) == ('"t"', NOON.replace(day=22))
    assert sent == ["GET /b/k"]


@pytest.mark.parametrize("headers", [(), (("etag", '"t"'),), (MODIFIED,)])
def test_what_a_304_leaves_out_is_asked_for(headers):
    """The schema demands both (wire rule 30)."""
    head = reply(200, b"", ("etag", '"t"'), MODIFIED)
    values, sent = asked("GetObjectExtended", WANTED, reply(304, b"", *headers), head)
    assert values["Status"]["Code"] == 304
    assert "Data" not in values
    assert (values["ETag"], values["LastModified"]) == ('"t"', NOON.replace(day=22))
    assert sent == ["GET /b/k", "HEAD /b/k"]


# -- any replies ------------------------------------------------------------------------------

HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["date", "last-modified", "etag", "content-length", "x-amz-meta-a", "x-amz-request-id"]
        ),
        st.text(st.characters(max_codepoint=0xFF), max_size=30) | st.just(DATE[1]),
    ),
    max_size=4,
).map(tuple)
BODIES = st.binary(max_size=60) | st.sampled_from(
    [
        POLICY,
        COPIED,
        b"<BucketLoggingStatus/>",
        b"<ListBucketResult/>",
        b"<Error><Code>SlowDown</Code></Error>",
    ]
)
REPLIES = st.lists(
    st.tuples(st.sampled_from([200, 204, 206, 301, 304, 403, 404, 412, 416, 500, 503]), BODIES, HEADERS),
    min_size=4,
    max_size=4,
)


@given(calls_of(our_contract()), REPLIES)
def test_any_call_and_any_replies_are_an_answer_or_a_problem(call, replies):
    asking = rest().ask(call)
    with suppress(Problem, StopIteration):
        request = next(asking)
        for status, body, headers in replies:
            streams = request.stream and status < 300
            request = asking.send(RestReply(status, "", headers, Body(object()) if streams else body))
        pytest.fail("no operation takes so many requests")
