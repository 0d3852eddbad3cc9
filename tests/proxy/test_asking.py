"""A request on its way to the store."""

from __future__ import annotations

import pytest

from gateway.messages import Body, HttpRequest
from gateway.proxy.asking import Asking


def _asking(method="GET", *pieces, **changed):
    request = HttpRequest(method, "/", (("host", "store"),), pieces)
    return Asking(request, request.pieces, b"", limit=0, done=lambda _: None, **changed)


@pytest.mark.parametrize(
    ("method", "pieces", "repeatable"),
    [
        ("GET", (), True),
        ("HEAD", (), True),
        ("PUT", (b"all of it",), True),
        ("DELETE", (), True),
        ("POST", (b"all of it",), False),
        ("PUT", (b"begun", Body(None)), False),
    ],
)
def test_what_is_idempotent_and_at_hand_can_be_sent_twice(method, pieces, repeatable):
    assert _asking(method, *pieces).repeatable is repeatable


@pytest.mark.parametrize(("pieces", "repeatable"), [((b"an envelope",), True), ((b"", Body(None)), False)])
def test_a_post_may_be_said_to_be_idempotent(pieces, repeatable):
    request = HttpRequest("POST", "/soap", (("host", "store"),), pieces, idempotent=True)
    asking = Asking(request, request.pieces, b"", limit=0, done=lambda _: None)
    assert asking.repeatable is repeatable


def test_cancelling_stops_once_and_nobody_hears_of_the_outcome():
    stopped = []
    asking = _asking(stop=lambda: stopped.append(True))
    asking.cancel()
    asking.cancel()
    assert stopped == [True]
    assert asking.done is None
