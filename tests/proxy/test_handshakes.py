"""The deadlines of handshakes, by a clock of our own."""

from __future__ import annotations

from twisted.internet.task import Clock

from gateway.proxy.handshakes import Handshakes


def test_what_has_not_ended_in_time_is_given_up_once_and_to_the_moment() -> None:
    clock = Clock()
    handshakes = Handshakes(clock, 10)
    given_up: list[tuple[float, str]] = []
    for name in ("first", "second", "third", "fourth"):
        handshakes.begin(name, lambda name=name: given_up.append((clock.seconds(), name)))
        clock.advance(2)
    handshakes.end("second")
    for _ in range(20):
        clock.advance(1)
    assert given_up == [(10, "first"), (14, "third"), (16, "fourth")]


def test_one_timer_is_set_for_all_and_none_when_there_are_none() -> None:
    clock = Clock()
    handshakes = Handshakes(clock, 10)
    for name in range(100):
        handshakes.begin(name, lambda: None)
        assert len(clock.getDelayedCalls()) == 1
        handshakes.end(name)
    clock.advance(10)
    assert clock.getDelayedCalls() == []


def test_who_begins_behind_the_last_look_has_the_whole_time() -> None:
    clock = Clock()
    handshakes = Handshakes(clock, 10)
    given_up: list[str] = []
    handshakes.begin("early", lambda: given_up.append("early"))
    clock.advance(10)
    clock.advance(100)
    handshakes.begin("late", lambda: given_up.append("late"))
    clock.advance(9)
    assert given_up == ["early"]
    clock.advance(1)
    assert given_up == ["early", "late"]


def test_what_is_given_up_may_end_others_and_itself() -> None:
    clock = Clock()
    handshakes = Handshakes(clock, 10)
    given_up: list[str] = []

    def give_up() -> None:
        given_up.append("first")
        handshakes.end("first")
        handshakes.end("second")

    handshakes.begin("first", give_up)
    handshakes.begin("second", lambda: given_up.append("second"))
    clock.advance(10)
    assert given_up == ["first"]
