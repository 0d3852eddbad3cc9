"""A leashed program ends with whoever started it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import leash
from tests.service.twistd import PATIENCE, alive, eventually

PARENT = """
import os, subprocess, sys, time
leashed = [sys.executable, "-I", "-S", sys.argv[1], str(os.getpid()), "/bin/sleep", "1000"]
process = subprocess.Popen(leashed)
print(process.pid, flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_ends_with_its_parent(how):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, leash.__file__],
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.DEVNULL,
    )
    child = int(parent.stdout.readline())
    eventually(lambda: b"sleep" in Path(f"/proc/{child}/cmdline").read_bytes()[:12])
    assert os.getsid(child) == child
    parent.send_signal(how)
    parent.wait(PATIENCE)
    parent.stdout.close()
    eventually(lambda: not alive(child))


def test_a_program_whose_parent_is_gone_already_does_not_start():
    stranger = str(os.getppid())
    done = subprocess.run(
        [sys.executable, leash.__file__, stranger, "/bin/echo", "here"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")


def test_a_program_that_is_not_there_is_told():
    done = subprocess.run(
        [sys.executable, leash.__file__, str(os.getpid()), "/no/such/program"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == b"/no/such/program: No such file or directory\n"
