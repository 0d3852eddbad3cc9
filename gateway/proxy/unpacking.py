"""A message that is read part by part: what is attached is given on while it comes.

The language knows the parts, the connection reads the bytes, whoever writes the attachment
sets the pace. Until somebody takes the attachment, and whenever the taker is full, the message
is not read. So it is with requests of clients and with replies of stores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gateway.messages import Attachment, Body
from gateway.proxy.incoming import Incoming


class Beginning(Protocol):
    """What is known of an attachment when it begins."""

    @property
    def length(self) -> int | None:
        """Its bytes, as announced."""


class Unpacking(Protocol):
    """How the shell sees a message in parts: the language reads it."""

    attachment: Attachment | None

    @property
    def ready(self) -> bool:
        """Whether the message can be served: what is still to come is its attachment alone."""

    @property
    def part(self) -> Beginning | None:
        """The beginning of the attachment; None until it has come."""

    def attach(self, body: Body) -> None:
        """Say where the bytes of the attachment come from."""

    def feed(self, data: bytes) -> list[bytes]:
        """Read on; return the bytes of the attachment. Raises Problem."""

    def finish(self) -> None:
        """Learn that the body is over. Raises Problem when the message is not."""


class Unpacked:
    """One message in parts. It is the source of its attachment's `Incoming`.

    Args:
        unpacking: Reads the parts.
        pace: Called with False when the connection should not be read, with True when it should.
        dropped: Called when nobody wants the rest.

    Attributes:
        message: What reads the parts.
        paused: Whether the attachment's taker wants no more for now.

    """

    def __init__(
        self, unpacking: Unpacking, pace: Callable[[bool], None], dropped: Callable[[], None]
    ) -> None:
        self.message = unpacking
        self.paused = False
        self._pace = pace
        self._dropped = dropped
        self._incoming: Incoming | None = None

    @property
    def ready(self) -> bool:
        """Whether the message can be served."""
        return self.message.ready

    def feed(self, data: bytes) -> None:
        """Read on, and give on what is attached.

        Raises:
            Problem: The message is broken.

        """
        pieces = self.message.feed(data)
        part = self.message.part
        if part is not None and self._incoming is None:
            self._incoming = Incoming(self)
            self.message.attach(Body(self._incoming, part.length))
        for piece in pieces:
            assert self._incoming is not None, "bytes belong to a part that has begun"
            self._incoming.data(piece)

    def finish(self) -> None:
        """Learn that the body is over.

        Raises:
            Problem: The message is not.

        """
        self.message.finish()
        assert self.message.ready, "a message that is whole can be served"

    def end(self) -> None:
        """Say that the message came to its good end: only now is its attachment whole."""
        if self._incoming is not None:
            self._incoming.end()

    def broken(self) -> None:
        """Say that the rest will never come."""
        if self._incoming is not None:
            self._incoming.broken()

    # What the attachment calls.

    def pause(self) -> None:
        """Read no more of the message."""
        self.paused = True
        self._pace(False)

    def resume(self) -> None:
        """Read on."""
        self.paused = False
        self._pace(True)

    def unwanted(self) -> None:
        """Learn that nobody takes the rest: it is read and thrown away, or not read at all."""
        self._dropped()
