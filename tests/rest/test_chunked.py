"""aws-chunked: Amazon's published example, and what must hold for any size in any split."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.rest.chunked import CHUNK, SignedChunks
from gateway.rest.signature import SigningKey
from tests.wire.splits import split

KEY = SigningKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
DATE = "20130524T000000Z"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
PUBLISHED = (
    (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)


def written(*data: bytes) -> bytes:
    chunks = SignedChunks(KEY, DATE, SEED)
    return b"".join([*map(chunks.feed, data), chunks.close()])


def test_the_published_example():
    expected = b"".join(
        f"{size:x};chunk-signature={signature}\r\n".encode() + b"a" * size + b"\r\n"
        for size, signature in PUBLISHED
    )
    assert written(b"a" * 66560) == expected
    assert SignedChunks(KEY, DATE, SEED).length(66560) == len(expected) == 66824


@given(
    st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17]),
    st.lists(st.integers(999, 2 * CHUNK), min_size=1),
)
def test_length_and_bytes_do_not_depend_on_how_they_are_fed(size, sizes):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    whole = written(data)
    assert written(*split(data, sizes)) == whole
    assert SignedChunks(KEY, DATE, SEED).length(size) == len(whole)
