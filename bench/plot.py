"""The figures of a run as one picture: a panel for each group.

Bars where subjects are compared, the values themselves beside them; lines where figures lie on a curve
(`Figure.at`). Logarithmic where the values lie far apart: the peers are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.figures import Figure

COLUMNS = 2
PANEL = 7.0, 3.6
"""Inches."""
FAR_APART = 20.0
OWN, PEER = "#1f6f8b", "#b8b8b8"


def plot(path: Path, figures: Sequence[Figure]) -> None:
    """Draw the groups as a PNG."""
    panels = _panels(figures)
    if not panels:
        return
    rows = -(-len(panels) // COLUMNS)
    picture, axes = plt.subplots(
        rows, COLUMNS, figsize=(PANEL[0] * COLUMNS, PANEL[1] * rows), squeeze=False, layout="constrained"
    )
    for place in axes.flat[len(panels) :]:
        place.axis("off")
    for place, panel in zip(axes.flat, panels, strict=False):
        (_lines if panel[0].at is not None else _bars)(place, panel)
    picture.savefig(path, dpi=100)
    plt.close(picture)


def _panels(figures: Sequence[Figure]) -> list[list[Figure]]:
    """Return what goes into a panel each: a group, one unit and one kind."""

    def panel(figure: Figure) -> tuple[str, str, str, str]:
        return figure.group, figure.unit, figure.cpu_unit, figure.at_unit

    found: dict[tuple[str, str, str, str], list[Figure]] = {}
    for figure in figures:
        if _value(figure) is not None:
            found.setdefault(panel(figure), []).append(figure)
    return list(found.values())


def _value(figure: Figure) -> float | None:
    """Return what a figure is compared by, or the other one when there is none."""
    values = (figure.rate, figure.cpu) if figure.ratio == "rate" else (figure.cpu, figure.rate)
    found = next((value for value in values if value is not None), None)
    return figure.memory if found is None else found


def _axis(figure: Figure) -> str:
    by_rate = figure.rate is not None and (figure.ratio == "rate" or figure.cpu is None)
    if by_rate:
        return figure.unit
    return f"CPU {figure.cpu_unit}" if figure.cpu is not None else "MiB"


def _bars(place: Axes, rows: Sequence[Figure]) -> None:
    shown = [(row, value) for row in rows if (value := _value(row)) is not None]
    values = [value for _, value in shown]
    bars = place.barh(
        [row.subject for row, _ in shown], values, color=[PEER if row.peer else OWN for row, _ in shown]
    )
    place.bar_label(
        bars,
        labels=[f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in values],
        padding=3,
        fontsize=8,
    )
    place.invert_yaxis()
    place.margins(x=0.18)
    if min(values) > 0 and max(values) > FAR_APART * min(values):
        place.set_xscale("log")
    place.set_title(rows[0].group, loc="left", fontsize=10)
    place.set_xlabel(_axis(shown[0][0]), fontsize=8)
    place.tick_params(labelsize=8)


def _lines(place: Axes, rows: Sequence[Figure]) -> None:
    for subject in dict.fromkeys(row.subject for row in rows):
        points = [
            (row.at, value)
            for row in rows
            if row.subject == subject and row.at is not None and (value := _value(row)) is not None
        ]
        place.plot(*zip(*sorted(points), strict=True), marker="o", label=subject)
    places = sorted({row.at for row in rows if row.at is not None})
    if len(places) > 1 and places[0] > 0 and places[-1] > FAR_APART * places[0]:
        place.set_xscale("log", base=2)
        place.set_xticks(places, [f"{at:g}" for at in places])
        values = [value for row in rows if (value := _value(row))]
        if max(values) > FAR_APART * min(values):
            place.set_yscale("log", base=2)  # on both axes a straight line is straight
    if place.get_yscale() == "linear":
        place.set_ylim(bottom=0)
    place.legend(fontsize=8)
    place.set_title(rows[0].group, loc="left", fontsize=10)
    place.set_xlabel(rows[0].at_unit, fontsize=8)
    place.set_ylabel(_axis(rows[0]), fontsize=8)
    place.tick_params(labelsize=8)
