"""Workers: SOAP faults, the load on one core, one worker on the other, against two workers free on both.

The second worker shares a core with the load and the store, so the gain is what they leave of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from bench import wrk
from bench.faults import HEADERS, PLAIN, check_fault, envelope, ratio_of
from bench.figures import Figure, Setting, Target
from bench.store import running_store
from bench.subjects import Subject, certificate, pressed_in_turns, serving_gateway

CONNECTIONS = (wrk.CONNECTIONS, 2 * wrk.CONNECTIONS)
"""As many as everywhere else, and so many for each of two: the less is done at once the more each costs."""


def measure(setting: Setting) -> Iterator[Figure]:
    """Measure one worker and two."""
    directory, message = setting.directory, envelope()
    script = wrk.request(directory / "call.lua", HEADERS, message)
    certificates = certificate(directory)
    with ExitStack() as stack:
        store = stack.enter_context(running_store(directory / "store"))
        subjects = []
        for name, count, cores in (
            ("one worker, on its core", 1, [setting.server_core]),
            ("two workers, on both cores", 2, [setting.server_core, setting.load_core]),
        ):
            settings = {"gateway": {**PLAIN["gateway"], "workers": str(count)}}
            place = directory / f"workers{count}"
            served = stack.enter_context(serving_gateway(place, cores, store, certificates, settings))
            url = f"{served.plain}/soap"
            check_fault(url, message)
            for connections in CONNECTIONS:
                group = f"Workers, SOAP faults, {connections} clients"
                figure = Figure(group, name, peer="one" if count == 1 else "")
                subjects.append(Subject(figure, served.pid, url, script, connections))
        one, one_of_more, two, two_of_more = pressed_in_turns(setting, subjects)
        yield from (one, two, one_of_more)
        cost = Target(
            "CPU, times one worker's", ratio_of(two_of_more.cpu, one_of_more.cpu), 1.10, at_most=True
        )
        yield replace(two_of_more, targets=(cost,))
