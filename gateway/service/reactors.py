"""Which reactor runs, and how it learns that a child has died.

Where uvloop is installed it is the loop of Twisted's asyncio reactor: half the processor time for each
request. The choice is made while the options are read, before anything has imported a reactor; `twistd
--reactor=NAME` and whatever was faster to import one win.

On uvloop the signal SIGCHLD never reaches Twisted, since both want to be the one that signals wake up; so a
handler of our own tells Twisted to look. One look a second beside it costs nothing and loses no child.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import Any

from twisted.internet.process import reapAllProcesses
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

REAP_INTERVAL = 1.0
"""Seconds between two looks for children that have died."""

_log = Logger()


def install_reactor() -> None:
    """Install the asyncio reactor on uvloop, unless a reactor is installed or there is no uvloop."""
    if "twisted.internet.reactor" in sys.modules:
        return
    try:
        import uvloop  # noqa: PLC0415 - it is not on every platform
    except ImportError:
        return
    from twisted.internet import asyncioreactor  # noqa: PLC0415 - importing it earlier chooses nothing yet

    asyncioreactor.install(uvloop.new_event_loop())


def reactor_kind(reactor: Any) -> str:
    """Return what `install_kind` makes a reactor of the same kind from, in another process."""
    loop = getattr(reactor, "_asyncioEventloop", None)  # Twisted has no public name for it
    return "uvloop" if type(loop).__module__.startswith("uvloop") else type(reactor).__module__


def install_kind(kind: str) -> None:
    """Install a reactor of the `kind` that `reactor_kind` told of."""
    if kind == "uvloop":
        install_reactor()
    else:
        import_module(kind).install()


def watch_children(reactor: Any) -> None:
    """Have the running `reactor` learn of each child that dies."""

    def listen() -> None:
        signal.signal(signal.SIGCHLD, lambda *_: reactor.callFromThread(reapAllProcesses))

    reactor.callLater(0, listen)  # behind the reactor's own handlers
    looking = LoopingCall(reapAllProcesses)
    looking.clock = reactor
    looking.start(REAP_INTERVAL).addErrback(lambda failure: _log.failure("children are not watched", failure))
