"""Dates, tags and ranges: every form of HTTP's, what is passed over, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.conditions import LAST_BYTE, MAX_TAGS, parse_date, parse_range, parse_tags

MOMENT = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
HEADER_TEXTS = st.text(st.characters(max_codepoint=0xFF), max_size=40)


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 10:49:37 +0200",
    ],
)
def test_the_forms_of_a_date(text):
    assert parse_date(text) == MOMENT


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1994-11-06T08:49:37Z", "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, 66 Nov 1994"]
)
def test_what_is_no_date(text):
    assert parse_date(text) is None


def test_a_date_that_leaves_the_calendar():
    assert parse_date("Fri, 31 Dec 9999 23:59:59 -1200") is None


@given(HEADER_TEXTS)
def test_any_text_is_a_date_or_none(text):
    found = parse_date(text)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('"a"', ['"a"']),
        ("a", ['"a"']),
        ('"a", "b"', ['"a"', '"b"']),
        ('"a","b,c" ,d', ['"a"', '"b,c"', '"d"']),
        ('W/"a", "b"', ['W/"a"', '"b"']),
        ("*", ["*"]),
        ('"*"', ['"*"']),
        ("*a", ['"*a"']),
        ('""', ['""']),
        ("5d41402abc4b2a76b9719d911017c592-2", ['"5d41402abc4b2a76b9719d911017c592-2"']),
    ],
)
def test_tags(text, tags):
    assert parse_tags("If-Match", text) == tags


@pytest.mark.parametrize(
    "text", ["", " ", '"', '"a', 'a"b', '"a" "b"', "a b", "a,", ",a", "é", '"é"', "a,,b"]
)
def test_what_is_no_tag(text):
    with pytest.raises(Problem) as refused:
        parse_tags("If-Match", text)
    assert refused.value.code == "InvalidArgument"
    assert refused.value.details[0] == ("ArgumentName", "If-Match")


def test_more_tags_than_a_message_may_have():
    assert len(parse_tags("If-Match", ",".join(["a"] * MAX_TAGS))) == MAX_TAGS
    with pytest.raises(Problem, match="InvalidArgument"):
        parse_tags("If-Match", ",".join(["a"] * (MAX_TAGS + 1)))


@given(HEADER_TEXTS)
def test_any_text_is_tags_or_refused(text):
    with suppress(Problem):
        assert parse_tags("If-Match", text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=3-12", (3, 12)),
        ("Bytes= 3-12 ", (3, 12)),
        ("bytes=3-", (3, None)),
        ("bytes=-5", (None, 5)),
        ("bytes=0-" + "9" * 30, (0, LAST_BYTE)),
        ("bytes=" + "9" * 30 + "-", (LAST_BYTE, None)),
        ("bytes=-" + "9" * 30, (None, LAST_BYTE)),
    ],
)
def test_one_range(text, found):
    assert parse_range(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=0-1,3-4",
        "lines=0-1",
        "0-1",
        "bytes=+1-2",
        "bytes=--1",
    ],
)
def test_what_is_passed_over_is_the_whole_object(text):
    assert parse_range(text) == (None, None)


def test_the_last_no_bytes():
    with pytest.raises(Problem) as refused:
        parse_range("bytes=-0")
    assert (refused.value.code, refused.value.details) == ("InvalidRange", (("RangeRequested", "bytes=-0"),))
