"""The store's side on real sockets, against a store that the test plays byte by byte."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.messages import Body, HttpRequest, Problem, RestReply
from gateway.proxy.incoming import Incoming
from tests.carriers import eventually, on_reactor
from tests.proxy.doubles import CLIENTS, STORES, House, Plain, ok, streamed
from tests.proxy.test_incoming import Giver


@pytest.fixture(name="house")
def _house(reactor, request):
    house = House(reactor, (Plain(),), CLIENTS, replace(STORES, **getattr(request, "param", {})))
    yield house
    house.close()
    assert not house.events.bugs


def limits(**changed):
    return pytest.mark.parametrize("house", [changed], indirect=True, ids=[""])


def request(method="GET", target="/b/k", *pieces):
    return HttpRequest(method, target, (("host", "store"), ("x-amz-date", "now")), pieces)


def outcome(outcomes):
    eventually(lambda: outcomes)
    assert len(outcomes) == 1
    return outcomes[0]


def code(outcomes):
    problem = outcome(outcomes)
    assert isinstance(problem, Problem)
    assert not problem.details
    assert not problem.message or "127.0.0.1" not in problem.message
    return problem.code


def served(house, *, reply=None):
    """Let one request be served on a new connection, which lies idle then; return it."""
    outcomes, _ = house.send(request())
    line = house.store.accept()
    line.until(b"\r\n\r\n")
    line.send(reply or ok(b"first"))
    assert outcome(outcomes).body == b"first"
    return line


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


class TestPool:
    def test_the_connection_used_last_is_used_next(self, house):
        first = served(house)
        outcomes, _ = house.send(request())
        others, _ = house.send(request())
        second = house.store.accept()
        for line in (first, second):
            line.until(b"\r\n\r\n")
            line.send(ok(b"x"))
            eventually(lambda line=line: outcomes if line is first else others)
        house.send(request("GET", "/last"))
        assert second.until(b"\r\n\r\n").startswith(b"GET /last")
        assert house.store.nobody_waits()

    def test_an_idle_connection_is_closed_in_time(self, house):
        line = served(house)
        house.advance(STORES.idle_seconds)
        assert line.ends()
        house.settled(0, 0)

    def test_an_idle_connection_that_is_closing_is_passed_over(self, house):
        def close_and_send():
            for connection in house.sweep:
                connection.finish()
            house.upstream.send(request("GET", "/next"), stream=False, limit=9, done=outcomes.append)

        outcomes = []
        served(house)
        on_reactor(close_and_send)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"fresh"))
        assert outcome(outcomes).body == b"fresh"

    @limits(max_idle=1)
    def test_no_more_idle_connections_are_kept_than_allowed(self, house):
        both = [house.send(request())[0] for _ in range(2)]
        for _ in both:
            line = house.store.accept()
            line.until(b"\r\n\r\n")
            line.send(ok())
        for outcomes in both:
            outcome(outcomes)
        house.settled(0, 1)

    def test_closing_the_upstream_closes_idle_connections_now_and_others_when_free(self, house):
        idle = served(house)
        outcomes, _ = house.send(request())
        idle.until(b"\r\n\r\n")
        others, _ = house.send(request())
        busy = house.store.accept()
        idle.send(ok())
        outcome(outcomes)
        on_reactor(house.upstream.close)
        assert idle.ends()
        busy.send(ok(b"late"))
        assert outcome(others).body == b"late"
        assert busy.until(b"\r\n\r\n")
        assert busy.ends()

    @limits(max_connections=1)
    def test_requests_beyond_the_connections_allowed_wait_in_line(self, house):
        waiting = [house.send(request("GET", f"/{number}"))[0] for number in range(3)]
        line = house.store.accept()
        for number, outcomes in enumerate(waiting):
            assert line.until(b"\r\n\r\n").startswith(f"GET /{number} ".encode())
            line.send(ok(str(number).encode()))
            assert outcome(outcomes).body == str(number).encode()
        assert house.counters.of("limited") == [("store_connections",)] * 2

    @limits(max_connections=1)
    def test_who_waits_too_long_in_line_hears_service_unavailable(self, house):
        house.send(request())
        house.store.accept()
        outcomes, _ = house.send(request())
        house.advance(STORES.connect_seconds)
        assert code(outcomes) == "ServiceUnavailable"

    @limits(max_connections=1)
    def test_who_leaves_the_line_is_not_served(self, house):
        first, _ = house.send(request("GET", "/first"))
        left, asking = house.send(request("GET", "/left"))
        last, _ = house.send(request("GET", "/last"))
        on_reactor(asking.cancel)
        line = house.store.accept()
        for name, outcomes in (("first", first), ("last", last)):
            assert line.until(b"\r\n\r\n").startswith(f"GET /{name} ".encode())
            line.send(ok())
            outcome(outcomes)
        assert left == []

    @limits(max_connections=1)
    def test_the_place_of_a_connection_that_died_is_given_on(self, house):
        first, _ = house.send(request())
        second, _ = house.send(request("GET", "/second"))
        house.store.accept().reset()
        assert code(first) == "ServiceUnavailable"
        line = house.store.accept()
        assert line.until(b"\r\n\r\n").startswith(b"GET /second")
        line.send(ok(b"fine"))
        assert outcome(second).body == b"fine"


class TestRetry:
    def test_a_reused_connection_that_died_is_replaced_once(self, house):
        line = served(house)
        outcomes, _ = house.send(request("PUT", "/b/k", b"data"))
        line.until(b"data")
        line.close()
        fresh = house.store.accept()
        assert fresh.until(b"data").startswith(b"PUT /b/k")
        fresh.send(ok(b"second"))
        assert outcome(outcomes).body == b"second"

    def test_a_second_death_is_service_unavailable(self, house):
        line = served(house)
        outcomes, _ = house.send(request())
        line.until(b"\r\n\r\n")
        line.reset()
        house.store.accept().close()
        assert code(outcomes) == "ServiceUnavailable"
        assert house.store.nobody_waits()

    def test_a_fresh_connection_that_died_is_not_replaced(self, house):
        outcomes, _ = house.send(request())
        house.store.accept().close()
        assert code(outcomes) == "ServiceUnavailable"
        assert house.store.nobody_waits()

    def test_a_post_is_never_sent_twice(self, house):
        line = served(house)
        outcomes, _ = house.send(request("POST", "/b?delete", b"data"))
        line.until(b"data")
        line.close()
        assert code(outcomes) == "ServiceUnavailable"
        assert house.store.nobody_waits()

    def test_nothing_is_sent_twice_once_a_byte_came_back(self, house):
        line = served(house)
        outcomes, _ = house.send(request())
        line.until(b"\r\n\r\n")
        line.send(b"H")
        line.close()
        assert code(outcomes) == "InternalError"
        assert house.store.nobody_waits()

    def test_a_streamed_request_is_never_sent_twice(self, house):
        line = served(house)
        giver = Giver()
        outcomes, _ = house.send(request("PUT", "/b/k", on_reactor(lambda: Body(Incoming(giver)))))
        line.until(b"\r\n\r\n")
        line.reset()
        assert code(outcomes) == "ServiceUnavailable"
        assert giver.heard[-1] == "unwanted"
        assert house.store.nobody_waits()


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


class TestCancel:
    def test_a_request_under_way_costs_its_connection(self, house):
        outcomes, asking = house.send(request())
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        on_reactor(asking.cancel)
        on_reactor(asking.cancel)
        assert line.ends()
        assert outcomes == []
        house.settled(0, 0)

    def test_a_reused_connection_is_not_replaced_for_nobody(self, house):
        line = served(house)
        outcomes, asking = house.send(request())
        line.until(b"\r\n\r\n")
        on_reactor(asking.cancel)
        house.settled(0, 0)
        assert house.store.nobody_waits()
        assert outcomes == []

    def test_before_a_connection_was_made(self, house):
        def at_once():
            asking = house.upstream.send(request(), stream=False, limit=1, done=outcomes.append)
            asking.cancel()

        outcomes = []
        on_reactor(at_once)
        assert on_reactor(lambda: house.upstream._open) == 0
        assert outcomes == []


class TestSending:
    def test_a_body_is_sent_as_it_comes(self, house):
        giver = Giver()
        source = on_reactor(Incoming, giver)
        outcomes, _ = house.send(request("PUT", "/b/k", b"<", Body(source, 6), b">"))
        line = house.store.accept()
        assert b"Content-Length: 8\r\n" in line.until(b"\r\n\r\n")
        assert line.exactly(1) == b"<"
        on_reactor(source.data, b"abc")
        assert line.exactly(3) == b"abc"
        on_reactor(source.data, b"def")
        on_reactor(source.end)
        assert line.exactly(4) == b"def>"
        line.send(ok())
        outcome(outcomes)

    def test_a_body_of_unknown_length_is_sent_in_chunks(self, house):
        source = on_reactor(Incoming, Giver())
        house.send(request("PUT", "/b/k", Body(source)))
        line = house.store.accept()
        assert b"Transfer-Encoding: chunked\r\n" in line.until(b"\r\n\r\n")
        on_reactor(source.data, b"abc")
        on_reactor(source.end)
        assert line.until(b"0\r\n\r\n") == b"3\r\nabc\r\n0\r\n\r\n"

    def test_a_slow_store_pauses_the_source(self, house):
        giver = Giver()
        source = on_reactor(Incoming, giver)
        house.send(request("PUT", "/b/k", Body(source)))
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
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        on_reactor(source.broken)
        assert line.ends()
        house.settled(0, 0)
        assert outcomes == []

    def test_what_cannot_be_written_is_a_bug_of_the_caller(self, house):
        with pytest.raises(ValueError, match="no request line"):
            house.send(request("GET", "/b/k\r\nevil: 1"))
        assert house.store.nobody_waits()
