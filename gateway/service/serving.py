"""Clients served in this process: from listening sockets to the last answer.

A gateway that is one process has one of these, and so has each worker of one that has several. Starting
accepts; stopping drains: nothing new is accepted, idle connections end at once and the others behind the
answer under way; after `drain_timeout` the rest is reset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gateway.proxy.acceptor import Acceptor
from gateway.proxy.carrier import Carrier
from gateway.proxy.client import ClientConnection
from gateway.service.assembly import Assembly
from gateway.service.config import Config
from gateway.service.listeners import Listener
from gateway.service.shared import Totals
from gateway.service.tls import CertificateError

_log = Logger()


class Serving:
    """The clients' side and the store's side of one process.

    Args:
        config: What the parts were made from.
        assembly: The parts.
        listeners: Where clients come in.
        carrier: Carries their connections.
        reactor: The reactor that will run.

    """

    def __init__(
        self,
        config: Config,
        assembly: Assembly,
        listeners: Sequence[Listener],
        *,
        carrier: Carrier,
        reactor: Any,
    ) -> None:
        self._config = config
        self._assembly = assembly
        self._listeners = listeners
        self._carrier = carrier
        self._reactor = reactor
        self._acceptors: list[Acceptor] = []

    def start(self, _give_up: Callable[[str, int], None] | None = None) -> None:
        """Accept clients from now on."""
        self._assembly.sweep.start()
        self._acceptors = [self._accept(listener) for listener in self._listeners]

    def stop(self) -> Deferred[None]:
        """Drain; fires when no connection is left."""
        for acceptor in self._acceptors:
            acceptor.stop()
        for listener in self._listeners:
            listener.close()
        connections = self._assembly.front.connections
        if connections:
            _log.info("Draining {count} connections.", count=len(connections))
        deadline = self._reactor.callLater(self._config.gateway.drain_timeout, self._cut)
        drained: Deferred[None] = Deferred()

        def done() -> None:
            if deadline.active():
                deadline.cancel()
            self._assembly.upstream.close()
            self._assembly.sweep.stop()
            drained.callback(None)

        self._assembly.front.drain(done)
        return drained

    def reload(self) -> None:
        """Read the certificates again; those that cannot be used stay as they were."""
        for endpoint, tls in self._assembly.tls.items():
            try:
                tls.reload()
            except CertificateError as error:
                _log.error(
                    "The certificate of {endpoint} stays as it was: {line}",
                    endpoint=endpoint.description,
                    line=str(error),
                )
            else:
                _log.info("Read the certificate of {endpoint}.", endpoint=endpoint.description)

    def unready(self) -> str:
        """Return why requests are not welcome now, "" when they are."""
        return ""

    def totals(self) -> Totals:
        """Return what was counted."""
        self._assembly.counters.look()
        totals = self._assembly.numbers.totals()
        totals["workers",] = 1
        return totals

    def pids(self) -> Sequence[int]:
        """Return the processes beside this one: none."""
        return ()

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

    def _cut(self) -> None:
        _log.warn("The drain timeout is over, connections are reset.")
        self._assembly.front.abort()
