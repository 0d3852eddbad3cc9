"""A store that accepts a body in chunks before the last one: it knew by itself that nothing more comes."""

from __future__ import annotations

import pytest

from gateway.messages import Body
from gateway.proxy.incoming import Incoming
from gateway.rest.addresses import Endpoint
from gateway.rest.passing import Passing
from gateway.rest.relay import RestRelay
from tests.carriers import eventually, on_reactor
from tests.proxy.asked import outcome, request
from tests.proxy.doubles import CLIENTS, STORES, House
from tests.proxy.lines import get, ok
from tests.proxy.test_incoming import Giver

IN_CHUNKS = get("/b/k", "Transfer-Encoding: chunked", method="PUT")
LAST = b"0\r\n\r\n"


@pytest.fixture
def house(reactor):
    """Give a gateway whose REST clients speak to the store by themselves."""
    way = Passing(endpoint=Endpoint("store", 9000), max_object=1 << 30)
    house = House(reactor, (RestRelay(way=way),), CLIENTS, STORES)
    yield house
    house.close()
    assert not house.events.bugs


@pytest.fixture
def accepted(house):
    """Give both ends of a request that the store accepted before the last chunk."""
    client = house.client()
    client.send(IN_CHUNKS + b"3\r\nabc\r\n")
    line = house.store.accept()
    line.until(b"abc\r\n")
    line.send(ok(b"put", "ETag: e"))
    eventually(lambda: any(getattr(connection, "_early", None) for connection in house.sweep))
    return client, line


def test_its_reply_counts_when_the_last_chunk_is_sent(accepted):
    client, line = accepted
    client.send(LAST)
    assert line.exactly(len(LAST)) == LAST
    reply = client.reply("PUT")
    assert (reply.status, reply.getheader("etag"), reply.body) == (200, "e", b"put")


def test_the_connection_is_used_again(accepted):
    client, line = accepted
    client.send(LAST)
    line.exactly(len(LAST))
    assert client.reply("PUT").status == 200
    client.send(get("/b/l"))
    assert line.until(b"\r\n\r\n").startswith(b"GET /b/l ")
    line.send(ok(b"l"))
    assert client.reply().body == b"l"


def test_what_follows_it_waits_too(house):
    client = house.client()
    client.send(IN_CHUNKS + b"3\r\nabc\r\n")
    line = house.store.accept()
    line.until(b"abc\r\n")
    reply = ok(b"x" * 100_000)
    line.send(reply[:-50_000])
    eventually(lambda: any(getattr(connection, "_early", None) for connection in house.sweep))
    line.send(reply[-50_000:])
    client.send(LAST)
    assert client.reply("PUT").body == b"x" * 100_000


def test_a_store_that_did_not_know_is_not_believed(house, accepted):
    client, _ = accepted
    client.send(b"3\r\ndef\r\n" + LAST)
    assert client.reply("PUT").status == 500
    house.settled(1, 0)


def test_bad_chunks_behind_it_are_the_clients_fault(accepted):
    client, line = accepted
    client.send(b"zz\r\n")
    assert client.reply("PUT").status == 400
    assert line.ends()


def test_a_client_that_leaves_leaves_nothing(accepted):
    client, line = accepted
    client.reset()
    assert line.ends()


def test_a_last_chunk_that_does_not_come_in_time(house, accepted):
    client, line = accepted
    house.advance(max(STORES.answer_seconds, CLIENTS.body_seconds) + 2)
    assert client.reply("PUT").status >= 400
    assert line.ends()


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_a_connection_with_unsent_bytes_is_not_used_again_and_its_acceptance_not_believed(house, status):
    """All was handed to the loop, which has not got rid of it: the store cannot have read it."""
    source = on_reactor(Incoming, Giver())
    outcomes, _ = house.send(request("PUT", "/b/k", Body(source, 8)))
    on_reactor(source.data, b"all ")
    line = house.store.accept()
    line.until(b"all ")
    (connection,) = [each for each in house.sweep if each.side == "store"]
    on_reactor(source.data, b"of i")
    on_reactor(source.end)
    line.until(b"of i")
    on_reactor(connection.pause_writing)  # as the carrier says when too much is queued
    line.send(ok(b"told", status=status))
    told = outcome(outcomes)
    assert getattr(told, "code", getattr(told, "status", 0)) == ("InternalError" if "200" in status else 403)
    assert on_reactor(lambda: len(house.upstream._idle)) == 0
    house.settled(0, 0)
