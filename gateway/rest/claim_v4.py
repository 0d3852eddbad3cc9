"""Claims of SigV4: in the Authorization header, or in the query of a presigned URL.

What is refused without a secret is refused here, in S3's own order: the payload's hash, the
date, the three components, the scope, and every field that had to be signed and was not. For
a proxy the last is the sharpest: a field that S3 acts on and nobody signed is an order from
whoever held the URL (x-amz-copy-source on a presigned PUT reads any object).

A client may send an address in another spelling than it signed, `$` for `%24`: S3 decodes and
encodes anew. So a second text is tried, in S3's spelling, when the first does not match. Only
addresses that `rest.addresses` reads alike are made alike: `%2F` in a path is no slash.

Source: the S3 API reference, "Authenticating requests (AWS signature version 4)".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from gateway.messages import Problem
from gateway.rest.claims import (
    MAX_QUOTED,
    MAX_SKEW,
    Claim,
    Fields,
    Pairs,
    Presented,
    bad_argument,
    cut,
    dated,
    parse_basic_date,
    written,
)
from gateway.rest.signature import (
    ALGORITHM,
    UNSIGNED_PAYLOAD,
    basic_date,
    canonical_request,
    fold,
    signature_of,
    string_to_sign,
)
from gateway.wire.http1 import RequestHead

MAX_EXPIRES: Final = 604_800
"""Seconds a presigned URL may be good for: a week (AuthorizationQueryParametersError)."""

PAYLOADS: Final = (
    UNSIGNED_PAYLOAD,
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
)
"""What x-amz-content-sha256 may say in place of a hash."""

PARAMETERS: Final = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
"""What the query of a presigned URL must have."""

SERVICE: Final = "s3"

_TERMINAL: Final = "aws4_request"
_COMPONENTS: Final = {"Credential", "SignedHeaders", "Signature"}
_HASH_FIELD: Final = "x-amz-content-sha256"
_ALWAYS_SIGNED: Final = frozenset({"host", "content-md5"})
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_SECONDS = re.compile(r"-?[0-9]{1,10}")
_DAY = re.compile(r"[0-9]{8}")

Details = tuple[tuple[str, str], ...]


def read_header(head: RequestHead, fields: Fields, now: datetime, region: str) -> Claim:
    """Return what `Authorization: AWS4-HMAC-SHA256 ...` claims.

    Args:
        head: The request's.
        fields: Its fields; `authorization` begins with the algorithm.
        now: The clock, aware.
        region: Ours.

    Raises:
        Problem: InvalidRequest, InvalidArgument, AccessDenied, RequestTimeTooSkewed or
            AuthorizationHeaderMalformed, with Region when it is that.

    """
    if _HASH_FIELD not in fields.values:
        raise Problem("InvalidRequest", f"Missing required header for this request: {_HASH_FIELD}")
    payload = _payload(fields)
    moment = dated(fields.values, now)
    components = fields.values["authorization"].removeprefix(ALGORITHM).split(",")
    given = dict([part.strip(" ").partition("=")[::2] for part in components])
    if len(components) != len(_COMPONENTS) or given.keys() != _COMPONENTS:
        raise _malformed(
            "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        )
    access_key, scope = _credential(given["Credential"], region, _malformed)
    date = basic_date(int(moment.timestamp()))
    if scope[:8] != date[:8]:
        raise _malformed("Invalid credential date. Date is not the same as X-Amz-Date.")
    presented = Presented(access_key, payload, date, scope, given["Signature"])
    return _claim(head, fields, head.query, given["SignedHeaders"], presented)


def read_query(head: RequestHead, fields: Fields, pairs: Pairs, now: datetime, region: str) -> Claim:
    """Return what the query of a presigned URL claims.

    Args:
        head: The request's.
        fields: Its fields.
        pairs: Its query's; at least one of `PARAMETERS` is among them.
        now: The clock, aware.
        region: Ours.

    Raises:
        Problem: AuthorizationQueryParametersError, with Region when it is that; InvalidArgument;
            AccessDenied, also for a URL that has expired or is not yet valid.

    """
    names = [name for name in [given.lower() for given, _ in pairs] if name.startswith("x-amz-")]
    if len(set(names)) < len(names):
        raise _wrong_query("A parameter of query-string authentication stands more than once.")
    given = dict(pairs)
    if any(name not in given for name in PARAMETERS):
        raise _wrong_query(
            "Query-string authentication version 4 requires the "
            f"{', '.join(PARAMETERS[:-1])}, and {PARAMETERS[-1]} parameters."
        )
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise _wrong_query(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    date = given["X-Amz-Date"]
    moment = parse_basic_date(date)
    if moment is None:
        raise _wrong_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    _judge_time(moment, _seconds(given["X-Amz-Expires"]), now)
    access_key, scope = _credential(given["X-Amz-Credential"], region, _wrong_credential)
    if scope[:8] != date[:8]:
        raise _wrong_query(
            f'Invalid credential date "{scope[:8]}". This date is not the same as X-Amz-Date: "{date[:8]}".'
        )
    encoded = zip(head.query.split("&"), pairs, strict=True)
    signed_query = "&".join([pair for pair, (name, _) in encoded if name != "X-Amz-Signature"])
    signature = given["X-Amz-Signature"]
    presented = Presented(access_key, _payload(fields), date, scope, signature, in_query=True)
    return _claim(head, fields, signed_query, given["X-Amz-SignedHeaders"], presented)


def _payload(fields: Fields) -> str:
    """Return what the request says of its body, UNSIGNED-PAYLOAD where it need not say anything."""
    payload = fields.values.get(_HASH_FIELD, UNSIGNED_PAYLOAD)
    if payload not in PAYLOADS and not _HASH.fullmatch(payload):
        message = f"{_HASH_FIELD} must be {', '.join(PAYLOADS)} or a valid sha256 value."
        raise bad_argument(_HASH_FIELD, payload, message)
    return payload


def _credential(text: str, region: str, refuse: Callable[..., Problem]) -> tuple[str, str]:
    """Return the access key and the scope of a Credential; `refuse` words what is wrong with it."""
    parts = text.split("/")
    if len(parts) != 5:
        raise refuse(
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    _, day, its_region, service, terminal = (cut(part[:MAX_QUOTED]) for part in parts)
    if not _DAY.fullmatch(day):
        raise refuse(
            f'incorrect date format "{day}". This date in the credential must be in the format "yyyyMMdd".'
        )
    if parts[2] != region:
        # SDKs sign anew with the Region they are told here.
        raise refuse(f"the region '{its_region}' is wrong; expecting '{region}'", (("Region", region),))
    if parts[3] != SERVICE:
        raise refuse(f'incorrect service "{service}". This endpoint belongs to "{SERVICE}".')
    if parts[4] != _TERMINAL:
        raise refuse(f'incorrect terminal "{terminal}". This endpoint uses "{_TERMINAL}".')
    return parts[0], "/".join(parts[1:])


def _seconds(text: str) -> int:
    """Return the seconds a presigned URL is good for."""
    if not _SECONDS.fullmatch(text):
        raise _wrong_query("X-Amz-Expires should be a number")
    seconds = int(text)
    if seconds < 1:
        raise _wrong_query("X-Amz-Expires must be at least 1 second")
    if seconds > MAX_EXPIRES:
        raise _wrong_query(
            "X-Amz-Expires must be less than a week (in seconds); "
            f"that is, the given X-Amz-Expires must be less than {MAX_EXPIRES} seconds"
        )
    return seconds


def _judge_time(moment: datetime, seconds: int, now: datetime) -> None:
    """Refuse a URL before its time, but for the skew of a clock, and behind it."""
    ends = moment + timedelta(seconds=seconds)
    if moment - now > MAX_SKEW:
        message, first = "Request is not yet valid", ("X-Amz-Date", f"{moment.timestamp() * 1000:.0f}")
    elif now > ends:
        message, first = "Request has expired", ("X-Amz-Expires", str(seconds))
    else:
        return
    details = (first, ("Expires", written(ends)), ("ServerTime", written(now)))
    raise Problem("AccessDenied", message, details)


def _claim(head: RequestHead, fields: Fields, query: str, names: str, presented: Presented) -> Claim:
    """Return the claim of a request whose every field that counts is signed, and stands once."""
    listed = names.split(";")
    signed = set(listed)
    unsigned = [
        name
        for name in {*fields.values, "host"}
        if name not in signed
        and (name.startswith("x-amz-") or name in _ALWAYS_SIGNED)
        # Its value stands in the signed text without it, and S3 lets it be unsigned.
        and name != _HASH_FIELD
    ]
    if unsigned:
        details = (("HeadersNotSigned", cut(", ".join(sorted(unsigned)))),)
        raise Problem(
            "AccessDenied", "There were headers present in the request which were not signed", details
        )
    fields.judge_single({*signed, _HASH_FIELD})
    # A field that is named and absent has no line. So no signature fits, even one of an empty value.
    lines = {name: fold(fields.values[name]) for name in listed if name in fields.values}

    def texts() -> Iterator[tuple[str, str]]:
        spelled = canonical_request(head.method, head.path, query, lines, names, presented.payload)
        yield spelled, string_to_sign(presented.date, presented.scope, spelled)
        anew = canonical_request(
            head.method, _path_anew(head.path), _query_anew(query), lines, names, presented.payload
        )
        if anew != spelled:
            yield anew, string_to_sign(presented.date, presented.scope, anew)

    return Claim(
        presented,
        presented.signature,
        texts,
        lambda secret, text: signature_of(text, secret, presented.scope),
    )


def _path_anew(path: str) -> str:
    return "/".join([_encoded(part) for part in path.split("/")])


def _query_anew(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.replace("+", "%20").split("&")]
    return "&".join([f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs]) if query else ""


def _encoded(text: str) -> str:
    """Return a part of an address with each character as S3 spells it."""
    return quote(unquote_to_bytes(text), safe="")


def _malformed(reason: str, details: Details = ()) -> Problem:
    return Problem(
        "AuthorizationHeaderMalformed", f"The authorization header is malformed; {reason}", details
    )


def _wrong_query(reason: str, details: Details = ()) -> Problem:
    return Problem("AuthorizationQueryParametersError", reason, details)


def _wrong_credential(reason: str, details: Details = ()) -> Problem:
    return _wrong_query(f"Error parsing the X-Amz-Credential parameter; {reason}", details)
