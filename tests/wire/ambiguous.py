"""Requests that two servers could read differently, each with the S3 code that refuses it.

Every row is a whole request: the gateway has all it needs to answer and close at once. The
rows are the forms that llhttp lets through, those that it refuses itself (so that a new
llhttp cannot open a door unnoticed) and those known from incidents (wire rule 23). They are
tested on the gate here and replayed on sockets.
"""

from typing import NamedTuple


class Ambiguous(NamedTuple):
    name: str
    request: bytes
    code: str


def _line(name: str, line: bytes, code: str) -> Ambiguous:
    return Ambiguous(name, line + b"\r\nHost: localhost\r\n\r\n", code)


def _fields(
    name: str, fields: bytes, code: str = "InvalidRequest", start: bytes = b"PUT /b/k HTTP/1.1"
) -> Ambiguous:
    return Ambiguous(name, start + b"\r\nHost: localhost\r\n" + fields + b"\r\n\r\n", code)


def _hosts(name: str, fields: bytes, start: bytes = b"GET / HTTP/1.1") -> Ambiguous:
    return Ambiguous(name, start + b"\r\n" + fields + b"\r\n", "InvalidHostHeader")


REQUEST_LINES = [
    _line("two spaces behind the method", b"GET  / HTTP/1.1", "InvalidRequest"),
    _line("two spaces behind the target", b"GET /  HTTP/1.1", "InvalidRequest"),
    _line("space before the method", b" GET / HTTP/1.1", "InvalidRequest"),
    _line("space behind the version", b"GET / HTTP/1.1 ", "InvalidRequest"),
    _line("tab for a space", b"GET\t/ HTTP/1.1", "InvalidRequest"),
    _line("space in the target", b"GET /a b HTTP/1.1", "InvalidRequest"),
    _line("tab in the target", b"GET /a\tb HTTP/1.1", "InvalidRequest"),
    _line("no target", b"GET HTTP/1.1", "InvalidRequest"),
    _line("no version: HTTP/0.9", b"GET /", "InvalidRequest"),
    _line("HTTP/0.9 with a version", b"GET / HTTP/0.9", "InvalidRequest"),
    _line("HTTP/1.2", b"GET / HTTP/1.2", "InvalidRequest"),
    _line("HTTP/2.0", b"GET / HTTP/2.0", "InvalidRequest"),
    _line("HTTP/9.9", b"GET / HTTP/9.9", "InvalidRequest"),
    _line("HTTP/1", b"GET / HTTP/1", "InvalidRequest"),
    _line("HTTP/1.10", b"GET / HTTP/1.10", "InvalidRequest"),
    _line("HTTP/01.1", b"GET / HTTP/01.1", "InvalidRequest"),
    _line("http/1.1", b"GET / http/1.1", "InvalidRequest"),
    _line("the preface of HTTP/2", b"PRI * HTTP/2.0", "InvalidRequest"),
    _line("RTSP", b"DESCRIBE / RTSP/1.0", "InvalidRequest"),
    _line("ICE", b"SOURCE / ICE/1.0", "InvalidRequest"),
    _line("NUL in the method", b"GE\0T / HTTP/1.1", "InvalidRequest"),
    _line("CONNECT to an authority", b"CONNECT localhost:80 HTTP/1.1", "MethodNotAllowed"),
    _line("CONNECT to a path", b"CONNECT / HTTP/1.1", "MethodNotAllowed"),
    _line("TRACE", b"TRACE / HTTP/1.1", "MethodNotAllowed"),
    _line("PATCH", b"PATCH / HTTP/1.1", "MethodNotAllowed"),
    _line("method of WebDAV", b"PROPFIND / HTTP/1.1", "MethodNotAllowed"),
    _line("unknown method", b"FROB / HTTP/1.1", "MethodNotAllowed"),
    _line("method in lower case", b"get / HTTP/1.1", "MethodNotAllowed"),
    _line("absolute form", b"GET http://localhost/ HTTP/1.1", "InvalidURI"),
    _line("absolute form of another host", b"GET http://elsewhere.example/ HTTP/1.1", "InvalidURI"),
    _line("authority form", b"GET localhost:80 HTTP/1.1", "InvalidURI"),
    _line("asterisk form", b"OPTIONS * HTTP/1.1", "InvalidURI"),
    _line("target without its slash", b"GET b/k HTTP/1.1", "InvalidURI"),
    _line("query without a path", b"GET ?wsdl HTTP/1.1", "InvalidURI"),
    _line("fragment", b"GET /b#k HTTP/1.1", "InvalidURI"),
    _line("quote in the target", b'GET /a"b HTTP/1.1', "InvalidURI"),
    _line("backslash in the target", b"GET /a\\b HTTP/1.1", "InvalidURI"),
    _line("bar in the target", b"GET /a|b HTTP/1.1", "InvalidURI"),
    _line("less-than in the target", b"GET /a<b HTTP/1.1", "InvalidURI"),
    _line("greater-than in the target", b"GET /a>b HTTP/1.1", "InvalidURI"),
    _line("caret in the target", b"GET /a^b HTTP/1.1", "InvalidURI"),
    _line("raw UTF-8 in the target", b"GET /\xc3\xa9 HTTP/1.1", "InvalidURI"),
    _line("NUL in the target", b"GET /a\0b HTTP/1.1", "InvalidURI"),
    _line("DEL in the target", b"GET /a\x7fb HTTP/1.1", "InvalidURI"),
    _line("percent and no digits", b"GET /100% HTTP/1.1", "InvalidURI"),
    _line("percent and one digit", b"GET /a%4 HTTP/1.1", "InvalidURI"),
    _line("percent and letters", b"GET /a?p=%zz HTTP/1.1", "InvalidURI"),
]

