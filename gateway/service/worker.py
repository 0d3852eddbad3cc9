"""A worker: one process of several that serve clients, `python -m gateway.service.worker`.

Its supervisor starts it and hands it everything (`handed`). It takes no signal for the whole gateway: Ctrl-C
and a hangup reach all of a terminal's processes, and only the supervisor acts on them. SIGTERM to a worker
alone drains that one, and so does the end of its supervisor, however it came.

What it finds wrong before it is ready goes to standard error in lines, with exit status 78, as at any start.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any, cast

from twisted.internet.protocol import connectionDone
from twisted.logger import ILogObserver, Logger, globalLogBeginner
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from gateway.service import handed
from gateway.service.collector import set_aside
from gateway.service.config import ConfigError, from_text
from gateway.service.handed import Handed, read_handed, share_of
from gateway.service.log_lines import LogWriter
from gateway.service.reactors import install_kind
from gateway.service.shared import Numbers

LOOK_PAUSE = 1.0
"""Seconds between two looks at how many requests are under way, for the supervisor's metrics."""

_log = Logger()


class Orders(LineOnlyReceiver):
    """Hears the supervisor.

    Args:
        worker: Does what is said.

    """

    delimiter = b"\n"

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Serve from now on."""
        self._worker.report = self.sendLine
        self._worker.start()

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Obey."""
        if line == handed.RELOAD:
            self._worker.reload()
        elif line == handed.DRAIN:
            self._worker.drain()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Drain: the supervisor is gone, or this process ends."""
        del reason
        self._worker.drain()


class Worker:
    """One worker's life.

    Args:
        serving: Its clients' side.
        counters: What it counts in.
        reactor: The reactor that will run.

    Attributes:
        report: Tells the supervisor what it now does.

    """

    report: Callable[[bytes], Any]

    def __init__(self, serving: Any, counters: Any, reactor: Any) -> None:
        self._serving = serving
        self._counters = counters
        self._reactor = reactor
        self._draining = False

    def start(self) -> None:
        """Serve clients."""
        self._look()
        self._serving.start()
        self.report(handed.READY)

    def reload(self) -> None:
        """Read the certificates again."""
        self._serving.reload()

    def drain(self) -> None:
        """Serve what is under way, then end."""
        if not self._draining:
            self._draining = True
            self.report(handed.DRAIN)
            self._serving.stop().addCallback(lambda _: self._reactor.stop())

    def _look(self) -> None:
        self._counters.look()
        self._reactor.callLater(LOOK_PAUSE, self._look)


def main() -> None:
    """Run a worker until it is told to end.

    Raises:
        SystemExit: A file can not be used.

    """
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with open(handed.ORDERS, "rb", buffering=0, closefd=False) as orders:
        given = read_handed(orders.readline())  # byte by byte: what follows is the reactor's
    install_kind(given.reactor)
    try:
        log = run(given)
    except ConfigError as error:
        print("\n".join(error.lines), file=sys.stderr)  # noqa: T201 - for the supervisor's log
        sys.exit(handed.BAD_CONFIG)
    log.end()


def run(given: Handed) -> LogWriter:
    """Serve clients as `given` says; return the log, for what is left in it.

    Raises:
        ConfigError: A file can not be used; a line for each reason.

    """
    from twisted.internet import reactor  # noqa: PLC0415 - importing it chooses it
    from twisted.internet.stdio import StandardIO  # noqa: PLC0415

    from gateway.proxy.carrier import carrier_for  # noqa: PLC0415
    from gateway.service.assembly import assemble  # noqa: PLC0415
    from gateway.service.listeners import inherit  # noqa: PLC0415
    from gateway.service.serving import Serving  # noqa: PLC0415

    running: Any = reactor
    log = LogWriter(handed.LOG, running.callLater)
    globalLogBeginner.beginLoggingTo([cast(ILogObserver, log)], discardBuffer=True, redirectStandardIO=False)
    config = share_of(from_text(given.config), given.workers)
    carrier = carrier_for(running)
    assembly = assemble(config, carrier, running, Numbers(handed.NUMBERS))
    listeners = inherit(config.gateway.listen, handed.FIRST_LISTENER)
    serving = Serving(config, assembly, listeners, carrier=carrier, reactor=running)
    worker = Worker(serving, assembly.counters, running)
    running.callWhenRunning(StandardIO, Orders(worker))
    running.callWhenRunning(set_aside)
    signal.signal(signal.SIGTERM, lambda *_: running.callFromThread(worker.drain))
    running.run(installSignalHandlers=False)
    return log


if __name__ == "__main__":
    main()
