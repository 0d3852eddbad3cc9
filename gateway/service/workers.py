"""Clients served by several processes, for all cores: the supervisor's side.

Workers take connections from the same listening sockets, which are bound here, once. A worker that dies takes
the requests with it that it had begun and nothing else: what waits in a socket's queue is taken by the
next. (With SO_REUSEPORT each has a queue of its own, and it dies with its worker.) Another is started in
its place, at once, and then ever later while it dies young. A worker that cannot even begin, where none ever
has, ends the gateway: there is a mistake to be told. Workers are programs of their own, no forks.

What a dead worker has counted stays in the sum; the connections that it had open count as closed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway.service import handed
from gateway.service.config import Config, to_text
from gateway.service.counters import SIDES
from gateway.service.handed import Handed
from gateway.service.listeners import Listener
from gateway.service.log_lines import LogReader
from gateway.service.reactors import reactor_kind, watch_children
from gateway.service.shared import Numbers, Totals, shared_memory

YOUNG = 10.0
"""Seconds; a worker that dies earlier makes the next one wait."""

PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before the next worker, after so many that died young in a row; the last one for all further."""

GRACE = 2.0
"""Seconds beyond the drain timeout, after which a worker that has not ended is killed."""

CANNOT_START = 70
"""The exit status where workers die before one was ready (sysexits.h, EX_SOFTWARE)."""

MODULE = "gateway.service.worker"

_log = Logger()


def count_of(workers: int) -> int:
    """Return how many processes serve clients; 0 is auto: one for each processor that we may use."""
    if workers:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """The workers of one gateway.

    Args:
        config: What they are to be.
        listeners: Where clients come in, bound.
        count: How many; at least two to be of use.
        reactor: The reactor that will run.

    """

    def __init__(self, config: Config, listeners: Sequence[Listener], count: int, reactor: Any) -> None:
        self._listeners = listeners
        self._reactor = reactor
        self._drain_timeout = config.gateway.drain_timeout
        self._first_line = Handed(reactor_kind(reactor), to_text(config), count).line()
        self._workers: dict[int, WorkerProcess] = {}
        self._young = dict.fromkeys(range(1, count + 1), 0)
        self._retired = Totals()
        self._restarts = 0
        self._began = False
        self._drained: Deferred[None] | None = None
        self._give_up: Callable[[str, int], None]

    def start(self, give_up: Callable[[str, int], None]) -> None:
        """Start them as soon as the reactor runs; `give_up` is told why not, and the exit status."""
        self._give_up = give_up
        self._reactor.callWhenRunning(watch_children, self._reactor)
        for number in self._young:
            self._reactor.callWhenRunning(self._spawn, number)

    def stop(self) -> Deferred[None]:
        """Have all of them drain; fires when none is left."""
        for listener in self._listeners:
            listener.close()
        self._drained = Deferred()
        for worker in self._workers.values():
            worker.order(handed.DRAIN)
        deadline = self._reactor.callLater(self._drain_timeout + GRACE, self._kill)
        self._drained.addCallback(lambda _: deadline.cancel() if deadline.active() else None)
        drained = self._drained
        if not self._workers:
            drained.callback(None)
        return drained

    def reload(self) -> None:
        """Have all of them read the certificates again."""
        for worker in self._workers.values():
            worker.order(handed.RELOAD)

    def unready(self) -> str:
        """Return why requests are not welcome now, "" when they are."""
        return "" if any(worker.ready for worker in self._workers.values()) else "no worker is ready"

    def totals(self) -> Totals:
        """Return what all of them have counted, those that are gone too."""
        totals = Totals(self._retired)
        for worker in self._workers.values():
            totals.add(worker.numbers.totals())
        totals["workers",] = sum(worker.ready for worker in self._workers.values())
        totals["restarts",] = self._restarts
        return totals

    def pids(self) -> Sequence[int]:
        """Return their processes."""
        return [worker.pid for worker in self._workers.values()]

    def _spawn(self, number: int) -> None:
        if self._drained is not None:
            return
        memory = shared_memory()
        worker = WorkerProcess(number, self._first_line, Numbers(memory), self._ready, self._ended)
        worker.since = self._reactor.seconds()
        self._workers[number] = worker
        files = handed.descriptors(memory, [listener.socket.fileno() for listener in self._listeners])
        try:
            self._reactor.spawnProcess(
                worker, sys.executable, command(), env=environment(os.environ, sys.path), childFDs=files
            )
        finally:
            os.close(memory)

    def _ready(self, worker: WorkerProcess) -> None:
        self._began = True
        _log.info("Worker {number} is ready, process {pid}.", number=worker.number, pid=worker.pid)

    def _ended(self, worker: WorkerProcess, how: str, status: int | None) -> None:
        del self._workers[worker.number]
        self._retire(worker.numbers.totals())
        if self._drained is not None:
            if not self._workers and not self._drained.called:
                self._drained.callback(None)
            return
        if not self._began and status is not None:
            reason = f"worker {worker.number} could not start"
            self._give_up(reason, status if status == handed.BAD_CONFIG else CANNOT_START)
            return
        lived = self._reactor.seconds() - worker.since
        young = self._young[worker.number] = self._young[worker.number] + 1 if lived < YOUNG else 0
        pause = PAUSES[min(young, len(PAUSES)) - 1] if young else 0.0
        _log.error(
            "Worker {number} ended after {lived:.0f} s, {how}; another is started in {pause:g} s.",
            number=worker.number,
            lived=lived,
            how=how,
            pause=pause,
        )
        self._restarts += 1
        self._reactor.callLater(pause, self._spawn, worker.number)

    def _retire(self, totals: Totals) -> None:
        totals["in_flight",] = 0
        for side in SIDES:
            totals["closed", side] = totals["opened", side]
        self._retired.add(totals)

    def _kill(self) -> None:
        for worker in self._workers.values():
            _log.error("Worker {number} does not end and is killed.", number=worker.number)
            worker.kill()


