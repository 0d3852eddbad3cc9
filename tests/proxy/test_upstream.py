"""The pool on real sockets: which request goes onto which connection, and how often."""

from __future__ import annotations

import pytest

from gateway.messages import Body, HttpRequest
from gateway.proxy.incoming import Incoming
from gateway.proxy.upstream import FRESH
from gateway.wire.proof import HELD, proved
from tests.carriers import eventually, on_reactor
from tests.proxy.asked import code, outcome, request, served
from tests.proxy.doubles import STORES, limits
from tests.proxy.lines import ok
from tests.proxy.test_incoming import Giver


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
            house.upstream.send(request("GET", "/next"), limit=9, done=outcomes.append)

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

    def test_a_post_is_never_sent_twice_nor_on_a_connection_that_lay_idle(self, house):
        idle = served(house)
        outcomes, _ = house.send(request("POST", "/b?delete", b"data"))
        line = house.store.accept()
        line.until(b"data")
        line.close()
        assert code(outcomes) == "ServiceUnavailable"
        assert house.store.nobody_waits()
        house.send(request("GET", "/next"))
        assert idle.until(b"\r\n\r\n").startswith(b"GET /next")

    def test_nothing_is_sent_twice_once_a_byte_came_back(self, house):
        line = served(house)
        outcomes, _ = house.send(request())
        line.until(b"\r\n\r\n")
        line.send(b"H")
        line.close()
        assert code(outcomes) == "InternalError"
        assert house.store.nobody_waits()

    def test_an_upload_that_streams_is_never_sent_twice_nor_on_a_connection_that_lay_idle(self, house):
        idle = served(house)
        house.advance(FRESH + 1)
        giver = Giver()
        source = on_reactor(Incoming, giver)
        outcomes, _ = house.send(request("PUT", "/b/k", Body(source)))
        on_reactor(source.data, b"begun")
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.reset()
        assert code(outcomes) == "ServiceUnavailable"
        assert giver.heard[-1] == "unwanted"
        assert house.store.nobody_waits()
        house.send(request("GET", "/next"))
        assert idle.until(b"\r\n\r\n").startswith(b"GET /next")

    @pytest.mark.parametrize("lives", [True, False])
    def test_an_upload_that_streams_goes_on_a_connection_that_was_busy_a_moment_ago(self, house, lives):
        line = served(house)
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", Body(source, 8)))
        on_reactor(source.data, b"data")
        line.until(b"data")
        if lives:
            on_reactor(source.data, b"more")
            on_reactor(source.end)
            line.until(b"more")
            line.send(ok(b"put"))
            assert outcome(outcomes).body == b"put"
        else:
            line.reset()
            assert code(outcomes) == "ServiceUnavailable"
        assert house.store.nobody_waits()

    def test_a_connection_that_was_kept_serves_an_upload_of_any_duration(self, house):
        line = served(house)
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", Body(source, 100)))
        for _ in range(10):
            on_reactor(source.data, b"x" * 10)
            line.exactly(10)
            house.advance(STORES.idle_seconds / 5)
            assert outcomes == []
        on_reactor(source.end)
        line.send(ok(b"put"))
        assert outcome(outcomes).body == b"put"

    @limits(max_connections=1)
    def test_so_does_one_that_it_waited_for(self, house):
        first, _ = house.send(request())
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", Body(source, 4)))
        on_reactor(source.data, b"da")
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"first"))
        assert outcome(first).body == b"first"
        line.until(b"da")
        house.advance(STORES.idle_seconds + 2)
        on_reactor(source.data, b"ta")
        on_reactor(source.end)
        line.until(b"ta")
        line.send(ok(b"put"))
        assert outcome(outcomes).body == b"put"

    def test_an_upload_that_begins_slowly_takes_no_connection_before_it_has_bytes_to_send(self, house):
        idle = served(house)
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", proved(Body(source, 2 * HELD), "")))
        on_reactor(source.data, bytes(HELD))
        house.advance(FRESH + 1)
        assert house.store.nobody_waits()
        idle.close()
        on_reactor(source.data, bytes(HELD))
        on_reactor(source.end)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        assert line.exactly(2 * HELD) == bytes(2 * HELD)
        line.send(ok(b"put"))
        assert outcome(outcomes).body == b"put"

    def test_an_upload_whose_first_bytes_are_all_goes_on_any_connection_and_is_sent_again(self, house):
        line = served(house)
        house.advance(FRESH + 1)
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", proved(Body(source, 4), "")))
        on_reactor(source.data, b"da")
        on_reactor(source.data, b"ta")
        on_reactor(source.end)
        line.until(b"data")
        line.close()
        fresh = house.store.accept()
        assert fresh.until(b"data").startswith(b"PUT /b/k")
        fresh.send(ok(b"second"))
        assert outcome(outcomes).body == b"second"

    def test_an_empty_upload_is_sent(self, house):
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", proved(Body(source, 0), "")))
        assert house.store.nobody_waits()
        on_reactor(source.end)
        line = house.store.accept()
        assert b"Content-Length: 0\r\n" in line.until(b"\r\n\r\n")
        line.send(ok(b"put"))
        assert outcome(outcomes).body == b"put"

    @pytest.mark.parametrize("field", [("if-none-match", "*"), ("if-match", '"e"')])
    def test_a_write_on_a_condition_is_not_sent_again(self, house, field):
        line = served(house)
        house.advance(FRESH + 1)
        conditional = HttpRequest("PUT", "/b/k", (("host", "store"), field), (b"data",))
        outcomes, _ = house.send(conditional)
        fresh = house.store.accept()
        fresh.until(b"data")
        fresh.close()
        assert code(outcomes) == "ServiceUnavailable"
        assert house.store.nobody_waits()
        house.send(HttpRequest("GET", "/b/k", (("host", "store"), field)))
        assert line.until(b"\r\n\r\n").startswith(b"GET ")

    def test_of_an_upload_that_is_bad_before_it_has_bytes_to_send_the_store_hears_nothing(self, house):
        source = on_reactor(Incoming, Giver())
        outcomes, asking = house.send(request("PUT", "/b/k", proved(Body(source, 5), "")))
        on_reactor(source.data, b"data")
        on_reactor(source.end)
        assert outcome(outcomes).code == "IncompleteBody"
        assert house.store.nobody_waits()
        assert house.counters.of("asked") == []
        on_reactor(asking.cancel)

    def test_of_an_upload_that_breaks_before_it_has_bytes_to_send_nobody_hears(self, house):
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", proved(Body(source, 5), "")))
        on_reactor(source.data, b"data")
        on_reactor(source.broken)
        assert house.store.nobody_waits()
        assert outcomes == []

    @limits(max_connections=1)
    def test_an_upload_that_breaks_in_line_leaves_the_line(self, house):
        first, _ = house.send(request())
        source = on_reactor(Incoming, Giver())
        outcomes, _ = house.send(request("PUT", "/b/k", Body(source, 9)))
        on_reactor(source.data, b"begun")
        eventually(lambda: len(house.upstream._waiting) == 1)
        on_reactor(source.broken)
        assert on_reactor(lambda: len(house.upstream._waiting)) == 0
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"first"))
        assert outcome(first).body == b"first"
        assert outcomes == []

    def test_a_request_that_waits_for_a_sign_to_go_on_finds_another_connection(self, house):
        line = served(house)
        source = on_reactor(Incoming, Giver())
        waiting = HttpRequest(
            "PUT", "/b/k", (("host", "store"), ("expect", "100-continue")), (Body(source, 4),)
        )
        outcomes, _ = house.send(waiting)
        line.until(b"\r\n\r\n")
        line.close()
        fresh = house.store.accept()
        fresh.until(b"\r\n\r\n")
        fresh.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        on_reactor(source.data, b"data")
        on_reactor(source.end)
        assert fresh.exactly(4) == b"data"
        fresh.send(ok(b"put"))
        assert outcome(outcomes).body == b"put"

    @limits(max_connections=1)
    def test_an_idle_connection_makes_room_for_what_cannot_be_repeated(self, house):
        idle = served(house)
        outcomes, _ = house.send(request("POST", "/b?delete", b"data"))
        assert idle.ends()
        line = house.store.accept()
        line.until(b"data")
        line.send(ok(b"done"))
        assert outcome(outcomes).body == b"done"

    @limits(max_connections=1)
    def test_what_cannot_be_repeated_waits_in_line_while_nothing_is_idle(self, house):
        first, _ = house.send(request())
        outcomes, _ = house.send(request("POST", "/b?delete", b"data"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"first"))
        assert outcome(first).body == b"first"
        line.until(b"data")  # it has not lain idle
        line.send(ok(b"done"))
        assert outcome(outcomes).body == b"done"


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
            asking = house.upstream.send(request(), limit=1, done=outcomes.append)
            asking.cancel()

        outcomes = []
        on_reactor(at_once)
        assert on_reactor(lambda: house.upstream._open) == 0
        assert outcomes == []
