"""A test that is skipped fails, wherever it was skipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "a test": "import pytest\ndef test_it():\n    pytest.skip('no time')\n",
    "a marked test": "import pytest\n@pytest.mark.skip('no time')\ndef test_it():\n    pass\n",
    "a module": "import pytest\npytest.skip('no time', allow_module_level=True)\ndef test_it():\n    pass\n",
}


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS)
def test_a_skip_is_a_failure(source: str, tmp_path: Path) -> None:
    (tmp_path / "test_skipping.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", tmp_path, tmp_path],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "skipped, which counts as a failure here: Skipped: no time" in done.stdout
