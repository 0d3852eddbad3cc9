"""The load generator: wrk, one thread on its core, keep-alive connections, each with one request at a time.

Its latencies are those of the requests that were answered: a connection waits for its answer before it
asks again, so what is slow is asked less.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
PATIENCE = 30.0
"""Seconds beyond its time in which it has to end."""

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_LATENCY = r"^\s+{}%\s+([\d.]+)(us|ms|s|m)\s*$"
_REQUESTS = re.compile(r"^\s+(\d+) requests in ([\d.]+)(ms|s|m),", re.MULTILINE)
_ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk tells.

    Attributes:
        requests: That were answered.
        seconds: In which they were.
        p50: Milliseconds.
        p99: Milliseconds.
        errors: Connections that were refused, broken or out of time.
        refused: Answers with a status of 400 and above.

    """

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int
    refused: int

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return self.requests / self.seconds


def parse(printed: str) -> Load:
    """Read what wrk prints.

    Raises:
        ValueError: It is not what wrk prints at its end, or nothing was answered.

    """
    found = _REQUESTS.search(printed)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"wrk got no answers:\n{printed}")
    errors, refused = _ERRORS.search(printed), _REFUSED.search(printed)
    return Load(
        int(found[1]),
        float(found[2]) * _UNITS[found[3]] / 1000,
        _latency(printed, 50),
        _latency(printed, 99),
        sum(map(int, errors.groups())) if errors else 0,
        int(refused[1]) if refused else 0,
    )


def _latency(printed: str, percent: int) -> float:
    found = re.search(_LATENCY.format(percent), printed, re.MULTILINE)
    if found is None:
        raise ValueError(f"wrk tells no latencies:\n{printed}")
    return float(found[1]) * _UNITS[found[2]]


def run(url: str, seconds: float, script: Path | None = None, connections: int = CONNECTIONS) -> Load:
    """Press a server and return what came of it.

    Args:
        url: Where to.
        seconds: For how long; wrk counts whole ones.
        script: What is sent, by `request`; None: a GET.
        connections: At once.

    Raises:
        RuntimeError: wrk failed, or one in a hundred requests had an error of its connection.

    """
    whole = max(1, round(seconds))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{whole}s", "--timeout", "30s", "--latency"]
    asked = subprocess.run(
        [*command, *(("-s", str(script)) if script else ()), url],
        capture_output=True,
        text=True,
        timeout=whole + PATIENCE,
        check=False,
    )
    if asked.returncode:
        raise RuntimeError(f"wrk failed:\n{asked.stdout}{asked.stderr}")
    load = parse(asked.stdout)
    if load.errors * 100 > load.requests:
        raise RuntimeError(f"{load.errors} errors beside {load.requests} answers from {url}")
    return load


def request(path: Path, headers: dict[str, str], body: bytes = b"", method: str = "POST") -> Path:
    """Write the script of a request and return it."""
    fields = "".join(f"wrk.headers[{_quoted(name)}]={_quoted(value)}\n" for name, value in headers.items())
    told = f"wrk.body=[==[{body.decode()}]==]\n" if body else ""
    path.write_text(f"wrk.method={_quoted(method)}\n{fields}{told}")
    return path


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
