"""One gateway behind another: a call through SOAP to a REST store has the outcome that it has without the detour."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from gateway.messages import Answer, Body, Call, Credentials, HttpRequest, Piece, Problem, RestReply
from gateway.soap.answers import build_answer, parse_answer
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.tables.errors import message_of
from gateway.wire.values import KIND
from tests.joined import IDS, Joined, head_of, our_contract
from tests.soap.asking import led, read, replied, written
from tests.soap.messages import body_of
from tests.soap_asked import SoapAsked
from tests.stores.programs import connect
from tests.stores.store import Store
from tests.translation.calls import BUCKET, empty

WANTED = {"GetMetadata": True, "GetData": True, "InlineData": False}


@dataclass
class Inner(Joined):
    """The gateway in front of the REST store: its SOAP side and its REST side, led without a shell."""

    def asked(self, request: HttpRequest) -> RestReply:
        """The reply to a message of the outer gateway, as its shell gives it."""
        body = written(request.pieces)
        fields = [f"{name}: {value}" for name, value in request.headers if name != "host"]
        head, soap = head_of(f"Content-Length: {len(body)}", *fields), self.soap
        try:
            reply = self.lead(soap.serve(head, body_of(head, body, soap), None, lambda *_: None))
        except Problem as problem:
            reply = soap.refuse(problem, head, IDS)
        return replied(request, reply.status, reply.headers, written(reply.pieces))

    def direct(self, call: Call) -> Mapping[str, Any]:
        """What the answer to a call holds without any SOAP."""
        rest = self.rest
        asking = rest.ask(call)
        try:
            request = next(asking)
            while True:
                request = asking.send(self._exchange(rest.prepare(request), stream=request.stream))
        except StopIteration as done:
            return read(done.value)

    def _exchange(self, request: HttpRequest, *, stream: bool) -> RestReply:
        whole: tuple[Piece, ...] = (written(request.pieces),) if request.pieces else ()
        return super()._exchange(replace(request, pieces=whole), stream=stream)


@dataclass
class Outer(SoapAsked):
    """The gateway in front of that gateway."""

    inner: Inner | None = None

    def outcome(self, call: Call, *, direct: bool) -> Any:
        """Values, or what a client can see of a problem."""
        assert self.inner is not None
        try:
            return self.inner.direct(call) if direct else read(led(self.language, call, self.inner.asked))
        except Problem as problem:
            return problem.code, message_of(problem.code, problem.message), problem.details


def object_of(**more: Any) -> dict[str, Any]:
    return {"Bucket": BUCKET, "Key": "a/b", **more}


def data(content: bytes) -> dict[str, Any]:
    return {"Data": Body(content, len(content)), "ContentLength": len(content)}


HELLO = f'"{hashlib.md5(b"hello").hexdigest()}"'
LONG_AGO, TOMORROW = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)
METADATA = [{"Name": "content-type", "Value": "text/plain"}, {"Name": "own", "Value": "é & <ü>"}]
READ = {
    "Grant": [
        {
            "Grantee": {KIND: "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
            "Permission": "READ",
        }
    ]
}

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("ListAllMyBuckets", {}),
    ("GetObject", object_of(**WANTED)),
    ("GetObject", object_of(**{**WANTED, "GetData": False})),
    ("GetObject", object_of(**{**WANTED, "GetMetadata": False})),
    ("GetObject", object_of(**{**WANTED, "InlineData": True})),
    ("GetObject", object_of(**WANTED) | {"Key": "nothing"}),
    ("GetObject", object_of(**WANTED) | {"Bucket": "nowhere"}),
    ("GetObject", object_of(**WANTED) | {"Key": "empty"}),
    ("GetObjectExtended", object_of(**WANTED)),
    ("GetObjectExtended", object_of(**WANTED, ByteRangeStart=1, ByteRangeEnd=3)),
    ("GetObjectExtended", object_of(**WANTED, ByteRangeStart=1)),
    ("GetObjectExtended", object_of(**WANTED, ByteRangeEnd=2)),
    ("GetObjectExtended", object_of(**WANTED, ByteRangeStart=99)),
    ("GetObjectExtended", object_of(**{**WANTED, "GetData": False}, ByteRangeStart=1)),
    ("GetObjectExtended", object_of(**WANTED, IfNoneMatch=[HELLO])),
    ("GetObjectExtended", object_of(**WANTED, IfModifiedSince=TOMORROW)),
    ("GetObjectExtended", object_of(**WANTED, IfModifiedSince=LONG_AGO)),
    ("GetObjectExtended", object_of(**WANTED, IfMatch=['"other"'])),
    ("GetObjectExtended", object_of(**WANTED, IfUnmodifiedSince=LONG_AGO)),
    (
        "GetObjectExtended",
        object_of(**WANTED, IfMatch=['"o"'], ByteRangeStart=1, ReturnCompleteObjectOnConditionFailure=True),
    ),
    ("ListBucket", {"Bucket": BUCKET}),
    ("ListBucket", {"Bucket": BUCKET, "Delimiter": "/", "MaxKeys": 1}),
    ("ListBucket", {"Bucket": BUCKET, "Prefix": "a/", "Marker": "a/a"}),
    ("ListBucket", {"Bucket": BUCKET, "MaxKeys": 0}),
    ("ListBucket", {"Bucket": "nowhere"}),
    ("GetBucketAccessControlPolicy", {"Bucket": BUCKET}),
    ("GetObjectAccessControlPolicy", object_of()),
    ("GetObjectAccessControlPolicy", object_of(Key="nothing")),
    ("GetBucketLoggingStatus", {"Bucket": BUCKET}),
    ("CreateBucket", {"Bucket": "x"}),
    ("CreateBucket", {"Bucket": BUCKET}),
    ("DeleteBucket", {"Bucket": BUCKET}),
    ("DeleteBucket", {"Bucket": "nowhere"}),
    ("DeleteObject", object_of(Key="nothing")),
    ("PutObject", object_of(**data(b"hello"), Metadata=METADATA)),
    ("PutObject", object_of(**data(b"")) | {"Key": "empty"}),
    ("PutObject", object_of(**data(b"hello"), AccessControlList=READ)),
    (
        "PutObject",
        object_of(**data(b"hello"), Metadata=[{"Name": "Content-MD5", "Value": "MTIzNDU2Nzg5MDEyMzQ1Ng=="}]),
    ),
    ("PutObject", object_of(**data(b"hello"), Metadata=[{"Name": "a", "Value": "b" * 3000}])),
    ("PutObject", object_of(**data(b"hello")) | {"Bucket": "nowhere"}),
    ("PutObject", object_of(**data(b"hello")) | {"Key": "k" * 1025}),
    (
        "CopyObject",
        {"SourceBucket": BUCKET, "SourceKey": "a/b", "DestinationBucket": BUCKET, "DestinationKey": "copy"},
    ),
    (
        "CopyObject",
        {"SourceBucket": BUCKET, "SourceKey": "no", "DestinationBucket": BUCKET, "DestinationKey": "copy"},
    ),
    ("SetBucketAccessControlPolicy", {"Bucket": BUCKET, "AccessControlList": READ}),
    ("SetObjectAccessControlPolicy", object_of(AccessControlList=READ)),
    ("SetBucketLoggingStatus", {"Bucket": BUCKET, "BucketLoggingStatus": {}}),
]
"""Each can be made twice with the same outcome."""


@pytest.fixture(scope="module")
def outer(store: Store) -> Iterator[Outer]:
    client = connect(store)
    client.create_bucket(Bucket=BUCKET)
    client.put_object(
        Bucket=BUCKET, Key="a/b", Body=b"hello", ContentType="text/plain", Metadata={"own": "x"}
    )
    client.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    inner = Inner(store.endpoint_url, store.access_key, store.secret_key)
    yield Outer("inner", store.access_key, store.secret_key, inner=inner)
    empty(client, BUCKET)


def comparable(operation: str, outcome: Any) -> Any:
    """An outcome as a client reads it, but for the time at which the store wrote."""
    if not isinstance(outcome, Mapping):
        return outcome
    values = {name: value for name, value in outcome.items() if name != "LastModified"}
    written_out = b"".join(build_envelope(build_answer(Answer(operation, values), our_contract())))
    return parse_answer(parse_envelope(written_out), operation, our_contract()).values


@pytest.mark.parametrize(("operation", "values"), CALLS, ids=count())
@pytest.mark.parametrize("form", ["dime", "mime"])
def test_the_outcome_is_the_same(outer, operation, values, form):
    outer.settings = {"attachments": form}
    call = Call(operation, values, Credentials(outer.access_key))
    direct, detour = outer.outcome(call, direct=True), outer.outcome(call, direct=False)
    assert comparable(operation, detour) == comparable(operation, direct)


def test_every_operation_is_among_the_calls():
    assert {operation for operation, _ in CALLS} == set(our_contract().operations) - {"PutObjectInline"}
