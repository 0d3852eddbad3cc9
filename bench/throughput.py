"""How fast large objects pass by DIME over TLS, against nginx relaying the same bytes by plain REST.

All stand in front of the same store, which costs next to nothing, and all are asked by curl, in
turns. A ratio is the gateway's rate by nginx's; CPU is what the process itself
used, user and system, for a GiB.

nginx is there as it is installed, and tuned for large bodies. It hashes nothing. "PUT, no hash" is a
gateway that is told to do the same: ETags as the store has them, and no signature over the bytes
(wire rules 27 and 28).

Run: python -m bench.throughput [MiB] [rounds]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.nginx import answers, running_nginx
from gateway.messages import Call, Credentials
from gateway.soap.dime_writing import build_soap_message
from gateway.soap.parts import Part
from gateway.soap.signature import sign
from gateway.wire.texts import build_moment
from tests.clients.certificates import make_certificates
from tests.clients.gateway import running_gateway
from tests.joined import message
from tests.stores.processes import free_ports, running, spawn
from tests.stores.store import Store, User

USER = User("bench", "BENCHKEY", "bench-secret")
GIB = 1024**3
NO_HASH = {"gateway": {"etag": "store"}, "backend": {"payload_signing_enabled": "false"}}


def signed(operation: str, **values: object) -> bytes:
    """Return the envelope of a call, signed now."""
    timestamp = build_moment(datetime.now(UTC))
    signature = sign(operation, timestamp, USER.secret_key)
    return message(Call(operation, values, Credentials(USER.access_key, timestamp, signature)))


def cpu_seconds(pid: int) -> float:
    """Return what a process and its children have used, user and system."""
    total = 0.0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in [pid, *map(int, children)]:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def timed(pid: int, work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that `work` took, and the CPU seconds that the process used for it."""
    before, began = cpu_seconds(pid), time.perf_counter()
    work()
    return time.perf_counter() - began, cpu_seconds(pid) - before


def curl(ca: Path, *arguments: str | Path) -> Callable[[], None]:
    """Return what asks once, and raises unless the answer is a 200."""
    command = ["curl", "-sS", "--fail-with-body", "--cacert", ca, "-o", "-", *arguments]

    def run() -> None:
        asked = subprocess.Popen([str(each) for each in command], stdout=subprocess.PIPE)
        assert asked.stdout is not None
        printed, last = asked.stdout.fileno(), b""
        while piece := os.read(printed, 1 << 20):
            last = piece
        if asked.wait():
            raise RuntimeError(last[-1000:].decode(errors="replace"))

    return run


def gateway_pid(directory: Path) -> int:
    """Return the process id of the gateway that was configured there."""
    found = subprocess.run(["pgrep", "-f", str(directory / "gateway.ini")], check=True, capture_output=True)
    return int(found.stdout.split()[0])


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    size = int(arguments[0] if arguments else 256) * 1024**2
    rounds = int(arguments[1] if len(arguments) > 1 else 3)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        certificates = make_certificates(directory)
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "bench.sink", str(port), str(size)]
        log, bare = directory / "sink.log", directory / "bare"
        bare.mkdir()
        with (
            running(lambda: spawn(command, log=log), lambda: answers(port), log),
            running_nginx(directory / "nginx", certificates, port, tuned=False) as installed,
            running_nginx(directory / "tuned", certificates, port, tuned=True) as tuned,
            running_gateway(directory, sink_store(port), certificates) as gateway,
            running_gateway(bare, sink_store(port), certificates, NO_HASH) as unhashed,
        ):
            own = (gateway_pid(directory), gateway.address), (gateway_pid(bare), unhashed.address)
            _measure(directory, size, rounds, (installed, tuned), own, certificates.ca)


def sink_store(port: int) -> Store:
    """Return the sink as a store with one user."""
    keys = (USER.access_key, USER.secret_key)
    return Store("sink", f"http://127.0.0.1:{port}", *keys, frozenset(), (USER,))


def _measure(  # noqa: PLR0913, PLR0917 - what there is
    directory: Path,
    size: int,
    rounds: int,
    nginx: tuple[tuple[int, int], tuple[int, int]],
    gateways: tuple[tuple[int, str], tuple[int, str]],
    ca: Path,
) -> None:
    (pid, address), (bare_pid, bare) = gateways
    put, get, plain = directory / "put.dime", directory / "get.xml", directory / "object"
    plain.write_bytes(bytes(size))
    envelope = signed("PutObject", Bucket="bench", Key="object", ContentLength=size)
    pieces = build_soap_message(envelope, Part("uuid:data", "application/octet-stream"), bytes(size))
    put.write_bytes(b"".join(piece for piece in pieces if isinstance(piece, bytes)))
    get.write_bytes(
        signed("GetObject", Bucket="bench", Key="object", GetMetadata=True, GetData=True, InlineData=False)
    )
    dime = ("-X", "POST", "-H", "Content-Type: application/dime", "-H", "Expect:")
    xml = ("-X", "POST", "-H", "Content-Type: text/xml", "--data-binary", f"@{get}")
    cases: dict[str, tuple[int, Callable[[], None], tuple[str | Path, ...]]] = {
        "PUT": (pid, curl(ca, *dime, "-T", put, address), ("-H", "Expect:", "-T", plain)),
        "PUT, no hash": (bare_pid, curl(ca, *dime, "-T", put, bare), ("-H", "Expect:", "-T", plain)),
        "GET": (pid, curl(ca, *xml, address), ()),
    }
    print(f"{size // 1024**2} MiB, {rounds} rounds in turns, medians")
    print("              gateway           nginx as installed         nginx, tuned")
    print("              MiB/s  CPU s/GiB  MiB/s  CPU s/GiB  ratio    MiB/s  CPU s/GiB  ratio")
    for name, (used, ours, rest) in cases.items():
        theirs = [(each, curl(ca, *rest, f"https://localhost:{port}/bench/object")) for port, each in nginx]
        own, *others = _in_turns([(used, ours), *theirs], size, rounds)
        told = "".join(f"{rate:9.0f}{cpu:11.2f}{own[0] / rate:7.2f}" for rate, cpu in others)
        print(f"{name:12}{own[0]:7.0f}{own[1]:11.2f}{told}")


def _in_turns(
    who: Sequence[tuple[int, Callable[[], None]]], size: int, rounds: int
) -> list[tuple[float, float]]:
    """Return for each process MiB in a second, and CPU seconds for a GiB: medians, warmed up."""
    for _, work in who:
        work()
    taken = [[timed(pid, work) for pid, work in who] for _ in range(rounds)]
    medians = [
        [statistics.median(each) for each in zip(*one, strict=True)] for one in zip(*taken, strict=True)
    ]
    return [(size / 1024**2 / seconds, cpu * GIB / size) for seconds, cpu in medians]


if __name__ == "__main__":
    main(sys.argv[1:])
