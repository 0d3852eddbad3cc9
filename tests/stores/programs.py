"""The three stores: how each is started, who its users are, what it can do.

SeaweedFS (`weed mini`) checks signatures, keeps ACLs and knows several users with e-mail
addresses. JuiceFS's gateway is MinIO's code: the strictest HTTP side, no ACLs. moto is the only
one with bucket logging; it checks no signature.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.stores.processes import free_ports, running, spawn
from tests.stores.store import (
    ACL,
    BUCKET_GRANTS,
    CONDITIONS,
    EMAILS,
    GRANTS,
    LOGGING,
    PUT_ACL,
    PUT_OBJECT_ACL,
    REGION,
    SIGNATURES,
    Store,
    User,
)

ALICE = User("alice", "DEMOKEYALICE", "demo-secret-of-alice", "alice-canonical-id", "alice@example.com")
BOB = User("bob", "DEMOKEYBOB", "demo-secret-of-bob", "bob-canonical-id", "bob@example.com")
BOBS_BUCKETS = "bobs*"
"""What bob may touch on SeaweedFS; everything else is AccessDenied to him."""

SUPPORTS = {
    "seaweedfs": frozenset({ACL, PUT_ACL, PUT_OBJECT_ACL, BUCKET_GRANTS, EMAILS, SIGNATURES, CONDITIONS}),
    "juicefs": frozenset({ACL, SIGNATURES, CONDITIONS}),
    "moto": frozenset({ACL, PUT_ACL, GRANTS, LOGGING, CONDITIONS}),
}
"""What each store can do; test_stores.py measures it."""

DOMAIN = "localhost"
"""Below this name a bucket may be named in the Host field."""
PROBE_BUCKET = "is-it-ready"
_SCRIPTS = Path(sys.executable).parent


def connect(store: Store, user: User | None = None) -> boto3.client:
    """Return a boto3 client of the store, for its first user or the one given."""
    return _client(
        store.endpoint_url,
        (user.access_key, user.secret_key) if user else (store.access_key, store.secret_key),
    )


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session()


def _client(endpoint_url: str, keys: tuple[str, str]) -> boto3.client:
    return _session().client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=20,
        ),
    )


def _takes_objects(endpoint_url: str, user: User) -> bool:
    """Whether an object can be stored now: a store may answer before it can write."""
    client = _client(endpoint_url, (user.access_key, user.secret_key))
    try:
        with suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket=PROBE_BUCKET)
        client.put_object(Bucket=PROBE_BUCKET, Key="probe", Body=b"ready?")
        client.delete_object(Bucket=PROBE_BUCKET, Key="probe")
        client.delete_bucket(Bucket=PROBE_BUCKET)
    except (BotoCoreError, ClientError):
        return False
    finally:
        client.close()
    return True


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _seaweedfs_users() -> dict[str, object]:
    def account(user: User) -> dict[str, str]:
        return {"id": user.canonical_id, "displayName": user.name, "emailAddress": user.email}

    def identity(user: User, actions: list[str]) -> dict[str, object]:
        keys = [{"accessKey": user.access_key, "secretKey": user.secret_key}]
        return {"name": user.name, "credentials": keys, "actions": actions, "account": account(user)}

    return {
        "identities": [
            identity(ALICE, ["Admin", "Read", "ReadAcp", "Write", "WriteAcp", "List", "Tagging"]),
            identity(BOB, [f"{action}:{BOBS_BUCKETS}" for action in ("Read", "Write", "List")]),
        ],
        "accounts": [account(ALICE), account(BOB)],
    }


@contextmanager
def seaweedfs(directory: Path) -> Iterator[Store]:
    """Run SeaweedFS with its data in `directory`; every port also opens the one 10,000 above."""
    users, log = directory / "users.json", directory / "weed.log"
    users.write_text(json.dumps(_seaweedfs_users()))
    data = directory / "data"
    data.mkdir(exist_ok=True)
    endpoint = ""

    def start() -> subprocess.Popen[bytes]:
        nonlocal endpoint
        s3, master, volume, filer = free_ports(4, beside=(10_000,))
        endpoint = f"http://127.0.0.1:{s3}"
        return spawn(
            [
                _SCRIPTS / "weed", "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}",
                f"-s3.port={s3}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false",
                "-admin.ui=false", "-s3.allowDeleteBucketNotEmpty=false", f"-s3.config={users}",
                f"-s3.domainName={DOMAIN}",
            ],
            log=log,
        )  # fmt: skip

    with running(start, lambda: _answers(endpoint) and _takes_objects(endpoint, ALICE), log):
        yield Store(
            "seaweedfs", endpoint, ALICE.access_key, ALICE.secret_key, SUPPORTS["seaweedfs"], (ALICE, BOB)
        )


@contextmanager
def juicefs(directory: Path) -> Iterator[Store]:
    """Run JuiceFS's gateway (MinIO's code) on files and an SQLite database in `directory`."""
    database, log = f"sqlite3://{directory / 'meta.db'}", directory / "juicefs.log"
    program = _SCRIPTS / "juicefs"
    subprocess.run(
        [program, "format", "--storage=file", f"--bucket={directory / 'data'}/", database, "demo"],
        check=True,
        capture_output=True,
    )
    endpoint = ""

    def start() -> subprocess.Popen[bytes]:
        nonlocal endpoint
        port = free_ports(1)[0]
        endpoint = f"http://127.0.0.1:{port}"
        return spawn(
            [
                program, "gateway", "--multi-buckets", "--keep-etag", "--object-meta",
                "--no-usage-report", f"--domain={DOMAIN}", f"--log={log}",
                f"--cache-dir={directory / 'cache'}", database, f"127.0.0.1:{port}",
            ],
            log=log,
            environment={"MINIO_ROOT_USER": ALICE.access_key, "MINIO_ROOT_PASSWORD": ALICE.secret_key},
        )  # fmt: skip

    with running(start, lambda: _answers(endpoint) and _takes_objects(endpoint, ALICE), log):
        yield Store("juicefs", endpoint, ALICE.access_key, ALICE.secret_key, SUPPORTS["juicefs"], (ALICE,))


@contextmanager
def moto(directory: Path) -> Iterator[Store]:
    """Run moto's server, which keeps everything in memory and knows no users."""
    log, endpoint = directory / "moto.log", ""

    def start() -> subprocess.Popen[bytes]:
        nonlocal endpoint
        port = free_ports(1)[0]
        endpoint = f"http://127.0.0.1:{port}"
        return spawn([_SCRIPTS / "moto_server", "-H", "127.0.0.1", "-p", str(port)], log=log)

    with running(start, lambda: _answers(endpoint) and _takes_objects(endpoint, ALICE), log):
        yield Store("moto", endpoint, ALICE.access_key, ALICE.secret_key, SUPPORTS["moto"], (ALICE,))


PROGRAMS = {"seaweedfs": seaweedfs, "juicefs": juicefs, "moto": moto}
