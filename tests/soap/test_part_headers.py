"""The header of one part: read line by line and bounded, written so that it is read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.soap.part_headers import HeaderReader, build_part_head
from gateway.soap.parts import Part
from gateway.soap.related import Flaw, MimeError
from gateway.soap.transfer import Base64Decoder, Decoder, Identity, QuotedPrintableDecoder

ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="<>"), max_size=60)
types = st.from_regex(r"\A[a-z]{1,8}/[!-:<-@\[-~]{1,20}(; ?[ -~]*[!-~])?\Z")


def read(head: str, before: tuple[str, ...] = ()) -> tuple[Part, Decoder]:
    """Read a header that begins at byte 1000, with LF for CR LF."""
    reader = HeaderReader(1000, 500, 10)
    for line in head.encode("latin-1").split(b"\n")[:-1]:
        reader.feed(line)
    return reader.finish(set(before))


@pytest.mark.parametrize(
    ("head", "part", "decoder"),
    [
        ("", Part("", ""), Identity),
        ("Content-Id: a\n", Part("a", ""), Identity),
        ("Content-ID:<a@b>\n", Part("a@b", ""), Identity),
        ("content-id: \t<a@b>\t \n", Part("a@b", ""), Identity),
        ("CONTENT-TYPE: Text/XML; charset=UTF-8\n", Part("", "text/xml; charset=UTF-8"), Identity),
        (
            "Content-Type: text/xml ;\n\tcharset=UTF-8;\n  type=X \n",
            Part("", "text/xml; charset=UTF-8; type=X"),
            Identity,
        ),
        ("Content-Type:\n text/xml\n \n", Part("", "text/xml"), Identity),
        ("Content-Type:\n", Part("", ""), Identity),
        ("Content-Type: multipartial/x\n", Part("", "multipartial/x"), Identity),
        ("Content-Type: message/rfc822\n", Part("", "message/rfc822"), Identity),
        ("Content-Transfer-Encoding: BINARY\n", Part("", ""), Identity),
        ("Content-Transfer-Encoding: 7bit\n", Part("", ""), Identity),
        ("Content-Transfer-Encoding: 8Bit\n", Part("", ""), Identity),
        ("Content-Transfer-Encoding: Base64\n", Part("", ""), Base64Decoder),
        ("Content-Transfer-Encoding: quoted-printable\n", Part("", ""), QuotedPrintableDecoder),
        ("Content-Location: /b\nX: \xc3\xa4\xff\nContent-Id: \xc3\xa4\xff\n", Part("ä\ufffd", ""), Identity),
    ],
)
def test_header_tells_what_the_part_is(head: str, part: Part, decoder: type):
    assert read(head)[0] == part
    assert type(read(head)[1]) is decoder


@pytest.mark.parametrize(
    ("head", "flaw", "offset"),
    [
        ("Content-Id\n", Flaw.HEADER_LINE, 0),
        ("A: b\n: c\n", Flaw.HEADER_LINE, 6),
        ("A: b\nC : d\n", Flaw.HEADER_LINE, 6),
        ("A: b\nC\td\n", Flaw.HEADER_LINE, 6),
        (" folded: before\n", Flaw.HEADER_LINE, 0),
        ("A: b\x00\n", Flaw.HEADER_LINE, 0),
        ("X-\xe4: b\n", Flaw.HEADER_LINE, 0),
        ("A: b\rC: d\n", Flaw.HEADER_LINE, 0),
        ("A: b\n \x7f\n", Flaw.HEADER_LINE, 6),
        ("Content-Id: a\nA: b\ncontent-id: a\n", Flaw.FIELD_AGAIN, 21),
        ("Content-Type: Multipart/Mixed\n", Flaw.NESTED, 0),
        ("A: b\nContent-Type:\n multipart/related; boundary=c\n", Flaw.NESTED, 6),
        ("A: b\nContent-Id: <taken>\n", Flaw.ID_AGAIN, 6),
        ("Content-Transfer-Encoding: x-uuencode\n", Flaw.TRANSFER_ENCODING, 0),
        ("A: b\nContent-Transfer-Encoding: base64, base64\n", Flaw.TRANSFER_ENCODING, 6),
        ("A:b\n" * 10, None, 0),
        ("A:b\n" * 11, Flaw.HEADER_TOO_LONG, 50),
        ("A:b\n" + 10 * " b\n", Flaw.HEADER_TOO_LONG, 5 + 9 * 4),
        ("A:" + 496 * "b" + "\n", None, 0),
        ("A:" + 497 * "b" + "\n", Flaw.HEADER_TOO_LONG, 0),
        ("A:" + 297 * "b" + "\n" + "A:" + 195 * "b" + "\n", None, 0),
        ("A:" + 297 * "b" + "\n" + "A:" + 196 * "b" + "\n", Flaw.HEADER_TOO_LONG, 301),
    ],
)
def test_header_that_is_wrong_is_refused_at_the_field(head: str, flaw: Flaw | None, offset: int):
    if flaw is None:
        read(head)
        return
    with pytest.raises(MimeError) as refused:
        read(head, ("taken",))
    assert (refused.value.flaw, refused.value.offset) == (flaw, 1000 + offset)


def test_unknown_encoding_and_ids_are_told_by_name_and_never_break_a_line():
    with pytest.raises(MimeError, match=r"unknown: 'x\\xe9'"):
        read("Content-Transfer-Encoding: x\xc3\xa9\n")
    with pytest.raises(MimeError, match="the same Content-ID: 'taken'"):
        read("Content-Id: taken\n", ("taken",))


def test_ids_are_collected_and_parts_without_one_are_no_duplicates():
    ids_so_far: set[str] = set()
    for line in (b"Content-Id: a", b"Content-Id: <>", b"A: b", b"Content-Id: "):
        reader = HeaderReader(0, 100, 1)
        reader.feed(line)
        reader.finish(ids_so_far)
    assert ids_so_far == {"a"}


def test_payload_is_decoded_with_offsets_of_the_message():
    _, decoder = read("Content-Transfer-Encoding: base64\n")
    with pytest.raises(MimeError) as refused:
        decoder.feed(b"=")
        decoder.feed(b"===")
    assert refused.value.offset == 1000 + len("Content-Transfer-Encoding: base64\r\n\r\n") + 3


@given(st.builds(Part, ids, types | st.just("")))
def test_header_that_is_written_is_read_again(part: Part):
    *lines, blank, nothing = build_part_head(part).split(b"\r\n")
    assert (blank, nothing) == (b"", b"")
    reader = HeaderReader(0, 1 << 20, 10)
    for line in lines:
        reader.feed(line)
    if part.type.startswith("multipart/"):
        return
    media_type = part.type.partition(";")[0]
    assert reader.finish(set())[0] == Part(
        part.id, part.type.replace(media_type, media_type.rstrip().lower(), 1)
    )


def test_header_is_written_as_axis_writes_it():
    assert build_part_head(Part("77329E2B", "text/xml; charset=UTF-8")) == (
        b"Content-Type: text/xml; charset=UTF-8\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-Id: <77329E2B>\r\n\r\n"
    )
    assert build_part_head(Part("", ""), "base64") == b"Content-Transfer-Encoding: base64\r\n\r\n"


@pytest.mark.parametrize(
    "part", [Part("a\r\nb", ""), Part("a>b", ""), Part("é", ""), Part("", "a\r\nb"), Part("", "é/x")]
)
def test_header_that_would_not_be_read_again_is_not_written(part: Part):
    with pytest.raises(ValueError, match="cannot have"):
        build_part_head(part)
