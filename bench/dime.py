"""DIME over TLS: PutObject and GetObject of 256 MiB, against the same object relayed by REST over TLS.

The relay passes signatures on. PutObject digests the object for its ETag, and for the signature towards a
store without TLS; "no hash" is a gateway that is told to do neither, as behind a store over TLS whose ETags
are told on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from bench.bulk import running_sink
from bench.clients import Ask, Pace, rest_get, rest_put, soap_get, soap_put
from bench.faults import ratio_of
from bench.figures import Figure, Setting, Target
from bench.relay import PASS
from bench.subjects import MIB, Served, Transfer, certificate, passed_in_turns, serving_gateway
from bench.throughput import NO_HASH
from gateway.rest.signature import UNSIGNED_PAYLOAD

QUICK_MIB, FULL_MIB = 64, 256


def measure(setting: Setting) -> Iterator[Figure]:
    """Measure the translation and the relay."""
    directory, core, certificates = setting.directory, setting.server_core, certificate(setting.directory)
    size = (QUICK_MIB if setting.quick else FULL_MIB) * MIB
    with ExitStack() as stack:
        store = stack.enter_context(running_sink(directory / "sink.log"))

        def serve(name: str, settings: dict[str, dict[str, str]]) -> Served:
            return stack.enter_context(
                serving_gateway(directory / name, [core], store, certificates, settings)
            )

        plain, unhashed, relay = serve("hash", {}), serve("unhashed", NO_HASH), serve("relay", PASS)
        puts = (
            ("PutObject, DIME", plain, soap_put("dime"), ""),
            ("PutObject, DIME, no hash", unhashed, soap_put("dime"), ""),
            ("PUT by REST, relayed", relay, rest_put(UNSIGNED_PAYLOAD), "relay"),
        )
        gets = (
            ("GetObject, DIME", plain, soap_get(inline=False), ""),
            ("GET by REST, relayed", relay, rest_get, "relay"),
        )
        for group, rows in (("PUT", puts), ("GET", gets)):
            named = f"DIME over TLS, {group} {size // MIB} MiB"
            transfers = [
                Transfer(Figure(named, name, peer=peer), served.pid, size, _work(served, ask, size))
                for name, served, ask, peer in rows
            ]
            *own, relayed = passed_in_turns(setting.rounds, transfers)
            for figure in own:
                ratio = ratio_of(figure.cpu, relayed.cpu)
                yield replace(figure, targets=(Target("CPU, times the relay's", ratio, 1.3, at_most=True),))
            yield relayed


def _work(served: Served, ask: Ask, size: int) -> Callable[[], None]:
    return lambda: ask(served.gateway, f"object-{size}", size, Pace())
