"""A store that speaks only SOAP and costs next to nothing, as `bench.sink` does for REST.

PutObject it answers when it has read all of it. GetObject it answers in the form that the key names, not
the message: `dime-1024` and `mime-1024` beside the envelope, `inline-1024` inside it.

Run: python -m bench.soap_sink PORT
"""

from __future__ import annotations

import re
import sys

import uvloop

from bench.sink import Sink, serve
from gateway.messages import Body, Piece
from gateway.soap.packaging import CONTENT_TYPE, build_package

KEPT = 65_536
"""Bytes of a message in which its envelope ends."""

_ASKED = re.compile(rb"<(?:\w+:)?(PutObject|GetObjectExtended|GetObject)[ >]")
_KEY = re.compile(rb"<(?:\w+:)?Key>(?:(slow)|(dime|mime|inline)-(\d+)|[^<]*)<")
_BASE64_OF_ZEROS = b"A" * (1 << 20)
_STATE = (
    "<LastModified>2026-11-23T12:00:00.000Z</LastModified>"
    "<ETag>&quot;00000000000000000000000000000000&quot;</ETag>"
)
_STATUS = "<Status><Code>200</Code><Description>OK</Description></Status>"


class SoapSink(Sink):
    """One connection."""

    filler = _BASE64_OF_ZEROS

    def begun(self, head: bytes) -> None:  # noqa: ARG002 - the message says all
        """Learn of a request."""
        self._message = b""
        self.slow = False

    def read(self, data: bytes) -> None:
        """Keep the envelope; look at it for who is slow."""
        if len(self._message) < KEPT:
            self._message += data[:KEPT]
            found = _KEY.search(self._message)
            self.slow = bool(found and found[1])

    def answer(self) -> None:
        """Answer it."""
        asked, key = _ASKED.search(self._message), _KEY.search(self._message)
        if asked is None or key is None:
            raise RuntimeError(self._message[:1000].decode(errors="replace"))
        operation = asked[1].decode()
        if operation == "PutObject":
            self._tell(CONTENT_TYPE, _envelope(operation, "PutObjectResponse", _STATE), 0, b"")
            return
        form, size = key[2].decode(), int(key[3])
        told = f"<Metadata><Name>Content-Length</Name><Value>{size}</Value></Metadata>"
        if form == "inline":
            envelope = _envelope(operation, "GetObjectResponse", f"{_STATUS}{told}<Data>|</Data>{_STATE}")
            before, _, behind = envelope.partition(b"|")
            full, rest = divmod(size, 3)
            end = (b"", b"AA==", b"AAA=")[rest]
            self._tell(CONTENT_TYPE, before, 4 * full, end + behind)
            return
        envelope = _envelope(operation, "GetObjectResponse", f"{_STATUS}{told}{_STATE}")
        content_type, pieces = build_package(
            form, (envelope,), Body(None, size), "application/octet-stream", "1"
        )
        before, behind = around(pieces)
        self._tell(content_type, before, size, behind)

    def _tell(self, content_type: str, before: bytes, size: int, behind: bytes) -> None:
        self.give(f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n".encode(), before, size, behind)


def around(pieces: tuple[Piece, ...]) -> tuple[bytes, bytes]:
    """Return what stands before and behind the one Body of a package."""
    at = next(at for at, piece in enumerate(pieces) if isinstance(piece, Body))
    before, behind = (
        b"".join(piece for piece in some if isinstance(piece, bytes))
        for some in (pieces[:at], pieces[at + 1 :])
    )
    return before, behind


def _envelope(operation: str, result: str, content: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation}Response xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><{result}>{content}</{result}>'
        f"</{operation}Response></s:Body></s:Envelope>"
    ).encode()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), lambda: SoapSink(0)))
