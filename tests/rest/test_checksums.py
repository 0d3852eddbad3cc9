"""Checksums: published check values, botocore's own classes, and what S3 answers to each wrong header."""

from __future__ import annotations

import base64
import zlib

import botocore.httpchecksum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.checksums import ALGORITHMS, NO_VALUES, PREFIX, Checksum, announced_checksum, value_length
from tests.wire.splits import sizes, split

NINE_DIGITS = b"123456789"
CHECK_VALUES = {
    "crc32": "cbf43926",
    "crc32c": "e3069283",
    "crc64nvme": "ae8b14860a799888",
    "md5": "25f9e794323b453885f5181f1b624d0b",
    "sha1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "sha256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
    "sha512": "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a"
    "d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
    "xxhash64": "8cb841db40e6ae83",
}
"""What the makers of the algorithms publish for the nine digits."""

IN_BOTOCORE = sorted(ALGORITHMS.keys() & botocore.httpchecksum._CHECKSUM_CLS.keys())


def spelled(digest: str | bytes) -> str:
    raw = bytes.fromhex(digest) if isinstance(digest, str) else digest
    return base64.b64encode(raw).decode()


def judged(name: str, value: str, *pieces: bytes) -> str:
    checksum = Checksum(PREFIX + name)
    checksum.expect(value)
    for piece in pieces:
        checksum.update(piece)
    return checksum.judge()


def refusal(*headers: tuple[str, str]) -> tuple[str, str]:
    with pytest.raises(Problem) as raised:
        announced_checksum(headers)
    return raised.value.code, raised.value.message


@pytest.mark.parametrize(("name", "digest"), CHECK_VALUES.items())
def test_the_published_check_values(name, digest):
    value = spelled(digest)
    assert judged(name, value, NINE_DIGITS) == judged(name, value, *split(NINE_DIGITS, [1])) == value


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("xxhash3", "2d06800538d394c2"),
        ("xxhash64", "ef46db3751d8e999"),
        ("xxhash128", "99aa06d3014798d86001c324468d497f"),
    ],
)
def test_what_xxhash_publishes_for_no_bytes(name, digest):
    assert judged(name, spelled(digest)) == spelled(digest)


def test_the_rows_are_those_that_s3s_clients_know():
    shape = botocore.session.get_session().get_service_model("s3").shape_for("ChecksumAlgorithm")
    assert sorted(ALGORITHMS) == sorted(name.lower() for name in shape.enum)


@given(st.sampled_from(IN_BOTOCORE), st.binary(max_size=200), sizes)
def test_any_bytes_in_any_split_come_to_what_botocore_says(name, data, sizes):
    value = botocore.httpchecksum._CHECKSUM_CLS[name]().handle(data)
    assert judged(name, value, *split(data, sizes)) == value
    assert value_length(PREFIX + name) == len(value)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_value_that_is_another_is_a_bad_digest(name):
    with pytest.raises(Problem) as raised:
        judged(name, spelled(bytes(ALGORITHMS[name].size)), NINE_DIGITS)
    assert (raised.value.code, raised.value.message) == (
        "BadDigest",
        f"The {name.upper()} you specified did not match the calculated checksum.",
    )


MALFORMED = (
    "",
    "=",
    "AAAA",
    "AAAAAAA=",
    "AAAAAA",
    "AAAAAB==",
    "AAAAAA==\n",
    " AAAAAA==",
    "AAA*AA==",
    "ÄAAAAA==",
)


@pytest.mark.parametrize("value", MALFORMED)
def test_a_value_that_no_crc32_has_is_refused(value):
    message = "Value for x-amz-checksum-crc32 header is invalid."
    assert refusal(("x-amz-checksum-crc32", value)) == ("InvalidRequest", message)


def test_a_trailers_value_is_refused_in_its_own_words():
    with pytest.raises(Problem) as raised:
        Checksum("x-amz-checksum-sha1", trailing=True).expect("A")
    assert raised.value.message == "Value for x-amz-checksum-sha1 trailing header is invalid."


@pytest.mark.parametrize("headers", [(), *(((name, "CRC32"),) for name in sorted(NO_VALUES))])
def test_a_head_that_announces_none(headers):
    assert announced_checksum((("host", "a"), *headers)) is None


@pytest.mark.parametrize(
    "claimed",
    [(), (("x-amz-sdk-checksum-algorithm", "CRC32"),), (("x-amz-sdk-checksum-algorithm", "crc32"),)],
)
@pytest.mark.parametrize("trailing", [False, True])
def test_a_checksum_that_is_announced(claimed, trailing):
    field = ("x-amz-trailer", "X-Amz-Checksum-CRC32") if trailing else ("x-amz-checksum-crc32", "y/Q5Jg==")
    checksum = announced_checksum((*claimed, field))
    assert checksum is not None
    assert (checksum.name, checksum.trailing) == ("x-amz-checksum-crc32", trailing)
    if trailing:
        checksum.expect("y/Q5Jg==")
    checksum.update(NINE_DIGITS)
    assert checksum.judge() == spelled(zlib.crc32(NINE_DIGITS).to_bytes(4, "big"))


CRC32 = ("x-amz-checksum-crc32", "AAAAAA==")
SHA1 = ("x-amz-checksum-sha1", "")
TRAILER = ("x-amz-trailer", "x-amz-checksum-crc32")
UNSUPPORTED = "The value specified in the x-amz-trailer header is not supported"
MULTIPLE = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."

NO_COUNTERPART = (
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* "
    "or x-amz-trailer headers were found."
)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([CRC32, SHA1], MULTIPLE),
        ([CRC32, CRC32], MULTIPLE),
        ([CRC32, TRAILER], "Expecting a single x-amz-checksum- header"),
        ([TRAILER, TRAILER], UNSUPPORTED),
        ([("x-amz-trailer", "x-amz-checksum-crc32,x-amz-checksum-sha1")], UNSUPPORTED),
        ([("x-amz-trailer", "crc32")], UNSUPPORTED),
        ([("x-amz-trailer", "x-amz-checksum-sha3")], UNSUPPORTED),
        ([("x-amz-trailer", "x-amz-checksum-type")], UNSUPPORTED),
        ([("x-amz-trailer", "")], UNSUPPORTED),
        (
            [("x-amz-checksum-sha3", "AAAA")],
            "The algorithm type you specified in x-amz-checksum- header is invalid.",
        ),
        (
            [("x-amz-sdk-checksum-algorithm", "CRC32")],
            NO_COUNTERPART,
        ),
        *[
            (
                [("x-amz-sdk-checksum-algorithm", claimed), field],
                "Value for x-amz-sdk-checksum-algorithm header is invalid.",
            )
            for claimed in ("CRC32C", "", "nothing")
            for field in (CRC32, TRAILER)
        ],
    ],
)
def test_what_is_at_odds_with_itself_is_refused_as_s3_words_it(headers, message):
    assert refusal(*headers) == ("InvalidRequest", message)
