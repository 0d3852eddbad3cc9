"""Heads of HTTP/1.0 and HTTP/1.1 messages: cut, read, and written.

`HeadReader` cuts a head out of the stream at its blank line, bounded, so that exactly these
bytes go to the gate (`wire.gate`), which refuses every form that two servers could read
differently. What passes becomes a `RequestHead` or a `ReplyHead`, whose framing picks the
reader of the body (`wire.bodies`). What does not raises `Problem`; whoever catches it
answers and closes, for nothing behind a refused head can be trusted.

Writers build heads from checked fields. A byte that may not stand there is a bug of the
caller, hence ValueError. Rules: RFC 9110, RFC 9112, wire rules 20 to 23.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gateway.messages import Headers, HttpReply, HttpRequest, Problem
from gateway.wire import gate
from gateway.wire.gate import TOKEN, Version

MAX_HEAD = 32768
"""Bytes of a head, start line and blank line included; beyond: RequestHeaderSectionTooLarge."""

HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ),
)
"""Fields that end at the next party (RFC 9110, 7.6.1): never copied, made anew by the writers."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""The interim answer to `Expect: 100-continue`; never sent to HTTP/1.0."""

_METHOD = re.compile(TOKEN)
_LOWER_TOKEN = re.compile(TOKEN.replace("A-Z", ""))
_NO_FIELD_TEXT = re.compile(r"[^\t\x20-\x7e\x80-\xff]")

_NEVER_GIVEN = HOP_BY_HOP | {"content-length"}
_SPELLED = {
    "etag": "ETag",
    "www-authenticate": "WWW-Authenticate",
    "content-md5": "Content-MD5",
    "soapaction": "SOAPAction",
}


def _joined(headers: Headers, name: str) -> str | None:
    joined = None
    for field_name, value in headers:
        if field_name == name:
            joined = value if joined is None else f"{joined}, {value}"
    return joined


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The head of a request that passed the gate.

    Attributes:
        method: One of `METHODS`.
        target: The request-target as sent, in origin form.
        path: The target before its first `?`, not unescaped.
        query: What stands behind it, "" also when there is none.
        version: (1, 0) or (1, 1).
        headers: All fields in order, names in lower case, values trimmed.
        host: The Host field in lower case, port included; "" when HTTP/1.0 sent none.
        length: Content-Length; None when there is none.
        chunked: Whether the body comes in chunks. Neither length nor chunked: no body.
        keep_alive: Whether the client wants the connection kept.
        expects_continue: Whether the client waits for `CONTINUE` before it sends the body.
        raw: The head as bytes, blank line included.

    """

    method: str
    target: str
    path: str
    query: str
    version: Version
    headers: Headers
    host: str
    length: int | None
    chunked: bool
    keep_alive: bool
    expects_continue: bool
    raw: bytes

    def header(self, name: str) -> str | None:
        """Return the value of the field called `name` (lower case), all joined by a comma, or None."""
        return _joined(self.headers, name)


@dataclass(frozen=True, slots=True)
class ReplyHead:
    """The head of a store's reply that passed the gate.

    Attributes:
        status: 100 to 599.
        reason: The reason phrase, "" when there is none.
        version: (1, 0) or (1, 1).
        headers: All fields in order, names in lower case, values trimmed.
        length: Content-Length, which a bodiless reply may have too; None when there is none.
        chunked: Whether the body comes in chunks.
        until_close: Whether the body ends with the connection.
        bodiless: Whether no body follows, whatever the fields say: HEAD, 1xx, 204, 304.
        keep_alive: Whether the connection can be used again after the body.
        raw: The head as bytes, blank line included.

    """

    status: int
    reason: str
    version: Version
    headers: Headers
    length: int | None
    chunked: bool
    until_close: bool
    bodiless: bool
    keep_alive: bool
    raw: bytes

    def header(self, name: str) -> str | None:
        """Return the value of the field called `name` (lower case), all joined by a comma, or None."""
        return _joined(self.headers, name)


class HeadReader:
    """Cuts heads out of a stream, whatever pieces it arrives in. Ready for the next after each.

    Attributes:
        rest: The bytes behind the head that `receive` returned last.

    """

    def __init__(self, limit: int = MAX_HEAD, *, of_reply: bool = False) -> None:
        """Refuse heads of more than `limit` bytes."""
        self.rest = b""
        self._limit = limit
        self._of_reply = of_reply
        self._held = b""

    def receive(self, data: bytes) -> bytes | None:
        """Take the next bytes, return the head once its blank line is here, else None.

        Raises:
            Problem: RequestHeaderSectionTooLarge beyond the limit; InvalidRequest when the
                blank line is not made of CRLF, which some servers would take for the end.
                Either is InternalError when these are the heads of a store's replies.

        """
        held = self._held + data if self._held else data
        start = max(0, len(self._held) - 2)
        end = held.find(b"\n\r\n", start)
        size = end + 3 if end >= 0 else len(held)
        if held.find(b"\n\n", start, size) >= 0 or (end >= 0 and held[end - 1 : end] != b"\r"):
            raise self._refused(Problem("InvalidRequest", "The lines of an HTTP head must end with CRLF."))
        if size > self._limit:
            details = (("MaxSizeAllowed", str(self._limit)),)
            raise self._refused(Problem("RequestHeaderSectionTooLarge", details=details))
        self._held = held if end < 0 else b""
        self.rest = held[size:]
        return None if end < 0 else held[:size]

    def _refused(self, problem: Problem) -> Problem:
        return _of_store(problem) if self._of_reply else problem


def _of_store(problem: Problem) -> Problem:
    """Return what a store's broken reply is to a client (wire rule 7)."""
    return Problem("InternalError", f"The store's reply: {problem.message or problem.code}")


