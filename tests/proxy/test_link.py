"""What `Link` evens out of Twisted's transports, seen on the sockets of its own reactor.

The rules that hold on both carriers are in test_connection.py; here is what only this adapter can
get wrong. The reactor may be either: Twisted's transports run on each.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.proxy.carrier import Twisted
from gateway.proxy.transport import Transport
from gateway.service.self_signed import SelfSigned
from gateway.service.tls import client_context, server_context
from tests.carriers import PATIENCE, eventually, listening, on_reactor
from tests.proxy.connections import Server, read_all

MEGABYTE = 1 << 20


class Heard:
    """A stream protocol that does nothing but write down."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.data = bytearray()
        self.transport: Any = None
        self.keeps_open = False
        self.on_data: Callable[[Transport], object] = lambda transport: None

    def connection_made(self, transport: Transport) -> None:
        self.transport = transport
        self.events.append("made")

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.on_data(self.transport)

    def eof_received(self) -> bool:
        self.events.append("eof")
        return self.keeps_open

    def connection_lost(self, error: BaseException | None) -> None:
        self.events.append("lost")

    def pause_writing(self) -> None:
        self.events.append("full")

    def resume_writing(self) -> None:
        self.events.append("room")


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def accept(reactor: Any, certificate: SelfSigned, heard: Heard) -> Iterator[Callable[..., Server]]:
    """Give what begins to accept one kind of connection, all told to `heard`."""
    with contextlib.ExitStack() as end:

        def begin(*, secure: bool = False) -> Server:
            context = server_context("twisted", [certificate.identity])
            sock = listening()
            acceptor = on_reactor(
                Twisted(reactor, reactor).accept,
                sock,
                lambda peer: heard,
                tls=(lambda: context) if secure else None,
            )
            server = Server(sock, acceptor, certificate, context)
            end.callback(server.close)
            return server

        yield begin
        if heard.transport is not None:
            on_reactor(heard.transport.abort)


def test_an_end_is_answered_by_closing_unless_the_protocol_wants_otherwise(
    accept: Callable[..., Server], heard: Heard
) -> None:
    client = accept().plain()
    client.shutdown(socket.SHUT_WR)
    assert read_all(client) == b""
    eventually(lambda: heard.events == ["made", "eof", "lost"])


def test_a_protocol_may_write_behind_the_end(accept: Callable[..., Server], heard: Heard) -> None:
    heard.keeps_open = True
    client = accept().plain()
    client.shutdown(socket.SHUT_WR)
    eventually(lambda: heard.events == ["made", "eof"])
    on_reactor(heard.transport.write, b"answer")
    on_reactor(heard.transport.close)
    assert read_all(client) == b"answer"


def test_what_twisted_decrypts_after_a_pause_is_held(accept: Callable[..., Server], heard: Heard) -> None:
    heard.on_data = lambda transport: transport.pause_reading()
    client = accept(secure=True).tls(ssl.TLSVersion.TLSv1_3)
    client.sendall(bytes(200 * 1024))

    def resumed_to_the_end() -> bool:
        if heard.transport is not None:
            heard.transport.resume_reading()
            heard.transport.resume_reading()
        return len(heard.data) == 200 * 1024

    eventually(resumed_to_the_end)
    assert heard.events == ["made"]


def hold_an_end(accept: Callable[..., Server], heard: Heard) -> None:
    """Have the client leave while some of what it sent is held, and Twisted's side be over."""
    heard.on_data = lambda transport: transport.pause_reading()
    client = accept(secure=True).tls(ssl.TLSVersion.TLSv1_3)
    on_reactor(lambda: None)
    eventually(lambda: heard.transport)
    on_reactor(heard.transport.pause_reading)  # until all of it is in the kernel
    client.sendall(bytes(100 * 1024))
    with contextlib.suppress(ssl.SSLError, TimeoutError):
        client.settimeout(0.01)
        client.unwrap()
    client.close()
    on_reactor(heard.transport.set_write_buffer_limits, MEGABYTE)  # which is read at once, too
    on_reactor(heard.transport.resume_reading)
    eventually(lambda: heard.transport.get_extra_info("socket") is None)
    assert 0 < len(heard.data) < 100 * 1024
    assert heard.events == ["made"]


def test_the_end_comes_behind_what_is_held(accept: Callable[..., Server], heard: Heard) -> None:
    hold_an_end(accept, heard)
    on_reactor(heard.transport.resume_reading)
    eventually(lambda: heard.events == ["made", "lost"])
    assert len(heard.data) == 100 * 1024


@pytest.mark.parametrize("way", ["close", "abort"])
def test_the_end_comes_when_what_is_held_is_not_wanted(
    accept: Callable[..., Server], heard: Heard, way: str
) -> None:
    hold_an_end(accept, heard)
    on_reactor(getattr(heard.transport, way))
    eventually(lambda: heard.events == ["made", "lost"])
    on_reactor(heard.transport.close)
    on_reactor(heard.transport.abort)
    on_reactor(heard.transport.write, b"late")
    eventually(lambda: heard.events == ["made", "lost"])


def test_a_pause_before_what_is_held_is_released_holds_it_on(
    accept: Callable[..., Server], heard: Heard
) -> None:
    hold_an_end(accept, heard)

    def resume_and_pause() -> None:
        heard.transport.resume_reading()
        heard.transport.pause_reading()

    on_reactor(resume_and_pause)
    eventually(lambda: True)
    assert heard.events == ["made"]
    assert len(heard.data) < 100 * 1024
    on_reactor(heard.transport.resume_reading)
    eventually(lambda: heard.events == ["made", "lost"])


def test_tls_that_ends_while_the_buffer_is_full_is_closed(
    accept: Callable[..., Server], heard: Heard
) -> None:
    """Twisted would wait for its producer for ever."""
    client = accept(secure=True).tls(ssl.TLSVersion.TLSv1_3)
    eventually(lambda: heard.transport)
    on_reactor(heard.transport.write, bytes(20 * MEGABYTE))
    assert heard.events == ["made", "full"]
    client.setblocking(False)
    with contextlib.suppress(ssl.SSLError):
        client.unwrap()
    raw = socket.socket(fileno=client.detach())
    raw.settimeout(PATIENCE)
    with raw:
        while raw.recv(MEGABYTE):
            pass
    eventually(lambda: heard.events[-1] == "lost")


def test_a_link_tells_what_it_knows(accept: Callable[..., Server], heard: Heard) -> None:
    client = accept(secure=True).tls(ssl.TLSVersion.TLSv1_2)
    transport = eventually(lambda: heard.transport)
    assert on_reactor(transport.get_extra_info, "peername") == client.getsockname()
    assert on_reactor(transport.get_extra_info, "cipher") == client.cipher()[0]
    assert on_reactor(transport.get_extra_info, "socket").fileno() > 0
    assert on_reactor(transport.get_extra_info, "weather") is None
    client.close()
    eventually(lambda: heard.events == ["made", "lost"])
    assert on_reactor(transport.get_extra_info, "peername") is None


def test_a_refused_certificate_never_begins(accept: Callable[..., Server], reactor: Any) -> None:
    server = accept(secure=True)
    failures: list[str] = []
    on_reactor(
        Twisted(reactor, reactor).connect,
        "127.0.0.1",
        server.port,
        Heard,
        tls=("localhost", client_context("twisted")),
        timeout=PATIENCE,
        failed=failures.append,
    )
    (reason,) = eventually(lambda: failures)
    assert reason == "the certificate is not accepted: certificate verify failed"
