"""XML in and out: the only parser of the house, and text written in pieces.

Everything that is parsed here comes from a stranger. A message is measured before libxml2
sees it: its charset is one of four, it holds no document type (so no entity but XML's own
five), and it has no more elements, attributes and bytes in a tag than any honest message
has. What passes is parsed without network, without DTD, without comments and processing
instructions, which would otherwise cut a text in two.

Out goes text, not a tree: a message may be larger than memory, so it is a list of strings
and Bodies that `pieces_of` makes bytes of at the end.

Sources: XML 1.0 (2.2 characters, 2.11 line ends, 4.3.3 encodings); wire rules 18 and 19.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import Final

import pybase64
from lxml import etree

from gateway.messages import Body, Piece

MAX_ELEMENTS: Final = 40_000
"""Elements of one message, counted by their two tags: a listing of 1,000 keys has some 12,000.

MalformedXML, InvalidSOAPRequest.
"""

MAX_ATTRIBUTES: Final = 10_000
"""Attributes of one message, counted by their quotes. MalformedXML, InvalidSOAPRequest."""

MAX_TAG: Final = 65_536
"""Bytes between `<` and `>`: libxml2 has no limit to the attributes of one tag."""

_FEW_TAGS: Final = 200
"""Up to so many are looked at one by one, if there are no more of them in _SAMPLE bytes.

Where most is text, that takes a tenth of the time.
"""

_SAMPLE: Final = 16_384

_HUGE: Final = 10_000_000
"""From here on libxml2 wants to be told that a long text is meant."""

CHARSETS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
"""The charsets that are read (wire rule 18), by the names they go by."""

_BLANKS: Final = b" \t\r\n"
_BOMS_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF16: Final = (*_BOMS_UTF16, b"<\x00", b"\x00<")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]{0,40})[\"']")
_PROLOG = re.compile(rb"(?:[ \t\r\n]+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ATTRIBUTE = re.compile(rb"=[ \t\r\n]*[\"']")
_LONG_TAG = re.compile(rb"<(?!!\[CDATA\[)[^<>]{%d}" % (MAX_TAG + 1))
_SPECIAL = re.compile("[&<>\r]|[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN_TEXT: Final = "[\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*+"
_PLAIN_NAME: Final = "([A-Za-z][A-Za-z0-9]{0,99}+)"
_PLAIN = re.compile(
    "(?:<\\?xml version=[\"']1\\.0[\"'](?: encoding=[\"'](?i:utf-8)[\"'])? ?\\?>[ \t\n]*+)?"
    f"<{_PLAIN_NAME}>[ \t\n]*+((?:<{_PLAIN_NAME}>{_PLAIN_TEXT}</\\3>[ \t\n]*+)*+)</\\1>[ \t\n]*+"
)
_PLAIN_FIELD = re.compile(f"<{_PLAIN_NAME}>({_PLAIN_TEXT})<")
"""A document of one level: no attribute, no reference, no comment, no return, UTF-8."""

_REFERENCES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it


class MarkupError(ValueError):
    """What was read is not the XML that was asked for; the text says what is wrong with it.

    Attributes:
        field: The field it is about, "" for the message as a whole.

    """

    def __init__(self, why: str, field: str = "") -> None:
        """Say why, and of which field."""
        super().__init__(why)
        self.field = field


def _parser(*, huge: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=huge,
        remove_comments=True,
        remove_pis=True,
    )


_PARSER = _parser(huge=False)
_HUGE_PARSER = _parser(huge=True)


def parse(data: bytes, charset: str = "") -> Element:
    """Parse one XML document and return its root element.

    Args:
        data: The document, bounded by the caller; blanks may stand before it.
        charset: Of the Content-Type; "" lets the document's own declaration speak.

    Raises:
        MarkupError: It is not well-formed, has a document type, is in another charset, or
            exceeds MAX_ELEMENTS, MAX_ATTRIBUTES or MAX_TAG.

    """
    data = _utf8(data, charset).lstrip(_BLANKS)
    if data[:1] != b"<":  # libxml2 would skip one more byte order mark; the prolog is found here
        raise MarkupError("not XML, which begins with a tag")
    prolog = _PROLOG.match(data)
    if prolog is not None and data.startswith(b"<!", prolog.end()):
        raise MarkupError("a document type is not allowed")
    _judge_measures(data)
    try:
        return etree.fromstring(data, _HUGE_PARSER if len(data) > _HUGE else _PARSER)
    except etree.XMLSyntaxError as error:
        raise MarkupError(f"not well-formed XML, line {error.lineno}") from None


def parse_fields(data: bytes) -> tuple[str, list[tuple[str, str]]]:
    """Return the name of a document's root, and name and text of each of its children that has no children.

    Most of S3's small documents are nothing but that, in the plainest form of XML: what `_PLAIN` takes reads
    the same whoever reads it. Anything else is parsed.

    Args:
        data: The document, bounded by the caller.

    Raises:
        MarkupError: As `parse`.

    """
    if len(data) <= MAX_TAG:
        try:
            plain = _PLAIN.fullmatch(data.decode())
        except UnicodeDecodeError:
            plain = None
        if plain is not None:
            return plain[1], _PLAIN_FIELD.findall(plain[2])
    root = parse(data)
    return local(root), [(local(child), child.text or "") for child in root if not len(child)]


def _judge_measures(data: bytes) -> None:
    """Refuse what libxml2 should not see, although it may be well-formed."""
    if len(data) <= MAX_TAG and data.count(b"=") <= MAX_ATTRIBUTES:
        return  # so short a message has room for no more than is allowed: nearly all are
    one_by_one = _FEW_TAGS if data.count(b"<", 0, _SAMPLE) < _FEW_TAGS else 0
    attributes = tags = 0
    at = data.find(b"<")
    while at >= 0 and tags < one_by_one:
        following = data.find(b"<", at + 1)
        end = len(data) if following < 0 else following
        quoted = max(data.rfind(b'"', at, end), data.rfind(b"'", at, end)) + 1
        attributes += sum(1 for _ in _ATTRIBUTE.finditer(data, at, quoted))
        if _LONG_TAG.match(data, at):
            raise MarkupError("a tag is too long")
        tags += 1
        at = following
    if at >= 0:
        tags += data.count(b"<", at)
        attributes += sum(1 for _ in _ATTRIBUTE.finditer(data, at))
    if tags > 2 * MAX_ELEMENTS:
        raise MarkupError("too many elements")
    if attributes > MAX_ATTRIBUTES:
        raise MarkupError("too many attributes")
    if at >= 0 and _LONG_TAG.search(data, at):
        raise MarkupError("a tag is too long")


def _utf8(data: bytes, charset: str) -> bytes:
    """Return `data` as UTF-8: the charset parameter wins over the declaration (wire rule 18)."""
    charset = charset or _declared(data)
    encoding = CHARSETS.get(charset.lower())
    if encoding is None:
        raise MarkupError("the charset is none of UTF-8, UTF-16, US-ASCII and ISO-8859-1")
    if encoding == "utf-8":
        return data.removeprefix(codecs.BOM_UTF8)
    if encoding == "utf-16" and not data.startswith(_BOMS_UTF16):
        encoding = "utf-16-be" if data.startswith(b"\x00") else "utf-16-le"
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError:
        raise MarkupError(f"not {charset}") from None


def _declared(data: bytes) -> str:
    """Return the charset that a document itself tells, by its first bytes or its declaration."""
    if data.startswith(_UTF16):
        return "utf-16"
    declared = _DECLARED.match(data.lstrip(_BLANKS).removeprefix(codecs.BOM_UTF8))
    return declared.group(1).decode("ascii") if declared else "utf-8"


def local(node: Element) -> str:
    """Return an element's name without its namespace."""
    tag = node.tag
    assert isinstance(tag, str), "comments and processing instructions are not kept"
    return tag[tag.rfind("}") + 1 :]