def parse_request_head(raw: bytes) -> RequestHead:
    """Read the head of a client's request and pass it through the gate.

    Args:
        raw: All bytes up to and including the blank line, as `HeadReader` cuts them. One
            empty line may stand before it (RFC 9112, 2.2); it is not part of the result's `raw`.

    Returns:
        The head.

    Raises:
        Problem: InvalidRequest, InvalidURI, InvalidHostHeader, MethodNotAllowed, UnexpectedContent,
            or NotImplemented (other transfer codings than chunked).

    """
    if raw.startswith(b"\r\n"):
        raw = raw[2:]
    method, target, version = gate.request_line(raw)
    headers = gate.fields(raw, target)
    if b"_" in raw:
        for name, _ in headers:
            if gate.ambiguous_name(name):
                raise Problem("InvalidRequest", f"The field name {name} has an underscore.")
    single = gate.singles(headers)
    host = gate.host(single, version)
    length, chunked = gate.framing(single, version)
    content = chunked or bool(length)
    if content and method not in gate.WITH_CONTENT:
        raise Problem("UnexpectedContent")
    expects_continue = gate.expects_continue(single, version)
    path, _, query = target.partition("?")
    return RequestHead(
        method=method,
        target=target,
        path=path,
        query=query,
        version=version,
        headers=headers,
        host=host,
        length=length,
        chunked=chunked,
        keep_alive=gate.keeps_connection(headers, version),
        expects_continue=expects_continue and content,
        raw=raw,
    )


def parse_reply_head(raw: bytes, method: str) -> ReplyHead:
    """Read the head of a store's reply and pass it through the gate.

    Args:
        raw: All bytes up to and including the blank line, as `HeadReader` cuts them.
        method: That of the request it answers: a reply to HEAD has no body.

    Returns:
        The head, also of a 1xx. Fields with an ambiguous name are left out of `headers`.

    Raises:
        Problem: InternalError, with the reason in its message (wire rule 7).

    """
    try:
        return _reply_head(raw, method)
    except Problem as refused:
        raise _of_store(refused) from None


def _reply_head(raw: bytes, method: str) -> ReplyHead:
    version, status, reason = gate.status_line(raw)
    headers = gate.fields(raw, None)
    length, chunked = gate.framing(gate.singles(headers), version)
    bodiless = method == "HEAD" or status < 200 or status in {204, 304}
    until_close = not bodiless and not chunked and length is None
    return ReplyHead(
        status=status,
        reason=reason,
        version=version,
        headers=_unambiguous(headers) if b"_" in raw else headers,
        length=length,
        chunked=chunked,
        until_close=until_close,
        bodiless=bodiless,
        keep_alive=not until_close and gate.keeps_connection(headers, version),
        raw=raw,
    )


def _unambiguous(headers: Headers) -> Headers:
    return tuple([field for field in headers if not gate.ambiguous_name(field[0])])


@lru_cache(maxsize=256)
def _spelled(name: str) -> str:
    """Return a field name as old clients look for it: they are known to compare its case."""
    if not _LOWER_TOKEN.fullmatch(name):
        raise ValueError(f"no name of an HTTP field: {name!r}")
    if name.startswith("x-amz-"):
        return name
    return _SPELLED.get(name) or name.title()


