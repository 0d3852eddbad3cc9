"""Which part of an object was asked for, and how Content-Range tells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.soap.ranges import Part, is_ranged, parse_content_range, part_asked, part_begun

numbers = st.integers(0, 30)


@pytest.mark.parametrize(
    ("start", "end", "size", "part"),
    [
        (0, 1, 5, "bytes 0-1/5"),
        (2, None, 5, "bytes 2-4/5"),
        (2, 99, 5, "bytes 2-4/5"),
        (None, 2, 5, "bytes 3-4/5"),
        (None, 99, 5, "bytes 0-4/5"),
        (4, 4, 5, "bytes 4-4/5"),
        (5, None, 5, "None"),
        (3, 2, 5, "None"),
        (None, 0, 5, "None"),
        (0, 1, 0, "None"),
        (None, 3, 0, "None"),
        (None, None, 5, "None"),
    ],
)
def test_the_part_that_was_asked_for(start, end, size, part):
    """An end alone is a number of last bytes."""
    asked = {"ByteRangeStart": start, "ByteRangeEnd": end}
    assert str(part_asked(asked, size)) == part
    assert is_ranged(asked) == ((start, end) != (None, None))
    assert is_ranged({name: value for name, value in asked.items() if value is not None}) == is_ranged(asked)


@given(st.none() | numbers, st.none() | numbers, numbers)
def test_a_part_is_what_a_slice_of_the_object_is(start, end, size):
    whole = bytes(range(size))
    part = part_asked({"ByteRangeStart": start, "ByteRangeEnd": end}, size)
    wanted = b""
    if start is not None:
        wanted = whole[start:] if end is None else whole[start : end + 1]
    elif end:
        wanted = whole[-end:]
    assert (b"" if part is None else whole[part.first : part.last + 1]) == wanted
    assert part is None or part.length == len(wanted)


@given(numbers, numbers, numbers)
def test_what_is_told_is_read(first, last, size):
    assert parse_content_range(str(Part(first, last, size))) == Part(first, last, size)


@pytest.mark.parametrize("text", ["", "bytes */5", "bytes 0-1/*", "items 0-1/5", "bytes 0-1/5\n", "0-1/5"])
def test_what_tells_no_part(text):
    assert parse_content_range(text) is None


def test_a_part_of_an_object_of_no_known_size():
    assert str(part_begun({"ByteRangeStart": 3}, 4)) == "bytes 3-6/*"
    assert part_begun({"ByteRangeEnd": 3}, 4) is None
    assert part_begun({"ByteRangeStart": 3}, 0) is None
