"""Accepting by ourselves: refusing early, pausing, and what goes wrong in between."""

from __future__ import annotations

import resource
import socket
import ssl
from contextlib import ExitStack
from typing import Any

import pytest
from twisted.internet.task import Clock

from gateway.proxy.acceptor import ACCEPTS_AT_ONCE, IDLE, PAUSE, SPACING, Acceptor
from gateway.proxy.caps import Caps
from gateway.proxy.sweep import Sweep
from tests.carriers import PATIENCE, eventually, on_reactor
from tests.proxy.connections import Recorder, Shell, Tally, logged_failures, read_all


def greet(connection: Recorder) -> None:
    connection.send(b"hello")
    connection.finish()


def test_a_burst_is_taken_up_whole(shell: Shell) -> None:
    server = shell.serve(began=greet)
    clients = on_reactor(lambda: [server.plain() for _ in range(3 * ACCEPTS_AT_ONCE)])  # it waits
    assert [read_all(client) for client in clients] == [b"hello"] * len(clients)


@pytest.mark.parametrize(
    ("since", "most"),
    [(0.0, 1), (SPACING / 2, 1), (1.5 * SPACING, 2), (0.9 * IDLE, ACCEPTS_AT_ONCE), (IDLE, 1), (-5.0, 1)],
)
def test_who_looks_again_soon_leaves_connections_to_other_workers(since: float, most: int) -> None:
    taken: list[socket.socket] = []
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as stack:
        acceptor = Acceptor(
            clock,
            listening,
            watch=lambda _: None,
            unwatch=lambda _: None,
            make_protocol=lambda _: Recorder(Sweep(clock), Tally()),
            adopt=lambda sock, _: taken.append(stack.enter_context(sock)),
            limited=lambda _: None,
        )
        for _ in range(ACCEPTS_AT_ONCE + 1):
            stack.enter_context(socket.create_connection(listening.getsockname()))
        clock.rightNow += since
        acceptor.doRead()
        assert len(taken) == most
        acceptor.doRead()
        assert len(taken) == most + 1


def test_a_client_that_is_gone_already_is_no_bug(shell: Shell) -> None:
    """The carrier finds no peer on the socket; that is not worth a line in the log."""
    server = shell.serve(began=greet)

    def adopt(sock: socket.socket, protocol: Any) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    server.acceptor._adopt = adopt
    with logged_failures() as failures:
        assert read_all(server.plain()) == b""
        eventually(lambda: shell.tally.limits["handshake"] == 1)
    assert failures == []


def test_caps_refuse_before_the_tls_handshake(shell: Shell) -> None:
    server = shell.secured(caps=Caps(2, 0, shell.tally))
    silent, other = server.plain(), server.plain()
    eventually(lambda: len(shell.made) == 2)
    third = server.plain()
    assert third.recv(1) == b""
    assert shell.tally.limits == {"connections_per_address": 1}
    silent.close()  # it never said a word, and its place is free again
    eventually(lambda: shell.tally.limits["handshake"] == 1)
    server.tls(ssl.TLSVersion.TLSv1_3)
    other.close()


def test_accepting_pauses_while_no_descriptor_is_left(shell: Shell) -> None:
    server = shell.serve(began=greet)
    clients = [socket.socket() for _ in range(3)]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [socket.socket()]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0].fileno() + 1, limits[1]))
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                taken.append(socket.socket())
        for client in clients:
            client.settimeout(PATIENCE)
            client.connect(server.sock.getsockname())
        eventually(lambda: shell.tally.limits["descriptors"])
        shell.advance(3 * PAUSE)
        eventually(lambda: shell.tally.limits["descriptors"] == 4)  # once for each look, not a spin
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for sock in taken:
            sock.close()
    shell.advance(PAUSE)
    for client in clients:
        with client:
            assert read_all(client) == b"hello"


def test_a_stopped_acceptor_takes_nobody(shell: Shell) -> None:
    server = shell.serve(began=greet)
    on_reactor(server.acceptor.stop)
    client = server.plain()
    eventually(lambda: True)
    assert shell.made == []
    client.close()


def test_an_acceptor_can_be_stopped_in_its_pause(shell: Shell) -> None:
    server = shell.serve(began=greet)

    def stop() -> None:
        server.acceptor._rest(OSError(1, "not permitted"))
        server.acceptor.stop()

    on_reactor(stop)
    assert not shell.tally.limits
    shell.advance(3 * PAUSE)
    server.plain()
    eventually(lambda: True)
    assert shell.made == []


def test_a_bug_in_making_a_protocol_costs_that_connection_alone(shell: Shell) -> None:
    bugs = [ZeroDivisionError("the bug")]

    def leave_or_not(peer: str) -> Any:
        if bugs:
            raise bugs.pop()
        return lambda: None

    caps = Caps(0, 0, shell.tally)
    caps.enter = leave_or_not
    server = shell.serve(caps=caps, began=greet)
    assert read_all(server.plain()) == b""
    assert read_all(server.plain()) == b"hello"


def test_a_bug_in_taking_a_connection_up_is_told_to_its_protocol(shell: Shell) -> None:
    left: list[str] = []
    caps = Caps(0, 0, shell.tally)
    caps.enter = lambda peer: lambda: left.append(peer)
    server = shell.secured(caps=caps)
    server.context = ZeroDivisionError("no context")
    assert read_all(server.plain()) == b""
    eventually(lambda: left == ["127.0.0.1"])
