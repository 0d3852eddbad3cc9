"""Files of a call: what is read of one, what is written to one, and the line on a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gateway.cli.files import (
    MIB,
    Attached,
    FileProblemError,
    Out,
    Progress,
    attached_file,
    sent,
)
from gateway.messages import Body


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_file_that_becomes_shorter(tmp_path):
    file = tmp_path / "object"
    file.write_bytes(b"1234")
    pieces = (b"head", Body(Attached(file, 6), 6))
    with pytest.raises(FileProblemError, match="became 2 bytes shorter"):
        list(sent(pieces, Progress(io.StringIO())))


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(FileProblemError, match="No such file"):
        list(sent((Body(Attached(tmp_path / "object", 6), 6),), Progress(io.StringIO())))


def test_a_file_passes_through_codings(tmp_path):
    class Doubled:
        def feed(self, data):
            return data + data

        def close(self):
            return b"."

    file = tmp_path / "object"
    file.write_bytes(b"12")
    attached = attached_file(file)
    assert attached == Attached(file, 2)
    body = Body(attached, 2).coded(Doubled).coded(Doubled)
    assert b"".join(sent((body,), Progress(io.StringIO()))) == b"12" * 4 + b".." + b"."


def test_a_full_disk_is_told():
    with pytest.raises(FileProblemError, match="/dev/full: No space left"), Out(Path("/dev/full")) as out:
        out.write(b"12345")


def test_a_line_on_a_terminal():
    terminal, clock = Terminal(), Clock()
    progress = Progress(terminal, clock)
    progress.begin(4 * MIB)
    progress.passed(MIB)
    assert terminal.getvalue() == ""  # not yet
    clock.now += 0.5
    progress.passed(MIB)
    bar = "###############..............."
    assert terminal.getvalue() == f"\r\033[K[{bar}]  50%  2.0 MiB of 4.0  4.0 MiB/s"
    progress.end()
    assert terminal.getvalue().endswith("MiB/s\r\033[K")


@pytest.mark.parametrize("total", [None, 0])
def test_a_line_about_nobody_knows_how_much(total):
    clock = Clock()
    progress = Progress(Terminal(), clock)
    progress.begin(total)
    clock.now += 2
    progress.passed(MIB)
    assert progress.line() == "1.0 MiB  0.5 MiB/s"


def test_no_line_without_a_terminal():
    pipe, clock = io.StringIO(), Clock()
    progress = Progress(pipe, clock)
    progress.begin(MIB)
    clock.now += 1
    progress.passed(MIB)
    progress.end()
    assert pipe.getvalue() == ""
