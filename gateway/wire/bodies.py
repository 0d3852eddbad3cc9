"""Bodies of HTTP/1.x messages: where each ends, and nothing more.

A head has said how its body is framed (`wire.http1`); the reader for that framing takes the
bytes of the connection, gives back the payload among them and knows the first byte that is
not the body's any more. Readers hold back at most one line, allocate nothing from a number
that a peer announced, and pass large pieces on uncopied. Trailers are kept apart; nobody
may merge them into the headers.

Sources: RFC 9112, 6 and 7; wire rule 23. What is broken is the peer's fault: of a request
InvalidRequest or IncompleteBody, of a store's reply InternalError (wire rule 7).
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NoReturn, Protocol

from gateway.messages import Headers, Problem
from gateway.wire.gate import TOKEN
from gateway.wire.http1 import ReplyHead, RequestHead

MAX_CHUNK_DIGITS = 15
"""Hexadecimal digits of a chunk's size; beyond: InvalidRequest. Sixteen could pass 2^63."""

MAX_EXTENSION = 128
"""Bytes of a chunk's extensions, which are ignored; beyond: InvalidRequest."""

MAX_TRAILERS = 4096
"""Bytes of all trailer lines; beyond: InvalidRequest."""

_SIZE = rb"(0|[1-9A-Fa-f][0-9A-Fa-f]{0,%d})(?:;[\t\x20-\x7e\x80-\xff]{0,%d})?\r\n" % (
    MAX_CHUNK_DIGITS - 1,
    MAX_EXTENSION - 1,
)
_FIRST_SIZE = re.compile(_SIZE)
_NEXT_SIZE = re.compile(rb"\r\n" + _SIZE)  # the line end behind a chunk's data is read with it
_MAX_SIZE = MAX_CHUNK_DIGITS + MAX_EXTENSION + 4
_TRAILER = re.compile(rf"({TOKEN}):([\t\x20-\x7e\x80-\xff]*)\r\n")
_NEVER_TRAILERS = frozenset(("content-length", "transfer-encoding", "host", "trailer"))


class BodyReader(Protocol):
    """One body of a stream."""

    rest: bytes
    """The bytes behind the end of the body."""
    received: int
    """Bytes of payload so far."""

    @property
    def done(self) -> bool:
        """Whether the whole body has been read."""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the connection, return the payload among them.

        Raises:
            Problem: The framing is broken; nothing of the connection can be used any more.

        """

    def finish(self) -> None:
        """Tell that the connection ended.

        Raises:
            Problem: IncompleteBody (of a reply InternalError) when the body has not.

        """


def _refuse(code: str, message: str, *, of_reply: bool) -> NoReturn:
    raise Problem("InternalError" if of_reply else code, message)


class LengthReader:
    """A body of a length that the head told."""

    def __init__(self, length: int, *, of_reply: bool = False) -> None:
        """Read `length` bytes."""
        self.rest = b""
        self.received = 0
        self._length = length
        self._of_reply = of_reply

    @property
    def done(self) -> bool:
        """Whether the whole body has been read."""
        return self.received == self._length

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the connection, return the payload among them."""
        missing = self._length - self.received
        if len(data) > missing:
            self.rest += data[missing:]
            data = data[:missing]
        self.received += len(data)
        return data

    def finish(self) -> None:
        """Tell that the connection ended; raises Problem when the body has not."""
        if not self.done:
            _refuse("IncompleteBody", "", of_reply=self._of_reply)