def namespace(node: Element) -> str:
    """Return the namespace of an element's name, "" when it has none."""
    tag = node.tag
    assert isinstance(tag, str), "comments and processing instructions are not kept"
    return tag[1 : tag.index("}")] if tag.startswith("{") else ""


def text_of(node: Element) -> str:
    """Return the text of an element that may have no children.

    Raises:
        MarkupError: It has.

    """
    if len(node):
        raise holds_elements(node)
    return node.text or ""


def holds_elements(node: Element) -> MarkupError:
    """Return what an element is refused with that may have no children."""
    return MarkupError(f"{local(node)} holds elements where a text is expected", local(node))


def document_of(node: Element) -> bytes:
    """Return the whole document that an element stands in, as XML in UTF-8."""
    written: bytes = etree.tostring(node.getroottree(), encoding="UTF-8", xml_declaration=True)
    return written


def escape(text: str) -> str:
    """Return `text` as character data; what XML cannot carry becomes U+FFFD (wire rule 19)."""
    if _SPECIAL.search(text) is None:  # nearly every text
        return text
    return _SPECIAL.sub(lambda found: _REFERENCES.get(found.group(), "\ufffd"), text)


def pieces_of(parts: Iterable[str | Body]) -> tuple[Piece, ...]:
    """Return what was written as pieces: strings joined and in UTF-8, Bodies where they stood."""
    pieces: list[Piece] = []
    run: list[str] = []
    for part in parts:
        if isinstance(part, str):
            run.append(part)
            continue
        if run:
            pieces.append("".join(run).encode())
            run.clear()
        pieces.append(part)
    if run:
        pieces.append("".join(run).encode())
    return tuple(pieces)


class Base64:
    """A Coding: base64 without line breaks, whatever the size of what is fed."""

    def __init__(self) -> None:
        """Begin with nothing held back."""
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Return the characters of all whole groups of three bytes so far."""
        data = self._held + data
        whole = len(data) - len(data) % 3
        self._held = data[whole:]
        return pybase64.b64encode(data[:whole])

    def close(self) -> bytes:
        """Return the last, padded group."""
        held, self._held = self._held, b""
        return pybase64.b64encode(held)

    def length(self, size: int) -> int:
        """Return the characters that `size` bytes become."""
        return (size + 2) // 3 * 4
