"""Clients that ask once and then stay connected; how many, from which addresses, and whether they still are.

They are a process of their own, which has its own limit of open files. An address of the loopback has no more
of them than a gateway lets one address have.
"""

from __future__ import annotations

import multiprocessing
import resource
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

OF_ONE_ADDRESS = 400
"""Connections from one address, which the default `max_connections_per_address` allows."""

ASKED_AGAIN = 100
"""Connections of which one is asked a second time, in the end."""

PATIENCE = 60.0
"""Seconds that a client waits for an answer, and the bench for all clients to be connected to take a step."""

_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Clients:
    """Who connects where.

    Attributes:
        port: Of the gateway, on 127.0.0.1.
        count: Their number.
        request: What each sends, once it is connected.
        ca: Who signed the gateway's certificate; None: they speak no TLS.

    """

    port: int
    count: int
    request: bytes
    ca: Path | None = None


def ask(connection: socket.socket, request: bytes) -> None:
    """Send a request and read its answer, which has to be a good one with a length.

    Raises:
        RuntimeError: It is not, or the gateway closed the connection.

    """
    connection.sendall(request)
    answer = b""
    wanted = None
    while wanted is None or len(answer) < wanted:
        data = connection.recv(65_536)
        if not data:
            raise RuntimeError(f"the gateway closed the connection behind {answer[:1000]!r}")
        answer += data
        head, blank, _ = answer.partition(b"\r\n\r\n")
        if blank and wanted is None:
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer[:1000].decode(errors="replace"))
            length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            wanted = len(head) + len(blank) + int(length)


def connected(port: int, context: ssl.SSLContext | None, source: str = "127.0.0.1") -> socket.socket:
    """Return a connection to a gateway on the loopback, with TLS if there is a context."""
    plain = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain if context is None else context.wrap_socket(plain, server_hostname="localhost")


def allow_files() -> int:
    """Let this process have as many open files as the system allows; return their number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def hold(clients: Clients, pipe: Connection) -> None:
    """Connect, ask once each, tell that all are there; told to end, tell how many still were."""
    allow_files()
    context = None if clients.ca is None else ssl.create_default_context(cafile=str(clients.ca))
    held = []
    for number in range(clients.count):
        source = f"127.0.{number // OF_ONE_ADDRESS + 1}.2"
        connection = connected(clients.port, context, source)
        ask(connection, clients.request)
        held.append(connection)
    pipe.send(len(held))
    pipe.recv()
    for connection in held[::ASKED_AGAIN]:
        ask(connection, clients.request)
    pipe.send(sum(map(_open, held)))


def _open(connection: socket.socket) -> bool:
    """Tell whether the other end keeps a connection, on which nothing is under way."""
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


class Held:
    """Clients that are connected.

    Attributes:
        still: How many were when the block ended.

    """

    still = 0


@contextmanager
def holding(clients: Clients) -> Iterator[Held]:
    """Keep clients connected, each of them answered once, while the block runs.

    Raises:
        RuntimeError: They could not all be connected.

    """
    here, there = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=hold, args=(clients, there))
    process.start()
    there.close()  # so that the end of the other process is the end of the pipe
    held = Held()
    try:
        here.recv()
        yield held
        here.send(None)
        held.still = here.recv()
    except EOFError as error:
        raise RuntimeError("the clients could not all be connected, or were not answered") from error
    finally:
        here.close()
        process.join(PATIENCE)
        process.kill()
