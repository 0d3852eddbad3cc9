"""Soap and Rest joined without a shell: a message in, real HTTP to a real store, the envelope out.

The shell's part is played by http.client in a few blocking lines, so a test sees the two
languages and nothing else. What was sent to the store is kept, for tests that count requests.
"""

from __future__ import annotations

import http.client
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from gateway.conversation import converse
from gateway.messages import (
    Answer,
    Body,
    Call,
    Credentials,
    HttpReply,
    HttpRequest,
    Ids,
    Piece,
    Problem,
    RestReply,
)
from gateway.rest.addresses import Endpoint
from gateway.rest.ask import Rest
from gateway.rest.requests import Store
from gateway.service.documents import own_documents
from gateway.soap.answers import parse_answer
from gateway.soap.calls import build_call
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.soap.faults import parse_fault
from gateway.soap.serve import Soap
from gateway.soap.signature import sign
from gateway.tables.contract import Contract
from gateway.tables.wsdl import compile_contract
from gateway.wire.http1 import RequestHead, parse_request_head
from gateway.wire.markup import parse
from gateway.wire.texts import build_moment
from tests.schema import judge

IDS = Ids("0123456789ABCDEF", "host-id-of-the-gateway")


@cache
def our_contract() -> Contract:
    """The contract of the shipped WSDL, compiled once for all tests."""
    documents = own_documents()
    return compile_contract(documents, {name: parse(text) for name, text in documents.items()})


def head_of(*fields: str, method: str = "POST", target: str = "/soap", version: str = "1.1") -> RequestHead:
    """A head that passed the gate."""
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost:8443", *fields, "", ""]
    return parse_request_head("\r\n".join(lines).encode())


def message(call: Call, contract: Contract | None = None) -> bytes:
    """The envelope of a call, as our own builder writes it."""
    pieces = build_envelope(build_call(call, contract or our_contract()))
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


@dataclass
class Joined:
    """One user, one gateway without a shell, one store."""

    endpoint_url: str
    access_key: str
    secret: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    rest_settings: Mapping[str, Any] = field(default_factory=dict)
    sent: list[HttpRequest] = field(default_factory=list)

    @property
    def soap(self) -> Soap:
        return Soap(
            contract=our_contract(),
            documents=own_documents(),
            secret_of={self.access_key: self.secret}.get,
            now=lambda: datetime.now(UTC),
            new_id=lambda: "0123456789abcdef",
            **self.settings,
        )

    @property
    def rest(self) -> Rest:
        known = {self.access_key: (self.access_key, self.secret)}
        store = Store(endpoint=Endpoint.of(self.endpoint_url), **self.rest_settings)
        return Rest(contract=our_contract(), store=store, key_of=known.get, now=lambda: datetime.now(UTC))

    def credentials(self, operation: str) -> Credentials:
        timestamp = build_moment(datetime.now(UTC))
        return Credentials(self.access_key, timestamp, sign(operation, timestamp, self.secret))

    def call(self, operation: str, /, **values: Any) -> Mapping[str, Any]:
        """What the answer's element holds, valid by the schema; a fault is raised as its Problem."""
        reply = self.post(message(Call(operation, values, self.credentials(operation))))
        text = b"".join(_read(piece) for piece in reply.pieces)
        judge(text)
        problem = parse_fault(text)
        assert (reply.status == 500) == (problem is not None)
        if problem is not None:
            raise problem
        return parse_answer(parse_envelope(text), operation, our_contract()).values

    def post(self, body: bytes, *fields: str) -> HttpReply:
        """The reply to a message."""
        head = head_of(f"Content-Length: {len(body)}", "Content-Type: text/xml; charset=utf-8", *fields)
        try:
            assert self.soap.admit(head, secure=True).most >= len(body)
            return self.lead(self.soap.serve(head, body, None, lambda *_: None))
        except Problem as problem:
            return self.soap.refuse(problem, head, IDS)

    def lead(self, serving: Generator[Call, Answer, HttpReply]) -> HttpReply:
        """The reply of a client's side whose calls the store is asked."""
        rest = self.rest
        conversation = converse(serving, rest.ask)
        try:
            request = next(conversation)
            while True:
                request = conversation.send(self._exchange(rest.prepare(request), stream=request.stream))
        except StopIteration as done:
            return done.value

    def _exchange(self, request: HttpRequest, *, stream: bool) -> RestReply:
        self.sent.append(request)
        endpoint = Endpoint.of(self.endpoint_url)
        connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers:
                connection.putheader(name, value)
            body = b"".join(piece for piece in request.pieces if isinstance(piece, bytes))
            if body or request.method == "PUT":
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            reply = connection.getresponse()
            content: Piece = reply.read()
            headers = tuple((name.lower(), value) for name, value in reply.getheaders())
            if stream and reply.status < 300:
                content = Body(content, len(content))
            return RestReply(reply.status, reply.reason, headers, content)
        finally:
            connection.close()


def _read(piece: Piece) -> bytes:
    """The bytes a piece writes."""
    if isinstance(piece, bytes):
        return piece
    data = piece.source
    for coding in piece.through:
        one = coding()
        data = one.feed(data) + one.close()
    return data
