"""REST requests that pass untouched, on real sockets: what the client writes and the store reads, and back."""

from __future__ import annotations

import pytest

from gateway.proxy.client import State
from gateway.rest.addresses import Endpoint
from gateway.rest.passing import Passing
from gateway.rest.relay import RestRelay
from tests.carriers import eventually
from tests.proxy.doubles import CLIENTS, STORES, House
from tests.proxy.lines import get, ok

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MANY = 40 << 20


@pytest.fixture
def house(reactor):
    """Give a gateway whose REST clients speak to the store by themselves."""
    way = Passing(endpoint=Endpoint("store", 9000), max_object=1 << 30)
    house = House(reactor, (RestRelay(way=way),), CLIENTS, STORES)
    yield house
    house.close()
    assert not house.events.bugs


def put(target, length, *fields):
    return get(target, f"Content-Length: {length}", *fields, method="PUT")


def asked(house, request):
    """Send a request; return both ends, and the head that the store reads."""
    client = house.client()
    client.send(request)
    line = house.store.accept()
    return client, line, line.until(b"\r\n\r\n")


def answered(house, reply, request=None):
    """Return the reply that a client reads when the store sends `reply`."""
    client, line, _ = asked(house, request or get("/b/k"))
    line.send(reply)
    return client.reply("GET" if request is None else request.split(b" ")[0].decode())


class TestRequest:
    def test_every_byte_that_may_be_signed_arrives(self, house):
        request = (
            b"PUT /b/a%2fb//%E4(1)?acl&X-Amz-Signature=%2B+&prefix=a/b HTTP/1.1\r\n"
            b"Host: Bucket.Example:8080\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AK/x\r\n"
            b"x-amz-meta-a: 1  2\r\nx-amz-meta-a: 3\r\nx-amz-meta-under_score: \xe4\r\n"
            b"Date: yesterday\r\nX-Forwarded-For: 10.0.0.1\r\n"
        )
        client, line, head = asked(house, request + b"Content-Length: 5\r\n\r\nhello")
        assert head.replace(b"X-Amz", b"x-amz").lower() == (request + b"Content-Length: 5\r\n\r\n").lower()
        assert line.exactly(5) == b"hello"
        line.send(ok(b"", "ETag: e"))
        assert client.reply().getheader("etag") == "e"

    def test_hop_by_hop_fields_end_here(self, house):
        _, _, head = asked(
            house,
            get("/b/k", "Connection: keep-alive, X-Own", "X-Own: 1", "Keep-Alive: 5", "TE: trailers",
                "Proxy-Authorization: Basic x", "Upgrade: h2c"),
        )  # fmt: skip
        assert head == b"GET /b/k HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def test_an_old_client_without_a_host_gets_the_stores(self, house):
        _, _, head = asked(house, b"GET /b/k HTTP/1.0\r\n\r\n")
        assert head == b"GET /b/k HTTP/1.1\r\nHost: store:9000\r\n\r\n"

    @pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"])
    def test_a_length_of_nothing_is_told_as_it_was(self, house, method):
        _, _, head = asked(house, get("/b/k", "Content-Length: 0", method=method))
        assert b"Content-Length: 0\r\n" in head

    @pytest.mark.parametrize("at_once", [True, False])
    def test_a_body_in_chunks_stays_in_chunks(self, house, at_once):
        head, end = get("/b/k", "Transfer-Encoding: chunked", method="PUT"), b"0\r\nx-t: 1\r\n\r\n"
        client, line, head = asked(house, head + b"3\r\nabc\r\n" + (end if at_once else b""))
        if not at_once:
            client.send(end)
        assert b"Transfer-Encoding: chunked\r\n" in head
        assert line.until(b"0\r\n\r\n") == b"3\r\nabc\r\n0\r\n\r\n"
        line.send(ok())
        assert client.reply().status == 200

    def test_a_large_body_goes_at_the_pace_of_the_store(self, house):
        client, line, _ = asked(house, put("/b/k", MANY) + b"x")
        sent = 1 + client.push(bytes(1 << 20), MANY - 1)
        assert sent < MANY
        read = 0
        while read < sent:
            read += len(line.receive())

    def test_a_client_that_leaves_half_way_leaves_no_object(self, house):
        client, line, _ = asked(house, put("/b/k", 10) + b"hello")
        assert line.exactly(5) == b"hello"
        client.reset()
        assert line.ends()

    def test_bad_chunks_leave_no_object(self, house):
        client, line, _ = asked(
            house, get("/b/k", "Transfer-Encoding: chunked", method="PUT") + b"3\r\nabc\r\n"
        )
        line.until(b"abc\r\n")
        client.send(b"zz\r\n")
        assert client.reply().status == 400
        assert line.ends()

    def test_an_object_that_is_too_large_is_refused_before_it_comes(self, house):
        client = house.client()
        client.send(put("/b/k", (1 << 30) + 1, "Expect: 100-continue"))
        reply = client.reply()
        assert reply.status == 400
        assert b"<Code>EntityTooLarge</Code>" in reply.body
        assert house.store.nobody_waits()


