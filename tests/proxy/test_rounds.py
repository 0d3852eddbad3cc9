"""What waits for the end of a round is done there, once, in order of its kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gateway.proxy.rounds import Rounds


class Loop:
    """A loop whose rounds the test ends."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.done: list[str] = []
        self.rounds = Rounds(self.soon.append)

    def do(self, name: str) -> Callable[[], None]:
        return partial(self.done.append, name)

    def end_round(self) -> list[str]:
        soon, self.soon[:] = list(self.soon), []
        for call in soon:
            call()
        done, self.done[:] = list(self.done), []
        return done


def test_all_is_sent_before_anything_else_is_done() -> None:
    loop = Loop()
    for number in "12":
        loop.rounds.behind(loop.do(f"log {number}"))
        loop.rounds.send(loop.do(f"send {number}"))
    assert loop.end_round() == ["send 1", "send 2", "log 1", "log 2"]
    assert loop.end_round() == []


def test_the_loop_is_asked_once_a_round() -> None:
    loop = Loop()
    for _ in range(2):
        for name in "abc":
            loop.rounds.send(loop.do(name))
            loop.rounds.behind(loop.do(name))
        assert len(loop.soon) == 1
        assert len(loop.end_round()) == 6


def test_what_comes_while_a_round_ends_is_for_the_next() -> None:
    loop = Loop()
    loop.rounds.behind(lambda: loop.rounds.send(loop.do("next")))
    assert loop.end_round() == []
    assert loop.end_round() == ["next"]


def test_a_bug_costs_nobody_else_his_turn(logged: list[str]) -> None:
    loop = Loop()
    loop.rounds.send(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
    loop.rounds.send(loop.do("send"))
    loop.rounds.behind(loop.do("log"))
    assert loop.end_round() == ["send", "log"]
    assert any("end of a round" in line for line in logged)
