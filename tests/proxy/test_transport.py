"""The words of the transport vocabulary that are functions."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from gateway.proxy.transport import peer_of, unacknowledged


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        (("192.0.2.1", 80), "192.0.2.1"),
        (("::1", 80, 0, 0), "::1"),
        (("::ffff:192.0.2.1", 80, 0, 0), "192.0.2.1"),
        (("fe80::1%lo", 80, 0, 1), "fe80::1"),
        ("", "unix"),
        (b"\0abstract", "unix"),
        (None, "unix"),
    ],
)
def test_a_peer_is_its_address(address: object, peer: str) -> None:
    assert peer_of(address) == peer


def test_what_the_kernel_holds_is_unknown_without_a_socket() -> None:
    class Gone:
        def __init__(self, sock: Any) -> None:
            self.sock = sock

        def get_extra_info(self, name: str) -> Any:
            return self.sock

    closed = socket.socket()
    closed.close()
    assert unacknowledged(Gone(None)) is None
    assert unacknowledged(Gone(closed)) is None


def test_the_kernel_tells_what_the_peer_has_not_taken() -> None:
    ours, peers = socket.socketpair()

    class Open:
        def get_extra_info(self, name: str) -> Any:
            return ours

    with ours, peers:
        assert unacknowledged(Open()) == 0
        ours.send(b"four")
        assert unacknowledged(Open()) > 0
