"""A program that does not outlive whoever started it: `python leash.py PARENT PROGRAM ARGUMENT...`.

Run by its path, with the standard library alone, it asks the kernel to kill this process as soon as its
parent is gone, makes sure that it is not gone already, and becomes PROGRAM; the request survives execve
(prctl(2), PR_SET_PDEATHSIG). So even kill -9 of the parent leaves nothing behind. A session of its own
keeps Ctrl-C in the parent's terminal from ending it before the parent has drained.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def main(parent: int, command: list[str]) -> None:
    """Become `command`, to be killed when the process `parent`, which must be ours, is gone.

    Raises:
        OSError: The kernel refuses, or there is no such program.

    """
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    os.execv(command[0], command)  # noqa: S606 - the program is our own choice, and no shell sees it


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
