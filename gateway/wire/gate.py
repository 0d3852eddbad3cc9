"""The gate for heads of HTTP/1.x: what a head says, or why it is refused.

Two parsers that read one message differently are how requests are smuggled. So llhttp is
given a whole head and nothing else, in one call, and checks its grammar; what it saw must
be what the bytes say. Then each form is refused that llhttp accepts and another server may
read differently, and what is left has one meaning. llhttp's own idea of where a message
ends counts for nothing: bodies never reach it.

Everything here raises `Problem` with the code for a request; `wire.http1` makes an
InternalError of it when the head is a reply's. Rules: RFC 9110, RFC 9112, wire rule 23.
This is the only user of httptools.
"""

from __future__ import annotations

import re
from functools import lru_cache

import httptools

from gateway.messages import Headers, Problem

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")
"""What S3 and its clients use; any other method is MethodNotAllowed."""

WITH_CONTENT = frozenset(("PUT", "POST"))
"""Methods whose requests have a body in S3; a body with any other is UnexpectedContent."""

MAX_LENGTH_DIGITS = 19
"""Digits of a Content-Length; beyond: InvalidRequest. Nineteen fit into 64 bits."""

KEPT_NAMES = 256
"""Names of fields, as they were spelled, of which the lower case is remembered."""

KEPT_CONNECTIONS = 16
"""Values of Connection fields that were read before: nearly all are `close` or `keep-alive`."""

Version = tuple[int, int]
"""(1, 0) or (1, 1)."""

TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - a production of RFC 9110, not a secret

TARGET = re.compile(r"/[!$%&'()*+,\-./0-9:;=?@A-Z\[\]_`a-z{}~]*")
"""Origin form in the characters of RFC 3986, and []{}`, which clients send unescaped.

Not among them: # " \\ | < > ^, blanks, controls, bytes beyond ASCII.
"""

