"""What docs/dime.md shows is what the library does."""

import re
from pathlib import Path

import pytest

from gateway.soap import dime, dime_records, dime_writing

PAGE = (Path(__file__).parents[2] / "docs" / "dime.md").read_text()


def test_the_examples_run():
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    exec(compile("\n".join(blocks), "the examples of docs/dime.md", "exec"), {})


@pytest.mark.parametrize("module", [dime, dime_records, dime_writing])
def test_the_modules_hold_what_the_page_says(module):
    (row,) = re.findall(rf"^\| `{re.escape(module.__name__)}` \| (.*) \|$", PAGE, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", row):
        assert hasattr(module, name)
