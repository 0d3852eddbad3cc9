"""The rule by which growth is judged, and the figures that it stands in."""

from __future__ import annotations

import pytest

from bench.figures import Setting
from bench.translation import KEYS, KIB, Taken, bend, curve, measure


def test_a_straight_line_has_no_bend_whatever_it_begins_with():
    assert bend({1: 101, 10: 110, 100: 200, 1000: 1100}) == pytest.approx(1)


def test_what_grows_by_the_square_bends_and_what_grows_less_does_the_other_way():
    assert bend({each: each**2 for each in (1, 10, 100, 1000)}) > 10
    assert bend({each: each**0.5 for each in (1, 10, 100, 1000)}) < 0.5


def test_a_curve_is_judged_at_its_last_point_by_the_best_of_its_batches():
    taken = {each: Taken(median=each**2, best=each) for each in (1, 10, 100)}
    figures = list(curve("Lists", "ListBucket", "keys", taken))
    assert [figure.at for figure in figures] == [1, 10, 100]
    assert [len(figure.targets) for figure in figures] == [0, 0, 1]
    (target,) = figures[-1].targets
    assert target.value == pytest.approx(1)


def test_every_passage_has_a_figure(tmp_path):
    figures = list(measure(Setting(quick=True, directory=tmp_path)))
    assert len(figures) == 2 + len(KIB) + len(KEYS)
    assert all(figure.cpu for figure in figures)
    assert sum(len(figure.targets) for figure in figures) == 3
