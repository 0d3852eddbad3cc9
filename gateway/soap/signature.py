"""SOAP's own signature: HMAC-SHA1 over "AmazonS3", the operation's name and the Timestamp.

It stands in the body, beside the operation's fields, and covers nothing else of them: bucket, key and
data are protected by TLS alone (wire rule 17). What a client writes as Timestamp need not be the text it
signed, because its SOAP stack formats dates in its own way. So two texts are tried: the moment written
anew, in UTC with three digits of milliseconds, and the text as it came.

Which error a refused message gets must not cost differently to find out. An unknown access key is
therefore checked like a known one, against a secret nobody has, and only then refused (wire rule 12).

Source of the rules: the S3 developer guide, "Authenticating SOAP requests".
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.messages import Credentials, Problem
from gateway.soap.envelope import refused
from gateway.wire.texts import build_moment, parse_moment

MAX_SKEW = timedelta(minutes=15)
"""How far a Timestamp may be from our clock, either way and inclusive (RequestTimeTooSkewed)."""

MAX_DETAIL = 256
"""Characters of the client's own text that a fault's detail repeats; the rest is cut off."""

_NOBODYS_SECRET = "there is no such access key in this gateway"  # noqa: S105 - stands where there is none


def string_to_sign(operation: str, timestamp: str) -> str:
    """Return the text a signature covers."""
    return f"AmazonS3{operation}{timestamp}"


def sign(operation: str, timestamp: str, secret: str) -> str:
    """Return the Signature element of a message.

    Args:
        operation: The operation element's local name, as `GetObjectExtended`.
        timestamp: The Timestamp element's text, as `build_moment` makes one.
        secret: The secret access key.

    Returns:
        28 characters of base64.

    """
    digest = hmac.digest(secret.encode(), string_to_sign(operation, timestamp).encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def credentials_for(
    operation: str, access_key: str, key_of: Callable[[str], tuple[str, str] | None], now: datetime
) -> Credentials:
    """Return the security elements of a message of our own to a store.

    Args:
        operation: The local name of the operation element.
        access_key: The client's.
        key_of: The key and secret that sign towards the store for it, None for an unknown one.
        now: The gateway's clock, aware.

    Raises:
        Problem: InvalidAccessKeyId, when the key is gone since the client was checked.

    """
    pair = key_of(access_key)
    if pair is None:
        raise Problem("InvalidAccessKeyId", details=(("AWSAccessKeyId", access_key),))
    timestamp = build_moment(now)
    return Credentials(pair[0], timestamp, sign(operation, timestamp, pair[1]))


def check(
    operation: str, credentials: Credentials, secret_of: Callable[[str], str | None], now: datetime
) -> None:
    """Return if `credentials` prove who sent the message, now; else raise.

    Args:
        operation: The local name of the operation element that will be carried out.
        credentials: As the message gives them; access key, timestamp and signature are not empty.
        secret_of: Gives the secret of an access key, None for an unknown one.
        now: The gateway's clock, aware.

    Raises:
        Problem: In this order: InvalidSOAPRequest (the Timestamp is no xsd:dateTime), InvalidAccessKeyId,
            RequestTimeTooSkewed, SignatureDoesNotMatch. The details repeat what the client itself sent
            and the text we signed; none of them is a secret.

    """
    try:
        moment = parse_moment(credentials.timestamp)
    except ValueError as error:
        raise refused(f"Timestamp is {error}") from None
    secret = secret_of(credentials.access_key)
    written_anew = build_moment(moment)
    provided = _comparable(credentials.signature)
    # All are always computed and compared: the time this takes tells nothing but what the client wrote.
    expected = [
        _comparable(sign(operation, text, _NOBODYS_SECRET if secret is None else secret))
        for text in {written_anew, credentials.timestamp}
    ]
    matches = [hmac.compare_digest(provided, signature) for signature in expected]
    key_detail = ("AWSAccessKeyId", credentials.access_key[:MAX_DETAIL])
    if secret is None:
        raise Problem("InvalidAccessKeyId", details=(key_detail,))
    if abs(now - moment) > MAX_SKEW:
        raise Problem("RequestTimeTooSkewed", details=_skew_details(credentials.timestamp, now))
    if not any(matches):
        text = string_to_sign(operation, written_anew)
        raise Problem(
            "SignatureDoesNotMatch",
            details=(
                key_detail,
                ("StringToSign", text),
                ("SignatureProvided", credentials.signature[:MAX_DETAIL]),
                ("StringToSignBytes", text.encode().hex(" ")),
            ),
        )


def _comparable(signature: str) -> bytes:
    """Return a signature as bytes, without base64's padding: clients are known that leave it off."""
    return signature.rstrip("=").encode()


def _skew_details(timestamp: str, now: datetime) -> tuple[tuple[str, str], ...]:
    return (
        ("RequestTime", timestamp),
        ("ServerTime", build_moment(now)),
        ("MaxAllowedSkewMilliseconds", str(MAX_SKEW // timedelta(milliseconds=1))),
    )
