"""The gateways whose memory is measured: one for each cell and each setting that makes it work otherwise.

Each has a store that costs next to nothing, so whatever piles up does so in the gateway.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.clients import HASHED, Ask, rest_get, rest_put, soap_get, soap_put
from bench.nginx import answers
from bench.throughput import gateway_pid, sink_store
from gateway.rest.chunked import STREAMING_PAYLOAD, STREAMING_UNSIGNED_TRAILER
from gateway.rest.signature import UNSIGNED_PAYLOAD
from tests.clients.certificates import Certificates
from tests.clients.gateway import Gateway, running_gateway
from tests.stores.processes import free_ports, running, spawn


@dataclass(frozen=True, slots=True)
class Row:
    """What one client does.

    Attributes:
        name: What is printed.
        ask: Does it.
        form: The form of the store's answer with the object; "" for an upload.

    """

    name: str
    ask: Ask
    form: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A gateway with the rows that are measured on it.

    Attributes:
        cell: `CLIENT-to-STORE`.
        setting: What sets it apart from others of its cell.
        rows: What is done.
        settings: Of its section [gateway].

    """

    cell: str
    setting: str
    rows: tuple[Row, ...]
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What is printed."""
        return f"{self.cell} {self.setting}".strip()


@dataclass(frozen=True, slots=True)
class Measured:
    """A gateway that runs, and the id of its process."""

    case: Case
    gateway: Gateway
    pid: int


_SIGNED = Row("PUT, signed chunks", rest_put(STREAMING_PAYLOAD))
_TRAILER = Row("PUT, unsigned chunks, trailer", rest_put(STREAMING_UNSIGNED_TRAILER))
_UNSIGNED = Row("PUT, unsigned", rest_put(UNSIGNED_PAYLOAD))
_HASHED = Row("PUT, hash of all", rest_put(HASHED))
_GET = Row("GET", rest_get, "plain")

CASES = (
    Case(
        "soap-to-rest",
        "",
        (
            Row("PutObject, DIME", soap_put("dime")),
            Row("PutObject, MIME", soap_put("mime")),
            Row("GetObject, DIME", soap_get(inline=False), "plain"),
            Row("GetObject, inline", soap_get(inline=True), "plain"),
        ),
    ),
    Case("rest-to-rest", "verify", (_SIGNED, _TRAILER, _UNSIGNED, _HASHED, _GET)),
    Case("rest-to-rest", "pass", (_SIGNED, _UNSIGNED, _GET), {"rest_auth": "pass"}),
    Case(
        "rest-to-soap",
        "DIME",
        (_SIGNED, _TRAILER, _UNSIGNED, Row("GET", rest_get, "dime")),
    ),
    Case(
        "rest-to-soap",
        "MIME",
        (_UNSIGNED, Row("GET", rest_get, "mime")),
        {"attachments": "mime"},
    ),
    Case(
        "soap-to-soap",
        "",
        (
            Row("PutObject, DIME", soap_put("dime")),
            Row("PutObject, MIME", soap_put("mime")),
            Row("GetObject, DIME", soap_get(inline=False), "dime"),
            Row("GetObject, MIME", soap_get(inline=False), "mime"),
            Row("GetObject, inline", soap_get(inline=True), "inline"),
        ),
    ),
)
CELLS = tuple(dict.fromkeys(case.cell for case in CASES))


@contextmanager
def running_case(case: Case, directory: Path, certificates: Certificates) -> Iterator[Measured]:
    """Run a gateway and its store while the block runs.

    Args:
        case: Which one.
        directory: For its files; it is made.
        certificates: Its own.

    """
    directory.mkdir()
    log = directory / "sink.log"
    (port,) = free_ports(1)
    settings = {"gateway": case.settings}
    program = ["bench.sink", str(port), "0"]
    if case.cell.endswith("-soap"):
        program = ["bench.soap_sink", str(port)]
        settings["backend"] = {"protocol": "soap", "endpoint_url": f"http://127.0.0.1:{port}/soap"}
    with (
        running(lambda: spawn([sys.executable, "-m", *program], log=log), lambda: answers(port), log),
        running_gateway(directory, sink_store(port), certificates, settings) as gateway,
    ):
        yield Measured(case, gateway, gateway_pid(directory))
