"""The simple types of the contract: their texts, read by parse_X and written by build_X.

Each takes a text that is already trimmed where blanks do not count, and raises ValueError,
which says what the text is not and never repeats it. Sources: XML Schema part 2; the facts
of S3's dates (milliseconds, cut) and ETags (in quotes).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import pybase64

NUMBERS: Final = {"int": 2**31, "long": 2**63}
"""The types of numbers, and the first number too large for each."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z")
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,32}))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?\Z"
)


def parse_integer(text: str, base: str = "long") -> int:
    """Return the number a text stands for.

    Raises:
        ValueError: It stands for none, or for one outside `base`.

    """
    if not _INTEGER.match(text):
        raise ValueError("not a number")
    number = int(text)
    if not -NUMBERS[base] <= number < NUMBERS[base]:
        raise ValueError("a number too large")
    return number


def parse_boolean(text: str) -> bool:
    """Return the truth of `true`, `false`, `1` or `0`, in any case.

    Raises:
        ValueError: It is none of them.

    """
    truth = _TRUTH.get(text.lower())
    if truth is None:
        raise ValueError("not a boolean")
    return truth


def parse_moment(text: str) -> datetime:
    """Return an xsd:dateTime in UTC, cut to microseconds; without a zone it is UTC already.

    Raises:
        ValueError: It is no dateTime.

    """
    found = _MOMENT.match(text)
    if found is None:
        raise ValueError("not a dateTime")
    if found[8] in {None, "Z"} and found[4] != "24":
        try:
            moment = datetime.fromisoformat(text)
            return moment if found[8] else moment.replace(tzinfo=UTC)
        except ValueError:
            raise ValueError("a dateTime that does not exist") from None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, zone = found.group(7), found.group(8)
    days = 0
    if (hour, minute, second) == (24, 0, 0) and not (fraction or "").strip("0"):
        hour, days = 0, 1  # XML Schema: midnight at the end of the day
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    offset = UTC if zone in {None, "Z"} else _offset(zone)
    try:
        moment = datetime(year, month, day, hour, minute, second, microsecond, offset)
        return (moment + timedelta(days=days)).astimezone(UTC)
    except (OverflowError, ValueError):  # the latter says which part of it is wrong, in Python's words
        raise ValueError("a dateTime that does not exist") from None


def _offset(zone: str) -> timezone:
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError("not a time zone")
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if zone[0] == "-" else span)


def build_moment(moment: datetime) -> str:
    """Return a dateTime as S3 writes it: UTC, milliseconds, cut and never rounded, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_base64(text: str) -> bytes:
    """Return the bytes of a base64 text, wrapped or not.

    Raises:
        ValueError: It is no base64.

    """
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        pass  # it may be wrapped
    try:
        return pybase64.b64decode(b"".join(text.encode("ascii").split()), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None


def parse_etag(text: str) -> str:
    """Return an ETag in its quotes, which some stores forget (wire rule 28); "" stays ""."""
    text = text.strip()
    return text if not text or text.startswith(('"', "W/")) else f'"{text}"'


def _string(text: str) -> str:
    return text


PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": _string,
    "int": lambda text: parse_integer(text.strip(), "int"),
    "long": lambda text: parse_integer(text.strip(), "long"),
    "boolean": lambda text: parse_boolean(text.strip()),
    "dateTime": lambda text: parse_moment(text.strip()),
    "base64Binary": parse_base64,
}
"""The reader of each base of the contract; blanks around all but strings do not count."""
