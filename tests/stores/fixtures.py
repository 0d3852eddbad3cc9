"""The stores as fixtures: each starts when a test first asks for it, once for the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest

from tests.stores.programs import PROGRAMS
from tests.stores.soap import SoapStore, php_store
from tests.stores.store import Store


class Stores:
    """The session's stores by name, started on first use."""

    def __init__(self, directories: pytest.TempPathFactory, stack: ExitStack) -> None:
        self._directories = directories
        self._stack = stack
        self._running: dict[str, Store] = {}

    def __getitem__(self, name: str) -> Store:
        if name not in self._running:
            program: AbstractContextManager[Store] = PROGRAMS[name](self._directories.mktemp(name))
            self._running[name] = self._stack.enter_context(program)
        return self._running[name]


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """All stores by name: `stores["moto"]`."""
    with ExitStack() as stack:
        yield Stores(tmp_path_factory, stack)


@pytest.fixture(scope="session")
def seaweedfs(stores: Stores) -> Store:
    return stores["seaweedfs"]


@pytest.fixture(scope="session")
def juicefs(stores: Stores) -> Store:
    return stores["juicefs"]


@pytest.fixture(scope="session")
def moto(stores: Stores) -> Store:
    return stores["moto"]


@pytest.fixture(scope="session", params=sorted(PROGRAMS))
def store(request: pytest.FixtureRequest, stores: Stores) -> Store:
    """Each of the stores in turn."""
    return stores[request.param]


@pytest.fixture(scope="session")
def soap_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoapStore]:
    """PHP's SoapServer, made from our WSDL."""
    with php_store(tmp_path_factory.mktemp("php")) as running:
        yield running
