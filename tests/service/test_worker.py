"""A worker's life, told by hand; what it does in earnest is in test_workers."""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from gateway.service.worker import Orders, Worker


class Serving:
    def __init__(self):
        self.done = []
        self.drained = Deferred()

    def start(self):
        self.done.append("start")

    def reload(self):
        self.done.append("reload")

    def stop(self):
        self.done.append("stop")
        return self.drained


class Counters:
    looks = 0

    def look(self):
        self.looks += 1


class Reactor(Clock):
    stopped = False

    def stop(self):
        self.stopped = True


def test_a_worker_obeys():
    serving, counters, reactor = Serving(), Counters(), Reactor()
    orders, supervisor = Orders(Worker(serving, counters, reactor)), StringTransport()
    orders.makeConnection(supervisor)
    assert supervisor.value() == b"ready\n"
    orders.dataReceived(b"reload\nsomething else\ndrain\n")
    assert supervisor.value() == b"ready\ndrain\n"
    orders.connectionLost()
    assert serving.done == ["start", "reload", "stop"]
    reactor.advance(3)
    assert counters.looks == 2
    assert not reactor.stopped
    serving.drained.callback(None)
    assert reactor.stopped
