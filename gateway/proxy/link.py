"""One connection of Twisted's, spoken to in asyncio's words.

A `Link` is a Twisted protocol towards the reactor and a `Transport` towards the connection that
it was made for. What differs is evened out here: connections begin after the TLS handshake;
Twisted's TLS goes on decrypting what it has read when reading is paused, so that is held;
and it forgets to close when a producer was paused at that moment, so the producer is taken away.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet import protocol
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHalfCloseableProtocol, IHandshakeListener, IPushProducer
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer

from gateway.proxy.handshakes import Handshakes
from gateway.proxy.transport import StreamProtocol


@implementer(IHalfCloseableProtocol, IPushProducer)
class Link(protocol.Protocol):
    """Stands between one connection and Twisted's transport.

    Args:
        make_protocol: Called when the connection, its TLS handshake included, is made; by None
            nobody wants it any more.
        secure: Whether the transport will be one of Twisted's TLS.
        failed: Told the error when it is lost before it was made.

    """

    _protocol: StreamProtocol  # once the connection stands
    transport: Any  # the interfaces of a transport and a consumer, and `bufferSize` beside them

    def __init__(
        self,
        make_protocol: Callable[[], StreamProtocol | None],
        *,
        secure: bool,
        failed: Callable[[BaseException | None], None],
    ) -> None:
        if secure:
            # Not for every link: of two interfaces Twisted's endpoints pass on the last alone,
            # and a plain connection needs to hear of half-closes.
            directlyProvides(self, IHandshakeListener)
        self._make_protocol = make_protocol
        self._secure = secure
        self._failed = failed
        self._stands = False
        self._socket: Any = None  # Twisted's TCP transport, under its TLS if there is any
        self._handshakes: Handshakes | None = None
        self._paused = False
        self._held: list[bytes] = []
        self._lost = False
        self._error: BaseException | None = None

    def expect_handshake(self, handshakes: Handshakes) -> None:
        """Abort unless the connection is made in the time that `handshakes` give."""
        self._handshakes = handshakes
        handshakes.begin(self, self.abort)

    # Twisted speaks.

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Learn of the transport; with TLS that is before its handshake."""
        self._socket = self.transport.transport if self._secure else self.transport
        with suppress(OSError):  # a unix socket has no such option
            self._socket.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._secure:
            self._begin()

    def handshakeCompleted(self) -> None:  # noqa: N802 - Twisted's name
        """Learn that TLS stands."""
        self._begin()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Pass on what came, or hold it while reading is paused."""
        if self._paused or self._held:
            self._held.append(data)
        else:
            self._protocol.data_received(data)

    def readConnectionLost(self) -> None:  # noqa: N802 - Twisted's name
        """Pass on the peer's half-close."""
        if not self._protocol.eof_received():
            self.close()

    def writeConnectionLost(self) -> None:  # noqa: N802 - Twisted's name
        """Never comes: nobody here closes the writing half alone."""

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Pass on the end, behind what is held."""
        self._lost = True
        self._error = reason.value
        self._in_time()
        if not self._stands:
            self._failed(self._error)
        elif not self._held:
            self._end()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Pass on that the write buffer is full."""
        self._protocol.pause_writing()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Pass on that the write buffer is empty."""
        if self._socket.disconnecting:
            self.transport.unregisterProducer()
        else:
            self._protocol.resume_writing()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Learn that the transport takes no more; `connectionLost` follows."""

    # The connection speaks: see `Transport`.

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        self.transport.write(data)

    def writelines(self, pieces: Sequence[bytes]) -> None:
        """Queue pieces."""
        self.transport.writeSequence(pieces)

    def close(self) -> None:
        """Close once everything queued has been sent."""
        if not self._gone():
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def abort(self) -> None:
        """Close at once; the peer of a TCP connection sees a reset."""
        if self.transport is not None and not self._gone():
            self.transport.abortConnection()

    def is_closing(self) -> bool:
        """Tell whether the connection has ended."""
        return self._lost

    def pause_reading(self) -> None:
        """Give no more data."""
        self._paused = True
        self._socket.pauseProducing()

    def resume_reading(self) -> None:
        """Give data again, first what is held."""
        if self._paused:
            self._paused = False
            self._socket.resumeProducing()
            if self._held:
                self._socket.reactor.callLater(0, self._release)

    def set_read_buffer_limits(self, high: int) -> None:
        """Nothing waits undecrypted in Twisted's TLS."""

    def set_write_buffer_limits(self, high: int) -> None:
        """Set how much may be queued. It is also how much Twisted reads at once."""
        self._socket.bufferSize = high

    def get_extra_info(self, name: str) -> Any:
        """Tell `peername`, `socket` or `cipher`."""
        if self._lost:
            return None
        if name == "cipher":
            return self.transport.getHandle().get_cipher_name() if self._secure else None
        if name == "peername":
            peer = self._socket.getPeer()
            return (peer.host, peer.port) if isinstance(peer, IPv4Address | IPv6Address) else ""
        return self._socket.getHandle() if name == "socket" else None

    def _begin(self) -> None:
        self._in_time()
        made = self._make_protocol()
        if made is None:
            self.abort()
            return
        self._protocol = made
        self._stands = True
        self.transport.registerProducer(self, True)
        self._protocol.connection_made(self)

    def _in_time(self) -> None:
        if self._handshakes is not None:
            self._handshakes.end(self)

    def _release(self) -> None:
        if self._paused or not self._held:
            return
        data = b"".join(self._held)
        self._held.clear()
        self._protocol.data_received(data)
        if self._lost:
            self._end()

    def _gone(self) -> bool:
        """Tell whether Twisted's side is over; if only what is held kept ours open, end it."""
        if self._lost and self._held:
            self._held.clear()
            self._socket.reactor.callLater(0, self._end)
        return self._lost

    def _end(self) -> None:
        self._protocol.connection_lost(self._error)
