"""SigV4, S3's dialect: what a REST request carries to prove who sent it.

The signature covers the bytes of the wire: path and query are taken from the request-target as it will be
sent, never encoded twice and with every dot and slash left in place, unlike for AWS's other services. Whoever
builds a target therefore uses `uri_encode`, the one spelling that S3 computes on its side too. The texts that
are signed are built here for those who sign and for those who check (`claim_v4`).
Header values are bytes as well, each character one (ISO-8859-1).

The four HMACs from a secret to the key of a day, a region and a service are made once and kept.

Source of the rules: the S3 API reference, "Authenticating requests: using the Authorization header".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

from gateway.messages import Headers, HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

KEPT_DAY_KEYS = 1024
"""How many signing keys are kept: one for each secret, day, region and service."""

NEVER_SIGNED = frozenset(
    {
        "baggage", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade", "user-agent",
        "x-amzn-trace-id",
    }
)  # fmt: skip
"""Header fields that proxies on the way may change, add or drop; AWS's own clients leave them out too."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Who signs, and for where.

    Attributes:
        access_key: The public name of the key.
        secret: Its secret.
        region: The store's, as `us-east-1`.
        service: `s3`.

    """

    access_key: str
    secret: str = field(repr=False)
    region: str
    service: str = "s3"


def uri_encode(text: str, safe_slash: bool) -> str:
    """Return `text` as SigV4 spells it in a request-target.

    The UTF-8 bytes, each as %XX with capital letters, but for letters, digits and `-._~`.

    Args:
        text: Characters of a key, or of a query's name or value.
        safe_slash: Leave `/` as it is; so in a path, not in a query.

    """
    return quote(text, safe="/" if safe_slash else "")


def sign(request: HttpRequest, payload_hash: str, key: SigningKey, now: datetime) -> Headers:
    """Return the header fields that sign a request; they are to be sent beside its own.

    Args:
        request: Method, target and headers as they will be sent, Host among them, and without the three
            fields that are returned. Of its headers all are signed but those of `NEVER_SIGNED`.
        payload_hash: SHA-256 of the body in hex, or what S3 takes in its place.
        key: Who signs.
        now: The gateway's clock, aware.

    Returns:
        x-amz-date, x-amz-content-sha256 and authorization.

    """
    date = basic_date(int(now.timestamp()))
    dated = (("x-amz-date", date), ("x-amz-content-sha256", payload_hash))
    signed = _canonical_headers((*request.headers, *dated))
    names = ";".join(signed)
    path, _, query = request.target.partition("?")
    scope = f"{date[:8]}/{key.region}/{key.service}/aws4_request"
    canonical = canonical_request(request.method, path, query, signed, names, payload_hash)
    signature = signature_of(string_to_sign(date, scope, canonical), key.secret, scope)
    authorization = (
        f"{ALGORITHM} Credential={key.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return (*dated, ("authorization", authorization))


def canonical_request(  # noqa: PLR0913, PLR0917 - the six parts of it
    method: str, path: str, query: str, signed: Mapping[str, str], names: str, payload_hash: str
) -> str:
    """Return the text that stands for a request, each character one byte.

    Args:
        method: As sent.
        path: As sent.
        query: As sent, without the signature itself.
        signed: The signed fields in the order of their names, each value folded.
        names: Their names as the request tells them, joined by `;`.
        payload_hash: SHA-256 of the body in hex, or what S3 takes in its place.

    """
    return "\n".join(
        (
            method,
            path,
            _canonical_query(query),
            *[f"{name}:{value}" for name, value in signed.items()],
            "",
            names,
            payload_hash,
        )
    )


def string_to_sign(date: str, scope: str, canonical: str) -> str:
    """Return the text that is signed, of `YYYYMMDDTHHMMSSZ`, the scope and the canonical request."""
    return f"{ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(canonical.encode('latin-1')).hexdigest()}"


def signature_of(text: str, secret: str, scope: str) -> str:
    """Return the signature of a string to sign, in hex; the scope is `day/region/service/aws4_request`."""
    day, region, service, _ = scope.split("/")
    return hmac.digest(day_key(secret, day, region, service), text.encode(), "sha256").hex()


def fold(value: str) -> str:
    """Return a field's value as it is signed: trimmed, runs of blanks within it made one."""
    if value.isprintable() and "  " not in value and value[:1] != " " != value[-1:]:
        return value  # nearly every one
    # Bytes split at ASCII's blanks only; a str would also split at U+0085 and U+00A0.
    return b" ".join(value.encode("latin-1").split()).decode("latin-1")


def _canonical_query(query: str) -> str:
    """Return the pairs of an encoded query by name and value; `acl` becomes `acl=`."""
    if not query:
        return ""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    return "&".join([f"{name}={value}" for name, value in pairs])


def _canonical_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the fields to sign by name, folded; one line each, whose values a comma joins."""
    values: dict[str, str] = {}
    for name, value in sorted(headers, key=lambda header: header[0]):
        if name in NEVER_SIGNED:
            continue
        folded = fold(value)
        values[name] = f"{values[name]},{folded}" if name in values else folded
    return values


@lru_cache(maxsize=2)
def basic_date(second: int) -> str:
    """Return a second since 1970 as `YYYYMMDDTHHMMSSZ`: once for all that is signed in it."""
    return f"{datetime.fromtimestamp(second, UTC):%Y%m%dT%H%M%SZ}"


@lru_cache(maxsize=KEPT_DAY_KEYS)
def day_key(secret: str, day: str, region: str, service: str) -> bytes:
    """Return the key that signs on one day (`YYYYMMDD`), in one region, for one service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
