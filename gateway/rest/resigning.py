"""A REST client's request, checked here and signed anew for a REST store.

The head is checked before a byte of the body is read, the body while it passes, and its last
bytes go on only when all of it was right (wire rule 24). What the client said of its body is said
again: its own hash, UNSIGNED-PAYLOAD, or the same form of chunks with signatures of ours, so the
store sees the request that the client would have made of it. Left out is what was about the
client's signature and about its connection, and what proxies on the way said of both.

Path and query keep their order and their meaning, and are spelled as S3 spells them when it
checks a signature: a store then gets one text, whether it takes the address as it came or decodes
and encodes it. `%2F` in a key stays what it is.

Sources: wire rules 22, 24, 26 and 27; the S3 API reference, "Authenticating requests".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from gateway.messages import Admission, Body, Headers, HttpRequest, Problem, RestReply
from gateway.rest.addresses import build_address, parse_address
from gateway.rest.authorization import Presented, authorize
from gateway.rest.checksums import value_length
from gateway.rest.chunked import (
    STREAMING_PAYLOAD,
    SignedChunks,
    Trailer,
    UnsignedChunks,
)
from gateway.rest.payload import DECODED_LENGTH, FORMS, Payload
from gateway.rest.presigned import in_fields
from gateway.rest.readdressed import Way, readdressed, tells_address
from gateway.rest.requests import Store
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, SigningKey, sign
from gateway.wire.gate import connection_options
from gateway.wire.http1 import HOP_BY_HOP, RequestHead, end_to_end
from gateway.wire.proof import HoldBack

FRAMING: Final = 65_536
"""Bytes that the framing of a chunked body may have beside as many as the object has (EntityTooLarge)."""

PREFLIGHT: Final = "OPTIONS"
"""The method that a browser sends without credentials, whoever asks."""

_OF_SIGNATURE: Final = frozenset({"authorization", "date", "x-amz-date", "x-amz-security-token"})
_HASH: Final = "x-amz-content-sha256"
_MADE_ANEW: Final = frozenset({"content-length", "expect", "forwarded", "host"})
_DROPPED: Final = HOP_BY_HOP | _MADE_ANEW | _OF_SIGNATURE
_DROPPED_WHEN_SIGNED: Final = _DROPPED | {_HASH}
_FORWARDED: Final = "x-forwarded-"
_ACTED_ON: Final = ("x-amz-", "content-", "if-")
_ACTED_ON_TOO: Final = frozenset({"cache-control", "expires", "origin", "range"})


@dataclass(frozen=True, slots=True)
class Admitted:
    """What is known of a request once its head was checked.

    Attributes:
        head: It, with fields in place of the parameters that stood for them.
        bucket: The one that it is about, "" for the service.
        key: The key, "" for the bucket.
        in_host: The same, if the Host field names it.
        presented: Who it is from; None for an anonymous one.
        payload: Its body.
        secure: Whether it came over TLS.

    """

    head: RequestHead
    bucket: str
    key: str
    in_host: str
    presented: Presented | None
    payload: Payload
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resigning:
    """How requests are relayed when the gateway checks the client, and signs itself.

    Attributes:
        store: Who is asked.
        secret_of: The secret of a client's access key, None for an unknown one.
        key_of: The key and secret that sign towards the store for it, None for an unknown one.
        now: The clock, aware.
        domains: Our host names, in lower case.
        region: The one that clients sign for.
        anonymous: Let requests without a signature go to the store, unsigned.
        max_object: Bytes of a body, decoded (EntityTooLarge).

    """

    store: Store
    secret_of: Callable[[str], str | None]
    key_of: Callable[[str], tuple[str, str] | None]
    now: Callable[[], datetime]
    domains: tuple[str, ...] = ("localhost",)
    region: str = "us-east-1"
    anonymous: bool = False
    max_object: int = 5 * 1024**3

    def admit(self, head: RequestHead, *, secure: bool = False) -> Admission:
        """Check a request's head, and what needs no body.

        Raises:
            Problem: What `authorize` and `Payload` refuse; AccessDenied, for an anonymous
                request; InvalidRequest, for a Connection field that takes away what S3 acts on;
                EntityTooLarge.

        """
        bucket, key, in_host = parse_address(head, self.domains)
        presented = authorize(
            head, bucket_in_host=in_host, secret_of=self.secret_of, now=self.now(), region=self.region
        )
        if presented is None and not self.anonymous and head.method != PREFLIGHT:
            raise Problem("AccessDenied")
        head = in_fields(head, presented)
        _judge_connection(head)  # of what stood in the URL as well
        secret = self.secret_of(presented.access_key) if presented else None
        payload = Payload(head, presented, secret or "")
        proof = Admitted(head, bucket, key, in_host, presented, payload, secure)
        if not head.length and not head.chunked:
            payload.take(b"")
            return Admission(0, None, proof)
        if payload.length > self.max_object:
            raise too_large(payload.length, self.max_object)
        most = 2 * payload.length + FRAMING if payload.declared in FORMS else payload.length
        return Admission(most, payload, proof)

    def request(self, _: RequestHead, body: Any, proof: Admitted) -> HttpRequest:
        """Return what is sent to the store.

        Args:
            _: The client's head, which the proof has as it is meant.
            body: b"" for none, else the payload, which has its attachment.
            proof: What `admit` found.

        Raises:
            Problem: InvalidAccessKeyId, when the key is gone since the client was checked.

        """
        head = proof.head
        host, target = _address(proof, self.store)
        headers = (("host", host), *_kept(head.headers, anonymous=proof.presented is None))
        unsigned = HttpRequest(head.method, target, headers, stream=True)
        object_bytes: Body | None = None if body == b"" else body.attachment.body.coded(HoldBack)
        if proof.presented is None:
            return replace(unsigned, pieces=_coded(object_bytes, proof.payload, proof.payload.declared))
        pair = self.key_of(proof.presented.access_key)
        if pair is None:
            raise Problem("InvalidAccessKeyId", details=(("AWSAccessKeyId", proof.presented.access_key),))
        return _signed(
            unsigned, object_bytes, proof, SigningKey(*pair, self.store.region), self.store, self.now()
        )

    def about(self, proof: Admitted) -> tuple[str, str]:
        """Return the bucket and the key that a request is about."""
        return proof.bucket, proof.key

    def access_key(self, proof: Admitted) -> str:
        """Return whose request it is, "" for nobody's."""
        return proof.presented.access_key if proof.presented else ""

    def signs(self, proof: Admitted) -> bool:
        """Tell whether the store's verdict on a signature is about ours (wire rule 6)."""
        return proof.presented is not None

    def told(self, reply: RestReply, proof: Admitted) -> RestReply:
        """Return the store's reply with the client's addresses in it."""
        if not tells_address(reply, proof.head.method):
            return reply
        endpoint, host = self.store.endpoint, proof.head.host
        asked, _ = build_address(endpoint, self.store.addressing_style, proof.bucket, "")
        scheme = "https" if proof.secure else "http"
        way = Way(
            bucket=proof.bucket,
            asked=asked,
            prefix=endpoint.prefix,
            by_path=asked == endpoint.authority,
            client=f"{scheme}://{host}" if host else "",
            client_by_path=not proof.in_host,
        )
        return readdressed(reply, way)


