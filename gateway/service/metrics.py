"""How Prometheus reads what was counted.

Names and units follow Prometheus' conventions; its own client library writes the text. The numbers are those
of the whole gateway, however many processes it has. What has been told once never goes down: a worker that
has died leaves its numbers behind, and the processor time that it took.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Sequence
from functools import partial
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

from gateway.service.counters import BUCKETS, SECONDS, SIDES
from gateway.service.shared import Labels, Totals

_OWN = ("process_start_time_seconds", "process_max_fds")
"""What is told of the first process alone."""


class Metrics(Collector):
    """What the admin site shows of the counters.

    Args:
        totals: Gives the numbers of the whole gateway now.
        pids: Gives the processes of the gateway beside this one.
        info: What runs: version, reactor, carrier.

    """

    def __init__(
        self, totals: Callable[[], Totals], pids: Callable[[], Sequence[int]], info: dict[str, str]
    ) -> None:
        self._totals = totals
        self._info = info
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self._registry.register(Processes(pids))

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all counters as text, and its content type, in the format that `accept` asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def collect(self) -> Iterator[Metric]:
        """Yield what Prometheus' library writes."""
        totals = self._totals()
        yield InfoMetricFamily("s3gateway_build", "What runs.", self._info)
        yield GaugeMetricFamily("s3gateway_workers", "Processes that serve clients.", totals["workers",])
        yield CounterMetricFamily(
            "s3gateway_worker_restarts", "Workers started in place of one that died.", totals["restarts",]
        )
        yield GaugeMetricFamily("s3gateway_in_flight_requests", "Requests under way.", totals["in_flight",])
        yield _counted(
            "s3gateway_requests", "Answers to clients.", ("frontend", "operation", "code"), totals, "requests"
        )
        yield _took(
            "s3gateway_request_duration_seconds",
            "From the first byte of a request to the last of its answer.",
            ("frontend", "operation"),
            totals,
            "durations",
        )
        yield _counted("s3gateway_errors", "Errors told to clients, by S3 code.", ("code",), totals, "errors")
        yield _counted("s3gateway_backend_requests", "The store's answers.", ("status",), totals, "asked")
        yield _took(
            "s3gateway_backend_request_duration_seconds",
            "From a request to the store to its answer.",
            (),
            totals,
            "store_durations",
        )
        yield _counted("s3gateway_connections_opened", "Connections opened.", ("side",), totals, "opened")
        connections = GaugeMetricFamily("s3gateway_connections", "Connections open.", labels=("side",))
        for side in SIDES:
            connections.add_metric((side,), totals["opened", side] - totals["closed", side])
        yield connections
        yield _counted("s3gateway_limits_hit", "Limits and deadlines met.", ("limit",), totals, "limits")


class Processes(Collector):
    """Processor time, memory and open files of all processes together.

    Memory that processes share is counted in each of them. A worker that has died is in the processor time of
    the children that this process has waited for (getrusage(2)).

    Args:
        pids: Gives the processes beside this one.

    """

    def __init__(self, pids: Callable[[], Sequence[int]]) -> None:
        self._pids = pids

    def collect(self) -> Iterator[Metric]:
        """Yield what Prometheus' library tells of each process, summed up."""
        totals = Totals()
        for pid in self._pids():
            for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                totals[metric.name,] += metric.samples[0].value
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        totals["process_cpu_seconds",] += children.ru_utime + children.ru_stime
        for metric in ProcessCollector(registry=None).collect():
            sample = metric.samples[0]
            more = 0.0 if metric.name in _OWN else totals[metric.name,]
            metric.samples[0] = sample._replace(value=sample.value + more)
            yield metric


def _of(totals: Totals, family: str) -> Iterator[tuple[Labels, float]]:
    """Yield labels and number of each of a family."""
    for (name, *labels), number in totals.items():
        if name == family:
            yield tuple(labels), number


def _counted(name: str, documentation: str, labels: Labels, totals: Totals, family: str) -> Metric:
    metric = CounterMetricFamily(name, documentation, labels=labels)
    for values, number in _of(totals, family):
        metric.add_metric(values, number)
    return metric


def _took(name: str, documentation: str, labels: Labels, totals: Totals, family: str) -> Metric:
    metric = HistogramMetricFamily(name, documentation, labels=labels)
    for values in dict.fromkeys(values[:-1] for values, _ in _of(totals, family)):
        classes = accumulate(totals[family, *values, str(index)] for index in range(SECONDS))
        bounds = (*map(str, BUCKETS), "+Inf")
        seconds = totals[family, *values, str(SECONDS)]
        metric.add_metric(values, list(zip(bounds, classes, strict=True)), seconds)
    return metric
