"""A request on its way to the store, from whoever asks to the connection that works for it.

The asker keeps it to cancel it; the pool and the connections keep their notes about it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.messages import HttpRequest, Piece, Problem, RestReply

_IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"))  # of S3's methods: all but POST

Outcome = RestReply | Problem
"""What comes of a request: the store's reply, whatever its status, or why there is none."""


@dataclass(slots=True, eq=False)
class Asking:
    """A request on its way to the store, until its outcome is delivered.

    Attributes:
        request: What is sent.
        pieces: Its body; as bytes, where all of it is here.
        head: Its head, as bytes.
        limit: Bytes of a body that is neither streamed nor unpacked.
        done: Hears of the outcome; None once it did, or was cancelled.
        asked_at: When, by the upstream's clock.
        connect_by: When it must be on a connection.
        reused: Whether the connection that works for it had served before.
        retried: Whether it is on its second connection.
        stop: Ends whatever is being done for it right now.

    """

    request: HttpRequest
    pieces: tuple[Piece, ...]
    head: bytes
    limit: int
    done: Callable[[Outcome], None] | None
    asked_at: float
    connect_by: float
    reused: bool = False
    retried: bool = False
    stop: Callable[[], None] | None = None

    @property
    def idempotent(self) -> bool:
        """Whether it does no more when it arrives twice."""
        return self.request.idempotent or self.request.method in _IDEMPOTENT

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent a second time: idempotent, and every byte of it at hand."""
        return self.idempotent and all(isinstance(piece, bytes) for piece in self.pieces)

    def cancel(self) -> None:
        """Stop: nobody wants the outcome. Does nothing once it was delivered."""
        self.done = None
        stop, self.stop = self.stop, None
        if stop is not None:
            stop()