LINE_ENDS = [
    Ambiguous("LF before the request line", b"\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "InvalidRequest"),
    Ambiguous("CR before the request line", b"\rGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "InvalidRequest"),
    Ambiguous(
        "two empty lines first", b"\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "InvalidRequest"
    ),
    Ambiguous("LF and nothing else", b"GET / HTTP/1.1\nHost: localhost\n\n", "InvalidRequest"),
    Ambiguous("LF behind the request line", b"GET / HTTP/1.1\nHost: localhost\r\n\r\n", "InvalidRequest"),
    Ambiguous("LF behind a field", b"GET / HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n", "InvalidRequest"),
    Ambiguous("LF behind the last field", b"GET / HTTP/1.1\r\nHost: localhost\n\r\n", "InvalidRequest"),
    Ambiguous("LF for the blank line", b"GET / HTTP/1.1\r\nHost: localhost\r\n\n", "InvalidRequest"),
    Ambiguous("CR behind the request line", b"GET / HTTP/1.1\rHost: localhost\r\n\r\n", "InvalidRequest"),
    Ambiguous("CR behind a field", b"GET / HTTP/1.1\r\nHost: localhost\rA: b\r\n\r\n", "InvalidRequest"),
    Ambiguous("two CR behind a field", b"GET / HTTP/1.1\r\nHost: localhost\r\r\n\r\n", "InvalidRequest"),
    Ambiguous(
        "a second request behind LF LF",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\n\nDELETE /b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "InvalidRequest",
    ),
]

HOSTS = [
    _hosts("no Host", b"A: b\r\n"),
    _hosts("no fields at all", b""),
    _hosts("two Host", b"Host: localhost\r\nHost: elsewhere.example\r\n"),
    _hosts("two equal Host", b"Host: localhost\r\nhost: localhost\r\n"),
    _hosts("empty Host", b"Host:\r\n"),
    _hosts("Host with user and path", b"Host: a@b/c\r\n"),
    _hosts("Host with user", b"Host: a@localhost\r\n"),
    _hosts("Host with a path", b"Host: localhost/x\r\n"),
    _hosts("Host with a query", b"Host: localhost?x\r\n"),
    _hosts("Host with a blank", b"Host: local host\r\n"),
    _hosts("Host in a list", b"Host: localhost, elsewhere.example\r\n"),
    _hosts("Host with an empty port", b"Host: localhost:\r\n"),
    _hosts("Host with a port that is no number", b"Host: localhost:80a\r\n"),
    _hosts("Host with two ports", b"Host: localhost:80:81\r\n"),
    _hosts("Host with a port and no name", b"Host: :80\r\n"),
    _hosts("Host with raw UTF-8", b"Host: caf\xc3\xa9\r\n"),
    _hosts("Host with escapes", b"Host: local%68ost\r\n"),
    _hosts("two Host in HTTP/1.0", b"Host: localhost\r\nHost: localhost\r\n", b"GET / HTTP/1.0"),
    _hosts("empty Host in HTTP/1.0", b"Host: \r\n", b"GET / HTTP/1.0"),
]

LENGTHS = [
    _fields("Content-Length twice", b"Content-Length: 5\r\nContent-Length: 6"),
    _fields("Content-Length twice, equal", b"Content-Length: 5\r\ncontent-length: 5"),
    _fields("Content-Length in a list", b"Content-Length: 5, 6"),
    _fields("Content-Length in a list, equal", b"Content-Length: 5, 5"),
    _fields("Content-Length with a plus", b"Content-Length: +5"),
    _fields("Content-Length with a minus", b"Content-Length: -5"),
    _fields("Content-Length in hexadecimal", b"Content-Length: 0x5"),
    _fields("Content-Length with a fraction", b"Content-Length: 5.0"),
    _fields("Content-Length with an exponent", b"Content-Length: 1e1"),
    _fields("Content-Length with an underscore", b"Content-Length: 1_0"),
    _fields("Content-Length in quotes", b'Content-Length: "5"'),
    _fields("Content-Length with a blank", b"Content-Length: 1 0"),
    _fields("empty Content-Length", b"Content-Length:"),
    _fields("Content-Length with leading zeros", b"Content-Length: 005"),
    _fields("Content-Length of zeros", b"Content-Length: 00"),
    _fields("Content-Length in other digits", b"Content-Length: \xb2"),
    _fields("Content-Length of 20 digits", b"Content-Length: 10000000000000000000"),
    _fields("Content-Length of 2^64", b"Content-Length: 18446744073709551616"),
    _fields("Content-Length of 5000 digits", b"Content-Length: " + b"9" * 5000),
    _fields("Content-Length of 5000 zeros", b"Content-Length: " + b"0" * 5000),
    _fields(
        "Content-Length with a body in GET", b"Content-Length: 5", "UnexpectedContent", b"GET / HTTP/1.1"
    ),
    _fields(
        "Content-Length with a body in HEAD", b"Content-Length: 5", "UnexpectedContent", b"HEAD / HTTP/1.1"
    ),
    _fields("chunks in DELETE", b"Transfer-Encoding: chunked", "UnexpectedContent", b"DELETE /b HTTP/1.1"),
]

CODINGS = [
    _fields("Content-Length before chunked", b"Content-Length: 5\r\nTransfer-Encoding: chunked"),
    _fields("chunked before Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length: 5"),
    _fields("Content-Length 0 and chunked", b"Content-Length: 0\r\nTransfer-Encoding: chunked"),
    _fields("Content-Length and identity", b"Content-Length: 5\r\nTransfer-Encoding: identity"),
    _fields("identity before Content-Length", b"Transfer-Encoding: identity\r\nContent-Length: 5"),
    _fields(
        "Content-Length, chunked and an upgrade",
        b"Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    ),
    _fields("Transfer-Encoding twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    _fields(
        "Transfer-Encoding twice, identity", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"
    ),
    _fields("chunked twice", b"Transfer-Encoding: chunked, chunked"),
    _fields("chunked and then another", b"Transfer-Encoding: chunked, gzip"),
    _fields("chunked and a comma", b"Transfer-Encoding: chunked,"),
    _fields("a comma and chunked", b"Transfer-Encoding: , chunked", "NotImplemented"),
    _fields("gzip and chunked", b"Transfer-Encoding: gzip, chunked", "NotImplemented"),
    _fields("gzip", b"Transfer-Encoding: gzip", "NotImplemented"),
    _fields("identity", b"Transfer-Encoding: identity", "NotImplemented"),
    _fields("xchunked", b"Transfer-Encoding: xchunked", "NotImplemented"),
    _fields("chunked in quotes", b'Transfer-Encoding: "chunked"', "NotImplemented"),
    _fields("chunked with a parameter", b"Transfer-Encoding: chunked;q=1", "NotImplemented"),
    _fields("empty Transfer-Encoding", b"Transfer-Encoding:"),
    _fields(
        "identity and an upgrade",
        b"Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: identity",
        "NotImplemented",
    ),
    _fields("chunked behind VT", b"Transfer-Encoding: \x0bchunked"),
    _fields("chunked in HTTP/1.0", b"Transfer-Encoding: chunked", start=b"PUT /b/k HTTP/1.0"),
    _fields("gzip and chunked in HTTP/1.0", b"Transfer-Encoding: gzip, chunked", start=b"PUT /b/k HTTP/1.0"),
]

FIELDS = [
    _fields("folded line", b"A: b\r\n c"),
    _fields("folded line, tab", b"A: b\r\n\tc"),
    _fields("folded Transfer-Encoding", b"Transfer-Encoding:\r\n chunked"),
    _fields("folded first field", b" A: b"),
    _fields("blank before the colon", b"Content-Length : 5"),
    _fields("tab before the colon", b"Content-Length\t: 5"),
    _fields("no colon", b"Content-Length 5"),
    _fields("no name", b": 5"),
    _fields("blank in a name", b"Content Length: 5"),
    _fields("NUL in a name", b"A\0: b"),
    _fields("name beyond ASCII", b"\xc3\xa9: b"),
    _fields("name in parentheses", b"(a): b"),
    _fields("NUL in a value", b"A: b\0c"),
    _fields("BEL in a value", b"A: b\x07c"),
    _fields("DEL in a value", b"A: b\x7fc"),
    _fields("CR in a value", b"A: b\rc"),
    _fields("underscore in a name", b"Content_Length: 5"),
    _fields("underscore in Transfer_Encoding", b"Transfer_Encoding: chunked"),
    _fields("underscore in a name of S3", b"x_amz_meta_a: b"),
    _fields("underscore behind another name of S3", b"x-amz-acl_: b"),
    _fields("another expectation", b"Content-Length: 5\r\nExpect: y"),
    _fields("an expectation in front", b"Content-Length: 5\r\nExpect: y 100-continue"),
    _fields("expectations in a list", b"Content-Length: 5\r\nExpect: 100-continue, 100-continue"),
    _fields("Expect twice", b"Content-Length: 5\r\nExpect: 100-continue\r\nExpect: 100-continue"),
    _fields("empty Expect", b"Content-Length: 5\r\nExpect:"),
    _fields("another expectation in HTTP/1.0", b"Content-Length: 5\r\nExpect: y", start=b"PUT /b/k HTTP/1.0"),
]

SIZES = [
    _fields("too many bytes of fields", b"A: " + b"b" * 40000, "RequestHeaderSectionTooLarge"),
    _fields("too many fields", b"\r\n".join([b"A: b"] * 8000), "RequestHeaderSectionTooLarge"),
    _line("too long a target", b"GET /" + b"a" * 40000 + b" HTTP/1.1", "RequestHeaderSectionTooLarge"),
    Ambiguous(
        "no end", b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * 40000, "RequestHeaderSectionTooLarge"
    ),
]

REQUESTS = [*REQUEST_LINES, *LINE_ENDS, *HOSTS, *LENGTHS, *CODINGS, *FIELDS, *SIZES]
"""Heads to refuse, whatever they ask for."""

CHUNKS = [
    ("size with a leading zero", b"05\r\nhello\r\n0\r\n\r\n"),
    ("size with many leading zeros", b"0000000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("last size of zeros", b"5\r\nhello\r\n000\r\n\r\n"),
    ("size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
    ("size with a plus", b"+5\r\nhello\r\n0\r\n\r\n"),
    ("size with a minus", b"-5\r\nhello\r\n0\r\n\r\n"),
    ("size with an underscore", b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n"),
    ("size with a blank before it", b" 5\r\nhello\r\n0\r\n\r\n"),
    ("size with a blank behind it", b"5 \r\nhello\r\n0\r\n\r\n"),
    ("size with a blank and an extension", b"5 ;a\r\nhello\r\n0\r\n\r\n"),
    ("size that is no number", b"x\r\nhello\r\n0\r\n\r\n"),
    ("no size", b"\r\nhello\r\n0\r\n\r\n"),
    ("no size but an extension", b";a\r\nhello\r\n0\r\n\r\n"),
    ("size of 16 digits", b"fffffffffffffff0\r\nhello\r\n0\r\n\r\n"),
    ("size of 17 digits", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("size line without end", b"5" * 400),
    ("extension too long", b"5;" + b"a" * 128 + b"\r\nhello\r\n0\r\n\r\n"),
    ("extension without end", b"5;" + b"a" * 1_000_000),
    ("LF in an extension", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
    ("CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    ("NUL in an extension", b"5;a\0b\r\nhello\r\n0\r\n\r\n"),
    ("LF behind the size", b"5\nhello\r\n0\r\n\r\n"),
    ("CR behind the size", b"5\rhello\r\n0\r\n\r\n"),
    ("two CR behind the size", b"5\r\r\nhello\r\n0\r\n\r\n"),
    ("LF behind the data", b"5\r\nhello\n0\r\n\r\n"),
    ("CR behind the data", b"5\r\nhello\r0\r\n\r\n"),
    ("nothing behind the data", b"5\r\nhello0\r\n\r\n"),
    ("more data than the size", b"5\r\nhello world\r\n0\r\n\r\n"),
    ("less data than the size", b"5\r\nhell\r\n0\r\n\r\n"),
    ("LF at the end", b"5\r\nhello\r\n0\r\n\n"),
    ("LF behind the last size", b"5\r\nhello\r\n0\n\r\n"),
    ("Content-Length behind the chunks", b"0\r\nContent-Length: 5\r\n\r\n"),
    ("Transfer-Encoding behind the chunks", b"0\r\ntransfer-encoding: chunked\r\n\r\n"),
    ("Host behind the chunks", b"0\r\nHost: elsewhere.example\r\n\r\n"),
    ("folded trailer", b"0\r\nA: b\r\n c\r\n\r\n"),
    ("trailer without a colon", b"0\r\nA b\r\n\r\n"),
    ("trailer with a blank before the colon", b"0\r\nA : b\r\n\r\n"),
    ("trailer without a name", b"0\r\n: b\r\n\r\n"),
    ("trailer with an underscore", b"0\r\na_b: c\r\n\r\n"),
    ("trailer with NUL", b"0\r\nA: b\0\r\n\r\n"),
    ("trailer with LF", b"0\r\nA: b\n\r\n"),
    ("too long a trailer", b"0\r\nA: " + b"b" * 5000 + b"\r\n\r\n"),
    ("too many trailers", b"0\r\n" + b"A: b\r\n" * 1000 + b"\r\n"),
    ("trailers without end", b"0\r\n" + b"A: b\r\n" * 1000),
]
"""Bodies to refuse with InvalidRequest behind `Transfer-Encoding: chunked`: name and bytes."""
