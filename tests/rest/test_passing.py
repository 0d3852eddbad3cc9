"""REST requests that pass untouched, byte for byte."""

from __future__ import annotations

import pytest

from gateway.messages import Problem
from gateway.rest.passing import Untouched
from tests.rest.relays import Conversation, passing
from tests.rest.signed import head_of

PUT = "PUT /b/k HTTP/1.1\nHost: gate.example\n"


def sent(lines, body=b""):
    return Conversation(passing(), head_of(lines), body).sent()


def test_the_transcript_of_a_write():
    assert sent(
        "PUT /B/a%2fb//%E4(1)?acl&X-Amz-Signature=%2B+&p=a/b HTTP/1.1\n"
        "Host: Bucket.Gate.Example:8080\nAuthorization: AWS x:y\nx-amz-meta-a: 1  2\nx-amz-meta-a: 3\n"
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\nContent-Encoding: aws-chunked\n"
        "X-Forwarded-For: 1.2.3.4\nDate: then\nContent-Length: 5",
        b"hello",
    ) == (
        b"PUT /B/a%2fb//%E4(1)?acl&X-Amz-Signature=%2B+&p=a/b HTTP/1.1\r\n"
        b"Host: Bucket.Gate.Example:8080\r\nAuthorization: AWS x:y\r\nx-amz-meta-a: 1  2\r\nx-amz-meta-a: 3\r\n"
        b"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nContent-Encoding: aws-chunked\r\n"
        b"X-Forwarded-For: 1.2.3.4\r\nDate: then\r\nContent-Length: 5\r\n\r\nhello"
    )


def test_the_transcript_of_a_read():
    lines = "GET /b/k?versionId=1 HTTP/1.1\nHost: gate.example\nRange: bytes=0-\nConnection: x-own\nX-Own: 1"
    assert sent(lines) == (b"GET /b/k?versionId=1 HTTP/1.1\r\nHost: gate.example\r\nRange: bytes=0-\r\n\r\n")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("Content-Length: 5\nExpect: 100-Continue", b"Expect: 100-continue\r\nContent-Length: 5\r\n"),
        ("Content-Length: 0\nExpect: 100-continue", b"Content-Length: 0\r\n"),
        ("Content-Length: 0", b"Content-Length: 0\r\n"),
        ("Transfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\n"),
    ],
)
def test_length_and_expectation_are_made_anew(fields, told):
    body = b"" if "Length: 0" in fields else b"hello"
    conversation = Conversation(passing(), head_of(PUT + fields), body)
    assert conversation.sent() == b"PUT /b/k HTTP/1.1\r\nHost: gate.example\r\n" + told + b"\r\n" + body
    assert conversation.unasked == bool(body)


def test_a_read_may_tell_a_length_of_nothing():
    assert sent("GET /b/k HTTP/1.1\nHost: gate.example\nContent-Length: 0").endswith(
        b"Content-Length: 0\r\n\r\n"
    )


def test_a_client_without_a_host_gets_the_stores():
    assert sent("GET /b/k HTTP/1.0") == b"GET /b/k HTTP/1.1\r\nHost: store.example:9000\r\n\r\n"


def test_what_stands_before_every_path_of_the_store_stands_there():
    request = Conversation(passing(prefix="/s3"), head_of("GET /b/k HTTP/1.1\nHost: gate.example")).begin()
    assert request.target == "/s3/b/k"


def test_whose_request_it_is_is_not_known():
    conversation = Conversation(passing(), head_of("GET /b HTTP/1.1\nHost: gate.example"))
    conversation.begin()
    assert conversation.noted == [("GET.BUCKET", "")]
    assert not passing().way.signs(None)


@pytest.mark.parametrize(
    ("more", "most"),
    [("", 1000), ("\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", 2 * 1000 + 65536)],
)
def test_a_body_may_have_the_most_bytes_and_no_more(more, most):
    relay = passing()
    way = type(relay.way)(endpoint=relay.way.endpoint, max_object=1000)
    assert way.admit(head_of(f"{PUT}Content-Length: {most}{more}")).most == most
    assert way.admit(head_of(f"{PUT}Transfer-Encoding: chunked{more}")).most == most
    with pytest.raises(Problem) as raised:
        way.admit(head_of(f"{PUT}Content-Length: {most + 1}{more}"))
    assert raised.value.code == "EntityTooLarge"


def test_an_untouched_body_is_all_of_it():
    body = Untouched(None)
    assert (body.ready, body.part.length, body.feed(b""), body.feed(b"a")) == (True, None, [], [b"a"])
