"""What is sent in one round goes out at its end, in order and whole; large pieces go at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.gathered import GATHERED, Gathered
from gateway.proxy.rounds import Rounds


class Loop:
    """A loop whose rounds the test ends."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []

    def call_soon(self, call: Callable[[], None]) -> None:
        self.soon.append(call)

    def end_round(self) -> None:
        soon, self.soon = self.soon, []
        for call in soon:
            call()


class Below(asyncio.Transport):
    """The loop's own transport: it keeps each call."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.calls: list[Any] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.calls.append(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        self.calls.append(b"".join(list_of_data))

    def close(self) -> None:
        self.calls.append("close")
        self.closing = True

    def abort(self) -> None:
        self.calls.append("abort")
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def set_read_buffer_limits(self, high: int) -> None:
        self.calls.append(("read", high))

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.calls.append(("write", high))


def made(count: int = 1) -> tuple[Loop, list[tuple[Below, Gathered]]]:
    loop = Loop()
    rounds = Rounds(loop.call_soon)
    belows = [Below() for _ in range(count)]
    return loop, [(below, Gathered(below, rounds)) for below in belows]


def test_small_pieces_wait_for_the_end_of_the_round_and_go_in_one_call() -> None:
    loop, [(below, transport)] = made()
    transport.write(b"head ")
    transport.writelines([b"of", b" a reply"])
    assert below.calls == []
    loop.end_round()
    assert below.calls == [b"head of a reply"]
    loop.end_round()
    assert below.calls == [b"head of a reply"]


def test_every_round_is_ended() -> None:
    loop, [(below, transport)] = made()
    for data in (b"first", b"second"):
        transport.write(data)
        loop.end_round()
    assert below.calls == [b"first", b"second"]


def test_large_pieces_go_at_once_behind_what_waits() -> None:
    loop, [(below, transport)] = made()
    large = bytes(GATHERED)
    transport.writelines([b"head", large])
    assert below.calls == [b"head" + large]
    transport.write(b"small")
    transport.writelines([large])
    assert below.calls[1:] == [b"small" + large]
    transport.write(b"small")
    transport.write(large)
    assert below.calls[2:] == [b"small", large]
    loop.end_round()
    assert below.calls[4:] == []


def test_as_much_as_may_wait_waits() -> None:
    loop, [(below, transport)] = made()
    transport.write(bytes(GATHERED - 1))
    transport.write(b"x")
    assert below.calls == []
    transport.write(b"y")
    assert below.calls == [bytes(GATHERED - 1) + b"x", b"y"]
    loop.end_round()
    assert len(below.calls) == 2


def test_closing_sends_what_waits_first() -> None:
    loop, [(below, transport)] = made()
    transport.write(b"goodbye")
    transport.close()
    loop.end_round()
    assert below.calls == [b"goodbye", "close"]
    assert transport.is_closing()


def test_aborting_forgets_what_waits() -> None:
    loop, [(below, transport)] = made()
    transport.write(b"half an answer")
    transport.abort()
    loop.end_round()
    assert below.calls == ["abort"]


def test_a_write_that_fails_leaves_no_gap() -> None:
    loop, [(below, transport)] = made()

    def fail(_data: Any) -> None:
        below.write = below.calls.append  # type: ignore[method-assign]
        raise MemoryError

    below.write = fail  # type: ignore[method-assign]
    transport.write(b"a head")
    loop.end_round()
    assert below.calls == ["abort"]


def test_nothing_is_sent_to_a_peer_that_has_left_meanwhile() -> None:
    loop, [(below, transport)] = made()
    transport.write(b"too late")
    below.closing = True
    loop.end_round()
    assert below.calls == []


def test_everything_else_is_the_loops_own() -> None:
    _, [(below, transport)] = made()
    transport.pause_reading()
    transport.resume_reading()
    transport.set_read_buffer_limits(1)
    transport.set_write_buffer_limits(2)
    assert below.calls == ["pause", "resume", ("read", 1), ("write", 2)]
    assert transport.get_extra_info("peername") == ("127.0.0.1", 1)
    assert transport.get_extra_info("cipher") is None


PIECE = st.one_of(st.binary(max_size=40), st.integers(0, 2 * GATHERED).map(bytes))
STEP = st.one_of(PIECE, st.lists(PIECE, max_size=3), st.none())


@given(st.lists(STEP, max_size=20))
def test_whatever_is_sent_arrives_whole_and_in_order(steps: list[Any]) -> None:
    loop, [(below, transport)] = made()
    sent = b""
    for step in steps:
        if step is None:
            loop.end_round()
        elif isinstance(step, bytes):
            transport.write(step)
            sent += step
        else:
            transport.writelines(step)
            sent += b"".join(step)
        arrived = b"".join(below.calls)
        assert sent.startswith(arrived)
        assert len(sent) - len(arrived) <= GATHERED
    loop.end_round()
    assert b"".join(below.calls) == sent
