"""DIME messages: what any bytes must not do to the reader, and that good ones can be written again.

The first byte of an input is the size of the pieces the rest arrives in, 0 for all at once.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.soap.dime import DimeReader
from gateway.soap.dime_records import HEAD, DimeError, DimePart, Flaw, Limits, padded
from gateway.soap.dime_writing import build_message
from gateway.soap.parts import Event

LIMITS = Limits(options=12, id=48, type=48, parts=4, records=12, empty_chunks=2)
"""Small enough that a fuzzer reaches them."""

MAX_HELD = max(HEAD.size, padded(LIMITS.options) + padded(LIMITS.id) + padded(LIMITS.type))

Outcome = tuple[list[tuple[DimePart, bytes]], bool, Flaw | None, int]
"""Parts with their payload, whether the last of them is whole, and why and where the message was refused."""


def one_input(data: bytes) -> None:
    """Raise when something about these bytes is not as it must be."""
    stream = data[1:]
    outcome = read(stream, data[0] if data else 0)
    assert outcome == read(stream, 0), "the split changes nothing"
    parts, whole, flaw, offset = outcome
    assert offset <= len(stream), "a flaw is seen in what was fed"
    assert sum(len(payload) for _, payload in parts) <= len(stream), "only what was fed comes out"
    if flaw is None:
        assert whole, "a part that began is over at the end"
        assert offset == len(stream), "a message is read to its end"
        write_again(parts)


class Parts:
    """What the events of a reader tell, in the only order they may come in."""

    def __init__(self) -> None:
        """Begin without parts."""
        self.all: list[tuple[DimePart, bytes]] = []
        self.whole = True

    def take(self, event: Event) -> None:
        """Take the next event."""
        assert self.whole is isinstance(event, DimePart), "one part after the other"
        if isinstance(event, DimePart):
            self.all.append((event, b""))
            self.whole = False
            return
        about, payload = self.all[-1]
        if isinstance(event, bytes):
            assert event, "an event tells something"
            self.all[-1] = (about, payload + event)
        else:
            assert about.length in (None, len(payload)), "a part is as long as announced"
            self.whole = True


def read(stream: bytes, size: int) -> Outcome:
    """Return what comes of a stream in pieces of `size` bytes, 0 for all at once."""
    reader = DimeReader(LIMITS)
    parts = Parts()
    try:
        for at in range(0, len(stream), size or max(1, len(stream))):
            for event in reader.feed(stream[at : at + size] if size else stream):
                parts.take(event)
            assert len(reader._held) < MAX_HELD, "only a head or short fields are held back"  # noqa: SLF001
        reader.finish()
    except DimeError as error:
        return parts.all, parts.whole, error.flaw, error.offset
    assert reader.done, "a message that may end has ended"
    return parts.all, parts.whole, None, reader.offset


def write_again(parts: list[tuple[DimePart, bytes]]) -> None:
    """Raise when the parts of a message, written anew, are read as others."""
    if not parts:  # records of TYPE_T NONE alone
        return
    (message,) = build_message(parts)
    assert isinstance(message, bytes), "bytes become one piece"
    again, whole, flaw, _ = read(message, 0)
    expected = [(replace(about, length=len(payload)), payload) for about, payload in parts]
    assert (again, whole, flaw) == (expected, True, None), "what was read can be written"
