"""A front, an upstream and a store that the test plays, on the carrier of this process.

The test is in the middle of everything: it writes as the client, accepts and answers as the
store, and advances the clock, all in one thread and in the order in which it stands there.
Only the gateway's parts run elsewhere, on the reactor.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from gateway.conversation import Translation
from gateway.messages import Body, HttpRequest, Ids
from gateway.proxy.carrier import carrier_for
from gateway.proxy.front import Front
from gateway.proxy.limits import ClientLimits, StoreLimits
from gateway.proxy.sweep import Sweep
from gateway.proxy.turns import Turns
from gateway.proxy.upstream import StoreAddress, Upstream
from gateway.service.self_signed import SelfSigned
from gateway.service.tls import client_context, server_context
from tests.carriers import PATIENCE, eventually, listening, on_reactor
from tests.proxy.lines import Line, ScriptedStore
from tests.proxy.plain import Plain, PlainStore

CLIENTS = ClientLimits(linger_seconds=2)
STORES = StoreLimits()


class Recorded:
    """Counters that keep what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *told: self.told.append((name, *told))

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """Return what was told by one method, without its last number when that is a time."""
        return [
            tuple(value for value in told[1:] if not isinstance(value, float))
            for told in self.told
            if told[0] == name
        ]

    def open(self, side: str) -> int:
        return self.told.count(("opened", side)) - self.told.count(("closed", side))


