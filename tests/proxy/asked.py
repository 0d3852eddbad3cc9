"""Requests to the store without a front, and what came of them."""

from __future__ import annotations

from gateway.messages import HttpRequest, Problem
from tests.carriers import eventually
from tests.proxy.lines import ok


def request(method="GET", target="/b/k", *pieces):
    return HttpRequest(method, target, (("host", "store"), ("x-amz-date", "now")), pieces)


def outcome(outcomes):
    eventually(lambda: outcomes)
    assert len(outcomes) == 1
    return outcomes[0]


def code(outcomes):
    problem = outcome(outcomes)
    assert isinstance(problem, Problem)
    assert not problem.details
    assert not problem.message or "127.0.0.1" not in problem.message
    return problem.code


def served(house, *, reply=None):
    """Let one request be served on a new connection, which lies idle then; return it."""
    outcomes, _ = house.send(request())
    line = house.store.accept()
    line.until(b"\r\n\r\n")
    line.send(reply or ok(b"first"))
    assert outcome(outcomes).body == b"first"
    return line
