"""multipart/related as SOAP stacks send it, read and written without ever holding a payload.

Parts stand between delimiter lines: CR LF, two hyphens, the boundary, blanks, CR LF. The reader
looks for the next one, gives out everything before it, and holds back only what may become one.
The CR LF before the hyphens belongs to the delimiter; the one that ends a part's header may be
it, and so may the beginning of the message, which is read as if one stood before it.

Line ends are CR LF and nothing else: so write Axis, gSOAP and SOAP::Lite, as was seen, and with
bare LF nobody could tell whether a CR before it were the last byte of an object. What only looks
like a delimiter line is payload. The closing one counts from its last hyphen on, because gSOAP
sends nothing behind it; so whatever else but blanks stands on that line is refused.

Sources: RFC 2045, 2046 (5.1.1), 2387; RFC 5322, 2.2; SOAP Messages with Attachments (W3C note
of 2000-12-11); XOP; wire rules 33 and 34. Limits are answered with InvalidSOAPRequest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from gateway.messages import Piece
from gateway.soap.part_headers import HeaderReader, build_part_head
from gateway.soap.parts import END_OF_PART, Event, Part
from gateway.soap.related import Flaw, MimeError, check_boundary
from gateway.soap.transfer import Decoder, Identity

MAX_PADDING: Final = 32
"""Blanks between a delimiter and the end of its line; with more it is no delimiter."""

_REST: Final = rb"--|[ \t]{0,%d}\r\n" % MAX_PADDING  # of a delimiter line behind its boundary
_REST_OF_LINE = re.compile(_REST)
_BEGUN_REST = re.compile(rb"-|[ \t]{0,%d}\r?" % MAX_PADDING)
_LINE_END: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a message may have, in bytes where nothing else is said. Beyond: InvalidSOAPRequest.

    Attributes:
        preamble: Before the first delimiter. Axis writes a Date there, SOAP::Lite a sentence.
        parts: Number of parts. S3's messages have two.
        header_line: One line of a part's header, a folded one counted by itself.
        header_lines: Number of lines of a part's header.
        header: A part's header. Stacks write some 200.
        epilogue: Behind the closing delimiter.

    """

    preamble: int = 4_096
    parts: int = 50
    header_line: int = 300
    header_lines: int = 500
    header: int = 16_384
    epilogue: int = 4_096


LIMITS: Final = Limits()


class _State(Enum):
    PREAMBLE = auto()
    HEADER = auto()
    PAYLOAD = auto()
    EPILOGUE = auto()


