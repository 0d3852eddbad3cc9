"""Text for terminals: aligned columns, and an answer as lines.

What is shown comes from strangers: a key may hold anything. Characters that would move the cursor, change
colours or break a line are written as Python escapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.wire.texts import build_moment


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a line for each row, its cells under each other, two blanks between them."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def printable(text: str) -> str:
    """Return `text` with every character that is not shown as itself escaped."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text
    )


def answer_lines(answer: Any) -> Iterator[str]:
    """Yield the lines that show an answer of dicts, lists and simple values.

    First the single values, a line each, named by their path (`Owner.ID`); then each list as a
    table under its path, with a column for each name that any of its rows has. What is empty is left out.
    """
    singles: dict[str, str] = {}
    lists: dict[str, Sequence[Any]] = {}
    for path, value in _flat(answer, ""):
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            if value:
                lists[path] = value
        else:
            singles[path] = _text(value)
    yield from aligned(singles.items())
    for number, (path, items) in enumerate(lists.items()):
        if singles or number:
            yield ""
        yield f"{path} ({len(items)})"
        rows = [{name: _text(value) for name, value in _flat(item, "")} for item in items]
        names = list(dict.fromkeys(name for row in rows for name in row))
        heads = [names] if any(names) else []
        if names:
            yield from aligned([*heads, *([row.get(name, "") for name in names] for row in rows)])


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield what is not a dict, with its path; nothing for what is absent."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif value is not None:
        yield path, value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, datetime):
        return build_moment(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
