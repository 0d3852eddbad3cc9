"""aws-chunked, read: what a client sends as chunks becomes the object's bytes again.

The reader knows the decoded length from the head, so a chunk may be as large as all that is
still missing (some clients send one chunk for everything) and no limit on chunks is needed:
nothing is allocated from an announced size, and at most one line is held.

Data are given on as they arrive, although the signature of their chunk can be judged only at
the chunk's end. Nobody believes them before `finish` has returned: a store gets the last of an
upload only then (`wire.proof.HoldBack`), so it never has an object that was not proved.

The grammar is strict where clients agree. They do not about the end of a trailer's line: minio-go
writes LF before the CRLF, as S3 lets it.

Sources: the S3 API reference, "Signature calculations for the Authorization header: transferring
payload in multiple chunks", and the page on trailing headers. What is broken is IncompleteBody or
MalformedTrailerError, as S3 itself answers it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import Enum, auto
from typing import Final

from gateway.messages import Headers, Problem
from gateway.rest.chunked import SIGNATURE, TRAILER_SIGNATURE, Chain
from gateway.rest.claims import MISMATCH
from gateway.wire.bodies import MAX_CHUNK_DIGITS
from gateway.wire.gate import TOKEN

MAX_TRAILER: Final = 512
"""Bytes of a trailer's line; beyond: MalformedTrailerError."""

_SIZE: Final = rb"(0|[1-9A-Fa-f][0-9A-Fa-f]{0,%d})" % (MAX_CHUNK_DIGITS - 1)
_UNSIGNED: Final = re.compile(_SIZE + rb"\r\n")
_SIGNED: Final = re.compile(_SIZE + rb"%b([0-9a-f]{64})\r\n" % SIGNATURE.encode())
_MAX_SIZE_LINE: Final = MAX_CHUNK_DIGITS + len(SIGNATURE) + 64 + 4
_TRAILER: Final = re.compile(rf"({TOKEN}):([\t\x20-\x7e]*)\n?\r\n")


class _Expected(Enum):
    """What comes behind the data that are still missing."""

    FIRST_SIZE = auto()
    NEXT_SIZE = auto()
    TRAILER = auto()
    LAST_LINE = auto()
    NOTHING = auto()


class AwsChunkedReader:
    """A body of one of the three STREAMING forms.

    Args:
        length: Bytes of all data, as x-amz-decoded-content-length announced them.
        chain: Who signs the chunks and the trailer; None when they are unsigned.
        trailing: Whether the form has a place for trailers.
        announced: The name that x-amz-trailer has, in lower case; "" for none.

    Attributes:
        trailers: What came behind the chunks, names in lower case; complete after `finish`.

    """

    def __init__(
        self, length: int, *, chain: Chain | None = None, trailing: bool = False, announced: str = ""
    ) -> None:
        self.trailers: Headers = ()
        self._chain = chain
        self._behind = _Expected.TRAILER if trailing else _Expected.LAST_LINE
        self._announced = announced
        self._size_line = _UNSIGNED if chain is None else _SIGNED
        self._expected = _Expected.FIRST_SIZE
        self._left = length  # bytes of all chunks that have not come
        self._missing = 0  # those among them of a chunk that has begun
        self._held = b""  # the beginning of a line
        self._hashed = hashlib.sha256()  # of the chunk's data
        self._signature = ""  # that the chunk claims
        self._trailer_judged = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes of the body.

        Returns:
            The data among them, in order.

        Raises:
            Problem: IncompleteBody, SignatureDoesNotMatch, MalformedTrailerError.

        """
        if 0 < len(data) <= self._missing:
            self._take_data(data)
            return [data]
        data = self._held + data
        self._held = b""
        pieces = []
        at = 0
        while at < len(data):
            if self._missing:
                pieces.append(data[at : at + self._missing])
                self._take_data(pieces[-1])
                at += len(pieces[-1])
                continue
            end = self._end_of_line(data, at)
            if not end:
                self._held = data[at:]
                break
            self._take_line(data[at:end])
            at = end
        return pieces

    def finish(self) -> None:
        """Learn that the body is over.

        Raises:
            Problem: IncompleteBody, when the chunks are not.

        """
        if self._expected is not _Expected.NOTHING:
            raise _broken()

    def _take_data(self, data: bytes) -> None:
        self._missing -= len(data)
        self._left -= len(data)
        if self._chain is not None:
            self._hashed.update(data)
            if not self._missing:
                self._judge(self._chain)

    def _judge(self, chain: Chain) -> None:
        """Judge the signature of a chunk that is whole."""
        if not hmac.compare_digest(chain.sign(self._hashed.hexdigest()), self._signature):
            raise Problem("SignatureDoesNotMatch", MISMATCH)
        self._hashed = hashlib.sha256()

    def _end_of_line(self, data: bytes, at: int) -> int:
        """Return where the line ends that begins at `at`; 0 when its end is yet to come."""
        begin, limit = at, _MAX_SIZE_LINE
        if self._expected is _Expected.NEXT_SIZE:
            begin = at + 2  # the line end behind a chunk's data is read with the next size
        elif self._expected is _Expected.TRAILER:
            limit = MAX_TRAILER
        elif self._expected is _Expected.LAST_LINE:
            limit = 2
        elif self._expected is _Expected.NOTHING:
            raise _broken()
        end = data.find(b"\r\n", begin, at + limit) + 2
        if end >= 2:
            return end
        if len(data) - at >= limit:
            raise _malformed() if self._expected is _Expected.TRAILER else _broken()
        return 0

    def _take_line(self, line: bytes) -> None:
        if self._expected is _Expected.LAST_LINE:
            self._expected = _Expected.NOTHING
        elif self._expected is _Expected.TRAILER:
            self._take_trailer(line)
        else:
            self._take_size(line)

    def _take_size(self, line: bytes) -> None:
        if self._expected is _Expected.NEXT_SIZE:
            if not line.startswith(b"\r\n"):
                raise _broken()
            line = line[2:]
        found = self._size_line.fullmatch(line)
        if found is None:
            raise _broken()
        size = int(found[1], 16)
        if size > self._left or (size == 0 and self._left):
            # As S3 words it, which means the decoded length.
            raise Problem("IncompleteBody")
        self._missing = size
        self._expected = _Expected.NEXT_SIZE if size else self._behind
        if self._chain is not None:
            self._signature = found[2].decode()
            if not size:
                self._judge(self._chain)

    def _take_trailer(self, line: bytes) -> None:
        if line == b"\r\n":
            if (self._announced and not self.trailers) or (self._chain and not self._trailer_judged):
                raise _malformed()
            self._expected = _Expected.NOTHING
            return
        field = _TRAILER.fullmatch(line.decode("latin-1"))
        if field is None or self._trailer_judged:
            raise _malformed()
        name, value = field[1].lower(), field[2].strip(" \t")
        if name == TRAILER_SIGNATURE and self._chain is not None:
            signed = "".join(f"{each}:{text}\n" for each, text in self.trailers)
            if not hmac.compare_digest(self._chain.sign_trailer(signed), value):
                raise Problem("SignatureDoesNotMatch", MISMATCH)
            self._trailer_judged = True
        elif name == self._announced and not self.trailers:
            self.trailers = ((name, value),)
        else:
            raise _malformed()


def _broken() -> Problem:
    return Problem("IncompleteBody", "The request body terminated unexpectedly")


def _malformed() -> Problem:
    return Problem(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed "
        "or did not conform to our published schema.",
    )
