"""The gateway and the foreign clients as fixtures, each started when a test first asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients.builds import RECIPES, Access, build, run_step
from tests.clients.certificates import Certificates, make_certificates
from tests.clients.foreign import ForeignClient, running_client
from tests.clients.gateway import RELAYS, Gateway, Settings, credentials, running_gateway, running_relay
from tests.clients.scenes import Scene
from tests.stores.fixtures import Stores
from tests.stores.programs import connect


class Gateways:
    """The session's gateways: one for each store and each set of settings."""

    def __init__(
        self,
        directories: pytest.TempPathFactory,
        stack: ExitStack,
        stores: Stores,
        certificates: Certificates,
    ) -> None:
        self._directories = directories
        self._stack = stack
        self._stores = stores
        self._certificates = certificates
        self._running: dict[tuple[str, str], Gateway] = {}

    def before(self, store: str, more: Settings | None = None) -> Gateway:
        """Return the gateway in front of a store, with settings other than the defaults.

        A relay is the first of two gateways. Both have the settings.
        """
        key = (store, repr(more))
        if key not in self._running:
            directory = self._directories.mktemp(f"gateway-{store}")
            if store in RELAYS:
                keys = RELAYS[store]
                starting = running_relay(directory, self._behind(keys, more), self._certificates, more, keys)
            else:
                starting = running_gateway(directory, self._stores[store], self._certificates, more)
            self._running[key] = self._stack.enter_context(starting)
        return self._running[key]

    def _behind(self, keys: str, more: Settings | None) -> Gateway:
        """Return the second gateway of a relay, to which users have other keys when `keys` is told."""
        if not keys:
            return self.before("seaweedfs", more)
        directory, store = self._directories.mktemp(f"gateway-{keys}"), self._stores["seaweedfs"]
        users = credentials(store, here=keys)
        return self._stack.enter_context(running_gateway(directory, store, self._certificates, more, users))


class Clients:
    """The session's foreign clients: one for each stack and each gateway."""

    def __init__(self, directories: pytest.TempPathFactory, stack: ExitStack) -> None:
        self._directories = directories
        self._stack = stack
        self._running: dict[tuple[str, str], ForeignClient] = {}

    def of(self, name: str, gateway: Gateway) -> ForeignClient:
        """Return the client of a stack that calls `gateway`, built from the WSDL it serves."""
        key = (name, gateway.address)
        if key not in self._running:
            self._running[key] = self.start(name, gateway, gateway.ca)
        return self._running[key]

    def start(self, name: str, gateway: Gateway, ca: Path) -> ForeignClient:
        """Start one more client of a stack, which trusts `ca`."""
        recipe, run = RECIPES[name], self._directories.mktemp(name)
        built = build(recipe, gateway.wsdl())
        access = Access(gateway.address, gateway.store.access_key, gateway.store.secret_key, ca)
        environment = dict(recipe.environment(run))
        for step in recipe.trust(run, access):
            run_step(step, run, {**os.environ, **environment})
        command = recipe.command(built, access, run)
        return self._stack.enter_context(
            running_client(name, command, log=run / "log", environment=environment)
        )


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A private authority, and what the gateways show."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def gateways(
    tmp_path_factory: pytest.TempPathFactory, stores: Stores, certificates: Certificates
) -> Iterator[Gateways]:
    """Gateways by store: `gateways.before("moto")`."""
    with ExitStack() as stack:
        yield Gateways(tmp_path_factory, stack, stores, certificates)


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """Foreign clients: `clients.of("axis", gateway)`."""
    with ExitStack() as stack:
        yield Clients(tmp_path_factory, stack)


@pytest.fixture(params=sorted(RECIPES))
def stack(request: pytest.FixtureRequest) -> str:
    """The name of each SOAP stack in turn."""
    return request.param


@pytest.fixture
def scene(request: pytest.FixtureRequest, gateways: Gateways, clients: Clients) -> Scene:
    """A stack, a gateway and a store, as `scenes` pairs them, and a bucket of the stack's own."""
    stack, name = request.param
    gateway = gateways.before(name)
    boto, bucket = connect(gateway.store), f"{stack}-bucket"
    if bucket not in {entry["Name"] for entry in boto.list_buckets()["Buckets"]}:
        boto.create_bucket(Bucket=bucket)
    return Scene(clients.of(stack, gateway), gateway.store, boto, bucket)
