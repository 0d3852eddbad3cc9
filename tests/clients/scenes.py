"""What the tests of operations share: a foreign client before a gateway before a store.

A test names the capabilities it needs and runs with each stack in front of each store that has them, and
in front of the one that is behind two gateways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tests.clients.builds import RECIPES
from tests.clients.foreign import Fault, ForeignClient, Result
from tests.clients.gateway import RELAYS
from tests.stores.programs import SUPPORTS
from tests.stores.store import Store

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
SUPPORTED = {**SUPPORTS, **dict.fromkeys(RELAYS, SUPPORTS["seaweedfs"])}
"""What can be done at each end that clients reach through a gateway."""
ODD_KEY = "odd/key with blank +%25 (1)!*'~ü€=&;,$@:.txt"


def public(permission: str) -> dict[str, Any]:
    return {"Grantee": {"type": "Group", "URI": ALL_USERS}, "Permission": permission}


def grants(rows: list[dict[str, str]]) -> set[tuple[str, str]]:
    """Return who may do what, as a client read it; PHP does not tell the kind of a grantee."""
    return {
        (row.get("Grantee.URI") or row.get("Grantee.EmailAddress") or row["Grantee.ID"], row["Permission"])
        for row in rows
    }


def stored_grants(policy: Any) -> set[tuple[str, str]]:
    return {
        (grant["Grantee"].get("URI") or grant["Grantee"].get("ID", ""), grant["Permission"])
        for grant in policy["Grants"]
    }


@dataclass(frozen=True, slots=True)
class Scene:
    """A client before a gateway before a store, and the store itself for the test to look at."""

    client: ForeignClient
    store: Store
    boto: boto3.client
    bucket: str

    def ok(self, operation: str, **fields: Any) -> Result:
        """Call an operation that must succeed."""
        answer = self.client.call(operation, **fields)
        assert isinstance(answer, Result), answer
        return answer

    def fault(self, operation: str, **fields: Any) -> Fault:
        """Call an operation that must fail."""
        answer = self.client.call(operation, **fields)
        assert isinstance(answer, Fault), answer
        return answer

    def put(self, key: str, body: bytes = b"0123456789", **more: Any) -> str:
        """Put an object into the store itself, return its ETag."""
        return self.boto.put_object(Bucket=self.bucket, Key=key, Body=body, **more)["ETag"]

    def get(self, key: str, **fields: Any) -> Result:
        """Get an object with its data."""
        extended = {"GetMetadata": True, "GetData": True, "InlineData": True} | fields
        operation = "GetObjectExtended" if fields else "GetObject"
        return self.ok(operation, Bucket=self.bucket, Key=key, **extended)


def scenes(*capabilities: str) -> pytest.MarkDecorator:
    """Run the test with each stack in front of each store that has these capabilities."""
    able = [name for name, found in SUPPORTED.items() if found.issuperset(capabilities)]
    pairs = [(stack, store) for stack in RECIPES for store in able]
    return pytest.mark.parametrize("scene", pairs, indirect=True, ids="-".join)


def scenes_without(capability: str, *stores: str) -> pytest.MarkDecorator:
    """Run the test with each stack in front of these stores, which lack the capability."""
    assert not any(capability in SUPPORTED[store] for store in stores)
    pairs = [(stack, store) for stack in RECIPES for store in stores]
    return pytest.mark.parametrize("scene", pairs, indirect=True, ids="-".join)
