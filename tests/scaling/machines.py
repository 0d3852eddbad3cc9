"""The machines of docs/scaling on one: the very files of that folder, each address moved to the loopback.

A machine of the plan keeps an address of its own, in a network of 127.0.0.0/8 chosen at random, and its ports
become free ones; paths go below a directory. HAProxy has fewer connections and stays whose it is. Nothing else changes.
"""

from __future__ import annotations

import csv
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.certificates import Certificates
from tests.clients.gateway import TWISTD
from tests.stores.processes import free_ports, kill_group, spawn, stop, wait_until_ready
from tests.stores.store import Store

PLAN = Path(__file__).parents[2] / "docs" / "scaling"
PORTS = (443, 8080, 8090, 8333, 8888, 9180, 9333)
"""All that stand in the plan."""
NAME = "s3.example.com"
BALANCER = "10.0.0.10"
GATEWAYS = ("10.0.0.11", "10.0.0.12", "10.0.0.13")
STORES = ("store/s3-1", "store/s3-2")
GRPC = 10_000
"""SeaweedFS opens a second port so far above each of its own."""

KEYS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
"""Of the one user in the plan's files."""
PATIENCE = 30.0
PAUSE = 0.02

_SCRIPTS = Path(sys.executable).parent
_ADDRESS = re.compile(r"\b10\.0\.0\.(\d+)\b")
_PORT = re.compile(rf"\b({'|'.join(map(str, PORTS))})\b")
_PATH = re.compile(r"/(?:etc|run|var/lib)/(?:haproxy|seaweedfs)\b")


