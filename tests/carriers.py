"""The set-up of tests that use sockets: one reactor in a thread, on the carrier of this process.

A reactor can not be changed in a process, so the tests of proxy/ and service/ run twice:
`CARRIER=native` puts uvloop under Twisted's asyncio reactor, `CARRIER=twisted` takes epoll. The
test itself stays in the main thread, where it may block on plain sockets, and reaches the
gateway's parts by `on_reactor`. Deadlines run on a `Clock` that the test advances, so that no
test waits for one.
"""

from __future__ import annotations

import atexit
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import pytest

CARRIER = os.environ.get("CARRIER", "native")
"""What this process runs on: `native`, `twisted`, or `asyncio` for the native one without uvloop."""

PATIENCE = 20.0
"""Seconds until a test gives up waiting. Only a failing test waits that long."""

R = TypeVar("R")


def install() -> None:
    """Install the reactor of this process; to be called before anything imports it."""
    if "twisted.internet.reactor" in sys.modules:
        native = hasattr(sys.modules["twisted.internet.reactor"], "_asyncioEventloop")
        if native != (CARRIER != "twisted"):
            raise pytest.UsageError(f"CARRIER={CARRIER}: this process has another reactor already")
        return
    if CARRIER in ("native", "asyncio"):
        import asyncio

        import uvloop
        from twisted.internet import asyncioreactor

        asyncioreactor.install((uvloop if CARRIER == "native" else asyncio).new_event_loop())
    elif CARRIER == "twisted":
        from twisted.internet import epollreactor

        epollreactor.install()
    else:
        raise pytest.UsageError(f"CARRIER={CARRIER}: use native, asyncio or twisted")


@pytest.fixture(scope="session")
def reactor() -> Any:
    """Give the reactor, which runs in a thread of its own from the first test that asks for it on."""
    return _running()


@cache
def _running() -> Any:
    install()
    from twisted.internet import reactor

    thread = threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True)
    thread.start()

    def stop() -> None:
        reactor.callFromThread(reactor.stop)
        thread.join(PATIENCE)

    atexit.register(stop)
    return reactor


def on_reactor(function: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    """Call a function in the reactor's thread, return what it returns or raise what it raises."""
    from twisted.internet import reactor
    from twisted.internet.threads import blockingCallFromThread

    return blockingCallFromThread(reactor, function, *args, **kwargs)


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait until `condition`, called in the reactor's thread, gives something true; return that."""
    end = time.monotonic() + PATIENCE
    while not (result := on_reactor(condition)):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)
    return result


def listening(family: int = socket.AF_INET, address: Any = ("127.0.0.1", 0)) -> socket.socket:
    """Return a socket that listens on an address, by default on any free port of the loopback."""
    sock = socket.socket(family)
    sock.bind(address)
    sock.listen(128)
    return sock
