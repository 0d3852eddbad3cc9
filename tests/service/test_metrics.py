import os
import re
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.service.counters import ServiceCounters
from gateway.service.metrics import Metrics, Processes
from gateway.service.shared import Numbers, Totals

INFO = {"version": "0.1.0", "reactor": "epoll", "carrier": "twisted"}


@pytest.fixture
def numbers():
    return Numbers()


@pytest.fixture
def counters(numbers):
    return ServiceCounters(numbers, operations=["GetObject"], codes=["NoSuchKey"])


def told(numbers, more=()):
    """Return what Prometheus reads: name and labels to value."""
    totals = numbers.totals()
    totals.add(dict(more))
    text, content_type = Metrics(lambda: totals, list, INFO).exposition("text/plain")
    assert content_type.startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def of(samples, name):
    return {key[1:]: value for key, value in samples.items() if key[0] == name}


def test_answers_have_language_operation_and_status(counters, numbers):
    counters.answered("soap", "GetObject", 500, "NoSuchKey", 0.1)
    samples = told(numbers)
    labels = (("code", "500"), ("frontend", "soap"), ("operation", "GetObject"))
    assert of(samples, "s3gateway_requests_total") == {labels: 1}
    assert of(samples, "s3gateway_errors_total") == {(("code", "NoSuchKey"),): 1}


def test_durations_are_a_histogram(counters, numbers):
    for seconds in (0.0, 0.001, 0.2, 99.0):
        counters.answered("soap", "GetObject", 200, "", seconds)
        counters.asked(200, seconds)
    labels = (("frontend", "soap"), ("operation", "GetObject"))
    samples = told(numbers)
    for what, more in (("request", labels), ("backend_request", ())):
        name = f"s3gateway_{what}_duration_seconds"
        assert samples[(f"{name}_count", *more)] == 4
        assert samples[(f"{name}_sum", *more)] == pytest.approx(99.201)
        for bound, count in (("0.001", 2), ("0.1", 2), ("0.25", 3), ("30.0", 3), ("+Inf", 4)):
            assert samples[(f"{name}_bucket", *sorted((*more, ("le", bound))))] == count


def test_connections_open_are_those_not_closed(counters, numbers):
    assert of(told(numbers), "s3gateway_connections") == {(("side", "client"),): 0, (("side", "store"),): 0}
    counters.opened("client")
    counters.opened("client")
    counters.closed("client")
    samples = told(numbers)
    assert samples["s3gateway_connections", ("side", "client")] == 1
    assert samples["s3gateway_connections_opened_total", ("side", "client")] == 2


def test_what_runs_is_told(counters, numbers):
    samples = told(numbers, {("workers",): 2, ("restarts",): 3, ("in_flight",): 7})
    assert of(samples, "s3gateway_build_info") == {tuple(sorted(INFO.items())): 1}
    assert samples["s3gateway_workers",] == 2
    assert samples["s3gateway_worker_restarts_total",] == 3
    assert samples["s3gateway_in_flight_requests",] == 7
    assert samples["process_resident_memory_bytes",] > 0


def test_openmetrics_when_asked(numbers):
    metrics = Metrics(numbers.totals, list, INFO)
    text, content_type = metrics.exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")


def test_every_name_is_ours_and_has_a_unit_or_total(counters, numbers):
    counters.answered("soap", "GetObject", 500, "NoSuchKey", 0.1)
    for name, *_ in told(numbers):
        assert re.match(r"(s3gateway|process)_[a-z_]+\Z", name), name


def of_processes(*pids):
    return {metric.name: metric.samples[0].value for metric in Processes(lambda: pids).collect()}


def test_processes_are_summed_up():
    alone, twice = of_processes(), of_processes(os.getpid())
    assert twice["process_resident_memory_bytes"] > 1.5 * alone["process_resident_memory_bytes"]
    assert twice["process_start_time_seconds"] == alone["process_start_time_seconds"]
    assert twice["process_max_fds"] == alone["process_max_fds"]
    assert of_processes(2**22 + 1)["process_max_fds"] == alone["process_max_fds"]  # one that is gone


def test_processor_time_stays_when_a_process_is_gone():
    def seconds(*pids):
        return of_processes(*pids)["process_cpu_seconds"]

    before = seconds()
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        running = seconds(process.pid)
        process.kill()
    assert before + 0.2 < running <= seconds() + 0.02  # the kernel tells running ones in hundredths


def test_totals_add_up():
    totals = Totals({("a",): 1.0})
    totals.add({("a",): 2.0, ("b", "c"): 3.0})
    assert (totals["a",], totals["b", "c"], totals["none",]) == (3.0, 3.0, 0.0)
    assert ("none",) not in totals
