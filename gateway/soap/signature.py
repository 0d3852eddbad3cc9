"""SOAP's own signature: HMAC-SHA1 over "AmazonS3", the operation's name and the Timestamp.

It stands in the body, beside the operation's fields, and covers nothing else of them: bucket, key and
data are protected by TLS alone (wire rule 17). What a client writes as Timestamp need not be the text it
signed, because its SOAP stack formats dates in its own way. So two texts are tried: the moment written
anew, in UTC with three digits of milliseconds, and the text as it came.

Which error a refused message gets must not cost differently to find out. An unknown access key is
therefore checked like a known one, against a secret nobody has, and only then refused (wire rule 12).

Source of the rules: the S3 developer guide, "Authenticating SOAP requests", and XML Schema part 2, 3.2.7.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from gateway.messages import Credentials, Problem

MAX_SKEW = timedelta(minutes=15)
"""How far a Timestamp may be from our clock, either way and inclusive (RequestTimeTooSkewed)."""

MAX_DETAIL = 256
"""Characters of the client's own text that a fault's detail repeats; the rest is cut off."""

_NOBODYS_SECRET = "there is no such access key in this gateway"  # noqa: S105 - stands where there is none

_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(Z|([+-])([0-9]{2}):([0-9]{2}))?"
)


def string_to_sign(operation: str, timestamp: str) -> str:
    """Return the text a signature covers."""
    return f"AmazonS3{operation}{timestamp}"


def sign(operation: str, timestamp: str, secret: str) -> str:
    """Return the Signature element of a message.

    Args:
        operation: The operation element's local name, as `GetObjectExtended`.
        timestamp: The Timestamp element's text; `canonical_timestamp` makes one.
        secret: The secret access key.

    Returns:
        28 characters of base64.

    """
    digest = hmac.digest(secret.encode(), string_to_sign(operation, timestamp).encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def canonical_timestamp(moment: datetime) -> str:
    """Return an aware `moment` as S3 writes it: UTC, milliseconds cut and not rounded, `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_timestamp(text: str) -> datetime:
    """Return the moment an xsd:dateTime names, in UTC; without a zone it is taken as UTC.

    Digits of the fraction beyond microseconds are cut. 24:00:00 is the next day's midnight.

    Raises:
        ValueError: The text is no xsd:dateTime, or a year other than 1 to 9999.

    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not an xsd:dateTime: {text[:MAX_DETAIL]!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, _, sign_of_zone, zone_hours, zone_minutes = match.groups()[6:]
    midnight_after = hour == 24
    if midnight_after and (minute or second or (fraction or "").strip("0")):
        raise ValueError(f"only 24:00:00 may have the hour 24: {text[:MAX_DETAIL]!r}")
    zone = UTC
    if sign_of_zone:
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        if offset > timedelta(hours=14) or int(zone_minutes) > 59:
            raise ValueError(f"zones reach from -14:00 to +14:00: {text[:MAX_DETAIL]!r}")
        zone = timezone(offset if sign_of_zone == "+" else -offset)
    microsecond = int((fraction or "0").ljust(6, "0")[:6])
    try:
        moment = datetime(
            year, month, day, 0 if midnight_after else hour, minute, second, microsecond, tzinfo=zone
        )
        return (moment + timedelta(days=midnight_after)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"outside the years 1 to 9999: {text[:MAX_DETAIL]!r}") from error


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
        moment = parse_timestamp(credentials.timestamp)
    except ValueError as error:
        raise Problem("InvalidSOAPRequest") from error
    secret = secret_of(credentials.access_key)
    written_anew = canonical_timestamp(moment)
    provided = _comparable(credentials.signature)
    # Both are always computed and compared: the time this takes tells nothing.
    expected = [
        _comparable(sign(operation, text, _NOBODYS_SECRET if secret is None else secret))
        for text in (written_anew, credentials.timestamp)
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
        ("RequestTime", timestamp[:MAX_DETAIL]),
        ("ServerTime", canonical_timestamp(now)),
        ("MaxAllowedSkewMilliseconds", str(MAX_SKEW // timedelta(milliseconds=1))),
    )
