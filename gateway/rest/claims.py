"""What a request's head claims, before anybody has checked it: the words both signature versions share.

A claim says whose signature it is, gives the signature as sent, and knows how to sign the
same request with a secret. Whether the two agree is judged in one place, `authorization`.
Its readers (`claim_v4`, `claim_v2`) refuse first what needs no secret to be refused.

Each character of a text is one byte here, as in every head; nothing is decoded further.

Source: the S3 API reference, "Authenticating requests"; codes and messages are S3's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from urllib.parse import unquote

from gateway.messages import Headers, Problem

MAX_SKEW: Final = timedelta(minutes=15)
"""How far a request's date may be from our clock, either way and inclusive (RequestTimeTooSkewed)."""

MAX_DETAIL: Final = 4096
"""Characters of the client's own text that a detail of an error repeats; the rest is cut off."""

MAX_QUOTED: Final = 64
"""Characters of it that a message repeats, which stands in the log as well."""

Pairs = list[tuple[str, str]]
"""Names and values of a query, unescaped, in order."""

_METADATA: Final = "x-amz-meta-"
_ONE_MECHANISM: Final = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
    "Signature query string parameter or the Authorization header should be specified"
)
_NO_DATE: Final = "AWS authentication requires a valid Date or x-amz-date header"

_BASIC_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_HTTP_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|([+-])([0-9]{2})([0-9]{2}))"
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEARS: Final = range(1970, 9999)
"""Years a date may be of: a day or a week from any of them there still is a date."""


@dataclass(frozen=True, slots=True)
class Presented:
    """Who a request's head proves it is from, and what that says of the body.

    Attributes:
        access_key: Whose secret signed it.
        payload: SigV4: x-amz-content-sha256 as sent; UNSIGNED-PAYLOAD for a presigned request
            without one. "" for SigV2, which says nothing of the body.
        date: SigV4: when it was signed, `YYYYMMDDTHHMMSSZ`.
        scope: SigV4: `day/region/s3/aws4_request`.
        signature: SigV4: in hex; the signatures of chunks begin with it.
        in_query: Whether it was presigned.

    """

    access_key: str
    payload: str = ""
    date: str = ""
    scope: str = ""
    signature: str = ""
    in_query: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What a head claims.

    Attributes:
        presented: What it comes to if it is true.
        signature: As sent.
        texts: Gives the texts it may have signed, likeliest first: the canonical request (""
            in SigV2, which has none) and the string to sign.
        sign: Gives the signature of a string to sign, of a secret and that string.

    """

    presented: Presented
    signature: str
    texts: Callable[[], Iterator[tuple[str, str]]]
    sign: Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Fields:
    """The header fields of a request by name.

    Attributes:
        values: Those that stand more than once joined by a comma, as both versions sign them.
        repeated: The names of these.

    """

    values: dict[str, str]
    repeated: frozenset[str]

    @classmethod
    def of(cls, headers: Headers) -> Fields:
        """Return the fields of a head."""
        values: dict[str, str] = {}
        repeated: list[str] = []
        for name, value in headers:
            if name in values:
                repeated.append(name)
                values[name] = f"{values[name]},{value}"
            else:
                values[name] = value
        return cls(values, frozenset(repeated))

    def judge_single(self, signed: set[str]) -> None:
        """Refuse signed fields that stand more than once; only metadata may, and S3 joins it.

        Raises:
            Problem: InvalidRequest, naming one of them. A reader that takes the first or the
                last of two would act on less than was signed.

        """
        for name in sorted(self.repeated & signed):
            if not name.startswith(_METADATA):
                raise Problem("InvalidRequest", f"The signed field {name} stands more than once.")


def parse_pairs(query: str) -> Pairs:
    """Return the pairs of a query as sent; `+` is a blank, and `acl` is `acl` with ""."""
    if not query:
        return []
    return [
        (unquote(name, "latin-1"), unquote(value, "latin-1"))
        for name, _, value in [pair.partition("=") for pair in query.replace("+", " ").split("&")]
    ]


def parse_basic_date(text: str) -> datetime | None:
    """Return the moment of a date as SigV4 writes it, `20130524T000000Z`; None for any other text."""
    found = _BASIC_DATE.fullmatch(text)
    return _moment([int(part) for part in found.groups()], UTC) if found else None


def parse_date(text: str) -> datetime | None:
    """Return the moment of a date as SigV4 writes it or as HTTP does; None for any other text.

    Args:
        text: HTTP's may have a zone, `Tue, 27 Mar 2007 19:36:42 +0000`: S3's own examples do.

    """
    found = _HTTP_DATE.fullmatch(text)
    if found is None:
        return parse_basic_date(text)
    offset = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    if found[2] not in _MONTHS or offset >= timedelta(days=1):
        return None
    day = [int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1])]
    clock = [int(part) for part in found.group(4, 5, 6)]
    return _moment([*day, *clock], timezone(-offset if found[7] == "-" else offset))


def _moment(parts: list[int], zone: timezone) -> datetime | None:
    year, month, day, hour, minute, second = parts
    if year not in _YEARS:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:  # no such day or time
        return None


def dated(values: dict[str, str], now: datetime) -> datetime:
    """Return the moment a request in the header was signed at: x-amz-date's, or else Date's.

    Args:
        values: The request's fields.
        now: The clock, aware.

    Raises:
        Problem: AccessDenied, when there is none; RequestTimeTooSkewed.

    """
    text = values.get("x-amz-date", values.get("date", ""))
    moment = parse_date(text)
    if moment is None:
        raise Problem("AccessDenied", _NO_DATE)
    if abs(now - moment) > MAX_SKEW:
        details = (
            ("RequestTime", text),
            ("ServerTime", written(now)),
            ("MaxAllowedSkewMilliseconds", str(MAX_SKEW // timedelta(milliseconds=1))),
        )
        raise Problem("RequestTimeTooSkewed", details=details)
    return moment


def written(moment: datetime) -> str:
    """Return a moment as the details of an error tell it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def cut(text: str) -> str:
    """Return a client's text for a detail: as characters where it is UTF-8, and not too many."""
    return text[:MAX_DETAIL].encode("latin-1").decode("utf-8", "replace")


def bad_argument(name: str, value: str, message: str) -> Problem:
    """Return the InvalidArgument that names a header field or a parameter."""
    return Problem("InvalidArgument", message, (("ArgumentName", name), ("ArgumentValue", cut(value))))


def not_one_mechanism(authorization: str) -> Problem:
    """Return the refusal of a request that proves in two ways who it is from."""
    return bad_argument("Authorization", authorization, _ONE_MECHANISM)


MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
"""What S3's REST interface says; the documented list has more words, as SOAP's faults do."""


def mismatch(claim: Claim) -> Problem:
    """Return the SignatureDoesNotMatch of a claim: with what was sent, never with what was expected."""
    canonical, text = next(claim.texts())
    details = [
        ("AWSAccessKeyId", cut(claim.presented.access_key)),
        ("StringToSign", cut(text)),
        ("SignatureProvided", cut(claim.signature)),
        ("StringToSignBytes", _bytes_of(text)),
    ]
    if canonical:
        details += [("CanonicalRequest", cut(canonical)), ("CanonicalRequestBytes", _bytes_of(canonical))]
    return Problem("SignatureDoesNotMatch", MISMATCH, tuple(details))


def _bytes_of(text: str) -> str:
    return text[:MAX_DETAIL].encode("latin-1").hex(" ")
