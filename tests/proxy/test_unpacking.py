"""Requests with an attachment on real sockets: a client, the gateway and a store that the test plays."""

from __future__ import annotations

import hashlib
import resource
import select
from base64 import b64encode
from contextlib import suppress
from threading import Thread

import pytest

from gateway.messages import Body
from gateway.proxy.client import State
from gateway.proxy.unpacking import Unpacked
from gateway.wire.proof import HELD
from tests.carriers import eventually, on_reactor
from tests.proxy.doubles import CLIENTS, STORES, limits
from tests.proxy.lines import get, ok
from tests.proxy.plain import Parts, parts, record
from tests.proxy.test_incoming import Taker

BROKEN = b"\xff\xff"
"""The beginning of a record that `Parts` refuses."""

LARGE = bytes(range(256)) * 1024
"""More than what is held back."""

MANY = 40 << 20
"""Bytes that no socket buffers hold."""


def code(reply):
    return reply.getheader("x-code")


def head(length, path="/put/k", *fields, version="1.1"):
    return get(path, *fields, f"Content-Length: {length}", version=version, method="POST")


def chunked(data, size=50000):
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def uploading(house):
    house.sees(lambda client: client._state is State.UPLOADING)


def begin(house, client, announced=524288):
    """Send the first bytes of an upload; return the store's connection, and the rest of the message."""
    begun = parts(LARGE, announced=announced)[:-2]
    rest = parts(bytes(announced - len(LARGE))).partition(b"\n")[2]
    client.send(head(len(begun) + len(rest)) + begun)
    line = house.store.accept()
    assert f"Content-Length: {announced}\r\n".encode() in line.until(b"\r\n\r\n")
    line.exactly(len(LARGE) - HELD)
    return line, rest


def dropped(line):
    """Wait until the store's connection is dropped; return how many bytes came before."""
    return len(line.rest_if_any())


class TestGood:
    @pytest.mark.parametrize("size", [0, 1, HELD, HELD + 1, len(LARGE)])
    @pytest.mark.parametrize("framing", ["length", "chunked"])
    def test_every_byte_of_an_attachment_arrives(self, house, size, framing):
        client, data = house.client(), LARGE[:size]
        digest = b64encode(hashlib.md5(data).digest()).decode()
        message = parts(data, digest=digest)
        if framing == "length":
            client.send(head(len(message)) + message)
        else:
            client.send(get("/put/k", "Transfer-Encoding: chunked", method="POST") + chunked(message))
        line = house.store.accept()
        assert f"Content-Length: {size}\r\n".encode() in line.until(b"\r\n\r\n")
        assert line.exactly(size) == data
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"
        client.send(get("/echo"))
        assert client.reply().body == b"/echo"

    def test_an_attachment_of_unknown_length_is_sent_in_chunks(self, house):
        client = house.client()
        message = b"- \n" + parts(b"data").partition(b"\n")[2]
        client.send(head(len(message)) + message)
        line = house.store.accept()
        assert b"Transfer-Encoding: chunked\r\n" in line.until(b"\r\n\r\n")
        assert line.until(b"0\r\n\r\n") == b"4\r\ndata\r\n0\r\n\r\n"

    @pytest.mark.parametrize("size", [1, 7, 1000])
    def test_a_message_may_come_in_any_pieces(self, house, size):
        client, message = house.client(), parts(b"some data")
        data = head(len(message)) + message
        for start in range(0, len(data), size):
            client.send(data[start : start + size])
        line = house.store.accept()
        line.until(b"some data")
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"

    def test_the_last_bytes_wait_for_the_end_of_the_message(self, house):
        client = house.client()
        line, rest = begin(house, client)
        client.send(rest[:-1])
        line.exactly(len(LARGE))
        assert not select.select([line.sock], [], [], 0.1)[0]
        client.send(rest[-1:])
        line.exactly(HELD)
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"

    def test_a_message_with_nothing_attached_is_served_when_it_is_whole(self, house):
        client, message = house.client(), parts(None)
        client.send(head(len(message)) + message)
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        line.send(ok(b"nothing"))
        assert client.reply("POST").body == b"nothing"

    @pytest.mark.parametrize(("path", "answer"), [("/ignored", b"ignored"), ("/denied", b"AccessDenied")])
    def test_requests_behind_an_upload_are_answered_in_order(self, house, path, answer):
        client, message = house.client(), parts(b"data")
        put, other = head(len(message)) + message, head(len(message), path) + message
        client.send(put + other + put + get("/echo"))
        line = house.store.accept()
        for number in (1, 2):
            line.until(b"data")
            line.send(ok(b"put"))
            assert client.reply("POST").body == b"put"
            if number == 1:
                assert client.reply("POST").body == answer
        assert client.reply().body == b"/echo"

    def test_a_client_that_expects_100_continue_is_told_so(self, house):
        client, message = house.client(), parts(b"data")
        client.send(head(len(message), "/put/k", "Expect: 100-continue"))
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(message)
        line = house.store.accept()
        line.until(b"data")
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"

    def test_a_client_of_http_1_0(self, house):
        client, message = house.client(), parts(b"data")
        client.send(head(len(message), version="1.0") + message)
        line = house.store.accept()
        line.until(b"data")
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"
        assert client.ends()

    def test_through_tls(self, secure):
        client, message = secure.client(), parts(LARGE * 8)
        client.send(head(len(message)))
        sending = Thread(target=client.send, args=(message,))
        sending.start()
        line = secure.store.accept()
        line.until(b"\r\n\r\n")
        assert line.exactly(len(LARGE) * 8) == LARGE * 8
        sending.join()
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"


