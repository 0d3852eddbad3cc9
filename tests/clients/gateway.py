"""The gateway as its operator starts it: `twistd -n s3gateway --config FILE`, in front of a store.

The store may be another gateway: to one in front of it that is a store which speaks SOAP.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.clients.certificates import Certificates
from tests.stores.processes import free_ports, running, spawn
from tests.stores.store import REGION, Store

TWISTD = Path(sys.executable).parent / "twistd"
Settings = Mapping[str, Mapping[str, str]]
"""Section, then key and value, as in the configuration."""
RELAYED, REKEYED = "relayed", "rekeyed"
"""SeaweedFS behind a gateway, behind another one: with the same keys at both, and with other ones."""
RELAYS = {RELAYED: "", REKEYED: "AGAIN"}
"""What the keys of each end in between its gateways."""


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


def credentials(store: Store, *, here: str = "", behind: str = "") -> str:
    """Return a file of the store's users, whose keys end otherwise here, or behind here, or are the store's."""
    profiles = []
    for user in store.users:
        profiles.append(
            f"[{user.name}]\naws_access_key_id = {user.access_key}{here}\n"
            f"aws_secret_access_key = {user.secret_key}{here}\n"
        )
        if here != behind:
            profiles.append(
                f"backend_access_key_id = {user.access_key}{behind}\n"
                f"backend_secret_access_key = {user.secret_key}{behind}\n"
            )
    return "".join(profiles)


def _is_ready(admin: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{admin}/-/ready", timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


@contextmanager
def running_gateway(
    directory: Path,
    store: Store,
    certificates: Certificates,
    more: Settings | None = None,
    users: str = "",
) -> Iterator[Gateway]:
    """Run the gateway in front of `store` while the block runs.

    Args:
        directory: For its configuration, credentials and log.
        store: The one behind it.
        certificates: Its own, and who signed it.
        more: Settings beside, or in place of, those that every test needs.
        users: Its file of credentials, when it is not just that of the store's users.

    """
    configuration, file, log = directory / "gateway.ini", directory / "credentials", directory / "log"
    file.touch(mode=0o600)
    file.write_text(users or credentials(store))
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


@contextmanager
def running_relay(
    directory: Path, behind: Gateway, certificates: Certificates, more: Settings | None = None, keys: str = ""
) -> Iterator[Gateway]:
    """Run a gateway in front of another one, which is a SOAP store to it, while the block runs.

    Args:
        directory: For its configuration, credentials and log.
        behind: The other gateway, whose store is that of the chain.
        certificates: Its own, and who signed it.
        more: Settings beside those of a store that speaks SOAP.
        keys: What the keys of users end in at the other gateway, when they are not the same there.

    """
    asked = {"protocol": "soap", "ca_bundle": str(behind.ca)}
    store = replace(behind.store, endpoint_url=behind.address)
    settings = {**(more or {}), "backend": asked}
    with running_gateway(
        directory, store, certificates, settings, credentials(store, behind=keys)
    ) as gateway:
        yield replace(gateway, store=behind.store)
