"""What is left for the end of a round is done there, once, stage by stage."""

from __future__ import annotations

from collections.abc import Callable

from gateway.proxy.rounds import AT_ONCE, Rounds, Stage


class Loop:
    """A loop whose rounds the test ends."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.done: list[str] = []
        self.rounds = Rounds(self.soon.append)

    def leave(self, stage: Stage, name: str) -> None:
        self.rounds.at(stage, self.done.append, name)

    def end_round(self) -> list[str]:
        soon, self.soon[:] = list(self.soon), []
        for call in soon:
            call()
        done, self.done[:] = list(self.done), []
        return done


def test_stages_are_gone_through_in_their_order_and_each_in_that_of_what_was_left() -> None:
    loop = Loop()
    for number in "12":
        for stage in reversed(Stage):
            loop.leave(stage, f"{stage.name} {number}")
    assert loop.end_round() == [f"{stage.name} {number}" for stage in Stage for number in "12"]
    assert loop.end_round() == []


def test_the_loop_is_asked_once_a_round() -> None:
    loop = Loop()
    for _ in range(2):
        for stage in Stage:
            loop.leave(stage, "x")
        assert len(loop.soon) == 1
        assert len(loop.end_round()) == len(Stage)


def test_a_stage_leaves_work_to_those_behind_it_in_the_same_round() -> None:
    loop = Loop()
    loop.rounds.at(Stage.CONVERSE, loop.leave, Stage.ASK, "asked")
    loop.rounds.at(Stage.ASK, loop.leave, Stage.SEND, "sent")
    assert loop.end_round() == ["asked", "sent"]
    assert loop.soon == []


def test_what_is_for_the_stage_itself_or_one_before_it_waits_for_the_next_round() -> None:
    loop = Loop()
    for stage in Stage:
        loop.rounds.at(Stage.TELL, loop.leave, stage, stage.name)
    assert loop.end_round() == []
    assert loop.end_round() == [stage.name for stage in Stage]


def test_more_conversations_than_fit_into_the_caches_step_on_in_the_next_round() -> None:
    loop = Loop()
    for number in range(AT_ONCE + 1):
        loop.rounds.at(Stage.CONVERSE, loop.leave, Stage.ASK, f"asked {number}")
    loop.rounds.at(Stage.CONVERSE, loop.leave, Stage.CONVERSE, "last")
    loop.leave(Stage.TELL, "told")
    assert loop.end_round() == [*(f"asked {number}" for number in range(AT_ONCE)), "told"]
    assert loop.end_round() == [f"asked {AT_ONCE}"]
    assert loop.end_round() == ["last"]
    assert loop.soon == []


def test_what_takes_long_is_done_behind_all_stages_once_a_round_and_has_them_for_itself() -> None:
    loop = Loop()

    def read(name: str) -> None:
        loop.done.append(f"read {name}")
        loop.leave(Stage.CONVERSE, f"next step of {name}")
        loop.leave(Stage.SEND, f"sent {name}")

    loop.rounds.last(read, "first")
    loop.rounds.last(read, "second")
    loop.leave(Stage.TELL, "told")
    assert loop.end_round() == ["told", "read first", "sent first"]
    assert loop.end_round() == ["next step of first", "read second", "sent second"]
    assert loop.end_round() == ["next step of second"]
    assert loop.soon == []


def test_a_bug_costs_nobody_else_his_turn(logged: list[str]) -> None:
    loop = Loop()
    loop.rounds.at(Stage.SEND, int, "no number")
    loop.leave(Stage.SEND, "sent")
    loop.leave(Stage.TELL, "told")
    loop.rounds.last(int, "no number either")
    assert loop.end_round() == ["sent", "told"]
    assert sum("end of a round" in line for line in logged) == 2
