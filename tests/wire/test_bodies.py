"""Bodies in and out: where each ends, in any split, and that nothing announced is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Body, Problem, length_of
from gateway.wire.bodies import (
    MAX_EXTENSION,
    MAX_TRAILERS,
    BodyReader,
    ChunkedReader,
    Chunks,
    LengthReader,
    UntilCloseReader,
    body_reader,
)
from gateway.wire.http1 import parse_reply_head, parse_request_head
from tests.wire.ambiguous import CHUNKS
from tests.wire.splits import sizes, split

WHOLE = [1 << 30]
BYTE_BY_BYTE = [1]


def read(reader: BodyReader, stream: bytes, pieces: list[int]) -> bytes:
    return b"".join(map(reader.feed, split(stream, pieces)))


@given(st.binary(), st.binary(), sizes)
def test_body_of_a_length_ends_there_in_any_split(payload: bytes, behind: bytes, pieces: list[int]):
    reader = LengthReader(len(payload))
    assert read(reader, payload + behind, pieces) == payload
    assert (reader.done, reader.received, reader.rest) == (True, len(payload), behind)
    reader.finish()


def test_body_of_no_length_is_done_before_any_byte():
    reader = LengthReader(0)
    assert reader.done
    assert reader.feed(b"next") == b""
    assert reader.rest == b"next"


@given(st.binary(), sizes)
def test_body_until_close_ends_with_the_connection(payload: bytes, pieces: list[int]):
    reader = UntilCloseReader()
    assert read(reader, payload, pieces) == payload
    assert (reader.done, reader.received, reader.rest) == (False, len(payload), b"")
    reader.finish()
    assert reader.done


PAYLOADS = st.lists(st.binary(max_size=300), max_size=8)


@given(PAYLOADS, st.binary(), sizes)
def test_written_chunks_are_read_again_in_any_split(payloads: list[bytes], behind: bytes, pieces: list[int]):
    chunks = Chunks()
    stream = b"".join([*map(chunks.feed, payloads), chunks.close()])
    reader = ChunkedReader()
    payload = b"".join(payloads)
    assert read(reader, stream + behind, pieces) == payload
    assert (reader.done, reader.received, reader.rest) == (True, len(payload), behind)
    assert reader.trailers == ()
    reader.finish()


def test_chunk_is_written_with_its_size_and_nothing_for_nothing():
    chunks = Chunks()
    assert chunks.feed(b"a" * 26) == b"1a\r\n" + b"a" * 26 + b"\r\n"
    assert chunks.feed(b"") == b""
    assert chunks.close() == b"0\r\n\r\n"


def test_chunks_have_no_length_to_tell():
    with pytest.raises(ValueError, match="no Content-Length"):
        length_of((Body(None, 5).coded(Chunks),))


LAST = b"0\r\n\r\n"
LONGEST_EXTENSION = b";" + b"a" * (MAX_EXTENSION - 1)
LONGEST_TRAILER = b"a: " + b"b" * (MAX_TRAILERS - 7)
ACCEPTED_CHUNKS = {
    "empty": (LAST, b"", ()),
    "size in lower case": (b"a\r\n0123456789\r\n" + LAST, b"0123456789", ()),
    "size in capitals": (b"A\r\n0123456789\r\n" + LAST, b"0123456789", ()),
    "line ends as data": (b"4\r\n\r\n\r\n\r\n" + LAST, b"\r\n\r\n", ()),
    "chunks as data": (b"5\r\n0\r\n\r\n\r\n" + LAST, b"0\r\n\r\n", ()),
    "extensions": (b'1;a\r\nx\r\n1;a="b;c" ;\td\r\ny\r\n0;z\r\n\r\n', b"xy", ()),
    "longest extension": (b"1" + LONGEST_EXTENSION + b"\r\nx\r\n" + LAST, b"x", ()),
    "trailers": (
        b"1\r\nx\r\n0\r\nX-Amz-Checksum-CRC32: \t a=\r\nA:\r\nA:b\xe9 \r\n\r\n",
        b"x",
        (("x-amz-checksum-crc32", "a="), ("a", ""), ("a", "b\xe9")),
    ),
    "longest trailer": (b"0\r\n" + LONGEST_TRAILER + b"\r\n\r\n", b"", (("a", "b" * (MAX_TRAILERS - 7)),)),
}


@pytest.mark.parametrize("name", ACCEPTED_CHUNKS)
@pytest.mark.parametrize("pieces", [WHOLE, BYTE_BY_BYTE, [2], [3]])
def test_chunks_are_read(name: str, pieces: list[int]):
    stream, payload, trailers = ACCEPTED_CHUNKS[name]
    reader = ChunkedReader()
    assert read(reader, stream + b"NEXT", pieces) == payload
    assert (reader.done, reader.rest, reader.trailers) == (True, b"NEXT", trailers)


@pytest.mark.parametrize("pieces", [WHOLE, BYTE_BY_BYTE], ids=["whole", "byte by byte"])
@pytest.mark.parametrize(("name", "stream"), CHUNKS)
def test_chunks_that_can_be_read_in_two_ways_are_refused(name: str, stream: bytes, pieces: list[int]):
    with pytest.raises(Problem) as refused:
        read(ChunkedReader(), stream, pieces)
    assert refused.value.code == "InvalidRequest"
    with pytest.raises(Problem) as refused:
        read(ChunkedReader(of_reply=True), stream, pieces)
    assert refused.value.code == "InternalError"


@given(st.sampled_from(CHUNKS), sizes)
def test_refused_chunks_are_refused_in_any_split(row: tuple[str, bytes], pieces: list[int]):
    with pytest.raises(Problem, match="InvalidRequest"):
        read(ChunkedReader(), row[1], pieces)


def outcome(stream: bytes, pieces: list[int]) -> tuple | str:
    reader = ChunkedReader()
    try:
        payload = read(reader, stream, pieces)
    except Problem as problem:
        return problem.code
    assert reader.received == len(payload)
    return payload, reader.done, reader.rest, reader.trailers


FRAGMENTS = st.sampled_from(
    [
        b"0",
        b"5",
        b"a",
        b"05",
        b"\r\n",
        b"\n",
        b"\r",
        b";a=b",
        b"hello",
        b"A: b",
        b":",
        b" ",
        b"\0",
        b"fffffffff",
    ],
)


@given(st.binary() | st.lists(FRAGMENTS | st.binary(max_size=2), max_size=20).map(b"".join), sizes)
def test_any_bytes_are_chunks_or_a_problem_and_the_split_says_nothing(stream: bytes, pieces: list[int]):
    assert outcome(stream, pieces) == outcome(stream, WHOLE)


def test_large_chunk_is_passed_on_uncopied_and_its_size_not_believed():
    reader = ChunkedReader()
    assert reader.feed(b"fffffffffffffff\r\n") == b""
    data = b"a" * 100_000
    assert reader.feed(data) is data
    assert reader.feed(data) is data
    assert reader.received == 200_000
    assert not reader.done


def test_bytes_fed_behind_the_end_are_kept():
    reader = ChunkedReader()
    reader.feed(LAST + b"a")
    assert reader.feed(b"b") == b""
    assert reader.rest == b"ab"


@pytest.mark.parametrize(
    ("make", "stream"),
    [
        (lambda of_reply: LengthReader(5, of_reply=of_reply), b"hell"),
        (lambda of_reply: LengthReader(5, of_reply=of_reply), b""),
        (lambda of_reply: ChunkedReader(of_reply=of_reply), b""),
        (lambda of_reply: ChunkedReader(of_reply=of_reply), b"5\r\nhell"),
        (lambda of_reply: ChunkedReader(of_reply=of_reply), b"5\r\nhello\r\n"),
        (lambda of_reply: ChunkedReader(of_reply=of_reply), b"5\r\nhello\r\n0\r\n\r"),
    ],
)
def test_body_cut_short_is_a_problem(make, stream: bytes):
    for of_reply, code in ((False, "IncompleteBody"), (True, "InternalError")):
        reader = make(of_reply)
        reader.feed(stream)
        assert not reader.done
        with pytest.raises(Problem) as refused:
            reader.finish()
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"Content-Length: 5\r\n", LengthReader),
        (b"", LengthReader),
        (b"Transfer-Encoding: chunked\r\n", ChunkedReader),
    ],
)
def test_head_of_a_request_picks_its_reader(fields: bytes, expected: type):
    reader = body_reader(parse_request_head(b"PUT /b/k HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n"))
    assert type(reader) is expected
    assert reader.done is (fields == b"")
    if not reader.done:
        with pytest.raises(Problem, match="IncompleteBody"):
            reader.finish()


@pytest.mark.parametrize(
    ("status", "method", "fields", "expected"),
    [
        (b"200", "GET", b"Content-Length: 5\r\n", LengthReader),
        (b"200", "GET", b"Transfer-Encoding: chunked\r\n", ChunkedReader),
        (b"200", "GET", b"", UntilCloseReader),
        (b"200", "HEAD", b"Content-Length: 5\r\n", None),
        (b"200", "HEAD", b"Transfer-Encoding: chunked\r\n", None),
        (b"304", "GET", b"Content-Length: 5\r\n", None),
        (b"204", "DELETE", b"", None),
        (b"100", "PUT", b"", None),
    ],
)
def test_head_of_a_reply_picks_its_reader(status: bytes, method: str, fields: bytes, expected: type | None):
    reader = body_reader(parse_reply_head(b"HTTP/1.1 " + status + b" OK\r\n" + fields + b"\r\n", method))
    if expected is None:
        assert reader.done
    else:
        assert type(reader) is expected
        assert not reader.done
    if expected in {LengthReader, ChunkedReader}:
        with pytest.raises(Problem, match="InternalError"):
            reader.finish()