@dataclass
class Events:
    """What was logged while a test ran."""

    all: list[dict[str, Any]]

    def of(self, namespace: str) -> list[dict[str, Any]]:
        return [event for event in self.all if event["log_namespace"] == namespace]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The access log."""
        return [event for event in self.of("gateway.proxy.exchange") if "peer" in event]

    @property
    def bugs(self) -> list[dict[str, Any]]:
        return [event for event in self.all if "log_failure" in event]


class House:
    """A front, an upstream and a store that the test plays, on the carrier of this process."""

    def __init__(
        self,
        reactor: Any,
        languages: tuple[Any, ...],
        clients: ClientLimits,
        stores: StoreLimits,
        certificate: SelfSigned | None = None,
    ) -> None:
        self.certificate = certificate
        self.clock = Clock()
        self.clock.advance(784111777)  # RFC 9110's own date
        self.store = ScriptedStore(certificate)
        self.counters = Recorded()
        self.languages = languages
        self.events = Events([])
        self.lines: list[Line] = []
        self._number = 0
        self._reactor = reactor
        self._listening = listening()
        globalLogPublisher.addObserver(self.events.all.append)
        on_reactor(self._build, clients, stores)

    def _build(self, clients: ClientLimits, stores: StoreLimits) -> None:
        self.sweep = Sweep(self.clock)
        self.sweep.start()
        self.carrier = carrier_for(self._reactor)
        tls = None
        address = StoreAddress("127.0.0.1", self.store.port)
        if self.certificate:
            context = server_context(self.carrier.name, [self.certificate.identity])
            tls = lambda: context  # noqa: E731 - a value that is asked for at each handshake
            trust = client_context(self.carrier.name, self.certificate.ca)
            address = StoreAddress("localhost", self.store.port, ("localhost", trust))
        self.upstream = Upstream(
            self.carrier,
            address,
            clock=self.clock,
            sweep=self.sweep,
            counters=self.counters,
            limits=stores,
        )
        self.front = Front(
            tuple(map(cell_of, self.languages)),
            self.upstream,
            new_ids=self._new_ids,
            sweep=self.sweep,
            counters=self.counters,
            limits=clients,
            turns=Turns(self._reactor),
            rounds=self.carrier.rounds,
        )
        self._acceptor = self.carrier.accept(self._listening, lambda _peer: self.front.connection(), tls=tls)

    def _new_ids(self) -> Ids:
        self._number += 1
        return Ids(f"REQUEST{self._number:04}", f"host-{self._number}")

    def client(self, *, small: bool = False) -> Line:
        """Connect as a client, one whose kernel holds little for it when it is `small`."""
        sock = socket.socket()
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sock.settimeout(PATIENCE)
        sock.connect(self._listening.getsockname())
        if self.certificate:
            context = ssl.create_default_context(cafile=str(self.certificate.ca))
            sock = context.wrap_socket(sock, server_hostname="localhost", suppress_ragged_eofs=False)
        line = Line(sock)
        self.lines.append(line)
        return line

    def advance(self, seconds: float) -> None:
        """Let time pass, a sweep each second."""
        for _ in range(int(seconds)):
            on_reactor(self.clock.advance, 1)

    def settled(self, clients: int = 0, stores: int | None = None) -> None:
        """Wait until that many connections are open on each side."""
        eventually(lambda: self.counters.open("client") == clients)
        if stores is not None:
            eventually(lambda: self.counters.open("store") == stores)

    def sees(self, condition: Callable[[Any], Any]) -> None:
        """Wait until `condition` holds for the gateway's side of a client's connection."""
        eventually(lambda: any(condition(connection) for connection in self.front.connections))

    def send(
        self, request: HttpRequest, *, stream: bool = False, limit: int = 1 << 20
    ) -> tuple[list[Any], Any]:
        """Send a request to the store without a front: the list gets the outcome."""
        outcomes: list[Any] = []
        request = replace(request, stream=stream)
        asking = on_reactor(self.upstream.send, request, limit=limit, done=outcomes.append)
        return outcomes, asking

    def close(self) -> None:
        for line in self.lines:
            line.close()
        on_reactor(self._end)
        self.store.close()
        self.settled(0, 0)
        eventually(lambda: self.upstream._open == 0)  # attempts to connect included
        on_reactor(self.sweep.stop)
        globalLogPublisher.removeObserver(self.events.all.append)
        self._listening.close()

    def _end(self) -> None:
        self._acceptor.stop()
        self.front.abort()
        self.upstream.close()
        for connection in self.sweep:
            connection.reset()


def cell_of(language: Any) -> Any:
    """Return the cell of a language of clients in front of a plain store; a relay is one already."""
    return language if hasattr(language, "converse") else Translation(language, PlainStore())


def streamed(body: Body) -> tuple[bytearray, list[str]]:
    """Take a Body on the reactor: its bytes, and how it ended, as they come."""
    data, fate = bytearray(), []

    class Taker:
        def data(self, more: bytes) -> None:
            data.extend(more)

        def end(self) -> None:
            fate.append("end")

        def broken(self) -> None:
            fate.append("broken")

    on_reactor(body.source.attach, Taker())
    return data, fate


def limits(**changed: float) -> Any:
    """Give the fixture `house` other limits, towards clients or stores as the names say."""
    return pytest.mark.parametrize("house", [changed], indirect=True, ids=[""])


@pytest.fixture
def house(reactor: Any, request: Any) -> Iterator[House]:
    """Give a gateway in which there is no bug."""
    changed = getattr(request, "param", {})
    clients = {name: value for name, value in changed.items() if hasattr(CLIENTS, name)}
    stores = {name: value for name, value in changed.items() if name not in clients}
    house = House(reactor, (Plain(),), replace(CLIENTS, **clients), replace(STORES, **stores))
    yield house
    house.close()
    assert not house.events.bugs


@pytest.fixture
def buggy(reactor: Any) -> Iterator[House]:
    """Give a gateway in which a bug will show."""
    house = House(reactor, (Plain(),), CLIENTS, STORES)
    yield house
    house.close()
    assert house.events.bugs


@pytest.fixture
def secure(reactor: Any, certificate: SelfSigned) -> Iterator[House]:
    """Give a gateway that speaks TLS to both sides."""
    house = House(reactor, (Plain(),), CLIENTS, STORES, certificate)
    yield house
    house.close()
    assert not house.events.bugs
