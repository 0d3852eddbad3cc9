"""The parts of one gateway, put together from its configuration: cells, store, TLS, counters, limits.

Everything that can be wrong with files shows here, before a socket is bound: credentials, certificates, CA
bundles, the contract. No I/O starts here, and nothing here knows when it will.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.messages import Ids
from gateway.proxy.caps import Caps
from gateway.proxy.carrier import Carrier
from gateway.proxy.forwarded import TrustedProxies
from gateway.proxy.front import Front
from gateway.proxy.limits import ClientLimits, StoreLimits
from gateway.proxy.sweep import Sweep
from gateway.proxy.turns import Turns
from gateway.proxy.upstream import StoreAddress, Upstream
from gateway.rest.addresses import Endpoint as StoreEndpoint
from gateway.service.cells import CALLED, cells_of
from gateway.service.config import Config, Limits
from gateway.service.counters import ServiceCounters
from gateway.service.credentials import Users
from gateway.service.endpoints import Endpoint
from gateway.service.ini import ConfigError
from gateway.service.shared import Numbers
from gateway.service.tls import CertificateError, Identity, ServerTls, client_context, identities_in
from gateway.tables.errors import ERRORS


@dataclass(frozen=True, slots=True)
class Assembly:
    """A gateway that is not running yet.

    Attributes:
        front: The clients' side.
        upstream: The store's side.
        store_url: Where the store is.
        sweep: Looks at their deadlines once started.
        caps: How many clients may be connected.
        counters: What they count in.
        numbers: Where the counters are.
        tls: For each secure endpoint what gives the context of the next handshake.
        warnings: Lines about settings that work but should be known of.

    """

    front: Front
    upstream: Upstream
    store_url: str
    sweep: Sweep
    caps: Caps
    counters: ServiceCounters
    numbers: Numbers
    tls: dict[Endpoint, ServerTls]
    warnings: tuple[str, ...]


def assemble(config: Config, carrier: Carrier, reactor: Any, numbers: Numbers) -> Assembly:
    """Put a gateway together.

    Args:
        config: What it is to be.
        carrier: Carries its connections.
        reactor: The clock of its connections.
        numbers: Where to count.

    Raises:
        ConfigError: A line for what is wrong with a file that the configuration names.

    """
    users = Users(config.credentials.file, time.monotonic)
    cells = cells_of(config, users)
    tls = server_tls(config, carrier.name)
    counters = ServiceCounters(numbers, operations=CALLED, codes={row.code for row in ERRORS})
    sweep = Sweep(reactor)
    limits = config.limits
    upstream = Upstream(
        carrier,
        _store_address(cells.store_url, config, carrier),
        clock=reactor,
        sweep=sweep,
        counters=counters,
        limits=_store_limits(limits),
    )
    front = Front(
        (cells.soap, cells.rest),
        upstream,
        new_ids=make_ids(os.urandom),
        sweep=sweep,
        counters=counters,
        limits=_client_limits(limits),
        proxies=TrustedProxies(config.gateway.trusted_proxies),
        turns=Turns(reactor),
        rounds=carrier.rounds,
    )
    counters.in_flight = lambda: sum(connection.busy for connection in front.connections)
    caps = Caps(limits.max_connections_per_address, limits.max_connections, counters)
    return Assembly(
        front,
        upstream,
        cells.store_url,
        sweep,
        caps,
        counters,
        numbers,
        tls,
        warnings_about(config, cells.store_url),
    )


def make_ids(randomness: Callable[[int], bytes]) -> Callable[[], Ids]:
    """Return what names requests: 16 hexadecimal digits each, as S3's, and one host id for this process."""
    host_id = base64.b64encode(randomness(48)).decode()
    return lambda: Ids(randomness(8).hex().upper(), host_id)


def warnings_about(config: Config, store_url: str) -> tuple[str, ...]:
    """Return a line for each setting that works but that an operator should know of."""
    found = []
    if not any(endpoint.secure for endpoint in config.gateway.listen) and not config.gateway.trusted_proxies:
        found.append(
            "every SOAP call will be refused: no endpoint has TLS, and no trusted proxy can say that it had"
        )
    if config.limits.tls_minimum < "1.2":
        found.append(f"tls_minimum = {config.limits.tls_minimum}: this version of TLS is broken")
    plain = store_url.startswith("http://")
    if plain and config.backend.payload_signing_enabled is False:
        found.append("objects travel to the store over plain HTTP, and no signature covers their bytes")
    if plain and config.backend.protocol == "soap":
        found.append("SOAP travels to the store over plain HTTP: its signatures cover no bucket, key or byte")
    return tuple(found)


def _client_limits(limits: Limits) -> ClientLimits:
    return ClientLimits(
        head_seconds=limits.head_timeout,
        body_seconds=limits.body_timeout,
        body_bytes=limits.body_bytes,
        idle_seconds=limits.idle_timeout,
        stall_seconds=limits.write_timeout,
        linger_seconds=limits.linger_seconds,
        linger_bytes=limits.linger_bytes,
    )


def _store_limits(limits: Limits) -> StoreLimits:
    return StoreLimits(
        connect_seconds=limits.connect_timeout,
        stall_seconds=limits.write_timeout,
        answer_seconds=limits.answer_timeout,
        body_seconds=limits.answer_timeout,
        body_bytes=limits.body_bytes,
        max_connections=limits.max_backend_connections,
    )


def _store_address(url: str, config: Config, carrier: Carrier) -> StoreAddress:
    endpoint = StoreEndpoint.of(url)
    if not endpoint.tls:
        return StoreAddress(endpoint.host, endpoint.port)
    try:
        context = client_context(carrier.name, config.backend.ca_bundle)
    except CertificateError as error:
        raise ConfigError(f"[backend] ca_bundle: {error}") from error
    return StoreAddress(endpoint.host, endpoint.port, (endpoint.host, context))


def server_tls(config: Config, carrier: str) -> dict[Endpoint, ServerTls]:
    """Return, for each secure endpoint, what gives the context of the next handshake.

    Args:
        config: Names the certificates.
        carrier: The name of the carrier that takes the contexts.

    Raises:
        ConfigError: A line for each certificate that cannot be used.

    """
    made: dict[Endpoint, ServerTls] = {}
    failures: list[str] = []
    for endpoint in config.gateway.listen:
        if endpoint.secure:
            try:
                made[endpoint] = ServerTls(carrier, _identities(endpoint), config.limits.tls_minimum)
            except CertificateError as error:
                failures.append(f"{endpoint.where}: {error}")
    if failures:
        raise ConfigError(*failures)
    return made


def _identities(endpoint: Endpoint) -> Callable[[], Sequence[Identity]]:
    """Return what finds the certificates of an endpoint."""
    if endpoint.certificates is not None:
        return partial(identities_in, endpoint.certificates)
    assert endpoint.certificate is not None
    assert endpoint.private_key is not None
    identity = Identity(endpoint.certificate, endpoint.private_key)
    return lambda: (identity,)
