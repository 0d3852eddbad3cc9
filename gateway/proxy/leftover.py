"""The rest of a request that was answered before its end: read, measured and thrown away.

It is over when the request's body has ended, if that can still be told, or when there was too
much of it (wire rule 21).
"""

from __future__ import annotations

from gateway.messages import Problem
from gateway.wire.bodies import BodyReader


class Leftover:
    """What is left of one request.

    Args:
        reader: Reads its body; None when its head could not be read: then nobody knows the end.
        allowed: Bytes of it.

    Attributes:
        too_much: Whether more came than is allowed.

    """

    __slots__ = ("_allowed", "_reader", "_size", "too_much")

    def __init__(self, reader: BodyReader | None, allowed: int) -> None:
        self._reader = reader
        self._allowed = allowed
        self._size = 0
        self.too_much = False

    @property
    def over(self) -> bool:
        """Whether no more of it need be read."""
        return self.too_much or (self._reader is not None and self._reader.done)

    def take(self, data: bytes) -> None:
        """Throw away the next bytes."""
        self._size += len(data)
        self.too_much = self._size > self._allowed
        if self._reader is not None:
            try:
                self._reader.feed(data)
            except Problem:
                self._reader = None  # its end can not be told any more, the allowance decides
