"""The SOAP store: PHP's SoapServer over our WSDL or another one, an end of SOAP that shares no line with the gateway.

`soap_store.php` says what it does. It is no part of `PROGRAMS`, which are REST stores.
"""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from gateway.service.documents import own_documents
from tests.stores.processes import free_ports, running, spawn
from tests.stores.programs import ALICE, BOB

SCRIPT = Path(str(resources.files("tests.stores"))) / "soap_store.php"
INLINE = "/inline"
"""Where the store answers all data inside the envelope."""


@dataclass(frozen=True, slots=True)
class SoapStore:
    """A running SOAP store.

    Attributes:
        host: Its Host field.
        access_key: Of a user.
        secret_key: The same user's.

    """

    host: str
    access_key: str = ALICE.access_key
    secret_key: str = ALICE.secret_key

    @property
    def endpoint_url(self) -> str:
        """Where messages are POSTed, as a configuration has it."""
        return f"http://{self.host}/soap"


@contextmanager
def php_store(
    directory: Path, documents: Mapping[str, bytes] | None = None, bucket: str = ""
) -> Iterator[SoapStore]:
    """Run the store while the block runs.

    Args:
        directory: For what it stores.
        documents: Its contract, the WSDL first; ours when it has none of its own.
        bucket: One that is there from the first, for a contract that cannot make any.

    """
    documents = documents or own_documents()
    for name, text in documents.items():
        (directory / name).write_bytes(text)
    log = directory / "log"
    host = ""

    def start() -> subprocess.Popen[bytes]:
        nonlocal host
        host = f"127.0.0.1:{free_ports(1)[0]}"
        keys = ",".join(f"{user.access_key}={user.secret_key}" for user in (ALICE, BOB))
        limits = ["-d", "memory_limit=-1", "-d", "post_max_size=0", "-d", "html_errors=0"]
        return spawn(
            ["php", *limits, "-S", host, SCRIPT],
            log=log,
            environment={
                "STORE_WSDL": str(directory / next(iter(documents))),
                "STORE_STATE": str(directory / "state"),
                "STORE_KEYS": keys,
                "STORE_BUCKET": bucket,
            },
            directory=directory,
        )

    with running(start, lambda: _answers(host), log):
        yield SoapStore(host)


def _answers(host: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}/", timeout=5) as reply:
            return bool(reply.read() == b"ready")
    except OSError:
        return False
