"""The gate as tables: what it refuses and by which code, what it lets in and as what."""

import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.tables.errors import ERRORS
from gateway.wire import gate
from gateway.wire.http1 import HeadReader, ReplyHead, RequestHead, parse_reply_head, parse_request_head
from tests.wire.ambiguous import REQUESTS, Ambiguous
from tests.wire.splits import sizes, split

WHOLE = [1 << 30]
BYTE_BY_BYTE = [1]


def cut(stream: bytes, pieces: list[int]) -> bytes | None:
    reader = HeadReader()
    for piece in split(stream, pieces):
        raw = reader.receive(piece)
        if raw is not None:
            return raw
    return None


def request(stream: bytes, pieces: list[int]) -> RequestHead | str | None:
    """Return the head, the code that refused it, or None when more bytes are wanted."""
    try:
        raw = cut(stream, pieces)
        return None if raw is None else parse_request_head(raw)
    except Problem as problem:
        return problem.code


def reply(stream: bytes, method: str, pieces: list[int]) -> ReplyHead | str | None:
    try:
        raw = cut(stream, pieces)
        return None if raw is None else parse_reply_head(raw, method)
    except Problem as problem:
        return problem.code


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: row.name)
def test_ambiguous_request_is_refused_however_it_arrives(row: Ambiguous):
    assert request(row.request, WHOLE) == row.code
    assert request(row.request, BYTE_BY_BYTE) == row.code


@given(st.sampled_from(REQUESTS), sizes)
def test_ambiguous_request_is_refused_in_any_split(row: Ambiguous, pieces: list[int]):
    assert request(row.request, pieces) == row.code


def test_names_of_the_table_are_told_apart_and_its_codes_are_documented():
    assert len({row.name for row in REQUESTS}) == len(REQUESTS)
    assert {row.code for row in REQUESTS} <= {error.code for error in ERRORS}