class MimeReader:
    """Reads one message in parts.

    Attributes:
        done: Whether the closing delimiter was seen; then only a short epilogue may follow.

    """

    def __init__(self, boundary: str, limits: Limits = LIMITS) -> None:
        """Read a message whose Content-Type names this boundary.

        Raises:
            MimeError: BOUNDARY.

        """
        check_boundary(boundary)
        self.done = False
        self._limits = limits
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        self._state = _State.PREAMBLE
        self._data = _LINE_END  # of which the first self._at bytes are done with
        self._at = 0
        self._offset = -len(_LINE_END)  # of self._data in the message
        self._lead = len(_LINE_END)  # bytes that are no payload, but may begin a delimiter
        self._parts = 0
        self._ids: set[str] = set()
        self._header = HeaderReader(0, 0, 0)
        self._decoder: Decoder = Identity(0)
        self._closed_at = 0  # offset behind the last hyphen
        self._on_closing_line = True

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take the next bytes of the message, yield what is in them; to be iterated to its end.

        Events before an error come before it is raised, so that an envelope can be answered
        though what follows it is broken. Payload that needs no decoding is not copied when
        nothing was held back.

        Raises:
            MimeError: At the byte where it is seen; nothing more can be read.

        """
        self._data += data
        going = True
        while going:
            if self._state is _State.HEADER:
                part = self._read_header()
                going = part is not None
                if part is not None:
                    yield part
            elif self._state is _State.EPILOGUE:
                self._skip_epilogue()
                going = False
            else:
                before, rest = self._to_delimiter()
                going = rest is not None
                if self._state is _State.PREAMBLE:
                    self._skip_preamble()
                else:
                    yield from self._payload(before, over=going)
                if rest is not None:
                    self._go_behind(rest)
        self._offset += self._at
        self._data = self._data[self._at :]
        self._at = 0

    def finish(self) -> None:
        """Tell that nothing follows.

        Raises:
            MimeError: CUT_SHORT.

        """
        if not self.done:
            raise MimeError(Flaw.CUT_SHORT, self._offset + len(self._data))

    def _to_delimiter(self) -> tuple[bytes, re.Match[bytes] | None]:
        """Go to the next delimiter line; return the bytes before it, and its rest when it is whole."""
        data, start = self._data, self._at
        at = data.find(self._delimiter, start)
        rest = self._rest_at(at)
        if at >= 0 and rest is None:
            at = self._behind_lookalike(at)
            rest = self._rest_at(at)
        self._at = at if rest is not None else self._held_from(start)
        if self._at == start:
            return b"", rest
        start += self._lead
        self._lead = 0
        return data[start : self._at], rest

    def _rest_at(self, at: int) -> re.Match[bytes] | None:
        """Return the rest of a delimiter line that begins there, None when none does or it is not whole."""
        return _REST_OF_LINE.match(self._data, at + len(self._delimiter)) if at >= 0 else None

    def _behind_lookalike(self, at: int) -> int:
        """Return where the next delimiter line begins, -1 when none is here.

        However many lookalikes stand before it are passed over by one search. Only they pay for
        the pattern, which takes longer to make than many a message to read.
        """
        line = re.compile(re.escape(self._delimiter) + rb"(?=%b)" % _REST)
        found = line.search(self._data, at + 1)
        return -1 if found is None else found.start()

    def _held_from(self, start: int) -> int:
        """Return where the bytes begin that may become a delimiter line."""
        longest = len(self._delimiter) + MAX_PADDING + 1
        at = self._data.find(b"\r", max(start, len(self._data) - longest))
        while at >= 0:
            tail = self._data[at:]
            if self._delimiter.startswith(tail):
                return at
            if tail.startswith(self._delimiter) and _BEGUN_REST.fullmatch(tail, len(self._delimiter)):
                return at
            at = self._data.find(b"\r", at + 1)
        return len(self._data)

    def _go_behind(self, rest: re.Match[bytes]) -> None:
        """Begin what the delimiter line begins: a part, or the epilogue."""
        where = self._offset + self._at
        self._at = rest.end()
        if rest[0] == b"--":
            if not self._parts:
                raise MimeError(Flaw.NO_PARTS, where)
            self.done = True
            self._closed_at = self._offset + self._at
            self._state = _State.EPILOGUE
            return
        self._parts += 1
        if self._parts > self._limits.parts:
            raise MimeError(Flaw.TOO_MANY_PARTS, where)
        begin = self._offset + self._at
        self._header = HeaderReader(begin, self._limits.header, self._limits.header_lines)
        self._state = _State.HEADER

    def _skip_preamble(self) -> None:
        """Forget what stands before the first delimiter."""
        if self._offset + self._at > self._limits.preamble:
            raise MimeError(Flaw.PREAMBLE_TOO_LONG, self._limits.preamble)

    def _read_header(self) -> Part | None:
        """Read what is here of a part's header; return the part when the header is over."""
        limit = self._limits.header_line
        while (end := self._data.find(_LINE_END, self._at, self._at + limit + 2)) > self._at:
            self._header.feed(self._data[self._at : end])
            self._at = end + 2
        if end < 0:
            if len(self._data) - self._at > limit + 1:  # the one may be the CR of its end
                raise MimeError(Flaw.HEADER_LINE_TOO_LONG, self._offset + self._at + limit)
            return None
        part, self._decoder = self._header.finish(self._ids)
        self._state = _State.PAYLOAD
        self._lead = len(_LINE_END)  # the blank line's
        return part

    def _payload(self, encoded: bytes, *, over: bool) -> Iterator[Event]:
        """Yield what these bytes of a part's payload are decoded, and its end when it is over."""
        decoded = self._decoder.feed(encoded)
        if over:
            decoded += self._decoder.close()
        if decoded:
            yield decoded
        if over:
            yield END_OF_PART

    def _skip_epilogue(self) -> None:
        """Forget what stands behind the closing delimiter: the rest of its line, and anything."""
        begin = self._offset + self._at
        limit = self._closed_at + self._limits.epilogue
        behind = self._data[self._at :]
        self._at = len(self._data)
        if self._on_closing_line:
            allowed = behind[: limit - begin]
            text = allowed.lstrip(b" \t")
            if text and text[:1] not in _LINE_END:
                raise MimeError(Flaw.CLOSING_LINE, begin + len(allowed) - len(text))
            self._on_closing_line = not text
        if begin + len(behind) > limit:
            raise MimeError(Flaw.EPILOGUE_TOO_LONG, limit)


def build_delimiter(boundary: str) -> bytes:
    """Return the line before a part, with the line end before it.

    Raises:
        MimeError: BOUNDARY.

    """
    check_boundary(boundary)
    return f"\r\n--{boundary}\r\n".encode("ascii")


def build_close(boundary: str) -> bytes:
    """Return the line behind the last part, with the line end before it.

    Raises:
        MimeError: BOUNDARY.

    """
    check_boundary(boundary)
    return f"\r\n--{boundary}--\r\n".encode("ascii")


def build_message(boundary: str, parts: Iterable[tuple[Part, tuple[Piece, ...]]]) -> tuple[Piece, ...]:
    """Return the pieces of a whole message, so that its length is known when those of its parts are.

    Args:
        boundary: It must stand in no part: it is random, and the caller's to choose.
        parts: The parts in order, the root part first, each with the pieces of its payload.

    Raises:
        ValueError: There is no boundary in `boundary`, or a part that has no header (build_part_head).

    """
    pieces: list[Piece] = []
    for part, payload in parts:
        pieces += [build_delimiter(boundary) + build_part_head(part), *payload]
    return (*pieces, build_close(boundary))
