"""How much memory the gateway takes while one large object passes, above idle, in every cell.

The fast client goes as fast as it can, to the end of the object. A slow client, and a slow store behind a
fast client, make 1 MiB/s and are given a time, since what piles up before them does so at once; they cost
the machine nothing, so gateways are measured side by side. Peaks are the kernel's own (VmHWM), set back
before each. Idle is a gateway that has done everything once, with an object of one byte.

Run: python -m bench.memory [--help]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.cells import CASES, CELLS, Measured, Row, running_case
from bench.clients import Pace
from bench.cores import held_to
from bench.figures import Figure, Setting, Target
from bench.sink import RATE
from tests.clients.certificates import make_certificates

MIB = 1024 * 1024
ALLOWED = 40
"""MiB above idle."""
IDLE_ALLOWED = 80
"""MiB of one that has nothing to do."""
KIB_IN_MIB = 1024
CARRIERS = ("native", "twisted")

FAST, SLOW_CLIENT, SLOW_STORE = "fast", "slow client", "slow store"


@dataclass(frozen=True, slots=True)
class Work:
    """What is done on a gateway, and what came of it.

    Attributes:
        measured: The gateway.
        idle: MiB that it has when idle.
        row: What is done.
        pace: How.

    """

    measured: Measured
    idle: float
    row: Row
    pace: str

    def peak(self, size: int, seconds: float) -> tuple[int, float]:
        """Do it; return the bytes that passed, and the most that the process took above idle, in MiB.

        Args:
            size: Bytes of the object.
            seconds: How long what is slow may take.

        """
        pace = {
            FAST: Pace(),
            SLOW_CLIENT: Pace(RATE, seconds),
            SLOW_STORE: Pace(0, seconds),
        }[self.pace]
        forget_peak(self.measured.pid)
        do(self.measured, self.row, "slow" if self.pace == SLOW_STORE else "fast", size, pace)
        return pace.passed, memory(self.measured.pid, "VmHWM") - self.idle


def do(measured: Measured, row: Row, key: str, size: int, pace: Pace) -> None:
    """Let a client do what a row says; an object that is asked for is as long as its key says."""
    row.ask(measured.gateway, f"{row.form}-{size}" if row.form else key, size, pace)


def memory(pid: int, name: str) -> float:
    """Return a figure of a process in MiB: VmRSS is what it has, VmHWM the most it had."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(f"{name}:")) / KIB_IN_MIB


def forget_peak(pid: int) -> None:
    """Set VmHWM to what the process has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def idle(measured: Measured) -> float:
    """Return the MiB of a gateway that has done everything once."""
    for row in measured.case.rows:
        do(measured, row, "fast", 1, Pace())
    return memory(measured.pid, "VmRSS")


def measure(setting: Setting) -> Iterator[Figure]:
    """Give a figure for each gateway: the most of all that was done on it, in a short form of the whole."""
    size, seconds = (32 * MIB, 1.0) if setting.quick else (256 * MIB, 5.0)
    group = f"Memory above idle, {size // MIB} MiB, and a slow peer for {seconds:g} s"
    with held_to(setting.server_core, setting.load_core), ExitStack() as stack:
        certificates = make_certificates(setting.directory)
        every = [
            stack.enter_context(running_case(case, setting.directory / f"case{number}", certificates))
            for number, case in enumerate(CASES)
        ]
        idles = [idle(measured) for measured in every]
        most = max(idles)
        target = Target("MiB", most, IDLE_ALLOWED, at_most=True)
        yield Figure(group, "idle, the most of all", unit="", cpu_unit="", memory=most, targets=(target,))
        found: dict[str, list[tuple[float, str]]] = {}
        for work, _, peak in _peaks(every, idles, size, seconds):
            found.setdefault(work.measured.case.name, []).append((peak, f"{work.row.name}, {work.pace}"))
    for name, peaks in found.items():
        peak, what = max(peaks)
        above = Target("MiB above idle", peak, ALLOWED, at_most=True)
        note = f"the most of {len(peaks)}: {what}"
        yield Figure(group, name, unit="", cpu_unit="", memory=peak, targets=(above,), note=note)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return 1 when one is more than allowed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.memory", description="Measure the gateway's memory."
    )
    parser.add_argument("--cell", action="append", choices=CELLS, help="only this one; may be repeated")
    parser.add_argument("--carrier", choices=CARRIERS, default=os.environ.get("CARRIER", "native"))
    parser.add_argument("--mib", type=int, default=1024, help="of the object")
    parser.add_argument("--seconds", type=float, default=30, help="for what is slow; 0 leaves it out")
    given = parser.parse_args(arguments)
    os.environ["CARRIER"] = given.carrier
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        certificates = make_certificates(directory)
        every = [
            stack.enter_context(running_case(case, directory / f"case{number}", certificates))
            for number, case in enumerate(CASES)
            if case.cell in (given.cell or CELLS)
        ]
        return _measure(every, given.carrier, given.mib * MIB, given.seconds)


def _measure(every: Sequence[Measured], carrier: str, size: int, seconds: float) -> int:
    idles = [idle(measured) for measured in every]
    print(f"peaks above idle in MiB, {ALLOWED} are allowed; the {carrier} carrier")
    print(f"an object of {size // MIB} MiB; what is slow makes {RATE // MIB} MiB/s for {seconds:g} s of it")
    print(f"idle: {min(idles):.1f} to {max(idles):.1f} MiB")
    print(f"{'':22}{'':32}{'':14}{'passed':>8}{'peak':>8}")
    exceeding = 0
    for work, passed, peak in _peaks(every, idles, size, seconds):
        exceeds = peak > ALLOWED
        exceeding += exceeds
        print(
            f"{work.measured.case.name:22}{work.row.name:32}{work.pace:14}{passed // MIB:8}{peak:8.1f}"
            f"{'  too much' if exceeds else ''}",
            flush=True,
        )
    print(f"{exceeding} exceed {ALLOWED} MiB")
    return int(exceeding > 0)


def _peaks(
    every: Sequence[Measured], idles: Sequence[float], size: int, seconds: float
) -> Iterator[tuple[Work, int, float]]:
    """Give what was done, the bytes that passed, and the peak: what is fast one by one, then the rest."""
    pairs = list(zip(every, idles, strict=True))
    for measured, had in pairs:
        for row in measured.case.rows:
            work = Work(measured, had, row, FAST)
            yield work, *work.peak(size, seconds)
    if not seconds:
        return
    slow = [
        [
            Work(measured, had, row, pace)
            for row in measured.case.rows
            for pace in ((SLOW_CLIENT,) if row.form else (SLOW_CLIENT, SLOW_STORE))
        ]
        for measured, had in pairs
    ]
    with ThreadPoolExecutor(len(slow)) as threads:
        for done in threads.map(partial(_in_turn, size=size, seconds=seconds), slow):
            yield from done


def _in_turn(works: Sequence[Work], size: int, seconds: float) -> list[tuple[Work, int, float]]:
    return [(work, *work.peak(size, seconds)) for work in works]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
