import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from gateway.proxy.connection import Counters
from gateway.service.counters import BUCKETS, Durations, ServiceCounters


@pytest.fixture
def counters():
    return ServiceCounters(
        operations=["GetObject", "PutObject"],
        codes=["NoSuchKey", "InternalError"],
        info={"version": "0.1.0", "reactor": "epoll", "carrier": "twisted"},
    )


def told(counters):
    """Return what Prometheus reads: name and labels to value."""
    text, content_type = counters.exposition("text/plain")
    assert content_type.startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def of(samples, name):
    return {key[1:]: value for key, value in samples.items() if key[0] == name}


def test_the_shell_can_count_in_them(counters):
    shell: Counters = counters
    shell.limited("handshake")


def test_answers_are_counted_by_language_operation_and_status(counters):
    counters.answered("soap", "GetObject", 200, "", 0.1)
    counters.answered("soap", "GetObject", 200, "", 0.1)
    counters.answered("soap", "GetObject", 500, "NoSuchKey", 0.1)
    samples = told(counters)
    labels = (("frontend", "soap"), ("operation", "GetObject"))
    assert of(samples, "s3gateway_requests_total") == {
        (("code", "200"), *labels): 2,
        (("code", "500"), *labels): 1,
    }
    assert of(samples, "s3gateway_errors_total") == {(("code", "NoSuchKey"),): 1}


def test_durations_are_a_histogram(counters):
    for seconds in (0.0, 0.001, 0.2, 99.0):
        counters.answered("soap", "GetObject", 200, "", seconds)
    labels = (("frontend", "soap"), ("operation", "GetObject"))
    samples = told(counters)
    name = "s3gateway_request_duration_seconds"
    assert samples[(f"{name}_count", *labels)] == 4
    assert samples[(f"{name}_sum", *labels)] == pytest.approx(99.201)
    for bound, count in (("0.001", 2), ("0.1", 2), ("0.25", 3), ("30.0", 3), ("+Inf", 4)):
        assert samples[(f"{name}_bucket", labels[0], ("le", bound), labels[1])] == count


def test_what_no_table_knows_counts_as_other(counters):
    for number in range(100):
        counters.answered(f"x{number}", f"Op{number}", 200, f"Code{number}", 0.1)
    counters.answered("soap", "", 500, "NoSuchKey", 0.1)
    samples = told(counters)
    assert of(samples, "s3gateway_requests_total") == {
        (("code", "200"), ("frontend", "other"), ("operation", "other")): 100,
        (("code", "500"), ("frontend", "soap"), ("operation", "none")): 1,
    }
    assert of(samples, "s3gateway_errors_total") == {(("code", "other"),): 100, (("code", "NoSuchKey"),): 1}


def test_the_store_is_counted(counters):
    counters.asked(200, 0.1)
    counters.asked(404, 0.1)
    counters.asked(0, 0.1)
    samples = told(counters)
    assert of(samples, "s3gateway_backend_requests_total") == {
        (("status", "200"),): 1,
        (("status", "404"),): 1,
        (("status", "none"),): 1,
    }
    assert samples["s3gateway_backend_request_duration_seconds_count",] == 3


def test_connections_open_and_close(counters):
    samples = told(counters)
    assert of(samples, "s3gateway_connections") == {(("side", "client"),): 0, (("side", "store"),): 0}
    counters.opened("client")
    counters.opened("client")
    counters.closed("client")
    samples = told(counters)
    assert samples["s3gateway_connections", ("side", "client")] == 1
    assert samples["s3gateway_connections_opened_total", ("side", "client")] == 2


def test_limits_are_counted(counters):
    counters.limited("head")
    counters.limited("head")
    assert told(counters)["s3gateway_limits_hit_total", ("limit", "head")] == 2


def test_what_runs_is_told(counters):
    counters.in_flight = lambda: 7
    samples = told(counters)
    assert of(samples, "s3gateway_build_info") == {
        (("carrier", "twisted"), ("reactor", "epoll"), ("version", "0.1.0")): 1
    }
    assert samples["s3gateway_in_flight_requests",] == 7
    assert samples["process_resident_memory_bytes",] > 0


def test_openmetrics_when_asked(counters):
    text, content_type = counters.exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")


def test_every_name_is_ours_and_has_a_unit_or_total(counters):
    counters.answered("soap", "GetObject", 500, "NoSuchKey", 0.1)
    for name, *_ in told(counters):
        assert re.match(r"(s3gateway|process)_[a-z_]+\Z", name), name


@given(st.floats(0, 100, allow_nan=False))
def test_a_duration_is_in_every_class_that_is_long_enough(seconds):
    durations = Durations()
    durations.add(seconds)
    for bound, count in durations.buckets():
        assert count == (float(bound) >= seconds)
    assert len(durations.buckets()) == len(BUCKETS) + 1
