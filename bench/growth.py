"""How rate and CPU per request go with the number of connections, from one to a thousand.

Errors in SOAP, and small objects by REST; wrk keeps one request under way on each connection. Points are
measured in turns. A curve is straight or better when a request costs at a thousand connections no more
than `BEND` times what it costs at 32, where a core is busy already, and the rate falls by no more.

Run: python -m bench.growth [--quick]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from bench import wrk
from bench.connections import signed_fields, signed_get
from bench.figures import Figure, Setting, Target, medians, table
from bench.idle import allow_files, ask, connected
from bench.store import running_store
from bench.subjects import Served, Subject, certificate, serving_gateway
from bench.throughput import signed
from bench.translation import BEND

POINTS = (1, 8, 32, 256, 1000)
"""Connections."""

BUSY = 32
"""Connections that use all of a core."""

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "gateway": {"trusted_proxies": "127.0.0.1"},  # lets SOAP come without TLS, which is no matter here
    "limits": {"max_connections_per_address": "2048"},
}

_OBJECT = "/small/object"


def measure(setting: Setting) -> Iterator[Figure]:
    """Give rates and CPU per request, for each number of connections."""
    allow_files()
    directory = setting.directory
    with (
        running_store(directory / "store") as store,
        serving_gateway(
            directory / "gateway", [setting.server_core], store, certificate(directory), SETTINGS
        ) as served,
    ):
        subjects = (_faults(served, directory), _objects(served, directory))
        figures = [
            figure
            for subject in subjects
            for figure in curves(_points(subject, setting, urlsplit(served.plain)))
        ]
    yield from sorted(
        figures, key=lambda figure: figure.group, reverse=True
    )  # the rates of both, then the CPU


def curves(found: Mapping[int, Figure]) -> Iterator[Figure]:
    """Give the two curves of one subject, the targets at the last points.

    Args:
        found: The figure of each number of connections.

    """
    last, busy = found[max(found)], found[BUSY]
    assert last.rate is not None
    assert busy.rate is not None
    assert last.cpu is not None
    assert busy.cpu is not None
    rates = Target(f"rate, part of that at {BUSY}", last.rate / busy.rate, 1 / BEND)
    costs = Target(f"CPU, times that at {BUSY}", last.cpu / busy.cpu, BEND, at_most=True)
    for each in found.values():
        rate = replace(each, group="Rate by connections", cpu=None, memory=None)
        yield replace(rate, targets=(rates,)) if each is last else rate
    for each in found.values():
        cost = replace(each, group="CPU by connections", rate=None, p50=None, p99=None, ratio="cpu")
        yield replace(cost, targets=(costs,)) if each is last else cost


def _points(subject: Subject, setting: Setting, place: SplitResult) -> dict[int, Figure]:
    # Many connections take a while to be made, which has to be little of the time.
    seconds = {at: setting.seconds if at > BUSY else setting.seconds / 2 for at in POINTS}
    rounds: list[list[Figure]] = []
    for number in range(setting.rounds + 1):
        found = []
        for at in POINTS:
            _let_rest(place)
            pressed = replace(subject, connections=at).pressed(seconds[at] if number else 1)
            found.append(replace(pressed, at=at, at_unit="connections"))
        rounds.append(found)
    return dict(zip(POINTS, map(medians, zip(*rounds[1:], strict=True)), strict=True))  # the first warms up


def _let_rest(place: SplitResult) -> None:
    """Wait until the gateway has got rid of what the last ones left: it answers behind all of that."""
    assert place.port is not None
    with connected(place.port, None) as connection:
        ask(connection, signed_get(place.netloc, _OBJECT))


def _faults(served: Served, directory: Path) -> Subject:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""', "X-Forwarded-Proto": "https"}
    message = signed(
        "GetObject", Bucket="bench", Key="object", GetMetadata=True, GetData=True, InlineData=False
    )
    script = wrk.request(directory / "fault.lua", headers, message)
    return Subject(Figure("", "SOAP faults"), served.pid, f"{served.plain}/soap", script)


def _objects(served: Served, directory: Path) -> Subject:
    headers = dict(signed_fields(urlsplit(served.plain).netloc, _OBJECT))
    script = wrk.request(directory / "object.lua", headers, method="GET")
    return Subject(Figure("", "REST, 200 bytes"), served.pid, f"{served.plain}{_OBJECT}", script)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(table(list(measure(Setting("--quick" in sys.argv, Path(name)))))))
