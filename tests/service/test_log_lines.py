import os
import time

import pytest
from twisted.internet.task import Clock
from twisted.logger import Logger, LogLevel, formatEvent
from twisted.python.failure import Failure

from gateway.service import log_lines
from gateway.service.log_lines import BATCH, PAUSE, LogReader, LogWriter, text_of


class Pipe:
    """A pipe from a writer of lines to a reader of them."""

    def __init__(self):
        self.out, into = os.pipe()
        os.set_blocking(self.out, False)
        self.into = into
        self.clock = Clock()
        self.writer = LogWriter(into, self.clock.callLater)
        self.tells = Logger(namespace="ns", observer=self.writer)
        self.events = []
        self.reader = LogReader(2, self.events.append)

    def read(self):
        """Take what is in the pipe, return the texts of the lines."""
        del self.events[:]
        while True:
            try:
                data = os.read(self.out, 1000)
            except BlockingIOError:
                break
            for line in self.reader.lines(3, data):
                self.reader.tell(line)
        return [event["line"] for event in self.events]


@pytest.fixture
def pipe():
    pipe = Pipe()
    yield pipe
    os.close(pipe.out)
    os.close(pipe.into)


def test_lines_come_in_batches(pipe):
    pipe.tells.info("one {x}", x="ä\n")
    pipe.tells.warn("two")
    assert pipe.read() == []
    pipe.clock.advance(PAUSE)
    assert pipe.read() == ["one ä\n", "two"]
    assert pipe.clock.getDelayedCalls() == []
    event = pipe.events[1]
    assert (event["log_level"], event["log_namespace"], event["worker"]) == (LogLevel.warn, "ns", 2)
    assert abs(event["log_time"] - time.time()) < 60
    assert text_of(event) == "worker 2: two"


def test_a_line_that_looks_like_a_format_stays_as_it_is(pipe):
    pipe.tells.warn("GET {path}", path="/{worker}/{{x}}")
    pipe.clock.advance(PAUSE)
    assert pipe.read() == ["GET /{worker}/{{x}}"]
    for text in (text_of(pipe.events[0]), formatEvent(pipe.events[0])):
        assert text == "worker 2: GET /{worker}/{{x}}"


def test_what_is_critical_or_much_goes_at_once(pipe):
    pipe.tells.critical("now")
    assert pipe.read() == ["now"]
    pipe.tells.info("x" * BATCH)
    pipe.clock.advance(0)
    assert len(pipe.events) == 1
    pipe.read()
    pipe.clock.advance(PAUSE)
    pipe.read()


def test_a_supervisor_that_does_not_read_holds_nothing_up(pipe, monkeypatch):
    monkeypatch.setattr(log_lines, "KEPT", 200_000)
    for index in range(40):
        pipe.tells.info("{index} {text}", index=index, text="x" * 10_000)
    found = []
    for _ in range(20):
        pipe.clock.advance(PAUSE)
        found += pipe.read()
    numbers = [int(line.split()[0]) for line in found[:-1]]
    lost = int(found[-1].split()[0])
    assert numbers == list(range(len(numbers)))
    assert len(numbers) + lost == 40
    assert lost > 0
    assert found[-1] == f"{lost} lines of the log are lost."
    assert pipe.clock.getDelayedCalls() == []


def test_the_end_writes_what_waits(pipe):
    pipe.tells.info("last")
    pipe.writer.end()
    assert pipe.read() == ["last"]


def test_nobody_reads_any_more():
    pipe = Pipe()
    os.close(pipe.out)
    pipe.tells.critical("nobody hears it")
    pipe.writer.end()
    os.close(pipe.into)


def test_a_failure_has_its_traceback():
    failure = Failure(ValueError("of this"))
    text = text_of({"log_format": "broken {x}", "x": 1, "log_failure": failure})
    assert text.startswith("broken 1\nTraceback")
    assert "ValueError: of this" in text


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"log_format": "{x()}", "x": lambda: 3}, "3"),
        ({"log_format": "{a.real} {b[k]}", "a": 1, "b": {"k": 2}}, "1 2"),
        ({"log_format": "{gone}"}, None),
        ({"log_format": None}, ""),
    ],
)
def test_events_are_told_as_twisted_tells_them(event, text):
    told = text_of(event)
    assert told == text if text is not None else "gone" in told


def test_what_is_printed_is_told_as_an_error():
    events = []
    reader = LogReader(1, events.append)
    for line in reader.lines(2, b"Traceback\xff\nunfinished"):
        reader.tell_printed(line)
    assert [event["line"] for event in events] == ["Traceback\ufffd"]
    assert events[0]["log_level"] == LogLevel.error
    assert reader.lines(2, b" now\n") == [b"unfinished now"]
