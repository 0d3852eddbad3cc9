"""Connections to the store on real sockets, one request at a time, played byte by byte."""

from __future__ import annotations

import pytest

from gateway.messages import Body, RestReply
from gateway.proxy.incoming import Incoming
from tests.carriers import eventually, on_reactor
from tests.proxy.asked import code, outcome, request, served
from tests.proxy.doubles import STORES, streamed
from tests.proxy.lines import ok
from tests.proxy.test_incoming import Giver


def test_a_request_is_written_and_its_reply_read(house):
    outcomes, _ = house.send(request("PUT", "/b/a%20b?acl", b"one", b"two"))
    line = house.store.accept()
    assert line.until(b"onetwo") == (
        b"PUT /b/a%20b?acl HTTP/1.1\r\nHost: store\r\nX-Amz-Date: now\r\nContent-Length: 6\r\n\r\nonetwo"
    ).replace(b"X-Amz-Date", b"x-amz-date")
    line.send(ok(b"body", "ETag: e", "X-Amz-Meta-A: 1", "Date: then", status="201 Made"))
    assert outcome(outcomes) == RestReply(
        201,
        "Made",
        (("content-length", "4"), ("etag", "e"), ("x-amz-meta-a", "1"), ("date", "then")),
        b"body",
    )
    assert house.counters.of("asked") == [(201,)]


def test_a_reply_without_date_gets_one_and_hop_by_hop_fields_are_dropped(house):
    outcomes, _ = house.send(request())
    house.store.accept().send(
        b"HTTP/1.1 200 OK\r\nConnection: x-own, keep-alive\r\nX-Own: 1\r\nKeep-Alive: 5\r\nUpgrade: h2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    reply = outcome(outcomes)
    assert reply.headers == (("date", "Sun, 06 Nov 1994 08:49:37 GMT"),)
    assert reply.body == b"ab"


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_reply_may_come_in_any_pieces(house, pieces):
    outcomes, _ = house.send(request())
    line = house.store.accept()
    data = b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"body", "ETag: e")
    for start in range(0, len(data), pieces):
        line.send(data[start : start + pieces])
    assert outcome(outcomes).body == b"body"


def test_head_and_304_have_no_body_whatever_they_say(house):
    line = None
    for method, status in (("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("DELETE", "204 No Content")):
        outcomes, _ = house.send(request(method), stream=True)
        line = line or house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(f"HTTP/1.1 {status}\r\nContent-Length: 999\r\n\r\n".encode())
        assert outcome(outcomes).body == b""
    assert house.counters.open("store") == 1


class TestUnfit:
    """What a connection did after which it is used for nothing more."""

    def _next_is_fresh(self, house, line):
        house.settled(0, 0)
        assert line.ends()
        outcomes, _ = house.send(request("GET", "/next"))
        fresh = house.store.accept()
        assert fresh.until(b"\r\n\r\n").startswith(b"GET /next")
        fresh.send(ok(b"good"))
        assert outcome(outcomes).body == b"good"

    @pytest.mark.parametrize(
        "reply",
        [
            ok(b"first") + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
            ok(b"first", "Connection: close"),
            b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
        ],
        ids=["bytes behind it", "close", "HTTP/1.0"],
    )
    def test_by_its_reply(self, house, reply):
        self._next_is_fresh(house, served(house, reply=reply))

    def test_by_bytes_while_idle(self, house):
        line = served(house)
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        self._next_is_fresh(house, line)

    def test_by_an_end_while_idle(self, house):
        line = served(house)
        line.half_close()
        self._next_is_fresh(house, line)

    def test_by_an_answer_before_the_request_was_sent(self, house):
        outcomes, _ = house.send(request("PUT", "/b/k", bytes(1 << 25)))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"EntityTooLarge", status="400 Bad"))
        assert outcome(outcomes).body == b"EntityTooLarge"
        house.settled(0, 0)

    def test_by_a_stream_nobody_reads_to_its_end(self, house):
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun")
        body = outcome(outcomes).body
        on_reactor(body.source.close)
        self._next_is_fresh(house, line)


