"""boto3 whose requests the REST language serves, joined to any language of a store, without a socket.

The request is taken from botocore before it would be sent and cut into head and body as the shell
does it; the reply is given back in its place. What was asked of the store is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from gateway.conversation import converse
from gateway.messages import Answer, Body, Call, HttpReply, Problem
from gateway.rest.serve import Rest
from gateway.wire.http1 import RequestHead, parse_request_head
from tests.joined import IDS, Joined, our_contract
from tests.joined import _read as written
from tests.stores.programs import ALICE
from tests.stores.store import Store

SECRETS: Mapping[str, str] = {ALICE.access_key: ALICE.secret_key}

MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def entry(name: str, value: str) -> dict[str, str]:
    """One entry of metadata."""
    return {"Name": name, "Value": value}


OBJECT: Mapping[str, Any] = {
    "Status": {"Code": 200, "Description": "OK"},
    "Data": b"hello",
    "LastModified": MOMENT,
    "ETag": '"5d41402abc4b2a76b9719d911017c592"',
}
"""An object as SOAP answers it, without metadata."""

Back = Callable[[Call], Generator[Any, Any, Answer]]
"""Leads one Call to its Answer."""


def by_model(model: Callable[[Call], Answer]) -> Back:
    """The language of a store that a function is."""

    def ask(call: Call) -> Generator[None, None, Answer]:
        return model(call)
        yield

    return ask


@dataclass
class Served:
    """One gateway for REST clients, without a shell.

    Attributes:
        back: Who is asked.
        send: Gives the reply to what `back` yields.
        settings: Of the language.
        calls: What was asked.
        noted: Operation and access key of each request.

    """

    back: Back
    send: Callable[[Any], Any] = lambda _: None
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=lambda: SECRETS)
    calls: list[Call] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rest(self) -> Rest:
        return Rest(
            contract=our_contract(),
            **{"secret_of": self.secrets.get, "now": lambda: datetime.now(UTC), **self.settings},
        )

    def reply(self, head: RequestHead, body: bytes = b"") -> HttpReply:
        """The reply to a request, errors written."""
        try:
            return self.lead(head, body)
        except Problem as problem:
            return self.rest.refuse(problem, head, IDS)

    def lead(self, head: RequestHead, body: bytes = b"") -> HttpReply:
        """The reply to a request; a refusal is raised."""
        rest = self.rest
        admission = rest.admit(head, secure=False)
        if len(body) > admission.most:
            raise rest.too_long(head)
        taken: Any = body
        if admission.parts is not None:
            taken = admission.parts
            pieces = taken.feed(body)
            taken.finish()
            taken.attach(Body(b"".join(pieces), taken.part.length))

        def ask(call: Call) -> Generator[Any, Any, Answer]:
            self.calls.append(call)
            return (yield from self.back(call))

        def note(operation: str, access_key: str) -> None:
            self.noted.append((operation, access_key))

        conversation = converse(rest.serve(head, taken, admission.proof, note), ask)
        try:
            request = next(conversation)
            while True:
                request = conversation.send(self.send(request))
        except StopIteration as done:
            reply: HttpReply = done.value
            return reply

    @contextmanager
    def client(self, **config: Any) -> Iterator[Any]:
        """boto3's client of S3."""
        style = config.pop("addressing_style", "path")
        client = boto3.client(
            "s3",
            endpoint_url=config.pop("endpoint_url", "http://localhost:8080"),
            aws_access_key_id=config.pop("access_key", ALICE.access_key),
            aws_secret_access_key=config.pop("secret_key", ALICE.secret_key),
            region_name="us-east-1",
            config=Config(
                s3={"addressing_style": style},
                retries={"total_max_attempts": 1},
                **{"signature_version": "s3v4", **config},
            ),
        )
        client.meta.events.register("before-send.s3", self._answer)
        try:
            yield client
        finally:
            client.close()

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        head, body = parts_of(request)
        reply = self.reply(head, body)
        content = b"" if head.method == "HEAD" else b"".join(written(piece) for piece in reply.pieces)
        length = len(content) if reply.length is None else reply.length
        headers = {**dict(reply.headers), "content-length": str(length)}
        return AWSResponse(request.url, reply.status, headers, _Raw(content))


def parts_of(request: AWSPreparedRequest) -> tuple[RequestHead, bytes]:
    """Head and body of what botocore was about to send."""
    url = urlsplit(request.url)
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    fields = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    lines = [f"{name}: {value}" for name, value in {"host": url.netloc, **fields}.items()]
    raw = "\r\n".join([f"{request.method} {target} HTTP/1.1", *lines, "", ""]).encode()
    body = request.body or b""
    if not isinstance(body, bytes | bytearray):
        body = body.read()
    return parse_request_head(raw), bytes(body)


class _Raw:
    """A body as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content

    def read(self, amount: int | None = None) -> bytes:
        data, self._content = self._content[:amount], self._content[amount:] if amount is not None else b""
        return data

    def close(self) -> None:
        """Nothing is open."""


def on_store(store: Store, **settings: Any) -> Served:
    """A gateway whose store is asked in REST, too: what comes out is the store's own, said twice."""
    joined = Joined(store.endpoint_url, store.access_key, store.secret_key)
    rest = joined.rest

    def send(request: Any) -> Any:
        prepared = rest.prepare(request)
        whole = b"".join(written(piece) for piece in prepared.pieces)
        return joined._exchange(replace(prepared, pieces=(whole,)), stream=request.stream)

    return Served(rest.ask, send, settings, secrets={store.access_key: store.secret_key})
