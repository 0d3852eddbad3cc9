"""The numbers, read back; how they are told is in test_metrics."""

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.connection import Counters
from gateway.service.counters import BUCKETS, SECONDS, ServiceCounters
from gateway.service.shared import Numbers


@pytest.fixture
def numbers():
    return Numbers()


@pytest.fixture
def counters(numbers):
    return ServiceCounters(
        numbers, operations=["GetObject", "PutObject"], codes=["NoSuchKey", "InternalError"]
    )


def of(numbers, family):
    """Return labels and number of each of a family that is not 0."""
    return {name[1:]: number for name, number in numbers.totals().items() if name[0] == family and number}


def test_the_shell_can_count_in_them(counters):
    shell: Counters = counters
    shell.limited("handshake")


def test_answers_are_counted_by_language_operation_and_status(counters, numbers):
    counters.answered("soap", "GetObject", 200, "", 0.1)
    counters.answered("soap", "GetObject", 200, "", 0.1)
    counters.answered("soap", "GetObject", 500, "NoSuchKey", 0.1)
    assert of(numbers, "requests") == {("soap", "GetObject", "200"): 2, ("soap", "GetObject", "500"): 1}
    assert of(numbers, "errors") == {("NoSuchKey",): 1}


def test_what_no_table_knows_counts_as_other(counters, numbers):
    for number in range(100):
        counters.answered(f"x{number}", f"Op{number}", 600 + number, f"Code{number}", 0.1)
        counters.asked(700 + number, 0.1)
    counters.answered("soap", "", 500, "NoSuchKey", 0.1)
    assert of(numbers, "requests") == {("other", "other", "other"): 100, ("soap", "none", "500"): 1}
    assert of(numbers, "errors") == {("other",): 100, ("NoSuchKey",): 1}
    assert of(numbers, "asked") == {("other",): 100}


def test_the_store_is_counted(counters, numbers):
    for status in (200, 404, 0):
        counters.asked(status, 0.1)
    assert of(numbers, "asked") == {("200",): 1, ("404",): 1, ("none",): 1}
    index = str(bisect_left(BUCKETS, 0.1))
    assert of(numbers, "store_durations") == {(index,): 3, (str(SECONDS),): pytest.approx(0.3)}


def test_connections_open_and_close(counters, numbers):
    counters.opened("client")
    counters.opened("client")
    counters.closed("client")
    assert (of(numbers, "opened"), of(numbers, "closed")) == ({("client",): 2}, {("client",): 1})


def test_limits_are_counted(counters, numbers):
    counters.limited("head")
    counters.limited("head")
    assert of(numbers, "limits") == {("head",): 2}


def test_requests_under_way_are_written_down_when_looked_at(counters, numbers):
    counters.in_flight = lambda: 7
    assert of(numbers, "in_flight") == {}
    counters.look()
    assert of(numbers, "in_flight") == {(): 7}


@given(st.floats(0, 100, allow_nan=False))
def test_a_duration_is_in_one_class(seconds):
    numbers = Numbers()
    ServiceCounters(numbers, operations=[], codes=[]).answered("soap", "", 200, "", seconds)
    found = of(numbers, "durations")
    (index,) = (int(labels[-1]) for labels in found if labels[-1] != str(SECONDS))
    assert index == len(BUCKETS) or seconds <= BUCKETS[index]
    assert index == 0 or seconds > BUCKETS[index - 1]
