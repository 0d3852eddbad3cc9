"""A Call as a REST request, and that request with its address and signature.

`build_request` reads the operation's row and puts every field in its place. What comes out
still knows only bucket and key; `address_request` gives it Host and path and signs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.messages import Body, Call, HttpRequest, Piece, Problem, RestRequest
from gateway.rest.addresses import Endpoint, build_address
from gateway.rest.chunked import STREAMING_PAYLOAD, SignedChunks
from gateway.rest.places import REQUEST, Draft
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, SigningKey, sign, uri_encode
from gateway.tables.contract import Contract
from gateway.tables.operations import Operation

STREAMED: Final = "GET"
"""The method whose answer's payload comes as a Body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A REST store, as requests to it need to know it.

    Attributes:
        endpoint: Where it is.
        region: What it calls itself in signatures and location constraints.
        addressing_style: "path" or "virtual".
        acl: "pass", or "drop" for a store whose ACLs are disabled.
        payload_signing: Cover bodies by the signature; None: over plain HTTP only.

    """

    endpoint: Endpoint
    region: str = "us-east-1"
    addressing_style: str = "path"
    acl: str = "pass"
    payload_signing: bool | None = None

    @property
    def signs_payload(self) -> bool:
        """Whether a body that is at hand is covered by the signature (wire rule 27)."""
        return not self.endpoint.tls if self.payload_signing is None else self.payload_signing


def build_request(
    row: Operation, call: Call, contract: Contract, store: Store, *, md5: bool = True
) -> RestRequest:
    """Return the request that asks what a call asks.

    Args:
        row: The operation's.
        call: Its values are what the contract types them.
        contract: For the types of documents.
        store: Who is asked.
        md5: Whether the MD5 of an object that streams will be asked for (`wire.proof.md5_of`).

    Raises:
        Problem: For a value that REST cannot carry; BadDigest or InvalidDigest.

    """
    draft = Draft(contract, store.region, store.acl == "pass", row.methods[0], md5=md5)
    if row.subresource:
        draft.query.append((row.subresource, ""))
    for field in row.fields:
        REQUEST[field.place.kind](draft, field, [call.values.get(name) for name in field.names])
    has_payload = any(field.place.kind == "payload" for field in row.answer)
    return RestRequest(
        draft.method,
        draft.bucket,
        draft.key,
        tuple(draft.query),
        tuple(draft.headers),
        draft.body,
        stream=has_payload and draft.method == STREAMED,
        access_key=call.credentials.access_key if call.credentials else None,
    )


def address_request(
    request: RestRequest, store: Store, key_of: Callable[[str], tuple[str, str] | None], now: datetime
) -> HttpRequest:
    """Return a request with its address, signed.

    Args:
        request: What is asked.
        store: Who is asked.
        key_of: The key and secret that sign towards the store for a client's access key.
        now: The clock, aware.

    Raises:
        Problem: InvalidAccessKeyId, when the key is gone since the client was checked.

    """
    host, path = build_address(store.endpoint, store.addressing_style, request.bucket, request.key)
    query = "&".join(
        f"{uri_encode(name, False)}={uri_encode(value, False)}" if value else uri_encode(name, False)
        for name, value in request.query
    )
    target = f"{path}?{query}" if query else path
    headers = (("host", host), *request.headers)
    pieces = (request.body,) if request.body != b"" else ()
    if request.access_key is None:
        return HttpRequest(request.method, target, headers, pieces, request.stream)
    pair = key_of(request.access_key)
    if pair is None:
        raise Problem("InvalidAccessKeyId", details=(("AWSAccessKeyId", request.access_key),))
    key = SigningKey(pair[0], pair[1], store.region)
    if isinstance(request.body, Body) and store.signs_payload and request.body.written is not None:
        unsigned = HttpRequest(request.method, target, headers, (), request.stream)
        return _signed_in_chunks(unsigned, request.body, key, now)
    unsigned = HttpRequest(request.method, target, headers, pieces, request.stream)
    signature = sign(unsigned, _payload_hash(request.body, store), key, now)
    return HttpRequest(request.method, target, (*headers, *signature), pieces, request.stream)


def _signed_in_chunks(unsigned: HttpRequest, body: Body, key: SigningKey, now: datetime) -> HttpRequest:
    """Return a request whose body is covered by signatures although it streams (wire rule 27).

    Content-Encoding is left to the object: S3 does not need `aws-chunked` there, and SeaweedFS
    would keep it with the object.
    """
    headers = (*unsigned.headers, ("x-amz-decoded-content-length", str(body.written)))
    signature = dict(sign(replace(unsigned, headers=headers), STREAMING_PAYLOAD, key, now))
    date, seed = signature["x-amz-date"], signature["authorization"].rpartition("=")[2]
    chunked = body.coded(lambda: SignedChunks(key, date, seed))
    return replace(unsigned, headers=(*headers, *signature.items()), pieces=(chunked,))


def _payload_hash(body: Piece, store: Store) -> str:
    if body == b"":
        return EMPTY_SHA256
    if isinstance(body, Body) or not store.signs_payload:
        return UNSIGNED_PAYLOAD
    return hashlib.sha256(body).hexdigest()
