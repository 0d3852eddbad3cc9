"""multipart/related: what any bytes must not do to the reader, and that good messages can be written again.

The first byte of an input is the size of the pieces the message arrives in, 0 for all at once; up to
the first LF follows its Content-Type, which is read as an address of a part too; the rest is the message.
"""

from __future__ import annotations

from gateway.soap.mime import MAX_PADDING, Limits, MimeReader, build_message
from gateway.soap.parts import Event, Part
from gateway.soap.related import (
    Flaw,
    MimeError,
    MultipartType,
    build_multipart_type,
    parse_cid,
    parse_multipart_type,
)
from gateway.soap.transfer import MAX_LINE

LIMITS = Limits(preamble=64, parts=4, header_line=80, header_lines=8, header=300, epilogue=32)
"""Small enough that a fuzzer reaches them."""

Outcome = tuple[list[tuple[Part, bytes]], bool, Flaw | None, int]
"""Parts with their payload, whether the last of them is whole, and why and where the message was refused."""


def one_input(data: bytes) -> None:
    """Raise when something about these bytes is not as it must be."""
    field, _, stream = data[1:].partition(b"\n")
    name_part(field.decode("latin-1"))
    multipart = type_of(field.decode("latin-1"))
    if multipart is None:
        return
    boundary = multipart.boundary
    outcome = read(boundary, stream, data[0])
    parts, whole, flaw, offset = outcome
    at_once = read(boundary, stream, 0)
    assert at_once[1:] == (whole, flaw, offset), "the split changes nothing"
    assert [part for part, _ in at_once[0]] == [part for part, _ in parts], "nor what the parts are"
    assert -2 <= offset <= len(stream), "a flaw is seen in what was fed, or in the line end before it"
    assert sum(len(payload) for _, payload in parts) <= len(stream), "nothing comes out that was not fed"
    if flaw is None:
        assert at_once == outcome, "nor what they hold"
        assert whole, "a part that began is over at the end"
        write_again(boundary, parts)


def name_part(href: str) -> None:
    """Raise when an address gives anything but a name or its own error."""
    try:
        name = parse_cid(href)
    except MimeError:
        return
    assert name, "a name is not empty"


def type_of(field: str) -> MultipartType | None:
    """Return what a Content-Type says, None when it is refused."""
    try:
        multipart = parse_multipart_type(field)
    except MimeError:
        return None
    try:
        written = build_multipart_type(multipart)
    except ValueError:  # a start that needs quoting is read, and never written
        return multipart
    assert parse_multipart_type(written) == multipart, "what was read can be written"
    return multipart


def read(boundary: str, stream: bytes, size: int) -> Outcome:
    """Return what comes of a message in pieces of `size` bytes, 0 for all at once."""
    reader = MimeReader(boundary, LIMITS)
    longest = max(len(boundary) + MAX_PADDING + 5, LIMITS.header_line + 1)
    parts = Parts()
    try:
        for at in range(0, len(stream), size or max(1, len(stream))):
            for event in reader.feed(stream[at : at + size] if size else stream):
                parts.take(event)
            assert len(reader._data) <= longest, "only a line of the message is held back"  # noqa: SLF001
            held = getattr(reader._decoder, "_held", b"")  # noqa: SLF001
            assert len(held) <= MAX_LINE + 1, "only a line of the payload is held back"
        reader.finish()
    except MimeError as error:
        return parts.all, parts.whole, error.flaw, error.offset
    return parts.all, parts.whole, None, len(stream)


class Parts:
    """What the events of a reader tell, in the only order they may come in."""

    def __init__(self) -> None:
        """Begin without parts."""
        self.all: list[tuple[Part, bytes]] = []
        self.whole = True

    def take(self, event: Event) -> None:
        """Take the next event."""
        assert self.whole is isinstance(event, Part), "one part after the other"
        if isinstance(event, Part):
            self.all.append((event, b""))
            self.whole = False
        elif isinstance(event, bytes):
            assert event, "an event tells something"
            part, payload = self.all[-1]
            self.all[-1] = (part, payload + event)
        else:
            self.whole = True


def write_again(boundary: str, parts: list[tuple[Part, bytes]]) -> None:
    """Raise when the parts of a message, written anew, are read as others."""
    delimiter = f"\r\n--{boundary}".encode()
    if any(delimiter in b"\r\n" + payload for _, payload in parts):
        return  # nobody may choose this boundary: a payload has it, decoded
    try:
        pieces = build_message(boundary, [(part, (payload,)) for part, payload in parts])
    except ValueError:  # ids and types beyond ASCII are read, and never written
        return
    message = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    reader = MimeReader(boundary)
    again = Parts()
    for event in reader.feed(message):
        again.take(event)
    reader.finish()
    assert again.all == parts, "what was read can be written"
