"""A Call as a REST request: each operation by name, the address, the signature, and any values at all."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messages import Body, Call, Credentials, HttpRequest, Problem, RestRequest, length_of
from gateway.rest.addresses import Endpoint
from gateway.rest.chunked import SignedChunks
from gateway.rest.requests import Store, address_request, build_request
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, SigningKey, sign
from gateway.tables.errors import known
from gateway.tables.operations import OPERATIONS
from gateway.wire.http1 import RequestHead, build_request_head, parse_request_head
from tests.joined import our_contract
from tests.strategies import calls_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLAIN = Store(endpoint=Endpoint("store", 9000))
SECURE = Store(endpoint=Endpoint("store", 443, tls=True))
DATA = {"Data": b"hello", "ContentLength": 5}
WANTED = {"GetMetadata": True, "GetData": True, "InlineData": True}


def built(
    operation: str, *, store: Store = PLAIN, credentials: Credentials | None = None, **values
) -> RestRequest:
    return build_request(OPERATIONS[operation], Call(operation, values, credentials), our_contract(), store)


@pytest.mark.parametrize(
    ("operation", "values", "request_"),
    [
        ("ListAllMyBuckets", {}, RestRequest("GET")),
        ("CreateBucket", {"Bucket": "b"}, RestRequest("PUT", "b")),
        ("DeleteBucket", {"Bucket": "b"}, RestRequest("DELETE", "b")),
        (
            "ListBucket",
            {"Bucket": "b", "Delimiter": "/"},
            RestRequest("GET", "b", query=(("max-keys", "1000"), ("delimiter", "/"), ("encoding-type", "url"))),
        ),
        ("GetBucketAccessControlPolicy", {"Bucket": "b"}, RestRequest("GET", "b", query=(("acl", ""),))),
        ("GetBucketLoggingStatus", {"Bucket": "b"}, RestRequest("GET", "b", query=(("logging", ""),))),
        (
            "GetObjectAccessControlPolicy",
            {"Bucket": "b", "Key": "k"},
            RestRequest("GET", "b", "k", (("acl", ""),)),
        ),
        ("PutObject", {"Bucket": "b", "Key": "k", **DATA}, RestRequest("PUT", "b", "k", body=b"hello")),
        (
            "PutObjectInline",
            {"Bucket": "b", "Key": "k", "Metadata": [{"Name": "a", "Value": "1"}], **DATA},
            RestRequest("PUT", "b", "k", headers=(("x-amz-meta-a", "1"),), body=b"hello"),
        ),
        ("GetObject", {"Bucket": "b", "Key": "k", **WANTED}, RestRequest("GET", "b", "k", stream=True)),
        (
            "GetObject",
            {"Bucket": "b", "Key": "k", **WANTED, "GetData": False},
            RestRequest("HEAD", "b", "k"),
        ),
        (
            "GetObjectExtended",
            {"Bucket": "b", "Key": "k", **WANTED, "ByteRangeStart": 1, "IfMatch": ["t"]},
            RestRequest(
                "GET", "b", "k", headers=(("range", "bytes=1-"), ("if-match", '"t"')), stream=True
            ),
        ),
        ("DeleteObject", {"Bucket": "b", "Key": "k"}, RestRequest("DELETE", "b", "k")),
        (
            "CopyObject",
            {
                "SourceBucket": "b", "SourceKey": "k", "DestinationBucket": "c", "DestinationKey": "l",
                "MetadataDirective": "REPLACE",
            },
            RestRequest(
                "PUT",
                "c",
                "l",
                headers=(("x-amz-copy-source", "/b/k"), ("x-amz-metadata-directive", "REPLACE")),
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_operation(operation, values, request_):
    assert built(operation, **values) == request_


@pytest.mark.parametrize(
    ("operation", "values", "subresource"),
    [
        ("SetBucketAccessControlPolicy", {"AccessControlList": {}}, "acl"),
        ("SetObjectAccessControlPolicy", {"Key": "k", "AccessControlList": {}}, "acl"),
        ("SetBucketLoggingStatus", {"BucketLoggingStatus": {}}, "logging"),
    ],
)
def test_a_write_of_a_subresource_has_a_document(operation, values, subresource):
    request = built(operation, Bucket="b", Owner={"ID": "a"}, **values)
    assert (request.method, request.query) == ("PUT", ((subresource, ""),))
    assert isinstance(request.body, bytes)
    assert request.body.startswith(b"<")


def test_who_asks_signs():
    assert built("ListAllMyBuckets", credentials=Credentials("KEY")).access_key == "KEY"
    assert built("ListAllMyBuckets").access_key is None


def test_a_store_without_acls_gets_no_grants():
    control = {"Grant": [{"Grantee": {"xsi:type": "CanonicalUser", "ID": "a"}, "Permission": "READ"}]}
    values = {"Bucket": "b", "AccessControlList": control}
    assert built("CreateBucket", **values).headers == (("x-amz-grant-read", 'id="a"'),)
    assert built("CreateBucket", store=Store(endpoint=PLAIN.endpoint, acl="drop"), **values).headers == ()


# -- address and signature --------------------------------------------------------------------


def addressed(request: RestRequest, store: Store = PLAIN) -> HttpRequest:
    return address_request(request, store, {"KEY": ("STORE-KEY", "secret")}.get, NOW)


def test_an_anonymous_request_is_not_signed():
    assert addressed(RestRequest("GET", "b", "k")) == HttpRequest("GET", "/b/k", (("host", "store:9000"),))


def test_the_query_is_spelled_for_the_signature():
    query = (("acl", ""), ("prefix", "a b/&="), ("max-keys", "0"))
    assert addressed(RestRequest("GET", "b", query=query)).target == "/b?acl&prefix=a%20b%2F%26%3D&max-keys=0"


def test_a_bucket_in_the_host():
    store = Store(endpoint=Endpoint("store", 9000), addressing_style="virtual")
    request = addressed(RestRequest("GET", "bucket", "k", (("acl", ""),)), store)
    assert (request.target, request.headers) == ("/k?acl", (("host", "bucket.store:9000"),))


def test_a_signed_request_is_what_was_signed():
    store = Store(endpoint=PLAIN.endpoint, region="eu-west-1")
    request = RestRequest("PUT", "b", "k", headers=(("x-amz-meta-a", "1"),), body=b"hello", access_key="KEY")
    headers = (("host", "store:9000"), ("x-amz-meta-a", "1"))
    key = SigningKey("STORE-KEY", "secret", "eu-west-1")
    signature = sign(HttpRequest("PUT", "/b/k", headers), hashlib.sha256(b"hello").hexdigest(), key, NOW)
    assert addressed(request, store) == HttpRequest("PUT", "/b/k", (*headers, *signature), (b"hello",))


def test_a_key_that_is_gone():
    with pytest.raises(Problem) as refused:
        addressed(RestRequest("GET", access_key="GONE"))
    assert refused.value.code == "InvalidAccessKeyId"
    assert refused.value.details == (("AWSAccessKeyId", "GONE"),)


@pytest.mark.parametrize(
    ("body", "store", "payload_hash"),
    [
        (b"", PLAIN, EMPTY_SHA256),
        (b"", SECURE, EMPTY_SHA256),
        (b"a", PLAIN, hashlib.sha256(b"a").hexdigest()),
        (b"a", SECURE, UNSIGNED_PAYLOAD),
        (b"a", Store(endpoint=SECURE.endpoint, payload_signing=True), hashlib.sha256(b"a").hexdigest()),
        (b"a", Store(endpoint=PLAIN.endpoint, payload_signing=False), UNSIGNED_PAYLOAD),
        (Body(object()), PLAIN, UNSIGNED_PAYLOAD),
    ],
)
def test_what_the_signature_covers(body, store, payload_hash):
    """Wire rule 27: over plain HTTP the bytes too, unless it is said otherwise."""
    request = addressed(RestRequest("PUT", "b", "k", body=body, access_key="KEY"), store)
    assert dict(request.headers)["x-amz-content-sha256"] == payload_hash
    assert request.pieces == ((body,) if body else ())


# -- any values -------------------------------------------------------------------------------

STORES = [
    PLAIN,
    Store(endpoint=SECURE.endpoint, region="eu-west-1", addressing_style="virtual", payload_signing=True),
    Store(endpoint=Endpoint.of("http://[::1]:9000/s3"), acl="drop"),
]


def on_the_wire(call: Call, store: Store) -> RequestHead | None:
    """The head that a call becomes, as a server reads it; None when it is refused with a known code."""
    try:
        request = build_request(OPERATIONS[call.operation], call, our_contract(), store)
    except Problem as problem:
        if not known(problem.code):
            raise
        return None
    sent = address_request(request, store, lambda _: ("STORE-KEY", "secret"), NOW)
    head = parse_request_head(build_request_head(sent, length_of(sent.pieces)))
    length = {"content-length"} & {name for name, _ in head.headers}
    assert {name for name, _ in head.headers} == {name for name, _ in sent.headers} | length
    assert len(head.headers) == len(sent.headers) + len(length)
    assert head.target == sent.target
    return head


@settings(max_examples=400)
@given(calls_of(our_contract()), st.sampled_from(STORES))
def test_any_call_is_a_valid_request_or_refused(call, store):
    on_the_wire(call, store)


OBJECT = {"Bucket": "b", "Key": "k"}
PUT = {**OBJECT, **DATA}
GET = {**OBJECT, **WANTED}
COPY = {"SourceBucket": "b", "SourceKey": "k", "DestinationBucket": "b", "DestinationKey": "l"}


def grant_to(name: str) -> dict[str, object]:
    return {"Grant": [{"Grantee": {"xsi:type": "Group", "URI": name}, "Permission": "READ"}]}


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        ("DeleteBucket", lambda text: {"Bucket": text}),
        ("DeleteObject", lambda text: {"Bucket": "b", "Key": text}),
        ("ListBucket", lambda text: {"Bucket": "b", "Prefix": text, "Marker": text, "Delimiter": text}),
        ("PutObjectInline", lambda text: {**PUT, "Metadata": [{"Name": "a", "Value": text}]}),
        ("PutObjectInline", lambda text: {**PUT, "Metadata": [{"Name": text, "Value": "a"}]}),
        ("PutObjectInline", lambda text: {**PUT, "Metadata": [{"Name": "Content-Type", "Value": text}]}),
        ("PutObjectInline", lambda text: {**PUT, "AccessControlList": grant_to(text)}),
        ("GetObjectExtended", lambda text: {**GET, "IfMatch": [text], "IfNoneMatch": [text]}),
        ("CopyObject", lambda text: {**COPY, "SourceKey": text}),
        ("CopyObject", lambda text: {**COPY, "CopySourceIfMatch": [text]}),
    ],
)
def test_no_byte_makes_a_header_of_a_value(operation, values):
    for byte in range(256):
        text = f"a{chr(byte)}x-injected: yes{chr(byte)}"
        head = on_the_wire(Call(operation, values(text)), PLAIN)
        assert head is None or head.header("x-injected") is None


# -- bodies that stream -----------------------------------------------------------------------


def addressed_body(headers=(), *, signs=True, length=100_000, access_key="AK"):
    store = Store(endpoint=Endpoint("store.example", 80), payload_signing=signs)
    request = RestRequest(
        "PUT", "b", "k", headers=headers, body=Body(object(), length), access_key=access_key
    )
    return address_request(request, store, {"AK": ("AK", "secret")}.get, NOW)


def test_a_body_that_streams_is_signed_in_chunks():
    request = addressed_body()
    headers = dict(request.headers)
    assert headers["x-amz-content-sha256"] == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    assert headers["x-amz-decoded-content-length"] == "100000"
    assert "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length" in headers["authorization"]
    (body,) = request.pieces
    (chunks,) = (make() for make in body.through)
    assert len(chunks.feed(b"x" * 100_000) + chunks.close()) == length_of(request.pieces) > 100_000


def test_the_first_chunk_is_signed_upon_the_head():
    request = addressed_body()
    seed = dict(request.headers)["authorization"].rpartition("=")[2]
    date = dict(request.headers)["x-amz-date"]
    expected = SignedChunks(SigningKey("AK", "secret", "us-east-1"), date, seed)
    assert request.pieces[0].through[0]().feed(b"x" * 70_000) == expected.feed(b"x" * 70_000)


def test_the_encoding_of_the_object_is_its_own():
    headers = addressed_body((("content-encoding", "gzip"),)).headers
    assert [value for name, value in headers if name == "content-encoding"] == ["gzip"]
    assert "content-encoding" not in dict(addressed_body().headers)


@pytest.mark.parametrize("how", [{"signs": False}, {"length": None}])
def test_a_body_of_any_length_may_go_unsigned(how):
    request = addressed_body(**how)
    assert dict(request.headers)["x-amz-content-sha256"] == UNSIGNED_PAYLOAD
    assert request.pieces[0].through == ()


def test_nobodys_body_goes_as_it_is():
    assert "authorization" not in dict(addressed_body(access_key=None).headers)
