"""The body of a REST request: what its head says of it, and the object's bytes in it.

Four fields choose how it is read: x-amz-content-sha256 (the hash of all, or one of the words in
its place), x-amz-decoded-content-length and x-amz-trailer (which only a body in chunks has), and
Content-Length. The rest are proofs: the hash, Content-MD5, one checksum. `Content-Encoding:
aws-chunked` decides nothing, for S3 does not ask for it and nobody needs to sign it.

All that the head alone can show to be wrong is refused when a Payload is made; everything else is
judged by `finish` at the latest. Bytes that were given on before count for nothing until then.

Sources: the S3 API reference, "Authenticating requests: using the Authorization header", PutObject;
wire rules 24 and 27.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from gateway.messages import Attachment, Body, Headers, Problem
from gateway.rest.checksums import TRAILER, Checksum, announced_checksum
from gateway.rest.chunked import (
    STREAMING_PAYLOAD,
    STREAMING_PAYLOAD_TRAILER,
    STREAMING_UNSIGNED_TRAILER,
    Chain,
)
from gateway.rest.claims import Presented, bad_argument
from gateway.rest.signature import UNSIGNED_PAYLOAD
from gateway.rest.unchunked import AwsChunkedReader
from gateway.wire.http1 import RequestHead
from gateway.wire.proof import judge_digest

CONTENT_SHA256: Final = "x-amz-content-sha256"
DECODED_LENGTH: Final = "x-amz-decoded-content-length"
AWS_CHUNKED: Final = "aws-chunked"

WITH_BODY: Final = frozenset({"POST", "PUT"})
"""Methods that must tell a length, also when it is 0 (MissingContentLength)."""

OF_MULTIPART: Final = frozenset({"uploads", "uploadId"})
"""Parameters of a POST whose checksum fields are about the object in the making, not about its body."""

_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")
_LENGTH: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of chunks: whether they are signed, and whether trailers follow them."""

    signed: bool
    trailing: bool


FORMS: Final = MappingProxyType(
    {
        STREAMING_PAYLOAD: Form(signed=True, trailing=False),
        STREAMING_PAYLOAD_TRAILER: Form(signed=True, trailing=True),
        STREAMING_UNSIGNED_TRAILER: Form(signed=False, trailing=True),
    }
)
"""By x-amz-content-sha256."""

_WORDS: Final = ", ".join((UNSIGNED_PAYLOAD, *FORMS))


class Reader(Protocol):
    """How the bytes of a body are found."""

    trailers: Headers

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the object's among them. Raises Problem."""

    def finish(self) -> None:
        """Learn that the body is over. Raises Problem when it should not be."""


class PlainReader:
    """A body that is the object's bytes and nothing else.

    Args:
        length: How many.

    """

    def __init__(self, length: int) -> None:
        self.trailers: Headers = ()
        self._left = length

    def feed(self, data: bytes) -> list[bytes]:
        """Count.

        Raises:
            Problem: IncompleteBody, for more bytes than were announced.

        """
        self._left -= len(data)
        if self._left < 0:
            raise Problem("IncompleteBody")
        return [data] if data else []

    def finish(self) -> None:
        """Learn that the body is over.

        Raises:
            Problem: IncompleteBody, for fewer bytes than were announced.

        """
        if self._left:
            raise Problem("IncompleteBody")


