"""A running gateway's states and its end; what clients see of them is in test_tap."""

import atexit
import resource
import socket
import urllib.request
from contextlib import suppress

import pytest
from twisted.internet.defer import Deferred

from gateway.admin.site import AdminFactory, Pages
from gateway.proxy.carrier import carrier_for
from gateway.service.assembly import assemble
from gateway.service.config import make_config
from gateway.service.listeners import bind_all
from gateway.service.metrics import Metrics
from gateway.service.running import STORE_DIED, Running, allow_files, start_line
from gateway.service.serving import Serving
from gateway.service.shared import Numbers
from tests.carriers import eventually, on_reactor
from tests.service.twistd import CREDENTIALS, PATIENCE, get


class Store:
    """An embedded store that does what the test says."""

    def __init__(self):
        self.ready = False
        self.started = 0
        self.stopping = Deferred()

    def start(self):
        self.started += 1

    def stop(self):
        return self.stopping


@pytest.fixture
def make(tmp_path, reactor):
    """Make gateways that are not started yet; whatever still runs at the end is stopped."""
    (tmp_path / "credentials").write_text(CREDENTIALS)
    (tmp_path / "credentials").chmod(0o600)
    made = []

    def make(store=None, admin=True, site="tcp:0:interface=127.0.0.1"):
        settings = {("gateway", "listen"): "tcp:0:interface=127.0.0.1", ("gateway", "admin"): site}
        config = make_config(tmp_path, settings)
        carrier = carrier_for(reactor)
        assembly = assemble(config, carrier, reactor, Numbers())
        clients, watchers = bind_all([*config.gateway.listen, config.gateway.admin], {})
        serving = Serving(config, assembly, [clients], carrier=carrier, reactor=reactor)
        told = start_line(carrier, 1, [clients], admin=None, store_url=assembly.store_url)
        running = Running(serving, told=told, warnings=assembly.warnings, reactor=reactor)
        running.assembly = assembly
        running.store = store
        if admin:
            pages = Pages(
                unready=running.unready, exposition=Metrics(serving.totals, serving.pids, {}).exposition
            )
            running.admin = (watchers, AdminFactory(pages, reactor))
        made.append(running)
        running.port = clients.socket.getsockname()[1]
        running.admin_port = watchers.socket.getsockname()[1]
        return running

    yield lambda *args, **kwargs: on_reactor(make, *args, **kwargs)
    for running in made:
        if running.running:
            with suppress(AttributeError):
                running.store.stopping.callback(None)
            on_reactor(running.stopService)


def test_it_serves_and_stops(make):
    running = make()
    on_reactor(running.startService)
    assert get(running.port, "/")[0] == 403
    assert get(running.admin_port, "/-/ready")[0] == 200
    on_reactor(running.stopService)
    assert get(running.port, "/") == (0, b"")
    assert get(running.admin_port, "/-/ready") == (0, b"")


def test_it_is_ready_when_its_store_is(make):
    store = Store()
    running = make(store)
    on_reactor(running.startService)
    eventually(lambda: store.started)
    assert get(running.admin_port, "/-/ready") == (503, b"not ready: the embedded store is not ready\n")
    store.ready = True
    assert get(running.admin_port, "/-/ready") == (200, b"ready\n")


def test_the_store_outlasts_the_clients_and_is_waited_for(make):
    store = Store()
    store.ready = True
    running = make(store)
    on_reactor(running.startService)
    ended = []
    on_reactor(lambda: running.stopService().addCallback(ended.append) and None)
    assert running.unready() == "draining"
    assert ended == []
    on_reactor(store.stopping.callback, None)
    eventually(lambda: ended == [None])


def test_a_client_too_many_is_refused(make, tmp_path):
    running = make()
    running.assembly.caps._total = 1
    on_reactor(running.startService)
    with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as first:
        eventually(lambda: running.assembly.front.connections)
        with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as second:
            assert second.recv(1) == b""
        first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert first.recv(12) == b"HTTP/1.1 403"


def test_the_end_of_its_store_ends_it_with_a_status(make, monkeypatch, logged):
    running = make(Store())
    at_exit, stopped = [], []
    monkeypatch.setattr(atexit, "register", lambda *call: at_exit.append(call))
    monkeypatch.setattr(running, "_reactor", type("Reactor", (), {"stop": lambda self: stopped.append(1)})())
    running.running = True
    running.give_up("the embedded store ended")
    running.running = False
    running.give_up("the embedded store ended")
    assert [call[1] for call in at_exit] == [STORE_DIED, STORE_DIED]
    assert stopped == [1]
    assert logged == ["The gateway ends: the embedded store ended"] * 2


def test_the_start_line_and_warnings_are_logged(make, logged):
    running = make(admin=False)
    on_reactor(running.startService)
    line, warning = (text for text in logged if "s3gateway" in text or "SOAP" in text)
    assert f"listening on tcp 127.0.0.1:{running.port}, store http://127.0.0.1:9000" in line
    assert warning.startswith("every SOAP call will be refused")


def test_metrics_are_served(make):
    running = make()
    on_reactor(running.startService)
    with urllib.request.urlopen(f"http://127.0.0.1:{running.admin_port}/metrics") as reply:
        assert b"s3gateway_workers 1.0" in reply.read()


def test_the_admin_site_on_a_unix_socket(make, tmp_path, logged):
    running = make(site="unix:admin.socket")
    on_reactor(running.startService)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "admin.socket"))
        client.sendall(b"GET /-/ready HTTP/1.0\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.0 200"
    on_reactor(running.stopService)
    assert not (tmp_path / "admin.socket").exists()
    assert not [line for line in logged if "Error" in line]


@pytest.mark.parametrize(
    ("limits", "wanted", "granted", "warnings"),
    [
        ((100, 1000), 50, None, 0),
        ((100, 1000), 500, 500, 0),
        ((100, 1000), 5000, 1000, 1),
        ((100, resource.RLIM_INFINITY), 5000, 5000, 0),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 5000, None, 0),
    ],
)
def test_open_files_are_allowed_as_far_as_the_system_does(monkeypatch, limits, wanted, granted, warnings):
    given = []
    monkeypatch.setattr(resource, "getrlimit", lambda _what: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _what, new: given.append(new))
    told = allow_files(wanted)
    assert given == ([] if granted is None else [(granted, limits[1])])
    assert len(told) == warnings
    assert all("5000 open files, the system allows 1000" in line for line in told)
