"""What is asked of a start: a time of any, a size of the one that is one process."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from bench import startup
from bench.startup import Start


def test_the_size_of_one_process_is_judged_and_that_of_several_is_told():
    starts = [Start(0.7, 0.6, 77.0, 1), Start(0.9, 0.7, 78.0, 1), Start(1.6, 0.8, 79.0, 1)]
    one = startup._figure("one process", starts)
    assert (one.p50, one.p99, one.memory) == (pytest.approx(900), pytest.approx(1600), 78.0)
    assert [target.value for target in one.targets] == [pytest.approx(0.9), 78.0]
    several = startup._figure("2 workers", [Start(0.9, 1.5, 200.0, 3)])
    assert [target.words for target in several.targets] == ["seconds to the first answer"]


def test_a_gateway_that_ends_at_once_is_told_with_what_it_said(tmp_path):
    log = tmp_path / "log"
    log.write_text("its certificate is not there")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(RuntimeError, match="certificate is not there"):
        startup._first_answer(process, port, b"", log)
