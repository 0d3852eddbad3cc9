"""All measurements: `python -m bench [--quick]`.

Each module of `MODULES` runs in a process of its own, one after the other. One that fails, or takes
longer than it may, is told of and the others go on: what it found so far counts. At the end there is one
table, `figures.json` with the same numbers, and `figures.png`.

The process of a module is held to the core of the load: what it starts runs there, but for the servers
under test, which it starts on the other core.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, Setting, table, targets_reached, write_json
from bench.installed import missing_here, put_in_place, versions
from bench.modules import measured_by
from bench.plot import plot

MODULES = (
    "faults",
    "relay",
    "bulk",
    "tls",
    "dime",
    "workers",
    "translation",
    "growth",
    "connections",
    "startup",
    "memory",
    "stall",
)
RESULTS = Path(__file__).parent / "results"
FULL_SECONDS, QUICK_SECONDS = 300.0, 100.0
"""How long a module may take: several times of what it takes."""


def main(arguments: Sequence[str]) -> int:
    """Measure and tell; return 1 when a module failed, 2 when nothing can be measured here."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the gateway and its peers.")
    parser.add_argument("modules", nargs="*", metavar="module", help=f"only these of {', '.join(MODULES)}")
    parser.add_argument("--quick", action="store_true", help="the short form: to see that all works")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the directory for JSON and PNG")
    given = parser.parse_args(arguments)
    if unknown := set(given.modules) - set(MODULES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("There is one core here: the load would be measured along with what bears it.")
        return 2
    if missing := missing_here():
        print(missing)
        return 2
    put_in_place()
    return _run(given.modules or MODULES, cores, given.quick, given.results)


def _run(modules: Sequence[str], cores: Sequence[int], quick: bool, results: Path) -> int:
    began, figures, failed = time.monotonic(), list[Figure](), list[str]()
    rounds, seconds, limit = (1, 1.0, QUICK_SECONDS) if quick else (3, 4.0, FULL_SECONDS)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        for module in modules:
            begun = time.monotonic()
            setting = Setting(quick, Path(name) / module, cores[0], cores[1], rounds, seconds)
            found, problem = measured_by(module, setting, limit)
            figures += found
            print(f"{module}: {len(found)} figures in {time.monotonic() - begun:.0f} s", file=sys.stderr)
            if problem:
                failed.append(module)
                print(f"{module} FAILED: {problem}", file=sys.stderr)
    taken = time.monotonic() - began
    results.mkdir(parents=True, exist_ok=True)
    run = {
        "quick": quick,
        "rounds": rounds,
        "seconds_a_round": seconds,
        "seconds": round(taken),
        "cores": len(cores),
        "versions": versions(),
        "failed": failed,
    }
    write_json(results / "figures.json", figures, run)
    plot(results / "figures.png", figures)
    print("\n".join(table(figures)))
    print(targets_reached(figures))
    print(f"{'quick: not to be believed; ' if quick else ''}{rounds} rounds, {taken:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
