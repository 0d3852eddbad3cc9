"""Writing the pieces of a message at the pace of its connection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Body, Piece, Problem
from gateway.proxy.incoming import Incoming
from gateway.proxy.outgoing import Outgoing, close_bodies
from gateway.wire.bodies import Chunks
from tests.proxy.test_incoming import Giver


class Wire:
    """A connection's sending side whose buffer is full when the test says so."""

    def __init__(self) -> None:
        self.full = False
        self.writes: list[bytes] = []
        self.outcomes: list[str] = []

    def send(self, *data: bytes) -> bool:
        self.writes.append(b"".join(data))
        return not self.full

    def outgoing(self, *pieces: Piece, chunked: bool = False) -> Outgoing:
        return Outgoing(
            pieces,
            send=self.send,
            framing=Chunks() if chunked else None,
            done=lambda: self.outcomes.append("done"),
            broken=lambda problem: self.outcomes.append(problem.code if problem else "broken"),
        )


class Doubling:
    """A coding that writes each byte twice, and a full stop at the end."""

    def feed(self, data: bytes) -> bytes:
        return bytes(byte for byte in data for _ in range(2))

    def close(self) -> bytes:
        return b"."

    def length(self, size: int) -> int:
        return 2 * size + 1


class Silent(Doubling):
    """A coding that writes nothing."""

    def feed(self, data: bytes) -> bytes:
        return b""

    def close(self) -> bytes:
        return b""


def test_head_and_bytes_go_out_in_one_write():
    wire = Wire()
    outgoing = wire.outgoing(b"one", b"", b"two")
    outgoing.begin(b"head ")
    assert wire.writes == [b"head onetwo"]
    assert wire.outcomes == ["done"]
    assert outgoing.sent == 11
    assert outgoing.over


def test_what_came_of_a_body_goes_out_with_the_head():
    wire, giver = Wire(), Giver()
    source = Incoming(giver)
    source.data(b"begun")
    outgoing = wire.outgoing(b"<", Body(source), b">")
    outgoing.begin(b"head ")
    assert wire.writes == [b"head <begun"]
    source.data(b", ended")
    source.end()
    assert wire.writes == [b"head <begun", b", ended", b">"]
    assert wire.outcomes == ["done"]


class Judging(Doubling):
    """A coding that finds fault with the bytes `bad`, or with their end."""

    def feed(self, data: bytes) -> bytes:
        if data == b"bad":
            raise Problem("IncompleteBody")
        return data

    def close(self) -> bytes:
        raise Problem("BadDigest")


def test_a_head_waits_for_the_first_bytes_of_a_body():
    wire = Wire()
    source = Incoming(Giver())
    wire.outgoing(Body(source)).begin(b"head ")
    assert wire.writes == []
    source.data(b"begun")
    assert wire.writes == [b"head begun"]


def test_of_an_empty_body_that_is_found_bad_nothing_is_sent():
    wire = Wire()
    source = Incoming(Giver())
    outgoing = wire.outgoing(Body(source).coded(Judging), b"tail")
    outgoing.begin(b"head")
    source.end()
    assert wire.writes == []
    assert (outgoing.over, outgoing.sent) == (True, 0)
    assert wire.outcomes == ["BadDigest"]


def test_a_coding_that_finds_fault_ends_the_message_and_closes_its_body_and_the_others():
    wire, giver, other = Wire(), Giver(), Giver()
    source = Incoming(giver)
    outgoing = wire.outgoing(Body(source).coded(Judging), Body(Incoming(other)))
    outgoing.begin(b"head ")
    source.data(b"good")
    source.data(b"bad")
    source.data(b"good")
    source.end()
    assert wire.writes == [b"head good"]
    assert giver.heard == ["pause", "resume", "unwanted"]
    assert other.heard == ["pause", "unwanted"]
    assert wire.outcomes == ["IncompleteBody"]


def test_a_coding_may_find_fault_with_what_waited_for_room():
    wire = Wire()
    source = Incoming(Giver())
    outgoing = wire.outgoing(Body(source).coded(Judging))
    outgoing.begin(b"head ")
    wire.full = True
    source.data(b"good")
    source.data(b"bad")
    assert wire.outcomes == []
    wire.full = False
    outgoing.drained()
    assert wire.writes == [b"head good"]
    assert wire.outcomes == ["IncompleteBody"]


def test_bodies_pass_through_their_codings_then_the_framing():
    wire = Wire()
    source = Incoming(Giver())
    body = Body(source, 2).coded(Doubling).coded(Doubling)
    source.data(b"ab")
    source.end()
    wire.outgoing(body, chunked=True).begin(b"")
    assert b"".join(wire.writes) == b"8\r\naaaabbbb\r\n" + b"3\r\n...\r\n" + b"0\r\n\r\n"


def test_codings_that_write_nothing_end_no_chunked_body_early():
    wire = Wire()
    source = Incoming(Giver())
    source.data(b"ab")
    source.end()
    wire.outgoing(Body(source).coded(Silent), b"end", chunked=True).begin(b"head ")
    assert b"".join(wire.writes) == b"head 3\r\nend\r\n0\r\n\r\n"


