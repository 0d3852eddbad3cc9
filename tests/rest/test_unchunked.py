"""Reading aws-chunked: the published examples, what clients write, and everything that can be wrong with it."""

from __future__ import annotations

import io
import re

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.chunked import Chain, SignedChunks, Trailer, UnsignedChunks
from gateway.rest.signature import SigningKey
from gateway.rest.unchunked import MAX_TRAILER, AwsChunkedReader
from tests.rest.chunks import (
    ACCESS_KEY,
    DATA,
    DATE,
    PUBLISHED,
    PUBLISHED_WITH_TRAILER,
    SCOPE,
    SECRET,
    SEED,
    SEED_OF_TRAILER,
    damaged,
    parts_of,
)
from tests.wire.splits import sizes, split

CRC32 = ("x-amz-checksum-crc32", "7YLNEQ==")
FORMS = {
    "signed": {"signed": True, "trailer": None},
    "signed with a trailer": {"signed": True, "trailer": CRC32},
    "unsigned with a trailer": {"signed": False, "trailer": CRC32},
    "unsigned": {"signed": False, "trailer": None},
}
CODES = {"IncompleteBody", "SignatureDoesNotMatch", "MalformedTrailerError"}
CHUNKS = (b"0123456789", b"abc", b"\r\n0\r\n\r\n")


def reader(length: int, *, signed: bool, trailer: tuple[str, str] | None, seed: str = SEED):
    """The third form of S3 has a place for trailers, also when none is announced."""
    return AwsChunkedReader(
        length,
        chain=Chain(SECRET, DATE, SCOPE, seed) if signed else None,
        trailing=trailer is not None or not signed,
        announced=trailer[0] if trailer else "",
    )


def read(chunks: AwsChunkedReader, *pieces: bytes) -> bytes:
    out = [data for piece in pieces for data in chunks.feed(piece)]
    assert all(out), "no piece is empty"
    chunks.finish()
    assert chunks._left == 0
    return b"".join(out)


def verdict(chunks: AwsChunkedReader, *pieces: bytes) -> str:
    """The code of the problem, "" for none."""
    try:
        read(chunks, *pieces)
    except Problem as problem:
        return problem.code
    return ""


@pytest.mark.parametrize("size", [1, 7, 1000, 65_536, 1 << 20])
def test_the_published_examples(size):
    signed = reader(len(DATA), signed=True, trailer=None)
    assert read(signed, *split(PUBLISHED, [size])) == DATA
    trailer = ("x-amz-checksum-crc32c", "sOO8/Q==")
    with_trailer = reader(len(DATA), signed=True, trailer=trailer, seed=SEED_OF_TRAILER)
    assert read(with_trailer, *split(PUBLISHED_WITH_TRAILER, [size])) == DATA
    assert with_trailer.trailers == (trailer,)


@pytest.mark.parametrize("form", FORMS)
@given(data=st.lists(st.binary(min_size=1, max_size=50), max_size=5), sizes=sizes)
def test_chunks_of_any_size_in_any_split(form, data, sizes):
    body = bytes(parts_of(*data, **FORMS[form]))
    chunks = reader(len(b"".join(data)), **FORMS[form])
    assert read(chunks, *split(body, sizes)) == b"".join(data)
    assert chunks.trailers == ((CRC32,) if FORMS[form]["trailer"] else ())


@pytest.mark.parametrize("form", FORMS)
@given(data=st.binary(max_size=300) | st.sampled_from([b"x" * 65_536, b"y" * 131_073]), sizes=sizes)
def test_what_the_writer_writes_is_read_back(form, data, sizes):
    given_ = FORMS[form]["trailer"]
    trailer = Trailer(given_[0], len(given_[1]), lambda: given_[1]) if given_ else None
    key = SigningKey(ACCESS_KEY, SECRET, "us-east-1")
    writer = SignedChunks(key, DATE, SEED, trailer) if FORMS[form]["signed"] else UnsignedChunks(trailer)
    body = writer.feed(data) + writer.close()
    pieces = split(body, sizes) if len(body) < 1000 else split(body, [sum(sizes) % 70_000 + 1000])
    assert read(reader(len(data), **FORMS[form]), *pieces) == data


@given(st.binary(max_size=200), st.integers(1, 64), sizes)
def test_what_botocore_writes(data, chunk_size, sizes):
    wrapper = AwsChunkedWrapper(
        io.BytesIO(data), checksum_cls=Crc32Checksum, checksum_name=CRC32[0], chunk_size=chunk_size
    )
    body = wrapper.read()
    chunks = reader(len(data), signed=False, trailer=CRC32)
    assert read(chunks, *split(body, sizes)) == data
    assert chunks.trailers == ((CRC32[0], Crc32Checksum().handle(data)),)


@pytest.mark.parametrize("signed", [True, False])
def test_the_end_of_a_trailers_line_as_minio_go_writes_it(signed):
    body = bytes(parts_of(*CHUNKS, signed=signed, trailer=CRC32)).replace(b"7YLNEQ==", b"7YLNEQ==\n")
    assert read(reader(20, signed=signed, trailer=CRC32), body) == b"".join(CHUNKS)


