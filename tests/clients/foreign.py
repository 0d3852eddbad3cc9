"""Foreign SOAP clients as one thing: a program that is told calls and says what it read.

Each client is a real SOAP stack with a small driver (drivers/) around the classes it generated
from the WSDL. Driver and test speak in lines. A line to the driver is an operation and its fields,
`Operation<TAB>path=value<TAB>...`; a line back begins with `ok`, `fault` or `error` and has fields
too. Paths are dotted (`AccessControlList.0.Permission`), values percent-encoded UTF-8; object bytes
stand as ISO-8859-1. Lists that the contract wraps (AccessControlList, TargetGrants, Buckets) stand
without their inner name, since half of the stacks hide it.

The driver signs by itself. Fields that begin with `@` have it sign wrongly, or attach a file; what came
back as an attachment is told by its size and MD5.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from lxml import etree

from tests.stores.processes import kill_group, spawn_talking


class NoAnswerError(Exception):
    """The client got no SOAP answer it could read; with what it said about that."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a client read in an answer.

    Attributes:
        fields: Path to text.

    """

    fields: Mapping[str, str]
    code: ClassVar[None] = None

    def __getitem__(self, path: str) -> str:
        """Return the text at a path."""
        return self.fields[path]

    def get(self, path: str) -> str | None:
        """Return the text at a path, None when nothing is there."""
        return self.fields.get(path)

    def rows(self, path: str) -> list[dict[str, str]]:
        """Return the entries of a list, each with the paths inside it."""
        found: dict[int, dict[str, str]] = {}
        for name, text in self.fields.items():
            if name.startswith(f"{path}."):
                number, _, inner = name.removeprefix(f"{path}.").partition(".")
                found.setdefault(int(number), {})[inner] = text
        return [found[number] for number in sorted(found)]

    def data(self) -> bytes | None:
        """Return the object's bytes, None when the answer has none."""
        text = self.get("Data")
        return None if text is None else text.encode("latin-1")

    def moment(self, path: str) -> dt.datetime:
        """Return a point in time to the second: gSOAP knows no smaller part."""
        return dt.datetime.fromisoformat(self[path]).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What a client's own fault class told.

    Attributes:
        code: The local part of the fault code, as `Client.NoSuchKey`.
        message: The fault string.
        details: The children of the detail, name to text.

    """

    code: str
    message: str
    details: Mapping[str, str] = field(default_factory=dict)


class ForeignClient:
    """A running driver. Made by `running_client`."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    def call(
        self,
        operation: str,
        *,
        security: Mapping[str, str] | None = None,
        attachment: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Result | Fault:
        """Call an operation and return what the client read.

        Args:
            operation: One of the 16.
            security: How to sign wrongly: `clock` (seconds off), `access_key`, `secret_key`,
                `omit` (names of security elements, joined by commas).
            attachment: `form`, one of the stack's own, and `file`, the path of what to attach; without
                `file` the form says how an attachment is read.
            fields: Text, numbers, booleans, bytes, points in time, dicts and lists of them.

        Raises:
            NoAnswerError: The client got no answer, or gave up.

        """
        told = dict(_flat(fields, ""))
        told |= {f"@{name}": text for name, text in {**(security or {}), **(attachment or {})}.items()}
        words = [operation, *(f"{path}={quote(text, safe='/')}" for path, text in told.items())]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(words).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NoAnswerError(f"{self.name} ended: {self._log.read_text(errors='replace')[-3000:]}")
        kind, *answer = line.decode().rstrip("\n").split("\t")
        return _answer_of(
            kind, {path: unquote(text) for path, text in (word.split("=", 1) for word in answer)}
        )


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the paths and texts of a value; an empty list or structure is one empty text."""
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str | bytes)):
        inside = value.items() if isinstance(value, Mapping) else enumerate(value)
        if path and not value:
            yield path, ""
        for name, inner in inside:
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif value is not None:
        yield path, _written(value)


def _written(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(value)


def _answer_of(kind: str, fields: dict[str, str]) -> Result | Fault:
    if kind == "ok":
        return Result(fields)
    if kind == "fault":
        details = {
            path.removeprefix("detail."): text for path, text in fields.items() if path.startswith("detail.")
        }
        if "detail_xml" in fields:  # gSOAP gives the inside of the detail as it stood
            tree = etree.fromstring(f"<detail>{fields['detail_xml']}</detail>")
            details = {child.tag: child.text or "" for child in tree}
        return Fault(fields["code"], fields["message"], details)
    raise NoAnswerError(fields.get("message", kind))


@contextmanager
def running_client(
    name: str, command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str]
) -> Iterator[ForeignClient]:
    """Run a driver while the block runs."""
    process = spawn_talking(command, log=log, environment=environment)
    try:
        yield ForeignClient(name, process, log)
    finally:
        kill_group(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
