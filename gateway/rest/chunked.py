"""aws-chunked: a body whose chunks are signed one by one, while they are sent.

A signature in the head covers a body only when all of it was hashed first. For a body that
streams the head says STREAMING-AWS4-HMAC-SHA256-PAYLOAD instead, and each chunk carries a
signature over its bytes and over the signature before it, from the head's on; an empty chunk
ends the chain. All chunks but the last have one size, so that the length is known before.

Source: the S3 API reference, "Signature calculations for the Authorization header:
transferring payload in multiple chunks"; wire rule 27.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from gateway.rest.signature import ALGORITHM, EMPTY_SHA256, SigningKey, day_key

STREAMING_PAYLOAD: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHUNK: Final = 65_536
"""Bytes of a chunk; S3 wants at least 8 KiB."""

_SIGNATURE: Final = ";chunk-signature="
_OVERHEAD: Final = len(_SIGNATURE) + 64 + 4
"""Bytes of a chunk beside its size and its data: the signature and two line ends."""


class SignedChunks:
    """A Coding that writes signed chunks.

    Args:
        key: Who signs.
        date: The request's x-amz-date.
        seed: The signature of the request's head, in hex.

    """

    def __init__(self, key: SigningKey, date: str, seed: str) -> None:
        self._key = day_key(key.secret, date[:8], key.region, key.service)
        self._scope = f"{date[:8]}/{key.region}/{key.service}/aws4_request"
        self._date = date
        self._previous = seed
        self._held = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Return the chunks that are full."""
        held = self._held
        held += data
        out = []
        while len(held) >= CHUNK:
            out.append(self._chunk(bytes(held[:CHUNK])))
            del held[:CHUNK]
        return b"".join(out)

    def close(self) -> bytes:
        """Return the last chunk and the empty one that ends the chain."""
        last = self._chunk(bytes(self._held)) if self._held else b""
        self._held.clear()
        return last + self._chunk(b"")

    def length(self, size: int) -> int:
        """Return the bytes of all chunks around `size` bytes."""
        full, rest = divmod(size, CHUNK)
        total = full * (len(f"{CHUNK:x}") + _OVERHEAD + CHUNK)
        if rest:
            total += len(f"{rest:x}") + _OVERHEAD + rest
        return total + 1 + _OVERHEAD

    def _chunk(self, data: bytes) -> bytes:
        hashed = hashlib.sha256(data).hexdigest()
        text = "\n".join(
            (f"{ALGORITHM}-PAYLOAD", self._date, self._scope, self._previous, EMPTY_SHA256, hashed)
        )
        self._previous = hmac.digest(self._key, text.encode(), "sha256").hex()
        return b"".join((f"{len(data):x}{_SIGNATURE}{self._previous}\r\n".encode(), data, b"\r\n"))
