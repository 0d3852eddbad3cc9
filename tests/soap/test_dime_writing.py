"""DIME messages as they are written: exact lengths, and that they are read as what they were."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Body, Coding, Piece, length_of
from gateway.soap.dime import DimeReader
from gateway.soap.dime_records import CF, MAX_DATA_LENGTH, MB, ME, DimePart, TypeFormat, parse_record_head
from gateway.soap.dime_writing import (
    CHUNK_SIZE,
    ENVELOPE_TYPE,
    LARGE_CHUNK,
    ChunkedRecords,
    SizedRecords,
    build_message,
    build_record,
    build_soap_message,
)
from gateway.soap.parts import END_OF_PART, Event, Part
from tests.soap.dime_messages import DATA_RECORD, ENVELOPE, GSOAP, SOAP_HEAD
from tests.wire.splits import sizes, split

OCTETS = DimePart("uuid:1", "application/octet-stream")
WHOLE = [1 << 30]


def coded(coding: Coding, payload: bytes, pieces: list[int] = WHOLE) -> bytes:
    return b"".join([*map(coding.feed, split(payload, pieces)), coding.close()])


def written(message: tuple[Piece, ...], pieces: list[int] = WHOLE) -> bytes:
    """What a shell writes: each Body, whose source is its payload here, through its codings."""
    result = b""
    for piece in message:
        if isinstance(piece, bytes):
            result += piece
            continue
        payload = piece.source
        for coding in piece.through:
            payload = coded(coding(), payload, pieces)
        result += payload
    return result


def read(message: bytes, pieces: list[int] = WHOLE) -> list[tuple[Part, bytes]]:
    reader = DimeReader(strict_padding=True)
    parts: list[tuple[Part, bytes]] = []
    for piece in split(message, pieces):
        for event in reader.feed(piece):
            if isinstance(event, Part):
                parts.append((event, b""))
            elif event is not END_OF_PART:
                parts[-1] = (parts[-1][0], parts[-1][1] + event)
    reader.finish()
    return parts


def lengths_of(message: bytes) -> list[tuple[int, int]]:
    """Flags and DATA_LENGTH of each record."""
    found = []
    while message:
        head = parse_record_head(message[:12])
        found.append((head.flags, head.data_length))
        message = message[12 + head.fields_length + head.data_length + -head.data_length % 4 :]
    return found


def test_a_message_is_written_as_gsoap_writes_it():
    message = build_soap_message(
        ENVELOPE, Part("uuid:att1", "application/octet-stream"), b"HELLODIME", envelope_id="cid:id0"
    )
    assert message == (GSOAP,)


def test_a_message_is_written_as_it_is_documented():
    (message,) = build_soap_message(b"<", Part("uuid:1", "text/plain"), b"ha-ha")
    assert message.startswith(SOAP_HEAD + b"\0\0\0\1")
    assert message.endswith(DATA_RECORD)


texts = st.text(st.characters(max_codepoint=255), max_size=12)
lowered = texts.filter(lambda text: text == text.lower())
abouts = st.one_of(
    st.builds(DimePart, texts, lowered, options=st.binary(max_size=9)),
    st.builds(DimePart, texts, texts, type_format=st.just(TypeFormat.ABSOLUTE_URI)),
    st.builds(DimePart, texts, st.just(""), type_format=st.just(TypeFormat.UNKNOWN)),
)
payloads = st.binary(max_size=60)
messages = st.lists(
    st.tuples(abouts, payloads, st.sampled_from(["bytes", "known", "unknown"])), min_size=1, max_size=5
)


@given(messages, st.integers(1, 40), sizes, sizes)
def test_what_is_written_is_read_again_in_any_split(parts, largest, fed, split_up):
    given_: list[tuple[DimePart, Piece]] = []
    for about, payload, kind in parts:
        length = len(payload) if kind == "known" else None
        given_.append((about, payload if kind == "bytes" else Body(payload, length)))
    pieces = build_message(given_, largest)
    message = written(pieces, fed)
    if all(kind != "unknown" for _, _, kind in parts):
        assert length_of(pieces) == len(message)
    assert [
        (dataclasses.replace(about, length=None), payload) for about, payload in read(message, split_up)
    ] == [(about, payload) for about, payload, _ in parts]


@given(messages, sizes)
def test_the_length_of_a_part_in_one_record_is_announced(parts, pieces):
    message = written(build_message([(about, payload) for about, payload, _ in parts]))
    assert [about.length for about, _ in read(message, pieces)] == [len(payload) for _, payload, _ in parts]


@given(abouts, payloads, st.integers(0, 3), st.integers(1, 70), sizes)
def test_chunks_have_the_length_that_was_told(about, payload, flags, chunk_size, pieces):
    flags = {0: 0, 1: MB, 2: ME, 3: MB | ME}[flags]
    chunked = coded(ChunkedRecords(about, flags, chunk_size), payload, pieces)
    assert ChunkedRecords(about, flags, chunk_size).length(len(payload)) == len(chunked)
    sized = coded(SizedRecords(about, flags, len(payload), chunk_size), payload, pieces)
    assert sized == chunked
    assert SizedRecords(about, flags, len(payload), chunk_size).length(len(payload)) == len(sized)


@pytest.mark.parametrize(
    ("size", "records"),
    [
        (0, [(MB | ME, 0)]),
        (9, [(MB | ME, 9)]),
        (10, [(MB | ME, 10)]),
        (11, [(MB | CF, 10), (ME, 1)]),
        (20, [(MB | CF, 10), (ME, 10)]),
        (21, [(MB | CF, 10), (CF, 10), (ME, 1)]),
    ],
)
def test_every_chunk_but_the_last_is_full(size, records):
    payload = bytes(range(size))
    assert lengths_of(coded(ChunkedRecords(OCTETS, MB | ME, 10), payload)) == records
    assert lengths_of(coded(SizedRecords(OCTETS, MB | ME, size, 10), payload)) == records


def test_a_chain_for_which_little_memory_is_needed():
    coding = ChunkedRecords(OCTETS)
    assert coding.feed(bytes(CHUNK_SIZE)) == b""
    assert len(coding.feed(b"1")) == coding.length(CHUNK_SIZE)
    assert coding.close() == b"\x08" + bytes(10) + b"\x01" + b"1\0\0\0"


def test_a_payload_of_a_known_length_passes_uncopied():
    coding = SizedRecords(OCTETS, ME, 3000)
    coding.feed(b"1")
    payload = bytes(1000)
    assert coding.feed(payload) is payload
    assert coding.feed(b"") == b""


def test_a_payload_that_is_not_as_long_as_announced_is_never_completed():
    short = SizedRecords(OCTETS, ME, 3)
    short.feed(b"12")
    with pytest.raises(ValueError, match="ends 1 bytes before"):
        short.close()
    with pytest.raises(ValueError, match="longer than"):
        short.feed(b"34")
    with pytest.raises(ValueError, match="was announced with"):
        short.length(4)


def test_a_body_that_one_record_can_tell_is_a_piece_between_head_and_padding():
    body = Body(b"ha-ha", 5)
    assert build_message([(DimePart("uuid:1", "text/plain"), body)]) == (
        b"\x0e" + DATA_RECORD[1:32],
        body,
        b"\0\0\0",
    )
    assert build_message([(OCTETS, Body(b"1234", 4))])[2:] == ()
    assert build_message([(OCTETS, Body(b"", 0))])[1:] == (Body(b"", 0),)


def test_a_body_whose_length_is_not_known_is_a_chain_whose_length_is_not_known():
    (body,) = build_message([(OCTETS, Body(b"1234"))])
    assert isinstance(body, Body)
    assert body.written is None
    assert lengths_of(written((body,))) == [(MB | ME, 4)]


def test_codings_of_a_body_come_before_its_records():
    (body,) = build_record(
        OCTETS, MB | ME, Body(b"12345", 5).coded(lambda: ChunkedRecords(OCTETS, 0, 2)), largest=30
    )
    assert isinstance(body, Body)
    assert len(body.through) == 2
    assert body.written == len(written((body,)))


def test_the_longest_payload_of_one_record():
    head, body, padding = build_record(OCTETS, MB | ME, Body(None, MAX_DATA_LENGTH))
    assert (parse_record_head(head[:12]).data_length, body, len(padding)) == (
        MAX_DATA_LENGTH,
        Body(None, MAX_DATA_LENGTH),
        1,
    )


def test_a_payload_of_more_than_4_gib_becomes_chunks():
    size = (5 << 30) + 5
    pieces = build_soap_message(b"<a/>", Part("uuid:1", "a/b"), Body(None, size))
    envelope, body = pieces
    assert isinstance(envelope, bytes)
    assert isinstance(body, Body)
    chunks = -(-size // LARGE_CHUNK)
    assert body.written == 12 + 8 + 4 + (chunks - 1) * 12 + size + -size % 4
    (coding,) = [make() for make in body.through]
    reader = DimeReader(strict_padding=True)
    events: list[Event] = list(reader.feed(envelope))
    zeros = bytes(1 << 24)
    received = length = 0
    for piece in [*[zeros] * (size >> 24), bytes(5), None]:
        data = coding.close() if piece is None else coding.feed(piece)
        length += len(data)
        for event in reader.feed(data):
            if isinstance(event, bytes):
                received += len(event)
            else:
                events.append(event)
    reader.finish()
    assert (received, length, reader.records) == (size, body.written, 1 + chunks)
    assert length_of(pieces) == len(envelope) + length
    assert events == [
        DimePart("", ENVELOPE_TYPE, 4, TypeFormat.ABSOLUTE_URI),
        b"<a/>",
        END_OF_PART,
        DimePart("uuid:1", "a/b"),
        END_OF_PART,
    ]


def test_a_message_has_at_least_one_record():
    with pytest.raises(ValueError):
        build_message([])
