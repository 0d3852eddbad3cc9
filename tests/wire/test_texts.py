"""The simple types: what is a number, a boolean, a moment, base64, an ETag, and what is none."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.texts import (
    NUMBERS,
    PARSERS,
    build_moment,
    parse_base64,
    parse_boolean,
    parse_etag,
    parse_integer,
    parse_moment,
)
from tests.strategies import moments


@pytest.mark.parametrize(
    ("text", "base", "number"),
    [
        ("0", "int", 0),
        ("+5", "int", 5),
        ("-5", "int", -5),
        ("007", "int", 7),
        ("2147483647", "int", 2**31 - 1),
        ("-2147483648", "int", -(2**31)),
        ("9223372036854775807", "long", 2**63 - 1),
        ("-9223372036854775808", "long", -(2**63)),
    ],
)
def test_numbers(text, base, number):
    assert parse_integer(text, base) == number


@pytest.mark.parametrize(
    ("text", "base", "why"),
    [
        ("", "long", "not a number"),
        ("-", "long", "not a number"),
        (" 1", "long", "not a number"),
        ("1\n", "long", "not a number"),
        ("1.0", "long", "not a number"),
        ("0x10", "long", "not a number"),
        ("1_000", "long", "not a number"),
        ("\u0661", "long", "not a number"),
        ("1" * 20, "long", "not a number"),
        ("9" * 100_000, "long", "not a number"),
        ("2147483648", "int", "a number too large"),
        ("-2147483649", "int", "a number too large"),
        ("9223372036854775808", "long", "a number too large"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_number(text, base, why):
    with pytest.raises(ValueError, match=why):
        parse_integer(text, base)


@given(
    st.sampled_from(sorted(NUMBERS)).flatmap(
        lambda base: st.tuples(st.just(base), st.integers(-NUMBERS[base], NUMBERS[base] - 1))
    )
)
def test_every_number_of_a_type_is_read(drawn):
    base, number = drawn
    assert parse_integer(str(number), base) == number


@pytest.mark.parametrize(
    ("text", "truth"),
    [("true", True), ("1", True), ("false", False), ("0", False), ("True", True), ("FALSE", False)],
)
def test_booleans(text, truth):
    assert parse_boolean(text) is truth


@pytest.mark.parametrize("text", ["", "yes", "2", " true", "tru\u0435"])
def test_what_is_no_boolean(text):
    with pytest.raises(ValueError, match="not a boolean"):
        parse_boolean(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2009-01-01T12:00:00.000Z", datetime(2009, 1, 1, 12, tzinfo=UTC)),
        ("2009-01-01T12:00:00", datetime(2009, 1, 1, 12, tzinfo=UTC)),
        ("2009-01-01T12:00:00.18Z", datetime(2009, 1, 1, 12, 0, 0, 180_000, UTC)),
        ("2009-01-01T12:00:00.1239999Z", datetime(2009, 1, 1, 12, 0, 0, 123_999, UTC)),
        (f"2009-01-01T12:00:00.{'9' * 32}Z", datetime(2009, 1, 1, 12, 0, 0, 999_999, UTC)),
        ("2009-01-01T13:30:00+01:30", datetime(2009, 1, 1, 12, tzinfo=UTC)),
        ("2008-12-31T22:00:00-14:00", datetime(2009, 1, 1, 12, tzinfo=UTC)),
        ("2009-01-01T12:00:00-00:00", datetime(2009, 1, 1, 12, tzinfo=UTC)),
        ("2009-01-01T12:59:00+00:59", datetime(2009, 1, 1, 12, tzinfo=UTC)),
        ("2008-12-31T24:00:00Z", datetime(2009, 1, 1, tzinfo=UTC)),
        ("2008-12-31T24:00:00.000Z", datetime(2009, 1, 1, tzinfo=UTC)),
        ("2008-02-29T00:00:00Z", datetime(2008, 2, 29, tzinfo=UTC)),
    ],
)
def test_moments(text, moment):
    came = parse_moment(text)
    assert came == moment
    assert came.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a dateTime"),
        ("2009-01-01", "not a dateTime"),
        ("2009-01-01 12:00:00Z", "not a dateTime"),
        ("2009-01-01T12:00Z", "not a dateTime"),
        ("2009-01-01T12:00:00.Z", "not a dateTime"),
        ("2009-01-01T12:00:00z", "not a dateTime"),
        ("2009-01-01T12:00:00Z\n", "not a dateTime"),
        ("-2009-01-01T12:00:00Z", "not a dateTime"),
        ("12009-01-01T12:00:00Z", "not a dateTime"),
        ("2009-01-01T12:00:00+0100", "not a dateTime"),
        (f"2009-01-01T12:00:00.{'9' * 33}Z", "not a dateTime"),
        ("2009-01-01T12:00:00+15:00", "not a time zone"),
        ("2009-01-01T12:00:00+01:60", "not a time zone"),
        ("0000-01-01T12:00:00Z", "a dateTime that does not exist"),
        ("2009-02-29T12:00:00Z", "a dateTime that does not exist"),
        ("2009-13-01T12:00:00Z", "a dateTime that does not exist"),
        ("2009-01-01T12:00:60Z", "a dateTime that does not exist"),
        ("2009-01-01T24:00:01Z", "a dateTime that does not exist"),
        ("2009-01-01T24:00:00.001Z", "a dateTime that does not exist"),
        ("2009-01-01T25:00:00Z", "a dateTime that does not exist"),
        ("0001-01-01T00:00:00+14:00", "a dateTime that does not exist"),
        ("9999-12-31T24:00:00Z", "a dateTime that does not exist"),
        ("9999-12-31T23:59:59-00:01", "a dateTime that does not exist"),
    ],
)
def test_what_is_no_moment(text, why):
    with pytest.raises(ValueError, match=f"^{why}$"):
        parse_moment(text)


def test_moments_are_written_as_s3_writes_them():
    moment = datetime(2009, 1, 1, 13, 0, 0, 999_999, timezone(timedelta(hours=1)))
    assert build_moment(moment) == "2009-01-01T12:00:00.999Z"
    assert build_moment(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000Z"


@given(moments)
def test_moments_come_back(moment):
    assert parse_moment(build_moment(moment)) == moment


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        (" \r\n\t", b""),
        ("TQ==", b"M"),
        (" T Q\n=\t= ", b"M"),
        ("TWE=", b"Ma"),
        ("TWFu", b"Man"),
        ("+/+/", b"\xfb\xff\xbf"),
    ],
)
def test_base64(text, data):
    assert parse_base64(text) == data


@pytest.mark.parametrize(
    "text", ["T", "TQ", "TQ=", "TQ===", "=", "TQ==TQ==", "TWFu=", "TW-_", "TWF\xfc", "T\u00a0Q==", "TQ==\x00"]
)
def test_what_is_no_base64(text):
    with pytest.raises(ValueError, match=r"^not base64$"):
        parse_base64(text)


@given(st.binary(max_size=400), st.sampled_from(["\n", "\r\n", " ", ""]), st.integers(1, 76))
def test_base64_may_be_wrapped(data, end, width):
    """Perl breaks every 76 characters, others elsewhere."""
    text = base64.b64encode(data).decode()
    wrapped = end.join(text[start : start + width] for start in range(0, len(text), width)) + end
    assert parse_base64(wrapped) == data


@pytest.mark.parametrize(
    ("text", "etag"),
    [("", ""), (" ", ""), ("abc", '"abc"'), ('"abc"', '"abc"'), (' "abc" ', '"abc"'), ('W/"abc"', 'W/"abc"')],
)
def test_etags_stand_in_quotes(text, etag):
    assert parse_etag(text) == etag
    assert parse_etag(etag) == etag


@given(st.sampled_from(sorted(PARSERS)), st.text())
def test_any_text_is_a_value_or_a_value_error(base, text):
    try:
        value = PARSERS[base](text)
    except ValueError:
        return
    assert base != "string" or value == text


@pytest.mark.parametrize(
    ("base", "value"),
    [
        ("string", " 1 "),
        ("int", 1),
        ("long", 1),
        ("boolean", True),
    ],
)
def test_blanks_around_all_but_strings_do_not_count(base, value):
    assert PARSERS[base](" 1 ") == value
    assert PARSERS["dateTime"](" 2009-01-01T12:00:00Z\n") == datetime(2009, 1, 1, 12, tzinfo=UTC)


def test_an_int_is_smaller_than_a_long():
    assert PARSERS["long"]("2147483648") == 2**31
    with pytest.raises(ValueError, match="a number too large"):
        PARSERS["int"]("2147483648")
