"""The gateway itself: the languages, the store and the listeners of a configuration, put together.

Everything is made here and handed what it needs; nothing below asks for the configuration.
Sockets are bound before (`service.listeners`), so that this can only fail for certificates
and credentials, before anything was started. Starting and stopping are here too: a drain
stops accepting, lets what is under way finish, and drops what is left in the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gateway import __version__
from gateway.messages import Ids
from gateway.proxy.acceptor import Acceptor
from gateway.proxy.carrier import Carrier
from gateway.proxy.connection import Caps, Sweep
from gateway.proxy.forwarded import TrustedProxies
from gateway.proxy.front import Front
from gateway.proxy.limits import ClientLimits, StoreLimits
from gateway.proxy.transport import StreamProtocol
from gateway.proxy.upstream import StoreAddress, Upstream
from gateway.rest.addresses import Endpoint as StoreEndpoint
from gateway.rest.ask import Rest as RestStore
from gateway.rest.requests import Store
from gateway.rest.serve import Rest as RestClients
from gateway.service.config import Config
from gateway.service.counters import ServiceCounters
from gateway.service.credentials import Users
from gateway.service.documents import own_documents
from gateway.service.endpoints import Endpoint
from gateway.service.listeners import Listener
from gateway.service.tls import Identity, ServerTls, client_context, identities_in
from gateway.soap.serve import Soap
from gateway.tables.contract import Contract, compile_contract
from gateway.tables.errors import ERRORS
from gateway.tables.operations import OPERATIONS
from gateway.wire.markup import parse

log = Logger()


def load_contract() -> tuple[Contract, dict[str, bytes]]:
    """Return the contract that is shipped with the gateway, compiled, and its documents."""
    documents = own_documents()
    return compile_contract(documents, {name: parse(text) for name, text in documents.items()}), documents


def new_ids() -> Ids:
    """Return the names of a request: sixteen capital hex digits, as S3's are, and a longer one."""
    noise = os.urandom(32).hex()
    return Ids(noise[:16].upper(), noise[16:])


def now() -> datetime:
    """Return the time of day, aware."""
    return datetime.now(UTC)


