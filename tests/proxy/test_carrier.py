"""Accepting and connecting on the carrier of this process, plain and by TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.task import Clock

from gateway.proxy.carrier import Attempt, Native, Twisted, carrier_for, explain
from gateway.service.self_signed import make_self_signed
from gateway.service.tls import server_context
from tests.carriers import CARRIER, PATIENCE, eventually, listening, on_reactor
from tests.proxy.connections import Recorder, Shell, read_all

TLS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
versions = pytest.mark.parametrize("version", TLS, ids=["TLS 1.2", "TLS 1.3"])


def greet(connection: Recorder) -> None:
    connection.send(b"hello")
    connection.finish()


def echo(connection: Recorder, data: bytes) -> None:
    connection.send(data)


def test_the_reactor_decides_on_the_carrier(reactor: Any) -> None:
    carrier = carrier_for(reactor)
    kinds = {
        "native": (Native, "native", "asyncio on uvloop"),
        "asyncio": (Native, "native", "asyncio on asyncio"),
        "twisted": (Twisted, "twisted", "epoll"),
    }
    assert (type(carrier), carrier.name, carrier.reactor_name) == kinds[CARRIER]


# Accepting.


def test_clients_of_ipv6_and_of_dual_stack_sockets_have_their_addresses(shell: Shell) -> None:
    sock = socket.socket(socket.AF_INET6)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::", 0))
    sock.listen()
    server = shell.serve(sock=sock, began=greet)
    for address in ("127.0.0.1", "::1"):
        with socket.create_connection((address, server.port), PATIENCE) as client:
            assert read_all(client) == b"hello"
    assert [connection.peer for connection in shell.made] == ["127.0.0.1", "::1"]


def test_clients_of_a_unix_socket_are_served(shell: Shell, tmp_path: Path) -> None:
    sock = listening(socket.AF_UNIX, str(tmp_path / "socket"))
    client = shell.serve(sock=sock, received=echo).plain()
    client.sendall(b"hello")
    assert client.recv(100) == b"hello"
    assert shell.made[0].peer == "unix"
    assert not shell.made[0].secure


def test_tls_is_spoken_on_a_unix_socket_too(shell: Shell, tmp_path: Path) -> None:
    sock = listening(socket.AF_UNIX, str(tmp_path / "socket"))
    client = shell.secured(sock=sock, received=echo).tls(ssl.TLSVersion.TLSv1_3)
    client.sendall(b"hello")
    assert client.recv(100) == b"hello"
    assert shell.made[0].secure


def test_a_client_that_is_silent_before_the_handshake_is_dropped(shell: Shell) -> None:
    client = shell.secured().plain()
    eventually(lambda: shell.made)
    shell.advance(9)
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(PATIENCE)
    shell.advance(2)
    with contextlib.suppress(ConnectionResetError):
        assert client.recv(1) == b""
    eventually(lambda: shell.tally.limits == {"handshake": 1})
    assert shell.made[0].heard == []


def test_a_handshake_in_time_is_not_cut(shell: Shell) -> None:
    client = shell.secured(received=echo).tls(ssl.TLSVersion.TLSv1_3)
    shell.advance(20)
    client.sendall(b"hello")
    assert client.recv(100) == b"hello"


def test_handshakes_that_fail_are_counted(shell: Shell) -> None:
    client = shell.secured().plain()
    client.sendall(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        while client.recv(1000):
            pass
        raise ConnectionResetError  # an end will do as well
    eventually(lambda: shell.tally.limits == {"handshake": 1})
    assert shell.made[0].heard == []


def test_each_handshake_takes_the_context_of_its_moment(shell: Shell, tmp_path: Path) -> None:
    other = make_self_signed(tmp_path, ["other.test"], datetime.now(UTC))
    server = shell.secured(received=echo)
    before = server.tls(ssl.TLSVersion.TLSv1_3)
    server.context = server_context(shell.carrier.name, [other.identity])
    with pytest.raises(ssl.SSLCertVerificationError):
        server.tls(ssl.TLSVersion.TLSv1_3)
    before.sendall(b"hello")
    assert before.recv(100) == b"hello"


# Connecting.


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_connects_to_addresses_and_names(shell: Shell, host: str) -> None:
    server = shell.serve(received=echo)
    shell.dial(host, server.port, began=lambda connection: connection.send(b"hello"))
    eventually(
        lambda: any(
            connection.data == b"hello" and connection.peer == "127.0.0.1" for connection in shell.made
        )
    )
    shell.advance(20)
    assert shell.failures == []


def test_connects_to_an_address_of_ipv6(shell: Shell) -> None:
    server = shell.serve(sock=listening(socket.AF_INET6, ("::1", 0)))
    shell.dial("::1", server.port)
    eventually(lambda: [connection.peer for connection in shell.made] == ["::1", "::1"])


@pytest.mark.parametrize("name", ["localhost", "gateway.test", "bucket.gateway.test", "127.0.0.1", "::1"])
def test_verifies_names_and_addresses(shell: Shell, name: str) -> None:
    server = shell.secured(received=echo)
    shell.dial(
        "127.0.0.1",
        server.port,
        tls=shell.client_tls(name),
        began=lambda connection: connection.send(b"hello"),
    )
    eventually(lambda: any(connection.data == b"hello" and connection.secure for connection in shell.made))
    eventually(lambda: len([made for made in shell.made if made.secure]) == 2)
    assert shell.failures == []


@pytest.mark.parametrize("name", ["other.test", "a.bucket.gateway.test", "127.0.0.2"])
def test_a_certificate_of_another_name_fails(shell: Shell, name: str) -> None:
    server = shell.secured()
    shell.dial(
        "127.0.0.1", server.port, tls=shell.client_tls(name), began=lambda _connection: pytest.fail("began")
    )
    (reason,) = eventually(lambda: shell.failures)
    assert reason.startswith("the certificate is not accepted: ")
    assert name in reason
    assert not any(connection.does for connection in shell.made)


def test_a_certificate_of_an_unknown_ca_fails(shell: Shell, tmp_path: Path) -> None:
    other = make_self_signed(tmp_path, [], datetime.now(UTC))
    server = shell.secured()
    shell.dial("127.0.0.1", server.port, tls=shell.client_tls("localhost", other.ca))
    (reason,) = eventually(lambda: shell.failures)
    assert reason.startswith("the certificate is not accepted: ")
    eventually(lambda: shell.tally.limits["handshake"] == 1)


def test_a_refused_connection_fails(shell: Shell) -> None:
    with listening() as sock:
        port = sock.getsockname()[1]
    shell.dial("127.0.0.1", port)
    (reason,) = eventually(lambda: shell.failures)
    assert "refused" in reason


def test_a_name_that_does_not_exist_fails(shell: Shell) -> None:
    shell.dial("store.invalid", 80)
    assert len(eventually(lambda: shell.failures)) == 1


def test_a_server_that_does_not_speak_tls_fails(shell: Shell) -> None:
    server = shell.serve(began=lambda connection: connection.send(b"HTTP/1.0 400 Bad Request\r\n\r\n"))
    shell.dial("127.0.0.1", server.port, tls=shell.client_tls("localhost"))
    (reason,) = eventually(lambda: shell.failures)
    assert reason


def test_a_server_that_closes_in_the_handshake_fails(shell: Shell) -> None:
    server = shell.serve(began=lambda connection: connection.finish())
    shell.dial("127.0.0.1", server.port, tls=shell.client_tls("localhost"))
    (reason,) = eventually(lambda: shell.failures)
    assert reason


def test_a_silent_server_fails_in_time(shell: Shell) -> None:
    with listening() as sock:
        shell.dial("127.0.0.1", sock.getsockname()[1], tls=shell.client_tls("localhost"), timeout=5)
        client, _ = sock.accept()
        shell.advance(4)
        assert shell.failures == []
        shell.advance(2)
        assert eventually(lambda: shell.failures) == ["no connection within 5 seconds"]
        with client:
            client.settimeout(PATIENCE)
            with contextlib.suppress(ConnectionResetError):
                read_all(client)


@pytest.mark.parametrize("secure", [False, True])
def test_a_cancelled_attempt_is_silent(shell: Shell, secure: bool) -> None:
    def dial_and_cancel(port: int) -> None:
        attempt = shell.carrier.connect(
            "127.0.0.1",
            port,
            shell.make,
            tls=shell.client_tls("localhost") if secure else None,
            timeout=10,
            failed=shell.failures.append,
        )
        attempt.cancel()
        attempt.cancel()

    with listening() as sock:
        on_reactor(dial_and_cancel, sock.getsockname()[1])
        shell.advance(20)
        eventually(lambda: True)
    assert shell.failures == []
    assert shell.made == []


def test_an_attempt_can_be_cancelled_in_its_handshake(shell: Shell) -> None:
    with listening() as sock:
        attempt = shell.dial("127.0.0.1", sock.getsockname()[1], tls=shell.client_tls("localhost"))
        client, _ = sock.accept()
        client.recv(1)
        on_reactor(attempt.cancel)
        with client, contextlib.suppress(ConnectionResetError):
            client.settimeout(PATIENCE)
            read_all(client)
    assert shell.failures == []
    assert shell.made == []


def test_an_attempt_that_is_over_in_the_moment_it_is_made_is_dropped(shell: Shell) -> None:
    def dial_and_settle(port: int) -> None:
        attempt = shell.carrier.connect(
            "127.0.0.1", port, shell.make, timeout=10, failed=shell.failures.append
        )
        attempt.settle()  # as cancelling does, but without stopping the attempt

    with listening() as sock:
        on_reactor(dial_and_settle, sock.getsockname()[1])
        client, _ = sock.accept()
        with client, contextlib.suppress(ConnectionResetError):
            client.settimeout(PATIENCE)
            assert client.recv(1) == b""
    assert shell.failures == []
    assert shell.made == []


def test_cancelling_what_was_made_does_nothing(shell: Shell) -> None:
    server = shell.serve(received=echo)
    attempt = shell.dial("127.0.0.1", server.port)
    eventually(lambda: len(shell.made) == 2)
    eventually(lambda: all(connection.heard for connection in shell.made))
    on_reactor(attempt.cancel)
    assert [connection.heard for connection in shell.made] == [["began"], ["began"]]


def test_an_attempt_ends_once() -> None:
    clock, reasons = Clock(), []
    attempt = Attempt(clock, 5.0, reasons.append)
    attempt.fail(None)
    attempt.fail(None)
    attempt.cancel()
    clock.advance(10)
    assert reasons == ["the connection was closed"]


# Words.


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "the connection was closed"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (OSError("Multiple exceptions: a, b"), "Multiple exceptions: a, b"),
        (
            SSL.Error([("SSL routines", "", "certificate verify failed")]),
            "the certificate is not accepted: certificate verify failed",
        ),
        (SSL.Error([("SSL routines", "", "wrong version number")]), "TLS failed: wrong version number"),
        (SSL.Error(), "TLS failed: no reason given"),
        (RuntimeError(), "the connection was closed"),
    ],
)
def test_reasons_are_words(error: BaseException | None, words: str) -> None:
    assert explain(error) == words
