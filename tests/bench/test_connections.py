"""The clients that stay connected: that they notice who does not answer them, and who leaves them."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from bench.connections import resident
from bench.idle import Clients, ask, holding

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def serve(listening: socket.socket, kept: list[socket.socket], most: int) -> None:
    """Answer every request on every connection, keep `most` of the connections open."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        assert connection.recv(1000) == REQUEST
        connection.sendall(ANSWER)
        if len(kept) < most:
            kept.append(connection)
        else:
            connection.close()


@pytest.mark.parametrize("most", [3, 2])
def test_who_is_still_connected_is_counted(most, monkeypatch):
    monkeypatch.setattr("bench.idle.ASKED_AGAIN", 10)
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, args=(listening, kept, most))
        serving.start()
        with holding(Clients(listening.getsockname()[1], 3, REQUEST)) as held:
            assert len(kept) == most
            again = threading.Thread(target=lambda: (kept[0].recv(1000), kept[0].sendall(ANSWER)))
            again.start()
        again.join()
        listening.shutdown(socket.SHUT_RDWR)
        serving.join()
    for connection in kept:
        connection.close()
    assert held.still == most


def test_an_answer_that_is_none_is_an_error():
    for answer in (b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\n"):
        here, there = socket.socketpair()
        with here, there:
            there.sendall(answer)
            there.shutdown(socket.SHUT_WR)
            with pytest.raises(RuntimeError):
                ask(here, REQUEST)


def test_what_is_resident_is_told_in_kib():
    assert 4096 < resident(os.getpid()) < 4 * 1024**2
