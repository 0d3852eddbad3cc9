"""What docs/errors.md says of the 81 codes, held against the table and against the code that raises them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gateway.tables.errors import DOCUMENTED

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gateway"
TABLE = "tables/errors.py"
CODES = {row.code for row in DOCUMENTED}
ROW = re.compile(
    r"\| (?P<code>\w+) \| (?P<what>raised|passed on|raised, passed on|cannot occur) \| (?P<why>.*)\|"
)

ROWS = [row for line in (ROOT / "docs/errors.md").read_text().splitlines() if (row := ROW.fullmatch(line))]
RAISED = [row for row in ROWS if row["what"].startswith("raised")]


def literals(module: str) -> set[str]:
    """All texts that stand as such in a module."""
    tree = ast.parse((PACKAGE / module).read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def raising() -> set[tuple[str, str]]:
    """Code and module of every problem that is made in the package with a documented code written out."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem":
                given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "code")]
                texts = [
                    inner.value
                    for first in given
                    for inner in ast.walk(first)
                    if isinstance(inner, ast.Constant)
                ]
                found |= {(text, path.relative_to(PACKAGE).as_posix()) for text in texts if text in CODES}
    return found


def test_each_of_the_81_codes_has_one_row_in_the_order_of_the_table():
    assert [row["code"] for row in ROWS] == list(dict.fromkeys(row.code for row in DOCUMENTED))
    assert len(ROWS) == 81


@pytest.mark.parametrize("row", RAISED, ids=lambda row: row["code"])
def test_a_code_said_to_be_raised_stands_in_each_module_named(row):
    modules = re.findall(r"`(\w+/\w+\.py)`", row["why"])
    assert modules
    for module in modules:
        assert module != TABLE
        assert row["code"] in literals(module), f"{module} does not name {row['code']}"


def test_a_code_that_is_raised_is_said_to_be_and_where():
    said = {row["code"]: row["why"] for row in RAISED}
    missing = {f"{code} in {module}" for code, module in raising() if f"`{module}`" not in said.get(code, "")}
    assert not missing


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
def test_a_code_that_cannot_occur_says_why(row):
    assert row["what"] != "cannot occur" or row["why"].strip()
