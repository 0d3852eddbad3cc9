"""What a measurement comes to: figures, what is asked of them, and how they are told.

A figure is one row of the table: a subject (the gateway, or a peer) in a group (a piece of work that all
its subjects did in the same run). Only what was measured stands in it. Ratios are between subjects of one
group; a peer is a figure with a name for its column of ratios. A target is a statement about a ratio or
a value, with what is asked first and what is hoped for; it is told whether it was reached or not.

A module of measurements has `measure(setting: Setting) -> Iterator[Figure]`, and `python -m bench` runs
them all. It gives a figure when it is final, so a later failure loses none; rounds go through all
subjects in turn, and `medians` makes one figure of the rounds of each.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Literal

WIDTH = 120
"""Columns of the table."""

_SUBJECT, _WIDE, _NARROW, _RATIO = 34, 11, 8, 10
_TIMES = "x "


@dataclass(frozen=True, slots=True)
class Setting:
    """How a run is made.

    Attributes:
        quick: Whether the short form is asked for: to see that all works, not to believe it.
        directory: For the files of the run; each module makes its own below it. It is gone afterwards.
        server_core: The one that the servers under test are held to.
        load_core: The one of the load generator and the store.
        rounds: How often each subject is measured, in turns.
        seconds: How long each time.

    """

    quick: bool
    directory: Path
    server_core: int = 0
    load_core: int = 1
    rounds: int = 3
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked.

    Attributes:
        words: What the value is: "rate, times node".
        value: What was measured.
        first: What is asked.
        further: What is hoped for; None: nothing more than `first`.
        at_most: Whether less is better.

    """

    words: str
    value: float
    first: float
    further: float | None = None
    at_most: bool = False

    def reaches(self, goal: float) -> bool:
        """Tell whether the value is as good as a goal."""
        return self.value <= goal if self.at_most else self.value >= goal

    def __str__(self) -> str:
        limit = "at most" if self.at_most else "at least"
        first = f"{limit} {_number(self.first)} asked: {_reached(self.reaches(self.first))}"
        if self.further is None:
            return f"{self.words}: {_number(self.value)}; {first}"
        further = f"{_number(self.further)} hoped for: {_reached(self.reaches(self.further))}"
        return f"{self.words}: {_number(self.value)}; {first}; {further}"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured of one subject.

    Attributes:
        group: The work: "SOAP faults".
        subject: Who did it, and how it was set up: "Spyne, waitress, 4 threads".
        rate: How much in a second.
        unit: Of the rate.
        cpu: What the server used for one request, or for a GiB: user and system, children included.
        cpu_unit: Of `cpu`.
        p50: Milliseconds that half of the requests stayed below.
        p99: The same for 99 of 100.
        memory: MiB that the server took at the most (the kernel's VmHWM).
        peer: Its short name, for the column of ratios against it; "" for the gateway's own.
        ratio: What the ratios of the group are made of.
        at: Where on a curve it lies, for figures that make one; `at_unit` says of what.
        at_unit: "connections", "KiB"; "" when it is no curve.
        targets: What is asked of it.
        note: A word on how it came about.

    """

    group: str
    subject: str
    rate: float | None = None
    unit: str = "requests/s"
    cpu: float | None = None
    cpu_unit: str = "us/request"
    p50: float | None = None
    p99: float | None = None
    memory: float | None = None
    peer: str = ""
    ratio: Literal["rate", "cpu"] = "rate"
    at: float | None = None
    at_unit: str = ""
    targets: tuple[Target, ...] = ()
    note: str = ""

    def against(self, other: Figure) -> float | None:
        """Return the ratio of this one to another of its group; None when either was not measured."""
        mine, its = (self.rate, other.rate) if self.ratio == "rate" else (self.cpu, other.cpu)
        return mine / its if mine is not None and its else None


def medians(rounds: Sequence[Figure]) -> Figure:
    """Return the figure of one subject from its rounds: the median of each value, the most of memory."""

    def of(name: str) -> float | None:
        values = [value for each in rounds if (value := getattr(each, name)) is not None]
        return statistics.median(values) if values else None

    peaks = [each.memory for each in rounds if each.memory is not None]
    return replace(
        rounds[0],
        rate=of("rate"),
        cpu=of("cpu"),
        p50=of("p50"),
        p99=of("p99"),
        memory=max(peaks, default=None),
    )


def table(figures: Sequence[Figure]) -> Iterator[str]:
    """Give the lines of the table: a block for each group, its targets below it."""
    for group, rows in groupby(figures, lambda figure: figure.group):
        yield from _block(group, list(rows))
        yield ""


def targets_reached(figures: Sequence[Figure]) -> str:
    """Return one line that counts the targets."""
    targets = [target for figure in figures for target in figure.targets]
    first = sum(target.reaches(target.first) for target in targets)
    hoped = [target for target in targets if target.further is not None]
    further = sum(target.reaches(target.further) for target in hoped if target.further is not None)
    return f"{first} of {len(targets)} first targets and {further} of {len(hoped)} further goals were reached"


def write_json(path: Path, figures: Sequence[Figure], run: Mapping[str, object]) -> None:
    """Write the figures, and what is told of the run: versions, rounds, how long it took."""
    rows = []
    for figure in figures:
        row = {name: value for name, value in asdict(figure).items() if value not in (None, "", ())}
        row["ratios"] = {
            peer.peer: ratio for peer in _peers(figures, figure) if (ratio := figure.against(peer))
        }
        row["targets"] = [
            {**asdict(target), "reached": target.reaches(target.first)} for target in figure.targets
        ]
        rows.append(row)
    path.write_text(json.dumps({**run, "figures": rows}, indent=1) + "\n")


def _peers(figures: Sequence[Figure], figure: Figure) -> list[Figure]:
    """Return whom a figure is compared with: the peers of its group that did work of the same kind."""
    return [
        each
        for each in figures
        if each.peer and (each.group, each.unit, each.at) == (figure.group, figure.unit, figure.at)
    ]


def _block(group: str, rows: Sequence[Figure]) -> Iterator[str]:
    peers = list(dict.fromkeys(row.peer for row in rows if row.peer))
    heads = None
    for row in rows:
        if (row.unit, row.cpu_unit) != heads:
            title = group if heads is None else ""
            heads = row.unit, row.cpu_unit
            names = "".join(f"{_TIMES + peer:>{_RATIO}}" for peer in peers)
            yield (f"{title:{_SUBJECT}}{_heads(rows, row)}{names}").rstrip()
        by_name = {peer.peer: row.against(peer) for peer in _peers(rows, row)}
        ratios = "".join(_cell(by_name.get(peer), _RATIO) for peer in peers)
        yield (
            f"  {_subject(row):{_SUBJECT - 2}}{_cell(row.rate, _WIDE)}{_cell(row.cpu, _WIDE)}"
            f"{_cell(row.p50, _NARROW)}{_cell(row.p99, _NARROW)}{_cell(row.memory, _NARROW)}{ratios}"
        ).rstrip()
        if row.note:
            yield f"    {row.note}"
    for row in rows:
        for target in row.targets:
            yield f"  > {_subject(row)}: {target}"


def _heads(rows: Sequence[Figure], row: Figure) -> str:
    """Return the heads of the columns that have something in rows of the units of this one."""
    alike = [each for each in rows if (each.unit, each.cpu_unit) == (row.unit, row.cpu_unit)]
    columns = (
        ("rate", row.unit, _WIDE),
        ("cpu", f"CPU {_short(row.cpu_unit)}", _WIDE),
        ("p50", "p50 ms", _NARROW),
        ("p99", "p99 ms", _NARROW),
        ("memory", "MiB", _NARROW),
    )
    return "".join(
        f"{head if any(getattr(each, name) is not None for each in alike) else '':>{width}}"
        for name, head, width in columns
    )


def _subject(figure: Figure) -> str:
    return figure.subject if figure.at is None else f"{figure.subject}, {figure.at:g} {figure.at_unit}"


def _short(unit: str) -> str:
    return "us" if unit.startswith("us/") else unit


def _cell(value: float | None, width: int) -> str:
    return f"{'' if value is None else _number(value):>{width}}"


def _number(value: float) -> str:
    """Return a number with about three digits that say something."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _reached(yes: bool) -> str:
    return "reached" if yes else "NOT reached"
