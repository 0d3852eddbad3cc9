"""A body on its way: held until wanted, steered from behind, ended once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.incoming import Incoming


class Giver:
    """The connection that a body comes from; notes how it is steered."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def pause(self) -> None:
        self.heard.append("pause")

    def resume(self) -> None:
        self.heard.append("resume")

    def unwanted(self) -> None:
        self.heard.append("unwanted")


class Taker:
    """A sink that notes what it is told; pauses behind each piece when it is slow."""

    def __init__(self, incoming: Incoming, *, slow: bool = False) -> None:
        self.incoming = incoming
        self.slow = slow
        self.heard: list[bytes | str] = []

    def data(self, data: bytes) -> None:
        self.heard.append(data)
        if self.slow:
            self.incoming.pause()

    def end(self) -> None:
        self.heard.append("end")

    def broken(self) -> None:
        self.heard.append("broken")


def test_a_body_begins_paused_and_holds_what_came_with_the_head():
    giver = Giver()
    incoming = Incoming(giver)
    incoming.data(b"one")
    assert giver.heard == ["pause"]
    taker = Taker(incoming)
    incoming.attach(taker)
    assert taker.heard == [b"one"]
    assert giver.heard == ["pause", "resume"]
    incoming.data(b"two")
    incoming.end()
    assert taker.heard == [b"one", b"two", "end"]


def test_a_body_that_is_here_whole_is_given_and_ended_at_once():
    giver = Giver()
    incoming = Incoming(giver)
    incoming.data(b"all")
    incoming.end()
    taker = Taker(incoming)
    incoming.attach(taker)
    assert taker.heard == [b"all", "end"]
    assert giver.heard == ["pause"]


def test_a_slow_taker_pauses_the_giver_and_the_end_waits_behind_what_is_held():
    giver = Giver()
    incoming = Incoming(giver)
    taker = Taker(incoming, slow=True)
    incoming.attach(taker)
    incoming.data(b"one")
    incoming.data(b"two")  # a carrier may have had it in hand
    assert giver.heard == ["pause", "resume", "pause"]
    incoming.end()
    assert taker.heard == [b"one"]
    incoming.resume()
    assert taker.heard == [b"one", b"two"]
    incoming.resume()
    assert taker.heard == [b"one", b"two", "end"]
    assert giver.heard == ["pause", "resume", "pause"]


def test_pausing_twice_is_pausing_once():
    giver = Giver()
    incoming = Incoming(giver)
    incoming.pause()
    assert giver.heard == ["pause"]


def test_a_broken_body_is_told_at_once_whatever_is_held():
    incoming = Incoming(Giver())
    taker = Taker(incoming, slow=True)
    incoming.attach(taker)
    incoming.data(b"one")
    incoming.data(b"two")
    incoming.broken()
    assert taker.heard == [b"one", "broken"]


def test_a_body_that_broke_before_anybody_wanted_it_tells_whoever_attaches():
    incoming = Incoming(Giver())
    incoming.data(b"one")
    incoming.broken()
    taker = Taker(incoming)
    incoming.attach(taker)
    assert taker.heard == ["broken"]


def test_closing_tells_the_giver_once_and_the_taker_nothing():
    giver = Giver()
    incoming = Incoming(giver)
    taker = Taker(incoming)
    incoming.attach(taker)
    incoming.close()
    incoming.close()
    incoming.end()
    incoming.broken()
    assert giver.heard == ["pause", "resume", "unwanted"]
    assert taker.heard == []


def test_closing_a_body_that_ended_leaves_its_connection_alone():
    giver = Giver()
    incoming = Incoming(giver)
    incoming.data(b"one")
    incoming.end()
    incoming.close()
    incoming.resume()
    assert giver.heard == ["pause"]


def test_a_taker_may_close_the_body_that_it_is_being_given():
    giver = Giver()
    incoming = Incoming(giver)
    incoming.data(b"one")
    incoming.data(b"two")

    class Leaver(Taker):
        def data(self, data: bytes) -> None:
            super().data(data)
            self.incoming.close()

    taker = Leaver(incoming)
    incoming.attach(taker)
    assert taker.heard == [b"one"]
    assert giver.heard == ["pause", "unwanted"]


@given(st.lists(st.sampled_from(["data", "pause", "resume"]), max_size=30))
def test_no_byte_is_lost_doubled_or_overtaken(steps: list[str]):
    incoming = Incoming(Giver())
    taker = Taker(incoming)
    incoming.attach(taker)
    given_bytes = b""
    for number, step in enumerate(steps):
        if step == "data":
            given_bytes += bytes([number])
            incoming.data(bytes([number]))
        elif step == "pause":
            incoming.pause()
        else:
            incoming.resume()
    incoming.end()
    incoming.resume()
    assert taker.heard.pop() == "end"
    assert b"".join(data for data in taker.heard if isinstance(data, bytes)) == given_bytes
