"""Processes on cores: what runs where, and what it used.

The server under test has a core to itself; the store and the load generator share the other one. A
program is started on its core, so that its threads and children are held to it from their first moment,
and what counts processors at its start counts what it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KIB_IN_MIB = 1024
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def held_to(*cores: int) -> Iterator[None]:
    """Start everything on these cores while the block runs; what runs already stays where it is."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(pid: int) -> list[int]:
    """Return a process and all that descends from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else []
        if fields:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Return the seconds that a process and its descendants have used, user and system.

    The kernel counts all threads of a process, and adds a child that ended to its parent.
    """
    ticks = 0
    for each in tree(pid):
        fields = _stat(each)
        if fields:
            ticks += sum(map(int, fields[11:13]))  # utime, stime
            ticks += sum(map(int, fields[13:15])) if each == pid else 0  # of children that ended
    return ticks / _TICKS


def peak_memory(pid: int) -> float:
    """Return the MiB that a process and its descendants took at the most, each at its own moment."""
    return sum(_status(each, "VmHWM") for each in tree(pid)) / KIB_IN_MIB


def forget_peaks(pid: int) -> None:
    """Let `peak_memory` begin anew: set VmHWM to what each has now."""
    for each in tree(pid):
        Path(f"/proc/{each}/clear_refs").write_text("5")


def _stat(pid: int) -> list[str]:
    """Return the fields of a process behind its name, the state first; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _status(pid: int, name: str) -> int:
    """Return a figure of a process in KiB; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
