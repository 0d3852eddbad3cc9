"""The ways in which a stream can arrive: whole, byte by byte, and cut anywhere."""

from collections.abc import Iterator

from hypothesis import strategies as st

whole = st.just(1 << 30)
byte_by_byte = st.just(1)
sizes = st.lists(whole | byte_by_byte | st.integers(1, 40), min_size=1, max_size=30)
"""Sizes of the pieces a stream arrives in, used in turn until all of it is here."""


def split(stream: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Yield `stream` in pieces of these sizes, over and over."""
    at = turn = 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        yield stream[at : at + size]
        at += size
        turn += 1
