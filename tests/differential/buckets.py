"""Fresh buckets for rows: made ahead, filled as the scene says, looked into, and taken away.

SeaweedFS takes a fifth of a second for the first object of a bucket, without doing anything in it; a
few buckets are made ahead so that rows need not wait for that. All names have one length.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from tests.differential.plain import fields
from tests.differential.rows import Thing
from tests.stores.programs import connect
from tests.stores.store import Store

AHEAD = 6
LOOKED_AT = 4
"""So many objects of a bucket are looked at one by one; of more, the listing tells enough."""


class Buckets:
    """The buckets of one store; the store's first user makes them."""

    def __init__(self, store: Store) -> None:
        self.client = connect(store)
        self._numbers = itertools.count(1)
        self._workers = ThreadPoolExecutor(AHEAD)
        self._ahead: deque[Future[str]] = deque()

    def name(self) -> str:
        """Return a name that no bucket has."""
        return f"rows-{next(self._numbers):05}"

    def take(self) -> str:
        """Return the name of an empty bucket that nobody else has."""
        while len(self._ahead) <= AHEAD:
            self._ahead.append(self._workers.submit(self._make, self.name()))
        return self._ahead.popleft().result()

    def _make(self, name: str) -> str:
        self.client.create_bucket(Bucket=name)
        self.client.put_object(Bucket=name, Key="first", Body=b"the first object takes its time")
        self.client.delete_object(Bucket=name, Key="first")
        return name

    def fill(self, bucket: str, things: Iterable[Thing]) -> None:
        """Put objects into a bucket."""
        list(self._workers.map(lambda thing: self._put(bucket, thing), things))

    def _put(self, bucket: str, thing: Thing) -> None:
        self.client.put_object(Bucket=bucket, Key=thing.key, Body=thing.body, **thing.more)

    def look(self, bucket: str) -> Any:
        """Return what a bucket holds: its objects as HEAD tells them; None when there is no bucket."""
        try:
            listed = self.client.list_objects(Bucket=bucket, MaxKeys=1000).get("Contents", [])
        except self.client.exceptions.NoSuchBucket:
            return None
        if len(listed) > LOOKED_AT:
            return {each["Key"]: (each["Size"], each["ETag"]) for each in listed}
        return {each["Key"]: self._head(bucket, each["Key"]) for each in listed}

    def _head(self, bucket: str, key: str) -> Any:
        try:
            reply = self.client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            return error.response["Error"]["Code"]
        headers = fields(reply["ResponseMetadata"]["HTTPHeaders"])
        return {**headers, "length": reply["ContentLength"]}

    def drop(self, *buckets: str) -> None:
        """Take buckets away with all that is in them, some time."""
        for bucket in buckets:
            self._workers.submit(self._drop, bucket)

    def drop_now(self, bucket: str) -> None:
        """Take a bucket away before anything else is done."""
        self._drop(bucket)

    def _drop(self, bucket: str) -> None:
        """Try the short way first: most buckets hold a few objects and nothing else."""
        client = self.client
        with suppress(client.exceptions.NoSuchBucket):
            keys = [each["Key"] for each in client.list_objects(Bucket=bucket).get("Contents", ())]
            if keys:
                client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
            try:
                client.delete_bucket(Bucket=bucket)
            except ClientError:
                self._drop_thoroughly(bucket)

    def _drop_thoroughly(self, bucket: str) -> None:
        client = self.client
        with suppress(client.exceptions.NoSuchBucket):
            for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for each in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                    client.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
            client.delete_bucket(Bucket=bucket)

    def close(self) -> None:
        """Wait for all that was to be done some time."""
        self._workers.shutdown()
