"""How replies are framed: RFC 9112, 6, and wire rule 20, as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.messages import Body, HttpReply, Ids
from gateway.proxy.framing import Framing, reply_head
from gateway.proxy.incoming import Incoming
from gateway.wire.http1 import parse_request_head
from tests.proxy.test_incoming import Giver

IDS = Ids("0123456789ABCDEF", "host-id")


def _head(version: str = "1.1", method: str = "GET", fields: str = ""):
    return parse_request_head(f"{method} / HTTP/{version}\r\nHost: h\r\n{fields}\r\n".encode())


def _reply(status: int = 200, *, known: bool = True) -> HttpReply:
    piece = b"four" if known else Body(Incoming(Giver()))
    return HttpReply(status, "OK", (("content-type", "text/plain"),), (piece,))


@pytest.mark.parametrize(
    ("head", "reply", "expected"),
    [
        # length chunked bodiless close
        (_head(), _reply(), (4, False, False, False)),
        (_head(fields="Connection: close\r\n"), _reply(), (4, False, False, True)),
        (_head(), _reply(known=False), (None, True, False, False)),
        (_head("1.0"), _reply(), (4, False, False, True)),
        (_head("1.0", fields="Connection: keep-alive\r\n"), _reply(), (4, False, False, False)),
        (_head("1.0", fields="Connection: keep-alive\r\n"), _reply(known=False), (None, False, False, True)),
        (_head(method="HEAD"), _reply(), (4, False, True, False)),
        (_head(method="HEAD"), _reply(known=False), (None, False, True, False)),
        (_head("1.0", "HEAD", "Connection: keep-alive\r\n"), _reply(known=False), (None, False, True, False)),
        (_head(), _reply(204), (None, False, True, False)),
        (_head(), _reply(304), (None, False, True, False)),
        (_head(), replace(_reply(304), length=9), (9, False, True, False)),
        (_head(), HttpReply(200, "OK", ()), (0, False, False, False)),
        (_head(method="HEAD"), HttpReply(200, "OK", ()), (None, False, True, False)),
        (_head(method="HEAD"), HttpReply(200, "OK", (), length=9), (9, False, True, False)),
        (None, _reply(), (4, False, False, True)),
        (None, _reply(known=False), (None, True, False, True)),
    ],
)
def test_framing(head, reply, expected):
    framing = Framing.of(reply, head, close=False)
    assert (framing.length, framing.chunked, framing.bodiless, framing.close) == expected
    assert Framing.of(reply, head, close=True).close


def test_every_answer_names_its_request_its_date_and_its_server():
    reply = _reply()
    head = reply_head(reply, Framing.of(reply, _head(), close=False), IDS, 784111777)
    assert head == (
        b"HTTP/1.1 200 OK\r\n"
        b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        b"Content-Type: text/plain\r\n"
        b"Server: s3gateway\r\n"
        b"x-amz-request-id: 0123456789ABCDEF\r\n"
        b"x-amz-id-2: host-id\r\n"
        b"Content-Length: 4\r\n\r\n"
    )


def test_ids_that_a_reply_has_already_are_kept():
    reply = HttpReply(200, "OK", (("x-amz-request-id", "THEIRS"), ("x-amz-id-2", "theirs")))
    head = reply_head(reply, Framing.of(reply, _head(), close=False), IDS, 0)
    assert head.count(b"x-amz-") == 2
    assert b"THEIRS" in head
