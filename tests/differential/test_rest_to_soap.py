"""REST to SOAP to REST: every row comes to what it comes to on the store, but for what SOAP never had."""

from __future__ import annotations

import pytest

from tests.differential.table.whole import SOAP


@pytest.mark.parametrize("row", SOAP, ids=lambda row: row.name)
def test_a_gateway_before_a_store_that_speaks_soap(behind_soap, row):
    behind_soap.hold(row)
