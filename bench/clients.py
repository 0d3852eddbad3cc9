"""Clients that send and read one large object over TLS, and keep nothing of it.

Each goes as fast as it can or at a rate, to the end of the object or until a time is over; then it leaves
in the middle. They ask in SOAP, and in REST with a body in each form that S3 knows. Objects are zeros.
"""

from __future__ import annotations

import hashlib
import socket
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

from bench.soap_sink import around
from bench.throughput import USER, signed
from gateway.messages import Body, Coding, Headers, HttpRequest
from gateway.rest.chunked import (
    STREAMING_PAYLOAD,
    STREAMING_UNSIGNED_TRAILER,
    SignedChunks,
    Trailer,
    UnsignedChunks,
)
from gateway.rest.signature import EMPTY_SHA256, SigningKey, sign
from gateway.soap.packaging import CONTENT_TYPE, build_package
from tests.clients.gateway import Gateway
from tests.clients.uploads import Sender
from tests.stores.store import REGION

BLOCK = 64 * 1024
HASHED = "the hash of all"
"""A form of REST's body, beside the words of x-amz-content-sha256."""

_ZEROS = bytes(BLOCK)
_KEY = SigningKey(USER.access_key, USER.secret_key, REGION)
_CRC32 = "x-amz-checksum-crc32"


class Pace:
    """Holds a client to a rate, and ends its time.

    Args:
        rate: Bytes in a second; 0 lets it run.
        seconds: How long it has; 0 for as long as it takes.

    Attributes:
        passed: Bytes of the object so far.
        ends: Whether there is a time; who has one does not wait for what comes behind the object.

    """

    def __init__(self, rate: int = 0, seconds: float = 0) -> None:
        self.passed = 0
        self.ends = seconds > 0
        self._rate = rate
        self._seconds = seconds
        self._begun = time.perf_counter()

    def over(self, count: int) -> bool:
        """Wait until so many bytes more may have passed; tell whether the time is over."""
        self.passed += count
        if self._rate:
            time.sleep(max(0.0, self._begun + self.passed / self._rate - time.perf_counter()))
        return self.ends and time.perf_counter() - self._begun > self._seconds


Ask = Callable[[Gateway, str, int, Pace], None]
"""Takes a gateway, a key, the bytes of the object, and the pace. RuntimeError: It is not answered well."""


def soap_put(form: str) -> Ask:
    """Return what puts an object beside the envelope, in DIME or MIME."""

    def put(gateway: Gateway, key: str, size: int, pace: Pace) -> None:
        envelope = signed("PutObject", Bucket="bench", Key=key, ContentLength=size)
        content_type, pieces = build_package(
            form, (envelope,), Body(None, size), "application/octet-stream", "1"
        )
        before, behind = around(pieces)
        head = _soap_head(gateway, content_type, len(before) + size + len(behind))
        answer = _upload(gateway, head + before, _zeros(size), lambda: behind, pace)
        if answer is not None and b"PutObjectResponse" not in answer:
            raise RuntimeError(answer.decode(errors="replace"))

    return put


def soap_get(*, inline: bool) -> Ask:
    """Return what gets an object inside the envelope or beside it."""
    values = {"GetMetadata": True, "GetData": True, "InlineData": inline}

    def get(gateway: Gateway, key: str, size: int, pace: Pace) -> None:
        envelope = signed("GetObject", Bucket="bench", Key=key, **values)
        _download(gateway, _soap_head(gateway, CONTENT_TYPE, len(envelope)) + envelope, size, pace)

    return get


