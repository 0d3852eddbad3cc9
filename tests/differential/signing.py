"""Heads and chunks signed for requests that no client makes.

botocore signs the heads. Signed chunks (aws-chunked) are written by hand: neither boto3 nor awscrt
writes them for us; the store, which is asked the same, proves them right. Source: the S3
documentation's chapters on Signature Version 4 with multiple chunks, and with trailing headers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import botocore.auth
from botocore.auth import HmacV1Auth, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.stores.store import REGION, User

PAYLOAD = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Signing:
    """How a head is signed.

    Attributes:
        payload: The value of x-amz-content-sha256; "" for the body's own hash.
        minutes: The signer's clock is off by these.
        region: In the scope.
        old: Signature Version 2.
        late: Fields that are added when all is signed.

    """

    payload: str = ""
    minutes: int = 0
    region: str = REGION
    old: bool = False
    late: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunks:
    """How a body is sent in chunks.

    Attributes:
        size: Bytes of a chunk.
        trailers: Fields behind the last chunk.
        spoil: `chunk` or `trailer` has that signature wrong, `data` changes a byte behind it, `end`
            leaves the last chunk away.
        decoded: The length that is told; None: the true one.

    """

    size: int = 65536
    trailers: Mapping[str, str] = field(default_factory=dict)
    spoil: str = ""
    decoded: int | None = None


class _Auth(S3SigV4Auth):
    """S3's signature, with a given x-amz-content-sha256."""

    def __init__(self, credentials: Credentials, region: str, payload: str) -> None:
        super().__init__(credentials, "s3", region)
        self._payload = payload

    def payload(self, request: AWSRequest) -> str:
        return self._payload


def sign_head(
    method: str, url: str, headers: Mapping[str, str], body: bytes, *, user: User, signing: Signing
) -> dict[str, str]:
    """Return the fields of a head, with its signature."""
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    credentials = Credentials(user.access_key, user.secret_key)
    now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=signing.minutes)
    payload = signing.payload or hashlib.sha256(body).hexdigest()
    auth: Any = HmacV1Auth(credentials) if signing.old else _Auth(credentials, signing.region, payload)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now.replace(tzinfo=None)):
        auth.add_auth(request)
    return {**dict(request.headers.items()), **signing.late}


def chunk_fields(body: bytes, chunks: Chunks) -> dict[str, str]:
    """Return the fields that a head has whose body comes in chunks."""
    length = len(body) if chunks.decoded is None else chunks.decoded
    told = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(length)}
    return {**told, "X-Amz-Trailer": ",".join(chunks.trailers)} if chunks.trailers else told


def in_chunks(head: Mapping[str, str], body: bytes, user: User, chunks: Chunks) -> bytes:
    """Return a body in chunks, signed as its signed head says."""
    chain = None if head["X-Amz-Content-SHA256"] == UNSIGNED_TRAILER else _Chain(head, user.secret_key)
    coded = []
    pieces = [body[start : start + chunks.size] for start in range(0, len(body), chunks.size)]
    for number, piece in enumerate([*pieces, b""]):
        if chunks.spoil == "end" and not piece:
            return b"".join(coded)
        signature = chain.chunk(piece) if chain else ""
        if chunks.spoil == "chunk" and number == 0:
            signature = "0" * 64
        extension = f";chunk-signature={signature}" if chain else ""
        sent = bytes([piece[0] ^ 1]) + piece[1:] if chunks.spoil == "data" and number == 0 else piece
        coded += [f"{len(piece):x}{extension}\r\n".encode(), sent, b"\r\n" if piece else b""]
    lines = [f"{name}:{value}" for name, value in chunks.trailers.items()]
    if lines and chain:
        signature = "0" * 64 if chunks.spoil == "trailer" else chain.trailer(lines)
        lines.append(f"x-amz-trailer-signature:{signature}")
    return b"".join([*coded, *(f"{line}\r\n".encode() for line in lines), b"\r\n"])


class _Chain:
    """The signatures of chunks, each of which covers the one before it; the head's is the first."""

    def __init__(self, head: Mapping[str, str], secret: str) -> None:
        found: Any = re.search(r"Credential=[^/]+/([^,]+),.*Signature=(\w+)", head["Authorization"])
        self._scope, self._last, self._moment = found[1], found[2], head["X-Amz-Date"]
        self._key = f"AWS4{secret}".encode()
        for part in self._scope.split("/"):
            self._key = hmac.digest(self._key, part.encode(), "sha256")

    def chunk(self, piece: bytes) -> str:
        return self._next("AWS4-HMAC-SHA256-PAYLOAD", _EMPTY, hashlib.sha256(piece).hexdigest())

    def trailer(self, lines: list[str]) -> str:
        text = "".join(f"{line}\n" for line in lines)
        return self._next("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(text.encode()).hexdigest())

    def _next(self, kind: str, *digests: str) -> str:
        text = "\n".join([kind, self._moment, self._scope, self._last, *digests])
        self._last = hmac.digest(self._key, text.encode(), "sha256").hex()
        return self._last
