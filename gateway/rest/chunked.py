"""aws-chunked, written: a body in chunks that are signed one by one, while they are sent.

A signature in the head covers a body only when all of it was hashed first. For a body that
streams the head says STREAMING-AWS4-HMAC-SHA256-PAYLOAD instead, and each chunk carries a
signature over its bytes and over the signature before it, from the head's on; an empty chunk
ends the chain. A trailer behind it may tell what is known only at the end, the checksum, and is
signed as the chain's last link. The same chunks exist unsigned, for the sake of the trailer.

All chunks but the last have one size, and a trailer's value has a known length, so that the
length of all is known before. `rest.unchunked` reads what is written here.

Sources: the S3 API reference, "Signature calculations for the Authorization header:
transferring payload in multiple chunks", and the page on trailing headers; wire rule 27.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.rest.signature import ALGORITHM, EMPTY_SHA256, SigningKey, day_key
from gateway.wire.proof import PIECES

STREAMING_PAYLOAD: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_PAYLOAD_TRAILER: Final = f"{STREAMING_PAYLOAD}-TRAILER"
STREAMING_UNSIGNED_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

CHUNK: Final = 131_072
"""Bytes of a chunk; S3 wants at least 8 KiB. To sign one takes as long as to hash 8 KiB."""

SIGNATURE: Final = ";chunk-signature="
TRAILER_SIGNATURE: Final = "x-amz-trailer-signature"
_HEX: Final = 64  # characters of a signature

Buffer = bytes | bytearray | memoryview


class Chain:
    """The signatures of one body, each over the one before it.

    Args:
        secret: The key's.
        date: The request's x-amz-date.
        scope: Its credential scope: day, region, service and `aws4_request`.
        seed: The signature of its head, in hex.

    """

    def __init__(self, secret: str, date: str, scope: str, seed: str) -> None:
        day, region, service, _ = scope.split("/")
        self._key = day_key(secret, day, region, service)
        self._head = f"{date}\n{scope}"
        self._previous = seed

    def sign(self, hashed: str) -> str:
        """Return the signature of the next chunk, whose data have this SHA-256 in hex."""
        return self._link("PAYLOAD", f"{EMPTY_SHA256}\n{hashed}")

    def sign_trailer(self, lines: str) -> str:
        """Return the signature of the trailer, the last: of lines `name:value` that end with LF."""
        return self._link("TRAILER", hashlib.sha256(lines.encode("latin-1")).hexdigest())

    def _link(self, kind: str, hashed: str) -> str:
        text = f"{ALGORITHM}-{kind}\n{self._head}\n{self._previous}\n{hashed}"
        self._previous = hmac.digest(self._key, text.encode(), "sha256").hex()
        return self._previous


@dataclass(frozen=True, slots=True)
class Trailer:
    """A field that is written behind the body.

    Attributes:
        name: In lower case, as x-amz-trailer announces it.
        size: Characters of its value.
        value: Asked once the last byte of the body has been seen.

    """

    name: str
    size: int
    value: Callable[[], str]


class UnsignedChunks:
    """A Coding that writes chunks without signatures.

    Args:
        trailer: What is told behind them; None for nothing.
        chunk: Bytes of each but the last.

    """

    _extension = 0
    """Bytes behind the size of a chunk."""
    _trailer_extension = 0
    """Bytes behind the trailer."""

    def __init__(self, trailer: Trailer | None = None, chunk: int = CHUNK) -> None:
        self._trailer = trailer
        self._full = chunk
        self._held: list[Buffer] = []  # of a chunk that is not full
        self._missing = chunk  # bytes to it

    def feed(self, data: bytes) -> bytes:
        """Return the chunks that are full."""
        view = memoryview(data)
        out: list[Buffer] = []
        at = 0
        while len(view) - at >= self._missing:
            end = at + self._missing
            self._hold(view[at:end])
            out += self._chunk()
            at = end
        if at < len(view):
            self._hold(view[at:])
        return b"".join(out)

    def close(self) -> bytes:
        """Return the last chunk, the empty one behind it, and the trailer."""
        out = self._chunk() if self._held else []
        size, end = self._chunk()
        trailer = self._trailer
        if trailer is None:
            return b"".join((*out, size, end))
        value = trailer.value()
        assert len(value) == trailer.size, "the length was announced"
        line = f"{trailer.name}:{value}"
        signature = self._sign_trailer(f"{line}\n")
        return b"".join((*out, size, f"{line}\r\n{signature}".encode(), end))

    def length(self, size: int) -> int:
        """Return the bytes of all chunks around `size` bytes, and of the trailer."""
        full, rest = divmod(size, self._full)
        around = self._extension + 4
        total = full * (len(f"{self._full:x}") + around + self._full)
        if rest:
            total += len(f"{rest:x}") + around + rest
        trailer = self._trailer
        if trailer is not None:
            total += len(trailer.name) + 1 + trailer.size + 2 + self._trailer_extension
        return total + 1 + around

    def _hold(self, data: Buffer) -> None:
        """Take bytes of the chunk that is to come; signed ones are hashed at once, while they are at hand."""
        self._held.append(data)
        self._missing -= len(data)
        if len(self._held) > PIECES:
            self._held = [b"".join(self._held)]

    def _chunk(self) -> list[Buffer]:
        """Return the line before a chunk's data, the data that are held and the line end."""
        held, self._held = self._held, []
        size, self._missing = self._full - self._missing, self._full
        return [f"{size:x}{self._sign()}\r\n".encode(), *held, b"\r\n"]

    def _sign(self) -> str:
        return ""

    def _sign_trailer(self, lines: str) -> str:  # noqa: ARG002 - the same
        return ""


class SignedChunks(UnsignedChunks):
    """A Coding that writes signed chunks.

    Args:
        key: Who signs.
        date: The request's x-amz-date.
        seed: The signature of the request's head, in hex.
        trailer: What is told behind them; None for nothing.
        chunk: Bytes of each but the last.

    """

    _extension = len(SIGNATURE) + _HEX
    _trailer_extension = len(TRAILER_SIGNATURE) + 1 + _HEX + 2

    def __init__(
        self, key: SigningKey, date: str, seed: str, trailer: Trailer | None = None, chunk: int = CHUNK
    ) -> None:
        super().__init__(trailer, chunk)
        scope = f"{date[:8]}/{key.region}/{key.service}/aws4_request"
        self._chain = Chain(key.secret, date, scope, seed)
        self._hashed = hashlib.sha256()

    def _hold(self, data: Buffer) -> None:
        super()._hold(data)
        self._hashed.update(data)

    def _sign(self) -> str:
        hashed, self._hashed = self._hashed.hexdigest(), hashlib.sha256()
        return f"{SIGNATURE}{self._chain.sign(hashed)}"

    def _sign_trailer(self, lines: str) -> str:
        return f"{TRAILER_SIGNATURE}:{self._chain.sign_trailer(lines)}\r\n"
