"""The log of workers: each writes lines to its supervisor, whose log they become part of.

So there is one log with one place to rotate it, and whoever gave twistd a logger of his own gets all of it. A
line is a JSON list of level, POSIX time, namespace and text. Lines go in batches, since a write for each
would cost as much as making it. Of a worker that is killed those of the last `PAUSE` are lost, nothing else.
A supervisor that does not read holds no worker up: what it has no room for waits, at most `KEPT` bytes, and
what is lost then is told by its number.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.logger import ILogObserver, LogEvent, LogLevel, eventAsText, globalLogPublisher
from zope.interface import implementer

from gateway.proxy.exchange import WRITTEN

PAUSE = 0.05
"""Seconds between two batches."""

BATCH = 65536
"""Bytes that go at once; also what a pipe holds."""

KEPT = 4194304
"""Bytes that wait for a supervisor that does not read."""

_LEVELS = {level.name: level for level in LogLevel.iterconstants()}


@implementer(ILogObserver)
class LogWriter:
    """Takes a worker's events and writes them to a pipe.

    Args:
        descriptor: The pipe's; it is made not to block.
        later: Calls a function after so many seconds.

    """

    def __init__(self, descriptor: int, later: Callable[[float, Callable[[], None]], Any]) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._later = later
        self._lines: list[str] = []
        self._size = 0
        self._rest = b""
        self._lost = 0
        self._waiting = False

    def __call__(self, event: LogEvent) -> None:
        """Take an event."""
        if self._size + len(self._rest) > KEPT:
            self._lost += 1
            return
        level = event.get("log_level") or LogLevel.info
        line = json.dumps([level.name, event.get("log_time"), event.get("log_namespace"), text_of(event)])
        self._lines.append(line)
        self._size += len(line) + 1
        if level is LogLevel.critical or self._size >= BATCH:
            self.flush()
        if not self._waiting and (self._lines or self._rest):
            self._waiting = True
            self._later(PAUSE, self._due)

    def flush(self) -> None:
        """Write what waits, as far as the pipe has room."""
        if self._lines:
            data = self._rest + "".join(f"{line}\n" for line in self._lines).encode()
            self._lines.clear()
            self._size = 0
        else:
            data = self._rest
        with suppress(BrokenPipeError, BlockingIOError):  # nobody there, or no room: for the next time
            while data:
                data = data[os.write(self._descriptor, data) :]
        self._rest = data
        if self._lost and not data:
            lost, self._lost = self._lost, 0
            self(
                {"log_level": LogLevel.error, "log_format": "{lost} lines of the log are lost.", "lost": lost}
            )

    def end(self) -> None:
        """Write all that waits, whatever time it takes; the reactor is not asked any more."""
        os.set_blocking(self._descriptor, True)
        self._waiting = True
        self.flush()
        self.flush()

    def _due(self) -> None:
        self._waiting = False
        self.flush()
        if self._rest or self._lines:
            self._waiting = True
            self._later(PAUSE, self._due)


def text_of(event: LogEvent) -> str:
    """Return an event's text, with the traceback of a failure.

    Twisted's way takes five times as long and is only needed for what Python's formats do not have.
    """
    template = event.get("log_format")
    if isinstance(template, str) and "(" not in template and "log_failure" not in event:
        with suppress(Exception):  # Twisted's way will tell what is wrong
            return template.format_map(event)
    return eventAsText(event, includeTimestamp=False, includeSystem=False)


class LogReader:
    """Takes what a worker writes, and logs it here.

    Args:
        number: The worker's; each line begins with it.
        publish: Where events go.

    """

    def __init__(self, number: int, publish: Callable[[LogEvent], None] = globalLogPublisher) -> None:
        self._number = number
        self._publish = publish
        self._part: dict[int, bytes] = {}

    def lines(self, source: int, data: bytes) -> list[bytes]:
        """Return the whole lines in what came from one of several sources; the rest is kept for the next."""
        *lines, self._part[source] = (self._part.get(source, b"") + data).split(b"\n")
        return lines

    def tell(self, line: bytes) -> None:
        """Log a line of `LogWriter`'s."""
        level, seconds, namespace, text = json.loads(line.decode())
        self._publish(self._event(_LEVELS[level], namespace, text) | {"log_time": seconds})

    def tell_printed(self, line: bytes) -> None:
        """Log a line that the interpreter or a library printed."""
        event = self._event(LogLevel.error, "stderr", line.decode(errors="replace"))
        self._publish(event | {"log_time": time.time()})

    def _event(self, level: Any, namespace: str, text: str) -> LogEvent:
        written = f"worker {self._number}: {text}"
        return {
            "log_level": level,
            "log_namespace": namespace,
            "log_format": written.replace("{", "{{").replace("}", "}}"),
            "log_flattened": WRITTEN,
            "worker": self._number,
            "line": text,
        }
