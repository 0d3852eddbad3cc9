"""Two carriers of connections with one interface, and the choice between them.

`Native` uses the transports of an asyncio loop, uvloop's above all, inside Twisted's asyncio
reactor. `Twisted` uses the reactor's own transports through `link.Link`. Which one runs follows
from the reactor; what they say to connections is in `transport`. Nothing in here knows HTTP.

All time comes from one clock, the reactor unless a test gives its own: the deadlines that
asyncio's TLS brings along are put out of reach, because its shutdown would cut off a slow
reader and its handshake can not be watched together with all else.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, cast

from OpenSSL import SSL
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.protocols.tls import TLSMemoryBIOFactory

from gateway.proxy.acceptor import Acceptor
from gateway.proxy.clock import Clock
from gateway.proxy.gathered import Gathered
from gateway.proxy.handshakes import Handshakes
from gateway.proxy.link import Link
from gateway.proxy.rounds import Rounds
from gateway.proxy.transport import StreamProtocol

NEVER = 86400.0
"""Seconds; what a carrier's own timers are set to where our clock decides."""


class Cancelable(Protocol):
    """An attempt to connect that is under way."""

    def cancel(self) -> None:
        """Give up and tell nobody; nothing happens when it has been made or has failed."""


class Carrier(ABC):
    """Accepts connections and makes them.

    Args:
        reactor: The running reactor.
        clock: Where seconds come from.

    Attributes:
        name: `native` or `twisted`. It decides what kind of TLS context is taken.
        reactor_name: The reactor, and its loop if it has one, for people.
        rounds: Those of the reactor.

    """

    name: str
    reactor_name: str

    def __init__(self, reactor: Any, clock: Clock, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self.rounds = Rounds(call_soon)
        self._reactor = reactor
        self._clock = clock

    def accept(
        self,
        listening: socket.socket,
        make_protocol: Callable[[str], StreamProtocol | None],
        *,
        tls: Callable[[], Any] | None = None,
        handshake: float = 10.0,
        limited: Callable[[str], None] = lambda _name: None,
    ) -> Acceptor:
        """Accept connections until the returned acceptor is stopped.

        Args:
            listening: A bound, listening socket, TCP or unix. Stopping does not close it.
            make_protocol: Given the peer's address, makes a protocol or refuses by None. It is
                asked before a byte is read, a TLS handshake included.
            tls: Gives the context of the next handshake, an `ssl.SSLContext` for the native
                carrier, an `IOpenSSLServerConnectionCreator` for Twisted's; None: plain.
            handshake: Seconds that a TLS handshake may take.
            limited: Told `descriptors` when accepting pauses because there are none left.

        """
        handshakes = Handshakes(self._clock, handshake)

        def adopt(sock: socket.socket, protocol: StreamProtocol) -> None:
            self._adopt(sock, protocol, tls() if tls else None, handshakes)

        return Acceptor(
            self._clock,
            listening,
            watch=self._watch,
            unwatch=self._unwatch,
            make_protocol=make_protocol,
            adopt=adopt,
            limited=limited,
        )

    def connect(  # noqa: PLR0913 - each is the caller's to say
        self,
        host: str,
        port: int,
        make_protocol: Callable[[], StreamProtocol],
        *,
        timeout: float,
        failed: Callable[[str], None],
        tls: tuple[str, Any] | None = None,
    ) -> Cancelable:
        """Connect to `host` and begin a protocol there.

        Args:
            host: A DNS name, or an IP address without brackets.
            port: Its TCP port.
            make_protocol: Makes the protocol. When the attempt fails it hears nothing.
            timeout: Seconds for resolving, connecting and the TLS handshake together.
            failed: Told the reason in words, once and never before this call has returned.
            tls: The name that the certificate must have, and a context: an `ssl.SSLContext`, or
                for Twisted's carrier what makes an `IOpenSSLClientConnectionCreator` for a name.

        """
        attempt = Attempt(self._clock, timeout, failed)
        attempt.abandon = self._dial(attempt, host, port, make_protocol, tls)
        return attempt

    @abstractmethod
    def _watch(self, acceptor: Acceptor) -> None:
        """Let an acceptor know when connections wait."""

    @abstractmethod
    def _unwatch(self, acceptor: Acceptor) -> None:
        """Let it be; nothing happens when it was not watched."""

    @abstractmethod
    def _adopt(
        self, sock: socket.socket, protocol: StreamProtocol, context: Any, handshakes: Handshakes
    ) -> None:
        """Drive an accepted socket, which from now on is the carrier's."""

    @abstractmethod
    def _dial(
        self,
        attempt: Attempt,
        host: str,
        port: int,
        make_protocol: Callable[[], StreamProtocol],
        tls: tuple[str, Any] | None,
    ) -> Callable[[], object]:
        """Begin to connect, return what abandons it."""


class Attempt:
    """One attempt to connect: it is made, fails, runs out of time or is cancelled, once."""

    def __init__(self, clock: Clock, timeout: float, failed: Callable[[str], None]) -> None:
        self._timeout = timeout
        self._failed = failed
        self._deadline = clock.callLater(timeout, self._expire)
        self.abandon: Callable[[], object] = lambda: None

    def cancel(self) -> None:
        """Give up and tell nobody."""
        if self.settle():
            self.abandon()

    def settle(self) -> bool:
        """Put an end to it; False when it has one already."""
        if not self._deadline.active():
            return False
        self._deadline.cancel()
        return True

    def fail(self, error: BaseException | None) -> None:
        """Tell the reason, unless it has ended already."""
        if self.settle():
            self._failed(explain(error))

    def _expire(self) -> None:
        self.abandon()
        self._failed(f"no connection within {self._timeout:g} seconds")


class Native(Carrier):
    """The transports of the asyncio loop that Twisted's asyncio reactor runs on."""

    name = "native"

    def __init__(self, reactor: Any, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        super().__init__(reactor, clock, loop.call_soon)
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself holds them only weakly
        self.reactor_name = f"asyncio on {type(loop).__module__.partition('.')[0]}"

    def _watch(self, acceptor: Acceptor) -> None:
        # The loop itself: through the reactor a connection is reported at twice the price.
        self._loop.add_reader(acceptor.fileno(), acceptor.doRead)

    def _unwatch(self, acceptor: Acceptor) -> None:
        self._loop.remove_reader(acceptor.fileno())

    def _adopt(
        self, sock: socket.socket, protocol: StreamProtocol, context: Any, handshakes: Handshakes
    ) -> None:
        task = self._start(self._adopted(sock, protocol, context, handshakes))
        if context is not None:
            handshakes.begin(protocol, task.cancel)

    def _dial(
        self,
        attempt: Attempt,
        host: str,
        port: int,
        make_protocol: Callable[[], StreamProtocol],
        tls: tuple[str, Any] | None,
    ) -> Callable[[], object]:
        return self._start(self._dialled(attempt, host, port, make_protocol, tls)).cancel

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _adopted(
        self,
        sock: socket.socket,
        protocol: StreamProtocol,
        context: ssl.SSLContext | None,
        handshakes: Handshakes,
    ) -> None:
        never = NEVER if context else None
        door = _Door(lambda: protocol, self.rounds)
        error: BaseException | None = None
        try:
            await self._loop.connect_accepted_socket(
                lambda: door, sock, ssl=context, ssl_handshake_timeout=never, ssl_shutdown_timeout=never
            )
        except (OSError, asyncio.CancelledError) as failure:
            error = failure
        handshakes.end(protocol)
        if not door.opened:  # also when it was lost in the handshake without an error
            protocol.connection_lost(error)

    async def _dialled(
        self,
        attempt: Attempt,
        host: str,
        port: int,
        make_protocol: Callable[[], StreamProtocol],
        tls: tuple[str, ssl.SSLContext] | None,
    ) -> None:
        name, context = tls or (None, None)
        never = NEVER if context else None
        error: BaseException | None = None
        try:
            await self._loop.create_connection(
                lambda: _Door(lambda: make_protocol() if attempt.settle() else None, self.rounds),
                host,
                port,
                ssl=context,
                server_hostname=name,
                ssl_handshake_timeout=never,
                ssl_shutdown_timeout=never,
            )
        except OSError as failure:
            error = failure
        attempt.fail(error)  # if it was not made


class _Door(asyncio.Protocol):
    """Waits through connecting and handshake, then gives its place to the connection's protocol."""

    def __init__(self, make_protocol: Callable[[], StreamProtocol | None], rounds: Rounds) -> None:
        self.opened = False
        self._make_protocol = make_protocol
        self._rounds = rounds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made = cast(asyncio.Transport, transport)
        protocol = self._make_protocol()
        if protocol is None:
            made.abort()
            return
        self.opened = True
        made.set_protocol(cast(asyncio.Protocol, protocol))
        protocol.connection_made(Gathered(made, self._rounds))


class Twisted(Carrier):
    """The transports of a Twisted reactor, whichever it is."""

    name = "twisted"

    def __init__(self, reactor: Any, clock: Clock) -> None:
        # A delayed call of no seconds would wait while the clock is set back.
        super().__init__(reactor, clock, reactor.callFromThread)
        self.reactor_name = type(reactor).__name__.removesuffix("Reactor").lower()

    def _watch(self, acceptor: Acceptor) -> None:
        self._reactor.addReader(acceptor)

    def _unwatch(self, acceptor: Acceptor) -> None:
        self._reactor.removeReader(acceptor)

    def _adopt(
        self, sock: socket.socket, protocol: StreamProtocol, context: Any, handshakes: Handshakes
    ) -> None:
        link = Link(lambda: protocol, secure=context is not None, failed=protocol.connection_lost)
        if context is not None:
            link.expect_handshake(handshakes)
        self._reactor.adoptStreamConnection(sock.fileno(), sock.family, self._factory(link, context))
        sock.close()  # the reactor has a duplicate of its own

    def _dial(
        self,
        attempt: Attempt,
        host: str,
        port: int,
        make_protocol: Callable[[], StreamProtocol],
        tls: tuple[str, Any] | None,
    ) -> Callable[[], object]:
        link = Link(
            lambda: make_protocol() if attempt.settle() else None, secure=tls is not None, failed=attempt.fail
        )
        factory = self._factory(link, tls[1](tls[0]) if tls else None, client=True)
        endpoint = HostnameEndpoint(self._reactor, host, port, timeout=NEVER)
        connecting = deferLater(self._reactor, 0, endpoint.connect, factory)
        connecting.addErrback(lambda failure: attempt.fail(failure.value))

        def abandon() -> None:
            connecting.cancel()
            link.abort()

        return abandon

    def _factory(self, link: Link, context: Any, *, client: bool = False) -> Any:
        factory: Any = _Factory(link)
        if context is None:
            return factory
        return TLSMemoryBIOFactory(context, client, factory, clock=self._reactor)


class _Factory(Factory):
    """Gives a reactor the one protocol that it asks for."""

    noisy = False

    def __init__(self, link: Link) -> None:
        self._link = link

    def buildProtocol(self, addr: Any) -> Link:  # noqa: N802 - Twisted's name
        """Return the link."""
        del addr
        return self._link


def explain(error: BaseException | None) -> str:
    """Say in words why there is no connection, without Python's or OpenSSL's wrapping."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, SSL.Error):
        reason = error.args[0][-1][-1] if error.args and error.args[0] else "no reason given"
        refused = reason == "certificate verify failed"
        return f"{'the certificate is not accepted' if refused else 'TLS failed'}: {reason}"
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error or "") or "the connection was closed"


def carrier_for(reactor: Any, clock: Clock | None = None) -> Carrier:
    """Return the carrier that suits a reactor: `Native` where it runs on an asyncio loop."""
    loop = getattr(reactor, "_asyncioEventloop", None)  # Twisted has no public name for it
    if loop is None:
        return Twisted(reactor, clock or reactor)
    return Native(reactor, loop, clock or reactor)
