"""Transfer encodings: what was encoded comes back, in any split, and what cannot be is refused where it is."""

import base64
import itertools
import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.soap.related import Flaw, MimeError
from gateway.soap.transfer import DECODERS, MAX_LINE, Base64Decoder, Decoder, Identity, QuotedPrintableDecoder
from tests.wire.splits import sizes, split

WHOLE = [1 << 30]
BYTE_BY_BYTE = [1]
SPLITS = (WHOLE, BYTE_BY_BYTE, [2], [3, 1])


def decoded(decoder: Decoder, encoded: bytes, pieces: list[int]) -> bytes:
    return b"".join([*map(decoder.feed, split(encoded, pieces)), decoder.close()])


def outcome(decoder: Decoder, encoded: bytes, pieces: list[int]) -> bytes | tuple[Flaw, int]:
    try:
        return decoded(decoder, encoded, pieces)
    except MimeError as error:
        return error.flaw, error.offset


@given(st.binary(max_size=200), sizes)
def test_binary_8bit_and_7bit_are_left_alone(payload: bytes, pieces: list[int]):
    for encoding in ("", "binary", "8bit", "7bit"):
        assert decoded(DECODERS[encoding](0), payload, pieces) == payload
    assert Identity(0).feed(payload) is payload


@given(st.binary(max_size=400), sizes)
def test_base64_comes_back_in_any_split(payload: bytes, pieces: list[int]):
    for encoded in (base64.b64encode(payload), base64.encodebytes(payload).replace(b"\n", b" \r\n")):
        assert decoded(DECODERS["base64"](0), encoded, pieces) == payload


@given(st.binary(max_size=400), sizes)
def test_quoted_printable_comes_back_in_any_split(payload: bytes, pieces: list[int]):
    encoded = quopri.encodestring(payload.replace(b"\r", b"").replace(b"\n", b"")).replace(b"\n", b"\r\n")
    expected = payload.replace(b"\r", b"").replace(b"\n", b"")
    assert decoded(DECODERS["quoted-printable"](0), encoded, pieces) == expected


@pytest.mark.parametrize(
    ("encoded", "payload"),
    [
        (b"", b""),
        (b"\r\n", b"\r\n"),
        (b"a b\tc", b"a b\tc"),
        (b"a \t\r\nb ", b"a\r\nb"),
        (b"a=\r\nb", b"ab"),
        (b"a= \t\r\nb", b"ab"),
        (b"a=20\r\nb=", b"a \r\nb"),
        (b"=3D=3d=00=ff=0D=0A", b"==\x00\xff\r\n"),
        (b"_=5F", b"__"),
        (b"a" * MAX_LINE + b"\r\n", b"a" * MAX_LINE + b"\r\n"),
    ],
)
def test_quoted_printable_is_read_as_rfc_2045_has_it(encoded: bytes, payload: bytes):
    for pieces in SPLITS:
        assert decoded(QuotedPrintableDecoder(0), encoded, pieces) == payload


@pytest.mark.parametrize(
    ("encoded", "flaw", "offset"),
    [
        (b"=", None, 0),
        (b"=4", Flaw.QUOTED_PRINTABLE, 2),
        (b"ab=zz", Flaw.QUOTED_PRINTABLE, 3),
        (b"ab==41", Flaw.QUOTED_PRINTABLE, 3),
        (b"ab\r\nc=\t=41", Flaw.QUOTED_PRINTABLE, 7),
        (b"a\nb", Flaw.QUOTED_PRINTABLE, 1),
        (b"a\rb\r\n", Flaw.QUOTED_PRINTABLE, 2),
        (b"a\r", Flaw.QUOTED_PRINTABLE, 2),
        (b"caf\xc3\xa9", Flaw.QUOTED_PRINTABLE, 3),
        (b"\x00", Flaw.QUOTED_PRINTABLE, 0),
        (b"\x00" * 5000, Flaw.QUOTED_PRINTABLE, 0),
        (b"ok\r\n" + b"a" * (MAX_LINE + 1), Flaw.QUOTED_PRINTABLE_LINE_TOO_LONG, 4 + MAX_LINE),
        (b"a" * (MAX_LINE + 1) + b"\r\n", Flaw.QUOTED_PRINTABLE_LINE_TOO_LONG, MAX_LINE),
        (b"a" * MAX_LINE + b"\x00", Flaw.QUOTED_PRINTABLE_LINE_TOO_LONG, MAX_LINE),
        (b"a" * MAX_LINE + b"\r\x00", Flaw.QUOTED_PRINTABLE, MAX_LINE + 1),
        (b"a" * MAX_LINE + b"\n", Flaw.QUOTED_PRINTABLE, MAX_LINE),
        (b"a" * (MAX_LINE - 1) + b"=" + b" " * 50 + b"x", Flaw.QUOTED_PRINTABLE_LINE_TOO_LONG, MAX_LINE),
        (b"a" * (MAX_LINE - 1) + b"=x" + b" " * 50, Flaw.QUOTED_PRINTABLE_LINE_TOO_LONG, MAX_LINE),
        (b"a" * (MAX_LINE - 2) + b"=x" + b" " * 50, Flaw.QUOTED_PRINTABLE, MAX_LINE - 1),
    ],
)
def test_what_is_not_quoted_printable_is_refused_where_it_is(encoded: bytes, flaw: Flaw | None, offset: int):
    for pieces in SPLITS:
        expected = b"" if flaw is None else (flaw, offset + 100)
        assert outcome(QuotedPrintableDecoder(100), encoded, pieces) == expected


def in_base64(text: bytes) -> bytes | tuple[Flaw, int]:
    """What base64 means, group by group, without any code of the decoder's."""
    groups = b""
    held: list[int] = []
    for at, character in enumerate(text):
        if character in b" \t\r\n":
            continue
        held.append(character)
        group = bytes(held)
        if groups.endswith(b"="):
            return Flaw.BASE64, at
        if len(group) == 4:
            if not re.fullmatch(rb"[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==", group):
                return Flaw.BASE64, at
            groups += group
            held = []
    return (Flaw.BASE64_CUT_SHORT, len(text)) if held else base64.b64decode(groups)


def test_base64_is_refused_at_the_character_that_ends_the_wrong_group():
    """Every text of up to seven of the characters that differ, in every split."""
    for length in range(8):
        for characters in itertools.product(b"A=!\n" if length < 7 else b"A=", repeat=length):
            text = bytes(characters)
            for pieces in SPLITS:
                assert outcome(Base64Decoder(0), text, pieces) == in_base64(text), (text, pieces)


@given(st.text("AZaz09+/= \r\n-_", max_size=60).map(str.encode), sizes)
def test_any_text_is_base64_or_refused_the_same_in_any_split(text: bytes, pieces: list[int]):
    assert outcome(Base64Decoder(0), text, pieces) == in_base64(text)


@given(st.text("=09aF \t\r\nz\x00", max_size=60).map(str.encode), sizes)
def test_any_text_is_quoted_printable_or_refused_the_same_in_any_split(text: bytes, pieces: list[int]):
    assert outcome(QuotedPrintableDecoder(7), text, pieces) == outcome(QuotedPrintableDecoder(7), text, WHOLE)


def test_offset_counts_from_where_the_payload_begins():
    assert outcome(Base64Decoder(1000), b"QUJD\r\nQ*JD", WHOLE) == (Flaw.BASE64, 1009)
    assert outcome(Base64Decoder(1000), b"QUJDQ", WHOLE) == (Flaw.BASE64_CUT_SHORT, 1005)
