"""REST operations that SOAP never had a word for, answered from those it had.

A view is a generator: it yields the Calls that it needs, is sent their Answers (a Problem is
raised where it yielded), and returns the reply. What is not among VIEWS and has no row in
`tables.operations` is NotImplemented. A view says which queries and headers it reads: whoever
looks it up refuses a request that says more, as with the rows. A test fails when VIEWS grows.

A bucket is there when its listing can be asked for, and a listing of no keys is the cheapest one.

Sources: the S3 API reference, HeadBucket, GetBucketLocation, ListObjectsV2, DeleteObjects.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.messages import Answer, Call, Credentials, HttpReply, RestRequest
from gateway.rest.asked import Asked, read_values
from gateway.rest.deletion import MAX_DELETION, delete_objects
from gateway.rest.documents import document_reply
from gateway.rest.listings import build_token, listing_reply, next_marker, parse_token
from gateway.tables.contract import Contract
from gateway.tables.errors import phrase
from gateway.tables.operations import BUCKET_SCOPE, OPERATIONS
from gateway.wire.markup import escape

REGION_HEADER: Final = "x-amz-bucket-region"

NAMELESS_REGION: Final = "us-east-1"
"""The region that GetBucketLocation tells as an empty LocationConstraint."""

Viewing = Generator[Call, Answer, HttpReply]


@dataclass(frozen=True, slots=True)
class View:
    """One row.

    Attributes:
        name: As S3 names the operation.
        method: Of the request.
        scope: What it is about.
        told_by: The query that tells it from others of the same method and scope, with its value,
            "" for a subresource; None where nothing else has them.
        queries: Names of the other queries that it reads. Of the headers no view reads any but those
            that prove the request and its body.
        most: Bytes of body that it reads; 0 for a view that reads none.
        lead: Answers a request: takes the contract that REST shares, the request (its body whole
            and verified), whose it is, and the region that the gateway calls its own.

    """

    name: str
    method: str
    scope: str
    told_by: tuple[str, str] | None
    lead: Callable[[Contract, RestRequest, Credentials | None, str], Viewing]
    queries: frozenset[str] = frozenset()
    most: int = 0


def _prove(bucket: str, credentials: Credentials | None) -> Generator[Call, Answer, None]:
    """Ask for a listing of no keys: raises the Problem that the bucket is, if it is one."""
    yield Call("ListBucket", {"Bucket": bucket, "MaxKeys": 0}, credentials)


def _head_bucket(_: Contract, request: RestRequest, credentials: Credentials | None, region: str) -> Viewing:
    yield from _prove(request.bucket, credentials)
    return HttpReply(200, phrase(200), ((REGION_HEADER, region),))


def _get_bucket_location(
    contract: Contract, request: RestRequest, credentials: Credentials | None, region: str
) -> Viewing:
    yield from _prove(request.bucket, credentials)
    told = "" if region == NAMELESS_REGION else escape(region)
    return document_reply(contract.namespace, "LocationConstraint", (told,))


def _list_objects_v2(
    contract: Contract, request: RestRequest, credentials: Credentials | None, region: str
) -> Viewing:
    """Answer ListObjectsV2 from ListBucket. A token wins over start-after, which is only said again."""
    asked = Asked(request, OPERATIONS["ListBucket"], contract, region)
    values = read_values(asked)
    size = values["MaxKeys"]
    token, start = asked.parameter("continuation-token"), asked.parameter("start-after") or ""
    marker = start if token is None else parse_token(token)
    if marker:
        values["Marker"] = marker
    answer = yield Call("ListBucket", values, credentials)
    listed = _page(answer.values, size, owners=asked.parameter("fetch-owner") == "true")
    count = len(listed["Contents"]) + len(listed["CommonPrefixes"])
    fields = (
        ("Name", request.bucket),
        ("Prefix", values.get("Prefix", "")),
        ("StartAfter", start),
        ("ContinuationToken", token or ""),
        ("NextContinuationToken", build_token(next_marker(listed)) if listed["IsTruncated"] else ""),
        ("KeyCount", str(count)),
        ("MaxKeys", str(size)),
        ("Delimiter", values.get("Delimiter", "")),
    )
    told = (field for field in fields if field[1] or field[0] == "Prefix")
    encoded = asked.parameter("encoding-type") == "url"
    return listing_reply(contract, told, listed, encoded=encoded)


def _page(listed: Mapping[str, Any], size: int, *, owners: bool) -> dict[str, Any]:
    """Return a page as it is told: without the owners that nobody asked for.

    A page of no keys is empty and its end is the end (there are stores that list all keys then).
    """
    whole = size > 0
    contents = [
        one if owners else {name: value for name, value in one.items() if name != "Owner"}
        for one in (listed.get("Contents", ()) if whole else ())
    ]
    return {
        "Contents": contents,
        "CommonPrefixes": listed.get("CommonPrefixes", []) if whole else [],
        "NextMarker": listed.get("NextMarker"),
        "IsTruncated": whole and bool(listed.get("IsTruncated")),
    }


_LIST_V2: Final = frozenset(
    {
        "continuation-token",
        "delimiter",
        "encoding-type",
        "fetch-owner",
        "max-keys",
        "prefix",
        "start-after",
    }
)

VIEWS: tuple[View, ...] = (
    View("HeadBucket", "HEAD", BUCKET_SCOPE, None, _head_bucket),
    View("GetBucketLocation", "GET", BUCKET_SCOPE, ("location", ""), _get_bucket_location),
    View("ListObjectsV2", "GET", BUCKET_SCOPE, ("list-type", "2"), _list_objects_v2, _LIST_V2),
    View("DeleteObjects", "POST", BUCKET_SCOPE, ("delete", ""), delete_objects, most=MAX_DELETION),
)
"""These four alone."""
