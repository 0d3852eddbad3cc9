"""How growth with connections is told: two curves, judged at their last points."""

from __future__ import annotations

import pytest

from bench.figures import Figure
from bench.growth import curves


def at(connections: int, rate: float, cpu: float) -> Figure:
    return Figure("", "faults", rate=rate, cpu=cpu, p50=1, p99=2, memory=80, at=connections)


def test_rate_and_cpu_are_curves_of_their_own():
    found = {1: at(1, 100, 500), 32: at(32, 1000, 300), 1000: at(1000, 900, 330)}
    figures = list(curves(found))
    assert [figure.group for figure in figures] == ["Rate by connections"] * 3 + ["CPU by connections"] * 3
    assert [figure.rate for figure in figures] == [100, 1000, 900, None, None, None]
    assert [figure.cpu for figure in figures] == [None, None, None, 500, 300, 330]


def test_the_last_points_are_judged_by_those_of_a_busy_core():
    found = {1: at(1, 100, 500), 32: at(32, 1000, 300), 1000: at(1000, 700, 330)}
    rates, costs = (target for figure in curves(found) for target in figure.targets)
    assert rates.value == pytest.approx(0.7)
    assert not rates.reaches(rates.first)
    assert costs.value == pytest.approx(1.1)
    assert costs.reaches(costs.first)
