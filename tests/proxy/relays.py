"""A gateway of REST clients in front of a real REST store, on the carrier of this process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from twisted.logger import globalLogPublisher

from gateway.messages import Ids
from gateway.proxy.carrier import carrier_for
from gateway.proxy.front import Front
from gateway.proxy.sweep import Sweep
from gateway.proxy.turns import Turns
from gateway.proxy.upstream import StoreAddress, Upstream
from gateway.rest.addresses import Endpoint
from gateway.rest.passing import Passing
from gateway.rest.relay import RestRelay
from gateway.rest.requests import Store as RestStore
from gateway.rest.resigning import Resigning
from tests.carriers import eventually, listening, on_reactor
from tests.proxy.doubles import CLIENTS, STORES, Events, Recorded
from tests.stores.store import REGION, Store

CLIENT_KEY = "AKCLIENT00000000EXAM"
CLIENT_SECRET = "a secret of the gateway's own"


def resigning(store: Store, **more: Any) -> Resigning:
    """Return the way of requests whose client has keys of the gateway's own."""
    return Resigning(
        store=RestStore(endpoint=Endpoint.of(store.endpoint_url), region=REGION),
        secret_of={CLIENT_KEY: CLIENT_SECRET}.get,
        key_of={CLIENT_KEY: (store.access_key, store.secret_key)}.get,
        now=partial(datetime.now, UTC),
        region=REGION,
        **more,
    )


def passing(store: Store) -> Passing:
    """Return the way of requests whose client has the store's own keys."""
    return Passing(endpoint=Endpoint.of(store.endpoint_url))


@contextmanager
def relaying(reactor: Any, way: Resigning | Passing, store: Store) -> Iterator[tuple[str, Events]]:
    """Relay to a store while the block runs; give the gateway's URL and what it logs."""
    numbers, events, counters, sock = itertools.count(1), Events([]), Recorded(), listening()
    globalLogPublisher.addObserver(events.all.append)
    parts = urlsplit(store.endpoint_url)

    def build() -> tuple[Any, ...]:
        carrier, sweep = carrier_for(reactor), Sweep(reactor)
        sweep.start()
        address = StoreAddress(parts.hostname or "", parts.port or 80)
        upstream = Upstream(carrier, address, clock=reactor, sweep=sweep, counters=counters, limits=STORES)
        front = Front(
            (RestRelay(way=way),),
            upstream,
            new_ids=lambda: Ids(f"REQUEST{next(numbers):04}", "host"),
            sweep=sweep,
            counters=counters,
            limits=CLIENTS,
            turns=Turns(reactor),
            rounds=carrier.rounds,
        )
        return sweep, upstream, front, carrier.accept(sock, lambda _peer: front.connection())

    sweep, upstream, front, acceptor = on_reactor(build)
    try:
        yield f"http://localhost:{sock.getsockname()[1]}", events
    finally:
        on_reactor(acceptor.stop)
        on_reactor(front.abort)
        on_reactor(upstream.close)
        eventually(lambda: counters.open("client") == 0)
        on_reactor(sweep.stop)
        globalLogPublisher.removeObserver(events.all.append)
        sock.close()
