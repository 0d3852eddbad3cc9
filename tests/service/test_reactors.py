"""Which reactor is installed, and that no child's death is missed on it; each in a process of its own."""

import subprocess
import sys

import pytest

from tests.service.twistd import PATIENCE


def output(script):
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


INSTALL = """
import sys
{before}
from gateway.service.reactors import install_reactor
assert before or "twisted.internet.reactor" not in sys.modules
install_reactor()
from twisted.internet import reactor
loop = getattr(reactor, "_asyncioEventloop", None)
print(type(reactor).__name__, type(loop).__module__)
"""


def installed(before=""):
    return output(INSTALL.format(before=f"{before}\nbefore = {before!r}"))


def test_uvloop_is_taken_where_it_is_installed():
    assert installed() == "AsyncioSelectorReactor uvloop"


def test_a_reactor_that_is_there_already_stays():
    assert installed("from twisted.internet import epollreactor; epollreactor.install()").startswith("EPoll")
    assert installed("from twisted.internet import reactor") == "EPollReactor builtins"


def test_without_uvloop_nothing_is_installed():
    assert installed("sys.modules['uvloop'] = None") == "EPollReactor builtins"


CHILDREN = """
import sys
{install}
from twisted.internet import reactor
from twisted.internet.protocol import ProcessProtocol
from gateway.service import reactors

reactors.REAP_INTERVAL = {interval}
COUNT = 40
seen = []

class Child(ProcessProtocol):
    def processEnded(self, reason):
        seen.append(reason.value.exitCode)
        if len(seen) == COUNT:
            reactor.stop()

def spawn():
    for number in range(COUNT):
        shell = ["/bin/sh", "-c", f"exit {{number}}"]
        reactor.spawnProcess(Child(), shell[0], shell, childFDs={{}} if number % 2 else None)

reactor.callWhenRunning(reactors.watch_children, reactor)
reactor.callLater(0.1, spawn)
reactor.run()
print(sorted(seen) == list(range(COUNT)))
"""

UVLOOP = "import uvloop; from twisted.internet import asyncioreactor; asyncioreactor.install(uvloop.new_event_loop())"


@pytest.mark.parametrize(
    "install", [UVLOOP, "from twisted.internet import epollreactor; epollreactor.install()"]
)
def test_every_childs_death_is_noticed_by_the_signal(install):
    assert output(CHILDREN.format(install=install, interval=1000)) == "True"


def test_every_childs_death_is_noticed_by_looking():
    deaf = f"{UVLOOP}; import signal; signal.signal = lambda *_: None"
    assert output(CHILDREN.format(install=deaf, interval=0.1)) == "True"


@pytest.mark.parametrize(
    "kind", ["uvloop", "twisted.internet.epollreactor", "twisted.internet.asyncioreactor"]
)
def test_another_process_gets_the_same_kind_of_reactor(kind):
    script = f"""
from gateway.service.reactors import install_kind, reactor_kind
install_kind({kind!r})
from twisted.internet import reactor
print(reactor_kind(reactor))
"""
    assert output(script) == kind
