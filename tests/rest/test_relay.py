"""What a REST client gets of a REST store's reply: nearly always just that."""

from __future__ import annotations

import pytest

from gateway.messages import Body, Ids, Problem, RestReply
from gateway.rest.relay import OPERATIONS
from tests.rest.relays import HOST, Conversation, passing, resigning
from tests.rest.signed import V4, head_of, sign

NO_SUCH_KEY = b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>m</Message><Key>k</Key></Error>'
OF_SIGNATURE = b"<Error><Code>SignatureDoesNotMatch</Code><RequestId>THEIRS</RequestId></Error>"
TELLING = b"<Error><Code>AccessDenied</Code><AWSAccessKeyId>AKSTORE</AWSAccessKeyId><A>b</A></Error>"
PAGE = b"<html>Bad Gateway</html>"
FIELDS = (("content-length", "7"), ("x-amz-request-id", "THEIRS"), ("x-a", "1"), ("x-a", "2"))

WAYS = {"resigning": resigning, "passing": passing, "anonymous": lambda: resigning(anonymous=True)}


def answered(way, reply, method="GET", target="/b/k"):
    if way == "resigning":
        head = sign(V4, method, f"http://gate.example{target}").head
    else:
        head = head_of(f"{method} {target} HTTP/1.1\nHost: gate.example")
    conversation = Conversation(WAYS[way](), head)
    conversation.begin()
    return conversation.end(reply)


def refused(way, reply, **more):
    with pytest.raises(Problem) as raised:
        answered(way, reply, **more)
    return raised.value


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [200, 206])
def test_a_success_streams(way, status):
    body = Body("source", 7)
    reply = answered(way, RestReply(status, "Phrase", FIELDS, body))
    assert (reply.status, reply.reason, reply.headers) == (status, "Phrase", FIELDS[1:])
    assert (reply.pieces, reply.length, reply.problem) == ((body,), None, None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("method", "status", "length"), [("HEAD", 200, 7), ("GET", 304, 7), ("HEAD", 404, 7), ("GET", 204, None)]
)
def test_a_reply_without_a_body_tells_of_the_one_it_stands_for(way, method, status, length):
    reply = answered(way, RestReply(status, "", FIELDS), method)
    assert (reply.status, reply.pieces, reply.length) == (status, (), length)


def test_a_head_without_a_length_tells_none():
    assert answered("passing", RestReply(200, "", ()), "HEAD").length is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [301, 303, 307])
@pytest.mark.parametrize("body", [b"", PAGE, NO_SUCH_KEY])
def test_a_redirect_is_the_clients_to_follow(way, status, body):
    reply = answered(way, RestReply(status, "", (("location", "/x"),), body))
    assert (reply.status, reply.headers, reply.pieces) == (
        status,
        (("location", "/x"),),
        (body,) if body else (),
    )


@pytest.mark.parametrize("way", WAYS)
def test_an_error_of_s3_passes_byte_for_byte(way):
    reply = answered(way, RestReply(404, "Not Found", FIELDS, NO_SUCH_KEY))
    assert (reply.status, reply.headers, reply.pieces) == (404, FIELDS[1:], (NO_SUCH_KEY,))
    assert (reply.problem.code, reply.problem.request_id) == ("NoSuchKey", "THEIRS")


@pytest.mark.parametrize(
    ("target", "status", "body", "code"),
    [
        ("/b/k", 404, b"", "NoSuchKey"),
        ("/b", 404, PAGE, "NoSuchBucket"),
        ("/%FF/", 404, PAGE, "NoSuchKey"),
        ("/b/k", 502, PAGE, "ServiceUnavailable"),
        ("/b/k", 503, b"", "ServiceUnavailable"),
        ("/", 500, b"<Error><Code>", "InternalError"),
        ("/b/k", 400, b"", "InvalidRequest"),
    ],
)
def test_an_error_that_is_not_of_s3_is_told_by_its_status(target, status, body, code):
    assert refused("passing", RestReply(status, "", (), body), target=target).code == code
    if target != "/%FF/":
        assert refused("resigning", RestReply(status, "", (), body), target=target).code == code


@pytest.mark.parametrize("way", WAYS)
def test_an_error_of_head_has_no_document_to_judge(way):
    reply = answered(way, RestReply(403, "Forbidden", FIELDS), "HEAD")
    assert (reply.status, reply.problem.code) == (403, "AccessDenied")


def test_a_coded_error_passes_unless_it_may_tell_of_our_signature():
    reply = RestReply(404, "", (("content-encoding", "gzip"),), b"\x1f\x8b")
    assert answered("passing", reply).pieces == (b"\x1f\x8b",)
    assert refused("resigning", reply).code == "NoSuchKey"


