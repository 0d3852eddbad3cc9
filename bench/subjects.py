"""Who is measured: a server on its core, what it is asked, and rounds through all of them in turn.

Rounds are interleaved, so that what disturbs the machine for a while disturbs everybody.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import wrk
from bench.cores import cpu_seconds, forget_peaks, held_to, peak_memory
from bench.figures import Figure, Setting, medians
from bench.nginx import answers
from bench.throughput import gateway_pid, sink_store
from tests.clients.certificates import Certificates
from tests.clients.gateway import Gateway, Settings, running_gateway
from tests.stores.processes import free_ports, running, spawn

WARM_SECONDS = 1.0
MICROSECONDS = 1_000_000
MIB, GIB = 1024**2, 1024**3


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that is pressed by wrk.

    Attributes:
        figure: What is known of it before: group, name, peer.
        pid: Its process; descendants count.
        url: Where it is asked.
        script: What it is asked; None: a GET without more.
        connections: That ask at once.

    """

    figure: Figure
    pid: int
    url: str
    script: Path | None = None
    connections: int = wrk.CONNECTIONS

    def pressed(self, seconds: float) -> Figure:
        """Press it and return what came of it."""
        before = cpu_seconds(self.pid)
        load = wrk.run(self.url, seconds, self.script, self.connections)
        used = cpu_seconds(self.pid) - before
        return replace(
            self.figure,
            rate=load.rate,
            cpu=used / load.requests * MICROSECONDS,
            p50=load.p50,
            p99=load.p99,
            memory=peak_memory(self.pid),
            note=f"{load.errors} errors of connections" if load.errors else self.figure.note,
        )


def pressed_in_turns(setting: Setting, subjects: Sequence[Subject]) -> list[Figure]:
    """Return the figures of subjects, in their order: warmed up, then pressed in rounds."""
    for subject in subjects:
        forget_peaks(subject.pid)
        wrk.run(subject.url, WARM_SECONDS, subject.script)
    rounds = [[subject.pressed(setting.seconds) for subject in subjects] for _ in range(setting.rounds)]
    return [medians(each) for each in zip(*rounds, strict=True)]


@dataclass(frozen=True, slots=True)
class Transfer:
    """A server that passes one large object.

    Attributes:
        figure: What is known of it before.
        pid: Its process; descendants count.
        size: Bytes of the object.
        work: Lets it pass once.
        times: How often it passes for one figure: the kernel counts CPU in hundredths of a second.

    """

    figure: Figure
    pid: int
    size: int
    work: Callable[[], None]
    times: int = 1

    def passed(self) -> Figure:
        """Let the object pass and return what came of it."""
        spans = [used_by(self.pid, self.work) for _ in range(self.times)]
        used, taken = (sum(column) / self.times for column in zip(*spans, strict=True))
        return replace(
            self.figure,
            rate=self.size / MIB / taken,
            unit="MiB/s",
            cpu=used * GIB / self.size,
            cpu_unit="s/GiB",
            memory=peak_memory(self.pid),
            ratio="cpu",
        )


def used_by(pid: int, work: Callable[[], None]) -> tuple[float, float]:
    """Return the CPU seconds that a server used for some work, and the seconds that it took."""
    before, began = cpu_seconds(pid), time.perf_counter()
    work()
    taken = time.perf_counter() - began
    return cpu_seconds(pid) - before, taken


def passed_in_turns(rounds: int, transfers: Sequence[Transfer]) -> list[Figure]:
    """Return the figures of transfers, in their order: each once to warm up, then in rounds."""
    for transfer in transfers:
        transfer.work()
        forget_peaks(transfer.pid)
    found = [[transfer.passed() for transfer in transfers] for _ in range(rounds)]
    return [medians(each) for each in zip(*found, strict=True)]


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway under test, and its process."""

    gateway: Gateway
    pid: int

    @property
    def plain(self) -> str:
        """Where it is asked without TLS."""
        return self.gateway.plain_url.replace("localhost", "127.0.0.1")

    @property
    def tls(self) -> str:
        """Where it is asked over TLS."""
        return self.gateway.url.replace("localhost", "127.0.0.1")


@contextmanager
def serving_gateway(
    directory: Path,
    cores: Sequence[int],
    store: int,
    certificates: Certificates,
    more: Settings | None = None,
) -> Iterator[Served]:
    """Run a gateway on its cores while the block runs.

    Args:
        directory: For its files; it is made.
        cores: Where it runs.
        store: The port of the store.
        certificates: Its own.
        more: Settings.

    """
    directory.mkdir()
    with ExitStack() as stack:
        with held_to(*cores):
            gateway = stack.enter_context(running_gateway(directory, sink_store(store), certificates, more))
        yield Served(gateway, gateway_pid(directory))


@contextmanager
def serving(
    command: Callable[[int], Sequence[str | Path]], core: int, log: Path
) -> Iterator[tuple[int, int]]:
    """Run a server on its core while the block runs; give its port and its process id.

    Args:
        command: Starts it on a port.
        core: Where it runs.
        log: The file it prints to.

    """
    port = 0

    def start() -> subprocess.Popen[bytes]:
        nonlocal port
        (port,) = free_ports(1)
        with held_to(core):
            return spawn(command(port), log=log)

    with running(start, lambda: answers(port), log) as process:
        yield port, process.pid


def certificate(directory: Path) -> Certificates:
    """Make a certificate that signs itself, ECDSA on P-256, for this machine."""
    made = Certificates(directory / "server.pem", directory / "server.pem", directory / "server.key")
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    subprocess.run(
        ["openssl", "req", "-x509", *curve, "-subj", "/CN=localhost", "-addext", names,
         "-keyout", made.key, "-out", made.certificate],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return made
