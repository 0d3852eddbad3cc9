"""Columns, and what is shown of any answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.columns import aligned, answer_lines, printable


def test_cells_stand_under_each_other():
    rows = [("a", "long cell", "x"), ("longer", "", ""), ("", "b", "y")]
    assert list(aligned(rows)) == ["a       long cell  x", "longer", "        b          y"]
    assert list(aligned([])) == []


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ({}, []),
        ({"A": {"B": None, "C": {"D": 1}}}, ["A.C.D  1"]),
        ({"A": [{"B": "x"}]}, ["A (1)", "B", "x"]),
        ({"A": ["x", True]}, ["A (2)", "x", "true"]),
        ({"A": [], "B": [{}], "C": b"abc"}, ["C  3 bytes", "", "B (1)"]),
        ({"A": ["x"], "B": ["y"]}, ["A (1)", "x", "", "B (1)", "y"]),
        ({"A": datetime(2009, 1, 1, tzinfo=UTC)}, ["A  2009-01-01T00:00:00.000Z"]),
    ],
)
def test_any_answer_is_lines(answer, lines):
    assert list(answer_lines(answer)) == lines


@given(st.text())
def test_nothing_that_is_shown_moves_the_cursor(text):
    assert printable(text).isprintable()
    (line,) = aligned([(text, "x")])
    assert line.isprintable()
