"""Listings on real stores: as boto3 lists the same bucket, page by page, and what XML cannot carry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from gateway.messages import Problem
from tests.joined import Joined
from tests.stores.programs import connect
from tests.translation.calls import BUCKET, empty, in_milliseconds

KEYS = ["a/1", "a/2", "a&b<c>", "a-b/1", "b c/x", "c", "d/e/f", "e%41", "é/x", "z+"]
FILLED = "filled"
MANY = 1_005


@pytest.fixture(scope="module")
def filled(store):
    """A bucket with KEYS in it, as boto3 sees it."""
    client = connect(store)
    client.create_bucket(Bucket=FILLED)
    for key in KEYS:
        client.put_object(Bucket=FILLED, Key=key, Body=key.encode())
    yield client
    empty(client, FILLED)


def listed(gateway, **values):
    """A listing in the form that `theirs` gives."""
    answer = gateway.call("ListBucket", Bucket=FILLED, **values)
    return {
        "keys": [
            (one["Key"], one["Size"], one["ETag"], one["LastModified"], one.get("Owner", {}).get("ID"))
            for one in answer.get("Contents", ())
        ],
        "prefixes": [one["Prefix"] for one in answer.get("CommonPrefixes", ())],
        "truncated": answer["IsTruncated"],
        "next": answer.get("NextMarker"),
        "said": (
            answer["Name"],
            answer["Prefix"],
            answer["Marker"],
            answer.get("Delimiter") or "",
            answer["MaxKeys"],
        ),
    }


def theirs(client, **values):
    answer = client.list_objects(Bucket=FILLED, **{"MaxKeys": 1000, **values})
    asked = tuple(values.get(name, "") for name in ("Prefix", "Marker", "Delimiter"))
    return {
        "keys": [
            (
                one["Key"],
                one["Size"],
                one["ETag"],
                in_milliseconds(one["LastModified"]),
                one.get("Owner", {}).get("ID"),
            )
            for one in answer.get("Contents", ())
        ],
        "prefixes": [one["Prefix"] for one in answer.get("CommonPrefixes", ())],
        "truncated": answer["IsTruncated"],
        "next": answer.get("NextMarker"),
        "said": (FILLED, *asked, answer["MaxKeys"]),
    }


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"Prefix": "a"},
        {"Prefix": "a/"},
        {"Prefix": "b c"},
        {"Prefix": "é/"},
        {"Prefix": "none"},
        {"Delimiter": "/"},
        {"Delimiter": "/", "Prefix": "a/"},
        {"Delimiter": "/", "Prefix": "d/"},
        {"Delimiter": "-"},
        {"Marker": "c"},
        {"Marker": "b c/x"},
        {"Marker": "a/1", "Prefix": "a/"},
        {"MaxKeys": 0},
        {"MaxKeys": 1},
        {"MaxKeys": 10},
        {"MaxKeys": 11},
    ],
    ids=str,
)
def test_a_listing_is_what_boto3_lists(store, filled, values):
    gateway = Joined(store.endpoint_url, store.access_key, store.secret_key)
    assert listed(gateway, **values) == theirs(filled, **values)


@pytest.mark.parametrize(
    "values", [{"MaxKeys": 2, "Delimiter": "/"}, {"MaxKeys": 2, "Delimiter": "/", "Prefix": "a"}]
)
def test_a_page_with_prefixes_is_what_boto3_lists(store, filled, values):
    """The mark of the next page is the store's own: moto makes one up each time."""
    gateway = Joined(store.endpoint_url, store.access_key, store.secret_key)
    ours, others = listed(gateway, **values), theirs(filled, **values)
    assert (ours.pop("next") is None) == (others.pop("next") is None)
    assert ours == others


def test_a_number_of_keys_that_is_none(store, filled):
    gateway = Joined(store.endpoint_url, store.access_key, store.secret_key)
    try:
        filled.list_objects(Bucket=FILLED, MaxKeys=-1)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        with pytest.raises(Problem, match=code):
            gateway.call("ListBucket", Bucket=FILLED, MaxKeys=-1)
    else:
        gateway.call("ListBucket", Bucket=FILLED, MaxKeys=-1)


def test_pages_of_a_large_bucket(gateway, client):
    """A page has 1,000 keys at most; where no NextMarker comes, the last key is the mark."""
    keys = [f"many/{number:05}" for number in range(MANY)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: client.put_object(Bucket=BUCKET, Key=key, Body=b""), keys))
    for wanted, sizes in (
        ({}, [1000, 5]),
        ({"MaxKeys": 5000}, [1000, 5]),
        ({"MaxKeys": 400}, [400, 400, 205]),
    ):
        came, pages, marker = [], [], {}
        while True:
            page = gateway.call("ListBucket", Bucket=BUCKET, **wanted, **marker)
            came += [one["Key"] for one in page["Contents"]]
            pages.append(len(page["Contents"]))
            if not page["IsTruncated"]:
                break
            marker = {"Marker": page.get("NextMarker", came[-1])}
        assert came == keys
        assert pages == sizes
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: client.delete_object(Bucket=BUCKET, Key=key), keys))


@pytest.mark.parametrize("character", ["\x01", "\x08", "\x1f", "\ufffe"])
def test_a_key_that_xml_cannot_carry_is_listed_all_the_same(gateway, client, character):
    """Wire rule 19: U+FFFD stands in its place."""
    client.put_object(Bucket=BUCKET, Key=f"a{character}b", Body=b"x")
    page = gateway.call("ListBucket", Bucket=BUCKET)
    assert [one["Key"] for one in page["Contents"]] == ["a\ufffdb"]


@pytest.mark.parametrize("key", ["a\rb", "a\tb", "a<b>&c]]>", "a+b%41", " a "])
def test_a_key_that_xml_can_carry_is_listed_as_it_is(gateway, client, key):
    client.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    expected = [one["Key"] for one in client.list_objects(Bucket=BUCKET)["Contents"]]
    page = gateway.call("ListBucket", Bucket=BUCKET)
    assert [one["Key"] for one in page["Contents"]] == expected == [key]
