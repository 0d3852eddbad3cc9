"""What the gateway counts.

Counting happens on the way of every request, so it is a dictionary look-up and an addition. Labels come
from what we know beforehand: an operation, a status or an error code that is in no table of ours counts as
`other`, because whoever could invent labels could fill the memory. No bucket, key or user is ever a label.
Where the numbers are is the affair of `shared`, how they are told that of `metrics`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection
from http import HTTPStatus

from gateway.service.shared import Numbers

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds of the classes that durations are counted in."""

SECONDS = len(BUCKETS) + 1
"""Where the sum of durations stands: behind their classes and the one beyond."""

SIDES = ("client", "store")

OTHER = "other"
NONE = "none"

_STATUSES = {int(status): str(int(status)) for status in HTTPStatus}


class ServiceCounters:
    """The counters of one process, for the shell to count in.

    Attributes:
        in_flight: Gives the number of requests under way; the gateway sets it when it begins.

    """

    def __init__(
        self,
        numbers: Numbers,
        *,
        frontends: Collection[str] = ("soap", "rest"),
        operations: Collection[str],
        codes: Collection[str],
    ) -> None:
        """Begin at zero.

        Args:
            numbers: Where to count.
            frontends: Names of the clients' languages.
            operations: Names of the operations that are told apart.
            codes: S3 error codes that are told apart.

        """
        self.in_flight: Callable[[], int] = lambda: 0
        self._cells = numbers.cells
        self._frontends = frozenset(frontends)
        self._operations = frozenset(operations)
        self._codes = frozenset(codes)
        self._requests = numbers.family("requests")
        self._durations = numbers.family("durations", SECONDS + 1)
        self._errors = numbers.family("errors")
        self._asked = numbers.family("asked")
        self._store_durations = numbers.family("store_durations", SECONDS + 1)[()]
        self._opened = numbers.family("opened")
        self._closed = numbers.family("closed")
        self._limits = numbers.family("limits")
        self._in_flight = numbers.family("in_flight")[()]
        for side in SIDES:
            self._cells[self._opened[side,]] = 0.0

    def answered(self, frontend: str, operation: str, status: int, code: str, seconds: float) -> None:
        """Count an answer to a client; `code` is "" when it is no error."""
        if frontend not in self._frontends:
            frontend = OTHER
        if operation not in self._operations:
            operation = OTHER if operation else NONE
        self._cells[self._requests[frontend, operation, _STATUSES.get(status, OTHER)]] += 1
        self._took(self._durations[frontend, operation], seconds)
        if code:
            self._cells[self._errors[code if code in self._codes else OTHER,]] += 1

    def asked(self, status: int, seconds: float) -> None:
        """Count a store's answer; status 0 when there was none."""
        self._cells[self._asked[_STATUSES.get(status, OTHER) if status else NONE,]] += 1
        self._took(self._store_durations, seconds)

    def opened(self, side: str) -> None:
        """Count a connection of `client` or `store` as open."""
        self._cells[self._opened[side,]] += 1

    def closed(self, side: str) -> None:
        """Count it as open no more."""
        self._cells[self._closed[side,]] += 1

    def limited(self, limit: str) -> None:
        """Count that a limit or deadline was met, by its name; the names are the shell's own."""
        self._cells[self._limits[limit,]] += 1

    def look(self) -> None:
        """Write down how many requests are under way now."""
        self._cells[self._in_flight] = self.in_flight()

    def _took(self, place: int, seconds: float) -> None:
        self._cells[place + bisect_left(BUCKETS, seconds)] += 1
        self._cells[place + SECONDS] += seconds
