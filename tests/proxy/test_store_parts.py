"""Replies of a store that are read part by part, on real sockets: `HttpRequest.unpack`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.messages import RestReply
from tests.carriers import eventually, on_reactor
from tests.proxy.asked import code, outcome, request
from tests.proxy.doubles import STORES, streamed
from tests.proxy.lines import ok
from tests.proxy.plain import Parts, parts, record

LARGE = bytes(range(256)) * 1024

MANY = 40 << 20
"""Bytes that no socket buffers hold."""

BROKEN = b"\xff\xff"
"""The beginning of a record that `Parts` refuses."""


def ask(house, **more):
    """Send a request whose reply is read in parts; return outcomes, asking and the store's line."""
    heads = []

    def unpack(status, headers):
        heads.append((status, dict(headers)))
        return Parts()

    outcomes, asking = house.send(
        replace(request("GET", "/parts"), unpack=more.pop("unpack", unpack)), **more
    )
    line = house.store.accept()
    line.until(b"\r\n\r\n")
    return outcomes, asking, line, heads


def head(length, *fields):
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {length}", *fields, "", ""]).encode()


def chunked(data, size=50000):
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed


def attached(reply):
    """Take what is attached to a reply: its bytes, and how it ended."""
    assert isinstance(reply, RestReply)
    return streamed(reply.body.attachment.body)


def next_is_served(house, line):
    """The connection is as good as before."""
    outcomes, _ = house.send(request("GET", "/next"))
    assert line.until(b"\r\n\r\n").startswith(b"GET /next")
    line.send(ok(b"good"))
    assert outcome(outcomes).body == b"good"
    assert house.counters.open("store") == 1


def next_is_fresh(house):
    """The connection is gone, and nothing of it is left."""
    house.settled(0, 0)
    outcomes, _ = house.send(request("GET", "/next"))
    line = house.store.accept()
    line.until(b"\r\n\r\n")
    line.send(ok(b"good"))
    assert outcome(outcomes).body == b"good"


class TestGood:
    @pytest.mark.parametrize("size", [0, 1, 70000, len(LARGE)])
    @pytest.mark.parametrize("framing", ["length", "chunked"])
    def test_every_byte_of_an_attachment_arrives(self, house, size, framing):
        message = parts(LARGE[:size])
        outcomes, _, line, heads = ask(house)
        line.send(head(len(message)) + message if framing == "length" else chunked(message))
        reply = outcome(outcomes)
        assert reply.body.attachment.body.length == size
        data, fate = attached(reply)
        eventually(lambda: fate)
        assert (bytes(data), fate) == (LARGE[:size], ["end"])
        assert [status for status, _ in heads] == [200]
        next_is_served(house, line)

    @pytest.mark.parametrize("pieces", [1, 2, 3, 7, 1000])
    def test_a_reply_may_come_in_any_pieces(self, house, pieces):
        message = parts(LARGE[:500])
        outcomes, _, line, _ = ask(house)
        reply = head(len(message), "X-A: 1") + message
        for start in range(0, len(reply), pieces):
            line.send(reply[start : start + pieces])
            if outcomes:
                break
        data, fate = attached(outcome(outcomes))
        line.send(reply[start + pieces :])
        eventually(lambda: fate)
        assert (bytes(data), fate) == (LARGE[:500], ["end"])
        next_is_served(house, line)

    def test_a_reply_without_an_attachment_is_told_when_it_is_whole(self, house):
        message = parts(None)
        outcomes, _, line, _ = ask(house)
        line.send(head(len(message)) + message)
        reply = outcome(outcomes)
        assert isinstance(reply.body, Parts)
        assert reply.body.attachment is None
        next_is_served(house, line)

    def test_a_reply_until_close(self, house):
        outcomes, _, line, _ = ask(house)
        line.send(b"HTTP/1.1 200 OK\r\n\r\n" + parts(LARGE[:100]))
        data, fate = attached(outcome(outcomes))
        assert not fate
        line.close()
        eventually(lambda: fate)
        assert (bytes(data), fate) == (LARGE[:100], ["end"])
        next_is_fresh(house)

    def test_who_unpacks_sees_status_and_fields_and_may_decline(self, house):
        heads = []

        def unpack(status, headers):
            heads.append((status, dict(headers)["x-form"]))

        outcomes, _, line, _ = ask(house, unpack=unpack)
        line.send(ok(b"a fault", "X-Form: none", status="500 Internal Server Error"))
        assert outcome(outcomes).body == b"a fault"
        assert heads == [(500, "none")]
        next_is_served(house, line)

    def test_a_reply_without_a_body_is_not_unpacked(self, house):
        outcomes, _, line, heads = ask(house)
        line.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert outcome(outcomes).body == b""
        assert heads == []

    def test_no_limit_of_bodies_at_hand_is_met(self, house):
        message = parts(LARGE)
        outcomes, _, line, _ = ask(house, limit=100)
        line.send(head(len(message)) + message)
        data, fate = attached(outcome(outcomes))
        eventually(lambda: fate)
        assert bytes(data) == LARGE


