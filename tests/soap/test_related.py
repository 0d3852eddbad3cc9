"""What a message in parts says of itself: Content-Type, ids and cid: addresses."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.soap.related import (
    Flaw,
    MimeError,
    MultipartType,
    build_multipart_type,
    parse_cid,
    parse_id,
    parse_multipart_type,
)
from tests.soap.mime_samples import SAMPLES, Sample

T = TypeVar("T")

BOUNDARY_CHARACTERS = "0123456789abcXYZ'()+_,-./:=? "
boundaries = st.text(BOUNDARY_CHARACTERS, min_size=1, max_size=70).filter(lambda text: not text.endswith(" "))
ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='<>"\\'), max_size=60)
types = st.sampled_from(("", "text/xml", "application/xop+xml", "application/soap+xml"))


def outcome_of(parse: Callable[[str], T], value: str) -> T | MimeError:
    try:
        return parse(value)
    except MimeError as error:
        return error


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stack for sample in SAMPLES])
def test_content_type_of_each_stack_is_read(sample: Sample):
    multipart = parse_multipart_type(sample.content_type)
    assert (multipart.boundary, multipart.start) == (sample.boundary, sample.start)
    assert multipart.type in {"text/xml", "application/xop+xml"}
    assert multipart.start_info == ("text/xml" if multipart.type == "application/xop+xml" else "")


@pytest.mark.parametrize(
    ("content_type", "multipart"),
    [
        ("multipart/related;boundary=b", MultipartType("b")),
        (" MULTIPART/Related ; BOUNDARY = b ; Type=Text/XML ;", MultipartType("b", "text/xml")),
        ('multipart/related;\r\n\tboundary="a b";\r\n start="<x@y>"', MultipartType("a b", start="x@y")),
        (r'multipart/related; boundary="a\'b"; start=" < x > "', MultipartType("a'b", start="x")),
        ("multipart/related; boundary==_a=b?/:", MultipartType("=_a=b?/:")),
        ("multipart/related; ; boundary=b; start=x; action=urn:x", MultipartType("b", start="x")),
        ("multipart/related; boundary=" + 70 * "b", MultipartType(70 * "b")),
    ],
)
def test_content_type_is_read_as_it_is_written(content_type: str, multipart: MultipartType):
    assert parse_multipart_type(content_type) == multipart


@pytest.mark.parametrize(
    ("content_type", "flaw", "offset"),
    [
        ("", Flaw.NOT_MULTIPART_RELATED, 0),
        ("multipart", Flaw.NOT_MULTIPART_RELATED, 0),
        ("multipart/mixed; boundary=b", Flaw.NOT_MULTIPART_RELATED, 0),
        ("text/xml", Flaw.NOT_MULTIPART_RELATED, 0),
        ("multipart/related", Flaw.BOUNDARY_MISSING, 17),
        ("multipart/related; type=text/xml;", Flaw.BOUNDARY_MISSING, 33),
        ("multipart/related boundary=b", Flaw.CONTENT_TYPE, 18),
        ("multipart/related; boundary", Flaw.CONTENT_TYPE, 19),
        ("multipart/related; boundary=", Flaw.CONTENT_TYPE, 19),
        ("multipart/related; boundary=b c", Flaw.CONTENT_TYPE, 30),
        ('multipart/related; boundary="b', Flaw.CONTENT_TYPE, 19),
        ('multipart/related; boundary="b\\', Flaw.CONTENT_TYPE, 19),
        ('multipart/related; boundary="b"c', Flaw.CONTENT_TYPE, 31),
        ("multipart/related; boundary=b; BOUNDARY=b", Flaw.PARAMETER_AGAIN, 29),
        ("multipart/related; boundary=b; start=b; start=b", Flaw.PARAMETER_AGAIN, 38),
        ('multipart/related; boundary=""', Flaw.BOUNDARY, 0),
        ('multipart/related; boundary="b "', Flaw.BOUNDARY, 0),
        ("multipart/related; boundary=b*", Flaw.BOUNDARY, 0),
        ("multipart/related; boundary=\xfc", Flaw.BOUNDARY, 0),
        ("multipart/related; boundary=" + 71 * "b", Flaw.BOUNDARY, 0),
    ],
)
def test_content_type_that_is_wrong_is_refused_where_it_is(content_type: str, flaw: Flaw, offset: int):
    with pytest.raises(MimeError) as refused:
        parse_multipart_type(content_type)
    assert (refused.value.flaw, refused.value.name, refused.value.offset) == (flaw, flaw.name, offset)


def test_error_says_in_words_what_is_wrong_and_where():
    with pytest.raises(MimeError, match=r"^the Content-Type has a parameter twice: 'start' \(at byte 38\)$"):
        parse_multipart_type("multipart/related; boundary=b; start=b; start=b")
    with pytest.raises(MimeError, match=r"^the Content-Type names no boundary \(at byte 17\)$"):
        parse_multipart_type("multipart/related")


@given(st.builds(MultipartType, boundaries, types, ids, types))
def test_content_type_that_is_written_is_read_again(multipart: MultipartType):
    assert parse_multipart_type(build_multipart_type(multipart)) == multipart


def test_content_type_is_written_as_axis_writes_it():
    assert build_multipart_type(MultipartType("----=_Part_0_1.2", "text/xml", "77329E2B")) == (
        'multipart/related; type="text/xml"; start="<77329E2B>"; boundary="----=_Part_0_1.2"'
    )


@pytest.mark.parametrize(
    "multipart",
    [
        MultipartType("b\r\n"),
        MultipartType("b", 'x"'),
        MultipartType("b", start="x\r\ny"),
        MultipartType("b", "ü"),
    ],
)
def test_content_type_that_would_break_a_header_is_not_written(multipart: MultipartType):
    with pytest.raises(ValueError, match=r"boundary|cannot be"):
        build_multipart_type(multipart)


@given(st.text())
def test_any_content_type_gives_a_type_or_an_error(content_type: str):
    for value in (
        content_type,
        "multipart/related" + content_type,
        "multipart/related; boundary=b;" + content_type,
    ):
        outcome = outcome_of(parse_multipart_type, value)
        if isinstance(outcome, MimeError):
            assert 0 <= outcome.offset <= len(value)
        else:
            assert 1 <= len(outcome.boundary) <= 70


@pytest.mark.parametrize(
    ("value", "name"),
    [("<a@b>", "a@b"), ("a@b", "a@b"), (" < a > ", "a"), ("<a", "<a"), ("", ""), ("<>", ""), ("<", "<")],
)
def test_id_has_brackets_or_none(value: str, name: str):
    assert parse_id(value) == name


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("cid:att1", "att1"),
        (" CID:att1\n", "att1"),
        ("cid:http%3A%2F%2Ftempuri.org%2f1%2F636", "http://tempuri.org/1/636"),
        ("cid:a+b%40c", "a+b@c"),
        ("cid:%C3%A9", "é"),
    ],
)
def test_cid_names_a_part(href: str, name: str):
    assert parse_cid(href) == name


@pytest.mark.parametrize(
    ("href", "offset"),
    [
        ("", 0),
        ("cid:", 0),
        ("att1", 0),
        ("http://example.com/x", 0),
        ("file:///x", 0),
        ("#att1", 0),
        ("cid:%", 4),
        ("cid:a%4", 5),
        ("cid:a%zz", 5),
        ("cid:%FF", 4),
    ],
)
def test_other_addresses_than_cid_are_refused(href: str, offset: int):
    with pytest.raises(MimeError) as refused:
        parse_cid(href)
    assert (refused.value.flaw, refused.value.offset) == (Flaw.CID, offset)


@given(st.text())
def test_any_address_gives_an_id_or_an_error(href: str):
    for value in (href, f"cid:{href}", f"cid:%{href}"):
        outcome = outcome_of(parse_cid, value)
        assert outcome.flaw is Flaw.CID if isinstance(outcome, MimeError) else outcome
