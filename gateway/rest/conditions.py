"""What makes a request depend on what is there: dates, tags and ranges, as HTTP writes them.

Sources: RFC 9110, 5.6.7 (dates), 8.8.3 (tags), 14.1.2 and 14.2 (ranges); wire rules 30 and 31.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.messages import Problem
from gateway.rest.claims import bad_argument
from gateway.wire.texts import NUMBERS, parse_etag

MAX_TAGS: Final = 100
"""Tags of one condition, as in a message of SOAP (InvalidArgument)."""

LAST_BYTE: Final = NUMBERS["long"] - 1
"""The largest position there is; a range that ends beyond it ends there."""

_TAG: Final = r'(?:\*(?=[ \t]*(?:,|\Z))|(?:W/)?"[\x21\x23-\x7e]*"|[\x21\x23-\x2b\x2d-\x7e]+)'
_TAGS = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*\Z")
_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*\Z", re.IGNORECASE)

Range = tuple[int | None, int | None]
"""The first and the last byte; without a first the last so many; without both the whole object."""

WHOLE: Final[Range] = (None, None)


def parse_date(text: str) -> datetime | None:
    """Return the moment of a date in one of HTTP's three forms, None for any other text."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_tags(name: str, text: str) -> list[str]:
    """Return the tags of a list, in their quotes, which clients may leave out.

    Args:
        name: Of the field, for the error.
        text: Its value; `*` is a tag here.

    Raises:
        Problem: InvalidArgument: dropping a condition that cannot be read would answer another question.

    """
    tags = [tag if tag == "*" else parse_etag(tag) for tag in re.findall(_TAG, text)]
    if not _TAGS.match(text) or len(tags) > MAX_TAGS:
        raise bad_argument(name, text, "An ETag is one word of printable ASCII characters.")
    return tags


def parse_range(text: str) -> Range:
    """Return the one range that a Range field asks for.

    Several ranges, another unit, a range that ends before it starts or a text that is none are the
    whole object, as S3 has it.

    Raises:
        Problem: InvalidRange, for the last 0 bytes.

    """
    found = _RANGE.match(text)
    if found is None:
        return WHOLE
    first, last = (min(int(digits[:20]), LAST_BYTE) if digits else None for digits in found.groups())
    if first is None and last == 0:
        raise Problem(
            "InvalidRange", "The requested range is not satisfiable", details=(("RangeRequested", text),)
        )
    if first is not None and last is not None and last < first:
        return WHOLE
    return first, last
