"""How long a small GetObject waits while 16 connections send objects of 1 MiB inline, as fast as they can.

Everybody is a process of its own: the gateway, a store that costs next to nothing, the one client that is
timed, and the one that presses. Two things make the timed client wait: what stalls the gateway's reactor, and
that the processes share the machine's cores. To tell them apart there is a second gateway, the same in all:
"elsewhere" is measured while that one is pressed, and the machine works as hard.

The timed client asks over one keep-alive connection with TLS, and rests a little between its requests, so
that it measures and does not press. Figures are medians over rounds, in turns.

Run: python -m bench.stall [seconds] [rounds]
"""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.cores import held_to
from bench.figures import Figure, Setting, Target
from bench.nginx import answers
from bench.throughput import cpu_seconds, gateway_pid, signed, sink_store
from tests.clients.certificates import make_certificates
from tests.clients.gateway import Gateway, running_gateway
from tests.stores.processes import free_ports, running, spawn

CONNECTIONS = 16
"""That press, each with one call at a time."""

INLINE = 1024 * 1024
"""Bytes of an object that is sent inline."""

SMALL = 1024
"""Bytes of the object that is asked for."""

REST = 0.005
"""Seconds between two requests of the timed client."""

ALLOWED = 5.0
"""Times the idle p99."""

_PROCESSES = multiprocessing.get_context("spawn")
_END = b"</soapenv:Envelope>"


def _post(address: str, envelope: bytes) -> bytes:
    parts = urlsplit(address)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: ""\r\nContent-Length: {len(envelope)}\r\n\r\n'
    )
    return head.encode() + envelope


def _connect(address: str, ca: Path) -> ssl.SSLSocket:
    parts = urlsplit(address)
    assert parts.hostname is not None
    plain = socket.create_connection((parts.hostname, parts.port or 443), 30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ssl.create_default_context(cafile=str(ca)).wrap_socket(plain, server_hostname=parts.hostname)


def _call(connection: ssl.SSLSocket, request: bytes) -> None:
    """Send a request and read its answer, which has to be a good one."""
    connection.sendall(request)
    answer = b""
    while not answer.endswith(_END):
        data = connection.recv(65_536)
        if not data:
            raise RuntimeError("the gateway closed the connection")
        answer += data
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer[-1000:].decode(errors="replace"))


def ask(address: str, ca: Path, seconds: float, told: Any) -> None:
    """Time GetObjects, one after the other; send the seconds that each took to `told`."""
    request = _post(
        address,
        signed("GetObject", Bucket="bench", Key="small", GetMetadata=False, GetData=True, InlineData=True),
    )
    taken = []
    with _connect(address, ca) as connection:
        _call(connection, request)
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            _call(connection, request)
            taken.append(time.perf_counter() - began)
            time.sleep(REST)
    told.send(taken)


def press(address: str, ca: Path, ready: Any, enough: Any, told: Any) -> None:
    """Send objects inline on all connections until it is enough; send their number to `told`."""
    data = bytes(INLINE)
    request = _post(
        address, signed("PutObjectInline", Bucket="bench", Key="object", Data=data, ContentLength=len(data))
    )
    begun = threading.Barrier(CONNECTIONS + 1)

    def one() -> int:
        count = 0
        with _connect(address, ca) as connection:
            begun.wait()
            while not enough.is_set():
                _call(connection, request)
                count += 1
        return count

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        counts = [threads.submit(one) for _ in range(CONNECTIONS)]
        begun.wait()
        ready.set()
        told.send(sum(count.result() for count in counts))


@dataclass
class Pressed:
    """What became of pressing: the calls that were answered in a second, known when it is over."""

    calls: float = 0.0


@contextmanager
def _pressed(gateway: Gateway) -> Iterator[Pressed]:
    """Press a gateway while the block runs."""
    ready, enough = _PROCESSES.Event(), _PROCESSES.Event()
    there, here = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=press, args=(gateway.address, gateway.ca, ready, enough, here))
    process.start()
    here.close()  # so that the end of the other process is the end of the pipe
    if not ready.wait(30):
        raise RuntimeError("nobody presses")
    began = time.perf_counter()
    pressed = Pressed()
    try:
        yield pressed
    finally:
        enough.set()
        pressed.calls = there.recv() / (time.perf_counter() - began)
        process.join()


def _timed(gateway: Gateway, seconds: float) -> list[float]:
    there, here = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=ask, args=(gateway.address, gateway.ca, seconds, here))
    process.start()
    here.close()
    taken: list[float] = there.recv()
    process.join()
    return taken


