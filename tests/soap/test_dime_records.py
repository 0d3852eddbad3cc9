"""One record: its numbers both ways, and that none is built that the draft forbids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.soap.dime_records import (
    CF,
    CONTINUATION,
    MAX_DATA_LENGTH,
    MB,
    ME,
    DimeError,
    DimePart,
    Flaw,
    RecordHead,
    TypeFormat,
    build_record_head,
    padded,
    padding,
    parse_record_head,
)
from tests.soap.dime_messages import DATA_RECORD, GSOAP, SOAP_HEAD

ENVELOPE_TYPE = "http://schemas.xmlsoap.org/soap/envelope/"


def test_the_head_of_a_data_record_as_it_is_documented():
    part = DimePart("uuid:1", "text/plain")
    assert build_record_head(part, ME, 5) + b"ha-ha" + padding(5) == DATA_RECORD
    assert parse_record_head(DATA_RECORD[:12]) == RecordHead(1, ME, 1, 0, 0, 6, 10, 5)


def test_the_head_of_a_soap_record_as_it_is_documented():
    part = DimePart("", ENVELOPE_TYPE, type_format=TypeFormat.ABSOLUTE_URI)
    assert build_record_head(part, MB, 7).startswith(SOAP_HEAD + b"\0\0\0\7http://")


def test_the_heads_of_gsoap_come_out_the_same():
    envelope = DimePart("cid:id0", ENVELOPE_TYPE, type_format=TypeFormat.ABSOLUTE_URI)
    data = DimePart("uuid:att1", "application/octet-stream")
    first, second = build_record_head(envelope, MB, 458), build_record_head(data, ME, 9)
    assert GSOAP.startswith(first)
    assert GSOAP[len(first) + 460 :].startswith(second)


@given(st.integers(0, 1 << 34))
def test_padding_fills_up_to_a_multiple_of_four(length):
    assert padded(length) % 4 == 0
    assert padded(length) - length == len(padding(length)) < 4
    assert not any(padding(length))


texts = st.text(st.characters(max_codepoint=255), max_size=40)


@given(texts, texts, st.binary(max_size=40), st.integers(0, 3), st.integers(0, MAX_DATA_LENGTH))
def test_numbers_are_read_as_they_are_written(id_, type_, options, flags, length):
    flags |= MB
    if flags & CF:
        flags &= ~ME
    head = build_record_head(DimePart(id_, type_, options=options), flags, length)
    numbers = parse_record_head(head[:12])
    assert (numbers.version, numbers.flags, numbers.type_format, numbers.reserved) == (1, flags, 1, 0)
    assert numbers[4:] == (len(options), len(id_), len(type_), length)
    assert len(head) == 12 + numbers.fields_length


def test_bytes_of_a_head_that_are_missing_count_as_zeros():
    assert parse_record_head(b"\x0c\x2f\x01") == RecordHead(1, MB, 2, 15, 0x100, 0, 0, 0)


def test_the_longest_fields_and_payload_that_can_be_told():
    longest = b"x" * 0xFFFF
    text = longest.decode()
    head = build_record_head(DimePart(text, text, options=longest), MB, MAX_DATA_LENGTH)
    assert head == b"\x0c\x10" + b"\xff" * 10 + (longest + b"\0") * 3


NONE = DimePart("", "", type_format=TypeFormat.NONE)


@pytest.mark.parametrize(
    ("part", "flags", "length"),
    [
        (DimePart("x" * 0x10000, ""), 0, 0),
        (DimePart("", "", options=b"x" * 0x10000), 0, 0),
        (DimePart("\u0100", ""), 0, 0),
        (DimePart("", ""), 0, MAX_DATA_LENGTH + 1),
        (DimePart("", ""), 0, -1),
        (DimePart("", ""), ME | CF, 0),
        (DimePart("", "a/b", type_format=TypeFormat.UNKNOWN), 0, 0),
        (DimePart("", "a/b", type_format=TypeFormat.NONE), 0, 0),
        (DimePart("", "a/b", type_format=TypeFormat.UNCHANGED), 0, 0),
        (DimePart("cid:1", "", type_format=TypeFormat.UNCHANGED), 0, 0),
        (CONTINUATION, MB, 0),
        (NONE, 0, 1),
        (NONE, CF, 0),
    ],
)
def test_a_record_that_the_draft_forbids_is_not_built(part, flags, length):
    with pytest.raises(ValueError):
        build_record_head(part, flags, length)


def test_a_record_without_type_and_payload():
    assert build_record_head(NONE, MB | ME, 0) == b"\x0e\x40" + bytes(10)


def test_an_error_tells_flaw_and_place():
    error = DimeError(Flaw.VERSION, 7)
    assert (error.name, error.flaw, error.offset) == ("VERSION", Flaw.VERSION, 7)
    assert str(error) == "the version of a record is not 1 (at byte 7)"
