"""Views on a real store: the pages, the bucket and the deletions that boto3 gets from the store itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gateway.messages import HttpRequest, RestReply
from gateway.soap.ask import Soap
from tests.joined import Joined, our_contract
from tests.rest.served import Served, on_store
from tests.rest.viewed import text_of
from tests.stores.programs import connect
from tests.stores.store import Store
from tests.translation.calls import empty, in_milliseconds

FILLED = "viewed"
STORED = ("a/1", "a/2", "a/b/c", "a&b<c>", "a-b/1", "b c/x", "c", "d/e/f", "e%41", "é/x", "z+")


@pytest.fixture(scope="module")
def direct(seaweedfs):
    """A bucket with STORED in it, as boto3 sees it on the store itself."""
    client = connect(seaweedfs)
    client.create_bucket(Bucket=FILLED)
    for key in STORED:
        client.put_object(Bucket=FILLED, Key=key, Body=key.encode())
    yield client
    empty(client, FILLED)


def speaking_soap(store: Store) -> Served:
    """REST in front, a gateway for SOAP clients behind, and the store behind that."""
    joined = Joined(store.endpoint_url, store.access_key, store.secret_key)
    soap = Soap(
        contract=our_contract(),
        host="localhost:8443",
        key_of=lambda key: (key, store.secret_key),
        now=lambda: datetime.now(UTC),
        new_id=lambda: "0" * 32,
    )

    def send(request: HttpRequest) -> RestReply:
        reply = joined.post(b"".join(piece for piece in request.pieces if isinstance(piece, bytes)))
        return RestReply(reply.status, reply.reason, reply.headers, text_of(reply))

    return Served(soap.ask, send)


@pytest.fixture(scope="module", params=[on_store, speaking_soap], ids=["rest", "soap"])
def through(request, seaweedfs):
    """The same, as boto3 sees it through the views and each language of stores."""
    with request.param(seaweedfs).client() as client:
        yield client


def told_of(pages: list[Mapping[str, Any]]) -> list[Any]:
    """Return what pages tell, without the tokens, which are each store's own."""
    names = (
        "Name",
        "Prefix",
        "Delimiter",
        "StartAfter",
        "MaxKeys",
        "KeyCount",
        "IsTruncated",
        "EncodingType",
    )
    return [
        (
            {name: page.get(name) or None for name in names},
            [
                {**one, "LastModified": in_milliseconds(one["LastModified"])}
                for one in page.get("Contents", ())
            ],
            [_spelled(one["Prefix"], page) for one in page.get("CommonPrefixes", ())],
            "NextContinuationToken" in page,
        )
        for page in pages
    ]


def _spelled(prefix: str, page: Any) -> str:
    """A folder as S3 spells it: this store writes a blank as + in keys, and as %20 here."""
    return prefix.replace("%20", "+") if page.get("EncodingType") else prefix


@pytest.mark.parametrize("size", [1, 2, 3, 10, 11, 1000])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "b c/", "é/", "d/", "none"])
def test_pages_are_what_boto3_lists(direct, through, prefix, delimiter, size):
    asked = {
        "Bucket": FILLED,
        "Prefix": prefix,
        "FetchOwner": True,
        "PaginationConfig": {"PageSize": size},
        **({"Delimiter": delimiter} if delimiter else {}),
    }
    theirs, ours = (
        told_of(list(client.get_paginator("list_objects_v2").paginate(**asked)))
        for client in (direct, through)
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "asked",
    [
        {"MaxKeys": 0},
        {"StartAfter": "c"},
        {"StartAfter": "a/1", "Prefix": "a/"},
        {"StartAfter": "zz"},
        {"StartAfter": "b c/", "Delimiter": "/"},
        {"Delimiter": "-"},
        {"EncodingType": "url", "Delimiter": "/"},
        {},
    ],
    ids=str,
)
def test_a_page_is_what_boto3_lists(direct, through, asked):
    theirs, ours = (told_of([client.list_objects_v2(Bucket=FILLED, **asked)]) for client in (direct, through))
    assert ours == theirs


def test_what_boto3_says_of_a_bucket(direct, through):
    for ask in ("head_bucket", "get_bucket_location"):
        told = getattr(through, ask)(Bucket=FILLED)
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 200
        theirs, ours = (failure(client, ask) for client in (direct, through))
        assert ours == theirs


def failure(client: Any, ask: str) -> Any:
    with pytest.raises(ClientError) as refused:
        getattr(client, ask)(Bucket="nobodys")
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_boto3_deletes_what_it_deletes_on_the_store(direct, through):
    doomed = {"Objects": [{"Key": key} for key in ("x/1", "x/2 &", "x/none")]}
    told = []
    for client in (direct, through):
        for key in ("x/1", "x/2 &", "x/kept"):
            direct.put_object(Bucket=FILLED, Key=key, Body=b"")
        result = client.delete_objects(Bucket=FILLED, Delete=doomed)
        left = direct.list_objects_v2(Bucket=FILLED, Prefix="x/")
        told.append((result["Deleted"], result.get("Errors"), [one["Key"] for one in left["Contents"]]))
    assert told[0] == told[1]
    direct.delete_object(Bucket=FILLED, Key="x/kept")
