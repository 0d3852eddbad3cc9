"""aws-chunked: Amazon's published examples, and what must hold for any size in any split."""

from __future__ import annotations

import base64
import random
import zlib
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import HttpRequest
from gateway.rest.chunked import (
    CHUNK,
    STREAMING_PAYLOAD,
    STREAMING_PAYLOAD_TRAILER,
    STREAMING_UNSIGNED_TRAILER,
    SignedChunks,
    Trailer,
    UnsignedChunks,
)
from gateway.rest.signature import SigningKey, sign
from gateway.wire.proof import PIECES
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
from tests.stores.programs import connect
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
    assert written(SignedChunks(KEY, DATE, SEED, chunk=65536), DATA) == PUBLISHED
    assert SignedChunks(KEY, DATE, SEED, chunk=65536).length(66560) == len(PUBLISHED) == 66824


def test_the_published_example_with_a_trailer():
    chunks = SignedChunks(KEY, DATE, SEED_OF_TRAILER, TRAILER, 65536)
    assert chunks.length(66560) == len(PUBLISHED_WITH_TRAILER)
    assert written(chunks, DATA) == PUBLISHED_WITH_TRAILER


def test_chunks_without_signatures():
    chunks = (b"a" * CHUNK, b"bc")
    name_and_value = (TRAILER.name, TRAILER.value())
    assert written(UnsignedChunks(), *chunks) == bytes(parts_of(*chunks, signed=False))
    expected = bytes(parts_of(*chunks, signed=False, trailer=name_and_value))
    assert written(UnsignedChunks(TRAILER), *chunks) == expected


def test_bytes_that_come_one_by_one_wait_in_few_pieces():
    chunks = UnsignedChunks()
    out = b"".join(chunks.feed(b"a") for _ in range(3 * PIECES))
    assert not out
    assert len(chunks._held) <= PIECES
    assert chunks.close() == bytes(parts_of(b"a" * 3 * PIECES, signed=False))


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


# Stores that verify what is written here are the third party: reader and writer could agree on a mistake.

CODINGS = {
    STREAMING_PAYLOAD: lambda key, date, seed, trailer: SignedChunks(key, date, seed),
    STREAMING_PAYLOAD_TRAILER: SignedChunks,
    STREAMING_UNSIGNED_TRAILER: lambda key, date, seed, trailer: UnsignedChunks(trailer),
}


def put(store, payload: str, data: bytes, checksum: bytes) -> int:
    """Send an object in chunks to a store; return the status of its answer."""
    url = urlsplit(store.endpoint_url)
    key = SigningKey(store.access_key, store.secret_key, "us-east-1")
    headers = [("host", url.netloc), ("x-amz-decoded-content-length", str(len(data)))]
    trailer = None
    if payload != STREAMING_PAYLOAD:
        headers.append(("x-amz-trailer", "x-amz-checksum-crc32"))
        value = base64.b64encode(checksum).decode()
        trailer = Trailer("x-amz-checksum-crc32", len(value), lambda: value)
    signature = sign(HttpRequest("PUT", "/chunked/key", tuple(headers)), payload, key, datetime.now(UTC))
    fields = dict((*headers, *signature))
    seed = fields["authorization"].rpartition("=")[2]
    chunks = CODINGS[payload](key, fields["x-amz-date"], seed, trailer)
    assert url.hostname
    with closing(HTTPConnection(url.hostname, url.port, timeout=30)) as connection:
        connection.request("PUT", "/chunked/key", written(chunks, data), fields)
        return connection.getresponse().status


def bucket_of(store):
    """A client of a store, which has the bucket now."""
    client = connect(store)
    if "chunked" not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket="chunked")
    return client


@pytest.mark.parametrize(
    ("name", "payload"),
    [*(("seaweedfs", payload) for payload in CODINGS), ("juicefs", STREAMING_PAYLOAD)],
)
@pytest.mark.parametrize("size", [0, 1, 3 * CHUNK + 17])
def test_stores_take_each_form_they_know(stores, name, payload, size):
    client = bucket_of(stores[name])
    data = random.Random(size).randbytes(size)
    assert put(stores[name], payload, data, zlib.crc32(data).to_bytes(4, "big")) == 200
    assert client.get_object(Bucket="chunked", Key="key")["Body"].read() == data


@pytest.mark.parametrize("payload", [STREAMING_PAYLOAD_TRAILER, STREAMING_UNSIGNED_TRAILER])
def test_a_store_reads_the_trailer(stores, payload):
    bucket_of(stores["seaweedfs"])
    assert put(stores["seaweedfs"], payload, b"data", bytes(4)) == 400
