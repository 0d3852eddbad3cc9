"""The store of a test behind both languages, and with an empty bucket as boto3 sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.joined import Joined
from tests.stores.programs import connect
from tests.stores.store import Store
from tests.translation.calls import BUCKET, empty, joined


@pytest.fixture
def gateway(store: Store) -> Joined:
    return joined(store)


@pytest.fixture
def client(store: Store) -> Iterator[Any]:
    """The store as boto3 sees it, with one empty bucket."""
    client = connect(store)
    client.create_bucket(Bucket=BUCKET)
    yield client
    empty(client, BUCKET)
