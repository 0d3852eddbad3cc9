"""How much memory the gateway takes while one large object passes, above what it has when idle.

The store costs next to nothing and takes or gives as fast as it is asked, so whatever piles up does so in
the gateway. The fast client goes as fast as it can; the slow one makes 1 MiB/s and is given fewer bytes,
since what piles up with it would do so at once. Peaks are the kernel's own (VmHWM), set back before each.

Run: python -m bench.memory [MiB] [MiB of the slow client]
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.nginx import answers
from bench.throughput import gateway_pid, signed, sink_store
from gateway.messages import Body
from gateway.soap.dime_writing import build_soap_message
from gateway.soap.parts import Part
from tests.clients.certificates import make_certificates
from tests.clients.gateway import Gateway, running_gateway
from tests.clients.uploads import Sender
from tests.stores.processes import free_ports, running, spawn

MIB = 1024 * 1024
BLOCK = 64 * 1024
RATE = MIB
"""Bytes in a second of the slow client."""
ALLOWED = 40
"""MiB above idle."""
KIB_IN_MIB = 1024


class Pace:
    """Holds a client to a rate, in bytes a second; 0 lets it run."""

    def __init__(self, rate: int) -> None:
        """Take the rate."""
        self._rate = rate
        self._begun = time.perf_counter()
        self._passed = 0

    def passed(self, count: int) -> None:
        """Wait until so many bytes more may have passed."""
        self._passed += count
        if self._rate:
            time.sleep(max(0.0, self._begun + self._passed / self._rate - time.perf_counter()))


def memory(pid: int, name: str) -> float:
    """Return a figure of a process in MiB: VmRSS is what it has, VmHWM the most it had."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(f"{name}:")) / KIB_IN_MIB


def forget_peak(pid: int) -> None:
    """Set VmHWM to what the process has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def put(gateway: Gateway, size: int, rate: int) -> None:
    """Send an object beside the envelope."""
    envelope = signed("PutObject", Bucket="bench", Key="object", ContentLength=size)
    part = Part("uuid:data", "application/octet-stream")
    pieces = build_soap_message(envelope, part, Body(None, size))
    head, tail = pieces[0], b"".join(piece for piece in pieces[1:] if isinstance(piece, bytes))
    assert isinstance(head, bytes)
    pace, zeros, left = Pace(rate), bytes(BLOCK), size
    with Sender(gateway.address, gateway.ca) as sender:
        sender.head(len(head) + size + len(tail))
        sender.connection.sendall(head)
        while left:
            sender.connection.sendall(zeros[:left])
            pace.passed(min(left, BLOCK))
            left -= min(left, BLOCK)
        sender.connection.sendall(tail)
        answer = sender.answer()
    if b"PutObjectResponse" not in answer:
        raise RuntimeError(answer.decode(errors="replace"))


def get(gateway: Gateway, size: int, rate: int, *, inline: bool) -> None:
    """Read so many bytes of the answer with the object, or all of it, and go."""
    values = {"GetMetadata": True, "GetData": True, "InlineData": inline}
    envelope = signed("GetObject", Bucket="bench", Key="object", **values)
    pace, left = Pace(rate), size
    with Sender(gateway.address, gateway.ca) as sender:
        sender.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        sender.head(len(envelope), "text/xml; charset=utf-8")
        sender.connection.sendall(envelope)
        while left > 0:
            data = sender.connection.recv(BLOCK)
            if not data:
                raise RuntimeError(f"the answer ended {left} bytes early")
            left -= len(data)
            pace.passed(len(data))


def peak_above(idle: float, pid: int, work: Callable[[], None]) -> tuple[float, float]:
    """Return the most that the process took above its idle size while something was done, and the seconds."""
    forget_peak(pid)
    began = time.perf_counter()
    work()
    return memory(pid, "VmHWM") - idle, time.perf_counter() - began


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return 1 when it is more than allowed."""
    fast = int(arguments[0] if arguments else 1024) * MIB
    slow = int(arguments[1] if len(arguments) > 1 else 64) * MIB
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        certificates, log = make_certificates(directory), directory / "sink.log"
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "bench.sink", str(port), str(fast)]
        with (
            running(lambda: spawn(command, log=log), lambda: answers(port), log),
            running_gateway(directory, sink_store(port), certificates) as gateway,
        ):
            return _measure(gateway, gateway_pid(directory), fast, slow)


def _measure(gateway: Gateway, pid: int, fast: int, slow: int) -> int:
    put(gateway, 1, 0)
    get(gateway, 1, 0, inline=False)
    idle = memory(pid, "VmRSS")
    print(f"idle {idle:.1f} MiB; peaks above that, in MiB; {ALLOWED} are allowed")
    print(f"the slow client makes {RATE // MIB} MiB/s and is held to {slow // MIB} MiB of the object")
    print("                        client     MiB   seconds    peak")
    most = 0.0
    for size, rate in ((fast, 0), (slow, RATE)):
        cases: dict[str, Callable[[], None]] = {
            "PutObject, DIME": lambda size=size, rate=rate: put(gateway, size, rate),
            "GetObject, DIME": lambda size=size, rate=rate: get(gateway, size, rate, inline=False),
            "GetObject, inline": lambda size=size, rate=rate: get(gateway, size, rate, inline=True),
        }
        for name, work in cases.items():
            peak, seconds = peak_above(idle, pid, work)
            most = max(most, peak)
            client = "slow" if rate else "fast"
            print(f"{name:24}{client:6}{size // MIB:8}{seconds:10.1f}{peak:8.1f}", flush=True)
    return int(most > ALLOWED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
