"""The body of one request while it arrives from a client.

What its language allowed of it, where it goes (collected, or read part by part), and whether it
comes at the rate that is asked of it. Who reads it, and what is answered, is the connection's affair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.messages import Admission
from gateway.proxy.exchange import Cell
from gateway.proxy.unpacking import Unpacked, Unpacking
from gateway.wire.bodies import body_reader
from gateway.wire.http1 import RequestHead


class Arriving:
    """One body.

    Args:
        head: Of the request.
        cell: Its language's; says what a body that is too long is answered with.

    Attributes:
        reader: Finds it in what comes.
        proof: What the language knows of the request already.
        waited_for: Whether the client waits for `100 Continue`.

    """

    def __init__(self, head: RequestHead, cell: Cell) -> None:
        self.reader = body_reader(head)
        self.proof: Any = None
        self.waited_for = head.expects_continue
        self._head = head
        self._cell = cell
        self._most = 0
        self._upload: Unpacked | None = None
        self._collected = bytearray()
        self._mark = 0

    def admit(self, admission: Admission, pace: Callable[[bool], None]) -> None:
        """Learn how it is read.

        Args:
            admission: What the language says.
            pace: Called with False when nothing should be read of a body in parts, then with True.

        Raises:
            Problem: It is longer than it may be, by its own word.

        """
        self._most, self.proof = admission.most, admission.proof
        if self._head.length is not None and self._head.length > self._most:
            raise self._cell.too_long(self._head)
        if admission.parts is not None:
            self._upload = Unpacked(admission.parts, pace, self._unwanted)

    def _unwanted(self) -> None:
        """Read on and throw away, for an answer comes; a client that waits for a sign to go on gets none."""
        self.waited_for = False
        assert self._upload is not None
        self._upload.resume()

    @property
    def in_parts(self) -> bool:
        """Whether it is read part by part."""
        return self._upload is not None

    @property
    def ready(self) -> bool:
        """Whether the request can be served although its body is still coming."""
        return self._upload is not None and self._upload.ready

    @property
    def held_up(self) -> bool:
        """Whether the next bytes wait for whoever takes what is attached."""
        return self._upload is not None and self._upload.paused

    def take(self, payload: bytes) -> None:
        """Take the next bytes.

        Raises:
            Problem: They are too many, or not what was announced.

        """
        if self.reader.received > self._most:
            raise self._cell.too_long(self._head)
        if self._upload is None:
            self._collected += payload
        else:
            self._upload.feed(payload)

    def finish(self) -> None:
        """Learn that these were the last.

        Raises:
            Problem: There should be more.

        """
        if self._upload is not None:
            self._upload.finish()

    def end(self) -> None:
        """Say that all of it came, and was good."""
        if self._upload is not None:
            self._upload.end()

    def body(self) -> bytes | Unpacking:
        """Return what the language is given: all bytes, which are kept no longer, or what reads the parts."""
        if self._upload is not None:
            return self._upload.message
        collected, self._collected = bytes(self._collected), bytearray()
        return collected

    def begin_span(self) -> None:
        """Begin to measure the rate."""
        self._mark = self.reader.received

    def kept_rate(self, least: int) -> bool:
        """Tell whether so many bytes came since then, or none were wanted."""
        return self.held_up or self.reader.received - self._mark >= least
