"""What idle connections cost, and what they leave for those who ask.

Thousands of clients are connected, have been answered once and are silent. The gateway's memory is what
the kernel counts as resident, before and after, by their number; what the kernel itself keeps for a
socket is not in it. Meanwhile somebody else asks on a connection of its own, whose answers are timed, as
they were before the others came. In the end all of them have to be connected still, and to be answered.

Run: python -m bench.connections [--quick]
"""

from __future__ import annotations

import resource
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench.cores import cpu_seconds, held_to
from bench.figures import Figure, Setting, Target, table
from bench.idle import Clients, allow_files, ask, connected, holding
from bench.nginx import answers
from bench.throughput import USER, gateway_pid, sink_store
from gateway.messages import Headers, HttpRequest
from gateway.rest.signature import EMPTY_SHA256, SigningKey, sign
from tests.clients.certificates import make_certificates
from tests.clients.gateway import Gateway, running_gateway
from tests.stores.processes import free_ports, running, spawn
from tests.stores.store import REGION

CONNECTIONS = 10_000
QUICK_CONNECTIONS = 1_000

SPARE_FILES = 1_000
"""Open files of the gateway beside the idle connections."""

WARM = 200
"""Connections that come and go before anything is measured: what the first ones bring stays."""

REQUESTS = 500
"""Of whoever asks meanwhile."""

SETTLED = 2.5
"""Seconds until a gateway has looked at all of its connections again."""

PLAIN, SECURE = 3.0, 50.0
"""KiB that a connection may take, without TLS and with it."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long answers took, in milliseconds."""

    p50: float
    p99: float


def measure(setting: Setting) -> Iterator[Figure]:
    """Give what idle connections cost, plain and with TLS."""
    directory = setting.directory / "connections"
    directory.mkdir()
    certificates, log = make_certificates(directory), directory / "sink.log"
    (store,) = free_ports(1)
    count = min(QUICK_CONNECTIONS if setting.quick else CONNECTIONS, allow_files() - SPARE_FILES)
    settings = {"limits": {"max_connections": str(count + SPARE_FILES), "idle_timeout": "3600"}}
    command = [sys.executable, "-m", "bench.sink", str(store), "1024"]
    for secure in (False, True):
        own = directory / ("tls" if secure else "plain")
        own.mkdir()
        with (
            held_to(setting.load_core),
            running(lambda: spawn(command, log=log), lambda: answers(store), log),
            held_to(setting.server_core),
            running_gateway(own, sink_store(store), certificates, settings) as gateway,
            held_to(setting.load_core),
        ):
            yield _figure(gateway, gateway_pid(own), count, secure=secure)


def _figure(gateway: Gateway, pid: int, count: int, *, secure: bool) -> Figure:
    url = urlsplit(gateway.url if secure else gateway.plain_url)
    assert url.port is not None
    request = signed_get(url.netloc)
    ca = gateway.ca if secure else None
    with holding(Clients(url.port, WARM, request, ca)):
        pass
    alone = _asked(url.port, request, ca)
    time.sleep(SETTLED)
    before = resident(pid)
    with holding(Clients(url.port, count, request, ca)) as held:
        time.sleep(SETTLED)
        each = (resident(pid) - before) / count
        among = _asked(url.port, request, ca)
        used, began = cpu_seconds(pid), time.perf_counter()
        time.sleep(SETTLED)
        share = (cpu_seconds(pid) - used) / (time.perf_counter() - began)
    kind = "TLS" if secure else "plain"
    asked = SECURE if secure else PLAIN
    return Figure(
        "Idle connections held",
        f"{count:,} {kind}",
        p50=among.p50,
        p99=among.p99,
        memory=(before + each * count) / 1024,
        targets=(
            Target("KiB for one idle connection", each, asked, at_most=True),
            Target("of them still there in the end", held.still, count),
        ),
        note=(
            f"{each:.1f} KiB each; {REQUESTS} answers meanwhile, without them "
            f"p50 {alone.p50:.2f} and p99 {alone.p99:.2f} ms; idle they take {share:.1%} of a core"
        ),
    )


def _asked(port: int, request: bytes, ca: Path | None) -> Times:
    """Ask on one connection, one request after the other."""
    context = None if ca is None else ssl.create_default_context(cafile=str(ca))
    taken = []
    with connected(port, context) as connection:
        for _ in range(REQUESTS):
            began = time.perf_counter()
            ask(connection, request)
            taken.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    return Times(cuts[49], cuts[98])


def signed_fields(host: str, path: str) -> Headers:
    """Return the fields of a GET, signed now by SigV4; good for a quarter of an hour."""
    headers = (("host", host),)
    key = SigningKey(USER.access_key, USER.secret_key, REGION)
    return (*headers, *sign(HttpRequest("GET", path, headers), EMPTY_SHA256, key, datetime.now(UTC)))


def signed_get(host: str, path: str = "/small/object") -> bytes:
    """Return a GET as it is sent."""
    lines = (f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in signed_fields(host, path)))
    return "\r\n".join((*lines, "", "")).encode()


def resident(pid: int) -> float:
    """Return the KiB of a process that are in memory now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(table(list(measure(Setting("--quick" in sys.argv, Path(name)))))))
