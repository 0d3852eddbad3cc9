"""A store that costs next to nothing: it throws away what it is given and gives zeros.

It answers a PUT when it has read all of it, and a GET with as many bytes as it was told, or as the key
says: `any-1024` has 1024. What is put as `slow` it reads no faster than RATE.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from typing import cast

import uvloop

RATE = 1024 * 1024
"""Bytes in a second that are read of what is put as `slow`."""

_ZEROS = bytes(1 << 20)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"GET \S*-(\d+) ")
_SLOW = re.compile(rb"PUT \S*/slow ")
_FIELDS = (
    "HTTP/1.1 200 OK",
    'ETag: "00000000000000000000000000000000"',
    "Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT",
    "",
)
_HEAD = "\r\n".join(_FIELDS).encode()


class Sink(asyncio.Protocol):
    """One connection.

    Attributes:
        filler: What an object consists of, over and over.
        slow: Whether the request's body is read no faster than RATE.

    """

    filler = _ZEROS
    slow = False

    def __init__(self, size: int) -> None:
        """Take the number of bytes that a GET is answered with."""
        self._size = size
        self._head = b""
        self._in_body = False
        self._left = 0
        self._owed = 0
        self._behind = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by inheritance

    def data_received(self, data: bytes) -> None:
        """Read a head, or throw a body away."""
        if not self._in_body:
            self._head += data
            head, blank, data = self._head.partition(b"\r\n\r\n")
            if not blank:
                return
            self._head, self._in_body = b"", True
            found = _LENGTH.search(head)
            self._left = int(found[1]) if found else 0
            self.begun(head)
        self._left -= len(data)
        self.read(data)
        if self.slow and data:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(len(data) / RATE, self._read_on)
        if self._left <= 0:
            self._in_body = False
            self.answer()

    def begun(self, head: bytes) -> None:
        """Learn of a request."""
        found = _SIZE.match(head)
        self._asked = head.startswith(b"GET") and (int(found[1]) if found else self._size)
        self.slow = _SLOW.match(head) is not None

    def read(self, data: bytes) -> None:
        """Learn what its body has."""

    def answer(self) -> None:
        """Answer it."""
        self.give(_HEAD, b"", int(self._asked), b"")

    def give(self, head: bytes, before: bytes, size: int, behind: bytes) -> None:
        """Write an answer: so many bytes of filler, and what stands around them."""
        length = len(before) + size + len(behind)
        self._transport.write(head + b"Content-Length: %d\r\n\r\n" % length + before)
        self._owed, self._behind = size, behind
        self.resume_writing()

    def pause_writing(self) -> None:
        """Learn that the peer is slow; `resume_writing` follows."""

    def resume_writing(self) -> None:
        """Write what is owed, as far as the buffer takes it."""
        while self._owed and self._transport.get_write_buffer_size() < len(self.filler):
            piece = self.filler[: self._owed]
            self._owed -= len(piece)
            self._transport.write(piece)
        if not self._owed and self._behind:
            self._transport.write(self._behind)
            self._behind = b""

    def _read_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()


async def serve(port: int, connection: Callable[[], Sink]) -> None:
    """Serve on the loopback for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), lambda: Sink(int(sys.argv[2]))))
