from __future__ import annotations

import os
import subprocess
import sys

from bench.cores import cpu_seconds, held_to, peak_memory, tree

WORKS = "sum(range(3_000_000))"
PARENT = (
    "import subprocess, sys\n"
    f"child = subprocess.Popen([sys.executable, '-c', '{WORKS}; print(flush=True); input()'], stdin=0)\n"
    "child.wait()"
)


def test_a_process_counts_with_its_children():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()  # the child has worked
        assert len(tree(process.pid)) == 2
        assert cpu_seconds(process.pid) > 0.02
        assert peak_memory(process.pid) > 2
        process.stdin.close()


def test_what_starts_in_the_block_is_held_to_its_cores_and_nothing_behind_it():
    before = os.sched_getaffinity(0)
    core = min(before)
    with held_to(core):
        told = subprocess.check_output([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"])
    assert told.decode().strip() == str({core})
    assert os.sched_getaffinity(0) == before


def test_a_process_that_is_gone_has_used_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert (cpu_seconds(process.pid), peak_memory(process.pid)) == (0, 0)
