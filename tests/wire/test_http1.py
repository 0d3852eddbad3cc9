"""Heads in and out: the cutting, the values, the writers, and that each reads what the other wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Headers, HttpReply, HttpRequest, Problem
from gateway.wire.http1 import (
    CONTINUE,
    HOP_BY_HOP,
    MAX_HEAD,
    HeadReader,
    build_reply_head,
    build_request_head,
    parse_reply_head,
    parse_request_head,
)
from tests.wire.splits import sizes, split

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
DATE = "Tue, 01 Jul 2025 12:00:00 GMT"


def test_head_is_cut_at_its_blank_line():
    reader = HeadReader()
    assert reader.receive(HEAD[:-1]) is None
    assert reader.receive(HEAD[-1:] + b"body") == HEAD
    assert reader.rest == b"body"


def test_reader_of_heads_is_ready_for_the_next():
    reader = HeadReader()
    assert reader.receive(HEAD + HEAD[:5]) == HEAD
    assert reader.receive(reader.rest) is None
    assert reader.receive(HEAD[5:]) == HEAD
    assert reader.rest == b""


@given(sizes)
def test_pipelined_heads_are_cut_in_any_split(pieces: list[int]):
    reader = HeadReader()
    heads = []
    for piece in split(HEAD * 5, pieces):
        raw = reader.receive(piece)
        while raw is not None:
            heads.append(raw)
            raw = reader.receive(reader.rest)
    assert heads == [HEAD] * 5


@pytest.mark.parametrize("pieces", [[1], [1 << 30]], ids=["byte by byte", "whole"])
def test_longest_head_is_read_and_one_byte_more_is_refused(pieces: list[int]):
    longest = HEAD[:-2] + b"A: " + b"b" * (MAX_HEAD - len(HEAD) - 5) + b"\r\n\r\n"
    assert len(longest) == MAX_HEAD
    assert [raw for raw in map(HeadReader().receive, split(longest, pieces)) if raw] == [longest]
    reader = HeadReader()
    with pytest.raises(Problem) as refused:
        for piece in split(longest.replace(b"b", b"bb", 1), pieces):
            assert reader.receive(piece) is None
    assert refused.value.code == "RequestHeaderSectionTooLarge"
    assert refused.value.details == (("MaxSizeAllowed", str(MAX_HEAD)),)


def test_head_without_end_is_refused_at_the_limit():
    reader = HeadReader(limit=100)
    assert reader.receive(b"a" * 100) is None
    with pytest.raises(Problem, match="RequestHeaderSectionTooLarge"):
        reader.receive(b"a")


def test_body_behind_a_head_does_not_count():
    reader = HeadReader(limit=len(HEAD))
    assert reader.receive(HEAD + b"\n\n" * 100) == HEAD
    assert reader.rest == b"\n\n" * 100


@pytest.mark.parametrize("raw", [b"\n\r\n", b"a\n\r\n", b"a\n\n", b"a\r\n\n", b"\n\n"])
def test_blank_line_of_something_else_than_crlf_is_refused_at_once(raw: bytes):
    with pytest.raises(Problem, match="InvalidRequest"):
        HeadReader().receive(raw)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\n\n", b"HTTP/1.1 200 " + b"a" * MAX_HEAD])
def test_reply_whose_head_has_no_end_is_an_internal_error(raw: bytes):
    with pytest.raises(Problem, match="InternalError: The store's reply: "):
        HeadReader(of_reply=True).receive(raw)


def test_header_joins_what_stands_more_than_once():
    fields = b"A: b\r\nC: d\r\na: e\r\nContent-Length: 0\r\n\r\n"
    request = parse_request_head(HEAD[:-2] + fields)
    reply = parse_reply_head(b"HTTP/1.1 200 OK\r\n" + fields, "GET")
    assert (request.header("a"), request.header("c"), request.header("x")) == ("b, e", "d", None)
    assert (reply.header("a"), reply.header("c"), reply.header("x")) == ("b, e", "d", None)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", "UnexpectedContent"),
        (b"DELETE / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "UnexpectedContent"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nx_amz_date: a\r\n\r\n", "InvalidRequest"),
        (b"\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "InvalidRequest"),
    ],
)
def test_request_is_refused_by_code(raw: bytes, code: str):
    with pytest.raises(Problem) as refused:
        parse_request_head(raw)
    assert refused.value.code == code


def test_one_empty_line_before_a_request_is_passed_over():
    assert parse_request_head(b"\r\n" + HEAD).raw == HEAD


def test_reply_that_is_none_is_an_internal_error_with_its_reason():
    with pytest.raises(Problem, match=r"InternalError: The store's reply: The status line"):
        parse_reply_head(b"HTTP/2 200 OK\r\n\r\n", "GET")


def test_interim_answer_is_a_whole_head():
    assert HeadReader().receive(CONTINUE) == CONTINUE
    assert parse_reply_head(CONTINUE, "PUT").status == 100


# --- writers


def written(method: str, length: int | None) -> bytes:
    return build_request_head(
        HttpRequest(method, "/b/k?a", (("host", "store:9000"), ("x-amz-acl", "private"))), length
    )


@pytest.mark.parametrize(
    ("method", "length", "framing"),
    [
        ("GET", 0, b""),
        ("HEAD", 0, b""),
        ("DELETE", 0, b""),
        ("PUT", 0, b"Content-Length: 0\r\n"),
        ("POST", 0, b"Content-Length: 0\r\n"),
        ("PUT", 5, b"Content-Length: 5\r\n"),
        ("DELETE", 5, b"Content-Length: 5\r\n"),
        ("PUT", None, b"Transfer-Encoding: chunked\r\n"),
    ],
)
def test_request_head_is_written(method: str, length: int | None, framing: bytes):
    start = f"{method} /b/k?a HTTP/1.1\r\n".encode()
    assert (
        written(method, length) == start + b"Host: store:9000\r\nx-amz-acl: private\r\n" + framing + b"\r\n"
    )


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("content-type", b"Content-Type: "),
        ("etag", b"ETag: "),
        ("content-md5", b"Content-MD5: "),
        ("www-authenticate", b"WWW-Authenticate: "),
        ("soapaction", b"SOAPAction: "),
        ("x-amz-id-2", b"x-amz-id-2: "),
    ],
)
def test_names_are_spelled_as_old_clients_look_for_them(name: str, spelling: bytes):
    head = build_request_head(HttpRequest("GET", "/", (("host", "a"), (name, "b"))), 0)
    assert b"\r\n" + spelling + b"b\r\n" in head


HOST = ("host", "store")
BAD_REQUESTS = {
    "space in the method": HttpRequest("GE T", "/", (HOST,)),
    "no method": HttpRequest("", "/", (HOST,)),
    "CRLF in the method": HttpRequest("GET\r\n", "/", (HOST,)),
    "CRLF in the target": HttpRequest("GET", "/a\r\nB: c", (HOST,)),
    "LF at the end of the target": HttpRequest("GET", "/\n", (HOST,)),
    "space in the target": HttpRequest("GET", "/a b", (HOST,)),
    "raw UTF-8 in the target": HttpRequest("GET", "/é", (HOST,)),
    "no target": HttpRequest("GET", "", (HOST,)),
    "absolute form": HttpRequest("GET", "http://store/", (HOST,)),
    "no Host": HttpRequest("GET", "/", ()),
    "two Host": HttpRequest("GET", "/", (HOST, HOST)),
    "name in capitals": HttpRequest("GET", "/", (HOST, ("Content-Type", "a"))),
    "LF behind a value": HttpRequest("GET", "/", (HOST, ("a", "b\n"))),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_request_that_cannot_be_written_is_a_bug(name: str):
    with pytest.raises(ValueError):
        build_request_head(BAD_REQUESTS[name], 0)


@pytest.mark.parametrize("name", sorted(HOP_BY_HOP | {"content-length"}))
def test_framing_is_never_given(name: str):
    with pytest.raises(ValueError, match="written from the framing"):
        build_request_head(HttpRequest("GET", "/", (HOST, (name, "close"))), 0)
    with pytest.raises(ValueError, match="written from the framing"):
        reply_head(200, ((name, "close"),))


def reply_head(
    status: int,
    headers: Headers = (),
    *,
    reason: str = "Any",
    length: int | None = None,
    chunked: bool = False,
    close: bool = False,
    version: tuple[int, int] = (1, 1),
) -> bytes:
    reply = HttpReply(status, reason, headers)
    return build_reply_head(reply, length=length, chunked=chunked, close=close, date=DATE, version=version)


DATED = b"Date: " + DATE.encode() + b"\r\n"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (reply_head(200, length=5), b"HTTP/1.1 200 Any\r\n" + DATED + b"Content-Length: 5\r\n\r\n"),
        (reply_head(200, length=0), b"HTTP/1.1 200 Any\r\n" + DATED + b"Content-Length: 0\r\n\r\n"),
        (
            reply_head(200, chunked=True),
            b"HTTP/1.1 200 Any\r\n" + DATED + b"Transfer-Encoding: chunked\r\n\r\n",
        ),
        (reply_head(200, close=True), b"HTTP/1.1 200 Any\r\n" + DATED + b"Connection: close\r\n\r\n"),
        (reply_head(200, reason=""), b"HTTP/1.1 200 \r\n" + DATED + b"\r\n"),
        (reply_head(204, length=0), b"HTTP/1.1 204 Any\r\n" + DATED + b"\r\n"),
        (reply_head(304, length=5), b"HTTP/1.1 304 Any\r\n" + DATED + b"Content-Length: 5\r\n\r\n"),
        (reply_head(200, (("date", "then"),)), b"HTTP/1.1 200 Any\r\nDate: then\r\n\r\n"),
        (
            reply_head(200, length=5, version=(1, 0)),
            b"HTTP/1.1 200 Any\r\n" + DATED + b"Content-Length: 5\r\nConnection: keep-alive\r\n\r\n",
        ),
        (
            reply_head(200, close=True, version=(1, 0)),
            b"HTTP/1.1 200 Any\r\n" + DATED + b"Connection: close\r\n\r\n",
        ),
    ],
)
def test_reply_head_is_written(head: bytes, expected: bytes):
    assert head == expected


@pytest.mark.parametrize(
    "arguments",
    [
        {"status": 200, "chunked": True, "length": 5},
        {"status": 200, "chunked": True, "version": (1, 0)},
        {"status": 204, "length": 5},
        {"status": 204, "chunked": True},
        {"status": 100, "length": 5},
        {"status": 304, "chunked": True},
        {"status": 99},
        {"status": 600},
        {"status": 200, "reason": "a\r\nb"},
        {"status": 200, "reason": "a\0"},
        {"status": 200, "reason": "…"},
        {"status": 200, "headers": (("a b", "c"),)},
        {"status": 200, "headers": (("", "c"),)},
        {"status": 200, "headers": (("a:", "c"),)},
        {"status": 200, "headers": (("a\n", "c"),)},
        {"status": 200, "headers": (("é", "c"),)},
    ],
)
def test_reply_that_cannot_be_written_is_a_bug(arguments: dict):
    with pytest.raises(ValueError):
        reply_head(**arguments)


@pytest.mark.parametrize("byte", range(0x100))
def test_no_byte_of_a_value_breaks_out_of_its_line(byte: int):
    value = f"a{chr(byte)}b"
    try:
        head = reply_head(200, (("x-amz-meta-a", value),), length=0)
    except ValueError:
        assert byte < 0x20 or byte == 0x7F
    else:
        assert byte >= 0x20 or value == "a\tb"
        assert head.count(b"\r\n") == 5
        assert parse_reply_head(head, "GET").header("x-amz-meta-a") == value


def test_characters_that_are_no_byte_are_a_bug():
    with pytest.raises(ValueError):
        reply_head(200, (("a", "…"),))


# --- each reads what the other wrote

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^`|~"
TEXT = st.text(st.characters(max_codepoint=0xFF).filter(lambda c: c == "\t" or (c >= " " and c != "\x7f")))
NAMES = st.text(LOWER, min_size=1, max_size=20).filter(
    lambda name: name not in HOP_BY_HOP | {"host", "content-length", "expect", "date"},
)
METADATA = st.text(LOWER + "_", min_size=1, max_size=20).map("x-amz-meta-{}".format)
FIELDS = st.lists(st.tuples(NAMES | METADATA, TEXT.map(lambda value: value.strip(" \t"))), max_size=10).map(
    tuple
)
ESCAPES = st.integers(0, 255).map("%{:02X}".format)
TARGETS = st.lists(ESCAPES | st.sampled_from("abcXYZ019-._~!$&'()*+,;=:@/?[]{}`"), max_size=40).map(
    lambda parts: "/" + "".join(parts),
)
LENGTHS = st.integers(0, 10**19 - 1)


@given(st.sampled_from(["PUT", "POST"]), TARGETS, FIELDS, LENGTHS | st.none())
def test_written_request_head_is_read_again(method: str, target: str, fields: Headers, length: int | None):
    raw = build_request_head(HttpRequest(method, target, (HOST, *fields)), length)
    framing = ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
    head = parse_request_head(raw)
    assert (head.method, head.target, head.version, head.host) == (method, target, (1, 1), "store")
    assert head.headers == (HOST, *fields, framing)
    assert (head.length, head.chunked, head.keep_alive, head.raw) == (length, length is None, True, raw)


@given(st.sampled_from(["GET", "HEAD", "DELETE", "OPTIONS"]), TARGETS, FIELDS)
def test_written_request_head_without_a_body_is_read_again(method: str, target: str, fields: Headers):
    head = parse_request_head(build_request_head(HttpRequest(method, target, (HOST, *fields)), 0))
    assert (head.method, head.target, head.headers) == (method, target, (HOST, *fields))
    assert (head.length, head.chunked) == (None, False)


STATUSES = st.integers(200, 599).filter(lambda status: status not in {204, 304})
VERSIONS = st.sampled_from([(1, 0), (1, 1)])


@given(st.builds(HttpReply, STATUSES, TEXT, FIELDS), LENGTHS | st.none(), st.booleans(), VERSIONS)
def test_written_reply_head_is_read_again(
    reply: HttpReply, length: int | None, close: bool, version: tuple[int, int]
):
    chunked = length is None and version == (1, 1) and not close
    until_close = length is None and not chunked
    closes = close or until_close
    raw = build_reply_head(reply, length=length, chunked=chunked, close=closes, date=DATE, version=version)
    head = parse_reply_head(raw, "GET")
    assert (head.status, head.reason, head.version) == (reply.status, reply.reason, (1, 1))
    assert head.headers[: len(reply.headers) + 1] == (("date", DATE), *reply.headers)
    assert (head.length, head.chunked, head.until_close) == (length, chunked, until_close)
    assert head.keep_alive is not closes