def _written(start_line: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"{_spelled(name)}: {value}" for name, value in headers]
    if _NO_FIELD_TEXT.search("".join(lines)):
        wrong = next(f"{name}: {value!r}" for name, value in headers if _NO_FIELD_TEXT.search(value))
        raise ValueError(f"no value of an HTTP field: {wrong}")
    return "\r\n".join([start_line, *lines, "", ""]).encode("latin-1")


def _names(headers: Headers) -> list[str]:
    """Return the names of the fields to write, none of which may be the writer's own affair."""
    names = [name for name, _ in headers]
    if not _NEVER_GIVEN.isdisjoint(names):
        own = next(name for name in names if name in _NEVER_GIVEN)
        raise ValueError(f"{own} is written from the framing, not given")
    return names


def end_to_end(headers: Headers, dropped: frozenset[str] = HOP_BY_HOP) -> Headers:
    """Return the fields of a message that are not the affair of its connection alone (RFC 9110, 7.6.1).

    Args:
        headers: The message's.
        dropped: Names that do not go on; `HOP_BY_HOP`, and what the caller does not want.

    """
    options = gate.connection_options(headers)
    if not options <= dropped:
        dropped |= options
    return tuple([field for field in headers if field[0] not in dropped])


def build_request_head(request: HttpRequest, length: int | None) -> bytes:
    """Write the head of a request to a store, in HTTP/1.1, keeping the connection.

    Args:
        request: Its method, target and fields; `host` must be one of them. Without pieces there is no
            body, which only the head of a PUT or a POST tells; with pieces there is, be it empty.
        length: Bytes of the body; None writes `Transfer-Encoding: chunked`.

    Returns:
        The head, blank line included.

    Raises:
        ValueError: Something in it cannot stand in a head, or is the writer's own affair.

    """
    if not _METHOD.fullmatch(request.method) or not gate.TARGET.fullmatch(request.target):
        raise ValueError(f"no request line: {request.method!r} {request.target!r}")
    if _names(request.headers).count("host") != 1:
        raise ValueError("a request has one Host field")
    headers = list(request.headers)
    if length is None:
        headers.append(("transfer-encoding", "chunked"))
    elif length or request.pieces or request.method in gate.WITH_CONTENT:
        headers.append(("content-length", str(length)))
    return _written(f"{request.method} {request.target} HTTP/1.1", headers)


def build_reply_head(  # noqa: PLR0913 - each is a decision of the caller's
    reply: HttpReply,
    *,
    length: int | None,
    chunked: bool,
    close: bool,
    date: str,
    version: Version,
    ours: Headers = (),
) -> bytes:
    """Write the head of a reply to a client.

    Neither length nor chunks: the body ends with the connection (`close` must be true), or there is
    none (HEAD, 1xx, 204, 304). The status line always says HTTP/1.1, as RFC 9110, 2.5 has it.

    Args:
        reply: Its status, reason and fields. The pieces are not looked at. A `date` among the
            fields is kept, as is any of `ours`: it is the store's.
        length: Content-Length: of the body, or the one a HEAD tells.
        chunked: Whether the body is written in chunks; never to HTTP/1.0 (wire rule 20).
        close: Whether the connection is closed behind this reply.
        date: The Date field (RFC 9110, 6.6.1).
        version: The client's.
        ours: What every answer has beside it, written behind the fields of the reply.

    Returns:
        The head, blank line included.

    Raises:
        ValueError: Something in it cannot stand in a head, or the framing contradicts itself.

    """
    if not 100 <= reply.status <= 599 or _NO_FIELD_TEXT.search(reply.reason):
        raise ValueError(f"no status line: {reply.status} {reply.reason!r}")
    if chunked and (length is not None or version < (1, 1)):
        raise ValueError("chunks go with no length, and not to HTTP/1.0")
    lengthless = reply.status < 200 or reply.status == 204
    if (length and lengthless) or (chunked and (lengthless or reply.status == 304)):
        raise ValueError(f"a reply with status {reply.status} has no body")
    given = _names(reply.headers)
    headers = [*reply.headers, *[field for field in ours if field[0] not in given]]
    if "date" not in given:
        headers.insert(0, ("date", date))
    if chunked:
        headers.append(("transfer-encoding", "chunked"))
    elif length is not None and not lengthless:
        headers.append(("content-length", str(length)))
    if close:
        headers.append(("connection", "close"))
    elif version < (1, 1):
        headers.append(("connection", "keep-alive"))
    return _written(f"HTTP/1.1 {reply.status} {reply.reason}", headers)
