"""A relay without a shell: what it would send for a request, and what it makes of a reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.messages import Body, HttpReply, HttpRequest, Piece, RestReply, length_of
from gateway.rest.addresses import Endpoint
from gateway.rest.authorization import Presented
from gateway.rest.passing import Passing
from gateway.rest.payload import Payload
from gateway.rest.relay import RestRelay
from gateway.rest.requests import Store
from gateway.rest.resigning import Resigning
from gateway.wire.http1 import RequestHead, build_request_head, parse_request_head
from tests.rest.signed import ACCESS_KEY, NOW, REGION, SECRETS, ask

STORE_KEY, STORE_SECRET = "AKSTORE0000000000000", "the store's own secret"
HOST = "store.example:9000"


@dataclass
class Conversation:
    """One request on its way through a relay."""

    relay: RestRelay
    head: RequestHead
    body: bytes = b""
    pieces: int = 1 << 20
    noted: list[tuple[str, str]] = field(default_factory=list)

    def begin(self) -> HttpRequest:
        """Play the shell up to the request for the store, whose body is all here then."""
        admission = self.relay.admit(self.head, secure=False)
        self.payload = b""
        parts: Any = b""
        if admission.parts is not None:
            parts = admission.parts
            assert parts.ready
            parts.attach(Body("source", parts.part.length))
            for start in range(0, len(self.body), self.pieces):
                self.payload += b"".join(parts.feed(self.body[start : start + self.pieces]))
            parts.finish()
        assert admission.most >= len(self.body)
        self.unasked = admission.unasked
        self._steps = self.relay.converse(
            self.head, parts, admission.proof, lambda *told: self.noted.append(told)
        )
        return self.relay.prepare(next(self._steps))

    def sent(self) -> bytes:
        """Return all bytes of the request for the store; of a body in HTTP's chunks only the payload."""
        request = self.begin()
        assert request.stream
        return build_request_head(request, length_of(request.pieces)) + b"".join(
            map(self._written, request.pieces)
        )

    def end(self, reply: RestReply) -> HttpReply:
        """Return the reply for the client; raises Problem."""
        try:
            self._steps.send(reply)
        except StopIteration as ended:
            return ended.value
        raise AssertionError("it asks twice")

    def _written(self, piece: Piece) -> bytes:
        if isinstance(piece, bytes):
            return piece
        assert piece.source == "source"
        data = [self.payload]
        for make in piece.through:
            coding = make()
            data = [b"".join([*map(coding.feed, data), coding.close()])]
        assert piece.length is None or len(data[0]) == piece.written
        return data[0]


def resigning(
    *, secrets=SECRETS, style="path", prefix="", payload_signing=None, tls=False, **more
) -> RestRelay:
    """Return a relay that signs anew."""
    endpoint = Endpoint("store.example", 9000, tls, prefix)
    store = Store(endpoint=endpoint, region=REGION, addressing_style=style, payload_signing=payload_signing)
    way = Resigning(
        store=store,
        secret_of=secrets.get,
        key_of=more.pop("key_of", {ACCESS_KEY: (STORE_KEY, STORE_SECRET)}.get),
        now=lambda: NOW,
        domains=("gate.example",),
        region=REGION,
        **more,
    )
    return RestRelay(way=way, domains=("gate.example",))


def passing(**more) -> RestRelay:
    """Return a relay that changes nothing."""
    return RestRelay(way=Passing(endpoint=Endpoint("store.example", 9000, **more)), domains=("gate.example",))


@dataclass
class Received:
    """What a store that checks everything reads in a request."""

    head: RequestHead
    presented: Presented | None
    data: bytes
    trailers: tuple[tuple[str, str], ...]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return its fields but for those that every signed request has."""
        beside = {"host", "x-amz-date", "authorization", "content-length"}
        return [each for each in self.head.headers if each[0] not in beside]


def received(wire: bytes, *, bucket_in_host: str = "") -> Received:
    """Check a request as a store does; raises Problem."""
    raw, end, body = wire.partition(b"\r\n\r\n")
    head = parse_request_head(raw + end)
    presented = ask(head, bucket_in_host=bucket_in_host, secrets={STORE_KEY: STORE_SECRET})
    payload = Payload(head, presented, STORE_SECRET)
    assert head.length is None or head.length == len(body)
    return Received(head, presented, payload.take(body), payload.trailers)
