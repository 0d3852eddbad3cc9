"""Connections of clients on real sockets: answers out, and what ends them."""

from __future__ import annotations

import ssl
from threading import Thread

import pytest

from gateway.proxy.client import State
from tests.carriers import eventually
from tests.proxy.doubles import CLIENTS, STORES
from tests.proxy.lines import get, ok, post

MANY = 20 << 20
"""Bytes that no socket buffer holds."""


def code(reply):
    return reply.getheader("x-code")


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
        house.sees(lambda client: client._arriving and client._arriving.reader.received >= CLIENTS.body_bytes)
        house.advance(CLIENTS.body_seconds)
        for number in range(int(CLIENTS.body_seconds)):
            client.send(b"x")
            house.sees(
                lambda client, sent=CLIENTS.body_bytes + number: client._arriving.reader.received > sent
            )
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
                house.sees(
                    lambda client, wanted=wanted: (
                        client._arriving and client._arriving.reader.received == wanted
                    )
                )
                house.advance(CLIENTS.body_seconds)
        assert len(client.reply("POST").body) == size

    def test_a_reader_costs_no_memory_and_gets_everything(self, house):
        size = 64 << 20
        client = house.client(small=True)
        client.send(get("/stream/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        sent = line.push(bytes(1 << 16), size)
        assert sent < 32 << 20  # what the buffers on the way hold, far from all
        rest = Thread(target=line.send, args=(bytes(size - sent),))
        rest.start()
        client.until(b"\r\n\r\n")
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
        rest = Thread(target=line.send, args=(bytes(size),))
        rest.start()
        client.until(b"\r\n\r\n")
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