class Payload:
    """The body of one request, an Unpacking whose only part is the object's bytes.

    Args:
        head: The request's.
        presented: Who it is from; None when it is anonymous.
        secret: Theirs; "" when it is anonymous.

    Attributes:
        attachment: The bytes, once the shell has said where they come from.
        ready: Always: a head is enough to serve a REST request.
        declared: What x-amz-content-sha256 says, or what a request means that has none: a hash in hex,
            UNSIGNED-PAYLOAD or one of FORMS.
        length: How many bytes the object has.
        trailer: The name of the field that x-amz-trailer announces; "" for none.
        trailers: Fields behind the chunks, verified; known after `finish`.
        checksums: The checksum, header or trailer, verified; known after `finish`.

    Raises:
        Problem: InvalidArgument, InvalidRequest or MissingContentLength: the head is at odds with itself.

    """

    ready: Final = True

    def __init__(self, head: RequestHead, presented: Presented | None, secret: str = "") -> None:
        self.attachment: Attachment | None = None
        self.trailers: Headers = ()
        self.checksums: Headers = ()
        self._checksum = None if _is_multipart(head) else announced_checksum(head.headers)
        self.trailer = self._checksum.name if self._checksum and self._checksum.trailing else ""
        self._hash = ""  # all of it, in hex; "" when the head does not tell it
        self._digest = head.header("content-md5")
        declared = self.declared = _declared(head, presented)
        form = FORMS.get(declared)
        if form is None:
            if declared != UNSIGNED_PAYLOAD:
                self._hash = declared.lower()
            self.length = _plain_length(head)
            self._reader: Reader = PlainReader(self.length)
        else:
            self.length = _decoded_length(head)
            chain = _chain(presented, secret) if form.signed else None
            self._reader = AwsChunkedReader(
                self.length, chain=chain, trailing=form.trailing, announced=self.trailer
            )
        if self.trailer and (form is None or not form.trailing):
            raise Problem(
                "InvalidRequest", "The value specified in the x-amz-trailer header is not supported"
            )
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)

    @property
    def part(self) -> Payload:
        """The one part, known from the start."""
        return self

    def attach(self, body: Body) -> None:
        """Say where the bytes come from."""
        self.attachment = Attachment("", body)

    def feed(self, data: bytes) -> list[bytes]:
        """Read on.

        Returns:
            The object's bytes among `data`; nobody may rely on them before `finish`.

        Raises:
            Problem: IncompleteBody, SignatureDoesNotMatch, MalformedTrailerError.

        """
        pieces = self._reader.feed(data)
        for piece in pieces:
            if self._hash:
                self._sha256.update(piece)
            if self._digest is not None:
                self._md5.update(piece)
            if self._checksum is not None:
                self._checksum.update(piece)
        return pieces

    def finish(self) -> None:
        """Learn that the body is over, and judge it.

        Raises:
            Problem: IncompleteBody, XAmzContentSHA256Mismatch, InvalidDigest, BadDigest; InvalidRequest
                for a trailer with a malformed value.

        """
        self._reader.finish()
        if self._hash and self._sha256.hexdigest() != self._hash:
            raise Problem(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                (
                    ("ClientComputedContentSHA256", self._hash),
                    ("S3ComputedContentSHA256", self._sha256.hexdigest()),
                ),
            )
        if self._digest is not None:
            judge_digest(self._digest, self._md5.digest())
        if self._checksum is not None:
            self.checksums = (self._judged(self._checksum),)
        self.trailers = self._reader.trailers

    def take(self, body: bytes) -> bytes:
        """Return the bytes of a body that was read whole.

        Raises:
            Problem: As `feed` and `finish` do.

        """
        pieces = self.feed(body)
        self.finish()
        return b"".join(pieces)

    def _judged(self, checksum: Checksum) -> tuple[str, str]:
        """Return the field of a checksum that is right."""
        for _, value in self._reader.trailers:
            checksum.expect(value)
        return checksum.name, checksum.judge()


def stored_encoding(value: str) -> str:
    """Return the Content-Encoding of the object, "" for none: without aws-chunked, which is the request's.

    Args:
        value: The field as sent.

    """
    codings = [coding.strip(" \t") for coding in value.split(",")]
    if AWS_CHUNKED not in map(str.lower, codings):
        return value
    return ",".join(coding for coding in codings if coding.lower() not in {AWS_CHUNKED, ""})


def _declared(head: RequestHead, presented: Presented | None) -> str:
    """Return x-amz-content-sha256, or what a request means that leaves it to its other fields.

    Anonymous clients and those of SigV2 need not send one, and a presigned URL cannot know it. Some
    send chunks all the same. Fields that begin with x-amz- are signed where anything is.
    """
    declared = (presented.payload if presented else "") or head.header(CONTENT_SHA256) or UNSIGNED_PAYLOAD
    if declared in FORMS:
        return declared
    in_chunks = any(name in {DECODED_LENGTH, TRAILER} for name, _ in head.headers)
    if declared == UNSIGNED_PAYLOAD:
        return STREAMING_UNSIGNED_TRAILER if in_chunks else declared
    if not _HASH.fullmatch(declared):
        raise bad_argument(
            CONTENT_SHA256, declared, f"{CONTENT_SHA256} must be {_WORDS} or a valid sha256 value."
        )
    if in_chunks:
        raise Problem("InvalidRequest", f"A body whose hash is told by {CONTENT_SHA256} is not in chunks.")
    return declared


def _chain(presented: Presented | None, secret: str) -> Chain:
    if presented is None or not presented.signature:
        raise Problem("InvalidRequest", "Signed chunks need a request that is signed by AWS4-HMAC-SHA256.")
    return Chain(secret, presented.date, presented.scope, presented.signature)


def _decoded_length(head: RequestHead) -> int:
    value = head.header(DECODED_LENGTH)
    if value is None:
        raise Problem("MissingContentLength")
    if not _LENGTH.fullmatch(value):
        raise bad_argument(DECODED_LENGTH, value, "The decoded length is a number of bytes.")
    return int(value)


def _plain_length(head: RequestHead) -> int:
    if head.length is None and head.method in WITH_BODY:
        raise Problem("MissingContentLength")
    return head.length or 0


def _is_multipart(head: RequestHead) -> bool:
    if head.method != "POST":
        return False
    return not OF_MULTIPART.isdisjoint([pair.partition("=")[0] for pair in head.query.split("&")])