class UntilCloseReader:
    """A body that ends with its connection, as HTTP/1.0 servers send it. Nobody can tell if it is whole."""

    def __init__(self) -> None:
        """Read everything."""
        self.rest = b""
        self.received = 0
        self.done = False

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the connection, return them."""
        self.received += len(data)
        return data

    def finish(self) -> None:
        """Tell that the connection ended, and so did the body."""
        self.done = True


class _Expected(Enum):
    """What a reader of chunks looks for behind the data that it still misses."""

    FIRST_SIZE = auto()
    NEXT_SIZE = auto()
    TRAILER = auto()
    NOTHING = auto()


class ChunkedReader:
    """A body in chunks (RFC 9112, 7.1).

    Attributes:
        rest: The bytes behind the last line of the trailers.
        received: Bytes of payload so far.
        trailers: Fields that came behind the payload, names in lower case; complete when done.

    """

    def __init__(self, *, of_reply: bool = False) -> None:
        """Read until the chunk of size 0 and its trailers."""
        self.rest = b""
        self.received = 0
        self.trailers: Headers = ()
        self._of_reply = of_reply
        self._expected = _Expected.FIRST_SIZE
        self._missing = 0  # bytes of the chunk's data
        self._limit = _MAX_SIZE  # bytes that the expected may have
        self._held = b""  # its beginning

    @property
    def done(self) -> bool:
        """Whether the whole body has been read."""
        return self._expected is _Expected.NOTHING

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the connection, return the payload among them.

        Raises:
            Problem: InvalidRequest (of a reply InternalError): these are no chunks.

        """
        if len(data) <= self._missing:
            self._missing -= len(data)
            self.received += len(data)
            return data
        data = self._held + data
        self._held = b""
        pieces = []
        at = 0
        while self._expected is not _Expected.NOTHING:
            if self._missing:
                pieces.append(data[at : at + self._missing])
                at += len(pieces[-1])
                self._missing -= len(pieces[-1])
                if self._missing:
                    break
            skipped = 2 if self._expected is _Expected.NEXT_SIZE else 0
            end = data.find(b"\n", at + skipped, at + self._limit) + 1
            if not end:
                if len(data) - at >= self._limit:
                    self._refuse("A line between the chunks is too long.")
                self._held = data[at:]
                break
            self._take(data[at:end])
            at = end
        else:
            self.rest += data[at:]
        payload = b"".join(pieces)
        self.received += len(payload)
        return payload

    def finish(self) -> None:
        """Tell that the connection ended; raises Problem when the body has not."""
        if not self.done:
            _refuse("IncompleteBody", "", of_reply=self._of_reply)

    def _refuse(self, message: str) -> NoReturn:
        _refuse("InvalidRequest", message, of_reply=self._of_reply)

    def _take(self, line: bytes) -> None:
        """Take a line that the framing is made of, up to its LF."""
        if self._expected is _Expected.TRAILER:
            self._take_trailer(line)
            return
        size = (_FIRST_SIZE if self._expected is _Expected.FIRST_SIZE else _NEXT_SIZE).fullmatch(line)
        if size is None:
            self._refuse("A chunk must begin with its size, in hexadecimal, and end behind its data.")
        self._missing = int(size[1], 16)
        if self._missing:
            self._expected = _Expected.NEXT_SIZE
        else:
            self._expected = _Expected.TRAILER
            self._limit = MAX_TRAILERS

    def _take_trailer(self, line: bytes) -> None:
        if line == b"\r\n":
            self._expected = _Expected.NOTHING
            return
        self._limit -= len(line)
        field = _TRAILER.fullmatch(line.decode("latin-1"))
        if field is None or "_" in field[1] or field[1].lower() in _NEVER_TRAILERS:
            self._refuse("A field behind the chunks is not a trailer.")
        self.trailers += ((field[1].lower(), field[2].strip(" \t")),)


def body_reader(head: RequestHead | ReplyHead) -> BodyReader:
    """Return the reader for the body that `head` announces, done at once when there is none."""
    of_reply = isinstance(head, ReplyHead)
    if isinstance(head, ReplyHead):
        if head.bodiless:
            return LengthReader(0, of_reply=True)
        if head.until_close:
            return UntilCloseReader()
    if head.chunked:
        return ChunkedReader(of_reply=of_reply)
    return LengthReader(head.length or 0, of_reply=of_reply)


class Chunks:
    """The coding of `Transfer-Encoding: chunked` (RFC 9112, 7.1): each piece fed becomes a chunk."""

    def feed(self, data: bytes) -> bytes:
        """Return `data` as one chunk; nothing for nothing, which would end the body."""
        return b"%x\r\n%b\r\n" % (len(data), data) if data else b""

    def close(self) -> bytes:
        """Return the end of the body, without trailers."""
        return b"0\r\n\r\n"

    def length(self, size: int) -> NoReturn:
        """Nobody may ask: chunks are written because the length is not told (RFC 9112, 6.2)."""
        raise ValueError(f"a chunked body of {size} bytes has no Content-Length")
