"""Run atheris with one harness: `python -m fuzz.run dime -max_total_time=600`.

The corpus is fuzz/corpus/NAME. It grows where it lies, and an input that fails is put there too, so
that the tests fail until it no longer does. `-merge=1 DIR` takes over what is new in another folder.
Whatever is given behind the name goes to libFuzzer. `pip install --group fuzz` installs atheris.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"


def main(words: list[str]) -> None:
    """Fuzz until libFuzzer ends the process."""
    name, *options = words
    with atheris.instrument_imports(include=["gateway"]):
        harness = importlib.import_module(f"fuzz.{name}")
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    command = f"{sys.executable} -m fuzz.run {name}"  # libFuzzer starts itself again to merge
    atheris.Setup([command, f"-artifact_prefix={corpus}/", str(corpus), *options], harness.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
