"""The embedded store's signs of life and its ends, in a reactor that starts nothing; a run of it is in test_embedded."""

import random
import re
import socket
from pathlib import Path

import pytest
from twisted.internet import error
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from gateway.seaweedfs import process
from gateway.seaweedfs.process import LOOK_AGAIN, READY_WITHIN, STARTS, STOP_WITHIN, SeaweedFS, free_space
from gateway.seaweedfs.program import FIRST_PORT, LAST_PORT, SERVICES, SeaweedSettings

PORTS = dict(zip(SERVICES, range(13001, 13006), strict=True))


def settings(directory):
    return SeaweedSettings(Path("/bin/weed"), directory, directory / "users.json", PORTS)


@pytest.mark.parametrize(
    ("answer", "free"),
    [
        (b'{"Topology": {"Free": 7}}', 7),
        (b'{"Topology": {"Free": 0}}', 0),
        (b'{"Topology": {}}', 0),
        (b"[]", 0),
        (b"<html>", 0),
        (b"", 0),
    ],
)
def test_space_is_read_from_the_masters_answer(answer, free):
    assert free_space(answer) == free


class Process:
    """A child that keeps what it was told."""

    def __init__(self):
        self.signals = []
        self.gone = False

    def signalProcess(self, name):
        if self.gone:
            raise error.ProcessExitedAlready
        self.signals.append(name)


class Reactor(Clock):
    """A reactor that starts nothing and connects to what the test says."""

    def __init__(self):
        super().__init__()
        self.answers = {}
        self.process = Process()
        self.spawned = []
        self.asked = []

    def spawnProcess(self, protocol, program, arguments, environment, path):
        self.spawned.append((program, arguments, environment, path))
        return self.process

    def connectTCP(self, host, port, factory, timeout):
        self.asked.append((host, port))
        if port not in self.answers:
            factory.clientConnectionFailed(None, Failure(error.ConnectionRefusedError()))
            return
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(StringTransport())
        for piece in self.answers[port]:
            protocol.dataReceived(piece)
        protocol.connectionLost(Failure(error.ConnectionDone()))


OK = b"HTTP/1.0 200 OK\r\n\r\n"


@pytest.fixture
def reactor():
    return Reactor()


@pytest.fixture
def died():
    return []


@pytest.fixture
def store(tmp_path, reactor, died):
    store = SeaweedFS(settings(tmp_path), reactor, random.Random(7), died.append)
    store.start()
    return store


ENDED = Failure(error.ProcessTerminated(1))


def test_it_runs_in_its_directory_with_an_environment_of_its_own(tmp_path, store, reactor, monkeypatch):
    ((program, arguments, environment, path),) = reactor.spawned
    assert (program, path) == (arguments[0], str(tmp_path))
    assert set(environment) == {"PATH", "HOME"}


def test_it_is_ready_once_the_master_has_space(store, reactor):
    assert not store.ready
    reactor.answers[PORTS["s3"]] = [OK]
    reactor.advance(LOOK_AGAIN)
    assert not store.ready
    reactor.answers[PORTS["master"]] = [OK, b'{"Topology": {"Free": 0}}']
    reactor.advance(LOOK_AGAIN)
    assert not store.ready
    reactor.answers[PORTS["master"]] = [OK[:5], OK[5:], b'{"Topology": ', b'{"Free": 1}}']
    reactor.advance(LOOK_AGAIN)
    assert store.ready
    asked = len(reactor.asked)
    reactor.advance(10)
    assert len(reactor.asked) == asked


def test_another_status_is_not_ready(store, reactor):
    reactor.answers[PORTS["s3"]] = [b"HTTP/1.0 503 Service Unavailable\r\n\r\nno"]
    reactor.answers[PORTS["master"]] = [OK, b'{"Topology": {"Free": 1}}']
    reactor.advance(LOOK_AGAIN)
    assert not store.ready


def be_ready(store, reactor):
    reactor.answers[PORTS["s3"]] = [OK]
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if port != PORTS["s3"]:
            reactor.answers[port] = [OK, b'{"Topology": {"Free": 1}}']
    reactor.advance(LOOK_AGAIN)
    assert store.ready


