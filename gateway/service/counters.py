"""What the gateway counts, and how Prometheus reads it.

Counting happens on the way of every request, so it is a dictionary look-up and an addition. Labels come
from what we know beforehand: an operation or an error code that is in no table of ours counts as `other`,
because whoever could invent labels could fill the memory. No bucket, key or user is ever a label. Names and
units follow Prometheus' conventions; its own client library writes the text, and adds what it knows of the
process.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds of the classes that durations are counted in."""

OTHER = "other"
NONE = "none"


class Durations:
    """How long things took, counted in the classes of `BUCKETS` and one beyond."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        """Begin without any."""
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return upper bounds and how many took no longer, as Prometheus wants them."""
        bounds = [*map(str, BUCKETS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


class ServiceCounters(Collector):
    """The counters of one process: the shell counts in them, the admin site shows them.

    Attributes:
        in_flight: Gives the number of requests under way; the gateway sets it when it begins.

    """

    def __init__(
        self,
        *,
        frontends: Collection[str] = ("soap", "rest"),
        operations: Collection[str],
        codes: Collection[str],
        info: dict[str, str],
    ) -> None:
        """Begin at zero.

        Args:
            frontends: Names of the clients' languages.
            operations: Names of the operations that are told apart.
            codes: S3 error codes that are told apart.
            info: What runs: version, reactor, carrier.

        """
        self.in_flight: Callable[[], int] = lambda: 0
        self._frontends = frozenset(frontends)
        self._operations = frozenset(operations)
        self._codes = frozenset(codes)
        self._info = info
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._durations: defaultdict[tuple[str, str], Durations] = defaultdict(Durations)
        self._errors: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._store_durations = Durations()
        self._opened: Counter[str] = Counter({"client": 0, "store": 0})
        self._closed: Counter[str] = Counter()
        self._limits: Counter[str] = Counter()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def answered(self, frontend: str, operation: str, status: int, code: str, seconds: float) -> None:
        """Count an answer to a client; `code` is "" when it is no error."""
        if frontend not in self._frontends:
            frontend = OTHER
        if operation not in self._operations:
            operation = OTHER if operation else NONE
        self._requests[frontend, operation, status] += 1
        self._durations[frontend, operation].add(seconds)
        if code:
            self._errors[code if code in self._codes else OTHER] += 1

    def asked(self, status: int, seconds: float) -> None:
        """Count a store's answer; status 0 when there was none."""
        self._asked[str(status) if status else NONE] += 1
        self._store_durations.add(seconds)

    def opened(self, side: str) -> None:
        """Count a connection of `client` or `store` as open."""
        self._opened[side] += 1

    def closed(self, side: str) -> None:
        """Count it as open no more."""
        self._closed[side] += 1

    def limited(self, limit: str) -> None:
        """Count that a limit or deadline was met, by its name; the names are the shell's own."""
        self._limits[limit] += 1

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all counters as text, and its content type, in the format that `accept` asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def collect(self) -> Iterator[Metric]:
        """Yield what Prometheus' library writes."""
        yield InfoMetricFamily("s3gateway_build", "What runs.", self._info)
        yield GaugeMetricFamily("s3gateway_in_flight_requests", "Requests under way.", self.in_flight())
        requests = CounterMetricFamily(
            "s3gateway_requests", "Answers to clients.", labels=("frontend", "operation", "code")
        )
        for (frontend, operation, status), count in self._requests.items():
            requests.add_metric((frontend, operation, str(status)), count)
        yield requests
        durations = HistogramMetricFamily(
            "s3gateway_request_duration_seconds",
            "From the first byte of a request to the last of its answer.",
            labels=("frontend", "operation"),
        )
        for labels, each in self._durations.items():
            durations.add_metric(labels, each.buckets(), each.total)
        yield durations
        yield _counted("s3gateway_errors", "Errors told to clients, by S3 code.", "code", self._errors)
        yield _counted("s3gateway_backend_requests", "The store's answers.", "status", self._asked)
        yield HistogramMetricFamily(
            "s3gateway_backend_request_duration_seconds",
            "From a request to the store to its answer.",
            self._store_durations.buckets(),
            self._store_durations.total,
        )
        yield _counted("s3gateway_connections_opened", "Connections opened.", "side", self._opened)
        connections = GaugeMetricFamily("s3gateway_connections", "Connections open.", labels=("side",))
        for side, opened in self._opened.items():
            connections.add_metric((side,), opened - self._closed[side])
        yield connections
        yield _counted("s3gateway_limits_hit", "Limits and deadlines met.", "limit", self._limits)


def _counted(name: str, documentation: str, label: str, counts: Counter[str]) -> Metric:
    family = CounterMetricFamily(name, documentation, labels=(label,))
    for value, count in counts.items():
        family.add_metric((value,), count)
    return family
