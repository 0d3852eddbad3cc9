"""What both signature versions share: fields and pairs as signed, dates, and what an error may tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.claims import (
    MAX_DETAIL,
    MAX_SKEW,
    Claim,
    Fields,
    Presented,
    bad_argument,
    cut,
    dated,
    mismatch,
    not_one_mechanism,
    parse_basic_date,
    parse_date,
    parse_pairs,
    written,
)

NOW = datetime(2013, 5, 24, tzinfo=UTC)
MOMENTS = st.integers(0, 253_370_764_799).map(lambda second: datetime.fromtimestamp(second, UTC))
"""To the end of 9998."""


def test_fields_of_a_name_are_joined_and_known_to_be_many():
    fields = Fields.of((("host", "a"), ("x-amz-meta-a", "1"), ("x-amz-acl", "b"), ("x-amz-meta-a", "2")))
    assert fields.values == {"host": "a", "x-amz-meta-a": "1,2", "x-amz-acl": "b"}
    assert fields.repeated == {"x-amz-meta-a"}
    fields.judge_single({"host", "x-amz-meta-a"})


def test_a_signed_field_stands_once_unless_it_is_metadata():
    fields = Fields.of((("x-amz-acl", "a"), ("x-amz-acl", "a"), ("te", "a"), ("te", "b")))
    fields.judge_single({"host"})
    with pytest.raises(Problem) as refused:
        fields.judge_single({"host", "x-amz-acl"})
    assert str(refused.value) == "InvalidRequest: The signed field x-amz-acl stands more than once."


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", []),
        ("acl", [("acl", "")]),
        ("a=b=c&&d=", [("a", "b=c"), ("", ""), ("d", "")]),
        ("%61+b=%2B+%C3%A4", [("a b", "+ \u00c3\u00a4")]),
    ],
)
def test_pairs_are_bytes_and_a_plus_is_a_blank(query, pairs):
    assert parse_pairs(query) == pairs


@given(MOMENTS)
def test_dates_as_they_are_written(moment):
    assert parse_basic_date(f"{moment:%Y%m%dT%H%M%SZ}".rjust(16, "0")) == moment
    assert parse_date(f"{moment:%Y%m%dT%H%M%SZ}".rjust(16, "0")) == moment
    assert parse_date(format_datetime(moment, usegmt=True)) == moment
    assert parse_date(format_datetime(moment)) == moment


@given(MOMENTS, st.integers(-1439, 1439))
def test_dates_of_another_zone(moment, minutes):
    there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    if there.year in {1969, 9999}:
        return
    assert parse_date(format_datetime(there)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20130524T000000",
        "20130524T000000z",
        "20130532T000000Z",
        "20131324T000000Z",
        "20130524T240000Z",
        "00010101T000000Z",
        "99990101T000000Z",
        " 20130524T000000Z",
        "20130524T000000Z\n",
        "\u0662\u0660130524T000000Z",
        "Fri, 24 Mai 2013 00:00:00 GMT",
        "Fri, 24 May 2013 00:00:00",
        "Fri, 24 May 2013 00:00:00 CET",
        "Fri, 24 May 2013 00:00:00 +2400",
        "Fri, 31 Jun 2013 00:00:00 GMT",
        "Fri, 24 May 0013 00:00:00 GMT",
        "2013-05-24T00:00:00Z",
        "1369353600",
    ],
)
def test_what_is_no_date(text):
    assert parse_date(text) is None
    assert parse_basic_date(text) is None


@given(st.text())
def test_any_text_is_a_date_or_none(text):
    assert parse_date(text) is None or parse_date(text).tzinfo


def test_x_amz_date_counts_before_date():
    assert dated({"date": "yesterday", "x-amz-date": "20130524T000000Z"}, NOW) == NOW
    assert dated({"date": "Fri, 24 May 2013 00:00:00 GMT"}, NOW) == NOW


@pytest.mark.parametrize(
    "values", [{}, {"date": "yesterday"}, {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-date": ""}]
)
def test_a_request_without_a_date(values):
    with pytest.raises(Problem) as refused:
        dated(values, NOW)
    expected = "AccessDenied: AWS authentication requires a valid Date or x-amz-date header"
    assert str(refused.value) == expected


@pytest.mark.parametrize("way", [1, -1])
def test_a_quarter_of_an_hour_is_not_too_skewed_and_a_second_more_is(way):
    values = {"x-amz-date": "20130524T000000Z"}
    assert dated(values, NOW + way * MAX_SKEW) == NOW
    later = NOW + way * (MAX_SKEW + timedelta(seconds=1))
    with pytest.raises(Problem) as refused:
        dated(values, later)
    assert refused.value.code == "RequestTimeTooSkewed"
    assert refused.value.details == (
        ("RequestTime", "20130524T000000Z"),
        ("ServerTime", f"{later:%Y-%m-%dT%H:%M:%SZ}"),
        ("MaxAllowedSkewMilliseconds", "900000"),
    )


def test_a_moment_is_told_in_utc():
    assert written(NOW.astimezone(timezone(timedelta(hours=-7)))) == "2013-05-24T00:00:00Z"


def test_details_are_characters_where_they_are_utf_8_and_not_too_many():
    assert cut("caf\u00c3\u00a9") == "caf\u00e9"
    assert cut("caf\u00e9") == "caf\ufffd"
    assert cut("a" * (MAX_DETAIL + 1)) == "a" * MAX_DETAIL


def test_an_argument_that_is_refused_is_named():
    problem = bad_argument("Authorization", "Bearer \u00c3\u00a4", "No.")
    details = (("ArgumentName", "Authorization"), ("ArgumentValue", "Bearer \u00e4"))
    assert problem == Problem("InvalidArgument", "No.", details)
    assert not_one_mechanism("x").details == (("ArgumentName", "Authorization"), ("ArgumentValue", "x"))


def claim_of(canonical: str) -> Claim:
    return Claim(
        Presented("AKIA"), "c2ln", lambda: iter([(canonical, "PUT\n\u00c3\u00a4")]), lambda secret, _: secret
    )


def test_a_mismatch_tells_the_texts_as_characters_and_as_bytes():
    details = mismatch(claim_of("GET\n/" + "a" * MAX_DETAIL)).details
    assert details == (
        ("AWSAccessKeyId", "AKIA"),
        ("StringToSign", "PUT\n\u00e4"),
        ("SignatureProvided", "c2ln"),
        ("StringToSignBytes", "50 55 54 0a c3 a4"),
        ("CanonicalRequest", "GET\n/" + "a" * (MAX_DETAIL - 5)),
        ("CanonicalRequestBytes", "47 45 54 0a 2f" + " 61" * (MAX_DETAIL - 5)),
    )
    assert mismatch(claim_of("")).details == details[:4]
