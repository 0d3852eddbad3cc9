"""Who is read when: the line, and connections that stand in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from gateway.proxy.turns import SHARE, Turns
from tests.carriers import on_reactor
from tests.proxy.lines import post

BODY = bytes(range(256)) * (4 * SHARE // 256)


class Rounds:
    """A reactor whose rounds the test counts: what is put off in one is called in the next."""

    def __init__(self) -> None:
        self._calls: list[Callable[[], object]] = []

    def callLater(self, delay: float, call: Callable[[], object]) -> None:
        assert not delay
        self._calls.append(call)

    def next(self) -> int:
        """Go through a round; return the number of calls in it."""
        calls, self._calls = self._calls, []
        for call in calls:
            call()
        return len(calls)


@pytest.fixture(name="rounds")
def _rounds():
    return Rounds()


def test_who_is_alone_never_waits(rounds):
    turns = Turns(rounds)
    for _ in range(3):
        assert turns.take(10 * SHARE, pytest.fail)
        rounds.next()
    assert rounds.next() == 0


def test_nothing_is_counted_for_who_is_alone(rounds):
    turns, go_on = Turns(rounds), partial(str, "alone")
    turns.take(SHARE, go_on)
    rounds.next()
    assert rounds.next() == 0
    for _ in range(3):
        assert turns.take(SHARE, go_on)
    assert rounds.next() == 0


def test_who_comes_to_one_that_was_alone_begins_the_line(rounds):
    turns, first = Turns(rounds), partial(str, "first")
    turns.take(SHARE, first)
    rounds.next()
    turns.take(SHARE, first)
    went = []
    assert turns.take(SHARE, partial(went.append, "second"))
    assert not turns.take(SHARE, partial(went.append, "third"))
    rounds.next()
    assert went == ["third"]


def test_little_is_read_of_any_number(rounds):
    turns = Turns(rounds)
    assert all(turns.take(SHARE // 10, pytest.fail) for _ in range(10))


def test_each_round_has_one_turn_in_the_order_of_the_line(rounds):
    turns, went = Turns(rounds), []
    assert turns.take(SHARE, pytest.fail)
    for name in "abc":
        assert not turns.take(1, partial(went.append, name))
    for number in range(1, 4):
        rounds.next()
        assert went == list("abc")[:number]
    rounds.next()
    assert rounds.next() == 0


def test_nobody_passes_by_a_line(rounds):
    turns, went = Turns(rounds), []
    turns.take(SHARE, pytest.fail)
    turns.take(1, partial(went.append, "a"))
    turns.take(1, partial(went.append, "b"))
    rounds.next()
    assert not turns.take(1, partial(went.append, "c"))
    rounds.next()
    rounds.next()
    assert went == ["a", "b", "c"]


class TestConnection:
    """One that sends a large body, while the test says when a round of the reactor is over."""

    @pytest.fixture(name="client")
    def _client(self, house, rounds):
        """A client with half of its body sent; the second quarter has to wait for its turn."""
        house.front.turns = Turns(rounds)
        client = house.client()
        client.send(post("/echo", BODY)[: -len(BODY)] + BODY[:SHARE])
        house.sees(lambda connection: connection._arriving and connection._arriving.reader.received == SHARE)
        client.send(BODY[SHARE : 2 * SHARE])
        house.sees(lambda connection: connection._in_line)
        return client

    def test_that_waits_is_read_when_its_turn_has_come(self, house, reactor, rounds, client):
        client.send(BODY[2 * SHARE : 3 * SHARE])
        house.front.turns._clock = reactor
        on_reactor(rounds.next)
        client.send(BODY[3 * SHARE :])
        assert client.reply("POST").body == BODY

    def test_that_is_gone_misses_its_turn(self, house, rounds, client):
        on_reactor(house.front.abort)
        house.settled(0)
        on_reactor(rounds.next)
        assert client.ends()
        assert not house.events.bugs
