"""DIME over TLS: PutObject and GetObject of 256 MiB, against the same object relayed by REST over TLS.

The relay passes signatures on. PutObject digests the object for its ETag, and for the signature towards a
store without TLS; "no hash" is a gateway that is told to do neither, as behind a store over TLS whose ETags
are told on. "proved" is the relay that does as much as PutObject: a client tells Content-MD5 and the hash of
all, and the gateway holds the bytes against both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from bench.bulk import running_sink
from bench.clients import HASHED, Ask, Pace, rest_get, rest_put, soap_get, soap_put
from bench.faults import ratio_of
from bench.figures import Figure, Setting, Target
from bench.relay import PASS
from bench.subjects import MIB, Served, Transfer, certificate, passed_in_turns, serving_gateway
from bench.throughput import NO_HASH
from gateway.rest.signature import UNSIGNED_PAYLOAD

QUICK_MIB, FULL_MIB = 64, 256
HASHING = "PutObject, DIME"
WORDS = {"relay": "relay's", "proved": "proved relay's"}


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
            (HASHING, plain, soap_put("dime"), ""),
            ("PutObject, DIME, no hash", unhashed, soap_put("dime"), ""),
            ("PUT by REST, proved", plain, rest_put(HASHED, md5=True), "proved"),
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
            yield from _with_targets(passed_in_turns(setting.rounds, transfers))


def _with_targets(found: list[Figure]) -> Iterator[Figure]:
    """Hold the figures of SOAP against those of the relays."""
    relays = {figure.peer: figure for figure in found if figure.peer}
    for figure in found:
        targets = [
            Target(f"CPU, times the {WORDS[peer]}", ratio_of(figure.cpu, relay.cpu), 1.3, at_most=True)
            for peer, relay in relays.items()
            if not figure.peer and (peer == "relay" or figure.subject == HASHING)
        ]
        yield replace(figure, targets=tuple(targets))


def _work(served: Served, ask: Ask, size: int) -> Callable[[], None]:
    return lambda: ask(served.gateway, f"object-{size}", size, Pace())
