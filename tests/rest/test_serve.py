"""REST towards a client: what the head decides, the steps every row shares, and what boto3 sees."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.messages import Answer, Body, Call, HttpReply, Ids, Problem
from gateway.rest.calls import OVERRIDES
from gateway.rest.deletion import MAX_DELETION
from gateway.rest.places import GRANT_HEADERS
from gateway.rest.serve import ANONYMOUS_OVERRIDES, FRAMED_LEAST, MAX_DOCUMENT
from gateway.wire.http1 import RequestHead, parse_request_head
from tests.rest.served import MOMENT, OBJECT, Served, by_model, entry, on_store
from tests.stores.programs import ALICE

IDS = Ids("OUR-REQUEST", "our-host")
OWNER = {"ID": "alice-id", "DisplayName": "alice"}
LISTED = {"Name": "b", "MaxKeys": 1000, "IsTruncated": False}
HELLO_LENGTH = [entry("Content-Length", "5")]

ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "ListAllMyBuckets": {"Owner": OWNER, "Buckets": {"Bucket": [{"Name": "b", "CreationDate": MOMENT}]}},
    "GetBucketAccessControlPolicy": {"Owner": {"ID": "bobs-id"}, "AccessControlList": {}},
    "GetObjectAccessControlPolicy": {"Owner": {"ID": "writers-id"}, "AccessControlList": {}},
    "ListBucket": LISTED,
    "GetObject": {**OBJECT, "Metadata": HELLO_LENGTH},
    "GetObjectExtended": {**OBJECT, "Metadata": HELLO_LENGTH},
    "PutObject": {"ETag": '"a"', "LastModified": MOMENT},
    "CopyObject": {"ETag": '"a"', "LastModified": MOMENT},
    "CreateBucket": {"BucketName": "b"},
}


def answering(answers: Mapping[str, Any]) -> Callable[[Call], Answer]:
    """A store that answers each operation with the same, whoever asks."""

    def model(call: Call) -> Answer:
        found = answers.get(call.operation, {})
        if isinstance(found, Problem):
            raise found
        return Answer(call.operation, found)

    return model


def gateway(answers: Mapping[str, Any] | None = None, **settings: Any) -> Served:
    return Served(by_model(answering({**ANSWERS, **(answers or {})})), settings=settings)


def open_gateway(answers: Mapping[str, Any] | None = None, **settings: Any) -> Served:
    """One that lets anybody ask, so that a test need not sign."""
    return gateway(answers, anonymous=True, **settings)


def head_of(method: str, target: str = "/", *fields: str, host: str = "localhost") -> RequestHead:
    return parse_request_head(
        "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode()
    )


def put(served: Served, target: str, body: bytes, *fields: str) -> HttpReply:
    return served.reply(head_of("PUT", target, f"Content-Length: {len(body)}", *fields), body)


def refusal(served: Served, head: RequestHead, body: bytes = b"") -> Problem:
    with pytest.raises(Problem) as refused:
        served.lead(head, body)
    return refused.value


# -- the head decides -------------------------------------------------------------------------


def test_every_request_is_claimed():
    assert gateway().rest.name == "rest"
    assert gateway().rest.claims(head_of("OPTIONS"))


def test_who_says_nothing_is_refused_unless_anybody_may_ask():
    head = head_of("GET", "/b/k")
    assert refusal(gateway(), head).code == "AccessDenied"
    assert open_gateway().reply(head).status == 200


@pytest.mark.parametrize(
    "head",
    [
        head_of("GET", "/"),
        head_of("PUT", "/b", "Content-Length: 0"),
        head_of("PUT", "/b/k", "Content-Length: 0", "x-amz-copy-source: /b/a"),
    ],
)
def test_what_nobody_may_ask_without_a_name(head):
    served = open_gateway()
    assert refusal(served, head).code == "AccessDenied"
    assert served.calls == []


def test_fields_of_the_reply_are_set_by_those_who_sign():
    problem = refusal(open_gateway(), head_of("GET", "/b/k?response-expires=x"))
    assert (problem.code, problem.message) == ("InvalidRequest", ANONYMOUS_OVERRIDES)


def test_what_nobody_understands_is_refused_before_its_body():
    served = open_gateway()
    for head in (
        head_of("POST", "/b/k?uploads", "Content-Length: 0"),
        head_of("PUT", "/b/k", "Content-Length: 9", "If-None-Match: *"),
    ):
        with pytest.raises(Problem, match="NotImplemented"):
            served.rest.admit(head, secure=False)


@pytest.mark.parametrize(
    ("target", "code"),
    [("/b/%FF", "InvalidURI"), ("//k", "InvalidBucketName"), ("/b/k?a=%FF", "InvalidURI")],
)
def test_an_address_that_cannot_be_read(target, code):
    assert refusal(open_gateway(), head_of("GET", target)).code == code


def test_an_object_is_read_while_it_comes():
    admission = open_gateway().rest.admit(head_of("PUT", "/b/k", "Content-Length: 9"), secure=False)
    assert admission.most == 9
    assert admission.parts.part.length == 9


def test_an_object_in_chunks_may_be_longer_than_itself():
    fields = ("Transfer-Encoding: chunked", "x-amz-decoded-content-length: 9")
    trailing = (
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-trailer: x-amz-checksum-crc32",
    )
    admission = open_gateway().rest.admit(head_of("PUT", "/b/k", *fields, *trailing), secure=False)
    assert admission.most == 2 * 9 + FRAMED_LEAST


def test_an_object_too_large_is_refused_by_its_length():
    problem = refusal(open_gateway(max_object=8), head_of("PUT", "/b/k", "Content-Length: 9"))
    assert problem.code == "EntityTooLarge"
    assert problem.details == (("ProposedSize", "9"), ("MaxSizeAllowed", "8"))


def test_an_object_without_a_length():
    assert refusal(open_gateway(), head_of("PUT", "/b/k")).code == "MissingContentLength"


@pytest.mark.parametrize(
    ("head", "most"),
    [
        (head_of("PUT", "/b?acl", "Content-Length: 9"), MAX_DOCUMENT),
        (head_of("PUT", "/b/k?acl", "Content-Length: 0"), MAX_DOCUMENT),
        (head_of("POST", "/b?delete", "Content-Length: 9"), MAX_DELETION),
        (head_of("GET", "/b"), MAX_DOCUMENT),
    ],
)
def test_other_bodies_are_read_whole(head, most):
    admission = open_gateway().rest.admit(head, secure=False)
    assert (admission.most, admission.parts) == (most, None)


def test_a_body_that_nobody_reads():
    copy = head_of("PUT", "/b?acl", "Content-Length: 1", "x-amz-acl: private")
    assert refusal(open_gateway(), copy, b"x").code == "UnexpectedContent"
    served = gateway()
    with served.client() as client:
        client.meta.events.register("before-sign.s3", _copying)
        with pytest.raises(ClientError, match="UnexpectedContent"):
            client.put_object(Bucket="b", Key="k", Body=b"x")
    assert served.calls == []


def _copying(request: Any, **_: Any) -> None:
    request.headers.add_header("x-amz-copy-source", "/b/a")


@pytest.mark.parametrize(
    ("target", "fields", "code", "most"),
    [
        ("/b/k", ("x-amz-acl: private",), "EntityTooLarge", ("MaxSizeAllowed", "8")),
        ("/b/k?acl", (), "MaxMessageLengthExceeded", ("MaxMessageLengthBytes", "16")),
        ("/b", (), "MaxMessageLengthExceeded", ("MaxMessageLengthBytes", "16")),
    ],
)
def test_a_body_that_is_longer_than_may_be_read(target, fields, code, most):
    served = open_gateway(max_object=8, max_document=16)
    problem = served.rest.too_long(head_of("PUT", target, *fields))
    assert (problem.code, problem.details) == (code, (most,))


def test_a_list_of_keys_that_is_longer_than_may_be_read():
    problem = open_gateway().rest.too_long(head_of("POST", "/b?delete"))
    assert problem.details == (("MaxMessageLengthBytes", str(MAX_DELETION)),)


# -- what is told of it -----------------------------------------------------------------------


def test_the_log_is_told_who_asks_what():
    served = gateway()
    with served.client() as client:
        client.head_object(Bucket="b", Key="k")
        client.head_bucket(Bucket="b")
    assert served.noted == [("GetObject", ALICE.access_key), ("HeadBucket", ALICE.access_key)]
    anybody = open_gateway()
    anybody.reply(head_of("GET", "/b/k"))
    assert anybody.noted == [("GetObject", "")]
    assert anybody.calls[0].credentials is None


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        ("/b/k?X-Amz-Signature=0&X-Amz-Algorithm=AWS4-HMAC-SHA256", "GetObject"),
        ("/b?location", "GetBucketLocation"),
        ("/b/k?torrent", ""),
    ],
)
def test_what_is_refused_on_its_head_is_called_by_it(target, operation):
    assert gateway().rest.called(head_of("GET", target)) == operation


def test_a_call_says_whose_it_is():
    served = gateway()
    with served.client() as client:
        client.get_object(Bucket="b", Key="k")
    assert served.calls[0].credentials is not None
    assert served.calls[0].credentials.access_key == ALICE.access_key


def test_a_bucket_in_the_host():
    served = open_gateway(domains=("s3.example",))
    served.reply(head_of("GET", "/a%20b", host="photos.s3.example:80"))
    assert (served.calls[0].values["Bucket"], served.calls[0].values["Key"]) == ("photos", "a b")


# -- bodies -----------------------------------------------------------------------------------


def test_the_bytes_of_an_object_are_a_body():
    served = open_gateway()
    assert put(served, "/b/k", b"hello").status == 200
    assert served.calls[0].values["Data"] == Body(b"hello", 5)
    assert served.calls[0].values["ContentLength"] == 5


def test_a_document_is_judged_by_its_digest():
    served = open_gateway()
    grants = b"<AccessControlPolicy><Owner><ID>bobs-id</ID></Owner><AccessControlList/></AccessControlPolicy>"
    assert put(served, "/b?acl", grants).status == 200
    reply = put(served, "/b?acl", grants, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==")
    assert b"<Code>BadDigest</Code>" in reply.pieces[0]
    assert [call.operation for call in served.calls] == [
        "GetBucketAccessControlPolicy",
        "SetBucketAccessControlPolicy",
    ]


def test_a_document_in_chunks_is_taken_out_of_them():
    served = gateway()
    with served.client() as client:
        client.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "k"}]})
    assert [call.operation for call in served.calls] == ["DeleteObject"]


def test_an_object_in_chunks_is_taken_out_of_them():
    """So boto3 sends what it cannot read twice, over TLS."""
    served = gateway()
    with served.client(endpoint_url="https://localhost") as client:
        client.put_object(Bucket="b", Key="k", Body=io.BytesIO(b"hello"), ContentEncoding="gzip")
    (call,) = served.calls
    assert (call.values["Data"].source, call.values["ContentLength"]) == (b"hello", 5)
    assert entry("Content-Encoding", "gzip") in call.values["Metadata"]


# -- addresses and signatures of boto3 --------------------------------------------------------


@pytest.mark.parametrize("signature_version", ["s3v4", "s3"])
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_a_client_of_any_kind(signature_version, style):
    served = gateway()
    with served.client(signature_version=signature_version, addressing_style=style) as client:
        client.get_object(Bucket="photos", Key="a b+é//c")
    assert (served.calls[0].values["Bucket"], served.calls[0].values["Key"]) == ("photos", "a b+é//c")


@pytest.mark.parametrize("signature_version", ["s3v4", "s3"])
def test_a_presigned_url_sets_fields_of_the_reply(signature_version):
    served = gateway()
    asked = {"Bucket": "b", "Key": "k", "ResponseContentType": "a/b", "ResponseExpires": MOMENT}
    with served.client(signature_version=signature_version) as client:
        url = urlsplit(client.generate_presigned_url("get_object", asked))
    reply = served.reply(head_of("GET", f"{url.path}?{url.query}", host="localhost:8080"))
    assert reply.status == 200
    assert dict(reply.headers)["content-type"] == "a/b"
    assert dict(reply.headers)["expires"] == "Mon, 23 Nov 2026 12:00:00 GMT"


def test_a_presigned_upload():
    served = gateway()
    with served.client() as client:
        asked = {"Bucket": "b", "Key": "k", "ContentType": "a/b"}
        url = urlsplit(client.generate_presigned_url("put_object", asked))
    fields = ("Content-Length: 5", "Content-Type: a/b")
    head = head_of("PUT", f"{url.path}?{url.query}", *fields, host="localhost:8080")
    assert served.reply(head, b"hello").status == 200
    assert served.calls[0].values["Metadata"] == [entry("Content-Type", "a/b")]


# -- heads of objects -------------------------------------------------------------------------


def test_the_length_of_an_object():
    with gateway().client() as client:
        assert client.head_object(Bucket="b", Key="k")["ContentLength"] == 5


def test_a_length_that_is_not_told_stands_in_a_listing():
    listed = {**LISTED, "Contents": [{"Key": "k", "Size": 7}]}
    served = gateway({"GetObject": OBJECT, "ListBucket": listed})
    with served.client() as client:
        assert client.head_object(Bucket="b", Key="k")["ContentLength"] == 7
    assert served.calls[1].values == {"Bucket": "b", "Prefix": "k", "MaxKeys": 1}


def test_a_length_that_nobody_tells():
    listed = {**LISTED, "Contents": [{"Key": "kk", "Size": 7}, {"Key": "k"}]}
    served = gateway({"GetObject": OBJECT, "ListBucket": listed})
    with served.client() as client, pytest.raises(ClientError, match="500"):
        client.head_object(Bucket="b", Key="k")


@pytest.mark.parametrize(("status", "more"), [(304, []), (206, [entry("Content-Range", "bytes 0-0/5")])])
def test_no_listing_is_asked_where_no_length_is_told(status, more):
    answer = {**OBJECT, "Status": {"Code": status}, "Metadata": more}
    served = open_gateway({"GetObjectExtended": answer})
    assert served.reply(head_of("HEAD", "/b/k", "Range: bytes=0-0")).status == status
    assert len(served.calls) == 1


# -- refusals ---------------------------------------------------------------------------------


def test_a_refusal_names_what_was_asked_for():
    reply = gateway().rest.refuse(Problem("NotImplemented"), head_of("GET", "/b/a%20b?acl"), IDS)
    assert reply.status == 501
    assert b"<Resource>/b/a%20b</Resource>" in reply.pieces[0]
    assert b"<RequestId>OUR-REQUEST</RequestId><HostId>our-host</HostId>" in reply.pieces[0]


def test_the_answer_to_head_has_no_body():
    assert gateway().rest.refuse(Problem("NoSuchKey"), head_of("HEAD", "/b/k"), IDS).pieces == ()


def test_a_head_that_could_not_be_read_is_answered_all_the_same():
    reply = gateway().rest.refuse(Problem("InvalidURI"), None, IDS)
    assert reply.status == 400
    assert b"<Resource></Resource>" in reply.pieces[0]


def test_a_method_that_there_is_not_tells_which_there_are():
    reply = open_gateway().reply(head_of("POST", "/b/k", "Content-Length: 0"))
    assert reply.status == 405
    assert dict(reply.headers)["allow"] == "GET, PUT, HEAD, DELETE"


def test_what_a_store_refuses_reaches_boto3():
    served = gateway({"GetObject": Problem("NoSuchKey", details=(("Key", "k"),))})
    with served.client() as client, pytest.raises(client.exceptions.NoSuchKey) as refused:
        client.get_object(Bucket="b", Key="k")
    assert refused.value.response["Error"]["Key"] == "k"
    assert refused.value.response["Error"]["Resource"] == "/b/k"


# -- anything at all --------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "content-type", "content-md5", "range", "if-match", "if-none-match", "if-range", "if-modified-since",
        "if-unmodified-since", "x-amz-acl", "x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-meta-a",
        "x-amz-copy-source-if-modified-since", "x-amz-storage-class", "x-amz-metadata-directive", "authorization",
        "x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer", "x-amz-date", "content-encoding",
        "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm", "x-amz-tagging", *GRANT_HEADERS.values(),
    ]
)  # fmt: skip
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30)
VALUES = TEXTS | st.sampled_from(
    ["bytes=0-1", "*", '"a"', "private", "public-read", "/b/k", "COPY", "STANDARD", 'id="a"', "1",
     "Mon, 23 Nov 2026 12:00:00 GMT", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
)  # fmt: skip
PARAMETERS = st.sampled_from(
    ["acl", "logging", "location", "delete", "uploads", "list-type=2", "prefix=", "max-keys=", "encoding-type=",
     "continuation-token=", "start-after=", "fetch-owner=true", "X-Amz-Signature=", "AWSAccessKeyId=", "x-id=a",
     *(f"{name}=" for name in OVERRIDES)]
)  # fmt: skip
QUERIES = st.lists(
    st.builds(str.__add__, PARAMETERS, st.from_regex(r"[a-z0-9%+&=]{0,6}", fullmatch=True)), max_size=3
)
PATHS = st.sampled_from(["/", "/b", "/b/", "/b/k"]) | st.from_regex(r"/[a-z/.%0-9F+]{0,12}", fullmatch=True)
DOCUMENTS = st.binary(max_size=60) | st.sampled_from(
    [
        b"<Delete><Object><Key>k</Key></Object></Delete>",
        b"<BucketLoggingStatus/>",
        b"<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>",
        b"<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList/></AccessControlPolicy>",
    ]
)


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]),
    PATHS,
    QUERIES,
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
    DOCUMENTS,
)
def test_any_request_is_answered(method, path, query, fields, body):
    """By S3's reply or by one of S3's errors; never by a mistake of our own."""
    lines = [f"{name}: {value}" for name, value in fields]
    if method in {"PUT", "POST"}:
        lines.append(f"content-length: {len(body)}")
    else:
        body = b""
    target = f"{path}?{'&'.join(query)}" if query else path
    raw = "\r\n".join([f"{method} {target} HTTP/1.1", "host: localhost", *lines, "", ""]).encode("latin-1")
    with suppress(Problem):
        head = parse_request_head(raw)
        assert isinstance(open_gateway().reply(head, body), HttpReply)


# -- a real store -----------------------------------------------------------------------------


@pytest.fixture
def client(seaweedfs):
    served = on_store(seaweedfs)
    with served.client(access_key=seaweedfs.access_key, secret_key=seaweedfs.secret_key) as one:
        one.create_bucket(Bucket="served")
        yield one
        for listed in one.list_objects_v2(Bucket="served").get("Contents", ()):
            one.delete_object(Bucket="served", Key=listed["Key"])
        one.delete_bucket(Bucket="served")
        with pytest.raises(ClientError, match="404"):
            one.head_bucket(Bucket="served")


KEY = "a b+é/(c)//d"


def test_objects_of_a_real_store(client):
    client.put_object(
        Bucket="served", Key=KEY, Body=b"hello", Metadata={"color": "rot"}, ContentType="text/plain"
    )
    gotten = client.get_object(Bucket="served", Key=KEY)
    assert gotten["Body"].read() == b"hello"
    assert (gotten["Metadata"], gotten["ContentType"]) == ({"color": "rot"}, "text/plain")
    assert client.head_object(Bucket="served", Key=KEY)["ETag"] == gotten["ETag"]
    part = client.get_object(Bucket="served", Key=KEY, Range="bytes=1-2")
    assert (part["Body"].read(), part["ContentRange"]) == (b"el", "bytes 1-2/5")
    with pytest.raises(ClientError, match="304"):
        client.get_object(Bucket="served", Key=KEY, IfNoneMatch=gotten["ETag"])
    with pytest.raises(ClientError, match="412"):
        client.head_object(Bucket="served", Key=KEY, IfMatch='"other"')
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket="served", Key="other")
    with pytest.raises(ClientError, match="InvalidRange"):
        client.get_object(Bucket="served", Key=KEY, Range="bytes=9-")


def test_copies_and_deletions_on_a_real_store(client):
    client.put_object(Bucket="served", Key=KEY, Body=b"hello")
    copy = client.copy_object(Bucket="served", Key="copy", CopySource={"Bucket": "served", "Key": KEY})
    assert copy["CopyObjectResult"]["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket="served", PaginationConfig={"PageSize": 1}
    )
    assert len([one["Key"] for page in pages for one in page["Contents"]]) == 2
    assert len(client.list_objects(Bucket="served", Prefix="c")["Contents"]) == 1
    deleted = client.delete_objects(Bucket="served", Delete={"Objects": [{"Key": KEY}, {"Key": "copy"}]})
    assert [one["Key"] for one in deleted["Deleted"]] == [KEY, "copy"]


def test_buckets_of_a_real_store(client):
    assert "served" in [one["Name"] for one in client.list_buckets()["Buckets"]]
    assert client.get_bucket_location(Bucket="served")["LocationConstraint"] is None
    client.put_bucket_acl(Bucket="served", ACL="public-read")
    grants = client.get_bucket_acl(Bucket="served")["Grants"]
    assert [one["Permission"] for one in grants] == ["FULL_CONTROL", "READ"]
    for ask in (client.get_bucket_policy, client.get_bucket_versioning, client.list_multipart_uploads):
        with pytest.raises(ClientError, match="NotImplemented"):
            ask(Bucket="served")


def test_a_signature_that_is_none(seaweedfs):
    served = on_store(seaweedfs)
    with (
        served.client(access_key=seaweedfs.access_key, secret_key="wrong") as client,
        pytest.raises(ClientError, match="SignatureDoesNotMatch"),
    ):
        client.list_buckets()
    assert served.calls == []
