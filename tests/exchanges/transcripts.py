"""Transcripts of the wire as files: an error of a REST store and the SOAP fault it becomes.

The format is described in README.md beside this module. `python -m tests.exchanges.transcripts`
writes the faults anew after the replies were captured anew; what it writes is read by people
before it is committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.messages import HttpReply, Ids, Problem, RestReply
from gateway.rest.errors import parse_error
from gateway.soap.faults import build_fault

ERRORS = Path(__file__).parent / "errors"
MADE = "made"
OUR_IDS = Ids("00000000000000AA", "our-host-id")
"""Told in a fault where the store's reply has none of its own."""


@dataclass(frozen=True, slots=True)
class ErrorExchange:
    """One error on both sides.

    Attributes:
        name: The code; for one of several rows of a code, with a number behind it.
        source: The store that said it, or MADE.

    """

    name: str
    source: str

    @property
    def code(self) -> str:
        """The S3 code."""
        return self.name.partition("-")[0]

    @property
    def rest_bytes(self) -> bytes:
        """The store's reply as it stood on the wire."""
        return (ERRORS / f"{self.name}.{self.source}.http").read_bytes()

    @property
    def fault_path(self) -> Path:
        """Where the SOAP side is kept."""
        return ERRORS / f"{self.name}.{self.source}.xml"

    def problem(self) -> Problem:
        """Return what the gateway reads in the store's reply."""
        return parse_error(read_reply(self.rest_bytes), "object")


def error_exchanges() -> list[ErrorExchange]:
    """Return all of them, by name."""
    stems = (path.name.removesuffix(".http").rpartition(".") for path in sorted(ERRORS.glob("*.http")))
    return [ErrorExchange(name, source) for name, _, source in stems]


def read_reply(raw: bytes) -> RestReply:
    """Return a reply of the wire; no transcript is chunked."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    _, status, reason = status_line.split(" ", 2)
    fields = (line.split(": ", 1) for line in lines)
    return RestReply(int(status), reason, tuple((name.lower(), value) for name, value in fields), body)


def write_reply(reply: HttpReply) -> bytes:
    """Return the bytes of a reply as made transcripts have them: its fields, then the length."""
    body = b"".join(piece for piece in reply.pieces if isinstance(piece, bytes))
    fields = [*reply.headers, ("content-length", str(len(body)))]
    lines = [f"HTTP/1.1 {reply.status} {reply.reason}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def main() -> None:
    """Write the SOAP side of every transcript."""
    for exchange in error_exchanges():
        exchange.fault_path.write_bytes(build_fault(exchange.problem(), OUR_IDS))


if __name__ == "__main__":
    main()
