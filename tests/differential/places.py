"""Where a row is run: the address that its client is given, and who asks.

The store itself is one place, each chain of gateways another. Names below `localhost` are looked
up here, not by the machine's resolver, which need not know them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from tests.clients.gateway import Gateway
from tests.stores.programs import ALICE, BOB
from tests.stores.store import Store, User

USERS = {
    "alice": ALICE,
    "bob": BOB,
    "stranger": User("stranger", "DEMOKEYNOBODYHAS", "demo-secret-of-a-stranger"),
    "liar": User("liar", ALICE.access_key, "not-the-secret-of-alice"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows are run.

    Attributes:
        name: direct, or the chain's.
        url: Its address, over TLS where it has that.
        plain_url: Its address without TLS.
        ca: Who signed its certificate; None without TLS.

    """

    name: str
    url: str
    plain_url: str
    ca: Path | None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names and ports that may stand in results."""
        return tuple({urlsplit(url).netloc for url in (self.url, self.plain_url)})


def store_itself(store: Store) -> Place:
    """Return the place without any gateway; its address has a name, so that buckets can stand before it."""
    url = store.endpoint_url.replace("127.0.0.1", "localhost")
    return Place("direct", url, url, None)


def through(name: str, gateway: Gateway) -> Place:
    """Return the place behind a gateway."""
    return Place(name, gateway.url, gateway.plain_url, gateway.ca)


@contextmanager
def names_below_localhost() -> Iterator[None]:
    """Let every name below localhost be 127.0.0.1, as RFC 6761 wants it, in this process."""
    ask = socket.getaddrinfo

    def asked(host: Any, *arguments: Any, **named: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        return ask("127.0.0.1" if text and text.endswith("localhost") else host, *arguments, **named)

    with mock.patch.object(socket, "getaddrinfo", asked):
        yield