class TestPace:
    def test_a_store_that_does_not_read_stops_the_client(self, house):
        client = house.client(small=True)
        line, rest = begin(house, client, announced=MANY)
        sent = client.push(rest, len(rest))
        assert sent < MANY // 2  # what the buffers on the way hold
        house.sees(lambda client: client._held_up and not client._listening)
        sending = Thread(target=client.send, args=(rest[sent:],))
        sending.start()
        line.exactly(MANY - len(LARGE) + HELD)
        sending.join()
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"

    def test_a_large_upload_costs_no_memory(self, house):
        size = 300 << 20
        client = house.client()
        piece = record(bytes(60000))
        count = size // 60000
        length = len(f"{count * 60000} \n") + count * len(piece) + 2
        client.send(head(length) + f"{count * 60000} \n".encode())

        def send():
            for _ in range(count):
                client.send(piece)
            client.send(record(b""))

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sending = Thread(target=send)
        sending.start()
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        left = count * 60000
        while left:
            left -= len(line.exactly(min(left, 1 << 16)))
        sending.join()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 << 10
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"

    def test_a_client_that_is_too_slow_is_refused_and_the_store_dropped(self, house):
        client = house.client()
        line, _ = begin(house, client)
        uploading(house)
        house.advance(CLIENTS.body_seconds)  # it had sent enough until now
        house.advance(CLIENTS.body_seconds)
        assert code(client.reply("POST")) == "RequestTimeout"
        assert house.counters.of("limited") == [("uploading",)]
        assert dropped(line) < len(LARGE)

    @limits(body_seconds=STORES.stall_seconds // 4)
    def test_a_slow_store_is_not_the_clients_fault(self, house):
        client = house.client(small=True)
        line, rest = begin(house, client, announced=MANY)
        sent = client.push(rest, len(rest))
        house.sees(lambda client: client._held_up)
        house.advance(3 * (STORES.stall_seconds // 4))
        sending = Thread(target=client.send, args=(rest[sent:],))
        sending.start()
        line.exactly(MANY - len(LARGE) + HELD)
        sending.join()
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"
        assert not house.counters.of("limited")

    def test_a_client_has_a_whole_span_once_it_is_read_again(self, house):
        client = house.client(small=True)
        line, rest = begin(house, client, announced=MANY)
        sent = client.push(rest, len(rest))
        house.sees(lambda client: client._held_up)
        house.advance(CLIENTS.body_seconds - 1)
        left = MANY - len(LARGE) + HELD
        while on_reactor(lambda: any(each._held_up for each in house.front.connections)):
            left -= len(line.exactly(1 << 16))
        house.advance(CLIENTS.body_seconds - 1)
        sending = Thread(target=client.send, args=(rest[sent:],))
        sending.start()
        line.exactly(left)
        sending.join()
        line.send(ok(b"put"))
        assert client.reply("POST").body == b"put"
        assert not house.counters.of("limited")

    def test_a_store_that_takes_nothing_is_given_up(self, house):
        client = house.client(small=True)
        line, rest = begin(house, client, announced=MANY)
        client.push(rest, len(rest))
        house.sees(lambda client: client._held_up)
        house.advance(2 * STORES.stall_seconds)
        assert code(client.reply("POST")) == "ServiceUnavailable"
        assert house.counters.of("limited")[0] == ("write_stall",)
        assert dropped(line) < MANY

    def test_a_store_that_does_not_answer_is_given_up(self, house):
        client, message = house.client(), parts(b"data")
        client.send(head(len(message)) + message)
        line = house.store.accept()
        line.until(b"data")
        house.sees(lambda client: client._state is State.ANSWERING)
        eventually(lambda: any(each.side == "store" and each._deadline for each in house.sweep))
        house.advance(STORES.answer_seconds)
        assert code(client.reply("POST")) == "ServiceUnavailable"
        client.send(get("/echo"))
        assert client.reply().body == b"/echo"


class TestBad:
    """What goes wrong on the client's side: the store's connection is dropped, the object not complete."""

    @pytest.mark.parametrize("way", ["close", "reset"])
    def test_a_client_that_leaves(self, house, way):
        client = house.client()
        line, rest = begin(house, client)
        client.send(rest[: len(rest) // 2])
        getattr(client, way)()
        assert dropped(line) < len(LARGE)
        house.settled(0, 0)

    @pytest.mark.parametrize("missing", [1, 2, HELD, len(LARGE)])
    def test_a_client_that_ends_too_soon_is_told(self, house, missing):
        client = house.client()
        line, rest = begin(house, client)
        client.send(rest[:-missing])
        client.half_close()
        assert code(client.reply("POST")) == "IncompleteBody"
        assert client.ends()
        assert dropped(line) <= len(LARGE)

    def test_a_client_that_leaves_through_tls(self, secure):
        client = secure.client()
        line, rest = begin(secure, client)
        client.send(rest[: len(rest) // 2])
        client.close()
        with suppress(OSError):
            assert len(line.rest_if_any()) < len(LARGE)
        secure.settled(0, 0)

    def test_a_message_that_breaks(self, house):
        client = house.client()
        line, rest = begin(house, client)
        client.send(BROKEN)
        assert code(client.reply("POST")) == "InvalidSOAPRequest"
        client.send(rest[2:])  # it writes everything before it reads
        assert client.ends()
        assert dropped(line) == 0

    @pytest.mark.parametrize("before", [b"", b"no line", parts(b"data")[:-2]])
    @pytest.mark.parametrize("framing", ["length", "chunked"])
    def test_a_message_that_ends_too_soon(self, house, before, framing):
        client = house.client()
        if framing == "length":
            client.send(head(len(before)) + before + get("/echo"))
        else:
            framed = chunked(before) if before else b"0\r\n\r\n"
            client.send(get("/put/k", "Transfer-Encoding: chunked", method="POST") + framed + get("/echo"))
        assert code(client.reply("POST")) == "IncompleteBody"
        assert client.reply().body == b"/echo"  # its HTTP is in order

    def test_a_head_that_names_no_parts(self, house):
        client, message = house.client(), parts(b"data")
        client.send(head(len(message), "/put/unpackable") + message)
        assert code(client.reply("POST")) == "InvalidSOAPRequest"
        assert client.ends()

    def test_a_framing_that_breaks(self, house):
        client = house.client()
        message = parts(LARGE, announced=2 * len(LARGE))[:-2]
        client.send(get("/put/k", "Transfer-Encoding: chunked", method="POST"))
        client.send(b"%x\r\n%s\r\n" % (len(message), message))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        client.send(b"no size\r\n")
        assert code(client.reply("POST")) == "InvalidRequest"
        assert dropped(line) < len(LARGE)

    def test_a_message_that_is_too_long(self, house):
        house.languages[0].most_in_parts = 2 * len(LARGE)
        client = house.client()
        message = parts(LARGE, announced=MANY)[:-2]
        client.send(get("/put/k", "Transfer-Encoding: chunked", method="POST"))
        client.send(b"%x\r\n%s\r\n" % (len(message), message))
        line = house.store.accept()
        line.until(b"\r\n\r\n")
        client.send(b"%x\r\n%s\r\n" % (len(LARGE) * 2, record(bytes(50000)) * 11 + bytes(len(LARGE))))
        assert code(client.reply("POST")) == "MaxMessageLengthExceeded"
        assert dropped(line) < 2 * len(LARGE)

    def test_the_digest_of_the_last_byte_is_wrong(self, house):
        client, message = house.client(), parts(LARGE, digest=b64encode(bytes(16)).decode())
        client.send(head(len(message)) + message + get("/echo"))
        line = house.store.accept()
        assert code(client.reply("POST")) == "BadDigest"
        line.until(b"\r\n\r\n")
        assert dropped(line) <= len(LARGE) - HELD
        assert client.reply().body == b"/echo"

    @pytest.mark.parametrize("announced", [1, len(LARGE) - 1, len(LARGE) + 1, 2 * len(LARGE)])
    def test_more_or_fewer_bytes_than_were_announced(self, house, announced):
        client, message = house.client(), parts(LARGE, announced=announced)
        client.send(head(len(message)) + message + get("/echo"))
        assert code(client.reply("POST")) == "IncompleteBody"
        if announced > 1:
            assert dropped(house.store.accept()) < announced + 200  # the head
        else:
            assert house.store.nobody_waits()
        client.close()
        house.settled(0, 0)

    def test_too_many_bytes_and_a_broken_end_are_one_refusal(self, house):
        client = house.client()
        message = parts(b"four", announced=3)[:-2]
        client.send(head(len(message)) + message[:4])
        house.sees(
            lambda client: client._arriving and client._arriving.in_parts and not client._arriving.held_up
        )
        client.send(message[4:] + get("/echo"))
        assert code(client.reply("POST")) == "IncompleteBody"
        assert client.reply().body == b"/echo"
        assert house.store.nobody_waits()
        eventually(lambda: len(house.events.requests) == 2)  # a line comes after its answer
        assert [event["code"] for event in house.events.requests] == ["IncompleteBody", "-"]

    @pytest.mark.parametrize(
        ("message", "told"),
        [
            (parts(b"", digest=b64encode(bytes(16)).decode()), "BadDigest"),
            (parts(b"", digest="none"), "InvalidDigest"),
            (parts(b"", announced=1), "IncompleteBody"),
            (parts(b"") + b"more", "InvalidSOAPRequest"),
        ],
    )
    def test_of_an_empty_attachment_that_is_no_good_the_store_sees_nothing(self, house, message, told):
        client = house.client()
        start = message.index(b"\n") + 1
        client.send(head(len(message)) + message[:start])
        house.sees(
            lambda client: client._arriving and client._arriving.in_parts and not client._arriving.held_up
        )
        client.send(message[start:])
        assert code(client.reply("POST")) == told
        assert house.store.nobody_waits()

    def test_a_fault_is_found_when_the_store_has_room_again(self, house):
        client = house.client(small=True)
        line, rest = begin(house, client, announced=MANY)
        bad = rest[:-2] + record(b"one byte too many") + record(b"")
        sent = client.push(bad, len(bad))
        house.sees(lambda client: client._held_up)
        line.exactly(1 << 20)
        sending = Thread(target=client.send, args=(bad[sent:],))
        sending.start()
        assert dropped(line) < MANY - len(LARGE)
        sending.join()
        assert code(client.reply("POST")) == "IncompleteBody"

    def test_a_bug_in_a_message_in_parts(self, buggy):
        client = buggy.client()
        client.send(head(20) + b"no size\n")
        assert code(client.reply("POST")) == "InternalError"


class TestStore:
    """What the store does while an upload is under way."""

    def test_an_early_answer_reaches_the_client_who_may_write_all_before_it_reads(self, house):
        client = house.client()
        line, rest = begin(house, client, announced=MANY)
        line.send(ok(b"no room", status="507 Full"))
        client.send(rest)
        assert code(client.reply("POST")) == "NoSuchKey"
        assert client.ends()
        assert dropped(line) < MANY
        house.settled(0, 0)

    def test_an_early_answer_frees_a_client_that_was_not_read(self, house):
        client = house.client(small=True)
        line, rest = begin(house, client, announced=MANY)
        sent = client.push(rest, len(rest))
        house.sees(lambda client: client._held_up)
        line.send(b"HTTP/1.1 507 Full\r\nContent-Length: 7\r\n\r\nno")
        house.sees(lambda client: not client._held_up and client._listening)
        client.send(rest[sent:])
        line.send(b" room")
        assert code(client.reply("POST")) == "NoSuchKey"

    def test_a_store_that_accepts_what_it_has_not_read(self, house):
        client = house.client()
        line, _ = begin(house, client)
        line.send(ok(b"put"))
        assert code(client.reply("POST")) == "InternalError"
        assert dropped(line) < len(LARGE)

    @pytest.mark.parametrize("way", ["close", "reset"])
    def test_a_store_that_dies(self, house, way):
        client = house.client()
        line, _ = begin(house, client)
        getattr(line, way)()
        assert code(client.reply("POST")) == "ServiceUnavailable"
        assert house.store.nobody_waits()

    def test_a_store_that_is_not_there(self, house):
        house.store.shut()
        client, message = house.client(), parts(LARGE)
        client.send(head(len(message)) + message + get("/echo"))
        assert code(client.reply("POST")) == "ServiceUnavailable"

    def test_a_store_that_is_not_wanted(self, house):
        client, message = house.client(), parts(LARGE, announced=MANY)[:-2]
        client.send(head(MANY, "/ignored") + message)
        assert client.reply("POST").body == b"ignored"
        client.send(bytes(MANY - len(message)))
        assert client.ends()
        assert house.store.nobody_waits()


def test_a_message_that_is_whole_can_be_served():
    class Never(Parts):
        ready = False

        def finish(self):
            pass

    with pytest.raises(AssertionError, match="can be served"):
        Unpacked(Never(), lambda _wanted: None, lambda: None).finish()


def test_the_pace_is_that_of_the_attachments_taker():
    paces, message, dropped = [], Parts(), []
    upload = Unpacked(message, paces.append, lambda: dropped.append(True))
    upload.feed(b"3 ")
    assert not upload.ready
    upload.feed(b"\n" + record(b"one"))
    assert (upload.ready, upload.paused, paces) == (True, True, [False])
    body = message.attachment.body
    assert isinstance(body, Body)
    assert body.length == 3
    taker = Taker(body.source)
    body.source.attach(taker)
    assert (taker.heard, upload.paused, paces) == ([b"one"], False, [False, True])
    body.source.pause()
    assert upload.paused
    body.source.close()
    assert (dropped, paces) == ([True], [False, True, False])
    upload.feed(record(b"dropped") + record(b""))
    upload.finish()
    upload.end()
    assert taker.heard == [b"one"]
