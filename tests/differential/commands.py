"""aws-cli and s5cmd as the rows ask them: a command line; its exit status, its output, its files.

aws-cli runs in this process, which spares its half second of start; s5cmd is a program.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from awscli.clidriver import create_clidriver

from tests.differential.places import USERS, Place
from tests.differential.rows import How, Step
from tests.stores.store import REGION

S5CMD = Path(sys.executable).parent / "s5cmd"
PATIENCE = 60
KEPT = {"PATH", "HOME", "LANG", "TZ", "AWS_DATA_PATH"}
"""What is kept of this process's environment; aws-cli itself sets the last."""
SPEED = re.compile(r"\([\d.]+ \w+/s\)")


def _environment(place: Place, how: How) -> dict[str, str]:
    user = USERS.get(how.user)
    keys = {"AWS_ACCESS_KEY_ID": user.access_key, "AWS_SECRET_ACCESS_KEY": user.secret_key} if user else {}
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return {
        **kept,
        **keys,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "S3_ENDPOINT_URL": place.plain_url if how.plain else place.url,
        "SSL_CERT_FILE": str(place.ca or os.devnull),
    }


def ask_s5cmd(place: Place, how: How, step: Step, directory: Path) -> Any:
    """Return what a command line of s5cmd came to; it works in `directory`."""
    unsigned = [] if how.user in USERS else ["--no-sign-request"]
    done = subprocess.run(
        [S5CMD, "--retry-count", "0", "--numworkers", "1", *unsigned, *step.values["words"]],
        env=_environment(place, how),
        input=step.values.get("input", b""),
        capture_output=True,
        cwd=directory,
        timeout=PATIENCE,
        check=False,
    )
    return _result(done.returncode, done.stdout, done.stderr, directory)


def ask_aws(place: Place, how: How, step: Step, directory: Path) -> Any:
    """Return what a command line of aws-cli came to; it works in `directory`."""
    more = ["--endpoint-url", place.plain_url if how.plain else place.url]
    more += ["--ca-bundle", str(place.ca)] if place.ca and not how.plain else []
    more += [] if how.user in USERS else ["--no-sign-request"]
    with (
        mock.patch.dict(os.environ, _environment(place, how), clear=True),
        _in_directory(directory),
        _streams() as (out, errors),
    ):
        driver = create_clidriver() if "get-object" in step.values["words"] else _driver(how.user)
        status = driver.main([*step.values["words"], *more])
    return _result(status, out.getvalue(), errors.getvalue(), directory)


@cache
def _driver(user: str) -> Any:
    """aws-cli as one user has it: it keeps the keys that it found, and whether it signs.

    Not for `s3api get-object`, behind which every data go to that file.
    """
    return create_clidriver()


@contextmanager
def _in_directory(directory: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _streams() -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Standard output and error of this process, kept."""
    kept = io.BytesIO(), io.BytesIO()
    out, errors = (io.TextIOWrapper(each, encoding="utf-8", write_through=True) for each in kept)
    with redirect_stdout(out), redirect_stderr(errors):
        yield kept
    out.detach()
    errors.detach()


def _result(status: int, out: bytes, errors: bytes, directory: Path) -> dict[str, Any]:
    return {
        "exit": status,
        "out": _lines(out),
        "errors": _lines(errors),
        "files": _files(directory),
    }


def _lines(output: bytes) -> list[str]:
    text = SPEED.sub("(<speed>)", output.decode(errors="replace"))
    return [line for line in text.replace("\r", "\n").split("\n") if line]


def _files(directory: Path) -> Mapping[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