class TestPace:
    def test_nothing_is_read_before_somebody_takes_it(self, house):
        message = parts(bytes(MANY))
        outcomes, _, line, _ = ask(house)
        line.send(head(len(message)))
        sent = line.push(message, len(message))
        reply = outcome(outcomes)
        assert sent < len(message)
        house.advance(10 * STORES.body_seconds)  # no deadline runs for a store that is not listened to
        data, fate = attached(reply)
        line.send(message[sent:])
        eventually(lambda: fate)
        assert (len(data), fate) == (MANY, ["end"])
        next_is_served(house, line)

    def test_a_taker_that_is_full_is_waited_for(self, house):
        message = parts(bytes(MANY))
        outcomes, _, line, _ = ask(house)
        line.send(head(len(message)))
        source = None

        class Full:
            size, fate = 0, ""

            def data(self, data):
                self.size += len(data)
                source.pause()

            def end(self):
                self.fate = "end"

        line.send(message[:100000])
        source = outcome(outcomes).body.attachment.body.source
        taker = Full()
        on_reactor(source.attach, taker)
        sent = 100000 + line.push(message[100000:], len(message) - 100000)
        assert sent < len(message)
        assert taker.size < 100000
        taker.data = lambda data: setattr(taker, "size", taker.size + len(data))
        on_reactor(source.resume)
        line.send(message[sent:])
        eventually(lambda: taker.fate)
        assert taker.size == MANY
        next_is_served(house, line)


class TestTakerLeaves:
    def test_before_it_has_taken_anything(self, house):
        outcomes, _, line, _ = ask(house)
        line.send(head(1000) + parts(LARGE)[:100])
        body = outcome(outcomes).body.attachment.body
        on_reactor(body.source.close)
        assert line.ends()
        next_is_fresh(house)

    def test_in_the_middle(self, house):
        outcomes, _, line, _ = ask(house)
        line.send(head(len(parts(LARGE))) + parts(LARGE)[:70000])
        reply = outcome(outcomes)
        data, fate = attached(reply)
        eventually(lambda: data)
        on_reactor(reply.body.attachment.body.source.close)
        assert line.ends()
        assert not fate
        next_is_fresh(house)

    def test_when_all_is_there(self, house):
        message = parts(LARGE[:100])
        outcomes, _, line, _ = ask(house)
        line.send(head(len(message)) + message)
        reply = outcome(outcomes)
        on_reactor(reply.body.attachment.body.source.close)
        on_reactor(reply.body.attachment.body.source.close)
        house.settled(0)

    def test_the_asker_leaves_before_the_reply_is_ready(self, house):
        outcomes, asking, line, _ = ask(house)
        line.send(head(1000) + b"10")
        on_reactor(asking.cancel)
        assert line.ends()
        assert outcomes == []
        next_is_fresh(house)


class TestStoreLeaves:
    def test_before_the_parts_are_ready(self, house):
        outcomes, _, line, _ = ask(house)
        line.send(head(1000) + b"10")
        line.close()
        assert code(outcomes) == "InternalError"
        next_is_fresh(house)

    @pytest.mark.parametrize("framing", ["length", "chunked", "until close"])
    def test_behind_that(self, house, framing):
        message = parts(LARGE)
        outcomes, _, line, _ = ask(house)
        whole = {
            "length": head(len(message)) + message,
            "chunked": chunked(message),
            "until close": b"HTTP/1.1 200 OK\r\n\r\n" + message,
        }
        line.send(whole[framing][:70000])
        _, fate = attached(outcome(outcomes))
        line.reset() if framing == "until close" else line.close()
        eventually(lambda: fate)
        assert fate == ["broken"]
        next_is_fresh(house)

    def test_until_close_with_the_message_cut(self, house):
        outcomes, _, line, _ = ask(house)
        line.send(b"HTTP/1.1 200 OK\r\n\r\n" + parts(LARGE)[:-2])
        _, fate = attached(outcome(outcomes))
        line.close()
        eventually(lambda: fate)
        assert fate == ["broken"]

    def test_a_store_that_stops_is_given_up(self, house):
        outcomes, _, line, _ = ask(house)
        line.send(head(len(parts(LARGE))) + parts(LARGE)[:70000])
        _, fate = attached(outcome(outcomes))
        eventually(lambda: next(iter(house.sweep))._deadline)
        house.advance(3 * STORES.body_seconds)
        assert fate == ["broken"]
        assert house.counters.of("limited") == [("store_body",)]


class TestMalformed:
    def test_before_the_parts_are_ready(self, house):
        class Refusing(Parts):
            def _begin(self, line, rest):
                super()._begin(line, rest)
                self._read = BROKEN

        outcomes, _, line, _ = ask(house, unpack=lambda *_: Refusing())
        line.send(head(1000) + b"10 \n")
        assert code(outcomes) == "InternalError"
        assert line.ends()

    def test_behind_that(self, house):
        outcomes, _, line, _ = ask(house)
        line.send(head(1000) + b"10 \n" + record(b"ab"))
        data, fate = attached(outcome(outcomes))
        eventually(lambda: data)
        line.send(BROKEN)
        eventually(lambda: fate)
        assert (bytes(data), fate) == (b"ab", ["broken"])
        next_is_fresh(house)

    def test_an_http_body_that_ends_before_the_message(self, house):
        message = parts(LARGE[:100])[:-2]
        outcomes, _, line, _ = ask(house)
        line.send(head(len(message)) + message)
        assert code(outcomes) == "InternalError"
        next_is_fresh(house)

    def test_the_same_when_it_is_told_already(self, house):
        message = parts(LARGE[:100])[:-2]
        outcomes, _, line, _ = ask(house)
        line.send(head(len(message)) + message[:20])
        _, fate = attached(outcome(outcomes))
        line.send(message[20:])
        eventually(lambda: fate)
        assert fate == ["broken"]
        next_is_fresh(house)

    def test_a_message_that_ends_before_the_http_body(self, house):
        outcomes, _, line, _ = ask(house)
        message = parts(LARGE[:100]) + b"more"
        line.send(head(len(message)) + message[:20])
        _, fate = attached(outcome(outcomes))
        line.send(message[20:])
        eventually(lambda: fate)
        assert fate == ["broken"]
        next_is_fresh(house)
