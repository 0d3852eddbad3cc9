"""What the tests of the translation share: a store behind both languages, and as boto3 sees it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gateway.messages import Problem
from tests.joined import Joined
from tests.stores.store import Store

BUCKET = "joined"
HELLO = '"5d41402abc4b2a76b9719d911017c592"'
"""The ETag of b"hello"."""
WANTED = {"GetMetadata": True, "GetData": True, "InlineData": True}


def joined(store: Store, **rest_settings: Any) -> Joined:
    return Joined(store.endpoint_url, store.access_key, store.secret_key, rest_settings=rest_settings)


def refusal(gateway: Joined, operation: str, **values: Any) -> Problem:
    """The fault that a call ends in."""
    with pytest.raises(Problem) as refused:
        gateway.call(operation, **values)
    return refused.value


def empty(client: Any, bucket: str) -> None:
    """Take a bucket away, with all that is in it."""
    with suppress(ClientError):
        for page in client.get_paginator("list_objects").paginate(Bucket=bucket):
            for entry in page.get("Contents", ()):
                client.delete_object(Bucket=bucket, Key=entry["Key"])
        client.delete_bucket(Bucket=bucket)


def put(
    gateway: Joined, key: str = "k", data: bytes = b"hello", bucket: str = BUCKET, **values: Any
) -> Mapping[str, Any]:
    return gateway.call(
        "PutObjectInline", Bucket=bucket, Key=key, Data=data, ContentLength=len(data), **values
    )


def get(gateway: Joined, key: str = "k", **values: Any) -> Mapping[str, Any]:
    extended = values.keys() - WANTED.keys()
    operation = "GetObjectExtended" if extended else "GetObject"
    return gateway.call(operation, Bucket=BUCKET, Key=key, **{**WANTED, **values})


def metadata_of(answer: Mapping[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in answer["Metadata"]}


def entries(metadata: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in metadata.items()]


def in_milliseconds(moment: datetime) -> datetime:
    """A moment as SOAP writes it: cut, not rounded."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
