import os
import subprocess
import sys

import pytest

from gateway.service import shared
from gateway.service.shared import NUMBERS, Numbers, shared_memory


@pytest.fixture
def memory():
    descriptor = shared_memory()
    yield descriptor
    os.close(descriptor)


def test_a_number_counts_under_its_labels():
    numbers = Numbers()
    asked = numbers.family("asked")
    numbers.cells[asked["200",]] += 1
    numbers.cells[asked["200",]] += 1
    numbers.cells[asked["404",]] += 1
    assert numbers.totals() == {("asked", "200"): 2, ("asked", "404"): 1}


def test_numbers_side_by_side_are_told_by_their_index():
    numbers = Numbers()
    wide = numbers.family("took", 3)
    after = numbers.family("after")
    numbers.cells[wide["x",] + 2] = 2.5
    numbers.cells[after[()]] = 7
    assert numbers.totals() == {
        ("took", "x", "0"): 0,
        ("took", "x", "1"): 0,
        ("took", "x", "2"): 2.5,
        ("after",): 7,
    }


def test_a_process_that_is_killed_leaves_its_numbers(memory):
    script = (
        "import os, signal\n"
        "from gateway.service.shared import Numbers\n"
        f"numbers = Numbers({memory})\n"
        "place = numbers.family('ä')['b',]\n"
        "for _ in range(1000): numbers.cells[place] += 1\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    seen = Numbers(memory)
    assert seen.totals() == {}
    subprocess.run([sys.executable, "-c", script], pass_fds=[memory], check=False)
    assert seen.totals() == {("ä", "b"): 1000}


def test_without_memfd_it_is_a_file_without_a_name(monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    descriptor = shared_memory()
    one, other = Numbers(descriptor), Numbers(descriptor)
    os.close(descriptor)
    one.cells[one.family("a")[()]] = 5
    assert other.totals() == {("a",): 5}


def test_what_has_no_room_is_not_told_and_breaks_nothing(monkeypatch):
    numbers = Numbers()
    many = numbers.family("many", 64)
    for index in range(NUMBERS // 64 + 10):
        numbers.cells[many[str(index),]] += 1
    totals = numbers.totals()
    assert len(totals) == NUMBERS - 64
    assert sum(totals.values()) == NUMBERS // 64 - 1
    named = Numbers()
    long = named.family("long")
    for index in range(12):
        named.cells[long[f"{index}" + "x" * (shared.BYTES // 20),]] += 1
    assert sum(named.totals().values()) == 9
