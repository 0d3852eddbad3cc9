"""A request on its way to the store, from whoever asks to the connection that works for it.

The asker keeps it to cancel it; the pool and the connections keep their notes about it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.messages import HttpRequest, Piece, Problem, RestReply
from gateway.proxy.outgoing import Outgoing

_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_IDEMPOTENT = _SAFE | {"PUT", "DELETE"}  # of S3's methods: all but POST
_CONDITIONS = frozenset(("if-match", "if-none-match"))

Outcome = RestReply | Problem
"""What comes of a request: the store's reply, whatever its status, or why there is none."""


@dataclass(slots=True, eq=False)
class Asking:
    """A request on its way to the store, until its outcome is delivered.

    Attributes:
        request: What is sent.
        pieces: Its body; of one that streams, all of it, when its first bytes were the last.
        head: Its head, as bytes.
        limit: Bytes of a body that is neither streamed nor unpacked.
        done: Hears of the outcome; None once it did, or was cancelled.
        expects: Whether its body is sent when the store has said `100 Continue`.
        outgoing: Writes a body that streams; None where `pieces` are at hand, or wait for a sign to go on.
        first: What that has written until there is a connection.
        asked_at: When it was ready to be sent, by the upstream's clock.
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
    expects: bool = False
    outgoing: Outgoing | None = None
    first: tuple[bytes, ...] = ()
    asked_at: float = 0.0
    connect_by: float = 0.0
    reused: bool = False
    retried: bool = False
    stop: Callable[[], None] | None = None

    @property
    def idempotent(self) -> bool:
        """Whether it does no more when it arrives twice.

        A write on a condition does: the second is judged by what the first did.
        """
        request = self.request
        if request.method not in _IDEMPOTENT:
            return request.idempotent
        return request.method in _SAFE or _CONDITIONS.isdisjoint([name for name, _ in request.headers])

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent a second time: idempotent, and every byte of it at hand."""
        at_hand = self.outgoing is None and all(isinstance(piece, bytes) for piece in self.pieces)
        return at_hand and self.idempotent

    def cancel(self) -> None:
        """Stop: nobody wants the outcome. Does nothing once it was delivered."""
        self.done = None
        stop, self.stop = self.stop, None
        if stop is not None:
            stop()
