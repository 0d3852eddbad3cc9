"""Bytes that are no good request, on real sockets: refused, closed, and nothing behind them served."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proxy.doubles import CLIENTS, STORES, House
from tests.proxy.lines import get, post
from tests.proxy.plain import Plain
from tests.wire.ambiguous import CHUNKS, REQUESTS


def code(reply):
    return reply.getheader("x-code")


@pytest.mark.parametrize("row", REQUESTS, ids=[row.name for row in REQUESTS])
def test_requests_that_can_be_read_in_two_ways(house, row):
    client = house.client()
    client.push(row.request + get("/smuggled"), len(row.request))
    client.half_close()
    assert code(client.reply()) == row.code
    assert client.ends()
    assert house.languages[0].served == []


@pytest.mark.parametrize(("name", "chunks"), CHUNKS, ids=[name for name, _ in CHUNKS])
def test_chunks_that_can_be_read_in_two_ways(house, name, chunks):
    client = house.client()
    smuggled = get("/smuggled")
    client.send(get("/echo", "Transfer-Encoding: chunked", method="POST") + chunks)
    client.push(smuggled, len(smuggled))
    client.half_close()
    assert code(client.reply("POST")) in {"InvalidRequest", "IncompleteBody"}
    assert client.ends()
    assert house.languages[0].served == []


PIECES = st.sampled_from(
    [
        b"GET ", b"POST ", b"HEAD ", b"/echo", b"/store/k", b"/refused", b"*", b" HTTP/1.1\r\n", b" HTTP/1.0\r\n",
        b"Host: h\r\n", b"Host: h\r\n\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n",
        b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"hello", b"5\r\n",
        b"0\r\n\r\n", b"\n", b"\r", b":", b" ", b"\x00", get("/echo"), post("/echo", b"hello"), post("/refused", b"x"),
    ]
)  # fmt: skip


@pytest.fixture(name="any_house", scope="module")
def _any_house(reactor):
    house = House(reactor, (Plain(),), CLIENTS, STORES)
    house.store.shut()  # whoever asks it hears so at once
    yield house
    house.close()
    assert not house.events.bugs


@settings(max_examples=300)
@given(st.lists(PIECES | st.binary(max_size=8), max_size=12), st.integers(0, 200))
def test_any_bytes_give_well_formed_answers_or_a_closed_connection(any_house, pieces, cut):
    data = b"".join(pieces)
    client = any_house.client()
    for part in (data[:cut], data[cut:]):
        if part:
            client.push(part, len(part))
    with suppress(OSError):  # it has been closed already
        client.half_close()
    answer = client.rest_if_any()
    client.close()
    while answer:
        head, found, behind = answer.partition(b"\r\n\r\n")
        assert found
        assert head.startswith(b"HTTP/1.1 ")
        if head.startswith(b"HTTP/1.1 100 "):
            answer = behind
            continue
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        assert {b"date", b"server", b"x-amz-request-id", b"x-amz-id-2", b"content-length"} <= set(fields)
        size = int(fields[b"content-length"])
        answer = behind if behind.startswith(b"HTTP/1.1 ") else behind[size:]
    assert not any_house.events.bugs
