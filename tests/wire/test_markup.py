"""The parser against documents of strangers, and text in pieces."""

from __future__ import annotations

import base64
import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.messages import Body, length_of
from gateway.wire import markup
from gateway.wire.markup import (
    CHARSETS,
    MAX_ATTRIBUTES,
    MAX_ELEMENTS,
    MAX_TAG,
    Base64,
    MarkupError,
    escape,
    local,
    namespace,
    parse,
    parse_fields,
    pieces_of,
    text_of,
)
from tests.strategies import hostile_texts, texts
from tests.wire.attacks import ATTACKS, DTD, document

BOM = b"\xef\xbb\xbf"


def refusal(data, charset=""):
    with pytest.raises(MarkupError) as caught:
        parse(data, charset)
    return str(caught.value)


@pytest.fixture
def canary(tmp_path):
    """A file and a place that no parser may ask."""
    file = tmp_path / "canary"
    file.write_text("the canary was read")
    with socket.create_server(("127.0.0.1", 0)) as place:
        yield file.as_uri().encode(), b"http://127.0.0.1:%d/" % place.getsockname()[1]
        place.setblocking(False)
        with pytest.raises(BlockingIOError):
            place.accept()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_refused_or_is_the_text_it_says(attack, canary):
    data = document(attack, (b"<a>", b"</a>"), canary)
    if attack.reads is None:
        with pytest.raises(MarkupError):
            text_of(parse(data, attack.charset))
    else:
        assert text_of(parse(data, attack.charset)) == attack.reads


@pytest.mark.parametrize("parser", [markup._PARSER, markup._HUGE_PARSER], ids=["usual", "huge"])
@pytest.mark.parametrize(
    "attack", [each for each in ATTACKS if each.encoding == "utf-8"], ids=lambda attack: attack.name
)
def test_behind_the_check_for_document_types_stands_a_parser_that_reads_nothing_either(
    attack, parser, canary
):
    data = document(attack, (b"<a>", b"</a>"), canary)
    with suppress(etree.XMLSyntaxError):
        root = etree.fromstring(data, parser)
        text = "".join(root.itertext(etree.Element))
        assert "expanded" not in text
        assert "canary was read" not in text


@given(
    st.lists(
        st.sampled_from([BOM, b" ", b"\n", b"<?xml version='1.0'?>", b"<?a ?>", b"<!-- > -->", b"<!---->"])
    )
)
def test_no_prolog_hides_a_document_type(prolog):
    refusal(b"".join(prolog) + DTD + b"<x>&e;</x>")


@given(
    st.binary() | st.binary().map(lambda inside: b"<a>" + inside + b"</a>"),
    st.sampled_from(["", *CHARSETS, "x"]),
)
def test_any_bytes_are_an_element_or_a_markup_error(data, charset):
    with suppress(MarkupError):
        assert local(parse(data, charset))