def test_its_end_is_told_with_what_it_said_last(store, reactor, died, logged):
    be_ready(store, reactor)
    store.outReceived(b"one\ntwo\n")
    store.errReceived(b"three\xff")
    store.processEnded(ENDED)
    assert "the embedded store ended:" in died[0]
    assert [line for line in logged if line.startswith("store: ")] == [
        "store: one",
        "store: two",
        "store: three\ufffd",
    ]
    assert not store.ready


def ports_of(spawned):
    return {word for word in spawned[1] if re.match(r"-(master|volume|filer|admin)\.port=", word)}


def test_it_is_started_again_on_other_ports_when_it_ends_before_it_was_ready(store, reactor, died, logged):
    store.outReceived(b"address already in use\n")
    store.processEnded(ENDED)
    first, second = reactor.spawned
    assert not ports_of(first) & ports_of(second)
    assert len(ports_of(second)) == 4
    assert "-s3.port=13004" in second[1]
    assert "store: address already in use" in logged
    be_ready(store, reactor)
    assert died == []
    assert len([line for line in logged if "is ready after" in line]) == 1


def test_it_is_not_started_for_ever(store, reactor, died):
    for _ in range(STARTS):
        store.processEnded(ENDED)
    assert len(reactor.spawned) == STARTS
    assert len(died) == 1


def test_it_is_not_started_again_where_its_address_is_taken(store, reactor, died):
    with socket.create_server(("127.0.0.1", PORTS["s3"])):
        store.processEnded(ENDED)
    assert len(reactor.spawned) == 1
    assert len(died) == 1


def test_it_is_not_started_again_once_it_was_ready(store, reactor, died):
    be_ready(store, reactor)
    store.processEnded(ENDED)
    assert len(reactor.spawned) == 1
    assert len(died) == 1


def test_only_the_last_lines_are_kept(store, logged):
    store.outReceived(b"".join(b"%d\n" % number for number in range(1000)))
    store.processEnded(ENDED)
    lines = [line for line in logged if line.startswith("store: ")]
    assert lines[-1] == "store: 999"
    assert len(lines) == process.KEPT_LINES


def test_not_ready_in_time_is_told_once(store, reactor, died):
    reactor.pump([LOOK_AGAIN] * int(READY_WITHIN / LOOK_AGAIN + 20))
    assert died == ["the embedded store was not ready within 60 seconds"]


def test_nobody_looks_after_its_end(store, reactor):
    for _ in range(STARTS):
        store.processEnded(ENDED)
    asked = len(reactor.asked)
    reactor.advance(LOOK_AGAIN)
    assert len(reactor.asked) == asked


def test_stopping_asks_and_then_forces(store, reactor, died):
    stopped = []
    store.stop().addCallback(stopped.append)
    assert reactor.process.signals == ["TERM"]
    reactor.advance(STOP_WITHIN)
    assert reactor.process.signals == ["TERM", "KILL"]
    assert stopped == []
    store.processEnded(ENDED)
    assert stopped == [None]
    assert died == []


def test_stopping_is_over_when_it_has_ended(store, reactor):
    stopped = []
    store.stop().addCallback(stopped.append)
    store.processEnded(ENDED)
    reactor.advance(STOP_WITHIN)
    assert reactor.process.signals == ["TERM"]
    assert stopped == [None]


def test_stopping_what_is_gone_already(store, reactor):
    reactor.process.gone = True
    store.stop()
    store.processEnded(ENDED)
    stopped = []
    store.stop().addCallback(stopped.append)
    assert stopped == [None]


def test_an_answer_while_stopping_makes_nothing_ready(store, reactor):
    reactor.answers[PORTS["s3"]] = [OK]
    reactor.answers[PORTS["master"]] = [OK, b'{"Topology": {"Free": 1}}']
    store.stop()
    store._judge(b'{"Topology": {"Free": 1}}')
    assert not store.ready
