"""DIME messages as they arrive: those of real senders, in any split, and every flaw at its byte."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.soap.dime import DimeReader
from gateway.soap.dime_records import (
    MAX_EMPTY_CHUNKS,
    MAX_ID,
    MAX_OPTIONS,
    MAX_PARTS,
    MAX_RECORDS,
    MAX_TYPE,
    DimeError,
    DimePart,
    Flaw,
    Limits,
    TypeFormat,
)
from gateway.soap.parts import END_OF_PART, Event, Part
from tests.soap.dime_messages import (
    AXIS,
    AXIS_DATA,
    DATA_RECORD,
    DIME_TOOLS,
    ENVELOPE,
    GSOAP,
    GSOAP_STREAMED,
    NET_DIME,
    SOAP_HEAD,
    record,
)
from tests.wire.splits import sizes, split

ENVELOPE_TYPE = "http://schemas.xmlsoap.org/soap/envelope/"
OCTETS = "application/octet-stream"
WHOLE = [1 << 30]
BYTE_BY_BYTE = [1]
MB, ME, CF = 4, 2, 1
UNCHANGED, MEDIA_TYPE, URI, UNKNOWN, NONE = range(5)


def joined(events: list[Event]) -> list[Event]:
    """The events with neighbouring bytes put together, as they are whatever the split."""
    result: list[Event] = []
    for event in events:
        if isinstance(event, bytes) and result and isinstance(result[-1], bytes):
            result[-1] += event
        else:
            result.append(event)
    return result


def read(message: bytes, pieces: list[int] = WHOLE, reader: DimeReader | None = None) -> list[Event]:
    """Read a whole message."""
    reader = reader or DimeReader()
    events = [event for piece in split(message, pieces) for event in reader.feed(piece)]
    reader.finish()
    assert reader.done
    assert reader.offset == len(message)
    return joined(events)


def refusal(message: bytes, pieces: list[int], reader: DimeReader) -> tuple[list[Event], DimeError, int]:
    """Read a broken message: the events before its flaw, what the flaw is, and how many bytes were fed then."""
    events: list[Event] = []
    fed = 0
    with pytest.raises(DimeError) as caught:
        for piece in split(message, pieces):
            fed += len(piece)
            events.extend(reader.feed(piece))
        reader.finish()
    return joined(events), caught.value, fed


def part(
    id_: str, type_: str, length: int | None = None, type_format: int = MEDIA_TYPE, options: bytes = b""
):
    return DimePart(id_, type_, length, TypeFormat(type_format), options)


def events_of(*parts: tuple[DimePart, bytes]) -> list[Event]:
    return [
        event for about, payload in parts for event in (about, *([payload] if payload else []), END_OF_PART)
    ]


SENT = {
    "gSOAP": (
        GSOAP,
        events_of(
            (part("cid:id0", ENVELOPE_TYPE, 458, URI), ENVELOPE),
            (part("uuid:att1", OCTETS, 9), b"HELLODIME"),
        ),
    ),
    "gSOAP, streamed": (
        GSOAP_STREAMED,
        events_of(
            (part("cid:id0", ENVELOPE_TYPE, 4, URI), b"<a/>"),
            (part("uuid:s1", OCTETS), b"a" * 2049),
        ),
    ),
    "DIME::Tools": (
        DIME_TOOLS,
        events_of(
            (part("uuid:00000000-0000-4000-8000-000000000001", ENVELOPE_TYPE, 4, URI), b"<a/>"),
            (part("uuid:00000000-0000-4000-8000-000000000002", "text/plain"), b"aaaaaaa"),
        ),
    ),
    "Axis": (
        AXIS,
        events_of(
            (part("uuid:714C6C40-6A2B-11F1-8B63-B5C9CB6D3C7A", ENVELOPE_TYPE, 5, URI), b"<a/>\n"),
            (part("0123456789ABCDEF0123456789ABCDEF", OCTETS, 100_000), AXIS_DATA),
        ),
    ),
    "Net_DIME": (
        NET_DIME,
        events_of(
            (part("", ENVELOPE_TYPE, 4, URI), b"<a/>"),
            (part("cid:1", "text/plain"), b"onetwo"),
        ),
    ),
    "an envelope without id, as documented": (
        SOAP_HEAD + b"\0\0\0\1" + ENVELOPE_TYPE.encode() + b"\0\0\0<\0\0\0" + DATA_RECORD,
        events_of((part("", ENVELOPE_TYPE, 1, URI), b"<"), (part("uuid:1", "text/plain", 5), b"ha-ha")),
    ),
    "an envelope type without its last slash": (
        record(MB | ME, URI, b"<a/>", type_=ENVELOPE_TYPE[:-1].encode()),
        events_of((part("", ENVELOPE_TYPE[:-1], 4, URI), b"<a/>")),
    ),
    "a media type that is called a URI": (
        record(MB | ME, URI, b"1", type_=b"Image/PNG"),
        events_of((part("", "Image/PNG", 1, URI), b"1")),
    ),
    "a media type in capitals, its parameters are kept": (
        record(MB | ME, MEDIA_TYPE, b"1", type_=b"Text/XML; charset=UTF-8"),
        events_of((part("", "text/xml; charset=UTF-8", 1), b"1")),
    ),
    "a type that nobody knows": (
        record(MB | ME, UNKNOWN, b"1234", id_=b"uuid:2"),
        events_of((part("uuid:2", "", 4, UNKNOWN), b"1234")),
    ),
    "options, and some in a chunk": (
        record(MB | CF, MEDIA_TYPE, b"12", type_=b"a/b", options=b"\0\1\0\2ab\0")
        + record(ME, UNCHANGED, b"3", options=b"12345"),
        events_of((part("", "a/b", options=b"\0\1\0\2ab\0"), b"123")),
    ),
    "bytes in an id that no URI has": (
        record(MB | ME, MEDIA_TYPE, id_=b"\xe9\0\r\n", type_=b""),
        events_of((part("\u00e9\0\r\n", "", 0), b"")),
    ),
    "an empty payload": (
        record(MB, URI, b"<a/>") + record(ME, MEDIA_TYPE, type_=b"a/b"),
        events_of((part("", "", 4, URI), b"<a/>"), (part("", "a/b", 0), b"")),
    ),
    "an empty payload in chunks": (
        record(MB | CF, MEDIA_TYPE, type_=b"a/b") + record(ME, UNCHANGED),
        events_of((part("", "a/b"), b"")),
    ),
    "a payload of a type that nobody knows, in chunks": (
        record(MB | CF, UNKNOWN, b"1") + record(CF, UNCHANGED, b"23456") + record(ME, UNCHANGED, b"7"),
        events_of((part("", "", None, UNKNOWN), b"1234567")),
    ),
    "nothing at all": (record(MB | ME, NONE, id_=b"uuid:3"), []),
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_is_read(name):
    message, events = SENT[name]
    reader = DimeReader(strict_padding=True)
    assert read(message, WHOLE, reader) == events
    assert read(message, [7]) == events
    assert reader.dirty_padding == 0


@pytest.mark.parametrize("name", [name for name in SENT if name != "Axis"])
def test_what_is_sent_byte_by_byte_is_read(name):
    message, events = SENT[name]
    assert read(message, BYTE_BY_BYTE) == events


@given(st.sampled_from(list(SENT)), sizes)
def test_the_split_changes_nothing(name, pieces):
    message, events = SENT[name]
    assert read(message, [size * 50 for size in pieces] if name == "Axis" else pieces) == events


def test_a_part_is_known_before_its_payload_and_its_end_behind_the_padding():
    reader = DimeReader()
    message = record(MB | ME, MEDIA_TYPE, b"ha-ha", type_=b"a/b")
    assert list(reader.feed(message[:16])) == [part("", "a/b", 5)]
    assert list(reader.feed(message[16:18])) == [b"ha"]
    assert list(reader.feed(message[18:-1])) == [b"-ha"]
    assert not reader.done
    assert list(reader.feed(message[-1:])) == [END_OF_PART]
    assert reader.done


def test_records_are_counted():
    reader = DimeReader()
    read(NET_DIME, WHOLE, reader)
    assert reader.records == 5


def test_payload_that_is_all_of_what_was_fed_is_not_copied():
    reader = DimeReader()
    payload = bytes(1000)
    list(reader.feed(record(MB | ME, MEDIA_TYPE, bytes(3000))[:12]))
    (event,) = reader.feed(payload)
    assert event is payload


def test_an_abandoned_iteration_is_taken_up_by_the_next():
    reader = DimeReader()
    first = next(iter(reader.feed(GSOAP[:-1])))
    assert isinstance(first, Part)
    assert joined([first, *reader.feed(b""), *reader.feed(GSOAP[-1:])]) == SENT["gSOAP"][1]
    reader.finish()


def test_events_that_nobody_took_are_not_forgotten_at_the_end():
    reader = DimeReader()
    reader.feed(GSOAP)
    with pytest.raises(RuntimeError):
        reader.finish()


def test_dirty_padding_is_counted_and_read():
    message = record(MB | ME, MEDIA_TYPE, b"12345", id_=b"i", type_=b"a/b", options=b"oo", filler=b"\xff")
    reader = DimeReader()
    assert read(message, WHOLE, reader) == events_of((part("i", "a/b", 5, options=b"oo"), b"12345"))
    assert reader.dirty_padding == 2 + 3 + 1 + 3
    reader = DimeReader()
    read(record(MB | ME, MEDIA_TYPE, b"12345")[:-3] + b"\0\1\0", WHOLE, reader)
    assert reader.dirty_padding == 1


@pytest.mark.parametrize("pieces", [WHOLE, BYTE_BY_BYTE])
@pytest.mark.parametrize(
    ("message", "offset"),
    [
        (record(MB | ME, MEDIA_TYPE, options=b"oo", filler=b"\xff"), 14),
        (record(MB | ME, MEDIA_TYPE, options=b"oooo", id_=b"i", filler=b"\xff"), 17),
        (record(MB | ME, MEDIA_TYPE, id_=b"i", type_=b"t")[:-1] + b"\1", 19),
        (record(MB | ME, MEDIA_TYPE, b"12345", filler=b"\xff"), 17),
    ],
)
def test_dirty_padding_is_refused_on_request(message, offset, pieces):
    reader = DimeReader(strict_padding=True)
    _, error, _ = refusal(message, pieces, reader)
    assert (error.flaw, error.offset) == (Flaw.PADDING, offset)


FIRST = record(MB, URI, b"<a/>", type_=b"u:")
CHAIN = FIRST + record(CF, MEDIA_TYPE, b"12345", id_=b"i", type_=b"a/b")
AT = len(FIRST)
IN_CHAIN = len(CHAIN)
SMALL = Limits(options=8, id=8, type=8, parts=3, records=6, empty_chunks=2)
EMPTY = record(CF, UNCHANGED)
MESSAGE = FIRST + record(ME, MEDIA_TYPE, b"ha-ha", id_=b"i", type_=b"a/b")

MALFORMED = [
    ("no version", bytes(12), Flaw.VERSION, 0),
    ("version 2", record(MB | ME, MEDIA_TYPE, version=2), Flaw.VERSION, 0),
    ("version 2 later", FIRST + record(ME, MEDIA_TYPE, version=2), Flaw.VERSION, AT),
    ("text", b"<?xml version='1.0'?>", Flaw.VERSION, 0),
    ("no MB", record(ME, MEDIA_TYPE), Flaw.MB_MISSING, 0),
    ("MB twice", FIRST + record(MB | ME, MEDIA_TYPE), Flaw.MB_AGAIN, AT),
    ("MB inside a chain", CHAIN + record(MB | ME, UNCHANGED), Flaw.MB_AGAIN, IN_CHAIN),
    ("ME on a first chunk", record(MB | ME | CF, MEDIA_TYPE), Flaw.ME_IN_CHAIN, 0),
    ("ME on a middle chunk", CHAIN + record(ME | CF, UNCHANGED), Flaw.ME_IN_CHAIN, IN_CHAIN),
    ("reserved bits", record(MB | ME, MEDIA_TYPE, reserved=8), Flaw.RESERVED, 1),
    ("reserved bits of a chunk", CHAIN + record(ME, UNCHANGED, reserved=1), Flaw.RESERVED, IN_CHAIN + 1),
    ("TYPE_T 5", record(MB | ME, 5), Flaw.TYPE_T, 1),
    ("TYPE_T 15", CHAIN + record(ME, 15), Flaw.TYPE_T, IN_CHAIN + 1),
    ("TYPE_T 0 first", record(MB | ME, UNCHANGED), Flaw.TYPE_T_UNCHANGED, 1),
    ("TYPE_T 0 behind a whole part", FIRST + record(ME, UNCHANGED), Flaw.TYPE_T_UNCHANGED, AT + 1),
    (
        "a chain without its last chunk",
        CHAIN + record(ME, MEDIA_TYPE, type_=b"a/b"),
        Flaw.TYPE_T_IN_CHAIN,
        IN_CHAIN + 1,
    ),
    ("TYPE_T 4 in a chain", CHAIN + record(ME, NONE), Flaw.TYPE_T_IN_CHAIN, IN_CHAIN + 1),
    ("nothing in chunks", record(MB | CF, NONE), Flaw.NONE_IN_CHUNKS, 1),
    ("long options", record(MB | ME, MEDIA_TYPE, options=bytes(9)), Flaw.OPTIONS_TOO_LONG, 2),
    (
        "long options of a chunk",
        CHAIN + record(ME, UNCHANGED, options=bytes(9)),
        Flaw.OPTIONS_TOO_LONG,
        IN_CHAIN + 2,
    ),
    ("id of a chunk", CHAIN + record(ME, UNCHANGED, id_=b"i"), Flaw.ID_IN_CHAIN, IN_CHAIN + 4),
    ("long id", record(MB | ME, MEDIA_TYPE, id_=bytes(9)), Flaw.ID_TOO_LONG, 4),
    ("very long id", FIRST + record(ME, MEDIA_TYPE, id_=bytes(0xFFFF)), Flaw.ID_TOO_LONG, AT + 4),
    ("type of a chunk", CHAIN + record(ME, UNCHANGED, type_=b"a/b"), Flaw.TYPE_IN_CHAIN, IN_CHAIN + 6),
    ("type that is unknown", record(MB | ME, UNKNOWN, type_=b"t"), Flaw.TYPE_UNEXPECTED, 6),
    ("type of nothing", FIRST + record(ME, NONE, type_=b"t"), Flaw.TYPE_UNEXPECTED, AT + 6),
    ("long type", record(MB | ME, MEDIA_TYPE, type_=bytes(9)), Flaw.TYPE_TOO_LONG, 6),
    ("payload of nothing", record(MB | ME, NONE, b"1"), Flaw.PAYLOAD_UNEXPECTED, 8),
    (
        "empty chunks without end",
        record(MB | CF, MEDIA_TYPE, b"1234", type_=b"a/b") + EMPTY * 3,
        Flaw.TOO_MANY_EMPTY_CHUNKS,
        20 + 2 * 12 + 8,
    ),
    ("empty chunks from the first", record(MB | CF, MEDIA_TYPE) + EMPTY * 2, Flaw.TOO_MANY_EMPTY_CHUNKS, 32),
    ("parts without end", FIRST + record(0, UNKNOWN) * 9, Flaw.TOO_MANY_PARTS, AT + 2 * 12),
    ("nothings without end", FIRST + record(0, NONE) * 9, Flaw.TOO_MANY_PARTS, AT + 2 * 12),
    ("chunks without end", CHAIN + record(CF, UNCHANGED, b"1") * 9, Flaw.TOO_MANY_RECORDS, IN_CHAIN + 4 * 16),
    ("another message behind", MESSAGE + MESSAGE, Flaw.DATA_AFTER_END, len(MESSAGE)),
    ("a line end behind", MESSAGE + b"\r\n", Flaw.DATA_AFTER_END, len(MESSAGE)),
    ("nothing fed", b"", Flaw.CUT_SHORT, 0),
    ("only a first part", FIRST, Flaw.CUT_SHORT, AT),
    ("only a first chunk", CHAIN, Flaw.CHAIN_CUT_SHORT, IN_CHAIN),
    ("cut in a head", CHAIN + EMPTY[:5], Flaw.CUT_SHORT, IN_CHAIN + 5),
    ("cut in a type", MESSAGE[:15], Flaw.CUT_SHORT, 15),
    ("cut in a payload", MESSAGE[:-5], Flaw.CUT_SHORT, len(MESSAGE) - 5),
    ("cut in the last padding", MESSAGE[:-1], Flaw.CUT_SHORT, len(MESSAGE) - 1),
    ("cut before the last padding", MESSAGE[:-3], Flaw.CUT_SHORT, len(MESSAGE) - 3),
]
"""What is wrong, the bytes, the flaw, and the byte at which it is seen."""


@pytest.mark.parametrize(
    ("message", "flaw", "offset"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_a_malformed_message_is_refused_at_the_byte_where_it_is_seen(message, flaw, offset):
    before, error, _ = refusal(message, WHOLE, DimeReader(SMALL))
    assert (error.flaw, error.offset, error.name) == (flaw, offset, flaw.name)
    same, error, fed = refusal(message, BYTE_BY_BYTE, DimeReader(SMALL))
    assert (same, error.flaw, error.offset) == (before, flaw, offset)
    cut = flaw in (Flaw.CUT_SHORT, Flaw.CHAIN_CUT_SHORT)
    assert fed == offset if cut else offset < fed <= offset + 4  # a length has at most four bytes


def test_every_flaw_is_provoked():
    assert {flaw for _, _, flaw, _ in MALFORMED} | {Flaw.PADDING} == set(Flaw)


@given(st.sampled_from(MALFORMED), sizes)
def test_the_split_changes_no_refusal(row, pieces):
    _, message, flaw, offset = row
    before, error, _ = refusal(message, pieces, DimeReader(SMALL))
    assert (error.flaw, error.offset) == (flaw, offset)
    assert before == refusal(message, WHOLE, DimeReader(SMALL))[0]


def test_a_refused_message_stays_refused():
    reader = DimeReader()
    events = reader.feed(b"<?xml")
    for again in (lambda: next(events), lambda: next(events), lambda: reader.feed(GSOAP), reader.finish):
        with pytest.raises(DimeError) as caught:
            again()
        assert (caught.value.flaw, caught.value.offset) == (Flaw.VERSION, 0)


def test_the_limits_are_reached_and_not_passed():
    longest = record(
        MB | ME, MEDIA_TYPE, options=bytes(MAX_OPTIONS), id_=b"i" * MAX_ID, type_=b"t" * MAX_TYPE
    )
    assert len(read(longest)) == 2
    most = record(MB, UNKNOWN) + record(0, UNKNOWN) * (MAX_PARTS - 2) + record(ME, UNKNOWN)
    assert len(read(most)) == 2 * MAX_PARTS
    empty = record(MB | CF, UNKNOWN) + EMPTY * (MAX_EMPTY_CHUNKS - 1)
    kept_alive = empty + record(CF, UNCHANGED, b"1") + EMPTY * MAX_EMPTY_CHUNKS + record(ME, UNCHANGED)
    assert len(read(kept_alive)) == 3
    assert MAX_RECORDS * 1024 > 5 << 30


@given(st.binary(max_size=200), sizes)
def test_any_bytes_give_events_or_an_error(stream, pieces):
    check_any(stream, pieces)


WORDS = st.builds(
    record,
    st.integers(0, 7),
    st.integers(0, 5),
    st.binary(max_size=9),
    id_=st.binary(max_size=9),
    type_=st.binary(max_size=9),
    options=st.binary(max_size=9),
    filler=st.sampled_from([b"\0", b"x"]),
)


@given(st.lists(WORDS, max_size=6), st.binary(max_size=20), sizes)
def test_any_records_give_events_or_an_error(records, behind, pieces):
    check_any(b"".join(records) + behind, pieces)


@given(st.sampled_from([message for message, _ in SENT.values()]), st.data(), sizes)
def test_any_damage_gives_events_or_an_error(message, data, pieces):
    message = bytearray(message[:600])
    for _ in range(data.draw(st.integers(1, 3))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    check_any(bytes(message), pieces)


def outcome(stream: bytes, pieces: list[int]) -> tuple[list[Event], Flaw | None, int]:
    reader = DimeReader(SMALL)
    events: list[Event] = []
    try:
        for piece in split(stream, pieces):
            for event in reader.feed(piece):
                assert event != b""
                events.append(event)
            assert len(reader._held) < 12 + 3 * 8 + 3
        reader.finish()
    except DimeError as error:
        return joined(events), error.flaw, error.offset
    assert reader.done
    return joined(events), None, reader.offset


def check_any(stream: bytes, pieces: list[int]) -> None:
    """The outcome is the same in any split, and bytes only come out that went in, each part in its place."""
    events, flaw, offset = outcome(stream, pieces)
    assert offset <= len(stream)
    assert (events, flaw, offset) == outcome(stream, WHOLE) == outcome(stream, BYTE_BY_BYTE)
    assert sum(len(event) for event in events if isinstance(event, bytes)) <= len(stream)
    open_ = False
    for event in events:
        assert open_ is not isinstance(event, Part)
        open_ = event is not END_OF_PART
    assert flaw is not None or not open_


def test_nothing_is_allocated_from_an_announced_length():
    announced = b"\x0c\x10\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"
    reader = DimeReader()
    tracemalloc.start()
    try:
        for piece in split(announced + bytes(100), BYTE_BY_BYTE):
            for _ in reader.feed(piece):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000


def test_a_payload_of_more_than_4_gib_is_streamed_through_chunks():
    reader = DimeReader()
    zeros = bytes(1 << 24)
    chunk = (1 << 32) - 1  # the longest one, which is padded with one byte
    stream = [b"\x0d\x10\0\0\0\0\0\0\xff\xff\xff\xff", *[zeros] * 255, zeros[1:], b"\0"]
    stream += [
        b"\x09\x00\0\0\0\0\0\0\xff\xff\xff\xff",
        *[zeros] * 256,
    ]  # its padding comes with the last bytes
    stream += [b"\x0a\x00\0\0\0\0\0\0\0\0\0\x05", b"12345\0\0\0"]
    received = 0
    events = []
    for piece in stream:
        for event in reader.feed(piece):
            if isinstance(event, bytes):
                received += len(event)
            else:
                events.append(event)
    reader.finish()
    assert received == 2 * chunk + 5 > 8 << 30 >> 1
    assert events == [part("", "", None), END_OF_PART]
    assert reader.offset == sum(map(len, stream))
