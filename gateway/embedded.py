"""The gateway without a configuration: a store of its own, a certificate, and one user, in one directory.

All of it is made before anything starts, and found again the next time:

    lock             held while a gateway uses the directory
    credentials      the demo user's keys, random for each directory, in the AWS tools' format
    users.json       the same user for the store
    ports.json       where the store was last
    tls/             a private CA and a certificate that it signed
    store/           the data

The directory and its secrets are for their owner alone. What is told to the operator names files, never a
secret.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import random
import secrets
import shlex
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

from gateway.seaweedfs.program import MissingStoreError, SeaweedSettings, find_program, free_ports
from gateway.service.config import Config, make_config
from gateway.service.credentials import User, read_users
from gateway.service.ini import ConfigError
from gateway.service.self_signed import make_self_signed
from gateway.service.tls import CertificateError, Identity

PROFILE = "demo"
DOMAINS = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the gateway listens on the loopback: plain, with TLS, and for operators."""

    http: int = 8080
    https: int = 8443
    admin: int = 9180


@dataclass(frozen=True, slots=True)
class Embedded:
    """A directory that is ready to be used, and ours alone.

    Attributes:
        config: The gateway's configuration.
        store: What the store is to be run with.
        told: Lines for the operator.
        lock: Its descriptor holds the directory; it is to stay open while the gateway runs.

    """

    config: Config
    store: SeaweedSettings
    told: tuple[str, ...]
    lock: int


def default_directory(environment: Mapping[str, str]) -> Path:
    """Return where the data is when nobody says: S3GATEWAY_DATA, else where the user's data is kept.

    The latter is `s3gateway` in XDG_DATA_HOME, by default `~/.local/share` (XDG Base Directory
    Specification).
    """
    if named := environment.get("S3GATEWAY_DATA"):
        return Path(named)
    home = environment.get("XDG_DATA_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "share"
    return base / "s3gateway"


def prepare(directory: Path, listen: Ports) -> Embedded:
    """Make or find all that a gateway without configuration needs.

    Args:
        directory: Where; it is made if it is not there.
        listen: Where to listen.

    Raises:
        ConfigError: It cannot be done; a line says why, and how it can.

    """
    directory = directory.absolute()
    with ExitStack() as taken:
        try:
            program = find_program()
            (directory / "store").mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.chmod(0o700)
            lock = _lock(directory)
            taken.callback(os.close, lock)
            user = _user(directory / "credentials")
            _write(directory / "users.json", json.dumps(_identities(user), indent=1))
            tls = make_self_signed(directory / "tls", DOMAINS, datetime.now(UTC))
            ports = _ports(directory / "ports.json")
        except (MissingStoreError, CertificateError) as error:
            raise ConfigError(str(error)) from error
        except OSError as error:
            where = error.filename or directory
            raise ConfigError(f"{where}: {error.strerror}; choose another with --data") from error
        taken.pop_all()
    store = SeaweedSettings(program, directory / "store", directory / "users.json", ports)
    config = _config(directory, listen, tls.identity, store)
    return Embedded(config, store, _told(directory, listen, tls.ca), lock)


def _config(directory: Path, ports: Ports, identity: Identity, store: SeaweedSettings) -> Config:
    """Return the configuration that the directory's files stand for."""
    loopback = "interface=127.0.0.1"
    files = f"privateKey=tls/{identity.key.name}:certKey=tls/{identity.certificate.name}"
    return make_config(
        directory,
        {
            ("gateway", "listen"): f"tcp:{ports.http}:{loopback}\nssl:{ports.https}:{loopback}:{files}",
            ("gateway", "admin"): f"tcp:{ports.admin}:{loopback}",
            ("gateway", "domains"): " ".join(DOMAINS),
            ("backend", "endpoint_url"): store.endpoint_url,
        },
    )


def _told(directory: Path, ports: Ports, authority: Path) -> tuple[str, ...]:
    endpoint = f"https://localhost:{ports.https}/soap"
    credentials = directory / "credentials"
    flags = f"--endpoint {endpoint} --ca {_word(authority)} --credentials {_word(credentials)}"
    return (
        f"data         {directory}",
        f"SOAP         {endpoint}, its WSDL {endpoint}?wsdl",
        f"CA file      {authority}",
        f"credentials  {credentials}, profile {PROFILE}",
        f"try          {_word(_program())} call ListAllMyBuckets {flags} --profile {PROFILE}",
    )


def _program() -> Path:
    """Return how the command line is called: by its name where a shell finds it, else by its place."""
    beside = Path(sys.executable).parent / "s3gateway"
    return beside if which("s3gateway") is None and beside.exists() else Path("s3gateway")


def _word(path: Path) -> str:
    """Return a path as a word of a shell's command line."""
    return shlex.quote(str(path))


def _lock(directory: Path) -> int:
    """Hold the directory until this process and those forked from it are gone."""
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise ConfigError(
            f"{directory}: another gateway uses this directory; stop it, or choose another with --data"
        ) from error
    return lock


def _user(path: Path) -> User:
    """Return the demo user, made when the file is not there."""
    if not path.exists():
        access_key = "DEMO" + base64.b32encode(secrets.token_bytes(10)).decode()
        secret = base64.b64encode(secrets.token_bytes(30)).decode()
        _write(path, f"[{PROFILE}]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret}\n")
    _, users = read_users(path)
    return next(iter(users.values()))


def _identities(user: User) -> dict[str, object]:
    """Return the user as SeaweedFS wants to know of him."""
    account = {"id": PROFILE, "displayName": PROFILE, "emailAddress": f"{PROFILE}@localhost"}
    return {
        "accounts": [account],
        "identities": [
            {
                "name": PROFILE,
                "credentials": [{"accessKey": user.backend_key, "secretKey": user.backend_secret}],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                "account": account,
            }
        ],
    }


def _ports(path: Path) -> dict[str, int]:
    """Return free ports for the store, those of the last time if they are free; they are kept in a file."""
    try:
        kept = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        kept = {}
    ports = free_ports(random.SystemRandom(), kept if isinstance(kept, dict) else {})
    _write(path, json.dumps(ports))
    return ports


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
