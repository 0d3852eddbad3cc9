"""REST requests: any bytes are answered by S3's reply or one of its errors, and what is asked can be asked.

An input is a request with LF for its line ends, anybody's: nothing has to be signed. Its body is
cut or filled to the length that its head tells.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from gateway.messages import Answer, Body, Call, Credentials, HttpReply, Ids, Problem
from gateway.rest.addresses import Endpoint
from gateway.rest.requests import Store, build_request
from gateway.rest.serve import Rest
from gateway.service.documents import own_documents
from gateway.tables.operations import OPERATIONS
from gateway.tables.wsdl import compile_contract
from gateway.wire.http1 import RequestHead, build_reply_head, parse_request_head
from gateway.wire.markup import parse

DOCUMENTS = own_documents()
CONTRACT = compile_contract(DOCUMENTS, {name: parse(text) for name, text in DOCUMENTS.items()})
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STORE = Store(endpoint=Endpoint("store", 80))
REST = Rest(contract=CONTRACT, secret_of={"AKEY": "secret"}.get, now=lambda: NOW, anonymous=True)
IDS = Ids("REQUEST", "host")

MOST = 65_536
"""Bytes of a body that an input is filled to."""

OWNER = {"ID": "o"}
OBJECT: dict[str, Any] = {
    "Status": {"Code": 200},
    "Metadata": [{"Name": "Content-Length", "Value": "1"}, {"Name": "a", "Value": "\u00e9"}],
    "Data": b"x",
    "LastModified": NOW,
    "ETag": '"e"',
}
ANSWERS: dict[str, dict[str, Any]] = {
    "ListAllMyBuckets": {"Owner": OWNER, "Buckets": {}},
    "GetBucketAccessControlPolicy": {"Owner": OWNER, "AccessControlList": {}},
    "GetObjectAccessControlPolicy": {"Owner": OWNER, "AccessControlList": {}},
    "ListBucket": {
        "IsTruncated": True,
        "Contents": [{"Key": "k", "LastModified": NOW, "ETag": "e", "Size": 1}],
    },
    "GetObject": OBJECT,
    "GetObjectExtended": OBJECT,
    "CopyObject": {"LastModified": NOW, "ETag": "e"},
}


def one_input(data: bytes) -> None:
    """Raise when something about these bytes is not as it must be."""
    text, _, body = data.partition(b"\n\n")
    try:
        head = parse_request_head(text.replace(b"\n", b"\r\n") + b"\r\n\r\n")
    except Problem:
        return
    if (head.length or 0) > MOST:
        return
    if head.length is not None:
        body = body[: head.length].ljust(head.length, b"x")
    try:
        reply = lead(head, body if head.length is not None or head.chunked else b"")
    except Problem as problem:
        reply = REST.refuse(problem, head, IDS)
        assert 300 <= reply.status < 600, "a refusal is an error"
    assert build_reply_head(reply, length=None, chunked=False, close=True, date="", version=(1, 1))


def lead(head: RequestHead, body: bytes) -> HttpReply:
    """Lead a request to its reply; raises Problem."""
    admission = REST.admit(head, secure=False)
    if len(body) > admission.most:
        raise REST.too_long(head)
    taken: Any = body
    if admission.parts is not None:
        taken = admission.parts
        pieces = b"".join(taken.feed(body))
        taken.finish()
        assert len(pieces) == taken.part.length, "an object is as long as its head tells"
        taken.attach(Body(pieces, len(pieces)))
    return answer(REST.serve(head, taken, admission.proof, lambda *_: None))


def answer(serving: Generator[Call, Answer, HttpReply]) -> HttpReply:
    """Answer what is asked, which any store could be asked."""
    try:
        call = next(serving)
        while True:
            try:
                build_request(OPERATIONS[call.operation], call, CONTRACT, STORE)
            except Problem as problem:
                call = serving.throw(problem)
            else:
                assert call.credentials in {None, Credentials("AKEY")}
                call = serving.send(Answer(call.operation, ANSWERS.get(call.operation, {})))
    except StopIteration as done:
        reply: HttpReply = done.value
        return reply
