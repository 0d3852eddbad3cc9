"""The body of a request as it arrives, without a connection."""

from __future__ import annotations

import pytest

from gateway.conversation import Translation
from gateway.messages import Admission, Problem
from gateway.proxy.arriving import Arriving
from gateway.wire.http1 import parse_request_head
from tests.proxy.lines import get
from tests.proxy.plain import Parts, Plain, PlainStore, parts

CELL = Translation(Plain(), PlainStore())
TOO_LONG = "MaxMessageLengthExceeded"


def arriving(length, admission, *fields):
    paces = []
    raw = get("/", f"Content-Length: {length}", *fields, method="PUT")
    body = Arriving(parse_request_head(raw), CELL)
    body.admit(admission, paces.append)
    return body, paces


def take(body, data):
    body.take(body.reader.feed(data))


def test_a_body_is_collected_and_given_once():
    body, _ = arriving(5, Admission(5, proof="proof"))
    take(body, b"he")
    take(body, b"llo")
    body.finish()
    body.end()
    assert (body.reader.done, body.proof, body.in_parts, body.ready, body.held_up) == (
        True,
        "proof",
        False,
        False,
        False,
    )
    assert (body.body(), body.body()) == (b"hello", b"")


def test_a_body_may_have_the_most_bytes_and_no_more():
    with pytest.raises(Problem, match=TOO_LONG):
        arriving(6, Admission(5))
    body = Arriving(parse_request_head(get("/", "Transfer-Encoding: chunked", method="PUT")), CELL)
    body.admit(Admission(5), lambda _: None)
    take(body, b"5\r\nhello\r\n")
    with pytest.raises(Problem, match=TOO_LONG):
        take(body, b"1\r\n!\r\n")


def test_a_body_in_parts_is_ready_before_its_end_and_waits_for_its_taker():
    message = parts(b"hello")
    body, paces = arriving(len(message), Admission(100, Parts()))
    take(body, message[:2])
    assert (body.in_parts, body.ready, body.held_up, paces) == (True, False, False, [])
    take(body, message[2:6])
    assert (body.ready, body.held_up, paces) == (True, True, [False])
    attachment = body.body().attachment
    assert attachment.body.length == 5
    take(body, message[6:])
    body.finish()
    body.end()


def test_a_body_in_parts_that_is_cut_is_a_problem():
    message = parts(b"hello")
    body, _ = arriving(len(message) - 2, Admission(100, Parts()))
    take(body, message[:-2])
    with pytest.raises(Problem, match="IncompleteBody"):
        body.finish()


def test_the_rate_is_measured_from_where_a_span_begins_and_not_while_nothing_is_wanted():
    body, _ = arriving(10, Admission(10))
    take(body, b"12345")
    assert body.kept_rate(5)
    body.begin_span()
    assert not body.kept_rate(1)
    message = parts(b"hello")
    held, _ = arriving(len(message), Admission(100, Parts()))
    take(held, message[:6])
    held.begin_span()
    assert held.kept_rate(1)


@pytest.mark.parametrize(("fields", "waits"), [((), False), (("Expect: 100-continue",), True)])
def test_who_waits_for_100_continue_is_remembered(fields, waits):
    assert arriving(5, Admission(5), *fields)[0].waited_for == waits
