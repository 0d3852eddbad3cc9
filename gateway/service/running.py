"""A gateway while it runs: clients, the admin site, and the embedded store where there is one.

Whether clients are served in this process or in workers is not known here. Stopping drains: that is told on
/-/ready first, for `drain_delay` seconds clients are served as before, or until a second signal, then their
side ends, and what outlasts it last, the admin site and the embedded store.
SIGHUP has the certificates read again.

The embedded store's death ends the gateway: a gateway without its store could only answer ServiceUnavailable,
and whoever started both wants to know.
"""

from __future__ import annotations

import atexit
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.logger import Logger

import gateway
from gateway.proxy.carrier import Carrier
from gateway.service.config import Limits
from gateway.service.listeners import Listener
from gateway.service.reactors import watch_children
from gateway.service.shared import Totals

STORE_DIED = 69
"""The exit status when the embedded store is lost (sysexits.h, EX_UNAVAILABLE)."""

SPARE_FILES = 64
"""Open files beside the connections: listeners, logs, libraries, the reactor's own."""

_log = Logger()


class OwnStore(Protocol):
    """An embedded store."""

    ready: bool
    """Whether it takes requests now."""

    def start(self) -> None:
        """Start it."""

    def stop(self) -> Deferred[None]:
        """Stop it; fires when it is gone."""


class Clients(Protocol):
    """Whoever serves the clients."""

    def start(self, give_up: Callable[[str, int], None]) -> None:
        """Begin; `give_up` is told why it can not be, and the exit status."""

    def stop(self) -> Deferred[None]:
        """Drain; fires when no client is left."""

    def reload(self) -> None:
        """Read the certificates again."""

    def unready(self) -> str:
        """Return why requests are not welcome now, "" when they are."""

    def totals(self) -> Totals:
        """Return what was counted."""

    def pids(self) -> Sequence[int]:
        """Return the processes beside this one."""


class Running(Service):
    """One gateway as a service of Twisted.

    Attributes:
        admin: Where the admin site listens and the factory of its protocols; None: nowhere.
        store: The store that runs with the gateway; None: there is none.

    """

    name = "s3gateway"

    def __init__(
        self,
        clients: Clients,
        *,
        told: str,
        warnings: Sequence[str],
        reactor: Any,
        drain_delay: float = 0.0,
    ) -> None:
        """Take what is to run.

        Args:
            clients: Serves them.
            told: The line that tells what runs.
            warnings: Lines about settings that work but should be known of.
            reactor: The reactor that will run.
            drain_delay: Seconds in which clients are served as before once the end is told on /-/ready.

        """
        self._drain_delay = drain_delay
        self.admin: tuple[Listener, Any] | None = None
        self.store: OwnStore | None = None
        self._clients = clients
        self._told = told
        self._warnings = warnings
        self._reactor = reactor
        self._admin_port: Any = None
        self._draining = False

    def unready(self) -> str:
        """Return why requests are not welcome now, "" when they are."""
        if self._draining:
            return "draining"
        if self.store is not None and not self.store.ready:
            return "the embedded store is not ready"
        return self._clients.unready()

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Serve clients from now on."""
        super().startService()  # type: ignore[no-untyped-call]
        if self.admin is not None:
            listener, factory = self.admin
            family = listener.socket.family
            self._admin_port = self._reactor.adoptStreamPort(listener.socket.fileno(), family, factory)
        if self.store is not None:
            self._reactor.callWhenRunning(watch_children, self._reactor)
            self._reactor.callWhenRunning(self.store.start)
        self._reactor.callWhenRunning(hear_hangups, self._reactor, self._clients.reload)
        _log.info("{line}", line=self._told)
        for warning in self._warnings:
            _log.warn("{line}", line=warning)
        self._clients.start(self.give_up)

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Drain; fires when nothing is left."""
        super().stopService()  # type: ignore[no-untyped-call]
        self._draining = True
        if not self._drain_delay:
            return self._drain()
        _log.info("Draining in {seconds:g} s.", seconds=self._drain_delay)
        delay: Deferred[None] = Deferred()
        waiting = self._reactor.callLater(self._drain_delay, delay.callback, None)
        hear_endings(self._reactor, lambda: waiting.reset(0) if waiting.active() else None)
        return delay.addCallback(lambda _: self._drain())

    def give_up(self, reason: str, status: int = STORE_DIED) -> None:
        """End the gateway with a failure, by default that its embedded store is lost."""
        _log.critical("The gateway ends: {reason}", reason=reason)
        atexit.register(_exit, status)
        if self.running:
            self._reactor.stop()

    def _drain(self) -> Deferred[None]:
        """Serve what is under way, then close; fires when nothing is left."""
        return self._clients.stop().addCallback(lambda _: self._close())

    def _close(self) -> Deferred[None]:
        """Close what has outlasted the clients."""
        ending = [] if self.store is None else [self.store.stop()]
        if self.admin is not None:
            listener, _ = self.admin
            ending.append(
                maybeDeferred(self._admin_port.stopListening).addCallback(lambda _: listener.close())
            )
        return gatherResults(ending).addCallback(lambda _: None)


def hear_hangups(reactor: Any, reload: Callable[[], None]) -> None:
    """Have the running `reactor` call `reload` at SIGHUP, or stop where that means: no terminal any more."""
    if threading.current_thread() is not threading.main_thread():
        return  # and so without signals
    in_terminal = os.isatty(0)

    def heard(*_: object) -> None:
        closed = in_terminal and not os.isatty(0)
        reactor.callFromThread(reactor.stop if closed else reload)

    signal.signal(signal.SIGHUP, heard)


def hear_endings(reactor: Any, hurry: Callable[[], None]) -> None:
    """Have the running `reactor`, which is about to stop, call `hurry` when it is told to stop once more."""
    if threading.current_thread() is threading.main_thread():
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: reactor.callFromThread(hurry))


def start_line(
    carrier: Carrier, workers: int, listeners: Sequence[Listener], *, admin: Listener | None, store_url: str
) -> str:
    """Return the line that tells what runs, and where."""
    runs = f"s3gateway {gateway.__version__}, reactor {carrier.reactor_name}, carrier {carrier.name}"
    where = [f"listening on {', '.join(listener.address for listener in listeners)}"]
    if workers > 1:
        where.insert(0, f"{workers} workers")
    if admin is not None:
        where.append(f"admin on {admin.address}")
    return ", ".join((runs, *where, f"store {store_url}"))


def files_for(limits: Limits) -> int:
    """Return how many open files a process needs that keeps these limits."""
    return limits.max_connections + limits.max_backend_connections + SPARE_FILES


def allow_files(wanted: int) -> tuple[str, ...]:
    """Let this process have as many open files as `wanted`, if its hard limit does; else return a warning."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ()
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    if granted == wanted:
        return ()
    return (f"the connections that the limits allow need {wanted} open files, the system allows {hard}",)


def _exit(status: int) -> None:
    """Exit with a status; twistd has none of its own for a reactor that was stopped."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
