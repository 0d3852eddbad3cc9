"""REST requests that are signed anew, on real sockets: when a client may go on, and what proves an upload."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from gateway.rest.addresses import Endpoint
from gateway.rest.relay import RestRelay
from gateway.rest.requests import Store
from gateway.rest.resigning import Resigning
from gateway.wire.proof import HELD
from tests.proxy.doubles import CLIENTS, STORES, House
from tests.proxy.lines import ok
from tests.rest.relays import STORE_KEY, STORE_SECRET, received
from tests.rest.signed import ACCESS_KEY, NOW, SECRETS, V2, sign

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LARGE = bytes(range(256)) * 1024
URL = "http://localhost/b/k"


@pytest.fixture
def house(reactor):
    """Give a gateway that checks REST clients by itself."""
    way = Resigning(
        store=Store(endpoint=Endpoint("store", 9000), payload_signing=False),
        secret_of=SECRETS.get,
        key_of={ACCESS_KEY: (STORE_KEY, STORE_SECRET)}.get,
        now=lambda: NOW,
    )
    house = House(reactor, (RestRelay(way=way),), CLIENTS, STORES)
    yield house
    house.close()
    assert not house.events.bugs


def put(length, *fields, secret=SECRETS[ACCESS_KEY]):
    """Write the head of an upload, which SigV2 signs: it says nothing of the body but these fields."""
    wire = sign(V2, "PUT", URL, fields, auth_path="/b/k", secret=secret)
    return wire.having(("Content-Length", str(length))).head.raw


def md5(data):
    return ("Content-MD5", b64encode(hashlib.md5(data).digest()).decode())


@pytest.mark.parametrize("size", [0, 1, HELD, HELD + 1, len(LARGE)])
def test_every_byte_arrives_signed_anew(house, size):
    client, data = house.client(), LARGE[:size]
    client.send(put(size, md5(data)) + data)
    line = house.store.accept()
    head = line.until(b"\r\n\r\n")
    assert received(head + line.exactly(size)).data == data
    line.send(ok(b"", "ETag: e"))
    assert client.reply().getheader("etag") == "e"


@pytest.mark.parametrize("size", [1, HELD, len(LARGE)])
def test_the_store_never_has_the_whole_of_what_was_not_proved(house, size):
    client = house.client()
    client.send(put(size, md5(b"other")))
    client.send(LARGE[:size])
    reply = client.reply()
    assert (reply.status, b"<Code>BadDigest</Code>" in reply.body) == (400, True)
    if size <= HELD:
        assert house.store.nobody_waits()
    else:
        assert len(house.store.accept().rest_if_any().partition(b"\r\n\r\n")[2]) <= size - HELD


def test_of_nothing_that_was_not_proved_the_store_hears_nothing(house):
    client = house.client()
    client.send(put(0, md5(b"other")))
    assert client.reply().status == 400
    assert house.store.nobody_waits()


def test_who_is_right_may_go_on_at_once(house):
    client = house.client()
    client.send(put(5, ("Expect", "100-continue")))
    assert client.exactly(len(CONTINUE)) == CONTINUE
    client.send(b"hello")
    line = house.store.accept()
    assert b"Expect" not in line.until(b"\r\n\r\n")
    assert line.exactly(5) == b"hello"
    line.send(ok())
    assert client.reply().status == 200


def test_who_is_not_may_not(house):
    client = house.client()
    client.send(put(5, ("Expect", "100-continue"), secret="guessed"))
    reply = client.reply()
    assert (reply.status, reply.getheader("connection")) == (403, "close")
    assert b"<Code>SignatureDoesNotMatch</Code>" in reply.body
    assert house.store.nobody_waits()


def test_what_the_store_says_of_our_signature_is_a_line_for_the_operator(house):
    client = house.client()
    client.send(sign(V2, "GET", URL, auth_path="/b/k").head.raw)
    line = house.store.accept()
    line.until(b"\r\n\r\n")
    line.send(ok(b"<Error><Code>InvalidAccessKeyId</Code></Error>", status="403 Forbidden"))
    reply = client.reply()
    assert (reply.status, b"<Code>InternalError</Code>" in reply.body) == (500, True)
    assert [event["cause"] for event in house.events.of("gateway.proxy.exchange") if "cause" in event] == [
        "InvalidAccessKeyId"
    ]
