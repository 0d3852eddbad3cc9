"""REST towards a client: every request is refused, in REST's own words."""

from __future__ import annotations

import pytest

from gateway.messages import Ids, Problem
from gateway.rest.serve import Rest
from tests.joined import head_of

IDS = Ids("OUR-REQUEST", "our-host")


def test_every_request_is_claimed_and_none_is_admitted():
    head = head_of("Content-Length: 0", method="PUT", target="/b/k")
    assert Rest().name == "rest"
    assert Rest().claims(head)
    with pytest.raises(Problem, match="NotImplemented"):
        Rest().admit(head, secure=True)
    with pytest.raises(Problem, match="NotImplemented"):
        Rest().serve(head, b"", None, lambda *_: None)
    assert Rest().too_long(head).code == "NotImplemented"


def test_a_refusal_names_what_was_asked_for():
    reply = Rest().refuse(Problem("NotImplemented"), head_of(method="GET", target="/b/a%20b?acl"), IDS)
    assert reply.status == 501
    assert b"<Resource>/b/a%20b</Resource>" in reply.pieces[0]


def test_the_answer_to_head_has_no_body():
    assert Rest().refuse(Problem("NotImplemented"), head_of(method="HEAD", target="/b"), IDS).pieces == ()


def test_a_head_that_could_not_be_read_is_answered_all_the_same():
    reply = Rest().refuse(Problem("InvalidURI"), None, IDS)
    assert reply.status == 400
    assert b"<Resource></Resource>" in reply.pieces[0]
