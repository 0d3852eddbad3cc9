"""A module of measurements in a process of its own, which may fail, hang, or die: it is told of, no more.

What it started ends with it: its own blocks end that when it is interrupted, the kernel when it is killed.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import time
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.figures import Figure, Setting

END_SECONDS = 30.0
"""How long a module has to end what it started."""
LEAVE_SECONDS = 2.0
"""How long one that is done has to end by itself."""

_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Failure:
    """A module that came to no end: how it told so."""

    told: str


def run_module(name: str, setting: Setting, told: Connection) -> None:
    """Measure; send each figure, then None or a Failure. In a process of its own."""
    os.sched_setaffinity(0, {setting.load_core})
    setting.directory.mkdir()
    try:
        for figure in importlib.import_module(f"bench.{name}").measure(setting):
            told.send(figure)
    except KeyboardInterrupt:
        told.send(Failure("stopped"))
    except Exception:  # noqa: BLE001 - whatever it is: it is told, and the other modules go on
        told.send(Failure(traceback.format_exc()))
    else:
        told.send(None)


def measured_by(name: str, setting: Setting, seconds: float) -> tuple[list[Figure], str]:
    """Return what a module measured, and what went wrong; "" when nothing did.

    Args:
        name: Of the module, without its package.
        setting: How it measures.
        seconds: How long it may take.

    """
    here, there = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=run_module, args=(name, setting, there))
    process.start()
    there.close()  # so that its death is the end of the pipe
    try:
        return _received(here, time.monotonic() + seconds)
    finally:
        _end(process)


def _received(here: Connection, until: float) -> tuple[list[Figure], str]:
    figures: list[Figure] = []
    while here.poll(max(0.0, until - time.monotonic())):
        try:
            told = here.recv()
        except EOFError:
            return figures, "its process ended before it was done"
        if told is None:
            return figures, ""
        if isinstance(told, Failure):
            return figures, told.told
        figures.append(told)
    return figures, "it took longer than it may"


def _end(process: multiprocessing.process.BaseProcess) -> None:
    """End a process: as Ctrl-C does, so that it ends what it started, then at once."""
    process.join(LEAVE_SECONDS)
    if process.is_alive() and process.pid is not None:
        os.kill(process.pid, signal.SIGINT)
        process.join(END_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
