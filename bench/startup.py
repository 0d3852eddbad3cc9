"""How long a start takes, and what a gateway takes that nobody has asked for much.

The time is from the call of `twistd` to the end of the first answer: a small object, signed, that comes
from the store. It is asked for over and over until somebody listens. The memory is what the kernel counts
as resident a while later, of all processes; pages that several of them share count for each.

Run: python -m bench.startup [--quick]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.connections import SETTLED, resident, signed_get
from bench.cores import cpu_seconds, held_to, tree
from bench.figures import Figure, Setting, Target, table
from bench.idle import ask, connected
from bench.store import running_store
from bench.subjects import certificate
from bench.throughput import sink_store
from tests.clients.certificates import Certificates
from tests.clients.gateway import TWISTD, Settings, running_gateway
from tests.stores.processes import START_SECONDS, kill_group, spawn

STARTS, QUICK_STARTS = 7, 2

PAUSE = 0.002
"""Seconds between two tries to connect."""

SECONDS = 1.5
"""That a start may take."""

IDLE = 80.0
"""MiB that an idle gateway of one process may take."""

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Start:
    """One start.

    Attributes:
        seconds: Until the first answer was there.
        cpu: Seconds of CPU until then.
        memory: MiB, later.
        processes: Their number then.

    """

    seconds: float
    cpu: float
    memory: float
    processes: int


def measure(setting: Setting) -> Iterator[Figure]:
    """Give the figures of a start with one process, then with workers."""
    certificates = certificate(setting.directory)
    with running_store(setting.directory / "store") as store:
        for workers in (1, WORKERS):
            starts = _starts(setting, workers, store, certificates)
            yield _figure("one process" if workers == 1 else f"{workers} workers", starts)


def _figure(subject: str, starts: list[Start]) -> Figure:
    seconds = statistics.median(start.seconds for start in starts)
    memory = statistics.median(start.memory for start in starts)
    processes = starts[-1].processes
    targets = [Target("seconds to the first answer", seconds, SECONDS, at_most=True)]
    if processes == 1:
        targets.append(Target("MiB when idle", memory, IDLE, at_most=True))
    return Figure(
        "Start and idle size",
        subject,
        p50=seconds * 1000,
        p99=max(start.seconds for start in starts) * 1000,
        cpu=statistics.median(start.cpu for start in starts),
        cpu_unit="s/start",
        memory=memory,
        targets=tuple(targets),
        note=f"of {len(starts)} starts; for p99 stands the slowest; processes: {processes}",
    )


def _starts(setting: Setting, workers: int, store: int, certificates: Certificates) -> list[Start]:
    directory = setting.directory / f"workers-{workers}"
    directory.mkdir()
    more: Settings = {"gateway": {"workers": str(workers)}}
    with running_gateway(directory, sink_store(store), certificates, more) as gateway:
        url = urlsplit(gateway.plain_url)  # its configuration stays, and its ports are free again
    assert url.port is not None
    cores = {setting.server_core} if workers == 1 else {setting.server_core, setting.load_core}
    count = QUICK_STARTS if setting.quick else STARTS
    with held_to(*cores):
        return [_started(directory, url.port, signed_get(url.netloc)) for _ in range(count)]


def _started(directory: Path, port: int, request: bytes) -> Start:
    command: list[str | Path] = [
        TWISTD,
        "--nodaemon",
        "--pidfile=",
        "s3gateway",
        f"--config={directory / 'gateway.ini'}",
    ]
    _wait_until_nobody_listens(port)
    began = time.perf_counter()
    process = spawn(command, log=directory / "log", directory=directory)
    try:
        _first_answer(process, port, request, directory / "log")
        seconds, cpu = time.perf_counter() - began, cpu_seconds(process.pid)
        time.sleep(SETTLED)
        processes = tree(process.pid)
        return Start(seconds, cpu, sum(map(resident, processes)) / 1024, len(processes))
    finally:
        kill_group(process)


def _wait_until_nobody_listens(port: int) -> None:
    # A worker of the last start may live a moment longer than its supervisor, and holds the socket so long.
    with suppress(ConnectionError):
        while True:
            connected(port, None).close()
            time.sleep(PAUSE)


def _first_answer(process: subprocess.Popen[bytes], port: int, request: bytes, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = connected(port, None)
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no start:\n{log.read_text(errors='replace')[-2000:]}") from None
            time.sleep(PAUSE)
            continue
        with connection:
            ask(connection, request)
        return


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(table(list(measure(Setting("--quick" in sys.argv, Path(name)))))))
