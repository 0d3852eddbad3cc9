"""The reactor and Twisted's test clock are clocks, to the type checker and in fact."""

from __future__ import annotations

from twisted.internet import task

from gateway.proxy.clock import Clock, http_date
from tests.carriers import on_reactor


def told(clock: Clock) -> float:
    """Put a call off and take it back, as the shell does."""
    call = clock.callLater(60, lambda: None)
    assert call.active()
    call.cancel()
    assert not call.active()
    return clock.seconds()


def test_a_reactor_tells_the_time_of_posix(reactor):
    assert on_reactor(told, reactor) > 1_700_000_000


def test_the_clock_of_tests_is_advanced_by_hand():
    clock = task.Clock()
    clock.advance(5)
    assert told(clock) == 5


def test_a_date_is_that_of_its_second():
    assert http_date(784_111_777.99) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert http_date(784_111_778.0) == "Sun, 06 Nov 1994 08:49:38 GMT"
