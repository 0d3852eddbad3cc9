"""REST to REST: every row comes to what it comes to on the store, with signatures checked here or there."""

from __future__ import annotations

import pytest

from tests.differential.table.whole import ALL, PASSING


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_a_gateway_that_checks_and_signs_anew(verified, row):
    verified.hold(row)


@pytest.mark.parametrize("row", PASSING, ids=lambda row: row.name)
def test_a_gateway_that_leaves_the_check_to_the_store(passing, row):
    passing.hold(row)
