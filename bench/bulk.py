"""The REST relay, large objects: GET of 1 GiB and PUT of 256 MiB over plain HTTP, one at a time, by curl.

CPU per GiB is what counts: the store and curl share a core, and the rate is as much theirs. The gateway
passes signatures on, and so looks at no more of a body than nginx and haproxy do.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench.faults import ratio_of
from bench.figures import Figure, Setting, Target
from bench.nginx import answers
from bench.relay import PASS, signed_fields
from bench.relays import serving_relay
from bench.subjects import GIB, MIB, Transfer, certificate, passed_in_turns, serving_gateway
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD
from tests.stores.processes import free_ports, running, spawn

CURL_SECONDS = 60
TIMES = 3
"""That an object passes for one figure."""
BUCKET = "/large"
"""Below it nginx has the buffers for large bodies; the store takes every name."""


@contextmanager
def running_sink(log: Path) -> Iterator[int]:
    """Run a store that gives zeros and swallows what it is given; give its port."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "bench.sink", str(port), "0"]
    with running(lambda: spawn(command, log=log), lambda: answers(port), log):
        yield port


def curl(url: str, fields: dict[str, str], ca: Path | None = None, upload: Path | None = None) -> None:
    """Send or get an object and throw the answer away.

    Raises:
        RuntimeError: The answer is no 200, or takes longer than it may.

    """
    told = [word for name, value in fields.items() for word in ("-H", f"{name}: {value}")]
    extra = [*(["--cacert", str(ca)] if ca else []), *(["-T", str(upload)] if upload else [])]
    silent = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"]
    command = ["curl", *silent, "-m", str(CURL_SECONDS), "-H", "Expect:"]
    done = subprocess.run(
        [*command, *told, *extra, url],
        capture_output=True,
        text=True,
        timeout=CURL_SECONDS + 10,
        check=False,
    )
    if done.returncode or done.stdout != "200":
        raise RuntimeError(f"{url}: {done.stdout} {done.stderr}")


def get(url: str, size: int, ca: Path | None = None) -> Callable[[], None]:
    """Return what gets an object of so many bytes."""
    path = f"{BUCKET}/object-{size}"
    return lambda: curl(url + path, signed_fields(path, "GET", EMPTY_SHA256), ca)


def put(url: str, file: Path, ca: Path | None = None) -> Callable[[], None]:
    """Return what puts a file."""
    path = f"{BUCKET}/{file.name}"
    return lambda: curl(url + path, signed_fields(path, "PUT", UNSIGNED_PAYLOAD), ca, file)


def zeros(directory: Path, size: int) -> Path:
    """Make a file of zeros that takes no room on the disk."""
    made = directory / "zeros"
    with made.open("wb") as file:
        file.truncate(size)
    return made


def measure(setting: Setting) -> Iterator[Figure]:
    """Measure the gateway, nginx and haproxy."""
    directory, core = setting.directory, setting.server_core
    large, medium = (256 * MIB, 64 * MIB) if setting.quick else (GIB, 256 * MIB)
    certificates, file = certificate(directory), zeros(directory, medium)
    with ExitStack() as stack:
        store = stack.enter_context(running_sink(directory / "sink.log"))
        served = stack.enter_context(
            serving_gateway(directory / "gateway", [core], store, certificates, PASS)
        )
        relays = {
            name: stack.enter_context(serving_relay(name, directory / name, core, store, certificates))
            for name in ("nginx", "haproxy")
        }
        who = [("gateway", served.pid, served.plain, "")]
        who += [(name, relay.pid, relay.plain, name) for name, relay in relays.items()]
        kinds: tuple[tuple[str, int, Callable[[str], Callable[[], None]]], ...] = (
            (f"REST relay, GET {large // MIB} MiB", large, lambda url: get(url, large)),
            (f"REST relay, PUT {medium // MIB} MiB", medium, lambda url: put(url, file)),
        )
        for group, size, work in kinds:
            transfers = [
                Transfer(Figure(group, name, peer=peer), pid, size, work(url), TIMES)
                for name, pid, url, peer in who
            ]
            yield from _with_targets(passed_in_turns(setting.rounds, transfers))


def _with_targets(found: list[Figure]) -> list[Figure]:
    gateway, nginx, haproxy = found
    targets = (
        Target("CPU, times nginx", ratio_of(gateway.cpu, nginx.cpu), 1.3, 1.0, at_most=True),
        Target("CPU, times haproxy", ratio_of(gateway.cpu, haproxy.cpu), 1.0, at_most=True),
    )
    return [replace(gateway, targets=targets), nginx, haproxy]