def test_a_full_buffer_pauses_the_source_and_its_draining_goes_on():
    wire, giver = Wire(), Giver()
    source = Incoming(giver)
    outgoing = wire.outgoing(Body(source), b"tail")
    outgoing.begin(b"head")
    wire.full = True
    source.data(b"one")
    assert giver.heard[-1] == "pause"
    assert outgoing.blocked
    wire.full = False
    outgoing.drained()
    assert giver.heard[-1] == "resume"
    source.end()
    assert wire.writes == [b"headone", b"tail"]


def test_first_bytes_that_fill_the_buffer_pause_the_source():
    wire, giver = Wire(), Giver()
    wire.full = True
    source = Incoming(giver)
    source.data(b"begun")
    wire.outgoing(Body(source)).begin(b"head")
    assert giver.heard == ["pause", "pause"]


def test_a_body_that_fills_the_buffer_with_its_last_byte_ends_once_there_is_room():
    wire = Wire()
    source = Incoming(Giver())
    source.data(b"all")
    source.end()
    outgoing = wire.outgoing(Body(source), b"tail")
    wire.full = True
    outgoing.begin(b"head ")
    assert wire.writes == [b"head all"]
    wire.full = False
    outgoing.drained()
    assert wire.writes == [b"head all", b"tail"]
    assert wire.outcomes == ["done"]


def test_done_waits_until_the_last_write_has_left():
    wire = Wire()
    outgoing = wire.outgoing(b"all")
    wire.full = True
    outgoing.begin(b"head ")
    assert wire.outcomes == []
    outgoing.drained()
    outgoing.drained()
    assert wire.outcomes == ["done"]


def test_a_second_body_waits_for_room():
    wire = Wire()
    first, second = Incoming(Giver()), Incoming(Giver())
    outgoing = wire.outgoing(Body(first), Body(second))
    outgoing.begin(b"head")
    second.data(b"two")
    second.end()
    wire.full = True
    first.data(b"one")
    first.end()
    assert wire.writes == [b"headone"]
    wire.full = False
    outgoing.drained()
    assert wire.writes == [b"headone", b"two"]
    assert wire.outcomes == ["done"]


def test_a_broken_body_ends_the_message_and_closes_the_others():
    wire, other = Wire(), Giver()
    source = Incoming(Giver())
    outgoing = wire.outgoing(Body(source), Body(Incoming(other)))
    outgoing.begin(b"head")
    source.broken()
    assert wire.outcomes == ["broken"]
    assert other.heard == ["pause", "unwanted"]
    assert outgoing.over


def test_closing_closes_the_body_that_is_being_written_and_those_behind():
    wire, giver, other = Wire(), Giver(), Giver()
    outgoing = wire.outgoing(Body(Incoming(giver)), b"x", Body(Incoming(other)))
    outgoing.begin(b"head")
    outgoing.close()
    outgoing.close()
    outgoing.drained()
    assert giver.heard == ["pause", "resume", "unwanted"]
    assert other.heard == ["pause", "unwanted"]
    assert wire.outcomes == []


def test_closing_a_message_whose_last_write_has_not_left_calls_nobody():
    wire = Wire()
    outgoing = wire.outgoing(b"all")
    wire.full = True
    outgoing.begin(b"head")
    outgoing.close()
    outgoing.drained()
    assert wire.outcomes == []


def test_a_body_nobody_writes_is_closed():
    giver = Giver()
    close_bodies((b"head", Body(Incoming(giver))))
    assert giver.heard == ["pause", "unwanted"]


@given(
    st.lists(st.binary(max_size=5) | st.lists(st.binary(min_size=1, max_size=5), max_size=3), max_size=5),
    st.lists(st.booleans(), max_size=40),
    st.booleans(),
)
def test_any_message_leaves_whole_and_in_order_however_full_the_buffer(parts, fullness, chunked):
    wire = Wire()
    full = iter(fullness)

    def send(*data: bytes) -> bool:
        wire.full = next(full, False)
        return Wire.send(wire, *data)

    pieces: list[Piece] = []
    expected = b""
    for part in parts:
        if isinstance(part, bytes):
            pieces.append(part)
            expected += part
        else:
            source = Incoming(Giver())
            for data in part:
                source.data(data)
            source.end()
            pieces.append(Body(source).coded(Doubling))
            expected += Doubling().feed(b"".join(part)) + b"."
    outgoing = Outgoing(
        tuple(pieces),
        send=send,
        framing=Chunks() if chunked else None,
        done=lambda: wire.outcomes.append("done"),
        broken=lambda _problem: wire.outcomes.append("broken"),
    )
    outgoing.begin(b"head")
    for _ in range(60):
        outgoing.drained()
    assert wire.outcomes == ["done"]
    written = b"".join(wire.writes)
    if chunked:
        from gateway.wire.bodies import ChunkedReader

        reader = ChunkedReader()
        assert written[:4] + reader.feed(written[4:]) == b"head" + expected
        assert reader.done
    else:
        assert written == b"head" + expected