class Gateway(Service):
    """Serves the clients of a configuration.

    Args:
        config: What was read.
        listeners: Bound sockets, of `config.gateway.listen`; they are closed at the end.
        carrier: Of the running reactor.
        reactor: The running reactor.

    Attributes:
        counters: For the admin site.
        draining: Whether it is on its way out.

    Raises:
        ConfigError: The credentials cannot be used.
        CertificateError: A certificate cannot be used.

    """

    def __init__(self, config: Config, listeners: Sequence[Listener], carrier: Carrier, reactor: Any) -> None:
        self._config = config
        self._listeners = listeners
        self._carrier = carrier
        self._reactor = reactor
        self._acceptors: list[Acceptor] = []
        self.draining = False
        self.counters = ServiceCounters(
            operations=OPERATIONS,
            codes={row.code for row in ERRORS},
            info={"version": __version__, "reactor": carrier.reactor_name, "carrier": carrier.name},
        )
        self._sweep = Sweep(reactor)
        self._caps = Caps(
            config.limits.max_connections_per_address, config.limits.max_connections, self.counters
        )
        self._tls = {
            listener.endpoint: ServerTls(
                carrier.name, identities_of(listener.endpoint), config.limits.tls_minimum
            )
            for listener in listeners
            if listener.endpoint.secure
        }
        self._upstream = self._make_upstream()
        self._front = self._make_front(Users(config.credentials.file, time.monotonic))
        self.counters.in_flight = lambda: sum(each.busy for each in self._front.connections)

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Accept clients from now on."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's services have no types
        self._sweep.start()
        for listener in self._listeners:
            tls = self._tls.get(listener.endpoint)
            self._acceptors.append(
                self._carrier.accept(
                    listener.socket,
                    self._admit,
                    tls=tls,
                    handshake=self._config.limits.handshake_timeout,
                    limited=self.counters.limited,
                )
            )

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Drain: fires when every connection has ended, after `drain_timeout` at the latest."""
        super().stopService()  # type: ignore[no-untyped-call]
        self.draining = True
        for acceptor in self._acceptors:
            acceptor.stop()
        for listener in self._listeners:
            listener.close()
        drained: Deferred[None] = Deferred()
        deadline = self._reactor.callLater(self._config.gateway.drain_timeout, self._front.abort)
        self._front.drain(lambda: drained.callback(None))

        def end(_: None) -> None:
            if deadline.active():
                deadline.cancel()
            self._sweep.stop()
            self._upstream.close()

        return drained.addCallback(end)

    def _admit(self, peer: str) -> StreamProtocol | None:
        leave = self._caps.enter(peer)
        return None if leave is None else self._front.connection(leave)

    def _make_upstream(self) -> Upstream:
        backend, limits = self._config.backend, self._config.limits
        endpoint = StoreEndpoint.of(backend.endpoint_url)
        context = client_context(self._carrier.name, backend.ca_bundle) if endpoint.tls else None
        return Upstream(
            self._carrier,
            StoreAddress(endpoint.host, endpoint.port, (endpoint.host, context) if endpoint.tls else None),
            clock=self._reactor,
            sweep=self._sweep,
            counters=self.counters,
            limits=StoreLimits(
                connect_seconds=limits.connect_timeout,
                answer_seconds=limits.answer_timeout,
                stall_seconds=limits.write_timeout,
                max_connections=limits.max_backend_connections,
            ),
        )

    def _make_front(self, users: Users) -> Front:
        config = self._config
        contract, documents = load_contract()
        soap = Soap(
            contract=contract,
            documents=documents,
            secret_of=users.secret_of,
            now=now,
            soap_path=config.gateway.soap_path,
            domains=config.gateway.domains,
            public_url=config.gateway.public_url,
            anonymous=config.credentials.anonymous == "allow",
            max_soap_message=config.limits.max_soap_message,
            max_inline_data=config.limits.max_inline_data,
            max_inline_answer=config.limits.max_inline_answer,
            max_object=config.limits.max_object,
        )
        store = Store(
            endpoint=StoreEndpoint.of(config.backend.endpoint_url),
            region=config.backend.region,
            addressing_style=config.backend.addressing_style,
            acl=config.backend.acl,
            payload_signing=config.backend.payload_signing_enabled,
        )
        rest = RestStore(
            contract=contract, store=store, key_of=users.backend_of, now=now, etag=config.gateway.etag
        )
        return Front(
            (soap, RestClients()),
            rest,
            self._upstream,
            new_ids=new_ids,
            sweep=self._sweep,
            counters=self.counters,
            limits=ClientLimits(
                head_seconds=config.limits.head_timeout,
                body_seconds=config.limits.body_timeout,
                body_bytes=config.limits.body_bytes,
                idle_seconds=config.limits.idle_timeout,
                stall_seconds=config.limits.write_timeout,
                linger_seconds=config.limits.linger_seconds,
                linger_bytes=config.limits.linger_bytes,
            ),
            proxies=TrustedProxies(config.gateway.trusted_proxies),
        )


def identities_of(endpoint: Endpoint) -> Callable[[], Sequence[Identity]]:
    """Return what finds the certificates of a TLS endpoint, now and again when they are replaced."""
    directory = endpoint.certificates
    if directory is not None:
        return lambda: identities_in(directory)
    key: Path | None = endpoint.private_key
    assert key is not None
    identity = Identity(endpoint.certificate or key, key)
    return lambda: (identity,)


def endpoint_lines(listeners: Sequence[Listener]) -> Mapping[str, str]:
    """Return what a start line tells of listeners: address to whether TLS is spoken there."""
    return {listener.address: "TLS" if listener.endpoint.secure else "plain" for listener in listeners}