class WorkerProcess(ProcessProtocol):
    """One worker, as its supervisor sees it.

    Args:
        number: Which of the workers, from 1.
        first_line: What it is told first.
        numbers: What it counts in.
        ready: Told when it serves clients.
        ended: Told when it is gone: how in words, and its exit status, None where a signal ended it.

    Attributes:
        since: When it was started, in seconds.
        ready: Whether it serves clients.
        pid: Its process, 0 before there is one.

    """

    transport: Any

    def __init__(
        self,
        number: int,
        first_line: bytes,
        numbers: Numbers,
        ready: Callable[[WorkerProcess], None],
        ended: Callable[[WorkerProcess, str, int | None], None],
    ) -> None:
        self.number = number
        self.numbers = numbers
        self.since = 0.0
        self.ready = False
        self.pid = 0
        self._first_line = first_line
        self._told_ready = ready
        self._told_ended = ended
        self._log = LogReader(number)

    def order(self, order: bytes) -> None:
        """Tell it something; one that is gone does not hear it."""
        if order == handed.DRAIN:
            self.ready = False
        self.transport.writeToChild(handed.ORDERS, order + b"\n")

    def kill(self) -> None:
        """End it whatever it does."""
        try:
            self.transport.signalProcess(signal.SIGKILL)
        except ProcessExitedAlready:
            _log.debug("worker {number} was gone already", number=self.number)

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Hand over what it needs."""
        self.pid = self.transport.pid
        self.transport.writeToChild(handed.ORDERS, self._first_line)

    def childDataReceived(self, childFD: int, data: bytes) -> None:  # noqa: N802, N803 - Twisted's names
        """Take what it says."""
        for line in self._log.lines(childFD, data):
            if childFD == handed.LOG:
                self._log.tell(line)
            elif childFD == handed.ERRORS:
                self._log.tell_printed(line)
            elif line == handed.READY:
                self.ready = True
                self._told_ready(self)
            elif line == handed.DRAIN:
                self.ready = False

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """Learn that it is gone, and that all it said has been taken."""
        end: Any = reason.value
        self.ready = False
        how = f"exit status {end.exitCode}" if end.signal is None else signal.Signals(end.signal).name
        self._told_ended(self, how, end.exitCode)


def command() -> list[str]:
    """Return how a worker is called; -P: nothing is imported from the working directory."""
    return [sys.executable, "-P", "-m", MODULE]


def environment(own: Mapping[str, str], path: Sequence[str]) -> dict[str, str]:
    """Return the environment of a worker: our `own`, and modules are found where this process found them."""
    return {**own, "PYTHONPATH": os.pathsep.join(each for each in path if each)}