class TestStream:
    def test_a_stream_comes_as_it_comes_and_frees_its_connection(self, house):
        outcomes, asking = house.send(request(), stream=True)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 206 Partial\r\nContent-Length: 10\r\n\r\nbegun")
        reply = outcome(outcomes)
        assert (reply.status, reply.body.length) == (206, 10)
        on_reactor(asking.cancel)  # too late: it was delivered
        data, fate = streamed(reply.body)
        line.send(b"ended")
        eventually(lambda: fate)
        assert (bytes(data), fate) == (b"begunended", ["end"])
        house.send(request("GET", "/next"))
        assert line.until(b"\r\n\r\n").startswith(b"GET /next")

    def test_a_stream_that_came_whole_with_its_head(self, house):
        outcomes, _ = house.send(request(), stream=True)
        house.store.accept().send(ok(b"all of it"))
        data, fate = streamed(outcome(outcomes).body)
        assert (bytes(data), fate) == (b"all of it", ["end"])

    def test_a_stream_without_length_ends_with_its_connection(self, house):
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\n\r\nbegun")
        reply = outcome(outcomes)
        assert reply.body.length is None
        data, fate = streamed(reply.body)
        line.send(b"ended")
        line.close()
        eventually(lambda: fate)
        assert (bytes(data), fate) == (b"begunended", ["end"])

    @pytest.mark.parametrize("head", [b"Content-Length: 10\r\n", b"Transfer-Encoding: chunked\r\n", b""])
    def test_a_stream_whose_connection_dies_is_broken(self, house, head):
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n5\r\nab")
        _, fate = streamed(outcome(outcomes).body)
        line.reset()
        eventually(lambda: fate)
        assert fate == ["broken"]

    @pytest.mark.parametrize("body", [b"3\r\nabcX\r\n0\r\n\r\n", b"x\r\n", b"3\r\nabc\r\n0\r\nX\r\n\r\n"])
    def test_a_stream_that_is_bad_from_the_start_is_no_reply(self, house, body):
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        assert code(outcomes) == "InternalError"
        house.settled(0, 0)

    def test_a_stream_of_bad_chunks_is_broken(self, house):
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        _, fate = streamed(outcome(outcomes).body)
        line.send(b"no size\r\n")
        eventually(lambda: fate)
        assert fate == ["broken"]

    def test_a_bug_in_whoever_takes_a_stream_breaks_it(self, house):
        class Taker:
            def data(self, data):
                raise RuntimeError("a bug in a coding")

            def broken(self):
                fate.append("broken")

        fate = []
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        on_reactor(outcome(outcomes).body.source.attach, Taker())
        line.send(b"begun")
        eventually(lambda: fate)
        assert fate == ["broken"]
        assert len(house.events.bugs) == 1
        house.events.all.clear()

    def test_an_error_is_no_stream(self, house):
        outcomes, _ = house.send(request(), stream=True)
        house.store.accept().send(ok(b"<Error/>", status="404 Not Found"))
        assert outcome(outcomes).body == b"<Error/>"

    def test_a_stream_that_stops_is_broken_in_time_and_single_bytes_do_not_help(self, house):
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        data, fate = streamed(outcome(outcomes).body)
        line.send(bytes(STORES.body_bytes))
        eventually(lambda: len(data) == STORES.body_bytes)
        house.advance(STORES.body_seconds)
        assert not fate
        for number in range(int(STORES.body_seconds)):
            line.send(b"x")
            eventually(lambda number=number: len(data) > STORES.body_bytes + number)
            house.advance(1)
        assert fate == ["broken"]
        assert house.counters.of("limited") == [("store_body",)]

    def test_no_deadline_runs_while_nobody_listens(self, house):
        outcomes, _ = house.send(request(), stream=True)
        line = house.store.accept()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        body = outcome(outcomes).body
        house.advance(1000)
        data, fate = streamed(body)
        line.send(b"late")
        eventually(lambda: fate)
        assert (bytes(data), fate) == (b"late", ["end"])


