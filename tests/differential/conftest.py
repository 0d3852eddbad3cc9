"""The places where rows are run, each made when a test first asks for it, and the store's own outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.clients.certificates import Certificates
from tests.clients.fixtures import Gateways
from tests.clients.gateway import running_gateway
from tests.differential.buckets import Buckets
from tests.differential.chains import PASSING, VERIFIED, Chain
from tests.differential.judge import Outcome
from tests.differential.places import Place, store_itself, through
from tests.differential.rows import BEHIND_SOAP, Row
from tests.differential.run import Runner
from tests.stores.programs import seaweedfs as another_seaweedfs
from tests.stores.store import Store

Ask = Callable[[Row], Outcome]


@pytest.fixture(scope="session")
def itself(seaweedfs: Store) -> Place:
    return store_itself(seaweedfs)


@pytest.fixture(scope="session")
def runner(seaweedfs: Store, itself: Place) -> Iterator[Runner]:
    buckets = Buckets(seaweedfs)
    yield Runner(buckets, itself)
    buckets.close()


@pytest.fixture(scope="session")
def directly(runner: Runner, itself: Place) -> Ask:
    """What comes of a row on the store itself; asked once for all chains."""
    known: dict[str, Outcome] = {}

    def ask(row: Row) -> Outcome:
        asked = repr((row.name, row.how, row.steps))
        if asked not in known:
            known[asked] = runner.run(row, itself)
        return known[asked]

    return ask


@pytest.fixture(scope="session")
def verified(gateways: Gateways, runner: Runner, directly: Ask) -> Chain:
    return Chain(through(VERIFIED, gateways.before("seaweedfs")), runner, directly)


@pytest.fixture(scope="session")
def passing(gateways: Gateways, runner: Runner, directly: Ask) -> Chain:
    gateway = gateways.before("seaweedfs", {"gateway": {"rest_auth": "pass"}})
    return Chain(through(PASSING, gateway), runner, directly)


@pytest.fixture(scope="session")
def behind_soap(
    gateways: Gateways,
    certificates: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
    runner: Runner,
    directly: Ask,
) -> Iterator[Chain]:
    """Two gateways: the one that clients ask, and the one that is a SOAP store to it."""
    soap = gateways.before("seaweedfs")
    settings = {"backend": {"protocol": "soap", "ca_bundle": str(soap.ca)}}
    store = replace(soap.store, endpoint_url=soap.address)
    directory = tmp_path_factory.mktemp("gateway-soap")
    with running_gateway(directory, store, certificates, settings) as gateway:
        yield Chain(through(BEHIND_SOAP, gateway), runner, directly)


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """What comes of a row on another store of the same kind."""
    with another_seaweedfs(tmp_path_factory.mktemp("another-seaweedfs")) as store:
        buckets, place = Buckets(store), store_itself(store)
        other = Runner(buckets, place)
        yield lambda row: other.run(row, place)
        buckets.close()
