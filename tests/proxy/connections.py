"""Connections for tests: they write down what they hear, and their counters too."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.logger import LogEvent, globalLogPublisher

from gateway.proxy.acceptor import Acceptor
from gateway.proxy.caps import Caps
from gateway.proxy.carrier import Cancelable, Carrier, carrier_for
from gateway.proxy.connection import Connection
from gateway.proxy.sweep import Sweep
from gateway.service.self_signed import SelfSigned, make_self_signed
from gateway.service.tls import client_context, server_context
from tests.carriers import PATIENCE, listening, on_reactor

STALL = 30.0
"""Seconds, by the clock that tests advance."""


class Tally:
    """Counters that are read by tests."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self.limits: Counter[str] = Counter()

    def answered(self, frontend: str, operation: str, status: int, code: str, seconds: float) -> None:
        raise AssertionError("connections answer nothing")

    def asked(self, status: int, seconds: float) -> None:
        raise AssertionError("connections ask nothing")

    def opened(self, side: str) -> None:
        self.open[side] += 1

    def closed(self, side: str) -> None:
        self.open[side] -= 1

    def limited(self, limit: str) -> None:
        self.limits[limit] += 1


class Recorder(Connection):
    """Writes down what it hears; what it does is given to it, as functions of itself."""

    def __init__(self, sweep: Sweep, tally: Tally, leave: Any = lambda: None, **does: Any) -> None:
        super().__init__(sweep, tally, write_stall=STALL, leave=leave)
        self.does = does
        self.heard: list[str] = []
        self.data = bytearray()

    def _hear(self, name: str, *args: Any) -> None:
        self.heard.append(name)
        if name in self.does:
            self.does[name](self, *args)
        else:
            getattr(super(), name)(*args)

    def began(self) -> None:
        self._hear("began")

    def received(self, data: bytes) -> None:
        self.data += data
        self._hear("received", data)

    def ended(self) -> None:
        self._hear("ended")

    def lost(self) -> None:
        self._hear("lost")

    def drained(self) -> None:
        self._hear("drained")

    def expired(self) -> None:
        self._hear("expired")

    def failed(self) -> None:
        self._hear("failed")


class Server:
    """A listening socket of ours, seen from the client's side."""

    def __init__(
        self, sock: socket.socket, acceptor: Acceptor, certificate: SelfSigned, context: Any
    ) -> None:
        self.sock = sock
        self.context = context
        self.acceptor = acceptor
        self._certificate = certificate
        self._clients: list[socket.socket] = []

    def current(self) -> Any:
        """Return the context of the next handshake; an exception put in its place is raised."""
        if isinstance(self.context, Exception):
            raise self.context
        return self.context

    @property
    def port(self) -> int:
        return self.sock.getsockname()[1]

    def plain(self, receive_buffer: int | None = None) -> socket.socket:
        """Connect, if told so with a small receive buffer."""
        client = socket.socket(self.sock.family)
        self._clients.append(client)
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(PATIENCE)
        client.connect(self.sock.getsockname())
        return client

    def tls(self, version: ssl.TLSVersion, name: str = "localhost", **plain: Any) -> ssl.SSLSocket:
        """Connect by one version of TLS, verified; an end without close_notify is an error."""
        context = ssl.create_default_context(cafile=str(self._certificate.ca))
        context.minimum_version = context.maximum_version = version
        client = context.wrap_socket(self.plain(**plain), server_hostname=name, suppress_ragged_eofs=False)
        self._clients.append(client)
        return client

    def connect(self, version: ssl.TLSVersion | None, **plain: Any) -> socket.socket:
        """Connect, by TLS when a version is given."""
        return self.plain(**plain) if version is None else self.tls(version, **plain)

    def close(self) -> None:
        on_reactor(self.acceptor.stop)
        self.sock.close()
        for client in self._clients:
            client.close()


class Shell:
    """A carrier with all that connections need, and the connections that it made."""

    def __init__(self, reactor: Any, certificate: SelfSigned) -> None:
        self.clock = Clock()
        self.carrier: Carrier = carrier_for(reactor, self.clock)
        self.tally = Tally()
        self.sweep = Sweep(self.clock)
        self.certificate = certificate
        self.made: list[Recorder] = []
        self.failures: list[str] = []
        self._end = contextlib.ExitStack()
        on_reactor(self.sweep.start)
        self._end.callback(on_reactor, self.sweep.stop)

    def advance(self, seconds: float) -> None:
        """Let time pass, a second at a time as the sweep wants it."""
        for _ in range(int(seconds)):
            on_reactor(self.clock.advance, 1.0)

    def make(self, **does: Any) -> Recorder:
        connection = Recorder(self.sweep, self.tally, **does)
        self.made.append(connection)
        return connection

    def serve(
        self, *, tls: Any = None, caps: Caps | None = None, sock: socket.socket | None = None, **does: Any
    ) -> Server:
        """Accept connections that do what is given."""

        def make(peer: str) -> Recorder | None:
            leave = caps.enter(peer) if caps else (lambda: None)
            return self.make(leave=leave, **does) if leave else None

        sock = sock or listening()
        acceptor = on_reactor(
            self.carrier.accept,
            sock,
            make,
            tls=None if tls is None else (lambda: server.current()),  # noqa: PLW0108 - made below
            limited=self.tally.limited,
        )
        server = Server(sock, acceptor, self.certificate, tls)
        self._end.callback(server.close)
        return server

    def secured(self, **does: Any) -> Server:
        """Accept TLS connections, with our certificate."""
        return self.serve(tls=server_context(self.carrier.name, [self.certificate.identity]), **does)

    def serving(self, version: ssl.TLSVersion | None, **does: Any) -> Server:
        """Accept connections, by TLS when a version is given."""
        return self.serve(**does) if version is None else self.secured(**does)

    def dial(
        self, host: str, port: int, *, tls: Any = None, timeout: float = 10.0, **does: Any
    ) -> Cancelable:
        """Begin a connection to somewhere; failures are written down."""
        return on_reactor(
            self.carrier.connect,
            host,
            port,
            lambda: self.make(**does),
            tls=tls,
            timeout=timeout,
            failed=self.failures.append,
        )

    def client_tls(self, name: str, ca: Path | None = None) -> tuple[str, Any]:
        return name, client_context(self.carrier.name, ca or self.certificate.ca)

    def close(self) -> None:
        for connection in self.made:
            on_reactor(connection.reset)
        self._end.close()


def read_all(client: socket.socket) -> bytes:
    """Read to the end."""
    return b"".join(iter(lambda: client.recv(65536), b""))


@contextlib.contextmanager
def logged_failures() -> Iterator[list[LogEvent]]:
    """Collect the failures that are logged meanwhile."""
    events: list[LogEvent] = []

    def observe(event: LogEvent) -> None:
        if "log_failure" in event:
            events.append(event)

    globalLogPublisher.addObserver(observe)
    try:
        yield events
    finally:
        globalLogPublisher.removeObserver(observe)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    """Return a certificate for the loopback, signed by a CA of its own."""
    return make_self_signed(tmp_path_factory.mktemp("tls"), ["gateway.test"], datetime.now(UTC))


@pytest.fixture
def shell(reactor: Any, certificate: SelfSigned) -> Iterator[Shell]:
    """Give a carrier on the running reactor, with a clock that the test advances."""
    shell = Shell(reactor, certificate)
    yield shell
    shell.close()
