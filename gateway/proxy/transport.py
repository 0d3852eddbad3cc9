"""The words that connections and carriers speak to each other: those of asyncio.

A `StreamProtocol` is told what happens to a connection, a `Transport` is what it tells in
return. Only the part is kept that both carriers can honour; where asyncio leaves a choice, the
promise is written at the method. Nothing in here knows HTTP, or which carrier runs.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from collections.abc import Sequence
from typing import Any, Protocol


class Transport(Protocol):
    """What a connection may be told."""

    def write(self, data: bytes, /) -> None:
        """Queue bytes. Not to be called after `close` or `abort`: plain uvloop would send them."""

    def writelines(self, pieces: Sequence[bytes], /) -> None:
        """Queue pieces, in one call of the system where the carrier can. Not to be called as `write`."""

    def close(self) -> None:
        """Close once everything queued has been sent, however long the peer takes."""

    def abort(self) -> None:
        """Close at once and forget what is queued."""

    def is_closing(self) -> bool:
        """Tell whether bytes queued now would go nowhere: uvloop's TLS knows before it tells."""

    def pause_reading(self) -> None:
        """Give no more data until `resume_reading`."""

    def resume_reading(self) -> None:
        """Give data again, not before this call has returned."""

    def set_read_buffer_limits(self, high: int) -> None:
        """Say how much may wait undecrypted while reading is paused; only for TLS."""

    def set_write_buffer_limits(self, high: int) -> None:
        """Say how many queued bytes bring `pause_writing`."""

    def get_extra_info(self, name: str) -> Any:
        """Tell `peername`, `socket` or, behind a TLS handshake alone, `cipher`; None when unknown."""


class StreamProtocol(Protocol):
    """What a connection is told, with two promises more than asyncio gives.

    `connection_made` comes after the TLS handshake. A protocol made for an accepted connection
    hears `connection_lost` even when that handshake failed and there was no `connection_made`.
    """

    def connection_made(self, transport: Transport) -> None:
        """Begin."""

    def data_received(self, data: bytes) -> None:
        """Take what the peer sent, in pieces of any size."""

    def eof_received(self) -> bool:
        """Learn that the peer sends no more; True keeps the other direction open, but for TLS."""

    def connection_lost(self, error: BaseException | None) -> None:
        """Learn that it is over. The error differs between carriers and may decide nothing."""

    def pause_writing(self) -> None:
        """Learn that the write buffer is full."""

    def resume_writing(self) -> None:
        """Learn that the write buffer has room again."""


def peer_of(address: object) -> str:
    """Return whose address this is: the IP address as text, `unix` where there is none.

    An IPv4 client of a dual-stack socket has its IPv4 address; scopes (`%eth0`) are dropped.
    """
    if not isinstance(address, tuple):
        return "unix"
    host = str(address[0]).partition("%")[0]
    return host.removeprefix("::ffff:") if "." in host else host


def unacknowledged(transport: Transport) -> int | None:
    """Return how many bytes the kernel still holds for the peer, None where it does not say.

    While this number changes, the peer reads. Once the connection is closed, nothing waits in front of the
    kernel when it is 0.
    """
    sock = transport.get_extra_info("socket")
    if sock is None:
        return None
    try:
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    except (OSError, ValueError):  # closed meanwhile, or a system without the call
        return None
