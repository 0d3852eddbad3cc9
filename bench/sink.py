"""A store that costs next to nothing: it throws away what it is given and gives zeros.

It answers a PUT when it has read all of it, and a GET with as many bytes as it was told.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import cast

import uvloop

_ZEROS = bytes(1 << 20)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_FIELDS = (
    "HTTP/1.1 200 OK",
    'ETag: "00000000000000000000000000000000"',
    "Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT",
    "",
)
_HEAD = "\r\n".join(_FIELDS).encode()


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, size: int) -> None:
        """Take the number of bytes that a GET is answered with."""
        self._size = size
        self._head = b""
        self._left = 0
        self._owed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by inheritance

    def data_received(self, data: bytes) -> None:
        """Read a head, or throw a body away."""
        if not self._left:
            self._head += data
            head, blank, data = self._head.partition(b"\r\n\r\n")
            if not blank:
                return
            self._head = b""
            if head.startswith(b"GET"):
                self._owed = self._size
                self._transport.write(_HEAD + b"Content-Length: %d\r\n\r\n" % self._size)
                self.resume_writing()
                return
            found = _LENGTH.search(head)
            self._left = int(found[1]) if found else 0
        self._left -= len(data)
        if self._left <= 0:
            self._left = 0
            self._transport.write(_HEAD + b"Content-Length: 0\r\n\r\n")

    def pause_writing(self) -> None:
        """Learn that the peer is slow; `resume_writing` follows."""

    def resume_writing(self) -> None:
        """Write what is owed, as far as the buffer takes it."""
        while self._owed and self._transport.get_write_buffer_size() < len(_ZEROS):
            piece = _ZEROS[: self._owed]
            self._owed -= len(piece)
            self._transport.write(piece)


async def serve(port: int, size: int) -> None:
    """Serve on the loopback for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(size), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
