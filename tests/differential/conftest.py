"""The places where rows are run, each made when a test first asks for it, and the store's own outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.differential.buckets import Buckets
from tests.differential.judge import Outcome
from tests.differential.places import Place, store_itself
from tests.differential.rows import Row
from tests.differential.run import Runner
from tests.stores.programs import seaweedfs as another_seaweedfs
from tests.stores.store import Store


@pytest.fixture(scope="session")
def itself(seaweedfs: Store) -> Place:
    return store_itself(seaweedfs)


@pytest.fixture(scope="session")
def runner(seaweedfs: Store, itself: Place) -> Iterator[Runner]:
    buckets = Buckets(seaweedfs)
    yield Runner(buckets, itself)
    buckets.close()


@pytest.fixture(scope="session")
def directly(runner: Runner, itself: Place) -> Callable[[Row], Outcome]:
    """What comes of a row on the store itself; asked once for all chains."""
    known: dict[str, Outcome] = {}

    def ask(row: Row) -> Outcome:
        if row.name not in known:
            known[row.name] = runner.run(row, itself)
        return known[row.name]

    return ask


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Row], Outcome]]:
    """What comes of a row on another store of the same kind."""
    with another_seaweedfs(tmp_path_factory.mktemp("another-seaweedfs")) as store:
        buckets, place = Buckets(store), store_itself(store)
        other = Runner(buckets, place)
        yield lambda row: other.run(row, place)
        buckets.close()
