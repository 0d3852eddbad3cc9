"""Connections of clients on real sockets, with a store that the test plays byte by byte."""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import replace
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.proxy.client import State
from tests.carriers import eventually, on_reactor
from tests.proxy.doubles import CLIENTS, STORES, House, Plain, get, ok, post
from tests.wire.ambiguous import CHUNKS, REQUESTS

MANY = 20 << 20
"""Bytes that no socket buffer holds."""


@pytest.fixture(name="house")
def _house(reactor, request):
    house = House(reactor, (Plain(),), replace(CLIENTS, **getattr(request, "param", {})), STORES)
    yield house
    house.close()
    assert not house.events.bugs


@pytest.fixture(name="buggy")
def _buggy(reactor):
    house = House(reactor, (Plain(),), CLIENTS, STORES)
    yield house
    house.close()
    assert house.events.bugs


@pytest.fixture(name="secure")
def _secure(reactor, certificate):
    house = House(reactor, (Plain(),), CLIENTS, STORES, certificate)
    yield house
    house.close()
    assert not house.events.bugs


def limits(**changed):
    return pytest.mark.parametrize("house", [changed], indirect=True, ids=[""])


def code(reply):
    return reply.getheader("x-code")


class TestKeepAlive:
    def test_requests_follow_each_other_on_one_connection(self, house):
        client = house.client()
        for number in range(3):
            client.send(post("/echo", str(number).encode()))
            reply = client.reply("POST")
            assert reply.body == str(number).encode()
            assert reply.getheader("connection") is None
            assert reply.getheader("x-amz-request-id") == f"REQUEST000{number + 1}"
            assert reply.getheader("date") == "Sun, 06 Nov 1994 08:49:37 GMT"
            assert reply.getheader("server") == "s3gateway"
        assert house.counters.of("opened") == [("client",)]

    def test_a_connection_is_busy_from_the_head_to_the_answers_end(self, house):
        client = house.client()
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        house.sees(lambda connection: connection.busy)
        line.send(ok())
        client.reply()
        house.sees(lambda connection: not connection.busy)

    def test_room_in_the_buffer_that_nobody_waited_for_is_no_event(self, house):
        client = house.client()
        house.settled(1)
        house.sees(lambda connection: not connection.drained())
        client.send(get("/echo"))
        assert client.reply().body == b"/echo"

    def test_close_is_honoured(self, house):
        client = house.client()
        client.send(get("/echo", "Connection: close"))
        assert client.reply().getheader("connection") == "close"
        assert client.ends()

    def test_an_idle_connection_is_closed_in_time(self, house):
        client = house.client()
        client.send(get("/echo"))
        client.reply()
        house.sees(lambda client: client._state is State.HEAD)
        house.advance(CLIENTS.idle_seconds - 1)
        client.send(get("/echo"))
        client.reply()
        house.sees(lambda client: client._state is State.HEAD)
        house.advance(CLIENTS.idle_seconds)
        assert client.ends()
        assert house.counters.of("limited") == [("idle",)]

    def test_an_empty_line_between_requests_is_no_request(self, house):
        client = house.client()
        client.send(post("/echo", b"one") + b"\r\n" + get("/echo"))
        assert [client.reply("POST").body, client.reply().body] == [b"one", b"/echo"]


