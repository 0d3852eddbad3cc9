"""boto3 as the rows ask it: a method, all pages of one, or a URL that it signed.

A result is what boto3 parsed, its status and its header fields, those of the transport left out;
an error is the same of the error. Bodies are read to their end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock

import boto3
import botocore.auth
import urllib3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from tests.differential.places import USERS, Place
from tests.differential.plain import fields
from tests.differential.rows import How, Step
from tests.differential.wire import document
from tests.stores.store import REGION


def ask_boto(place: Place, how: How, step: Step) -> Any:
    """Return what came of one call.

    Args:
        place: Where.
        how: Who asks, and how.
        step: `call` is a method of boto3's client; `pages:` before it asks for all pages; `url:`
            before it signs a URL, which is then asked with the parameters `headers`, `body` and `verb`;
            `minutes` has it signed by a wrong clock, for `expires` seconds; `alter` changes it behind.

    """
    client = _client(place, json.dumps(_told(how), sort_keys=True))
    kind, _, method = step.call.rpartition(":")

    def ask() -> Any:
        return KINDS[kind](client, method, dict(step.values), place)

    try:
        try:
            return ask()
        except ConnectionClosedError:
            if place.name != "direct":
                raise
            return ask()  # SeaweedFS closes the connection behind a directory's object, and does not say so
    except ClientError as error:
        return _parsed(error.response)
    except BotoCoreError as error:
        return {"raised": type(error).__name__, "text": str(error)}


def _told(how: How) -> dict[str, Any]:
    return {
        "user": how.user,
        "plain": how.plain or how.virtual,
        "virtual": how.virtual,
        "signature": how.signature,
        "checksums": how.checksums,
        "settings": dict(how.settings),
    }


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session()


@cache
def _client(place: Place, told: str) -> Any:
    how = json.loads(told)
    user = USERS.get(how["user"])
    return _session().client(
        "s3",
        endpoint_url=place.plain_url if how["plain"] else place.url,
        region_name=REGION,
        aws_access_key_id=user.access_key if user else "-",
        aws_secret_access_key=user.secret_key if user else "-",
        verify=str(place.ca) if place.ca else None,
        config=Config(
            signature_version=how["signature"] if user else UNSIGNED,
            s3={"addressing_style": "virtual" if how["virtual"] else "path", **how["settings"]},
            retries={"total_max_attempts": 1},
            request_checksum_calculation=how["checksums"],
            response_checksum_validation=how["checksums"],
            connect_timeout=5,
            read_timeout=30,
        ),
    )


def _parsed(response: Mapping[str, Any]) -> dict[str, Any]:
    told = response["ResponseMetadata"]
    headers = fields(told["HTTPHeaders"])
    if response.get("Error", {}).get("Code", "").isdigit():  # an error of HEAD has no body to be of a type
        headers.pop("content-type", None)
    return {
        "status": told["HTTPStatusCode"],
        "headers": headers,
        **{
            name: value.read() if hasattr(value, "read") else value
            for name, value in response.items()
            if name != "ResponseMetadata"
        },
    }


def _call(client: Any, method: str, values: dict[str, Any], place: Place) -> Any:
    return _parsed(getattr(client, method)(**values))


def _pages(client: Any, method: str, values: dict[str, Any], place: Place) -> Any:
    return [_parsed(page) for page in client.get_paginator(method).paginate(**values)]


def _url(client: Any, method: str, values: dict[str, Any], place: Place) -> Any:
    headers, body, minutes = values.pop("headers", None), values.pop("body", None), values.pop("minutes", 0)
    expires, verb = values.pop("expires", 600), values.pop("verb", VERBS[method.split("_", maxsplit=1)[0]])
    before, after = values.pop("alter", ("", ""))
    now = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now):
        url = client.generate_presigned_url(method, Params=values, ExpiresIn=expires)
    if before:
        url = url.replace(before, after)
    with urllib3.PoolManager(ca_certs=str(place.ca) if place.ca else None, retries=False) as pool:
        reply = pool.request(verb, url, headers=headers, body=body, redirect=False)
        return {"status": reply.status, "headers": fields(reply.headers), "body": document(reply.data)}


VERBS = {"get": "GET", "put": "PUT", "delete": "DELETE", "head": "HEAD", "list": "GET"}
KINDS: Mapping[str, Callable[[Any, str, dict[str, Any], Place], Any]] = {
    "": _call,
    "pages": _pages,
    "url": _url,
}
