"""The rules of a connection, each over real sockets, plain and by both versions of TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.task import Clock

from gateway.proxy.connection import GOODBYE, HIGH_WATER
from gateway.proxy.sweep import Sweep
from gateway.proxy.transport import unacknowledged
from tests.carriers import eventually, on_reactor
from tests.proxy.connections import STALL, Recorder, Shell, Tally, logged_failures, read_all

TLS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
ways = pytest.mark.parametrize("version", [None, *TLS], ids=["plain", "TLS 1.2", "TLS 1.3"])

MEGABYTE = 1 << 20
BIG = 20 * MEGABYTE
"""More than the kernel's buffers of both ends take together."""

SMALL_BUFFER = 65536


def echo(connection: Recorder, data: bytes) -> None:
    connection.send(data)


def pattern(size: int) -> bytes:
    return bytes(range(256)) * (size // 256)


@contextlib.contextmanager
def in_background(function: Callable[..., Any], *args: Any) -> Iterator[None]:
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    yield
    thread.join()


@ways
def test_what_is_sent_comes_back(shell: Shell, version: ssl.TLSVersion | None) -> None:
    client = shell.serving(version, received=echo).connect(version)
    client.sendall(b"hello")
    assert client.recv(100) == b"hello"
    client.close()
    eventually(lambda: shell.made[0].heard[-1] == "lost")
    assert shell.made[0].peer == "127.0.0.1"
    assert shell.made[0].secure == (version is not None)
    assert shell.made[0].heard.count("lost") == 1
    assert shell.tally.open["client"] == 0
    assert len(shell.sweep) == 0


@ways
def test_a_slow_reader_gets_every_byte_before_the_end(shell: Shell, version: ssl.TLSVersion | None) -> None:
    def send_and_finish(connection: Recorder) -> None:
        connection.send(pattern(BIG))
        connection.finish()
        connection.send(b"never")

    client = shell.serving(version, began=send_and_finish).connect(version, receive_buffer=SMALL_BUFFER)
    got = bytearray()
    for _ in range(10):  # ten times nearly as long as a stall may last
        goal = len(got) + MEGABYTE
        while len(got) < goal:
            got += client.recv(65536)
        shell.advance(STALL - 2)
    got += read_all(client)
    client.close()
    assert len(got) == BIG
    assert got == pattern(BIG)
    eventually(lambda: shell.made[0].heard == ["began", "lost"])
    assert not shell.tally.limits


@ways
def test_a_reader_that_stops_is_reset_after_the_stall(shell: Shell, version: ssl.TLSVersion | None) -> None:
    def send_and_finish(connection: Recorder) -> None:
        connection.send(pattern(BIG))
        connection.finish()

    client = shell.serving(version, began=send_and_finish).connect(version, receive_buffer=SMALL_BUFFER)
    eventually(lambda: shell.made and shell.made[0].heard)
    while "lost" not in shell.made[0].heard:  # the kernel's buffers fill while the clock runs
        shell.advance(STALL)
    assert shell.tally.limits["write_stall"] == 1
    with pytest.raises((ConnectionResetError, ssl.SSLError)):
        read_all(client)


@ways
def test_a_full_buffer_says_so_and_is_bounded(shell: Shell, version: ssl.TLSVersion | None) -> None:
    piece = pattern(65536)
    queued = []

    def fill(connection: Recorder) -> None:
        count = 1
        while connection.send(piece):
            count += 1
        queued.append(count * len(piece))

    client = shell.serving(version, began=fill, drained=fill).connect(version, receive_buffer=SMALL_BUFFER)
    eventually(lambda: queued)
    total = 0
    while len(queued) < 20:
        total += len(client.recv(65536))
    assert on_reactor(lambda: sum(queued)) - total < 16 * MEGABYTE  # the kernel's buffers are most of it
    for connection in shell.made:
        connection.does.pop("drained")


@ways
def test_one_large_write_fills_the_buffer_too(shell: Shell, version: ssl.TLSVersion | None) -> None:
    answers = []
    client = shell.serving(
        version, began=lambda connection: answers.append(connection.send(pattern(BIG)))
    ).connect(version, receive_buffer=SMALL_BUFFER)
    eventually(lambda: answers)
    assert answers == [False]
    left = BIG
    while left:
        left -= len(client.recv(left))
    eventually(lambda: shell.made[0].heard == ["began", "drained"])


@ways
def test_a_paused_connection_takes_no_more_than_buffers_hold(
    shell: Shell, version: ssl.TLSVersion | None
) -> None:
    def pause(connection: Recorder, data: bytes) -> None:
        connection.pause()

    client = shell.serving(version, received=pause).connect(version)
    with in_background(client.sendall, pattern(BIG)):
        eventually(lambda: shell.made and shell.made[0].data)
        connection = shell.made[0]
        sizes = set()
        for _ in range(20):
            eventually(lambda: True)
            sizes.add(len(connection.data))
        assert len(sizes) == 1
        assert sizes.pop() <= HIGH_WATER
        connection.does["received"] = lambda connection, data: None
        on_reactor(connection.resume)
        eventually(lambda: len(connection.data) == BIG)
    assert connection.data == pattern(BIG)


@ways
def test_what_came_before_the_end_is_received_though_reading_was_paused(
    shell: Shell, version: ssl.TLSVersion | None
) -> None:
    """A store that closes behind its answer must not cut it for a slow client."""

    def pause(connection: Recorder, data: bytes) -> None:
        connection.pause()

    client = shell.serving(version, received=pause).connect(version)
    client.sendall(pattern(200 * 1024))
    if isinstance(client, ssl.SSLSocket):
        client.setblocking(False)
        with contextlib.suppress(ssl.SSLWantReadError):
            client.unwrap()  # sends close_notify
    client.shutdown(socket.SHUT_WR)
    eventually(lambda: shell.made and shell.made[0].data)
    connection = shell.made[0]
    while "lost" not in connection.heard:
        on_reactor(connection.resume)
        eventually(lambda: True)
    assert connection.data == pattern(200 * 1024)


def test_reset_is_seen_as_a_reset(shell: Shell) -> None:
    client = shell.serve(received=lambda connection, data: connection.reset()).plain()
    client.sendall(b"x")
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    eventually(lambda: shell.made[0].heard == ["began", "received", "lost"])


@pytest.mark.parametrize("version", TLS)
def test_reset_is_no_orderly_end_of_tls(shell: Shell, version: ssl.TLSVersion) -> None:
    client = shell.secured(received=lambda connection, data: connection.reset()).tls(version)
    client.sendall(b"x")
    with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
        client.recv(1)


@ways
def test_reset_forgets_what_is_queued(shell: Shell, version: ssl.TLSVersion | None) -> None:
    def send_and_reset(connection: Recorder, data: bytes) -> None:
        connection.send(pattern(BIG))
        connection.reset()
        connection.reset()
        connection.finish()

    client = shell.serving(version, received=send_and_reset).connect(version)
    client.sendall(b"x")
    with pytest.raises((ConnectionResetError, ssl.SSLError)):
        read_all(client)


@ways
def test_nothing_is_sent_or_heard_after_finish(shell: Shell, version: ssl.TLSVersion | None) -> None:
    def finish(connection: Recorder, data: bytes) -> None:
        connection.set_deadline(1)
        connection.send(b"last")
        connection.finish()
        assert not connection.send(b"late")
        connection.pause()
        connection.resume()

    client = shell.serving(version, received=finish).connect(version)
    client.sendall(b"x")
    assert read_all(client) == b"last"
    connection = shell.made[0]
    on_reactor(connection.data_received, b"late")
    on_reactor(connection.eof_received)
    on_reactor(connection.resume_writing)
    shell.advance(2)
    client.close()
    eventually(lambda: shell.made[0].heard == ["began", "received", "lost"])


@ways
def test_a_paused_connection_finishes_like_any_other(shell: Shell, version: ssl.TLSVersion | None) -> None:
    def pause_and_finish(connection: Recorder, data: bytes) -> None:
        connection.pause()
        connection.send(pattern(BIG))
        connection.finish()

    client = shell.serving(version, received=pause_and_finish).connect(version)
    client.sendall(b"x")
    assert len(read_all(client)) == BIG
    if isinstance(client, ssl.SSLSocket):
        client.unwrap()
    client.close()
    eventually(lambda: shell.made[0].heard == ["began", "received", "lost"])


def test_a_plain_client_may_end_and_still_read(shell: Shell) -> None:
    def answer(connection: Recorder) -> None:
        connection.send(b"answer to ", bytes(connection.data))
        connection.finish()

    client = shell.serve(ended=answer).plain()
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    assert read_all(client) == b"answer to question"
    eventually(lambda: shell.made[0].heard == ["began", "received", "ended", "lost"])


def test_without_other_wishes_an_end_closes(shell: Shell) -> None:
    client = shell.serve().plain()
    client.shutdown(socket.SHUT_WR)
    assert read_all(client) == b""
    eventually(lambda: shell.made[0].heard == ["began", "ended", "lost"])


@pytest.mark.parametrize("version", TLS)
def test_tls_ends_in_both_directions(shell: Shell, version: ssl.TLSVersion) -> None:
    client = shell.secured().tls(version)
    client.unwrap()
    eventually(lambda: shell.made[0].heard == ["began", "lost"])


@pytest.mark.parametrize("version", TLS)
def test_the_end_of_tls_is_noticed_while_the_buffer_is_full(shell: Shell, version: ssl.TLSVersion) -> None:
    client = shell.secured(began=lambda connection: connection.send(pattern(BIG))).tls(version)
    client.setblocking(False)
    with contextlib.suppress(ssl.SSLError):
        client.unwrap()
    client.setblocking(True)
    with contextlib.suppress(OSError):
        while client.recv(MEGABYTE):
            pass
    client.close()
    eventually(lambda: shell.made[0].heard[-1] == "lost")


@pytest.mark.parametrize("version", TLS)
def test_a_peer_that_does_not_say_goodbye_is_not_waited_for(shell: Shell, version: ssl.TLSVersion) -> None:
    """All has arrived; that the peer never answers close_notify is no stall."""
    client = shell.secured(began=lambda connection: connection.finish()).tls(version)
    assert client.recv(1) == b""  # the goodbye of the other side
    connection = shell.made[0]
    eventually(lambda: unacknowledged(connection._transport) == 0)
    shell.advance(GOODBYE + 2)
    eventually(lambda: connection.heard == ["began", "lost"])
    assert not shell.tally.limits


@ways
def test_a_bug_is_logged_and_answered(shell: Shell, version: ssl.TLSVersion | None) -> None:
    def bug(connection: Recorder, data: bytes) -> None:
        raise ZeroDivisionError("the bug")

    def answer(connection: Recorder) -> None:
        connection.send(b"500")
        connection.finish()

    with logged_failures() as events:
        client = shell.serving(version, received=bug, failed=answer).connect(version)
        client.sendall(b"x")
        assert read_all(client) == b"500"
        client.close()
        eventually(lambda: shell.made[0].heard == ["began", "received", "failed", "lost"])
    (event,) = events
    assert event["log_failure"].check(ZeroDivisionError)
    assert (event["side"], event["peer"], event["method"]) == ("client", "127.0.0.1", "received")


def test_without_other_wishes_a_bug_resets(shell: Shell) -> None:
    def bug(connection: Recorder, data: bytes) -> None:
        raise ZeroDivisionError("the bug")

    with logged_failures() as events:
        client = shell.serve(received=bug).plain()
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert len(events) == 1


def test_a_bug_in_answering_a_bug_resets(shell: Shell) -> None:
    def bug(connection: Recorder, *_data: bytes) -> None:
        raise ZeroDivisionError("the bug")

    with logged_failures() as events:
        client = shell.serve(received=bug, failed=bug).plain()
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert [event["method"] for event in events] == ["received", "failed"]


def test_a_bug_behind_the_end_is_only_logged(shell: Shell) -> None:
    def bug(connection: Recorder, *_data: bytes) -> None:
        connection.finish()
        raise ZeroDivisionError("the bug")

    with logged_failures() as events:
        client = shell.serve(received=bug, lost=bug).plain()
        client.sendall(b"x")
        assert read_all(client) == b""
        eventually(lambda: shell.made[0].heard == ["began", "received", "lost"])
    assert [event["method"] for event in events] == ["received", "lost"]


@ways
def test_a_deadline_passes_once_and_can_be_put_off(shell: Shell, version: ssl.TLSVersion | None) -> None:
    client = shell.serving(
        version, began=lambda connection: connection.set_deadline(5), expired=lambda connection: None
    ).connect(version)
    connection = eventually(lambda: shell.made[0] if shell.made and shell.made[0].heard else None)
    shell.advance(4)
    on_reactor(connection.set_deadline, 5)
    shell.advance(4)
    assert connection.heard == ["began"]
    shell.advance(10)
    assert connection.heard == ["began", "expired"]
    on_reactor(connection.set_deadline, 5)
    on_reactor(connection.set_deadline, None)
    shell.advance(10)
    assert connection.heard == ["began", "expired"]
    client.close()


def test_without_other_wishes_a_deadline_resets(shell: Shell) -> None:
    client = shell.serve(began=lambda connection: connection.set_deadline(5)).plain()
    eventually(lambda: shell.made and shell.made[0].heard)
    shell.advance(6)
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_a_connection_that_never_began_hears_and_sends_nothing() -> None:
    tally = Tally()
    left: list[bool] = []
    connection = Recorder(Sweep(Clock()), tally, leave=lambda: left.append(True))
    connection.pause()
    connection.resume()
    connection.finish()
    connection.reset()
    assert connection.closed
    assert not connection.send(b"x")
    connection.connection_lost(None)
    connection.connection_lost(None)
    assert connection.heard == []
    assert left == [True]
    assert tally.limits == {"handshake": 1}
    assert tally.open == {}
