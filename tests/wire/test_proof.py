"""What an upload proves on its way, and the bytes that wait for it."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Answer, Body, Call, Problem
from gateway.wire.proof import HELD, HoldBack, Tally, judge_digest, md5_of, own_etag, proved

DIGEST = hashlib.md5(b"hello").digest()
MD5 = base64.b64encode(DIGEST).decode()


def sent(body: Body, *data: bytes) -> bytes:
    """What leaves before the codings are closed: a store must never have been sent it all."""
    codings = [make() for make in body.through]
    out = b""
    for piece in data:
        for coding in codings[:-1]:
            assert coding.feed(piece) == piece
        out += codings[-1].feed(piece)
    return out


def test_bytes_that_agree_pass_unchanged():
    tally = Tally(5, MD5)
    assert tally.feed(b"hel") + tally.feed(b"lo") + tally.close() == b"hello"
    assert tally.hexdigest == hashlib.md5(b"hello").hexdigest()
    assert tally.length(7) == 7


def test_nothing_is_digested_that_nobody_asks_for():
    tally = Tally(5, md5=False)
    assert tally.feed(b"hello") + tally.close() == b"hello"
    with pytest.raises(AssertionError):
        _ = tally.hexdigest
    checked = Tally(5, base64.b64encode(bytes(16)).decode(), md5=False)
    checked.feed(b"hello")
    with pytest.raises(Problem) as refused:
        checked.close()
    assert refused.value.code == "BadDigest"


def test_a_number_of_bytes_that_nobody_announced_is_not_judged():
    tally = Tally(None)
    assert tally.feed(b"hello") + tally.close() == b"hello"


@pytest.mark.parametrize(
    ("size", "digest", "code"),
    [
        (4, "", "IncompleteBody"),
        (6, "", "IncompleteBody"),
        (5, base64.b64encode(b"0" * 16).decode(), "BadDigest"),
        (5, "no digest", "InvalidDigest"),
    ],
)
def test_bytes_that_do_not_agree_are_refused(size, digest, code):
    tally = Tally(size, digest)
    with pytest.raises(Problem) as raised:
        tally.feed(b"hello")
        tally.close()
    assert raised.value.code == code


@given(st.lists(st.integers(0, 2 * HELD), max_size=6))
def test_the_last_bytes_wait(sizes):
    hold = HoldBack()
    data = [bytes([number]) * size for number, size in enumerate(sizes)]
    early = b"".join(map(hold.feed, data))
    whole = b"".join(data)
    assert len(early) == max(0, len(whole) - HELD)
    assert early + hold.close() == whole
    assert hold.length(len(whole)) == len(whole)


def test_bytes_that_come_one_by_one_wait_in_little_room():
    hold = HoldBack()
    tracemalloc.start()
    try:
        early = b"".join(hold.feed(bytes([number % 251])) for number in range(HELD + 1))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 16 * HELD
    assert early + hold.close() == bytes(number % 251 for number in range(HELD + 1))


def test_a_body_that_is_too_short_never_leaves_whole():
    body = proved(Body(None, 100_000), "")
    assert len(sent(body, b"x" * 99_999)) == 99_999 - HELD
    assert body.written == 100_000


def test_the_digest_of_a_body_is_known_once_it_has_passed():
    body = proved(Body(None, 5), "")
    assert sent(body, b"hello") == b""
    assert md5_of(body) == md5_of(b"hello") == hashlib.md5(b"hello").hexdigest()


def test_a_digest_that_fits():
    judge_digest(MD5, DIGEST)


@pytest.mark.parametrize(
    "digest", ["", "!", "aGVsbG8=", "é", base64.b64encode(DIGEST * 2).decode(), DIGEST.hex()]
)
def test_a_digest_that_is_none(digest):
    with pytest.raises(Problem) as refused:
        judge_digest(digest, DIGEST)
    assert (refused.value.code, refused.value.details) == ("InvalidDigest", (("Content-MD5", digest),))


def test_a_digest_of_other_bytes():
    other = base64.b64encode(bytes(16)).decode()
    with pytest.raises(Problem) as refused:
        judge_digest(other, DIGEST)
    assert refused.value.code == "BadDigest"
    assert refused.value.details == (
        ("CalculatedDigest", "XUFAKrxLKna5cZ2REBfFkg=="),
        ("ExpectedDigest", other),
    )


PUT = Call("PutObject", {"Data": b"hello"})


@pytest.mark.parametrize(
    ("call", "etag", "told"),
    [
        (PUT, '"5d41402abc4b2a76b9719d911017c592"', '"5d41402abc4b2a76b9719d911017c592"'),
        (PUT, '"abc-2"', '"5d41402abc4b2a76b9719d911017c592"'),
        (Call("CopyObject", {}), '"abc-2"', '"abc-2"'),
    ],
)
def test_an_etag_that_is_no_md5_is_made_one_for_a_put(call, etag, told):
    """Wire rule 28."""
    assert own_etag(Answer(call.operation, {"ETag": etag}), call, b"hello").values == {"ETag": told}


def test_a_put_without_an_etag_is_given_one():
    assert own_etag(Answer("PutObject", {}), PUT, b"").values["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
