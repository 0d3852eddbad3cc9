"""The embedded store while it runs: started, looked at until it is ready, watched, stopped.

It is ready when its S3 service answers and its master knows of space to write to. What it prints is kept
for the case that it dies, and then told.
"""

from __future__ import annotations

import json
import os
import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ClientFactory, ProcessProtocol, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway.seaweedfs.program import SeaweedSettings, free_ports

LOOK_AGAIN = 0.1
"""Seconds between two looks at whether it is ready."""

READY_WITHIN = 60.0
"""Seconds that it may take to become ready."""

STOP_WITHIN = 10.0
"""Seconds that it may take to stop when asked; then it is killed."""

STARTS = 3
"""How often it is started when it ends before it was ready: a port may have been taken meanwhile."""

KEPT_LINES = 20
"""Lines of what it printed last, told when it dies."""

_log = Logger()


class SeaweedFS(ProcessProtocol):
    """One run of the store.

    Attributes:
        ready: Whether it takes requests now.

    """

    def __init__(
        self, settings: SeaweedSettings, reactor: Any, choose: random.Random, died: Callable[[str], None]
    ) -> None:
        """Run nothing yet.

        Args:
            settings: What to run.
            reactor: Spawns and waits.
            choose: Randomness, for other ports when those of the settings are taken.
            died: Told why, when it ends without having been asked to, or does not become ready.

        """
        self.ready = False
        self._settings = settings
        self._choose = choose
        self._starts = 0
        self._reactor = reactor
        self._died = died
        self._process: Any = None
        self._began = 0.0
        self._lines: deque[bytes] = deque(maxlen=KEPT_LINES)
        self._stopping: Deferred[None] | None = None
        self._kill: Any = None

    def start(self) -> None:
        """Start it; it becomes ready later. To be called in the process that is to be its parent."""
        command = self._settings.command(os.getpid())
        self._starts += 1
        self._began = self._reactor.seconds()
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._settings.directory)}
        self._process = self._reactor.spawnProcess(
            self, command[0], command, environment, path=str(self._settings.directory)
        )
        if self._starts == 1:
            self._look()

    def stop(self) -> Deferred[None]:
        """Stop it, by force if it takes too long. Fires when it is gone."""
        stopping: Deferred[None] = Deferred()
        if self._process is None:
            stopping.callback(None)
            return stopping
        self.ready = False
        self._stopping = stopping
        self._signal("TERM")
        self._kill = self._reactor.callLater(STOP_WITHIN, self._signal, "KILL")
        return stopping

    def outReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Keep what it prints."""
        self._lines.extend(data.splitlines())

    errReceived = outReceived  # noqa: N815 - Twisted's name

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """Learn that it is gone."""
        was_ready, self.ready = self.ready, False
        self._process = None
        if self._kill is not None and self._kill.active():
            self._kill.cancel()
        if self._stopping is not None:
            self._stopping.callback(None)
            return
        for line in self._lines:
            _log.error("store: {line}", line=line.decode(errors="replace"))
        self._lines.clear()
        if was_ready or self._starts >= STARTS or not self._change_ports():
            self._died(f"the embedded store ended: {reason.getErrorMessage()}")
        else:
            _log.warn("The embedded store ended before it was ready and is started again.")
            self.start()

    def _change_ports(self) -> bool:
        """Take other ports for all but S3, whose address is known already; False when that is taken."""
        s3 = self._settings.ports["s3"]
        ports = free_ports(self._choose, {"s3": s3})
        self._settings = replace(self._settings, ports=ports)
        return ports["s3"] == s3

    def _signal(self, name: str) -> None:
        if self._process is not None:
            try:
                self._process.signalProcess(name)
            except ProcessExitedAlready:
                _log.debug("the store was gone before SIG{name}", name=name)

    def _look(self) -> None:
        """See whether it takes requests, until it does."""
        if self._process is None or self._stopping is not None:
            return
        if self._reactor.seconds() - self._began > READY_WITHIN:
            self._died(f"the embedded store was not ready within {READY_WITHIN:g} seconds")
            return
        ports = self._settings.ports
        looking = ask(self._reactor, ports["s3"], "/healthz")
        looking.addCallback(lambda answer: answer and ask(self._reactor, ports["master"], "/dir/status"))
        looking.addCallback(self._judge)
        looking.addErrback(lambda failure: _log.failure("looking at the store failed", failure))

    def _judge(self, answer: bytes) -> None:
        """Be ready once the store's master knows of space to write to."""
        if self._process is None or self._stopping is not None:
            return
        if free_space(answer) > 0:
            self.ready = True
            seconds = self._reactor.seconds() - self._began
            _log.info("The embedded store is ready after {seconds:.1f} s.", seconds=seconds)
        else:
            self._reactor.callLater(LOOK_AGAIN, self._look)


def free_space(answer: bytes) -> int:
    """Return how many volumes the master's answer says can still be made, 0 when it says nothing."""
    try:
        return int(json.loads(answer)["Topology"]["Free"])
    except (ValueError, KeyError, TypeError):
        return 0


def ask(reactor: Any, port: int, path: str) -> Deferred[bytes]:
    """Return the body of what a service of the store answers to a GET, empty for anything but 200."""
    answered: Deferred[bytes] = Deferred()
    reactor.connectTCP("127.0.0.1", port, _Asking(path, answered), timeout=1)
    return answered


class _Asking(ClientFactory):
    """One GET over HTTP/1.0, read to the connection's end."""

    noisy = False

    def __init__(self, path: str, answered: Deferred[bytes]) -> None:
        self.request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
        self.answered = answered

    def buildProtocol(self, addr: Any) -> Protocol:  # noqa: N802 - Twisted's name
        del addr
        return _Answer(self)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        del connector, reason
        self.answered.callback(b"")


class _Answer(Protocol):
    def __init__(self, asking: _Asking) -> None:
        self._asking = asking
        self._data = b""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        transport: Any = self.transport
        transport.write(self._asking.request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        del reason
        head, _, body = self._data.partition(b"\r\n\r\n")
        good = head.split(b" ", 2)[1:2] == [b"200"]
        self._asking.answered.callback((body or b"ok") if good else b"")