_REQUEST_LINE = re.compile(rf"({TOKEN}) ([^ \t\r\n]+) HTTP/([0-9]\.[0-9])".encode())
_VERSIONS: dict[bytes, Version] = {b"1.0": (1, 0), b"1.1": (1, 1)}
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:[0-9A-Za-z._\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_NO_OPTIONS: frozenset[str] = frozenset()
_LENGTH = re.compile(rf"0|[1-9][0-9]{{0,{MAX_LENGTH_DIGITS - 1}}}")
_SINGLE = {
    "host": "InvalidHostHeader",
    "content-length": "InvalidRequest",
    "transfer-encoding": "InvalidRequest",
    "expect": "InvalidRequest",
}


def request_line(raw: bytes) -> tuple[str, str, Version]:
    """Return method, target and version of a request head.

    Raises:
        Problem: InvalidRequest: not exactly `METHOD SP target SP HTTP/x.y`, or no version of
            ours; MethodNotAllowed: none of `METHODS`; InvalidURI: not in origin form.

    """
    line = _REQUEST_LINE.fullmatch(raw, 0, raw.find(b"\r\n"))
    if line is None:
        raise Problem("InvalidRequest", "The request line is not that of HTTP/1.1.")
    version = _VERSIONS.get(line[3])
    if version is None:
        raise Problem("InvalidRequest", "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
    method = line[1].decode("latin-1")
    if method not in METHODS:
        raise Problem("MethodNotAllowed", headers=(("allow", ", ".join(METHODS)),))
    target = line[2].decode("latin-1")
    if not TARGET.fullmatch(target) or _BAD_ESCAPE.search(target):
        raise Problem("InvalidURI")
    return method, target, version


def status_line(raw: bytes) -> tuple[Version, int, str]:
    """Return version, status and reason of a reply head; raises Problem InvalidRequest."""
    line = _STATUS_LINE.fullmatch(raw, 0, raw.find(b"\r\n"))
    if line is None:
        raise Problem("InvalidRequest", "The status line is not that of HTTP/1.1.")
    status = int(line[2])
    if status == 101:
        raise Problem("InvalidRequest", "It switches to a protocol that nobody asked for.")
    return (1, int(line[1])), status, (line[3] or b"").decode("latin-1")


class _Seen:
    """What llhttp tells of one head; names in lower case, values trimmed."""

    __slots__ = ("complete", "fields", "url")

    def __init__(self) -> None:
        self.complete = False
        self.fields: list[tuple[str, str]] = []
        self.url = b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((_lower(name), value.decode("latin-1").strip(" \t")))

    def on_headers_complete(self) -> None:
        self.complete = True


@lru_cache(maxsize=KEPT_NAMES)
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


def fields(raw: bytes, target: str | None) -> Headers:
    """Return the fields of a head once llhttp has found nothing wrong with it.

    Args:
        raw: The head, whose start line has been read already.
        target: The target of a request; None for a reply.

    Returns:
        The fields in order, names in lower case, values trimmed.

    Raises:
        Problem: InvalidRequest; NotImplemented for a transfer coding that llhttp does not know.

    """
    seen = _Seen()
    parser = httptools.HttpResponseParser(seen) if target is None else httptools.HttpRequestParser(seen)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # raised for `Connection: upgrade` when all is read; nobody is upgraded here
    except httptools.HttpParserError as error:
        # Behind the last field llhttp judges one thing more: whether it knows the transfer coding.
        code = "NotImplemented" if seen.complete else "InvalidRequest"
        raise Problem(code, f"The HTTP head is not valid: {error}.") from None
    lines = raw.count(b"\r\n") - 2
    if not seen.complete or len(seen.fields) != lines or seen.url != (target or "").encode("latin-1"):
        raise Problem("InvalidRequest", "The HTTP head can be read in two ways.")
    return tuple(seen.fields)


def ambiguous_name(name: str) -> bool:
    """Tell whether a field name may be one with `-` to a server that thinks in CGI variables."""
    return "_" in name and not name.startswith("x-amz-meta-")


def singles(headers: Headers) -> dict[str, str]:
    """Return the fields that decide framing and address.

    Raises:
        Problem: InvalidRequest or InvalidHostHeader: one stands more than once.

    """
    found: dict[str, str] = {}
    for name, value in headers:
        if name in _SINGLE:
            if name in found:
                raise Problem(_SINGLE[name], f"The field {name} stands more than once.")
            found[name] = value
    return found


def host(single: dict[str, str], version: Version) -> str:
    """Return the Host field in lower case, "" when HTTP/1.0 sent none (wire rule 20).

    Raises:
        Problem: InvalidHostHeader: it is missing, or no name or address with an optional port.

    """
    value = single.get("host")
    if value is None:
        if version >= (1, 1):
            raise Problem("InvalidHostHeader", "The Host field is missing.")
        return ""
    if not _HOST.fullmatch(value):
        raise Problem("InvalidHostHeader", "The Host field is no name or address with an optional port.")
    return value.lower()


def framing(single: dict[str, str], version: Version) -> tuple[int | None, bool]:
    """Return Content-Length and whether chunks follow (RFC 9112, 6).

    Raises:
        Problem: InvalidRequest for every doubtful form, NotImplemented for other transfer codings.

    """
    length, coding = single.get("content-length"), single.get("transfer-encoding")
    if coding is not None:
        if length is not None:
            raise Problem("InvalidRequest", "Content-Length and Transfer-Encoding exclude each other.")
        if version < (1, 1):
            raise Problem("InvalidRequest", "HTTP/1.0 has no Transfer-Encoding.")
        if coding.lower() != "chunked":
            raise Problem("NotImplemented", "The only Transfer-Encoding is chunked.")
        return None, True
    if length is None:
        return None, False
    if not _LENGTH.fullmatch(length):
        raise Problem("InvalidRequest", "Content-Length must be one plain decimal number.")
    return int(length), False


def expects_continue(single: dict[str, str], version: Version) -> bool:
    """Return whether a client waits for `100 Continue`; an HTTP/1.0 client never does.

    Raises:
        Problem: InvalidRequest: it expects something else (RFC 9110, 10.1.1; S3 has no 417).

    """
    value = single.get("expect")
    if value is None:
        return False
    if value.lower() != "100-continue":
        raise Problem("InvalidRequest", "The only expectation known is 100-continue.")
    return version >= (1, 1)


def keeps_connection(headers: Headers, version: Version) -> bool:
    """Return whether the sender wants to go on using the connection (RFC 9112, 9.3)."""
    options = connection_options(headers)
    return "close" not in options and (version >= (1, 1) or "keep-alive" in options)


def connection_options(headers: Headers) -> frozenset[str]:
    """Return what the Connection fields name, in lower case (RFC 9110, 7.6.1)."""
    told = [value for name, value in headers if name == "connection"]
    return _options(",".join(told)) if told else _NO_OPTIONS


@lru_cache(maxsize=KEPT_CONNECTIONS)
def _options(value: str) -> frozenset[str]:
    return frozenset([option.strip(" \t") for option in value.lower().split(",")])