def too_large(size: int | None, most: int) -> Problem:
    """Return the EntityTooLarge of a body; its size is None when it was not announced."""
    proposed = () if size is None else (("ProposedSize", str(size)),)
    return Problem("EntityTooLarge", details=(*proposed, ("MaxSizeAllowed", str(most))))


def _judge_connection(head: RequestHead) -> None:
    """Refuse a Connection field that names fields of S3: it is not signed, and they may be.

    Else anybody on the way could take them away from a request that was signed with them.
    """
    for name in connection_options(head.headers):
        if (name.startswith(_ACTED_ON) or name in _ACTED_ON_TOO) and head.header(name) is not None:
            raise Problem("InvalidRequest", f"The Connection field names {name}.")


def _kept(headers: Headers, *, anonymous: bool) -> Headers:
    """Return the fields that go on to the store."""
    kept = end_to_end(headers, _DROPPED if anonymous else _DROPPED_WHEN_SIGNED)
    return tuple([field for field in kept if not field[0].startswith(_FORWARDED)])


def _address(proof: Admitted, store: Store) -> tuple[str, str]:
    """Return the Host and the target of the same bucket and key at the store."""
    host, base = build_address(store.endpoint, store.addressing_style, proof.bucket, "")
    raw = proof.head.path[1:]
    _, slash, key = ("", "/" if raw else "", raw) if proof.in_host else raw.partition("/")
    spelled = "/".join([_spelled(part) for part in key.split("/")])
    path = f"{base}{'' if base.endswith('/') else slash}{spelled}"
    query = _query(proof.head.query)
    return host, f"{path}?{query}" if query else path


def _query(query: str) -> str:
    """Return a query as S3 spells it; `+` is a blank there, `acl` stays without `=`."""
    pairs = []
    for pair in query.replace("+", "%20").split("&"):
        name, equals, value = pair.partition("=")
        if pair:
            pairs.append(f"{_spelled(name)}{equals}{_spelled(value)}")
    return "&".join(pairs)


def _spelled(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="")


def _signed(  # noqa: PLR0913, PLR0917 - all that a signature is about
    unsigned: HttpRequest,
    body: Body | None,
    proof: Admitted,
    key: SigningKey,
    store: Store,
    now: datetime,
) -> HttpRequest:
    payload = proof.payload
    declared = payload.declared
    if proof.presented is not None and not proof.presented.payload and declared == UNSIGNED_PAYLOAD:
        # SigV2 says nothing of the body, so it is for us to choose (wire rule 27).
        if body is None:
            declared = EMPTY_SHA256
        elif store.signs_payload:
            declared = STREAMING_PAYLOAD
            headers = (*unsigned.headers, (DECODED_LENGTH, str(payload.length)))
            unsigned = replace(unsigned, headers=headers)
    signature = dict(sign(unsigned, declared, key, now))
    date, seed = signature["x-amz-date"], signature["authorization"].rpartition("=")[2]
    chunks = partial(SignedChunks, key, date, seed)
    return HttpRequest(  # not `replace`, which asks for every field by its name
        unsigned.method,
        unsigned.target,
        (*unsigned.headers, *signature.items()),
        _coded(body, payload, declared, chunks),
        stream=True,
    )


def _coded(
    body: Body | None,
    payload: Payload,
    declared: str,
    signed_chunks: Callable[[Trailer | None], UnsignedChunks] = UnsignedChunks,
) -> tuple[Body, ...]:
    """Return the pieces of a body, in the form that its head declares."""
    if body is None:
        return ()
    form, name = FORMS.get(declared), payload.trailer
    if form is None:
        return (body,)
    chunks = signed_chunks if form.signed else UnsignedChunks
    trailer = Trailer(name, value_length(name), lambda: dict(payload.trailers)[name]) if name else None
    return (body.coded(lambda: chunks(trailer)),)