@dataclass
class Loopback:
    """Where the plan's addresses, ports and paths are on this machine.

    Attributes:
        directory: What the files of all machines are below.

    """

    directory: Path
    network: str = field(default_factory=lambda: f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.")
    ports: Mapping[str, str] = field(
        default_factory=lambda: dict(
            zip(map(str, PORTS), map(str, free_ports(len(PORTS), beside=(GRPC,))), strict=True)
        )
    )

    def place(self, text: str, machine: str) -> str:
        """Return a text of the plan as it reads here, for one of its machines."""
        text = _PORT.sub(lambda found: self.ports[found[1]], text)
        text = _PATH.sub(lambda found: f"{self.home(machine)}{found[0]}", text)
        return _ADDRESS.sub(lambda found: f"{self.network}{found[1]}", text)

    def home(self, machine: str) -> Path:
        """Return the root of a machine's paths."""
        return self.directory / machine.rpartition(".")[2]

    def address(self, machine: str, port: int) -> tuple[str, int]:
        """Return where a port of a machine is."""
        return self.place(machine, machine), int(self.ports[str(port)])

    def url(self, machine: str, port: int, path: str = "") -> str:
        """Return the same as an address of HTTP."""
        host, number = self.address(machine, port)
        return f"http://{host}:{number}{path}"


@dataclass
class GatewayMachine:
    """One of the gateways, which can be stopped, killed and started again.

    Attributes:
        loopback: Where the plan is.
        name: Its address in the plan.

    """

    loopback: Loopback
    name: str
    process: subprocess.Popen[bytes] = field(init=False)

    def configure(self) -> None:
        """Write its files."""
        home = self.loopback.home(self.name)
        home.mkdir()
        text = (PLAN / "gateway.ini").read_text().replace(GATEWAYS[0], self.name)
        (home / "gateway.ini").write_text(self.loopback.place(text, self.name))
        shutil.copy(PLAN / "credentials", home)
        (home / "credentials").chmod(0o600)

    def start(self) -> None:
        """Start it."""
        home = self.loopback.home(self.name)
        reactor = ["--reactor=epoll"] if os.environ.get("CARRIER") == "twisted" else []
        command = [TWISTD, "--nodaemon", "--pidfile=", *reactor, "s3gateway", "--config=gateway.ini"]
        self.process = spawn(command, log=home / "log", directory=home)

    def wait(self) -> None:
        """Wait until it is ready."""
        ready = self.loopback.url(self.name, 9180, "/-/ready")
        wait_until_ready(self.process, lambda: answers(ready), self.loopback.home(self.name) / "log")

    def stop(self) -> int:
        """Ask it to end, wait until it has, and return its status."""
        return stop(self.process)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def served(self) -> int:
        """Return how many requests it has answered since it started."""
        with urllib.request.urlopen(self.loopback.url(self.name, 9180, "/metrics"), timeout=5) as reply:
            text = reply.read().decode()
        return sum(
            int(float(found))
            for found in re.findall(r"^s3gateway_requests_total\{.*\} (\S+)$", text, re.MULTILINE)
        )


@dataclass(frozen=True, slots=True)
class Balancer:
    """HAProxy, told and asked over its admin socket.

    Attributes:
        path: Of the socket.

    """

    path: Path

    def drain(self, server: str) -> None:
        """Send a server no more requests; return when it has none under way."""
        self._say(f"set server {server} state drain")
        eventually(lambda: self._row(server)["scur"] == "0")

    def welcome(self, server: str) -> None:
        """Send a server requests again; return when it is found healthy."""
        self._say(f"set server {server} state ready")
        self.wait(server)

    def wait(self, server: str) -> None:
        """Return when a server is up."""
        eventually(lambda: self._row(server)["status"] == "UP")

    def _row(self, server: str) -> dict[str, str]:
        rows = csv.DictReader(self._say("show stat").removeprefix("# ").splitlines())
        return next(row for row in rows if f"{row['pxname']}/{row['svname']}" == server)

    def _say(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.connect(str(self.path))
            talk.sendall(f"{command}\n".encode())
            with talk.makefile() as answer:
                return answer.read()


@dataclass(frozen=True, slots=True)
class Site:
    """The whole set-up, running.

    Attributes:
        loopback: Where the plan is.
        gateways: The three, by their names at the balancer.
        balancer: Before them and before the store.
        store: What the gateways ask, as a test asks it.
        ca: Who signed the balancer's certificate.

    """

    loopback: Loopback
    gateways: Mapping[str, GatewayMachine]
    balancer: Balancer
    store: Store
    ca: Path


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(PAUSE)


def answers(url: str) -> bool:
    """Tell whether there is a 200 at an address."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


@contextmanager
def running_site(directory: Path, certificates: Certificates) -> Iterator[Site]:
    """Run everything while the block runs.

    Args:
        directory: For all files.
        certificates: For `NAME`.

    """
    loopback = Loopback(directory)
    gateways = {
        f"gateways/gateway{number}": GatewayMachine(loopback, name) for number, name in enumerate(GATEWAYS, 1)
    }
    with ExitStack() as running:
        _start_store(loopback, running)
        for gateway in gateways.values():
            gateway.configure()
            gateway.start()
            running.callback(lambda gateway=gateway: kill_group(gateway.process))
        for gateway in gateways.values():
            gateway.wait()
        balancer = _start_balancer(loopback, running, certificates)
        for server in (*gateways, *STORES):
            balancer.wait(server)
        store = Store("seaweedfs", loopback.url(BALANCER, 8333), *KEYS, frozenset(), ())
        yield Site(loopback, gateways, balancer, store, certificates.ca)


def _start_store(loopback: Loopback, running: ExitStack) -> None:
    lines = [line for line in (PLAN / "seaweedfs.txt").read_text().splitlines() if not line.startswith("#")]
    for line in lines:
        program, service, *_ = shlex.split(line)
        machine = next(word.removeprefix("-ip=") for word in shlex.split(line) if word.startswith("-ip="))
        for path in re.findall(r"/var/lib/seaweedfs/\w+", line):
            Path(loopback.place(path, machine)).mkdir(parents=True, exist_ok=True)
        users = Path(loopback.place("/etc/seaweedfs/users.json", machine))
        users.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PLAN / "users.json", users)
        home = loopback.home(machine)
        arguments = shlex.split(loopback.place(line, machine))[1:]
        process = spawn([_SCRIPTS / program, *arguments], log=home / f"{service}.log", directory=home)
        running.callback(kill_group, process)


def _start_balancer(loopback: Loopback, running: ExitStack, certificates: Certificates) -> Balancer:
    text = (
        (PLAN / "haproxy.cfg").read_text().replace("maxconn 40000", "maxconn 1000")
    )  # files may be few here
    # Who becomes another user does not hear any more that its parent dies.
    text = re.sub(r"\n +(user|group) haproxy", "", text)
    configuration, log = loopback.directory / "haproxy.cfg", loopback.directory / "haproxy.log"
    configuration.write_text(loopback.place(text, BALANCER))
    pem = Path(loopback.place("/etc/haproxy/s3.pem", BALANCER))
    pem.parent.mkdir(parents=True)
    pem.write_bytes(certificates.certificate.read_bytes() + certificates.key.read_bytes())
    admin = Path(loopback.place("/run/haproxy/admin.sock", BALANCER))
    admin.parent.mkdir(parents=True)
    process = spawn([shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", configuration], log=log)
    running.callback(kill_group, process)
    wait_until_ready(process, admin.exists, log)
    return Balancer(admin)