def test_what_the_store_says_of_our_signature_is_the_operators_affair():
    problem = refused("resigning", RestReply(403, "", (), OF_SIGNATURE))
    assert (problem.code, problem.request_id) == ("InternalError", "THEIRS")
    assert problem.__cause__.code == "SignatureDoesNotMatch"
    problem = refused("resigning", RestReply(403, "", (), TELLING))
    assert (problem.code, problem.details) == ("AccessDenied", (("A", "b"),))


@pytest.mark.parametrize("way", ["passing", "anonymous"])
@pytest.mark.parametrize("body", [OF_SIGNATURE, TELLING])
def test_what_it_says_of_the_clients_is_the_clients(way, body):
    assert answered(way, RestReply(403, "", (), body)).pieces == (body,)


@pytest.mark.parametrize("way", ["passing", "resigning"])
def test_no_answer_of_the_store_is_a_problem_as_it_is(way):
    head = sign(V4, "GET", "http://gate.example/b/k").head
    conversation = Conversation(WAYS[way](), head)
    conversation.begin()
    with pytest.raises(Problem) as raised:
        conversation._steps.throw(Problem("ServiceUnavailable"))
    assert raised.value.code == "ServiceUnavailable"


@pytest.mark.parametrize(
    ("target", "operation"), [("/", "GET.SERVICE"), ("/b?acl", "GET.BUCKET"), ("/b/k", "GET.OBJECT")]
)
def test_what_is_asked_is_noted_as_s3s_own_log_has_it(target, operation):
    conversation = Conversation(passing(), head_of(f"GET {target} HTTP/1.1\nHost: gate.example"))
    conversation.begin()
    assert [told for told, _ in conversation.noted] == [operation]
    assert operation in OPERATIONS


def test_what_is_refused_on_its_head_is_called_the_same():
    assert resigning().called(head_of("PUT /b/k?acl HTTP/1.1\nHost: gate.example")) == "PUT.OBJECT"


def test_every_request_is_claimed_in_rest():
    relay = passing()
    assert (relay.name, relay.claims(head_of("GET / HTTP/1.0"))) == ("rest", True)


def test_a_problem_is_written_as_an_error_document():
    relay, ids = passing(), Ids("ID", "host")
    reply = relay.refuse(Problem("NoSuchKey"), head_of("GET /b/k?x HTTP/1.0"), ids)
    assert reply.status == 404
    assert b"<Code>NoSuchKey</Code>" in reply.pieces[0]
    assert b"<Resource>/b/k</Resource><RequestId>ID</RequestId><HostId>host</HostId>" in reply.pieces[0]
    assert relay.refuse(Problem("NoSuchKey"), head_of("HEAD /b/k HTTP/1.0"), ids).pieces == ()
    assert relay.refuse(Problem("InvalidRequest"), None, ids).status == 400


@pytest.mark.parametrize(
    ("fields", "details"),
    [
        ("Content-Length: 9", (("ProposedSize", "9"), ("MaxSizeAllowed", "5368709120"))),
        ("Transfer-Encoding: chunked", (("MaxSizeAllowed", "5368709120"),)),
    ],
)
def test_a_body_that_goes_on_too_long(fields, details):
    problem = passing().too_long(head_of(f"PUT /b/k HTTP/1.1\nHost: gate.example\n{fields}"))
    assert (problem.code, problem.details) == ("EntityTooLarge", details)


MADE = b"<CompleteMultipartUploadResult><Location>%s</Location></CompleteMultipartUploadResult>"
XML = (("content-type", "application/xml"),)


def test_a_store_that_is_asked_by_another_name_tells_the_clients():
    head = head_of("POST /b/k?uploadId=u HTTP/1.1\nHost: gate.example\nContent-Length: 0")
    conversation = Conversation(resigning(anonymous=True), head)
    conversation.begin()
    (piece,) = conversation.end(RestReply(200, "", XML, Body("source", 7))).pieces
    (coding,) = (make() for make in piece.through)
    assert coding.feed(MADE % f"http://{HOST}/b/k".encode()) == b""
    assert coding.close() == MADE % b"http://gate.example/b/k"


def test_a_store_that_the_client_asks_itself_tells_what_it_tells():
    body = Body("source", 7)
    assert answered("passing", RestReply(200, "", XML, body), "POST", "/b/k?uploadId=u").pieces == (body,)


def test_an_error_names_what_was_asked_for_by_the_host():
    head = sign(V4, "GET", "http://b.gate.example/k").head
    conversation = Conversation(resigning(), head)
    conversation.begin()
    (document,) = conversation.end(
        RestReply(404, "", XML, b"<Error><Code>NoSuchKey</Code><Resource>/b/k</Resource></Error>")
    ).pieces
    assert document == b"<Error><Code>NoSuchKey</Code><Resource>/k</Resource></Error>"