H = b"Host: localhost\r\n"
ACCEPTED = {
    "plain": (b"GET /b/k?a=1&b HTTP/1.1\r\n" + H, {"target": "/b/k?a=1&b", "path": "/b/k", "query": "a=1&b"}),
    "no query": (b"GET /b HTTP/1.1\r\n" + H, {"path": "/b", "query": "", "length": None, "chunked": False}),
    "two question marks": (b"GET /b?a?b HTTP/1.1\r\n" + H, {"path": "/b", "query": "a?b"}),
    "brackets": (b"GET /[a]{b}`? HTTP/1.1\r\n" + H, {"path": "/[a]{b}`"}),
    "escapes": (b"GET /a%2fb%C3%a9 HTTP/1.1\r\n" + H, {"path": "/a%2fb%C3%a9"}),
    "slashes": (b"GET //b//k/../ HTTP/1.1\r\n" + H, {"path": "//b//k/../"}),
    "one empty line first": (b"\r\nGET / HTTP/1.1\r\n" + H, {"raw": b"GET / HTTP/1.1\r\n" + H + b"\r\n"}),
    "HTTP/1.0 without Host": (b"GET / HTTP/1.0\r\n", {"version": (1, 0), "host": "", "keep_alive": False}),
    "HTTP/1.0 with Host": (b"GET / HTTP/1.0\r\n" + H, {"host": "localhost"}),
    "Host in capitals": (b"GET / HTTP/1.1\r\nHOST: LocalHost:8443\r\n", {"host": "localhost:8443"}),
    "Host of IPv6": (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n", {"host": "[::1]:80"}),
    "Host with underscore": (b"GET / HTTP/1.1\r\nHost: a_b.localhost\r\n", {"host": "a_b.localhost"}),
    "length": (b"PUT /b/k HTTP/1.1\r\nContent-Length: 5\r\n" + H, {"length": 5, "chunked": False}),
    "length 0 in GET": (b"GET / HTTP/1.1\r\nContent-Length: 0\r\n" + H, {"length": 0}),
    "length in HTTP/1.0": (b"POST /soap HTTP/1.0\r\nContent-Length: 5\r\n", {"length": 5}),
    "longest length": (
        b"PUT /b/k HTTP/1.1\r\nContent-Length: 9999999999999999999\r\n" + H,
        {"length": 9999999999999999999},
    ),
    "chunked": (
        b"POST /soap HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + H,
        {"length": None, "chunked": True},
    ),
    "Chunked": (b"POST /soap HTTP/1.1\r\nTransfer-Encoding:\tChunked \r\n" + H, {"chunked": True}),
    "neither": (b"POST /soap HTTP/1.1\r\n" + H, {"length": None, "chunked": False}),
    "HTTP/1.1 keeps": (b"GET / HTTP/1.1\r\n" + H, {"keep_alive": True}),
    "HTTP/1.1 closes": (b"GET / HTTP/1.1\r\nConnection: Close\r\n" + H, {"keep_alive": False}),
    "closes in a list": (b"GET / HTTP/1.1\r\nConnection: TE ,\tclose\r\n" + H, {"keep_alive": False}),
    "close wins": (
        b"GET / HTTP/1.1\r\nConnection: keep-alive\r\nConnection: close\r\n" + H,
        {"keep_alive": False},
    ),
    "HTTP/1.0 keeps": (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n", {"keep_alive": True}),
    "HTTP/1.0 that does not say": (b"GET / HTTP/1.0\r\nConnection: TE\r\n", {"keep_alive": False}),
    "upgrade, ignored": (
        b"PUT /b/k HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n" + H,
        {"length": 5, "keep_alive": True},
    ),
    "expects": (
        b"PUT /b/k HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n" + H,
        {"expects_continue": True},
    ),
    "expects before chunks": (
        b"PUT /b/k HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n" + H,
        {"expects_continue": True},
    ),
    "expects, but sends nothing": (
        b"PUT /b/k HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n" + H,
        {"expects_continue": False},
    ),
    "expects in HTTP/1.0": (
        b"PUT /b/k HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n",
        {"expects_continue": False},
    ),
    "underscore in metadata": (
        b"PUT /b/k HTTP/1.1\r\nX-Amz-Meta-a_b: c\r\n" + H,
        {"headers": (("x-amz-meta-a_b", "c"), ("host", "localhost"))},
    ),
    "values trimmed, bytes kept": (
        b"GET / HTTP/1.1\r\nA:\t b\xe9\t c \r\nA:\r\n" + H,
        {"headers": (("a", "b\xe9\t c"), ("a", ""), ("host", "localhost"))},
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("pieces", [WHOLE, BYTE_BY_BYTE], ids=["whole", "byte by byte"])
def test_request_is_let_in(name: str, pieces: list[int]):
    stream, expected = ACCEPTED[name]
    head = request(stream + b"\r\n", pieces)
    assert isinstance(head, RequestHead)
    assert {attribute: getattr(head, attribute) for attribute in expected} == expected


REFUSED_REPLIES = {
    "HTTP/0.9": b"hello\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "HTTP/2": b"HTTP/2 200 OK\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.2": b"HTTP/1.2 200 OK\r\n\r\n",
    "ICY": b"ICY 200 OK\r\n\r\n",
    "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "status 099": b"HTTP/1.1 099 OK\r\n\r\n",
    "status 600": b"HTTP/1.1 600 OK\r\n\r\n",
    "status and no space": b"HTTP/1.1 200OK\r\n\r\n",
    "two spaces": b"HTTP/1.1  200 OK\r\n\r\n",
    "NUL in the reason": b"HTTP/1.1 200 a\0b\r\n\r\n",
    "empty line first": b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    "LF before it": b"\nHTTP/1.1 200 OK\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked and length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
    "length and identity": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: identity\r\n\r\n",
    "identity": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "gzip, chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "chunked, gzip": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    "chunked twice": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "length twice": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
    "lengths in a list": b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n",
    "length with zeros": b"HTTP/1.1 200 OK\r\nContent-Length: 003\r\n\r\n",
    "length with a plus": b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n",
    "empty length": b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
    "length of 5000 digits": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "folded line": b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
    "blank before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\n",
    "NUL in a value": b"HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n",
    "LF behind the status line": b"HTTP/1.1 200 OK\nA: b\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED_REPLIES)
def test_reply_that_is_no_valid_answer_is_refused(name: str):
    raw = REFUSED_REPLIES[name]
    with pytest.raises(Problem, match="The store's reply") as refused:
        parse_reply_head(raw, "GET")
    assert refused.value.code == "InternalError"


@given(st.sampled_from(sorted(REFUSED_REPLIES)), sizes)
def test_refused_reply_is_refused_in_any_split(name: str, pieces: list[int]):
    assert reply(REFUSED_REPLIES[name], "GET", pieces) in {"InternalError", "InvalidRequest"}


NO_BODY = {"bodiless": True, "until_close": False, "keep_alive": True}
REPLIES = {
    "length": (b"200 OK\r\nContent-Length: 3", "GET", {"length": 3, "bodiless": False, "until_close": False}),
    "chunked": (b"200 OK\r\nTransfer-Encoding: Chunked", "GET", {"chunked": True, "until_close": False}),
    "until close": (b"200 OK\r\nA: b", "GET", {"until_close": True, "keep_alive": False, "length": None}),
    "closed": (b"200 OK\r\nContent-Length: 3\r\nConnection: close", "GET", {"keep_alive": False}),
    "HEAD with a length": (b"200 OK\r\nContent-Length: 3", "HEAD", {"length": 3, **NO_BODY}),
    "HEAD with nothing": (b"200 OK\r\nA: b", "HEAD", NO_BODY),
    "HEAD with chunks": (b"200 OK\r\nTransfer-Encoding: chunked", "HEAD", {"chunked": True, **NO_BODY}),
    "100": (b"100 Continue\r\nA: b", "PUT", {"status": 100, **NO_BODY}),
    "103": (b"103 Early Hints\r\nA: b", "GET", {"status": 103, "reason": "Early Hints", **NO_BODY}),
    "204": (b"204 No Content\r\nA: b", "DELETE", NO_BODY),
    "204 with chunks": (b"204 No Content\r\nTransfer-Encoding: chunked", "DELETE", NO_BODY),
    "304 with a length": (b"304 Not Modified\r\nContent-Length: 3", "GET", {"length": 3, **NO_BODY}),
    "no reason": (b"200 \r\nContent-Length: 3", "GET", {"reason": "", "status": 200}),
    "no reason, no space": (b"200\r\nContent-Length: 3", "GET", {"reason": ""}),
    "reason of any bytes": (b"599 a\t\xe9\r\nContent-Length: 3", "GET", {"reason": "a\t\xe9", "status": 599}),
    "underscores dropped": (
        b"200 OK\r\nContent_Length: 9\r\nx-amz-meta-a_b: c\r\nContent-Length: 3",
        "GET",
        {"headers": (("x-amz-meta-a_b", "c"), ("content-length", "3")), "length": 3},
    ),
}


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("pieces", [WHOLE, BYTE_BY_BYTE], ids=["whole", "byte by byte"])
def test_reply_is_let_in(name: str, pieces: list[int]):
    fields, method, expected = REPLIES[name]
    head = reply(b"HTTP/1.1 " + fields + b"\r\n\r\n", method, pieces)
    assert isinstance(head, ReplyHead)
    assert head.version == (1, 1)
    assert {attribute: getattr(head, attribute) for attribute in expected} == expected


@pytest.mark.parametrize(
    ("fields", "keeps"),
    [(b"Content-Length: 3\r\nConnection: keep-alive", True), (b"Content-Length: 3", False), (b"A: b", False)],
)
def test_reply_of_http_1_0_is_kept_only_when_it_says_so(fields: bytes, keeps: bool):
    head = parse_reply_head(b"HTTP/1.0 200 OK\r\n" + fields + b"\r\n\r\n", "GET")
    assert head.version == (1, 0)
    assert head.keep_alive is keeps


def test_refused_method_tells_the_allowed_ones():
    with pytest.raises(Problem) as refused:
        parse_request_head(b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert refused.value.headers == (("allow", "GET, HEAD, PUT, POST, DELETE, OPTIONS"),)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n",
    ],
)
def test_bytes_that_are_not_one_head_are_refused(raw: bytes):
    with pytest.raises(Problem, match="InvalidRequest"):
        parse_request_head(raw)


# What a mutated head is made of: the places where parsers are known to differ.
FRAGMENTS = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b"\x0b", b"\xff", b"_", b"#", b"%", b"?"),
        *(b"Host: a\r\n", b"Content-Length: 5\r\n", b"Content-Length: 05\r\n", b"Expect: 100-continue\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n", b"Connection: upgrade\r\n"),
        *(b"Upgrade: x\r\n", b"Connection: close\r\n", b"HTTP/1.0", b"HTTP/1.1", b"\r\n\r\n"),
    ],
)
BASES = st.sampled_from(
    [
        b"PUT /b/k?a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nX-Amz-Meta-A: b\r\n\r\n",
        b"POST /soap HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n',
        b"HTTP/1.0 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    head = draw(BASES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(head)))
        end = draw(st.integers(at, min(len(head), at + 12)) | st.just(at))
        head = head[:at] + draw(FRAGMENTS | st.binary(max_size=3)) + head[end:]
    return head


def assert_unambiguous(head: RequestHead | ReplyHead):
    """Whatever passed has one meaning, judged by its bytes alone."""
    lines = head.raw.split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", head.raw)
    names = [line.partition(b":")[0].lower() for line in lines[1:-2]]
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    assert (b"transfer-encoding" in names) is head.chunked
    assert (b"content-length" in names) is (head.length is not None)
    assert not head.chunked or head.version == (1, 1)


@given(st.binary() | mutated(), sizes)
@example(b"\r\n\r\n", BYTE_BY_BYTE)
def test_any_bytes_give_a_request_or_a_problem_or_ask_for_more(stream: bytes, pieces: list[int]):
    outcome = request(stream, pieces)
    assert outcome == request(stream, WHOLE)
    if isinstance(outcome, RequestHead):
        assert_unambiguous(outcome)
        assert outcome.raw.startswith(f"{outcome.method} {outcome.target} HTTP/1.".encode())
        assert outcome.raw.lower().count(b"\r\nhost:") == (1 if outcome.host else 0)
        assert outcome.host or outcome.version == (1, 0)


@given(st.binary() | mutated(), st.sampled_from(["GET", "HEAD", "PUT"]), sizes)
def test_any_bytes_give_a_reply_or_a_problem_or_ask_for_more(stream: bytes, method: str, pieces: list[int]):
    outcome = reply(stream, method, pieces)
    assert outcome == reply(stream, method, WHOLE)
    if isinstance(outcome, ReplyHead):
        assert_unambiguous(outcome)
        ways = [outcome.bodiless, outcome.chunked, outcome.length is not None, outcome.until_close]
        assert outcome.bodiless or ways.count(True) == 1


@given(st.binary() | mutated())
def test_any_bytes_read_as_a_head_raise_nothing_but_a_problem(raw: bytes):
    with suppress(Problem):
        parse_request_head(raw)
    with suppress(Problem):
        parse_reply_head(raw, "GET")


def test_two_framings_are_refused_though_llhttp_should_miss_them():
    both = {"content-length": "5", "transfer-encoding": "chunked"}
    with pytest.raises(Problem, match="InvalidRequest"):
        gate.framing(both, (1, 1))
    with pytest.raises(Problem, match="InvalidRequest"):
        gate.singles((("content-length", "5"), ("content-length", "5")))
