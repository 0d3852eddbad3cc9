"""What an upload has to prove, and the bytes that wait until it has.

A store commits an object when the last byte it was promised arrives. So an object's bytes
pass through two codings on their way: a `Tally` counts and digests them and raises what is
wrong with them, and a `HoldBack` keeps the last of them until the first has agreed. Whoever
writes them drops the store's connection when a coding raises; the store then has no object
and no changed object.

Source: wire rule 24.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import deque
from dataclasses import replace
from typing import Final

from gateway.messages import Answer, Body, Call, Piece, Problem

HELD: Final = 65_536
"""Bytes at the end of an upload that wait for its proof."""

PIECES: Final = 1024
"""Pieces that they may wait in: more are made one, for a piece of a single byte takes two hundred."""

_MD5 = re.compile(r'"?[0-9a-fA-F]{32}"?\Z')


class Tally:
    """A Coding that changes nothing: it holds the bytes against what was said of them.

    Args:
        size: How many bytes were announced; None when none were.
        digest: Their Content-MD5, base64; "" for none.
        md5: Digest them also when none was sent, for `hexdigest`. It costs more than all the rest.

    """

    def __init__(self, size: int | None, digest: str = "", *, md5: bool = True) -> None:
        self._size = size
        self._digest = digest
        self._count = 0
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 or digest else None

    def feed(self, data: bytes) -> bytes:
        """Count and digest.

        Raises:
            Problem: IncompleteBody, for more bytes than were announced.

        """
        self._count += len(data)
        if self._size is not None and self._count > self._size:
            raise self._disagrees()
        if self._md5 is not None:
            self._md5.update(data)
        return data

    def close(self) -> bytes:
        """Judge.

        Raises:
            Problem: IncompleteBody, InvalidDigest, BadDigest.

        """
        if self._size is not None and self._count != self._size:
            raise self._disagrees()
        if self._digest and self._md5 is not None:
            judge_digest(self._digest, self._md5.digest())
        return b""

    def length(self, size: int) -> int:
        """Return the same number: nothing is added."""
        return size

    @property
    def hexdigest(self) -> str:
        """The MD5 of what passed, where it was asked for."""
        assert self._md5 is not None
        return self._md5.hexdigest()

    def _disagrees(self) -> Problem:
        return Problem("IncompleteBody", "ContentLength is not the number of bytes that came.")


class HoldBack:
    """A Coding that keeps the last bytes until it is closed, in the pieces that they came in."""

    def __init__(self) -> None:
        self._pieces: deque[memoryview] = deque()
        self._held = 0

    def feed(self, data: bytes) -> bytes:
        """Return what is too old to be among the last bytes."""
        pieces = self._pieces
        pieces.append(memoryview(data))
        self._held += len(data)
        old = []
        while (more := self._held - HELD) > 0:
            old.append(pieces[0][:more])
            if len(pieces[0]) > more:
                pieces[0] = pieces[0][more:]
            else:
                pieces.popleft()
            self._held -= len(old[-1])
        if len(pieces) > PIECES:
            self._pieces = deque([memoryview(b"".join(pieces))])
        return b"".join(old)

    def close(self) -> bytes:
        """Return the last bytes."""
        held = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        return held

    def length(self, size: int) -> int:
        """Return the same number: nothing is added."""
        return size


def proved(body: Body, digest: str, *, md5: bool = True) -> Body:
    """Return a Body that proves itself on its way out.

    Args:
        body: Its length is what was announced.
        digest: Its Content-MD5, base64; "" for none.
        md5: Whether `md5_of` will be asked.

    """
    tally = Tally(body.length, digest, md5=md5)
    return body.coded(lambda: tally).coded(HoldBack)


def md5_of(body: Piece) -> str:
    """Return the MD5, in hex, of bytes or of a Body that was `proved` and has passed."""
    if isinstance(body, bytes):
        return hashlib.md5(body, usedforsecurity=False).hexdigest()
    (tally,) = (coding for coding in (make() for make in body.through) if isinstance(coding, Tally))
    return tally.hexdigest


def own_etag(answer: Answer, call: Call, sent: Piece) -> Answer:
    """Return an answer to a Put with the MD5 of its bytes where the store's ETag is none (wire rule 28).

    Args:
        answer: The store's, to any call.
        call: What was asked.
        sent: The bytes as the store got them, or the Body that was `proved`.

    """
    if "Data" not in call.values or _MD5.match(answer.values.get("ETag", "")):
        return answer
    return replace(answer, values={**answer.values, "ETag": f'"{md5_of(sent)}"'})


def judge_digest(digest: str, calculated: bytes) -> None:
    """Hold a Content-MD5 against what the bytes come to.

    Args:
        digest: As the client sent it, base64.
        calculated: The MD5 of the bytes, 16 bytes.

    Raises:
        Problem: InvalidDigest, BadDigest.

    """
    try:
        expected = base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        expected = b""
    if len(expected) != 16:
        raise Problem("InvalidDigest", details=(("Content-MD5", digest),))
    if expected != calculated:
        details = (
            ("CalculatedDigest", base64.b64encode(calculated).decode("ascii")),
            ("ExpectedDigest", digest),
        )
        raise Problem("BadDigest", details=details)