def _quantiles(taken: list[float]) -> tuple[float, float, float]:
    """Return p50, p99 and the most, in milliseconds."""
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000, max(taken) * 1000


@dataclass(frozen=True, slots=True)
class Waits:
    """What the timed client met with, by who is pressed meanwhile: nobody ("idle"), elsewhere, or its own.

    Attributes:
        times: p50, p99 and the most of each round, in milliseconds.
        calls: Answered in a second to those that press, each round.
        used: Milliseconds of CPU that the gateway takes for one of their calls, each round.

    """

    times: dict[str, list[tuple[float, float, float]]]
    calls: dict[str, list[float]]
    used: list[float]

    def median(self, name: str) -> tuple[float, float, float]:
        """Return the medians of the rounds: p50, p99 and the most."""
        p50, p99, most = (statistics.median(column) for column in zip(*self.times[name], strict=True))
        return p50, p99, most

    def times_idle(self, name: str = "idle") -> float:
        """Return how many times as long p99 is when pressed as in another case."""
        return self.median("loaded")[1] / self.median(name)[1]


def waits(directory: Path, seconds: float, rounds: int) -> Waits:
    """Measure, with files in `directory`: in each round so many seconds of each kind."""
    certificates, log = make_certificates(directory), directory / "sink.log"
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "bench.sink", str(port), str(SMALL)]
    timed, other = directory / "timed", directory / "other"
    timed.mkdir()
    other.mkdir()
    with (
        running(lambda: spawn(command, log=log), lambda: answers(port), log),
        running_gateway(timed, sink_store(port), certificates) as gateway,
        running_gateway(other, sink_store(port), certificates) as elsewhere,
    ):
        return _waits(gateway, elsewhere, gateway_pid(timed), seconds, rounds)


def _waits(gateway: Gateway, elsewhere: Gateway, pid: int, seconds: float, rounds: int) -> Waits:
    found = Waits(
        {"idle": [], "elsewhere": [], "loaded": []}, {"idle": [0.0], "elsewhere": [], "loaded": []}, []
    )
    for _ in range(rounds):
        found.times["idle"].append(_quantiles(_timed(gateway, seconds)))
        for name, target in (("elsewhere", elsewhere), ("loaded", gateway)):
            before, began = cpu_seconds(pid), time.perf_counter()
            with _pressed(target) as pressed:
                found.times[name].append(_quantiles(_timed(gateway, seconds)))
            found.calls[name].append(pressed.calls)
            if target is gateway:
                share = (cpu_seconds(pid) - before) / (time.perf_counter() - began)
                found.used.append(share / pressed.calls * 1000)
    return found


def measure(setting: Setting) -> Iterator[Figure]:
    """Give a figure for each case, in a short form of the whole."""
    with held_to(setting.server_core, setting.load_core):
        found = waits(setting.directory, setting.seconds, min(setting.rounds, 2))
    target = Target("p99, times that of idle", found.times_idle(), ALLOWED, at_most=True)
    for name in found.times:
        p50, p99, _ = found.median(name)
        yield Figure(
            "Waiting behind large messages",
            {"idle": "nobody presses", "elsewhere": "another gateway is pressed", "loaded": "pressed"}[name],
            unit="",
            cpu_unit="",
            p50=p50,
            p99=p99,
            targets=(target,) if name == "loaded" else (),
        )


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return 1 when the wait is longer than allowed."""
    seconds = float(arguments[0]) if arguments else 8.0
    rounds = int(arguments[1]) if len(arguments) > 1 else 3
    with tempfile.TemporaryDirectory() as name:
        found = waits(Path(name), seconds, rounds)
    print(f"a GetObject of {SMALL} bytes, in ms, {rounds} rounds of {seconds:g} s, medians")
    print(f"pressed by {CONNECTIONS} connections with PutObjectInline of {INLINE // 1024} KiB")
    print("                 p50       p99      most   calls/s of those that press")
    for name in found.times:
        p50, p99, most = found.median(name)
        print(f"{name:10}{p50:10.2f}{p99:10.2f}{most:10.2f}{statistics.median(found.calls[name]):10.1f}")
    print(f"the gateway uses {statistics.median(found.used):.1f} ms of CPU for one PutObjectInline")
    ratio, machine = found.times_idle(), found.times_idle("elsewhere")
    print(f"p99 loaded is {ratio:.1f} times idle ({ALLOWED:g} are allowed), {machine:.1f} times elsewhere")
    return int(ratio > ALLOWED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