class TestPipelining:
    def test_answers_come_in_the_order_of_their_requests(self, house):
        client = house.client()
        for number in range(50):
            client.send(get(f"/store/{number}") if number % 2 else get(f"/echo/{number}"))
        line = None
        for number in range(50):
            if number % 2:
                line = line or house.store.accept()
                assert line.until(b"\r\n\r\n").startswith(f"GET /{number} ".encode())
                line.send(ok(f"/store/{number}".encode()))
            reply = client.reply()
            assert reply.body == f"/{'store' if number % 2 else 'echo'}/{number}".encode()
            assert reply.getheader("x-amz-request-id") == f"REQUEST{number + 1:04}"

    def test_thousands_in_one_read_nest_nothing(self, house):
        client = house.client()
        client.send(get("/echo") * 3000)
        for _ in range(3000):
            assert client.reply().body == b"/echo"

    def test_one_request_is_under_way_at_a_time(self, house):
        client = house.client()
        client.send(get("/store/1") + get("/store/2"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        assert house.store.nobody_waits()
        assert house.languages[0].served == ["/store/1"]

    def test_what_comes_before_its_turn_is_bounded(self, house):
        client = house.client(small=True)
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        request = get("/echo")
        sent = client.push(request * 1000, 1 << 28)
        assert sent < 1 << 28
        held = on_reactor(lambda: max(len(client._pending) for client in house.front.connections))
        assert held <= CLIENTS.pipelined_bytes + (1 << 18)
        line.send(ok(b"first"))
        client.half_close()
        assert client.reply().body == b"first"
        for _ in range(sent // len(request)):
            assert client.reply().body == b"/echo"
        assert client.ends()

    def test_what_waits_does_not_grow_with_each_answer(self, house):
        client = house.client(small=True)
        client.send(get("/store/k"))
        line = house.store.accept()
        request = get("/store/k")
        most = 0
        for _ in range(5):
            line.until(b"\r\n\r\n")
            client.push(request * 1000, 1 << 20)
            most = max(most, on_reactor(lambda: max(len(c._pending) for c in house.front.connections)))
            line.send(ok(b"next"))
            assert client.reply().body == b"next"
        assert most <= CLIENTS.pipelined_bytes + (1 << 18)

    def test_requests_behind_the_last_one_are_not_served(self, house):
        client = house.client()
        client.send(get("/echo", "Connection: close") + get("/echo/smuggled"))
        client.reply()
        assert client.ends()
        assert house.languages[0].served == ["/echo"]


class TestOldHttp:
    def test_it_is_closed_behind_the_answer(self, house):
        client = house.client()
        client.send(b"GET /echo HTTP/1.0\r\n\r\n")
        reply = client.reply()
        assert (reply.body, reply.getheader("content-length")) == (b"/echo", "5")
        assert client.ends()

    def test_it_is_kept_when_it_asks(self, house):
        client = house.client()
        for _ in range(2):
            client.send(post("/echo", b"data", "Connection: Keep-Alive", version="1.0"))
            assert client.reply("POST").getheader("connection") == "keep-alive"

    def test_a_body_without_length_ends_with_the_connection(self, house):
        client = house.client()
        client.send(get("/stream/k", "Connection: Keep-Alive", version="1.0"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        answer = client.rest()
        assert b"Transfer-Encoding" not in answer
        assert b"Content-Length" not in answer
        assert answer.endswith(b"\r\n\r\nhello")

    def test_a_broken_body_without_length_ends_in_a_reset(self, house):
        client = house.client()
        client.send(get("/stream/k", version="1.0"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        client.until(b"hello")
        line.close()
        with pytest.raises(ConnectionResetError):
            client.rest()


class TestContinue:
    def test_it_is_sent_once_the_head_is_admitted(self, house):
        client = house.client()
        client.send(get("/echo", "Expect: 100-continue", "Content-Length: 4", method="POST"))
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"data")
        assert client.reply("POST").body == b"data"

    @pytest.mark.parametrize("target", ["/refused", "/echo"])
    def test_it_is_not_sent_to_who_is_refused_and_no_body_is_read(self, house, target):
        client = house.client()
        client.send(get(target, "Expect: 100-continue", "Content-Length: 2097152", method="POST"))
        reply = client.reply("POST")
        assert code(reply) == ("AccessDenied" if target == "/refused" else "MaxMessageLengthExceeded")
        assert reply.getheader("connection") == "close"
        client.half_close()
        assert client.ends()

    @pytest.mark.parametrize(
        "request_",
        [
            post("/echo", b"data", "Expect: 100-continue"),
            post("/echo", b"data", "Expect: 100-continue", version="1.0"),
            get("/echo", "Expect: 100-continue"),
        ],
        ids=["body is here", "HTTP/1.0", "no body"],
    )
    def test_it_is_not_sent_where_nobody_waits_for_it(self, house, request_):
        client = house.client()
        client.send(request_)
        assert client.reply("POST").status == 200


class TestBody:
    def test_it_may_come_in_chunks(self, house):
        client = house.client()
        client.send(get("/echo", "Transfer-Encoding: chunked", method="POST"))
        client.send(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n" + get("/echo"))
        assert client.reply("POST").body == b"abcde"
        assert client.reply().body == b"/echo"

    @pytest.mark.parametrize("size", [1, 7, 1000])
    def test_it_may_come_in_any_pieces(self, house, size):
        client = house.client()
        data = post("/echo", bytes(300)) + get("/echo")
        for start in range(0, len(data), size):
            client.send(data[start : start + size])
        assert client.reply("POST").body == bytes(300)
        assert client.reply().body == b"/echo"

    def test_too_much_of_it_is_refused_while_it_comes(self, house):
        client = house.client()
        house.languages[0].most = 10
        client.send(get("/echo", "Transfer-Encoding: chunked", method="POST"))
        client.send(b"5\r\nabcde\r\n5\r\nabcde\r\n")
        house.sees(lambda client: client._state is State.BODY)
        client.send(b"1\r\n")
        client.send(b"x")
        assert code(client.reply("POST")) == "MaxMessageLengthExceeded"
        assert house.languages[0].served == []

    def test_what_ends_too_soon_is_told_so(self, house):
        client = house.client()
        client.send(get("/echo", "Content-Length: 4", method="POST") + b"dat")
        client.half_close()
        assert code(client.reply("POST")) == "IncompleteBody"
        assert client.ends()

    @pytest.mark.parametrize(("name", "chunks"), CHUNKS, ids=[name for name, _ in CHUNKS])
    def test_chunks_that_can_be_read_in_two_ways(self, house, name, chunks):
        client = house.client()
        smuggled = get("/smuggled")
        client.send(get("/echo", "Transfer-Encoding: chunked", method="POST") + chunks)
        client.push(smuggled, len(smuggled))
        client.half_close()
        assert code(client.reply("POST")) in {"InvalidRequest", "IncompleteBody"}
        assert client.ends()
        assert house.languages[0].served == []


@pytest.mark.parametrize("row", REQUESTS, ids=[row.name for row in REQUESTS])
def test_requests_that_can_be_read_in_two_ways(house, row):
    client = house.client()
    client.push(row.request + get("/smuggled"), len(row.request))
    client.half_close()
    assert code(client.reply()) == row.code
    assert client.ends()
    assert house.languages[0].served == []


class TestEarly:
    """Answers before the end of the request: wire rule 21."""

    @pytest.mark.parametrize("framing", ["Content-Length: 20971520", "Transfer-Encoding: chunked"])
    def test_a_client_that_writes_everything_before_it_reads_still_reads_the_answer(self, house, framing):
        client = house.client()
        client.send(get("/echo", framing, method="POST"))
        chunk = bytes(1 << 16)
        for _ in range(MANY // len(chunk)):
            client.send(chunk if framing.startswith("Content") else b"10000\r\n" + chunk + b"\r\n")
        if framing.startswith("Transfer"):
            client.send(b"0\r\n\r\n")
        reply = client.reply("POST")
        assert (code(reply), reply.getheader("connection")) == ("MaxMessageLengthExceeded", "close")
        assert client.ends()
        assert house.counters.of("limited") == []

    def test_the_rest_is_thrown_away_and_never_a_request(self, house):
        client = house.client()
        client.send(get("/refused", "Content-Length: 1000", method="POST"))
        assert code(client.reply("POST")) == "AccessDenied"
        client.send((get("/smuggled") * 100)[:1000])
        assert client.ends()
        assert house.languages[0].served == []

    def test_nobody_may_linger_for_ever(self, house):
        client = house.client()
        client.send(get("/refused", "Content-Length: 1000", method="POST"))
        client.reply("POST")
        house.sees(lambda client: client._state is State.DISCARDING)
        for _ in range(int(CLIENTS.linger_seconds)):
            client.send(b"x")
            house.advance(1)
        assert client.ends()
        assert house.counters.of("limited") == [("discarding",)]

    @limits(linger_bytes=1000)
    def test_nobody_may_send_for_ever(self, house):
        client = house.client()
        client.send(get("/refused", "Transfer-Encoding: chunked", method="POST"))
        client.reply("POST")
        client.push(b"1\r\nx\r\n" * 10000, MANY)
        house.settled(0)
        assert house.counters.of("limited") == [("linger_bytes",)]

    @limits(linger_bytes=1000)
    def test_too_much_of_a_rest_that_is_here_already(self, house):
        client = house.client()
        client.send(get("/refused", "Content-Length: 99999", method="POST") + bytes(2000))
        assert code(client.reply("POST")) == "AccessDenied"
        house.settled(0)


class TestStore:
    def test_a_stream_is_passed_on_as_it_comes(self, house):
        client = house.client()
        client.send(get("/stream/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        assert b"Content-Length: 10\r\n" in client.until(b"\r\n\r\n")
        assert client.exactly(5) == b"begun"
        line.send(b"ended")
        assert client.exactly(5) == b"ended"
        client.send(get("/echo"))
        assert client.reply().body == b"/echo"

    def test_a_stream_without_length_comes_in_chunks(self, house):
        client = house.client()
        client.send(get("/stream/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        line.close()
        reply = client.reply()
        assert (reply.body, reply.getheader("transfer-encoding")) == (b"hello", "chunked")

    def test_a_reply_to_head_has_no_body_and_its_stream_is_closed(self, house):
        client = house.client()
        client.send(get("/stream/k", method="HEAD") + get("/echo"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        assert client.reply("HEAD").getheader("content-length") == "10"
        assert client.reply().body == b"/echo"
        assert line.ends()

    def test_a_body_that_nobody_writes_is_closed(self, house):
        client = house.client()
        client.send(get("/unwritten/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        assert client.reply().body == b"nothing of it"
        assert line.ends()

    def test_a_conversation_may_have_several_requests(self, house):
        client = house.client()
        client.send(get("/twice/k"))
        line = house.store.accept()
        for body in (b"one", b"two"):
            line.until(b"\r\n\r\n")
            line.send(ok(body))
        assert client.reply().body == b"two"

    @pytest.mark.parametrize(
        ("reply", "status"),
        [
            (b"", 503),
            (b"HTTP/1.1 200", 500),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 500),
            (b"no HTTP\r\n\r\n", 500),
        ],
    )
    def test_its_death_before_the_answer_is_told(self, house, reply, status):
        client = house.client()
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(reply)
        line.close()
        assert client.reply().status == status
        client.send(get("/echo"))
        assert client.reply().status == 200

    @pytest.mark.parametrize("head", [b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n"])
    def test_its_death_in_the_answer_is_seen(self, house, head):
        client = house.client()
        client.send(get("/stream/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(
            b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + (b"5\r\nhello\r\n" if b"chunked" in head else b"hello")
        )
        client.until(b"hello")
        line.close()
        with pytest.raises(ConnectionResetError):
            assert b"0\r\n\r\n" not in client.rest()
        (event,) = eventually(lambda: house.events.requests)
        assert (event["status"], event["whole"]) == (200, False)

    def test_its_silence_is_told_in_time(self, house):
        client = house.client()
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        eventually(lambda: [c for c in house.sweep if c.side == "store" and c._deadline])
        house.advance(STORES.answer_seconds)
        assert code(client.reply()) == "ServiceUnavailable"

    def test_what_cannot_be_signed_is_told(self, house):
        client = house.client()
        client.send(get("/store/unsignable"))
        assert code(client.reply()) == "InvalidAccessKeyId"
        assert house.store.nobody_waits()


class TestGone:
    """A client that leaves ends the work for it."""

    def test_before_the_stores_answer(self, house):
        client = house.client()
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        client.reset()
        assert line.ends()
        house.settled(0, 0)

    def test_in_a_streamed_answer(self, house):
        client = house.client()
        client.send(get("/stream/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nhello")
        client.until(b"hello")
        client.reset()
        line.push(bytes(1 << 16), 99999994)
        house.settled(0, 0)

    def test_with_requests_in_line(self, house):
        client = house.client()
        client.send(get("/store/1") + get("/store/2"))
        house.store.accept()
        client.reset()
        house.settled(0, 0)
        assert house.languages[0].served == ["/store/1"]

    @pytest.mark.parametrize(
        "data", [b"", b"GET / HTT", get("/echo", "Content-Length: 9", method="POST") + b"x"]
    )
    def test_in_a_request(self, house, data):
        client = house.client()
        client.send(data)
        house.settled(1)
        client.reset()
        house.settled(0)

    @pytest.mark.parametrize("data", [b"", b"GET / HTT"])
    def test_without_a_whole_head(self, house, data):
        client = house.client()
        client.send(data)
        client.half_close()
        assert client.ends()

    def test_half_a_connection_still_gets_its_answers(self, house):
        client = house.client()
        client.send(get("/store/1") + get("/echo") + b"GET / HTT")
        client.half_close()
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"one"))
        assert [client.reply().body, client.reply().body] == [b"one", b"/echo"]
        assert client.ends()


class TestSlow:
    """No deadline is moved by single bytes."""

    def test_a_head(self, house):
        client = house.client()
        client.send(b"GET /echo HTTP/1.1\r\nX: ")
        house.sees(lambda client: client._started)
        for _ in range(int(CLIENTS.head_seconds)):
            client.send(b"x")
            house.advance(1)
        reply = client.reply()
        assert (code(reply), reply.getheader("connection")) == ("RequestTimeout", "close")
        assert house.counters.of("limited") == [("head",)]

    def test_no_head_at_all(self, house):
        client = house.client()
        house.settled(1)
        house.advance(CLIENTS.head_seconds)
        assert client.ends()

    def test_a_later_head_has_its_time_from_its_first_byte(self, house):
        client = house.client()
        client.send(get("/echo"))
        client.reply()
        house.sees(lambda client: client._state is State.HEAD)
        house.advance(CLIENTS.idle_seconds - 1)
        client.send(b"G")
        house.sees(lambda client: client._started)
        house.advance(CLIENTS.head_seconds - 1)
        client.send(get("/echo")[1:])
        assert client.reply().status == 200

    def test_a_body(self, house):
        client = house.client()
        client.send(get("/echo", "Content-Length: 100000", method="POST") + bytes(CLIENTS.body_bytes))
        house.sees(lambda client: client._reader and client._reader.received >= CLIENTS.body_bytes)
        house.advance(CLIENTS.body_seconds)
        for number in range(int(CLIENTS.body_seconds)):
            client.send(b"x")
            house.sees(lambda client, sent=CLIENTS.body_bytes + number: client._reader.received > sent)
            house.advance(1)
        assert code(client.reply("POST")) == "RequestTimeout"
        assert house.counters.of("limited") == [("body",)]

    def test_a_body_that_keeps_its_rate_may_take_its_time(self, house):
        client = house.client()
        size = 5 * CLIENTS.body_bytes
        client.send(get("/echo", f"Content-Length: {size}", method="POST"))
        for number in range(5):
            client.send(bytes(CLIENTS.body_bytes))
            if number < 4:
                wanted = (number + 1) * CLIENTS.body_bytes
                house.sees(lambda client, wanted=wanted: client._reader.received == wanted)
                house.advance(CLIENTS.body_seconds)
        assert len(client.reply("POST").body) == size

    def test_a_reader_costs_no_memory_and_gets_everything(self, house):
        size = 64 << 20
        client = house.client(small=True)
        client.send(get("/stream/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        client.until(b"\r\n\r\n")
        sent = line.push(bytes(1 << 16), size)
        assert sent < 32 << 20  # what the buffers on the way hold, far from all
        rest = Thread(target=line.send, args=(bytes(size - sent),))
        rest.start()
        left = size
        while left:
            left -= len(client.exactly(min(left, 1 << 16)))
        rest.join()
        client.send(get("/echo"))
        assert client.reply().body == b"/echo"

    def test_a_reader_that_stops_is_given_up(self, house):
        client = house.client(small=True)
        client.send(get("/stream/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        line.push(bytes(1 << 16), 999999999)
        house.advance(CLIENTS.stall_seconds + 2)
        house.settled(0, 0)
        assert ("write_stall",) in house.counters.of("limited")


class TestTls:
    """The same over TLS towards both sides; there is no half-close, and ends look different."""

    def test_requests_follow_each_other(self, secure):
        client, line = secure.client(), None
        for number in range(3):
            client.send(post(f"/store/{number}", b"data"))
            line = line or secure.store.accept()
            line.until(b"data")
            line.send(ok(f"answer {number}".encode()))
            assert client.reply("POST").body == f"answer {number}".encode()

    def test_a_client_that_writes_everything_before_it_reads_still_reads_the_answer(self, secure):
        client = secure.client()
        client.send(get("/echo", f"Content-Length: {MANY}", method="POST"))
        for _ in range(MANY >> 16):
            client.send(bytes(1 << 16))
        assert code(client.reply("POST")) == "MaxMessageLengthExceeded"
        assert client.ends()

    def test_a_large_stream_to_a_slow_reader(self, secure):
        size = 32 << 20
        client = secure.client(small=True)
        client.send(get("/stream/k"))
        line = secure.store.accept()
        line.until(b"\r\n\r\n")
        line.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        client.until(b"\r\n\r\n")
        rest = Thread(target=line.send, args=(bytes(size),))
        rest.start()
        left = size
        while left:
            left -= len(client.exactly(min(left, 1 << 16)))
        rest.join()
        client.send(get("/echo"))
        assert client.reply().body == b"/echo"

    def test_a_client_that_leaves_ends_the_work(self, secure):
        client = secure.client()
        client.send(get("/store/k"))
        line = secure.store.accept()
        line.until(b"\r\n\r\n")
        client.close()
        secure.settled(0, 0)

    def test_the_stores_death_in_the_answer_is_no_end(self, secure):
        client = secure.client()
        client.send(get("/stream/k"))
        line = secure.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        client.until(b"hello")
        line.close()
        with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
            client.rest()

    def test_a_body_that_ends_with_the_stores_connection_is_not_believed(self, secure):
        client = secure.client()
        client.send(get("/store/k"))
        line = secure.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\n\r\nmaybe all")
        line.sock.unwrap()
        line.close()
        assert code(client.reply()) == "InternalError"


class TestBugs:
    """A bug costs its request, is logged, and tells nothing."""

    @pytest.mark.parametrize("target", ["/bug", "/bug/admit", "/badreply"])
    def test_before_the_answer(self, buggy, target):
        client = buggy.client()
        client.send(get(target))
        reply = client.reply()
        assert (reply.status, code(reply)) == (500, "InternalError")
        assert b"bug" not in reply.body

    def test_in_the_refusal_itself(self, buggy):
        client = buggy.client()
        client.send(get("/bug/refuse"))
        assert client.ends()

    def test_in_the_refusal_of_what_the_store_said(self, buggy):
        client = buggy.client()
        client.send(get("/store/refuse"))
        line = buggy.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"", status="404 Not Found"))
        assert client.ends()
        buggy.settled(0, 1)  # the store's connection has no part in it

    def test_in_a_streamed_answer(self, buggy):
        client = buggy.client()
        client.send(get("/stream/k"))
        line = buggy.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        client.until(b"begun")
        buggy.sees(lambda connection: setattr(connection._outgoing, "_codings", (None,)) or True)
        line.send(b"ended")
        assert client.ends()
        buggy.settled(0, 0)

    def test_behind_the_beginning_of_an_answer(self, buggy):
        def break_it(connection):
            connection._pending = None
            return True

        client = buggy.client()
        client.send(get("/stream/k"))
        line = buggy.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        client.until(b"begun")
        buggy.sees(break_it)
        client.send(get("/echo"))
        assert client.ends()
        assert line.ends()

    def test_of_a_conversation_names_the_request(self, buggy):
        client = buggy.client()
        client.send(get("/bug"))
        reply = client.reply()
        (event,) = eventually(lambda: buggy.events.bugs)
        assert event["request_id"] == reply.getheader("x-amz-request-id")


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