def rest_put(form: str, *, md5: bool = False) -> Ask:
    """Return what puts an object by REST; its body in a form of x-amz-content-sha256, or HASHED.

    Args:
        form: The form.
        md5: Whether the client tells Content-MD5 too.

    """

    def put(gateway: Gateway, key: str, size: int, pace: Pace) -> None:
        told: Headers = ()
        if form in {STREAMING_PAYLOAD, STREAMING_UNSIGNED_TRAILER}:
            told = (("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", str(size)))
        if form == STREAMING_UNSIGNED_TRAILER:
            told += (("x-amz-trailer", _CRC32),)
        if md5:
            told += (("content-md5", _md5(size)),)
        fields = _signed(gateway, "PUT", key, _sha256(size) if form == HASHED else form, told)
        coding = _coding(form, fields, size)
        length = coding.length(size) if coding else size
        pieces = (coding.feed(data) for data in _zeros(size)) if coding else _zeros(size)
        head = _head("PUT", f"/bench/{key}", (*fields, ("content-length", str(length))))
        answer = _upload(gateway, head, pieces, coding.close if coding else bytes, pace)
        if answer is not None and not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode(errors="replace"))

    return put


def rest_get(gateway: Gateway, key: str, size: int, pace: Pace) -> None:
    """Get an object by REST."""
    fields = _signed(gateway, "GET", key, EMPTY_SHA256)
    _download(gateway, _head("GET", f"/bench/{key}", fields), size, pace)


def _zeros(size: int) -> Iterator[bytes]:
    for _ in range(size // BLOCK):
        yield _ZEROS
    yield _ZEROS[: size % BLOCK]


@cache
def _sha256(size: int) -> str:
    return _digest("sha256", size).hex()


@cache
def _md5(size: int) -> str:
    return b64encode(_digest("md5", size)).decode()


def _digest(name: str, size: int) -> bytes:
    digest = hashlib.new(name, usedforsecurity=False)
    for data in _zeros(size):
        digest.update(data)
    return digest.digest()


@cache
def _crc32(size: int) -> str:
    crc = 0
    for data in _zeros(size):
        crc = zlib.crc32(data, crc)
    return b64encode(crc.to_bytes(4, "big")).decode()


def _signed(gateway: Gateway, method: str, key: str, declared: str, told: Headers = ()) -> Headers:
    """Return the fields of a REST request, its signature among them."""
    headers = (("host", urlsplit(gateway.url).netloc), *told)
    request = HttpRequest(method, f"/bench/{key}", headers)
    return (*headers, *sign(request, declared, _KEY, datetime.now(UTC)))


def _coding(form: str, fields: Headers, size: int) -> Coding | None:
    """Return what makes the chunks of a form that has some."""
    if form == STREAMING_PAYLOAD:
        by_name = dict(fields)
        return SignedChunks(_KEY, by_name["x-amz-date"], by_name["authorization"].rpartition("=")[2])
    if form == STREAMING_UNSIGNED_TRAILER:
        value = _crc32(size)
        return UnsignedChunks(Trailer(_CRC32, len(value), lambda: value))
    return None


def _soap_head(gateway: Gateway, content_type: str, length: int) -> bytes:
    fields = (
        ("host", urlsplit(gateway.address).netloc),
        ("content-type", content_type),
        ("content-length", str(length)),
        ("soapaction", '""'),
    )
    return _head("POST", urlsplit(gateway.address).path, fields)


def _head(method: str, target: str, fields: Headers) -> bytes:
    lines = (f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields))
    return "\r\n".join((*lines, "connection: close", "", "")).encode()


def _upload(
    gateway: Gateway, head: bytes, pieces: Iterable[bytes], end: Callable[[], bytes], pace: Pace
) -> bytes | None:
    """Send a request; return its answer, None to a client that has a time."""
    with Sender(gateway.address, gateway.ca) as sender:
        sender.connection.sendall(head)
        for piece in pieces:
            sender.connection.sendall(piece)
            if pace.over(len(piece)):
                return None
        if pace.ends:
            return None
        sender.connection.sendall(end())
        return sender.answer()


def _download(gateway: Gateway, request: bytes, size: int, pace: Pace) -> None:
    """Send a request and read its answer to the end, or until the time is over."""
    with Sender(gateway.address, gateway.ca) as sender:
        sender.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        sender.connection.sendall(request)
        data = first = sender.connection.recv(BLOCK)
        while data:
            if pace.over(len(data)):
                return
            data = sender.connection.recv(BLOCK)
    if pace.passed < size or not first.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{pace.passed} bytes of an answer: {first.decode(errors='replace')}")
