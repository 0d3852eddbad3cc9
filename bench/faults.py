"""SOAP faults: GetObject, the store says NoSuchKey, the signature is checked; against what users would write.

Without TLS, which the gateway takes for it when a trusted proxy tells of it; and with it, on connections
that stay. The peers get their best set-up: of several numbers of threads, in two servers, the one with the
highest rate stands for Spyne. Before anything is measured everybody has to give the same fault.
"""

from __future__ import annotations

import http.client
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bench import wrk
from bench.figures import Figure, Setting, Target
from bench.installed import NODE
from bench.store import running_store
from bench.subjects import Subject, certificate, pressed_in_turns, serving, serving_gateway
from bench.throughput import signed

GROUP = "SOAP faults"
PLAIN = {"gateway": {"trusted_proxies": "127.0.0.1"}}
"""Lets the gateway take SOAP without TLS from who says that there was some."""
THREADS = (1, 2, 4, 8, 16, 32)
SERVERS = ("waitress", "gunicorn")
SEARCH_SECONDS = 2.0
ANSWER_SECONDS = 30.0
WSDL = Path(__file__).parents[1] / "wsdl" / "AmazonS3.wsdl"

HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": '""',
    "X-Forwarded-Proto": "https",
}


def envelope() -> bytes:
    """Return the call, signed now: it is good for fifteen minutes."""
    return signed("GetObject", Bucket="bench", Key="object", GetMetadata=True, GetData=True, InlineData=False)


def check_fault(url: str, message: bytes, certificates: Path | None = None) -> None:
    """Ask once.

    Raises:
        RuntimeError: The answer is not the fault that everybody has to give.

    """
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=str(certificates)) if certificates else None
    where = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(*where, timeout=ANSWER_SECONDS, context=context)
        if context
        else http.client.HTTPConnection(*where, timeout=ANSWER_SECONDS)
    )
    try:
        connection.request("POST", parts.path, message, HEADERS)
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    if answer.status != 500 or b"Client.NoSuchKey" not in told or b"key does not exist" not in told:
        raise RuntimeError(f"{url} gives no such fault: {answer.status} {told[:500]!r}")


def _spyne(server: str, threads: int, port: int, store: int) -> list[str]:
    module = [sys.executable, "-m", "bench.peers.spyne_service"]
    return [*module, server, str(port), str(threads), f"http://127.0.0.1:{store}"]


def best_spyne(setting: Setting, store: int, script: Path, message: bytes) -> tuple[str, int, str]:
    """Return the server and the threads that give the highest rate, and the rates of all in words."""
    if setting.quick:
        return "waitress", 4, ""
    rates: dict[tuple[str, int], float] = {}
    for server in SERVERS:
        for threads in THREADS:
            log = setting.directory / f"{server}-{threads}.log"

            def command(port: int, server: str = server, threads: int = threads) -> list[str]:
                return _spyne(server, threads, port, store)

            with serving(command, setting.server_core, log) as (port, _):
                url = f"http://127.0.0.1:{port}/soap"
                check_fault(url, message)
                rates[server, threads] = wrk.run(url, SEARCH_SECONDS, script).rate
    told = "; ".join(
        f"{server} "
        + ", ".join(f"{threads}: {rate:.0f}" for (name, threads), rate in rates.items() if name == server)
        for server in SERVERS
    )
    server, threads = max(rates, key=lambda each: rates[each])
    return server, threads, f"of threads: requests/s in {told}"


def measure(setting: Setting) -> Iterator[Figure]:
    """Measure the gateway, without and with TLS, Spyne and node."""
    directory, message = setting.directory, envelope()
    script = wrk.request(directory / "call.lua", HEADERS, message)
    certificates, core = certificate(directory), setting.server_core
    with ExitStack() as stack:
        store = stack.enter_context(running_store(directory / "store"))
        server, threads, told = best_spyne(setting, store, script, message)
        served = stack.enter_context(
            serving_gateway(directory / "gateway", [core], store, certificates, PLAIN)
        )
        spyne, spyne_pid = stack.enter_context(
            serving(lambda port: _spyne(server, threads, port, store), core, directory / "spyne.log")
        )
        node, node_pid = stack.enter_context(
            serving(
                lambda port: [
                    "node", NODE / "service.js", str(port), f"http://127.0.0.1:{store}", WSDL,
                ],
                core,
                directory / "node.log",
            )
        )  # fmt: skip
        written = f"Spyne + boto3, {server}, {threads} thr."
        subjects = [
            Subject(Figure(GROUP, "gateway"), served.pid, f"{served.plain}/soap", script),
            Subject(Figure(GROUP, "gateway, TLS"), served.pid, f"{served.tls}/soap", script),
            Subject(
                Figure(GROUP, written, peer="Spyne", note=told),
                spyne_pid,
                f"http://127.0.0.1:{spyne}/soap",
                script,
            ),
            Subject(
                Figure(GROUP, "node soap + AWS SDK v3", peer="node"),
                node_pid,
                f"http://127.0.0.1:{node}/soap",
                script,
            ),
        ]
        for subject in subjects:
            check_fault(subject.url, message, certificates.ca if subject.url.startswith("https") else None)
        yield from _with_targets(pressed_in_turns(setting, subjects))


def _with_targets(found: list[Figure]) -> list[Figure]:
    plain, tls, spyne, node = found
    return [
        replace(
            plain,
            targets=(
                Target("rate, times node", ratio_of(plain.rate, node.rate), 8, 12),
                Target("rate, times Spyne", ratio_of(plain.rate, spyne.rate), 15, 25),
                Target("p99, part of node's", ratio_of(plain.p99, node.p99), 0.1, at_most=True),
                Target("p99, part of Spyne's", ratio_of(plain.p99, spyne.p99), 0.1, at_most=True),
                Target("CPU us a fault", plain.cpu or 0.0, 350, 230, at_most=True),
            ),
        ),
        replace(
            tls,
            targets=(
                Target("rate, part of that without TLS", ratio_of(tls.rate, plain.rate), 0.85),
                Target("CPU, times that without TLS", ratio_of(tls.cpu, plain.cpu), 1.15, at_most=True),
            ),
        ),
        spyne,
        node,
    ]


def ratio_of(mine: float | None, its: float | None) -> float:
    """Return a ratio of what has been measured."""
    assert mine is not None and its is not None  # noqa: PT018 - said once
    return mine / its
