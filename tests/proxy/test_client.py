"""Connections of clients on real sockets: requests in, and what is refused while they come."""

from __future__ import annotations

import pytest

from gateway.proxy.client import State
from tests.carriers import on_reactor
from tests.proxy.doubles import CLIENTS, limits
from tests.proxy.lines import get, ok, post

MANY = 20 << 20
"""Bytes that no socket buffer holds."""


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
        house.settled(0)
        (event,) = house.events.requests  # one line, though the connection ends behind the answer
        assert (event["status"], event["whole"]) == (200, True)

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
