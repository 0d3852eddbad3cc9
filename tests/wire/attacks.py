"""Documents that attack a parser of XML, each around a text: what it does to the text is told here.

`document` puts the content of an attack inside any element, so that the same rows are played on
the parser and, as the Key of a message, on the whole way of a SOAP request.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

FILE, HTTP = b"file:///canary", b"http://canary/"
"""Addresses that nobody may ask; tests put real ones in their place."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        name: What it is called.
        content: Where a text is expected, UTF-8.
        reads: The text it must be read as; None when the document must be refused.
        prolog: Before the root element, UTF-8.
        behind: Behind the root element.
        encoding: What the document is encoded in, by its name in Python.
        charset: The charset that HTTP gives, "" for none.
        before: Bytes in front of everything, not encoded.

    """

    name: str
    content: bytes = b"text"
    reads: str | None = None
    prolog: bytes = b""
    behind: bytes = b""
    encoding: str = "utf-8"
    charset: str = ""
    before: bytes = b""


DTD = b"<!DOCTYPE x [<!ENTITY e 'expanded'>]>"
LAUGHS = b"".join(b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))


def _declared(encoding: bytes) -> bytes:
    return b'<?xml version="1.0" encoding="%s"?>' % encoding


ATTACKS = (
    Attack("document type", prolog=b"<!DOCTYPE x>"),
    Attack("document type of another place", prolog=b'<!DOCTYPE x SYSTEM "%s">' % HTTP),
    Attack("document type of another file", prolog=b'<!DOCTYPE x PUBLIC "-//x" "%s">' % FILE),
    Attack("internal entity", b"&e;", prolog=DTD),
    Attack("billion laughs", b"&l9;", prolog=b"<!DOCTYPE x [<!ENTITY l0 'ha'>" + LAUGHS + b"]>"),
    Attack(
        "quadratic blowup", b"&e;" * 20_000, prolog=b"<!DOCTYPE x [<!ENTITY e '" + b"a" * 50_000 + b"'>]>"
    ),
    Attack("external entity of a file", b"&e;", prolog=b'<!DOCTYPE x [<!ENTITY e SYSTEM "%s">]>' % FILE),
    Attack("external entity of a place", b"&e;", prolog=b'<!DOCTYPE x [<!ENTITY e SYSTEM "%s">]>' % HTTP),
    Attack("parameter entity", prolog=b"<!DOCTYPE x [<!ENTITY % p '<!ENTITY e \"x\">'>%p;]>"),
    Attack("parameter entity of a place", prolog=b'<!DOCTYPE x [<!ENTITY %% p SYSTEM "%s">%%p;]>' % HTTP),
    Attack("attribute by default", prolog=b"<!DOCTYPE x [<!ATTLIST a nil CDATA 'true'>]>"),
    Attack("document type behind a declaration", prolog=b'<?xml version="1.0"?>\n' + DTD),
    Attack("document type behind a comment", prolog=b"<!-- > --><!---->" + DTD),
    Attack("document type behind an instruction", prolog=b"<?x <a> ?>" + DTD),
    Attack("document type behind blanks", prolog=b" \t\r\n" + DTD),
    Attack("document type behind two byte order marks", prolog=b"\xef\xbb\xbf" * 2 + DTD),
    Attack("document type behind a blank and a byte order mark", prolog=b"\n\xef\xbb\xbf" + DTD),
    Attack("document type in UTF-16", prolog=DTD, encoding="utf-16"),
    Attack(
        "document type in UTF-16 behind byte order marks", prolog=b"\xef\xbb\xbf" * 2 + DTD, encoding="utf-16"
    ),
    Attack("document type in UTF-7", prolog=_declared(b"UTF-7") + b"+ADwAIQ-DOCTYPE x+AD4-"),
    Attack("document type in lower case", prolog=b"<!doctype x>"),
    Attack("document type inside the root", b"<!DOCTYPE x>"),
    Attack("undefined entity", b"&e;"),
    Attack("reference to NUL", b"&#0;"),
    Attack("reference to a control character", b"&#x8;"),
    Attack("reference to half a character", b"&#xD800;"),
    Attack("reference to no character", b"&#xFFFF;"),
    Attack(
        "XInclude", b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text" href="%s"/>' % FILE
    ),
    Attack("XOP", b'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="%s"/>' % HTTP),
    Attack(
        "schema of a place",
        b'<x xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x %s"/>' % HTTP,
    ),
    Attack("style sheet of a place", b"text", "text", prolog=b'<?xml-stylesheet href="%s"?>' % HTTP),
    Attack("attributes without number", b"<x %s/>" % b" ".join(b"a%d='>'" % n for n in range(10_001))),
    Attack("tag without end", b"<x %s/>" % b" ".join(b"a%d=''" % n for n in range(9_000))),
    Attack("elements without number", b"<x/>" * 80_001),
    Attack("deep nesting", b"<x>" * 300 + b"</x>" * 300),
    Attack("bottomless nesting", b"<x>" * 30_000),
    Attack("attribute twice", b"<x a='1' a='2'/>"),
    Attack("prefix of no namespace", b"<no:x/>"),
    Attack("comment in a text", b"te<!-- <!DOCTYPE x> -->xt", "text"),
    Attack("instruction in a text", b"te<?x y?>xt", "text"),
    Attack("CDATA in a text", b"te<![CDATA[x]]>t", "text"),
    Attack("CDATA around a document type", b"<![CDATA[<!DOCTYPE x>]]>", "<!DOCTYPE x>"),
    Attack("CDATA of any length", b"<![CDATA[" + b"A" * 100_000 + b"]]>", "A" * 100_000),
    Attack("CDATA that ends early", b"<![CDATA[a]]>]]>"),
    Attack("UTF-7 by declaration", b"+AD4-", prolog=_declared(b"UTF-7")),
    Attack("UTF-7 by HTTP", b"+AD4-", charset="utf-7"),
    Attack("UTF-7 that nobody declares", b"+AD4-", "+AD4-"),
    Attack("UTF-32", encoding="utf-32"),
    Attack("EBCDIC", prolog=_declared(b"cp037"), encoding="cp037"),
    Attack("UTF-16 that says UTF-8", "é".encode(), "é", prolog=_declared(b"UTF-8"), encoding="utf-16"),
    Attack("UTF-8 that says UTF-16", prolog=_declared(b"UTF-16")),
    Attack("UTF-16 of which HTTP says UTF-8", encoding="utf-16", charset="utf-8"),
    Attack("UTF-8 of which HTTP says UTF-16", charset="utf-16"),
    Attack(
        "charset by HTTP against the declaration",
        b"\xc3\xa9",
        "é",
        prolog=_declared(b"ISO-8859-1"),
        charset="UTF-8",
    ),
    Attack(
        "declaration against charset by HTTP",
        b"\xc3\xa9",
        "\xc3\xa9",
        prolog=_declared(b"UTF-8"),
        charset="latin1",
    ),
    Attack(
        "byte order mark against the declaration", before=codecs.BOM_UTF8, prolog=_declared(b"ISO-8859-1")
    ),
    Attack("no UTF-8", b"\xff"),
    Attack("overlong UTF-8", b"\xc0\xbc"),
    Attack("surrogates in UTF-8", b"\xed\xa0\x80"),
    Attack("no ASCII, which it says it is", "é".encode(), prolog=_declared(b"US-ASCII")),
    Attack("half a character of UTF-16", encoding="utf-16-le", behind=b"\n", before=b"<"),
    Attack("NUL", b"\x00"),
    Attack("XML 1.1", b"&#1;", prolog=b'<?xml version="1.1"?>'),
    Attack("second root", behind=b"<a/>"),
    Attack("text behind the root", behind=b"text"),
    Attack("text before the root", prolog=b"text"),
)
"""All of them."""


def document(
    attack: Attack, around: tuple[bytes, bytes], canary: tuple[bytes, bytes] = (FILE, HTTP)
) -> bytes:
    """Return the bytes of an attack.

    Args:
        attack: A row.
        around: What stands before the content and behind it, the root element included.
        canary: A file and a place that must not be asked, in the place of those the rows name.

    """
    text = attack.prolog + around[0] + attack.content + around[1] + attack.behind
    text = text.replace(FILE, canary[0]).replace(HTTP, canary[1])
    if attack.encoding != "utf-8":
        text = text.decode().encode(attack.encoding)
    return attack.before + text
