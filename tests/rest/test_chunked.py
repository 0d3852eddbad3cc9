"""aws-chunked: Amazon's published examples, and what must hold for any size in any split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rest.chunked import CHUNK, SignedChunks, Trailer, UnsignedChunks
from gateway.rest.signature import SigningKey
from tests.rest.chunks import (
    ACCESS_KEY,
    DATA,
    DATE,
    PUBLISHED,
    PUBLISHED_WITH_TRAILER,
    SECRET,
    SEED,
    SEED_OF_TRAILER,
    parts_of,
)
from tests.wire.splits import split

KEY = SigningKey(ACCESS_KEY, SECRET, "us-east-1")
TRAILER = Trailer("x-amz-checksum-crc32c", 8, lambda: "sOO8/Q==")
FORMS = [
    lambda: SignedChunks(KEY, DATE, SEED),
    lambda: SignedChunks(KEY, DATE, SEED_OF_TRAILER, TRAILER),
    UnsignedChunks,
    lambda: UnsignedChunks(TRAILER),
]


def written(chunks, *data: bytes) -> bytes:
    return b"".join([*map(chunks.feed, data), chunks.close()])


def test_the_published_example():
    assert written(SignedChunks(KEY, DATE, SEED), DATA) == PUBLISHED
    assert SignedChunks(KEY, DATE, SEED).length(66560) == len(PUBLISHED) == 66824


def test_the_published_example_with_a_trailer():
    chunks = SignedChunks(KEY, DATE, SEED_OF_TRAILER, TRAILER)
    assert chunks.length(66560) == len(PUBLISHED_WITH_TRAILER)
    assert written(chunks, DATA) == PUBLISHED_WITH_TRAILER


def test_chunks_without_signatures():
    chunks = (b"a" * CHUNK, b"bc")
    name_and_value = (TRAILER.name, TRAILER.value())
    assert written(UnsignedChunks(), *chunks) == bytes(parts_of(*chunks, signed=False))
    expected = bytes(parts_of(*chunks, signed=False, trailer=name_and_value))
    assert written(UnsignedChunks(TRAILER), *chunks) == expected


def test_a_trailers_value_is_asked_when_all_bytes_have_been_seen():
    seen = bytearray()
    chunks = UnsignedChunks(Trailer("x-amz-checksum-crc32", 8, seen.hex))
    for piece in (b"ab", b"cd"):
        seen += piece
        chunks.feed(piece)
    assert chunks.close() == b"4\r\nabcd\r\n0\r\nx-amz-checksum-crc32:61626364\r\n\r\n"


def test_a_trailer_of_another_length_than_announced_is_a_bug():
    chunks = UnsignedChunks(Trailer("x-amz-checksum-crc32", 8, lambda: "AAAA"))
    with pytest.raises(AssertionError):
        chunks.close()


@given(
    st.sampled_from(FORMS),
    st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17]),
    st.lists(st.integers(999, 2 * CHUNK), min_size=1),
)
def test_length_and_bytes_do_not_depend_on_how_they_are_fed(form, size, sizes):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    whole = written(form(), data)
    assert written(form(), *split(data, sizes)) == whole
    assert form().length(size) == len(whole)
