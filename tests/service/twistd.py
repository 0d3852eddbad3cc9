"""Gateways as operators run them: `twistd s3gateway` as a process of its own, in either form.

`CARRIER` says which reactor: `native` leaves the choice to the gateway, which takes uvloop's; `twisted` asks for
epoll's. Nothing is left running, and ports are any free ones.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.service.self_signed import make_self_signed
from tests.carriers import CARRIER
from tests.stores.processes import free_ports, kill_group, spawn

TWISTD = Path(sys.executable).parent / "twistd"
PATIENCE = 30.0
REACTOR = [] if CARRIER == "native" else ["--reactor=epoll"]
"""What chooses the reactor of this run."""

CREDENTIALS = "[alice]\naws_access_key_id = AKALICE\naws_secret_access_key = alices+secret/key\n"


@dataclass
class Ports:
    """Free ports of the loopback."""

    http: int
    https: int
    admin: int
    store: int


@dataclass
class Site:
    """A directory with all that a configured gateway needs."""

    directory: Path
    ports: Ports
    config: Path
    ca: Path

    def log(self) -> str:
        return "".join(path.read_text() for path in self.directory.glob("*.log"))


def make_site(directory: Path, **more: str) -> Site:
    """Write a configuration with files beside it; `more` are lines added to its sections."""
    ports = Ports(*free_ports(4))
    tls = make_self_signed(directory / "tls", ["localhost"], datetime.now(UTC))
    credentials = directory / "credentials"
    credentials.write_text(CREDENTIALS)
    credentials.chmod(0o600)
    config = directory / "gateway.ini"
    config.write_text(f"""\
[gateway]
listen =
    tcp:{ports.http}:interface=127.0.0.1
    ssl:{ports.https}:interface=127.0.0.1:privateKey=tls/server.key:certKey=tls/server.pem
admin = tcp:{ports.admin}:interface=127.0.0.1
{more.get("gateway", "")}
[backend]
endpoint_url = http://127.0.0.1:{ports.store}
{more.get("backend", "")}
[limits]
{more.get("limits", "")}
""")
    return Site(directory, ports, config, tls.ca)


def run(
    *words: str | Path, cwd: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run twistd to its end, which must come by itself."""
    return subprocess.run(
        [str(word) for word in (TWISTD, *REACTOR, *words)],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@contextmanager
def foreground(
    *words: str | Path,
    cwd: Path,
    reactor: Sequence[str] = tuple(REACTOR),
    environment: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `twistd -n s3gateway WORDS` while the block lasts; what it prints is in `cwd`/out.log."""
    arguments = [TWISTD, *reactor, "-n", "--pidfile=", "s3gateway", *words]
    process = spawn(arguments, log=cwd / "out.log", environment=environment, directory=cwd)
    try:
        yield process
    finally:
        kill_group(process)


@contextmanager
def daemon(*words: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> Iterator[int]:
    """Run `twistd s3gateway WORDS`, which goes into the background, while the block lasts; give its pid."""
    log, pid_file = cwd / "daemon.log", cwd / "daemon.pid"
    started = run(
        f"--logfile={log}", f"--pidfile={pid_file}", "s3gateway", *words, cwd=cwd, environment=environment
    )
    assert started.returncode == 0, started.stderr
    (cwd / "out.log").write_text(started.stdout)
    pid = int(eventually(lambda: pid_file.exists() and pid_file.read_text()))
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def eventually(condition, reason="it did not happen"):
    """Wait until `condition` gives something true, return that."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, reason() if callable(reason) else reason
        time.sleep(0.02)
    return result


def get(port: int, path: str, ca: Path | None = None, **headers: str) -> tuple[int, bytes]:
    """GET from the loopback, return status and body; status 0 when nobody listens."""
    context = ssl.create_default_context(cafile=ca) if ca else None
    kind = http.client.HTTPSConnection if ca else http.client.HTTPConnection
    extra = {"context": context} if ca else {}
    connection = kind("localhost" if ca else "127.0.0.1", port, timeout=10, **extra)
    try:
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    except ConnectionRefusedError:
        return 0, b""
    finally:
        connection.close()


def started(site: Site) -> None:
    """Wait until the gateway of a site is ready."""
    eventually(lambda: get(site.ports.admin, "/-/ready")[0] == 200, site.log)


def start_line(text: str) -> str:
    """The one line that tells what runs."""
    (line,) = re.findall(r"^.*(s3gateway [0-9.]+, reactor .*)$", text, re.MULTILINE)
    return line
