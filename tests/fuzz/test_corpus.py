"""What a fuzzer found worth keeping goes through each harness again."""

import importlib
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"
HARNESSES = sorted(path.stem for path in FUZZ.glob("*.py") if path.stem not in ("__init__", "run"))


def test_each_folder_of_the_corpus_has_a_harness():
    assert sorted(path.name for path in (FUZZ / "corpus").iterdir()) == HARNESSES


@pytest.mark.parametrize("name", HARNESSES)
def test_the_corpus_is_replayed(name):
    harness = importlib.import_module(f"fuzz.{name}")
    inputs = sorted((FUZZ / "corpus" / name).iterdir())
    assert inputs
    for path in inputs:
        try:
            harness.one_input(path.read_bytes())
        except Exception as error:
            error.add_note(f"in {path.name}")
            raise
