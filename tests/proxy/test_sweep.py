"""The sweep, on a clock that the test advances."""

from __future__ import annotations

from twisted.internet.task import Clock

from gateway.proxy.sweep import SWEEP_INTERVAL, Sweep


class Looked:
    def __init__(self) -> None:
        self.at: list[float] = []

    def swept(self, now: float) -> None:
        self.at.append(now)

    def reset(self) -> None:
        raise AssertionError("a sweep ends nothing")


def test_each_connection_sees_the_time_once_a_second_while_it_is_there() -> None:
    clock = Clock()
    sweep, first, second = Sweep(clock), Looked(), Looked()
    sweep.start()
    assert [sweep.add(first), sweep.add(second)] == [1, 2]
    assert (len(sweep), set(sweep)) == (2, {first, second})
    clock.advance(SWEEP_INTERVAL)
    sweep.discard(second)
    clock.advance(SWEEP_INTERVAL)
    sweep.stop()
    clock.advance(SWEEP_INTERVAL)
    assert (first.at, second.at) == ([1.0, 2.0], [1.0])
    assert sweep.seconds() == 3.0


def test_a_connection_may_leave_while_it_is_looked_at() -> None:
    sweep = Sweep(Clock())

    class Leaving(Looked):
        def swept(self, now: float) -> None:
            super().swept(now)
            sweep.discard(self)

    leaving = [Leaving(), Leaving()]
    for each in leaving:
        sweep.add(each)
    sweep.look()
    assert [each.at for each in leaving] == [[0.0], [0.0]]
    assert len(sweep) == 0


def test_a_sweep_that_never_started_can_be_stopped() -> None:
    Sweep(Clock()).stop()
