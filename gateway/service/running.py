"""A gateway while it runs: from its listening sockets to its last answer.

Starting accepts; stopping drains. Draining is told on /-/ready first, then nothing new is accepted, idle
connections end at once and the others behind the answer under way; after `drain_timeout` the rest is reset.
The admin site and the embedded store outlast the clients.

The embedded store's death ends the gateway: a gateway without its store could only answer ServiceUnavailable,
and whoever started both wants to know.
"""

from __future__ import annotations

import atexit
import os
import resource
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.logger import Logger

import gateway
from gateway.proxy.acceptor import Acceptor
from gateway.proxy.carrier import Carrier
from gateway.proxy.client import ClientConnection
from gateway.service.assembly import Assembly
from gateway.service.config import Config
from gateway.service.listeners import Listener
from gateway.service.reactors import watch_children

STORE_DIED = 69
"""The exit status when the embedded store is lost (sysexits.h, EX_UNAVAILABLE)."""

SPARE_FILES = 64
"""Open files beside the connections: listeners, logs, libraries, the reactor's own."""

_log = Logger()


class OwnStore(Protocol):
    """An embedded store."""

    ready: bool
    """Whether it takes requests now."""

    def start(self) -> None:
        """Start it."""

    def stop(self) -> Deferred[None]:
        """Stop it; fires when it is gone."""


class Running(Service):
    """One gateway as a service of Twisted.

    Attributes:
        admin: Where the admin site listens and the factory of its protocols; None: nowhere.
        store: The store that runs with the gateway; None: there is none.

    """

    name = "s3gateway"

    def __init__(
        self,
        config: Config,
        assembly: Assembly,
        listeners: Sequence[Listener],
        *,
        carrier: Carrier,
        reactor: Any,
    ) -> None:
        """Take what is to run.

        Args:
            config: What the parts were made from.
            assembly: The parts.
            listeners: Where clients come in.
            carrier: Carries their connections.
            reactor: The reactor that will run.

        """
        self.admin: tuple[Listener, Any] | None = None
        self.store: OwnStore | None = None
        self._config = config
        self._assembly = assembly
        self._listeners = listeners
        self._carrier = carrier
        self._reactor = reactor
        self._admin_port: Any = None
        self._acceptors: list[Acceptor] = []
        self._drain_deadline: Any = None

    def unready(self) -> str:
        """Return why requests are not welcome now, "" when they are."""
        if self._drain_deadline is not None:
            return "draining"
        if self.store is not None and not self.store.ready:
            return "the embedded store is not ready"
        return ""

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Accept clients from now on."""
        super().startService()  # type: ignore[no-untyped-call]
        self._assembly.sweep.start()
        if self.admin is not None:
            listener, factory = self.admin
            family = listener.socket.family
            self._admin_port = self._reactor.adoptStreamPort(listener.socket.fileno(), family, factory)
        if self.store is not None:
            self._reactor.callWhenRunning(watch_children, self._reactor)
            self._reactor.callWhenRunning(self.store.start)
        self._acceptors = [self._accept(listener) for listener in self._listeners]
        _log.info("{line}", line=self._start_line())
        limits = self._config.limits
        files = allow_files(limits.max_connections + limits.max_backend_connections + SPARE_FILES)
        for warning in (*self._assembly.warnings, *files):
            _log.warn("{line}", line=warning)

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Drain; fires when nothing is left."""
        super().stopService()  # type: ignore[no-untyped-call]
        for acceptor in self._acceptors:
            acceptor.stop()
        for listener in self._listeners:
            listener.close()
        seconds = self._config.gateway.drain_timeout
        self._drain_deadline = self._reactor.callLater(seconds, self._cut)
        drained: Deferred[None] = Deferred()
        drained.addCallback(lambda _: self._close())
        if self._assembly.front.connections:
            _log.info("Draining {count} connections.", count=len(self._assembly.front.connections))
        self._assembly.front.drain(lambda: drained.callback(None))
        return drained

    def give_up(self, reason: str) -> None:
        """End the gateway with a failure: its embedded store is lost."""
        _log.critical("The gateway ends: {reason}", reason=reason)
        atexit.register(_exit, STORE_DIED)
        if self.running:
            self._reactor.stop()

    def _accept(self, listener: Listener) -> Acceptor:
        return self._carrier.accept(
            listener.socket,
            self._connection,
            tls=self._assembly.tls.get(listener.endpoint),
            handshake=self._config.limits.handshake_timeout,
            limited=self._assembly.counters.limited,
        )

    def _connection(self, peer: str) -> ClientConnection | None:
        leave = self._assembly.caps.enter(peer)
        return None if leave is None else self._assembly.front.connection(leave)

    def _start_line(self) -> str:
        carrier = self._carrier
        where = [f"listening on {', '.join(listener.address for listener in self._listeners)}"]
        if self.admin is not None:
            where.append(f"admin on {self.admin[0].address}")
        where.append(f"store {self._assembly.store_url}")
        runs = f"s3gateway {gateway.__version__}, reactor {carrier.reactor_name}, carrier {carrier.name}"
        return ", ".join((runs, *where))

    def _cut(self) -> None:
        _log.warn("The drain timeout is over, connections are reset.")
        self._assembly.front.abort()

    def _close(self) -> Deferred[None]:
        """Close what has outlasted the clients."""
        if self._drain_deadline.active():
            self._drain_deadline.cancel()
        self._assembly.upstream.close()
        self._assembly.sweep.stop()
        ending = [] if self.store is None else [self.store.stop()]
        if self.admin is not None:
            listener, _ = self.admin
            ending.append(
                maybeDeferred(self._admin_port.stopListening).addCallback(lambda _: listener.close())
            )
        return gatherResults(ending).addCallback(lambda _: None)


def allow_files(wanted: int) -> tuple[str, ...]:
    """Let this process have as many open files as `wanted`, if its hard limit does; else return a warning."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ()
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    if granted == wanted:
        return ()
    return (f"the connections that the limits allow need {wanted} open files, the system allows {hard}",)


def _exit(status: int) -> None:
    """Exit with a status; twistd has none of its own for a reactor that was stopped."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
