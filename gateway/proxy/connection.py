"""What the client's and the store's connections share, on either carrier.

A carrier speaks to a `Connection` by asyncio's methods; a subclass hears what it means and
never twice: nothing more once it has closed, `lost` exactly once, whatever the reason. A bug
in a subclass costs its connection and a line in the log.

Closing sends everything first. How long that may take is decided by progress alone: while the
kernel gets rid of bytes the peer is reading, however slowly; when nothing has moved for the
write stall the connection is reset. The same holds while the write buffer is full. Deadlines
are attributes that one sweep a second looks at.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Protocol

from twisted.logger import Logger

from gateway.proxy.sweep import Sweep
from gateway.proxy.transport import Transport, peer_of, unacknowledged

log = Logger()

HIGH_WATER = 262144
"""Bytes queued towards a peer before `send` says so, beside what is gathered in a round."""

TLS_READ_AHEAD = 262144
"""Bytes that a TLS connection reads before they are decrypted; none of them while it is paused."""

TLS_SLICE = 262144
"""Bytes given to TLS at once: uvloop's does not count a single large write as queued."""

JOINED = 65536
"""Bytes up to which pieces are written as one; to copy more takes longer than to write them one by one."""

GOODBYE = 2.0
"""Seconds that a peer has to close its end too (TLS), once it has everything."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time


class Counters(Protocol):
    """What the shell counts."""

    def answered(self, frontend: str, operation: str, status: int, code: str, seconds: float) -> None:
        """Count an answer to a client; `code` is "" when it is no error."""

    def asked(self, status: int, seconds: float) -> None:
        """Count a store's answer; status 0 when there was none."""

    def opened(self, side: str) -> None:
        """Count a connection of `client` or `store` as open."""

    def closed(self, side: str) -> None:
        """Count it as open no more."""

    def limited(self, limit: str) -> None:
        """Count that a limit or deadline was met, by its name; also `handshake`."""