def test_the_name_of_a_trailer_in_capitals_with_blanks_around_its_value():
    body = b"0\r\nX-Amz-Checksum-CRC32: \t7YLNEQ== \r\n\r\n"
    chunks = reader(0, signed=False, trailer=CRC32)
    assert read(chunks, body) == b""
    assert chunks.trailers == (CRC32,)


def test_a_chunk_that_is_the_whole_object_is_given_on_while_it_comes():
    chunks = reader(1 << 40, signed=False, trailer=None)
    assert chunks.feed(b"10000000000\r\nabc") == [b"abc"]
    piece = b"x" * 70_000
    assert chunks.feed(piece)[0] is piece, "nothing is copied"
    assert chunks.feed(b"") == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_each_part_altered_dropped_repeated_or_moved_is_refused(form, size):
    parts = parts_of(*CHUNKS, **FORMS[form])
    assert read(reader(parts.length, **FORMS[form]), bytes(parts)) == b"".join(CHUNKS)
    verdicts = {
        name: verdict(reader(parts.length, **FORMS[form]), *split(body, [size]))
        for name, body in damaged(parts)
    }
    assert set(verdicts.values()) <= {"", *CODES}
    accepted = [name for name, code in verdicts.items() if not code]
    assert accepted == [name for name in accepted if not FORMS[form]["signed"] and UNPROVED.match(name)]


UNPROVED = re.compile(r"(data \d altered|chunks reordered|trailer 0 (altered|cut|empty))$")
"""What chunks without signatures leave to the checksum."""


@pytest.mark.parametrize("form", FORMS)
def test_a_body_cut_anywhere_is_incomplete(form):
    body = bytes(parts_of(*CHUNKS, **FORMS[form]))
    for end in range(len(body)):
        assert verdict(reader(20, **FORMS[form]), body[:end]) == "IncompleteBody", end


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [0, 9, 10, 19, 21, 1 << 62])
def test_another_decoded_length_than_announced_is_incomplete(form, length):
    assert verdict(reader(length, **FORMS[form]), bytes(parts_of(*CHUNKS, **FORMS[form]))) == "IncompleteBody"


def test_a_chunk_of_more_than_can_come_is_refused_at_its_size():
    assert verdict(reader(5, signed=False, trailer=None), b"6\r\n") == "IncompleteBody"
    assert verdict(reader(5, signed=False, trailer=None), b"fffffffffffffff\r\n") == "IncompleteBody"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 100])
def test_a_line_without_an_end_is_refused_and_not_kept(form, size):
    chunks = reader(20, **FORMS[form])
    with pytest.raises(Problem) as raised:
        for piece in split(b"0" * 200, [size]):
            chunks.feed(piece)
            assert len(chunks._held) < 200
    assert raised.value.code == "IncompleteBody"


def test_a_trailer_without_an_end_is_refused_and_not_kept():
    chunks = reader(0, signed=False, trailer=CRC32)
    assert chunks.feed(b"0\r\nx-amz-checksum-crc32:" + b"a" * 400) == []
    assert verdict(chunks, b"a" * (MAX_TRAILER - 400)) == "MalformedTrailerError"


def test_a_chain_from_another_seed_secret_date_or_scope_is_refused():
    body = bytes(parts_of(*CHUNKS, **FORMS["signed"]))
    for chain in (
        Chain(SECRET, DATE, SCOPE, SEED_OF_TRAILER),
        Chain(SECRET + "x", DATE, SCOPE, SEED),
        Chain(SECRET, "20130524T000001Z", SCOPE, SEED),
        Chain(SECRET, DATE, SCOPE.replace("-1", "-2"), SEED),
    ):
        assert verdict(AwsChunkedReader(20, chain=chain), body) == "SignatureDoesNotMatch"


def test_a_signed_form_with_a_place_for_trailers_must_have_its_signature():
    """Whoever cuts the trailer off together with its announcement has not signed the rest."""
    chain = Chain(SECRET, DATE, SCOPE, SEED)
    body = bytes(parts_of(*CHUNKS))
    assert verdict(AwsChunkedReader(20, chain=chain, trailing=True), body) == "MalformedTrailerError"


FRAGMENTS = st.sampled_from(
    [
        b"0\r\n",
        b"\r\n",
        b"3\r\nabc",
        b"5\r\n",
        b"x-amz-checksum-crc32:7YLNEQ==\r\n",
        b"a",
        b"\n",
        b"\r",
        b";",
        b":",
    ]
)


@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(FRAGMENTS | st.binary(max_size=20), max_size=12).map(b"".join),
    st.integers(0, 9),
    sizes,
)
def test_any_bytes_at_all_are_a_problem_or_an_object(form, body, length, sizes):
    assert verdict(reader(length, **FORMS[form]), *split(body, sizes)) in {"", *CODES}
