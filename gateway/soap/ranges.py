"""Parts of objects: which one was asked for, and which one an answer says that it is.

SOAP asks with ByteRangeStart and ByteRangeEnd and never says how long the whole is, so what a
REST client reads in Content-Range is put together here: from what was asked, and from the size.

Sources: RFC 9110, 14.4 (Content-Range); the facts of GetObjectExtended; wire rule 31.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object.

    Attributes:
        first: The offset of its first byte.
        last: That of its last.
        size: Bytes of the whole; None when they are not known.

    """

    first: int
    last: int
    size: int | None

    @property
    def length(self) -> int:
        """Its bytes."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """Return it as Content-Range has it."""
        return f"bytes {self.first}-{self.last}/{'*' if self.size is None else self.size}"


def parse_content_range(text: str) -> Part | None:
    """Return the part that a Content-Range tells, None for what tells none."""
    found = _CONTENT_RANGE.match(text)
    return None if found is None else Part(int(found[1]), int(found[2]), int(found[3]))


def is_ranged(values: Mapping[str, Any]) -> bool:
    """Tell whether a call asks for a part."""
    return _bounds(values) != (None, None)


def part_asked(values: Mapping[str, Any], size: int) -> Part | None:
    """Return the part that a call asks for, of an object of `size` bytes; None when it has no such part.

    An end without a start is a number of last bytes.
    """
    start, end = _bounds(values)
    if start is None and end is None:
        return None
    if start is None:
        first, last = max(size - end, 0), size - 1
    else:
        first, last = start, size - 1 if end is None else min(end, size - 1)
    return Part(first, last, size) if 0 <= first <= last else None


def part_begun(values: Mapping[str, Any], length: int) -> Part | None:
    """Return the part that `length` bytes are that answer a call, of an object whose size nobody knows."""
    start, _ = _bounds(values)
    return None if start is None or not length else Part(start, start + length - 1, None)


def _bounds(values: Mapping[str, Any]) -> tuple[Any, Any]:
    return values.get("ByteRangeStart"), values.get("ByteRangeEnd")