@given(texts, st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-16-be"]), st.booleans())
def test_a_text_is_read_in_every_charset_that_can_carry_it(text, encoding, told):
    data = f"<a>{escape(text)}</a>".encode(encoding)
    assert text_of(parse(data, encoding.replace("-le", "le").replace("-be", "be") if told else "")) == text


@pytest.mark.parametrize(
    "charset", ["UTF-8", "utf8", "US-ASCII", "ascii", "ISO-8859-1", "Latin1", "UTF-16", "utf-16LE"]
)
def test_charsets_by_the_names_they_go_by(charset):
    encoding = CHARSETS[charset.lower()]
    text = "a" if encoding == "ascii" else "\xe9"
    document_ = f"<?xml version='1.0' encoding='{charset}'?><a>{text}</a>"
    assert parse(document_.encode(encoding)).text == text
    assert parse(f"<a>{text}</a>".encode(encoding), charset).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_told_by_its_first_bytes(encoding):
    assert parse("<a>\u20ac</a>".encode(encoding), "utf-16").text == "\u20ac"
    assert parse("<a>\u20ac</a>".encode(encoding)).text == "\u20ac"


@pytest.mark.parametrize("before", [b"", b" \r\n\t", BOM, b"\n<?xml version='1.0'?>", BOM + b"\n"])
def test_blanks_and_one_byte_order_mark_may_stand_before(before):
    assert parse(before + b"<a>\xc3\xa9</a>").text == "\xe9"


def test_blanks_may_stand_before_a_declaration_and_a_byte_order_mark_before_any_encoding():
    assert parse(b"\n<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>").text == "\xe9"
    assert parse("\ufeff<a>\xe9</a>".encode("utf-16-le"), "utf-16le").text == "\xe9"
    assert parse(BOM + b"<?xml version='1.0' encoding='utf-8'?><a>\xc3\xa9</a>").text == "\xe9"


def test_what_is_wrong_is_told():
    assert refusal(b"<!DOCTYPE a><a/>") == "a document type is not allowed"
    assert refusal(b"<a>\n<b></a>") == "not well-formed XML, line 2"
    assert refusal(b"") == refusal(b"  text") == "not XML, which begins with a tag"
    assert refusal(b"<a/>", "koi8-r") == "the charset is none of UTF-8, UTF-16, US-ASCII and ISO-8859-1"
    assert refusal(b"<a>\xff</a>", "us-ascii") == "not us-ascii"


def test_limits_are_the_named_ones():
    assert parse(b"<a>" + b"<b/>" * (2 * MAX_ELEMENTS - 2) + b"</a>") is not None
    assert refusal(b"<a>" + b"<b/>" * (2 * MAX_ELEMENTS - 1) + b"</a>") == "too many elements"
    attributes = [b" a%d='%s'" % (n, b">" if n % 50 == 0 else b"") for n in range(MAX_ATTRIBUTES)]
    assert len(parse(b"<a%s/>" % b"".join(attributes)).attrib) == MAX_ATTRIBUTES
    assert refusal(b"<a%s b = ''/>" % b"".join(attributes)) == "too many attributes"
    assert parse(b"<a %s/>" % (b" " * (MAX_TAG - 3))) is not None
    assert refusal(b"<a %s/>" % (b" " * (MAX_TAG - 2))) == "a tag is too long"


@pytest.mark.parametrize("before", [b"<b/>" * 300, b"x" * 20_000 + b"<b/>" * 300], ids=["tags", "text"])
def test_limits_hold_wherever_the_tags_stand(before):
    """A message with few tags at its beginning is measured tag by tag, but not to its end."""
    attributes = b"".join(b" a%d='%s'" % (n, b">" if n % 50 == 0 else b"") for n in range(MAX_ATTRIBUTES + 1))
    start, end = b"<a q='\"'>" + before, b"</a>"
    assert refusal(start + b"<b/>" * (2 * MAX_ELEMENTS) + end) == "too many elements"
    assert refusal(start + b"<b" + attributes + b"/>" + end) == "too many attributes"
    assert refusal(start + b"<b%s/>" % (b" " * MAX_TAG) + end) == "a tag is too long"
    assert len(parse(start + b"<b/>" + end)) == 301


@pytest.mark.parametrize("size", [9_999_000, 10_000_001, 28_000_000])
def test_long_texts_are_read(size):
    assert len(text_of(parse(b"<a>" + b"A" * size + b"</a>"))) == size


def test_depth_is_bounded():
    assert parse(b"<a>" * 255 + b"</a>" * 255) is not None
    assert refusal(b"<a>" * 258 + b"</a>" * 258) == "not well-formed XML, line 1"


def test_depth_is_bounded_beside_a_long_text():
    long = b"<a>" + b"A" * 10_000_001
    assert refusal(long + b"<b>" * 3000 + b"</b>" * 3000 + b"</a>") == "not well-formed XML, line 1"


def test_names_and_namespaces():
    root = parse(b"<x:a xmlns:x='urn:x'><b/></x:a>")
    assert (local(root), namespace(root)) == ("a", "urn:x")
    assert (local(root[0]), namespace(root[0])) == ("b", "")


def test_the_text_of_an_element_that_has_children_is_none():
    assert text_of(parse(b"<a/>")) == ""
    with pytest.raises(MarkupError, match="a holds elements") as caught:
        text_of(parse(b"<a>text<b/></a>"))
    assert caught.value.field == "a"


def is_char(character: str) -> bool:
    """XML 1.0, 2.2, production Char."""
    code = ord(character)
    return (
        character in "\t\n\r"
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )


@given(hostile_texts)
def test_what_is_escaped_comes_back_but_for_what_xml_cannot_carry(text):
    came = text_of(parse(f"<a>{escape(text)}</a>".encode()))
    assert came == "".join(each if is_char(each) else "\ufffd" for each in text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a&b", "a&amp;b"),
        ("<a>", "&lt;a&gt;"),
        ("]]>", "]]&gt;"),
        ("a\rb\n\t", "a&#13;b\n\t"),
        ("\x00\x0b\x1f", "\ufffd\ufffd\ufffd"),
        ("\ud800", "\ufffd"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
        ("\x7f\x85\u2028\U0001f600", "\x7f\x85\u2028\U0001f600"),
    ],
)
def test_escaping(text, written):
    assert escape(text) == written


@pytest.mark.parametrize(
    ("parts", "pieces"),
    [
        ([], ()),
        (["a", "\xe9"], (b"a\xc3\xa9",)),
        ([Body(1)], (Body(1),)),
        (["a", "b", Body(1), "c"], (b"ab", Body(1), b"c")),
        (["a", Body(1), Body(2)], (b"a", Body(1), Body(2))),
    ],
)
def test_strings_become_bytes_and_bodies_stay(parts, pieces):
    assert pieces_of(parts) == pieces


@given(st.lists(st.binary(max_size=20)))
def test_base64_is_the_same_however_the_bytes_come(chunks):
    coding = Base64()
    whole = b"".join(chunks)
    written = b"".join(coding.feed(chunk) for chunk in chunks) + coding.close()
    assert written == base64.b64encode(whole)
    assert len(written) == coding.length(len(whole)) == Body(None, len(whole)).coded(Base64).written
    assert length_of((b"<a>", Body(None, len(whole)).coded(Base64))) == 3 + len(written)


def test_only_elements_are_kept():
    """What is not an element would have no name; the parser drops it, and a caller's mistake is a bug."""
    root = parse(b"<a><!-- x --><?y z?><b/></a>")
    assert [local(child) for child in root] == ["b"]
    for read in (local, namespace):
        with pytest.raises(AssertionError):
            read(etree.Comment("x"))


def by_the_parser(data):
    """Return what `parse_fields` returns, or why not, without its short way."""
    try:
        root = parse(data)
    except MarkupError:
        return None
    return local(root), [(local(child), child.text or "") for child in root if not len(child)]


def fields_or_none(data):
    try:
        return parse_fields(data)
    except MarkupError:
        return None


_names = st.sampled_from(["Error", "Code", "a", "Message1", "x:a", "_", "a-b", "xml"])
_inside = st.lists(
    st.tuples(
        _names,
        hostile_texts
        | texts.map(escape)
        | st.sampled_from(["", "<b/>", "a<b>c</b>", "&amp;", "]]>", "<!-- -->"]),
        st.sampled_from(["", "\n  ", "\r\n", "text", "<c/>"]),
    ),
    max_size=4,
)


@given(
    st.sampled_from(
        [
            "",
            "<?xml version='1.0'?>\n",
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<?xml version='1.1'?>",
            "\ufeff",
            " ",
        ]
    ),
    _names,
    _inside,
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)
def test_fields_are_read_as_the_parser_reads_them(declaration, root, inside, encoding):
    content = "".join(f"<{name}>{text}</{name}>{behind}" for name, text, behind in inside)
    data = f"{declaration}<{root}>{content}</{root}>".encode(encoding, "replace")
    assert fields_or_none(data) == by_the_parser(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<Error></Error>",
        b"<Error/>",
        b"<Error><Code></Code></Error>",
        b"<Error><Code>a</Message></Error>",
        b"<Error><Code>a</Code></error>",
        b"<Error><Code>\xff</Code></Error>",
        b"<Error><Code>a]]>b</Code></Error>",
        b"<Error><Code>a\rb</Code></Error>",
        b"<Error><Code>\x01</Code></Error>",
        b"<Error><Code>a</Code></Error> <Error/>",
        b"<Error><Code>" + b"a" * MAX_TAG + b"</Code></Error>",
    ],
)
def test_fields_of_what_is_not_plain(data):
    assert fields_or_none(data) == by_the_parser(data)
