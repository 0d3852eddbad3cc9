"""minio-py as the rows ask it: a method, and what its objects tell."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error

from tests.differential.places import USERS, Place
from tests.differential.plain import fields
from tests.differential.rows import How, Step
from tests.stores.store import REGION


def ask_minio(place: Place, how: How, step: Step) -> Any:
    """Return what came of one call.

    Args:
        place: Where.
        how: Who asks, and how.
        step: `call` is a method. What has to be an object of minio's own is plain data here: a body
            is bytes, a source is bucket and key, objects to delete are their keys.

    """
    client = _client(place, json.dumps([how.user, how.plain, how.settings.get("region", REGION)]))
    values = {name: MADE.get(name, _as_it_is)(value) for name, value in step.values.items()}
    try:
        return _told(getattr(client, step.call)(**values))
    except S3Error as error:
        return _error(error)
    except (MinioException, ValueError, urllib3.exceptions.HTTPError) as error:
        return {"raised": type(error).__name__, "text": str(error)}


def _as_it_is(value: Any) -> Any:
    return value


MADE: Mapping[str, Callable[[Any], Any]] = {
    "data": io.BytesIO,
    "source": lambda names: CopySource(*names),
    "delete_object_list": lambda keys: [DeleteObject(key) for key in keys],
}
"""How arguments of minio's own kinds are made."""


@cache
def _client(place: Place, told: str) -> Minio:
    name, plain, region = json.loads(told)
    url = urlsplit(place.plain_url if plain else place.url)
    user = USERS.get(name)
    return Minio(
        url.netloc,
        access_key=user.access_key if user else None,
        secret_key=user.secret_key if user else None,
        secure=url.scheme == "https",
        region=region,
        http_client=urllib3.PoolManager(
            ca_certs=str(place.ca) if place.ca else None, retries=urllib3.Retry(total=0), timeout=30
        ),
    )


def _error(error: S3Error) -> dict[str, Any]:
    told = {
        name: getattr(error, name, None)
        for name in ("code", "message", "resource", "bucket_name", "object_name")
    }
    return {"status": error.response.status, **told}


def _told(value: Any) -> Any:
    """What an object of minio's tells, as dicts and lists."""
    if value is None or isinstance(value, (str, int, float, bytes, datetime)):
        return value
    if isinstance(value, urllib3.BaseHTTPResponse):
        try:
            return {"status": value.status, "headers": fields(value.headers), "body": value.data}
        finally:
            value.close()
            value.release_conn()
    if isinstance(value, (list, tuple, Iterator)):
        return [_told(each) for each in value]
    if isinstance(value, urllib3.HTTPHeaderDict):
        return fields(value)
    if isinstance(value, Mapping):
        return {str(name): _told(each) for name, each in value.items()}
    return {name.lstrip("_"): _told(each) for name, each in vars(value).items()}
