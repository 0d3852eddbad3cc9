"""Numbers under names, in memory that processes share: what was counted survives whoever counted it.

A worker that is killed tells nothing any more, and a counter that forgets goes down. So each worker counts in
memory that its supervisor has too: a file without a name (memfd_create(2)), mapped by both. Its first half is
numbers, 8 bytes each. The second is their names, a line of JSON each in the order of the numbers, behind the
length of all of them, which is written last. One process writes; whoever reads sees whole numbers, since 8
aligned bytes are stored at once. Pages that nobody wrote cost nothing.

A process that is alone counts in the same way, in memory of its own.
"""

from __future__ import annotations

import json
import mmap
import os
import tempfile
from collections.abc import Callable, Mapping

NUMBERS = 131072
"""Room for so many: three languages, a hundred operations and fifty statuses need a quarter of it."""

BYTES = 2 * NUMBERS * 8
"""Of the memory: the numbers, and as much for their names."""

WIDEST = 64
"""Numbers side by side at most; so many at the end are for what has no place."""

_LENGTH = 8

Labels = tuple[str, ...]
"""What tells the numbers of a family apart."""


class Totals(dict[Labels, float]):
    """Numbers by family and labels."""

    def __missing__(self, labels: Labels) -> float:
        """Return 0 for what was never counted."""
        return 0.0

    def add(self, more: Mapping[Labels, float]) -> None:
        """Add up with other numbers."""
        for labels, number in more.items():
            self[labels] += number


def shared_memory() -> int:
    """Return the descriptor of memory for one process's numbers, all of them 0."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("s3gateway-numbers")
    else:  # not on Linux
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, BYTES)
    return descriptor


class Places(dict[Labels, int]):
    """Where the numbers of a family are, by their labels; asking for a new one gives it a place."""

    __slots__ = ("_allot",)

    def __init__(self, allot: Callable[[Labels], int]) -> None:
        """Begin without any; `allot` finds places."""
        super().__init__()
        self._allot = allot

    def __missing__(self, labels: Labels) -> int:
        """Return the place of a new number."""
        place = self[labels] = self._allot(labels)
        return place


class Numbers:
    """The numbers of one process.

    Args:
        descriptor: As `shared_memory` returned it, here or in another process; -1: memory of our own.

    Attributes:
        cells: The numbers themselves: `cells[places[labels]] += 1` counts.

    """

    def __init__(self, descriptor: int = -1) -> None:
        memory = memoryview(mmap.mmap(descriptor, BYTES))
        self.cells = memory[: NUMBERS * 8].cast("d")
        self._names = memory[NUMBERS * 8 :]
        self._used = _LENGTH
        self._next = 0

    def family(self, name: str, width: int = 1) -> Places:
        """Return the places of a family that is counted in this process.

        Args:
            name: Not yet that of another one.
            width: Of so many numbers side by side each place is the first; `WIDEST` at most.

        """
        return Places(lambda labels: self._allot(name, width, labels))

    def totals(self) -> Totals:
        """Return the numbers by family and labels, whoever counts; side by side, by their index too."""
        used = int.from_bytes(self._names[:_LENGTH], "little")
        totals = Totals()
        place = 0
        for line in bytes(self._names[_LENGTH : _LENGTH + used]).splitlines():
            width, *name = json.loads(line)
            for index in range(width):
                key = (*name, str(index)) if width > 1 else (*name,)
                totals[key] = self.cells[place + index]
            place += width
        return totals

    def _allot(self, family: str, width: int, labels: Labels) -> int:
        """Return the next free place; where there is no room left, one that is never told."""
        line = json.dumps([width, family, *labels]).encode() + b"\n"
        place, end = self._next, self._used + len(line)
        if end > len(self._names) or place + width > NUMBERS - WIDEST:
            return NUMBERS - WIDEST
        self._names[self._used : end] = line
        self._names[:_LENGTH] = (end - _LENGTH).to_bytes(_LENGTH, "little")
        self._used = end
        self._next += width
        return place
