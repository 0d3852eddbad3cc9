"""A strict reader of INI text that remembers lines, for the configuration and for the credentials file.

Python's configparser forgets where a value stood and forgives too much: a file that an operator got wrong
must be answered with the line to look at. The grammar is the usual one. `[section]`, then `key = value`; a
line that begins with a blank goes on with the value above; a line whose first character is `;` or `#` is a
comment, and so is everything behind a blank and a `;`. Nothing may stand twice.

All mistakes of a file are found before any is told, and none of them repeats the text of a line: it may be
a secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_SECTION = re.compile(r"\[([^\[\]]+)\]")
_KEY = re.compile(r"[A-Za-z][A-Za-z_]*")
_INLINE_COMMENT = re.compile(r"(?:^|[ \t]);.*")


class ConfigError(Exception):
    """What an operator wrote cannot be used: `lines` is what gets printed, one for each mistake."""

    def __init__(self, *lines: str) -> None:
        """Take the lines, each complete: file, line, section, key and what would be right."""
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key = value`.

    Attributes:
        section: The section it stands in.
        key: Its name, lower case.
        line: Number of the line with the key, from 1.
        parts: The lines of the value, without comments and blank ones: number and trimmed text.

    """

    section: str
    key: str
    line: int
    parts: tuple[tuple[int, str], ...] = field(repr=False)

    @property
    def text(self) -> str:
        """The value in one line, its parts joined by a blank."""
        return " ".join(text for _, text in self.parts)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a line, and what would be right."""

    line: int
    section: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where settings come from: a file, or none, and the directory that relative paths in them start from."""

    path: Path | None
    directory: Path

    def place(self, line: int, section: str, key: str) -> str:
        """Return what an operator looks for: `FILE:LINE: [section] key`; line 0 is a default's."""
        file = "" if self.path is None else f"{self.path}:{line}:" if line else f"{self.path}:"
        return " ".join(word for word in (file, section and f"[{section}]", key) if word)

    def tell(self, mistake: Mistake) -> str:
        """Return the line about a mistake that an operator reads."""
        place = self.place(mistake.line, mistake.section, mistake.key)
        return f"{place} {mistake.text}" if place.endswith(":") else f"{place}: {mistake.text}"


@dataclass(frozen=True, slots=True)
class Ini:
    """A file as it was read: its sections with the line of each, its entries, and what is wrong with it."""

    sections: dict[str, int]
    entries: tuple[Entry, ...]
    mistakes: tuple[Mistake, ...]


class _Reading:
    """The state of one reading: where we are, and what has been seen."""

    def __init__(self) -> None:
        self.sections: dict[str, int] = {}
        self.entries: dict[tuple[str, str], tuple[int, list[tuple[int, str]]]] = {}
        self.mistakes: list[Mistake] = []
        self.section = ""
        self.value: list[tuple[int, str]] | None = None

    def wrong(self, line: int, text: str, key: str = "") -> None:
        self.mistakes.append(Mistake(line, self.section, key, text))

    def take(self, line: int, raw: str) -> None:
        text = _INLINE_COMMENT.sub("", raw).strip(" \t\r")
        if not text or text.startswith("#"):
            return
        if any(ord(character) < 32 and character != "\t" for character in text):
            self.wrong(line, "a control character stands here; write plain text")
        elif raw[0] in " \t":
            self.go_on(line, text)
        elif text.startswith("["):
            self.open_section(line, text)
        else:
            self.open_entry(line, text)

    def go_on(self, line: int, text: str) -> None:
        if self.value is None:
            self.wrong(line, "a line that begins with a blank goes on with the value above it; there is none")
        else:
            self.value.append((line, text))

    def open_section(self, line: int, text: str) -> None:
        found = _SECTION.fullmatch(text)
        self.value = []
        if found is None:
            self.wrong(line, "a section is written [name]")
            return
        self.section = found[1].strip()
        if self.section in self.sections:
            first = self.sections[self.section]
            self.wrong(line, f"this section began at line {first} already; write all its keys there")
        else:
            self.sections[self.section] = line
        self.value = None

    def open_entry(self, line: int, text: str) -> None:
        name, sign, value = text.partition("=")
        key = name.strip().lower()
        self.value = []
        if not sign or not _KEY.fullmatch(key):
            self.wrong(line, "expected key = value, [section], or a comment that begins with ; or #")
        elif not self.section:
            self.wrong(line, "a key must stand in a section; write [section] above it", key)
        elif (self.section, key) in self.entries:
            first, _ = self.entries[self.section, key]
            self.wrong(line, f"this key stands at line {first} already; keep one of the two", key)
        else:
            self.entries[self.section, key] = (line, self.value)
            if value.strip():
                self.value.append((line, value.strip()))


def parse_ini(text: str) -> Ini:
    """Read INI text; what is wrong with it stands in the result, nothing is raised."""
    reading = _Reading()
    for line, raw in enumerate(text.split("\n"), 1):
        reading.take(line, raw)
    entries = (
        Entry(section, key, line, tuple(parts)) for (section, key), (line, parts) in reading.entries.items()
    )
    return Ini(reading.sections, tuple(entries), tuple(reading.mistakes))


def decode_ini(data: bytes) -> Ini:
    """Read INI text that is UTF-8, with or without a byte order mark."""
    try:
        return parse_ini(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Ini({}, (), (Mistake(line, "", "", "this is not UTF-8 text; save the file as UTF-8"),))


def read_ini(path: Path) -> Ini:
    """Read the file at `path`.

    Raises:
        ConfigError: The file cannot be read.

    """
    try:
        return decode_ini(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
