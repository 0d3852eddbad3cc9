"""The rest of a request that was answered early."""

from __future__ import annotations

from gateway.proxy.leftover import Leftover
from gateway.wire.bodies import ChunkedReader, LengthReader


def test_it_is_over_with_the_body():
    leftover = Leftover(LengthReader(10), 100)
    leftover.take(b"12345")
    assert not leftover.over
    leftover.take(b"67890 and more")
    assert leftover.over
    assert not leftover.too_much


def test_it_is_over_when_it_is_too_much():
    leftover = Leftover(LengthReader(1000), 10)
    leftover.take(bytes(10))
    assert not leftover.over
    leftover.take(b"x")
    assert leftover.over
    assert leftover.too_much


def test_without_a_head_the_allowance_decides():
    leftover = Leftover(None, 10)
    leftover.take(bytes(10))
    assert not leftover.over
    leftover.take(b"x")
    assert leftover.over


def test_a_body_that_can_not_be_read_has_no_end():
    leftover = Leftover(ChunkedReader(), 100)
    leftover.take(b"no chunk\r\n")
    leftover.take(b"0\r\n\r\n")
    assert not leftover.over
