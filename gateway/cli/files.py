"""Files that a call names: one whose bytes go beside the envelope, and one that an object is written to.

Neither is ever in memory as a whole. On a terminal a line tells how far it is; it is taken away at the end,
and is never in what goes to a file or a pipe.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, TextIO

from gateway.messages import Body, Piece

BLOCK: Final = 256 * 1024
"""Bytes that are read and sent at a time."""

INTERVAL: Final = 0.1
"""Seconds between two drawings of the line."""

WIDTH: Final = 30
"""Characters of the bar."""

MIB: Final = 1024 * 1024


class FileProblemError(Exception):
    """A file cannot be read or written; the text is one line that says which and why."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What goes beside an envelope.

    Attributes:
        path: Of the file.
        size: Its bytes, when the call was made up.

    """

    path: Path
    size: int


class Progress:
    """How many bytes have passed, as a line on a terminal.

    Args:
        stream: Where the line is drawn, if that is a terminal.
        clock: Seconds, from anywhere.

    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._shown = stream.isatty()
        self.begin(None)

    def begin(self, total: int | None) -> None:
        """Begin to count; `total` is how many bytes there will be, None when that is not known."""
        self._total = total
        self._done = 0
        self._begun = self._clock()
        self._drawn = self._begun

    def passed(self, count: int) -> None:
        """Count bytes."""
        self._done += count
        if self._shown and self._clock() - self._drawn >= INTERVAL:
            self._drawn = self._clock()
            self._stream.write(f"\r\033[K{self.line()}")
            self._stream.flush()

    def line(self) -> str:
        """Return the line."""
        rate = self._done / MIB / max(self._clock() - self._begun, 0.001)
        so_far = f"{self._done / MIB:.1f} MiB"
        if not self._total:
            return f"{so_far}  {rate:.1f} MiB/s"
        part = min(1.0, self._done / self._total)
        bar = ("#" * int(part * WIDTH)).ljust(WIDTH, ".")
        return f"[{bar}] {part:4.0%}  {so_far} of {self._total / MIB:.1f}  {rate:.1f} MiB/s"

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\033[K")
            self._stream.flush()


def attached_file(path: Path) -> Attached:
    """Return a file with its size.

    Raises:
        FileProblemError: There is none that can be read.

    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
    except OSError as error:
        raise FileProblemError(f"{path}: {error.strerror}") from error
    return Attached(path, size)


def sent(pieces: tuple[Piece, ...], progress: Progress) -> Iterator[bytes]:
    """Yield the bytes of a message; the source of a Body in it is an Attached.

    Raises:
        FileProblemError: The file cannot be read, or has become shorter.

    """
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from _coded(piece, progress)


def _coded(body: Body, progress: Progress) -> Iterator[bytes]:
    codings = [coding() for coding in body.through]
    for block in _blocks(body.source):
        data = block
        for coding in codings:
            data = coding.feed(data)
        yield data
        progress.passed(len(block))
    tail = b""
    for coding in codings:
        tail = (coding.feed(tail) if tail else b"") + coding.close()
    yield tail


def _blocks(file: Attached) -> Iterator[bytes]:
    """Yield what a file has, as many bytes as it had when the call was made up."""
    left = file.size
    try:
        with file.path.open("rb") as source:
            while left and (block := source.read(min(BLOCK, left))):
                left -= len(block)
                yield block
    except OSError as error:
        raise FileProblemError(f"{file.path}: {error.strerror}") from error
    if left:
        raise FileProblemError(f"{file.path}: became {left} bytes shorter while it was sent")


class Out:
    """Where an object goes: a file that is made when its first bytes come, or nowhere.

    Args:
        path: Of the file; None counts the bytes and keeps none.

    Attributes:
        size: Bytes written.

    """

    def __init__(self, path: Path | None) -> None:
        self.size = 0
        self._path = path
        self._file: BinaryIO | None = None

    def write(self, data: bytes) -> None:
        """Write on.

        Raises:
            FileProblemError: That cannot be done.

        """
        self.size += len(data)
        if self._path is None:
            return
        try:
            if self._file is None:
                self._file = self._path.open("wb")
            self._file.write(data)
        except OSError as error:
            raise FileProblemError(f"{self._path}: {error.strerror}") from error

    def __enter__(self) -> Self:
        """Wait for bytes."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, if one was made.

        Raises:
            FileProblemError: What was kept back could not be written.

        """
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as problem:
            raise FileProblemError(f"{self._path}: {problem.strerror}") from problem


@dataclass(frozen=True, slots=True)
class Transfer:
    """What goes and comes beside the envelopes of one call.

    Attributes:
        attached: What goes; None for nothing.
        out: Where an object goes, be it beside the answer or in it.
        progress: Counts both.

    """

    attached: Attached | None
    out: Out
    progress: Progress
