"""Real programs under test: started on free loopback ports, and none left behind.

A port is free when it, and every port the program opens beside it, can be bound now. Somebody
else may take it before the program does, so a program that ends at once is started again on
other ports. Ports are sought below the range from which the kernel gives ports to outgoing
connections.

Three things end a program: the `with` block that started it; the death of the test process,
which the kernel reports to the child (PR_SET_PDEATHSIG), so that not even `kill -9` leaves one;
and its own process group, which takes its children along.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

LOWEST_PORT = 12_000
HIGHEST_PORT = 21_900  # with 10,000 added still below 32,768, where outgoing connections begin
START_SECONDS = 30.0
START_TRIES = 3
STOP_SECONDS = 10.0
PAUSE = 0.02
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class NotStartedError(Exception):
    """A program ended, or was silent for too long, before it answered."""


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int, *, beside: Sequence[int] = ()) -> list[int]:
    """Return `count` different ports that can be bound now, with the ports `beside` them.

    Args:
        count: How many.
        beside: Distances at which the program opens further ports; 10,000 for SeaweedFS's gRPC.

    """
    found: list[int] = []
    while len(found) < count:
        port = random.randint(LOWEST_PORT, HIGHEST_PORT)
        if port not in found and all(_bindable(port + distance) for distance in (0, *beside)):
            found.append(port)
    return found


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(
    arguments: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own; what it prints goes to the file `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=directory,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of the C library, no lock in it
        )


def spawn_talking(
    arguments: Sequence[str | Path], *, log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a program that is spoken with over its standard input and output; errors go to `log`."""
    with log.open("ab") as errors:
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment},
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of the C library, no lock in it
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the program and its children now, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask the program to end (SIGTERM) and return its exit status; kill it when it does not."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_SECONDS)
    finally:
        kill_group(process)


def wait_until_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    """Return once `ready()` is true.

    Raises:
        NotStartedError: The program ended, or START_SECONDS passed; with the end of its log.

    """
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        status = process.poll()
        if status is not None or time.monotonic() > deadline:
            reason = "is silent" if status is None else f"ended with status {status}"
            raise NotStartedError(f"{process.args!r} {reason}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(PAUSE)


@contextmanager
def running(
    start: Callable[[], subprocess.Popen[bytes]], ready: Callable[[], bool], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program while the block runs; it is ready when the block begins, gone when it ends.

    Args:
        start: Starts it, choosing its ports anew each time it is called.
        ready: Whether it answers now.
        log: The file it prints to, shown when it does not start.

    """
    for attempt in range(1, START_TRIES + 1):
        process = start()
        try:
            wait_until_ready(process, ready, log)
        except NotStartedError:
            kill_group(process)
            if attempt == START_TRIES:
                raise
        else:
            break
    try:
        yield process
    finally:
        kill_group(process)