class TestRefused:
    """Replies that are no valid answer: wire rule 7."""

    @pytest.mark.parametrize(
        "reply",
        [
            b"SSH-2.0-OpenSSH\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2\r\nConnection: upgrade\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40000,
            b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1048577),
            b"HTTP/1.1 100 Continue\r\n\r\n" * 17,
        ],
        ids=["no HTTP", "two framings", "bad chunk", "upgrade", "head", "announced", "too long", "interim"],
    )
    def test_unreadable(self, house, reply):
        outcomes, _ = house.send(request())
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.push(reply, len(reply))
        assert code(outcomes) == "InternalError"
        house.settled(0, 0)

    def test_truncated(self, house):
        outcomes, _ = house.send(request())
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        line.close()
        assert code(outcomes) == "InternalError"

    def test_sixteen_interim_replies_are_skipped(self, house):
        outcomes, _ = house.send(request())
        house.store.accept().send(b"HTTP/1.1 102 Processing\r\n\r\n" * 16 + ok(b"done"))
        assert outcome(outcomes).body == b"done"

    def test_a_redirect_is_a_reply_and_not_followed(self, house):
        outcomes, _ = house.send(request())
        line = house.store.accept()
        line.send(
            ok(b"", f"Location: http://127.0.0.1:{house.store.port}/evil", status="307 Temporary Redirect")
        )
        assert outcome(outcomes).status == 307
        assert house.store.nobody_waits()


class TestTime:
    def test_a_store_that_is_not_there(self, house):
        house.store.shut()
        outcomes, _ = house.send(request())
        assert code(outcomes) == "ServiceUnavailable"
        assert house.counters.of("asked") == [(0,)]
        assert [event["port"] for event in house.events.of("gateway.proxy.upstream")] == [house.store.port]

    def test_a_silent_store(self, house):
        outcomes, _ = house.send(request())
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        eventually(lambda: next(iter(house.sweep))._deadline)
        house.advance(STORES.answer_seconds)
        assert code(outcomes) == "ServiceUnavailable"
        assert line.ends()
        assert house.counters.of("limited") == [("store_answer",)]

    def test_a_head_in_single_bytes_moves_no_deadline(self, house):
        outcomes, _ = house.send(request())
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        eventually(lambda: next(iter(house.sweep))._deadline)
        line.send(b"HTTP/1.1 200 OK\r\n")
        for _ in range(int(STORES.answer_seconds)):
            if outcomes:
                break
            line.send(b"X")
            house.advance(1)
        assert code(outcomes) in {"InternalError", "ServiceUnavailable"}

    def test_a_body_that_stops(self, house):
        outcomes, _ = house.send(request())
        line = house.store.accept()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        eventually(lambda: next(iter(house.sweep))._reader)
        house.advance(STORES.body_seconds)
        assert code(outcomes) == "InternalError"


class TestSending:
    def test_a_body_is_sent_as_it_comes(self, house):
        giver = Giver()
        source = on_reactor(Incoming, giver)
        outcomes, _ = house.send(request("PUT", "/b/k", b"<", Body(source, 6), b">"))
        on_reactor(source.data, b"abc")
        line = house.store.accept()
        assert b"Content-Length: 8\r\n" in line.until(b"\r\n\r\n")
        assert line.exactly(4) == b"<abc"
        on_reactor(source.data, b"def")
        on_reactor(source.end)
        assert line.exactly(4) == b"def>"
        line.send(ok())
        outcome(outcomes)

    def test_a_body_of_unknown_length_is_sent_in_chunks(self, house):
        source = on_reactor(Incoming, Giver())
        house.send(request("PUT", "/b/k", Body(source)))
        on_reactor(source.data, b"abc")
        line = house.store.accept()
        on_reactor(source.end)
        assert b"Transfer-Encoding: chunked\r\n" in line.until(b"\r\n\r\n")
        assert line.until(b"0\r\n\r\n") == b"3\r\nabc\r\n0\r\n\r\n"

    def test_a_slow_store_pauses_the_source(self, house):
        giver = Giver()
        source = on_reactor(Incoming, giver)
        house.send(request("PUT", "/b/k", Body(source)))
        on_reactor(source.data, b"begun")
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        for _ in range(1000):
            if giver.heard[-1] == "pause":
                break
            on_reactor(source.data, bytes(1 << 16))
        assert giver.heard[-1] == "pause"
        while giver.heard[-1] == "pause":
            line.receive()

    def test_a_body_that_breaks_costs_the_connection_and_is_told_to_nobody(self, house):
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", Body(source, 6)))
        on_reactor(source.data, b"begun")
        line = house.store.accept()
        line.until(b"begun")
        on_reactor(source.broken)
        assert line.ends()
        house.settled(0, 0)
        assert outcomes == []

    def test_what_cannot_be_written_is_a_bug_of_the_caller(self, house):
        with pytest.raises(ValueError, match="no request line"):
            house.send(request("GET", "/b/k\r\nevil: 1"))
        assert house.store.nobody_waits()
