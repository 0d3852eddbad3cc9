"""Where the gateway listens: endpoints to sockets that are bound and listening.

The sockets are made here, before any fork and while privileges last, not by a reactor: so accepting is ours
too, its limits come before the TLS handshake, and a port in use is one line for the operator before
anything has started. systemd's sockets are adopted (sd_listen_fds(3)).
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.service.endpoints import Endpoint
from gateway.service.ini import ConfigError

FIRST_SYSTEMD_DESCRIPTOR = 3
"""sd_listen_fds(3): the sockets handed over begin here."""

_FAMILIES = {"INET": socket.AF_INET, "INET6": socket.AF_INET6, "UNIX": socket.AF_UNIX}


@dataclass(frozen=True, slots=True)
class Listener:
    """An endpoint with its socket: bound, listening, not blocking.

    Attributes:
        endpoint: What was asked for.
        socket: What it became.
        inherited: Whether another process made the socket, and will remove it.

    """

    endpoint: Endpoint
    socket: socket.socket
    inherited: bool = False

    @property
    def address(self) -> str:
        """Where to reach it: `tcp 127.0.0.1:8080`, `ssl [::1]:8443`, `unix PATH`."""
        kind = self.endpoint.kind
        name = self.socket.getsockname()
        if isinstance(name, str | bytes):
            return f"{kind} {os.fsdecode(name)}"
        host, port = name[:2]
        return f"{kind} [{host}]:{port}" if ":" in host else f"{kind} {host}:{port}"

    def close(self) -> None:
        """Stop listening; a Unix socket that we made is removed."""
        self.socket.close()
        if self.endpoint.path is not None and not self.inherited:
            self.endpoint.path.unlink(missing_ok=True)


def bind(endpoint: Endpoint, environment: Mapping[str, str]) -> Listener:
    """Make the endpoint's socket, bound and listening.

    Args:
        endpoint: What to bind.
        environment: The process's; systemd's descriptors stand in it.

    Raises:
        ConfigError: One line that names the endpoint, the place it was written at and the reason.

    """
    try:
        if endpoint.kind == "systemd":
            made = _adopt(endpoint, environment)
        else:
            made = (_bind_tcp if endpoint.path is None else _bind_unix)(endpoint)
        made.setblocking(False)
        made.listen(endpoint.backlog)
    except (OSError, ValueError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            reason += "; stop the program that has it, or choose another"
        place = f"{endpoint.where}: " if endpoint.where else ""
        raise ConfigError(f"{place}cannot listen on {endpoint.description}: {reason}") from error
    return Listener(endpoint, made)


def bind_all(endpoints: Iterable[Endpoint], environment: Mapping[str, str]) -> tuple[Listener, ...]:
    """Bind all of `endpoints`, or none: what was bound is closed again when one fails.

    Raises:
        ConfigError: A line for each endpoint that cannot be bound.

    """
    listeners: list[Listener] = []
    failures: list[str] = []
    for endpoint in endpoints:
        try:
            listeners.append(bind(endpoint, environment))
        except ConfigError as error:
            failures += error.lines
    if failures:
        for listener in listeners:
            listener.close()
        raise ConfigError(*failures)
    return tuple(listeners)


def inherit(endpoints: Iterable[Endpoint], first: int) -> tuple[Listener, ...]:
    """Return the listeners that another process bound; their descriptors are in a row from `first`."""
    return tuple(
        Listener(endpoint, socket.socket(fileno=descriptor), inherited=True)
        for descriptor, endpoint in enumerate(endpoints, first)
    )


def _bind_tcp(endpoint: Endpoint) -> socket.socket:
    family = socket.AF_INET6 if ":" in endpoint.interface else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(endpoint.kind == "tcp6"))
        made.bind((endpoint.interface, endpoint.port))
    except OSError:
        made.close()
        raise
    return made


def _bind_unix(endpoint: Endpoint) -> socket.socket:
    path = endpoint.path
    assert path is not None
    _remove_stale(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(os.fspath(path))
        path.chmod(endpoint.mode)
    except OSError:
        made.close()
        raise
    return made


def _remove_stale(path: Path) -> None:
    """Remove the socket of a process that is gone; anything else at `path` stays and makes bind fail."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()


def _adopt(endpoint: Endpoint, environment: Mapping[str, str]) -> socket.socket:
    """Take one of the sockets that systemd handed over (sd_listen_fds(3))."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        raise ValueError("systemd handed no sockets to this process; start it from a .socket unit")
    count = int(environment.get("LISTEN_FDS", "0"))
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    index = endpoint.index
    if index is None:
        index = names.index(endpoint.name) if endpoint.name in names else count
    if index >= count:
        raise ValueError(f"systemd handed over {count} sockets and not this one")
    made = socket.socket(fileno=os.dup(FIRST_SYSTEMD_DESCRIPTOR + index))
    if made.family != _FAMILIES[endpoint.domain]:
        made.close()
        raise ValueError(f"the socket that systemd handed over is not of domain {endpoint.domain}")
    return made
