"""boto3 whose requests a view answers, without a socket: what S3's own client says, and reads.

The request is taken from botocore before it would be sent; the reply is given back in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from gateway.conversation import converse
from gateway.messages import Answer, Call, Credentials, HttpReply, Problem, RestRequest
from gateway.rest.errors import build_error
from gateway.rest.views import VIEWS, View
from tests.joined import IDS, our_contract
from tests.stores.programs import ALICE

REGION = "eu-central-1"
"""What the gateway calls its own."""

WHOSE = Credentials(ALICE.access_key)

Store = Callable[[Call], Answer]
"""A model of a SOAP store: gives an Answer, or raises a Problem."""

Lead = Callable[[Generator[Call, Answer, HttpReply]], HttpReply]
"""Leads a view to its reply."""


def by_model(store: Store) -> Lead:
    """Return what leads a view whose Calls a model answers."""

    def ask(call: Call) -> Generator[None, None, Answer]:
        return store(call)
        yield

    def lead(viewing: Generator[Call, Answer, HttpReply]) -> HttpReply:
        try:
            next(converse(viewing, ask))
        except StopIteration as done:
            reply: HttpReply = done.value
            return reply
        raise AssertionError("the model asks nobody")

    return lead


def view_of(request: RestRequest) -> View:
    """Return the row that a request is told by; what else it says is judged by whoever serves it."""
    (view,) = (
        view
        for view in VIEWS
        if view.method == request.method and (view.told_by is None or view.told_by in request.query)
    )
    return view


def view(request: RestRequest, region: str = REGION) -> Generator[Call, Answer, HttpReply]:
    """Begin the view that a request asks for."""
    return view_of(request).lead(our_contract(), request, WHOSE, region)


def asked(prepared: AWSPreparedRequest) -> RestRequest:
    """Return what botocore was about to send."""
    url = urlsplit(prepared.url)
    bucket, _, key = url.path.removeprefix("/").partition("/")
    headers = tuple(
        (name.lower(), value.decode() if isinstance(value, bytes) else value)
        for name, value in prepared.headers.items()
    )
    query = tuple(parse_qsl(url.query, keep_blank_values=True))
    body = prepared.body or b""
    return RestRequest(prepared.method, unquote(bucket), unquote(key), query, headers, body)


def text_of(reply: HttpReply) -> bytes:
    """Return a reply's body."""
    return b"".join(piece for piece in reply.pieces if isinstance(piece, bytes))


@cache
def _s3() -> ServiceModel:
    return botocore.session.get_session().get_service_model("s3")


def read(reply: HttpReply, operation: str) -> dict[str, Any]:
    """Return what botocore reads in a reply, before boto3 makes an exception of an error."""
    told = {"status_code": reply.status, "headers": dict(reply.headers), "body": text_of(reply)}
    shape = _s3().operation_model(operation).output_shape
    parsed: dict[str, Any] = create_parser("rest-xml").parse(told, shape)
    return parsed


class _Raw:
    """A body as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


@contextmanager
def viewed(lead: Lead, region: str = REGION) -> Iterator[Any]:
    """Give boto3's client of S3, whose requests are answered by views that `lead` leads."""

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        said = asked(request)
        try:
            reply = lead(view(said, region))
        except Problem as problem:
            reply = build_error(problem, IDS, resource=f"/{said.bucket}", method=said.method)
        headers = {name.title(): value for name, value in reply.headers}
        return AWSResponse(request.url, reply.status, headers, _Raw(text_of(reply)))

    client = boto3.client(
        "s3",
        endpoint_url="http://nowhere.invalid",
        aws_access_key_id=ALICE.access_key,
        aws_secret_access_key=ALICE.secret_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )
    client.meta.events.register("before-send.s3", answer)
    try:
        yield client
    finally:
        client.close()
