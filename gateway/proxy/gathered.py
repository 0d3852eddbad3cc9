"""What a connection sends in one round of an asyncio loop, handed to the kernel at the round's end.

A write runs through the kernel's TCP and wakes whoever waits at the other end. Thirty of them between the
requests of a round took a third of the gateway's time: on the way, and in caches that were cold behind it.
So small pieces wait until the round is over, and then go out one connection after the other.

A connection that is alone has a round of its own, so nothing waits for it. Large pieces go at once.
Twisted's own transports send at the end of a round by themselves.
"""

from __future__ import annotations

from asyncio import Transport as LoopTransport
from collections.abc import Sequence
from typing import Any

from gateway.proxy.rounds import Rounds, Stage

GATHERED = 65536
"""Bytes that wait for the end of the round at most; with more, all of them go at once."""


class Gathered:
    """A transport of an asyncio loop that sends once a round: a `Transport`.

    Args:
        transport: The loop's.
        rounds: The loop's.

    """

    __slots__ = ("_joined", "_rounds", "_size", "_transport", "_waiting")

    def __init__(self, transport: LoopTransport, rounds: Rounds) -> None:
        self._transport = transport
        self._rounds = rounds
        self._joined = False
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        if self._waits(len(data)):
            self._waiting.append(data)
        else:
            self._send()
            self._transport.write(data)

    def writelines(self, pieces: Sequence[bytes]) -> None:
        """Queue pieces; in one call of the system, with what waits."""
        if self._waits(sum(map(len, pieces))):
            self._waiting += pieces
        else:
            waiting, self._waiting, self._size = self._waiting, [], 0
            self._transport.writelines([*waiting, *pieces])

    def close(self) -> None:
        """Close once everything queued has been sent."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close at once and forget what is queued."""
        self._waiting, self._size = [], 0
        self._transport.abort()

    def is_closing(self) -> bool:
        """Tell whether bytes queued now would go nowhere."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Give no more data."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Give data again."""
        self._transport.resume_reading()

    def set_read_buffer_limits(self, high: int) -> None:
        """Say how much may wait undecrypted; only for TLS, whose transports have this method."""
        transport: Any = self._transport
        transport.set_read_buffer_limits(high)

    def set_write_buffer_limits(self, high: int) -> None:
        """Say how many bytes, queued in the loop, bring `pause_writing`."""
        self._transport.set_write_buffer_limits(high)

    def get_extra_info(self, name: str) -> Any:
        """Tell `peername`, `socket` or `cipher`."""
        return self._transport.get_extra_info(name)

    def _waits(self, size: int) -> bool:
        """Tell whether so many bytes more can wait for the end of the round, and count them if so."""
        if self._size + size > GATHERED:
            return False
        self._size += size
        if not self._joined:
            self._joined = True
            self._rounds.at(Stage.SEND, self._round_over)
        return True

    def _round_over(self) -> None:
        self._joined = False
        if self._transport.is_closing():
            return
        try:
            self._send()
        except BaseException:
            self._transport.abort()  # else what is sent next would stand behind a gap
            raise

    def _send(self) -> None:
        if self._waiting:
            waiting, self._waiting, self._size = self._waiting, [], 0
            self._transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