class Connection:
    """One connection. A subclass says what is done with it, by the seven methods marked so.

    Args:
        sweep: Who looks at its deadlines.
        counters: What it counts in.
        write_stall: Seconds without progress until a peer that does not read is given up.
        leave: Called when the connection is over, also when it never began.

    Attributes:
        side: `client` or `store`, for counters and log.
        peer: The other end's address as text; `unix` for a unix socket.
        secure: Whether it is TLS.
        closed: Nothing can be sent: not begun, finished, reset or lost.

    """

    side: ClassVar[str] = "client"

    def __init__(
        self,
        sweep: Sweep,
        counters: Counters,
        *,
        write_stall: float = 60.0,
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self.peer = ""
        self.secure = False
        self.closed = True
        self.counters = counters
        self._sweep = sweep
        self._write_stall = write_stall
        self._leave = leave
        self._lost = False
        self._transport: Transport | None = None
        self._number = 0
        self._deadline: float | None = None
        self._full = False
        self._stalled: float | None = None  # when the peer is given up; None: nothing waits for it
        self._unread: int | None = None

    # For a subclass to say.

    def began(self) -> None:
        """The connection stands, with TLS its handshake is done."""

    def received(self, data: bytes) -> None:
        """The peer sent these bytes."""

    def ended(self) -> None:
        """The peer sends no more but may still read. Never with TLS: there `lost` follows."""
        self.finish()

    def lost(self) -> None:
        """It is over. Comes exactly once after `began`, whatever the reason."""

    def drained(self) -> None:
        """There is room again after `send` returned False."""

    def expired(self) -> None:
        """Its deadline has passed."""
        self.reset()

    def failed(self) -> None:
        """A bug escaped one of these methods; it is logged already."""
        self.reset()

    # For a subclass to use.

    def send(self, *data: bytes) -> bool:
        """Send bytes, False when `drained` should be waited for. Once closed nothing is sent."""
        transport = self._transport
        if self.closed or transport is None:
            return False
        pieces = (b"".join(data),) if len(data) > 1 and sum(map(len, data)) <= JOINED else data
        if not self.secure:
            if transport.is_closing():  # the peer has left, and `lost` is on its way
                return False
            transport.writelines(pieces)
            return not self._full
        for piece in pieces:
            for start in range(0, len(piece), TLS_SLICE):
                if transport.is_closing():
                    return False
                transport.write(piece[start : start + TLS_SLICE])
        return not self._full

    def finish(self) -> None:
        """Close once everything has been sent. The subclass hears nothing more but `lost`.

        What the peer sends from now on is not read. TCP answers that by a reset, which may overtake
        what was sent: read what is still to come before.
        """
        if not self.closed and self._transport is not None:
            self.resume()  # else the end of TLS would not be noticed
            self._close()
            self._transport.close()

    def reset(self) -> None:
        """Close at once, by a reset where the carrier can: the peer must not take it for an end."""
        if self._transport is None or self._lost:
            return
        self._close()
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            with suppress(OSError, ValueError):  # the peer was faster, and the descriptor is closed
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def pause(self) -> None:
        """Receive no more until `resume`. That the peer leaves is not noticed meanwhile."""
        if not self.closed and self._transport is not None:
            self._transport.pause_reading()
            if self.secure:
                # Else the end of the connection would overtake what is read but not decrypted.
                self._transport.set_read_buffer_limits(0)

    def resume(self) -> None:
        """Receive again."""
        if not self.closed and self._transport is not None:
            self._transport.resume_reading()
            if self.secure:
                self._transport.set_read_buffer_limits(TLS_READ_AHEAD)

    def set_deadline(self, seconds: float | None) -> None:
        """Have `expired` called once, that many seconds from now; None: not at all."""
        self._deadline = None if seconds is None else self._sweep.seconds() + seconds

    # For a carrier to call: `transport.StreamProtocol`.

    def connection_made(self, transport: Transport) -> None:
        """Begin."""
        self._transport = transport
        self.closed = False
        self.secure = transport.get_extra_info("cipher") is not None
        self.peer = peer_of(transport.get_extra_info("peername"))
        self._number = self._sweep.add(self)
        self.counters.opened(self.side)
        transport.set_write_buffer_limits(HIGH_WATER)
        self._tell(self.began)

    def data_received(self, data: bytes) -> None:
        """Pass on what came."""
        if not self.closed:
            self._tell(self.received, data)

    def eof_received(self) -> bool:
        """Pass on that the peer has ended; TLS closes both directions and does so by itself."""
        if self.secure:
            if not self.closed:
                self._close()
            return False
        if not self.closed:
            self._tell(self.ended)
        return True

    def connection_lost(self, error: BaseException | None) -> None:
        """Pass on that it is over. The error decides nothing: carriers do not agree about it."""
        del error
        if self._lost:
            return
        self._lost = True
        self._leave()
        if self._transport is None:
            self.counters.limited("handshake")
            return
        self._close()
        self._stalled = None
        self._sweep.discard(self)
        self.counters.closed(self.side)
        self._tell(self.lost)

    def pause_writing(self) -> None:
        """Remember that the buffer is full, and see that the peer does read."""
        self._full = True
        self._watch()

    def resume_writing(self) -> None:
        """Pass on that there is room again."""
        self._full = False
        if not self.closed:
            self._stalled = None
            self._tell(self.drained)

    def swept(self, now: float) -> None:
        """See what time it is; the sweep asks."""
        if self._stalled is not None:
            self._judge(now, self._stalled)
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self._tell(self.expired)

    def _judge(self, now: float, until: float) -> None:
        """See whether a peer that something waits for does read."""
        assert self._transport is not None
        unread = unacknowledged(self._transport)
        has_all = self.closed and unread == 0
        if unread != self._unread:
            self._unread = unread
            self._stalled = now + (GOODBYE if has_all else self._write_stall)
        elif now >= until:
            if has_all:
                self._transport.abort()
            else:
                self.counters.limited("write_stall")
                self.reset()

    def _close(self) -> None:
        self.closed = True
        self._deadline = None
        self._watch()

    def _watch(self) -> None:
        self._unread = None
        self._stalled = self._sweep.seconds() + self._write_stall

    def _tell(self, event: Callable[..., None], *data: Any) -> None:
        try:
            event(*data)
        except Exception:  # noqa: BLE001 - a bug costs this connection and no other
            self._report(event.__name__)
            if self.closed:
                return
            try:
                self.failed()
            except Exception:  # noqa: BLE001 - the same
                self._report("failed")
                self.reset()

    def _report(self, method: str) -> None:
        log.failure(
            "{side} connection {number} from {peer}: a bug escaped {method}",
            side=self.side,
            number=self._number,
            peer=self.peer,
            method=method,
        )
