"""The gateway as its operator starts it: `twistd -n s3gateway --config FILE`, in front of a store."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.certificates import Certificates
from tests.stores.processes import free_ports, running, spawn
from tests.stores.store import REGION, Store

TWISTD = Path(sys.executable).parent / "twistd"
Settings = Mapping[str, Mapping[str, str]]
"""Section, then key and value, as in the configuration."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway.

    Attributes:
        address: Where SOAP calls go, over TLS.
        ca: The file of the authority that signed its certificate.
        store: The store behind it.
        log: The file it prints to.
        plain_url: Where REST requests go without TLS, no last slash.

    """

    address: str
    ca: Path
    store: Store
    log: Path
    plain_url: str

    @property
    def url(self) -> str:
        """Where REST requests go over TLS, no last slash."""
        return self.address.removesuffix("/soap")

    def wsdl(self) -> bytes:
        """Return the contract it serves."""
        context = ssl.create_default_context(cafile=str(self.ca))
        with urllib.request.urlopen(f"{self.address}?wsdl", context=context, timeout=10) as reply:
            return reply.read()


def _configuration(
    ports: tuple[int, int, int], store: Store, certificates: Certificates, more: Settings
) -> str:
    https, http, admin = ports
    sections: dict[str, dict[str, str]] = {
        "gateway": {
            "listen": (
                f"\n  ssl:{https}:interface=127.0.0.1:privateKey={certificates.key}"
                f":certKey={certificates.certificate}"
                f"\n  tcp:{http}:interface=127.0.0.1"
            ),
            "admin": f"tcp:{admin}:interface=127.0.0.1",
            "drain_timeout": "2",
        },
        "backend": {"endpoint_url": store.endpoint_url, "region": REGION},
        "credentials": {"file": "credentials"},
    }
    for section, values in more.items():
        sections.setdefault(section, {}).update(values)
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in values.items())]
    return "\n".join([*lines, ""])


def _credentials(store: Store) -> str:
    return "".join(
        f"[{user.name}]\naws_access_key_id = {user.access_key}\naws_secret_access_key = {user.secret_key}\n"
        for user in store.users
    )


def _is_ready(admin: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{admin}/-/ready", timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


@contextmanager
def running_gateway(
    directory: Path, store: Store, certificates: Certificates, more: Settings | None = None
) -> Iterator[Gateway]:
    """Run the gateway in front of `store` while the block runs.

    Args:
        directory: For its configuration, credentials and log.
        store: The one behind it.
        certificates: Its own, and who signed it.
        more: Settings beside, or in place of, those that every test needs.

    """
    configuration, credentials, log = directory / "gateway.ini", directory / "credentials", directory / "log"
    credentials.touch(mode=0o600)
    credentials.write_text(_credentials(store))
    https = http = admin = 0

    def start() -> subprocess.Popen[bytes]:
        nonlocal https, http, admin
        https, http, admin = free_ports(3)
        configuration.write_text(_configuration((https, http, admin), store, certificates, more or {}))
        # The carrier follows from the reactor: uvloop's own, unless another one is asked for.
        reactor = ["--reactor=epoll"] if os.environ.get("CARRIER") == "twisted" else []
        command = [TWISTD, "--nodaemon", "--pidfile=", *reactor, "s3gateway", f"--config={configuration}"]
        return spawn(command, log=log, directory=directory)

    with running(start, lambda: _is_ready(admin), log):
        plain_url = f"http://localhost:{http}"
        yield Gateway(f"https://localhost:{https}/soap", certificates.ca, store, log, plain_url)
