"""The client's side on real sockets: what all connections share, and how they end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twisted.logger import formatEvent

from tests.carriers import eventually, on_reactor
from tests.proxy.doubles import CLIENTS, STORES, House
from tests.proxy.lines import get, ok, post
from tests.proxy.plain import Plain


@pytest.fixture(name="house")
def _house(reactor):
    soap = Plain("soap", "/soap")
    house = House(reactor, (soap, Plain("rest")), CLIENTS, STORES)
    yield house
    house.close()


def test_the_first_language_that_claims_a_request_serves_it(house):
    client = house.client()
    for target in ("/soap/echo", "/echo"):
        client.send(get(target))
        assert client.reply().body == target.encode()
    assert [language.served for language in house.languages] == [["/soap/echo"], ["/echo"]]


def test_what_cannot_be_read_is_refused_by_the_last_language(house):
    client = house.client()
    client.send(b"nonsense\r\n\r\n")
    assert client.reply().getheader("x-code") == "InvalidRequest"
    eventually(lambda: house.events.requests)
    assert house.counters.of("answered") == [("rest", "", 400, "InvalidRequest")]


class TestLog:
    """One line a request, and nothing in it that must not be told."""

    def test_of_a_request_that_asked_the_store(self, house):
        client = house.client()
        client.send(post("/store/secret-key", b"data"))
        line = house.store.accept()
        line.until(b"data")
        on_reactor(house.clock.advance, 0.25)
        line.send(ok(b"answer"))
        assert client.reply("POST").body == b"answer"
        (event,) = eventually(lambda: house.events.requests)
        told = {name: value for name, value in event.items() if not name.startswith("log_")}
        assert told.pop("received") == len(post("/store/secret-key", b"data"))
        assert told.pop("sent") > len(b"answer")
        assert told == {
            "peer": "127.0.0.1",
            "request_id": "REQUEST0001",
            "access_key": "AKEXAMPLE",
            "frontend": "rest",
            "operation": "REST.GetObject",
            "status": 200,
            "code": "-",
            "milliseconds": 250,
            "whole": True,
            "store_request_id": "",
        }
        assert formatEvent(event).startswith("127.0.0.1 REQUEST0001 AKEXAMPLE REST.GetObject 200 - in ")
        assert formatEvent(event).endswith(f" out {event['sent']} bytes 250 ms")
        assert "secret-key" not in str(event)
        assert "a-signature" not in str(event)
        assert house.counters.of("answered") == [("rest", "GetObject", 200, "")]

    def test_of_an_error_of_the_store_names_its_request(self, house):
        client = house.client()
        client.send(get("/soap/echo"))
        client.reply()
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"", "x-amz-request-id: THEIRS", status="404 Not Found"))
        assert client.reply().status == 400
        event = eventually(lambda: house.events.requests[1:])[0]
        assert (event["code"], event["store_request_id"]) == ("NoSuchKey", "THEIRS")
        assert formatEvent(event).endswith(" ms store THEIRS")
        assert house.counters.of("answered") == [
            ("soap", "GetObject", 200, ""),
            ("rest", "GetObject", 400, "NoSuchKey"),
        ]

    def test_of_what_the_store_said_and_the_client_is_not_told(self, house):
        client = house.client()
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"", status="403 Forbidden"))
        assert client.reply().getheader("x-code") == "InternalError"
        (event,) = [event for event in house.events.of("gateway.proxy.exchange") if "cause" in event]
        assert event["cause"] == "SignatureDoesNotMatch: Check it."
        assert event["request_id"] == "REQUEST0001"

    def test_of_a_request_whose_client_left(self, house):
        client = house.client()
        client.send(get("/store/k"))
        house.store.accept()
        client.reset()
        (event,) = eventually(lambda: house.events.requests)
        assert (event["status"], event["whole"]) == (0, False)
        assert house.counters.of("answered") == []


class TestDrain:
    def test_idle_connections_close_at_once_and_busy_ones_behind_their_answer(self, house):
        drained = []
        idle, busy, fresh = house.client(), house.client(), house.client()
        idle.send(get("/echo"))
        idle.reply()
        busy.send(get("/store/k"))
        line = house.store.accept()
        house.settled(3)
        on_reactor(house.front.drain, lambda: drained.append(True))
        assert idle.ends()
        assert fresh.ends()
        assert not drained
        line.until(b"\r\n\r\n")
        line.send(ok(b"late"))
        reply = busy.reply()
        assert (reply.body, reply.getheader("connection")) == (b"late", "close")
        assert busy.ends()
        eventually(lambda: drained)
        assert drained == [True]

    def test_a_request_that_has_begun_is_served(self, house):
        client = house.client()
        client.send(b"GET /echo HTTP/1.1\r\n")
        house.sees(lambda client: client._started)
        on_reactor(house.front.drain, lambda: None)
        client.send(b"Host: localhost\r\n\r\n")
        reply = client.reply()
        assert (reply.status, reply.getheader("connection")) == (200, "close")
        assert client.ends()

    def test_with_nobody_there_it_is_over_at_once(self, house):
        drained = []
        on_reactor(house.front.drain, lambda: drained.append(True))
        assert drained == [True]

    def test_who_comes_while_draining_is_answered_once(self, house):
        on_reactor(house.front.drain, lambda: None)
        client = house.client()
        client.send(get("/echo") * 2)
        assert client.reply().getheader("connection") == "close"
        assert client.ends()

    def test_abort_ends_everything_and_the_requests_at_the_store(self, house):
        client = house.client()
        client.send(get("/store/k"))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        on_reactor(house.front.abort)
        assert client.ends()
        assert line.ends()
        house.settled(0, 0)


def test_limits_are_the_fronts_own(reactor):
    house = House(reactor, (Plain(),), replace(CLIENTS, store_reply_bytes=3), STORES)
    client = house.client()
    client.send(get("/store/k"))
    line = house.store.accept()
    line.until(b"\r\n\r\n")
    line.send(ok(b"four"))
    assert client.reply().getheader("x-code") == "InternalError"
    house.close()
