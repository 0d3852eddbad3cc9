"""How long a translation takes in process, and how that grows with the message.

Times are CPU times of this process, held to one core: a busy machine adds less to them than to a clock on
the wall. Each passage is run in batches, all passages in turn; a figure is the median of its batches and
tells the best one too. As in a gateway that has started, the collector does not walk through what stands.

Growth is judged by one rule, here and for connections: what one unit more costs between the middle point
of the curve and its last one, against what it costs up to the middle. 1 is a straight line.

Run: python -m bench.translation
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cores import held_to
from bench.figures import Figure, Setting, Target, table
from bench.passages import Passage, inline_put, listing, of_rest_store, of_soap_store, rest_error, soap_error

BATCH = 0.1
"""Seconds that one batch takes, about."""

QUICK_BATCH = 0.02

BATCHES = 15
"""Of each passage."""

QUICK_BATCHES = 3

KIB = (1, 4, 16, 64, 256, 1024)
"""Sizes of an object that is sent inline, up to what S3 takes so."""

KEYS = (1, 10, 100, 1000)
"""Lengths of a list, up to what one answer of S3 may hold."""

BEND = 1.2
"""How much dearer than up to the middle of a curve a unit may be behind it, for the curve to be straight."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How long one run of a passage takes.

    Attributes:
        median: Microseconds, of the batches.
        best: Those of the best batch.

    """

    median: float
    best: float


def measure(setting: Setting) -> Iterator[Figure]:
    """Give the figures of errors both ways, then those of the two curves."""
    directory = setting.directory / "translation"
    directory.mkdir()
    rest, soap = of_rest_store(directory), of_soap_store(directory)
    errors = {
        "SOAP GetObject, REST store": soap_error(rest),
        "REST GET, SOAP store": rest_error(soap),
    }
    sizes = {kib: inline_put(rest, kib * 1024) for kib in KIB}
    lengths = {keys: listing(rest, keys) for keys in KEYS}
    with _on_core(setting.server_core):
        passages = [*errors.values(), *sizes.values(), *lengths.values()]
        times = iter(_timed(passages, quick=setting.quick))
    yield from _of_errors({each: next(times) for each in errors})
    yield from curve(
        "Inline objects in process", "PutObjectInline", "KiB", {each: next(times) for each in sizes}
    )
    yield from curve("Lists in process", "ListBucket", "keys", {each: next(times) for each in lengths})


def bend(points: Mapping[float, float]) -> float:
    """Return how much dearer a unit is behind the middle point of a curve than up to it.

    Args:
        points: Place to cost, three or more.

    """
    places = sorted(points)
    first, middle, last = places[0], places[len(places) // 2], places[-1]
    before = (points[middle] - points[first]) / (middle - first)
    behind = (points[last] - points[middle]) / (last - middle)
    return behind / before


def curve(group: str, subject: str, unit: str, taken: Mapping[int, Taken]) -> Iterator[Figure]:
    """Give the figures of one curve; the last carries the target."""
    bent = bend({at: each.best for at, each in taken.items()})
    judged = Target(f"one more of its {unit}, behind the middle to before", bent, BEND, at_most=True)
    for at, each in taken.items():
        yield Figure(
            group,
            subject,
            cpu=each.median,
            cpu_unit="us/request",
            at=at,
            at_unit=unit,
            targets=(judged,) if at == max(taken) else (),
            note=f"{each.median / at:.1f} us for one of its {unit}, best {each.best / at:.1f}",
        )


def _of_errors(taken: Mapping[str, Taken]) -> Iterator[Figure]:
    for subject, each in taken.items():
        asked = Target("us in process", each.median, 130, 100, at_most=True)
        yield Figure(
            "Errors translated in process",
            subject,
            cpu=each.median,
            targets=(asked,) if subject.startswith("SOAP") else (),
            note=f"best {each.best:.0f} us",
        )


def _timed(passages: Sequence[Passage], *, quick: bool) -> list[Taken]:
    batch, batches = (QUICK_BATCH, QUICK_BATCHES) if quick else (BATCH, BATCHES)
    counts = [max(1, round(batch / _seconds(each, 5) * 5)) for each in passages]
    rounds = [
        [_seconds(each, count) / count * 1e6 for each, count in zip(passages, counts, strict=True)]
        for _ in range(batches)
    ]
    return [Taken(statistics.median(each), min(each)) for each in zip(*rounds, strict=True)]


def _seconds(passage: Passage, count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        passage.run()
    return time.process_time() - began


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    """Hold this process to one core while the block runs, and keep the collector from what stands."""
    gc.collect()
    gc.freeze()
    try:
        with held_to(core):
            yield
    finally:
        gc.unfreeze()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(table(list(measure(Setting("--quick" in sys.argv, Path(name)))))))
