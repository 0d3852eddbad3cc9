"""REST to REST: every row comes to what it comes to on the store."""

from __future__ import annotations

import pytest

from tests.differential.table.whole import ALL


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_a_gateway_that_checks_and_signs_anew(verified, row):
    verified.hold(row)