class TestContinue:
    """Wire rule 22, where nobody but the store can say whether the request is good."""

    def test_the_client_is_told_when_the_store_says_so(self, house):
        client, line, head = asked(house, put("/b/k", 5, "Expect: 100-Continue"))
        assert b"\r\nExpect: 100-continue\r\n" in head
        house.sees(lambda connection: connection._state is State.UPLOADING)
        line.send(CONTINUE)
        assert client.exactly(len(CONTINUE)) == CONTINUE
        client.send(b"hello")
        assert line.exactly(5) == b"hello"
        line.send(ok(b"", "ETag: e"))
        assert client.reply().getheader("etag") == "e"
        client.send(get("/next"))
        assert line.until(b"\r\n\r\n").startswith(b"GET /next")

    def test_a_store_that_says_nothing_gets_the_body_all_the_same(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue"))
        house.advance(STORES.continue_seconds + 1)
        assert client.exactly(len(CONTINUE)) == CONTINUE
        client.send(b"hello")
        assert line.exactly(5) == b"hello"
        line.send(CONTINUE + ok())
        assert client.reply().status == 200

    def test_a_client_that_did_not_wait_is_told_nothing(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue") + b"hello")
        line.send(CONTINUE)
        assert line.exactly(5) == b"hello"
        line.send(ok())
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")

    def test_a_body_that_begins_while_the_store_thinks_waits_for_it(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue"))
        client.send(b"he")
        line.send(CONTINUE)
        assert line.exactly(2) == b"he"
        client.send(b"llo")
        assert line.exactly(3) == b"llo"
        line.send(ok())
        assert client.until(b"OK\r\n").removeprefix(CONTINUE) == b"HTTP/1.1 200 OK\r\n"

    def test_an_answer_in_its_place_is_relayed_and_both_connections_end(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue"))
        line.send(ok(b"<Error><Code>AccessDenied</Code></Error>", status="403 Forbidden"))
        head = client.until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert b"\r\nConnection: close\r\n" in head
        assert client.exactly(40) == b"<Error><Code>AccessDenied</Code></Error>"
        assert line.ends()
        house.advance(CLIENTS.linger_seconds + 1)
        assert client.ends()

    def test_the_body_is_not_sent_behind_such_an_answer(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue"))
        line.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 40\r\n\r\n<Error>")
        eventually(
            lambda: any(connection.side == "store" and connection._reader for connection in house.sweep)
        )
        house.advance(STORES.continue_seconds + 1)
        line.send(b"<Code>AccessDenied</Code></Error>")
        assert client.reply().status == 403
        assert line.ends()

    def test_a_success_in_its_place_is_none(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue"))
        line.send(ok())
        assert b"<Code>InternalError</Code>" in client.reply().body
        assert line.ends()

    def test_a_store_that_leaves_in_its_place(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue"))
        line.close()
        reply = client.reply()
        assert (reply.status, b"<Code>ServiceUnavailable</Code>" in reply.body) == (503, True)

    def test_a_client_that_leaves_meanwhile(self, house):
        client, line, _ = asked(house, put("/b/k", 5, "Expect: 100-continue"))
        client.close()
        house.advance(STORES.continue_seconds + 1)  # until then nobody reads what the client does
        assert line.ends()

    def test_who_expects_it_for_nothing_is_not_taken_at_his_word(self, house):
        _, _, head = asked(house, get("/b/k", "Expect: 100-continue"))
        assert head == b"GET /b/k HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def test_a_client_of_http_1_0_is_not_told(self, house):
        request = b"PUT /b/k HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx"
        client, line, head = asked(house, request)
        assert b"Expect" not in head
        line.exactly(1)
        line.send(ok())
        assert client.until(b"\r\n").startswith(b"HTTP/1.1 200")


class TestReply:
    def test_status_reason_fields_and_bytes_are_the_stores(self, house):
        client, line, _ = asked(house, get("/b/k"))
        line.send(
            b'HTTP/1.1 206 A Part\r\nServer: theirs\r\nDate: then\r\nETag: "e"\r\nx-amz-request-id: THEIRS\r\n'
            b"x-amz-meta-a: \xe4\r\nConnection: X-Own\r\nX-Own: 1\r\nKeep-Alive: 5\r\nContent-Length: 4\r\n\r\nfour"
        )
        assert client.until(b"four") == (
            b'HTTP/1.1 206 A Part\r\nServer: theirs\r\nDate: then\r\nETag: "e"\r\nx-amz-request-id: THEIRS\r\n'
            b"x-amz-meta-a: \xe4\r\nx-amz-id-2: host-1\r\nContent-Length: 4\r\n\r\nfour"
        )
        eventually(lambda: house.events.requests)
        (logged,) = house.events.requests
        assert (logged["store_request_id"], logged["operation"], logged["code"]) == (
            "THEIRS",
            "REST.GET.OBJECT",
            "-",
        )

    @pytest.mark.parametrize(
        ("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("HEAD", "404 No")]
    )
    @pytest.mark.parametrize("length", ["999", None])
    def test_the_length_of_a_body_that_is_not_there_is_told_as_it_was(self, house, method, status, length):
        field = f"Content-Length: {length}\r\n" if length else ""
        client, line, _ = asked(house, get("/b/k", method=method))
        line.send(f"HTTP/1.1 {status}\r\n{field}\r\n".encode())
        head = client.until(b"\r\n\r\n")
        assert (b"Content-Length: 999\r\n" in head) == (length is not None)
        assert head.lower().count(b"content-length") == (length is not None)
        client.send(get("/next"))
        line.until(b"\r\n\r\n")
        line.send(ok(b"next"))
        assert client.reply().body == b"next"

    def test_a_body_in_chunks_comes_in_chunks_and_its_trailers_do_not(self, house):
        reply = answered(
            house, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n"
        )
        assert (reply.body, reply.getheader("transfer-encoding"), reply.getheader("x-t")) == (
            b"abc",
            "chunked",
            None,
        )

    def test_a_body_until_close(self, house):
        client, line, _ = asked(house, get("/b/k"))
        line.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        line.close()
        reply = client.reply()
        assert (reply.body, reply.getheader("transfer-encoding")) == (b"abc", "chunked")

    @pytest.mark.parametrize("head", ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"])
    @pytest.mark.parametrize("version", ["1.0", "1.1"])
    def test_a_store_that_dies_half_way_ends_the_clients_connection(self, house, head, version):
        client, line, _ = asked(house, get("/b/k", version=version))
        line.send(f"HTTP/1.1 200 OK\r\n{head}\r\n5\r\nhello".encode())
        client.until(b"hello")
        line.close()
        with pytest.raises(ConnectionResetError):
            client.rest()

    def test_blanks_that_keep_a_long_copy_alive_do_so(self, house):
        client, line, _ = asked(house, put("/b/k", 0, "x-amz-copy-source: /b/l"))
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(5):
            line.send(b"1\r\n \r\n")
            client.until(b"1\r\n \r\n")
            house.advance(STORES.body_seconds - 1)
        line.send(b"8\r\n<Error/>\r\n0\r\n\r\n")
        assert client.until(b"0\r\n\r\n") == b"8\r\n<Error/>\r\n0\r\n\r\n"

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            ("404 Not Found", b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Key>k</Key></Error>'),
            (
                "403 Forbidden",
                b"<Error><Code>SignatureDoesNotMatch</Code><StringToSign>s</StringToSign></Error>",
            ),
            ("301 Moved Permanently", b"<Error><Code>PermanentRedirect</Code></Error>"),
            ("303 See Other", b""),
        ],
    )
    def test_errors_and_redirects_of_s3_pass_byte_for_byte(self, house, status, body):
        reply = answered(house, ok(body, "Location: /x", status=status))
        assert (f"{reply.status} {reply.reason}", reply.body) == (status, body)
        assert reply.getheader("location") == "/x"

    @pytest.mark.parametrize(
        ("status", "body", "code", "told"),
        [
            ("503 Service Unavailable", b"", "ServiceUnavailable", 503),
            ("502 Bad Gateway", b"<html><h1>Bad Gateway</h1></html>", "ServiceUnavailable", 503),
            ("404 Not Found", b"404 page not found", "NoSuchKey", 404),
            ("500 Oops", b"<Error><Code>Trunc", "InternalError", 500),
        ],
    )
    def test_errors_that_are_not_of_s3_are_repaired(self, house, status, body, code, told):
        reply = answered(house, ok(body, "x-amz-request-id: THEIRS", status=status))
        assert reply.status == told
        assert f"<Code>{code}</Code><Message>".encode() in reply.body
        assert reply.getheader("x-amz-request-id") == "REQUEST0001"
        eventually(lambda: house.events.requests)
        assert [event["store_request_id"] for event in house.events.requests] == ["THEIRS"]

    def test_the_code_of_an_error_that_passes_is_logged_and_counted(self, house):
        reply = answered(house, ok(b"<Error><Code>NoSuchKey</Code></Error>", status="404 Not Found"))
        assert reply.status == 404
        eventually(lambda: house.events.requests)
        assert [event["code"] for event in house.events.requests] == ["NoSuchKey"]
        assert house.counters.of("answered") == [("rest", "GET.OBJECT", 404, "NoSuchKey")]

    def test_no_store(self, house):
        house.store.shut()
        client = house.client()
        client.send(get("/b/k"))
        reply = client.reply()
        assert (reply.status, b"<Code>ServiceUnavailable</Code>" in reply.body) == (503, True)
        assert reply.getheader("retry-after")

    def test_a_silent_store(self, house):
        client, _, _ = asked(house, get("/b/k"))
        eventually(lambda: any(each.side == "store" and each._deadline for each in house.sweep))
        house.advance(STORES.answer_seconds)
        assert client.reply().status == 503
