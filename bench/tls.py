"""TLS: GET of 256 MiB, whole handshakes, and whether a session goes on in a later connection.

The same certificate for all, ECDSA on P-256. Handshakes are asked for by four `openssl s_time -new` at once,
TLS 1.3: their rate is the clients' as much, the CPU of one is the server's alone.
"""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bench.bulk import TIMES, get, running_sink
from bench.cores import peak_memory
from bench.faults import ratio_of
from bench.figures import Figure, Setting, Target, medians
from bench.relay import PASS
from bench.relays import serving_relay
from bench.subjects import (
    MIB,
    MICROSECONDS,
    Transfer,
    certificate,
    passed_in_turns,
    serving_gateway,
    used_by,
)

CLIENTS = 4
_CONNECTIONS = re.compile(r"^(\d+) connections in \d+ real seconds", re.MULTILINE)
Server = tuple[str, int, str, str]
"""Its name, process, address, and name as a peer."""


def measure(setting: Setting) -> Iterator[Figure]:
    """Measure the gateway, nginx and haproxy."""
    directory, core, certificates = setting.directory, setting.server_core, certificate(setting.directory)
    with ExitStack() as stack:
        store = stack.enter_context(running_sink(directory / "sink.log"))
        served = stack.enter_context(
            serving_gateway(directory / "gateway", [core], store, certificates, PASS)
        )
        who: list[Server] = [("gateway", served.pid, served.tls, "")]
        for name in ("nginx", "haproxy"):
            relay = stack.enter_context(serving_relay(name, directory / name, core, store, certificates))
            who.append((name, relay.pid, relay.tls, name))
        size = (64 if setting.quick else 256) * MIB
        transfers = [
            Transfer(
                Figure(f"TLS, GET {size // MIB} MiB", name, peer=peer),
                pid,
                size,
                get(url, size, certificates.ca),
                TIMES,
            )
            for name, pid, url, peer in who
        ]
        gateway, nginx, *rest = passed_in_turns(setting.rounds, transfers)
        target = Target("CPU, times nginx", ratio_of(gateway.cpu, nginx.cpu), 1.15, 1.0, at_most=True)
        yield from (replace(gateway, targets=(target,)), nginx, *rest)
        yield from _handshakes(setting, who)
        yield _resumption(served.tls, certificates.ca)


def _handshakes(setting: Setting, who: Sequence[Server]) -> Iterator[Figure]:
    rounds = [[_shaken(setting, server) for server in who] for _ in range(setting.rounds)]
    gateway, nginx, *rest = [medians(each) for each in zip(*rounds, strict=True)]
    target = Target("CPU, times nginx", ratio_of(gateway.cpu, nginx.cpu), 1.3, at_most=True)
    yield from (replace(gateway, targets=(target,)), nginx, *rest)


def _shaken(setting: Setting, server: Server) -> Figure:
    name, pid, url, peer = server
    count = 0

    def shake() -> None:
        nonlocal count
        count = handshakes(urlsplit(url).netloc, max(1, round(setting.seconds)))

    used, taken = used_by(pid, shake)
    return Figure(
        "TLS, handshakes",
        name,
        rate=count / taken,
        unit="shakes/s",
        cpu=used / count * MICROSECONDS,
        cpu_unit="us/shake",
        memory=peak_memory(pid),
        peer=peer,
        ratio="cpu",
    )


def handshakes(address: str, seconds: int) -> int:
    """Make whole handshakes for so many seconds and return their number.

    Raises:
        RuntimeError: There were none.

    """
    command = ["openssl", "s_time", "-connect", address, "-new", "-time", str(seconds), "-tls1_3"]
    clients = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(CLIENTS)
    ]
    try:
        told = [client.communicate(timeout=seconds + 30)[0] for client in clients]
    finally:
        for client in clients:
            client.kill()
    found = [int(each[1]) for text in told if (each := _CONNECTIONS.search(text))]
    if not sum(found):
        raise RuntimeError(f"no handshakes with {address}: {told}")
    return sum(found)


def _resumption(url: str, ca: Path) -> Figure:
    versions = {ssl.TLSVersion.TLSv1_2: "1.2", ssl.TLSVersion.TLSv1_3: "1.3"}
    targets = tuple(
        Target(f"TLS {name}, sessions that go on, of one", float(resumes(url, ca, version)), 1)
        for version, name in versions.items()
    )
    return Figure("TLS, sessions", "gateway, one worker", unit="", cpu_unit="", targets=targets)


def resumes(url: str, ca: Path, version: ssl.TLSVersion) -> bool:
    """Tell whether a second connection goes on with the session of the first."""
    context = ssl.create_default_context(cafile=str(ca))
    context.minimum_version = context.maximum_version = version
    session = None
    for _ in range(2):
        where = urlsplit(url).hostname or "", urlsplit(url).port or 443
        with (
            socket.create_connection(where, timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=where[0], session=session) as connection,
        ):
            # In TLS 1.3 the ticket comes behind the handshake: something has to be read.
            connection.sendall(b"GET /resumed/object-1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(1 << 16)
            session, went_on = connection.session, bool(connection.session_reused)
    return went_on
