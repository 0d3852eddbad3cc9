"""Several processes serve clients: what they share, what dies with one, and what is left when all are gone."""

import os
import pty
import re
import shutil
import signal
import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.service.self_signed import make_self_signed
from gateway.service.workers import MODULE, command, count_of, environment
from tests.service.twistd import (
    PATIENCE,
    REACTOR,
    TWISTD,
    alive,
    daemon,
    eventually,
    foreground,
    get,
    make_site,
)

TWO = "workers = 2"


def make(directory, gateway=TWO, **more):
    return make_site(directory, gateway=gateway, **more)


def workers_of(pid):
    """The workers among a process's children."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            words = path.with_name("cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and MODULE.encode() in words and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def stop(pid):
    """Stop a process, as if it took for ever over something; return when it has stopped."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: ") T " in Path(f"/proc/{pid}/stat").read_text())


def metric(site, name):
    text = get(site.ports.admin, "/metrics")[1].decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


def ready(site, count=2):
    eventually(lambda: get(site.ports.admin, "/-/ready")[0] == 200, site.log)
    eventually(lambda: metric(site, "s3gateway_workers") == count, site.log)


def connect(site):
    return socket.create_connection(("127.0.0.1", site.ports.http), timeout=PATIENCE)


def ask(client):
    client.sendall(b"GET /b/k HTTP/1.1\r\nHost: localhost\r\n\r\n")


def answered(client):
    """Whether a request that was sent is answered."""
    try:
        return client.recv(65536).startswith(b"HTTP/1.1 403 ")
    except ConnectionResetError:
        return False


def certificate_seen(site):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", site.ports.https), timeout=PATIENCE) as plain,
        context.wrap_socket(plain) as secure,
    ):
        return secure.getpeercert(binary_form=True)


@pytest.fixture
def two(tmp_path):
    """A gateway of two workers: its site, its process, and theirs."""
    site = make(tmp_path)
    with foreground("--config", site.config, cwd=tmp_path) as process:
        ready(site)
        yield site, process, workers_of(process.pid)


def connect_to_each(site, pids, open_ones, count=10):
    """Have `count` clients served by each worker, the other one being stopped."""
    clients = []
    for other in pids:
        stop(other)
        here = [open_ones.enter_context(connect(site)) for _ in range(count)]
        for client in here:
            ask(client)
        assert all(answered(client) for client in here)
        os.kill(other, signal.SIGCONT)
        clients += here
    return clients


def test_two_workers_serve_drain_and_are_told_apart_in_the_log(two):
    site, process, pids = two
    assert len(pids) == 2
    with ExitStack() as open_ones:
        clients = connect_to_each(site, pids, open_ones)
        eventually(lambda: metric(site, "s3gateway_requests_total") == 20)
        assert metric(site, "s3gateway_connections") == 20
        assert metric(site, "process_resident_memory_bytes") > 60_000_000
        process.terminate()
        assert [client.recv(1) for client in clients] == [b""] * 20
    process.wait(PATIENCE)
    assert not any(map(alive, pids))
    log = site.log()
    lines = re.findall(r"worker (\d): 127\.0\.0\.1 \w{16} - REST\.GET\.\w+ 403", log)
    assert sorted(lines) == ["1"] * 10 + ["2"] * 10
    assert "2 workers, listening on tcp" in log
    assert not re.search("Traceback|Unhandled|stderr|ended after", log)


def test_a_killed_worker_costs_nobody_else_a_request(two):
    site, process, pids = two
    with ExitStack() as open_ones:
        clients = connect_to_each(site, pids, open_ones)
        eventually(lambda: metric(site, "s3gateway_requests_total") == 20)  # each is counted after its answer
        stop(pids[0])  # what it would have taken up waits in the queue
        waiting = [open_ones.enter_context(connect(site)) for _ in range(30)]
        for client in waiting:
            ask(client)
        os.kill(pids[0], signal.SIGKILL)
        assert all(answered(client) for client in waiting)
        eventually(lambda: metric(site, "s3gateway_worker_restarts_total") == 1)
        eventually(lambda: metric(site, "s3gateway_requests_total") == 50)
        assert metric(site, "s3gateway_connections") == 40
        lost = 0
        for client in clients:
            try:
                ask(client)
                lost += not answered(client)
            except BrokenPipeError:
                lost += 1
        assert lost == 10
    ready(site)
    assert len(workers_of(process.pid)) == 2
    assert site.log().count("SIGKILL; another is started in 0 s") == 1


def test_counters_never_go_down_while_workers_come_and_go(two):
    site, process, pids = two
    over = threading.Event()

    def load():
        while not over.is_set():
            with connect(site) as client, suppress(BrokenPipeError, ConnectionResetError):
                ask(client)  # of one that drains, perhaps
                answered(client)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        seen = [0.0]
        for round_ in range(60):
            seen.append(metric(site, "s3gateway_requests_total"))
            if round_ == 20:
                os.kill(pids[0], signal.SIGTERM)  # to one alone: it drains, and another comes
                os.kill(pids[1], signal.SIGINT)  # as Ctrl-C does, to all of a terminal
                os.kill(pids[1], signal.SIGHUP)
        assert seen == sorted(seen)
        assert seen[-1] > seen[1]
    finally:
        over.set()
        thread.join(PATIENCE)
    eventually(lambda: metric(site, "s3gateway_worker_restarts_total") == 1)
    ready(site)
    assert pids[1] in workers_of(process.pid)
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE)
    assert "exit status 0; another is started" in site.log()
    assert "Traceback" not in site.log()


def test_a_supervisor_that_is_killed_leaves_nothing(two):
    site, process, pids = two
    with connect(site) as idle:
        ask(idle)
        assert answered(idle)  # so a worker has it, and it does not wait in the queue
        process.kill()
        assert idle.recv(1) == b""
    eventually(lambda: not any(map(alive, pids)))
    assert get(site.ports.http, "/") == (0, b"")


def test_a_hangup_swaps_the_certificate_in_all_workers(tmp_path):
    site = make(tmp_path)
    with foreground("--config", site.config, cwd=tmp_path) as process:
        ready(site)
        old = certificate_seen(site)
        (tmp_path / "tls/server.pem").write_text("nothing")
        process.send_signal(signal.SIGHUP)
        eventually(lambda: site.log().count("stays as it was: ") == 2)
        assert {certificate_seen(site) for _ in range(10)} == {old}
        shutil.rmtree(tmp_path / "tls")
        make_self_signed(tmp_path / "tls", ["localhost"], datetime.now(UTC))
        process.send_signal(signal.SIGHUP)
        eventually(lambda: site.log().count("Read the certificate of ssl:") == 2)
        new = {certificate_seen(site) for _ in range(10)}
        assert len(new) == 1
        assert old not in new


def test_a_hangup_swaps_the_certificate_of_a_single_process(tmp_path):
    site = make_site(tmp_path)
    with foreground("--config", site.config, cwd=tmp_path) as process:
        ready(site, 1)
        old = certificate_seen(site)
        shutil.rmtree(tmp_path / "tls")
        make_self_signed(tmp_path / "tls", ["localhost"], datetime.now(UTC))
        process.send_signal(signal.SIGHUP)
        eventually(lambda: certificate_seen(site) != old)


def test_workers_of_a_daemon_on_a_unix_socket(tmp_path):
    site = make(tmp_path)
    text = site.config.read_text()
    site.config.write_text(text.replace("listen =\n", "listen =\n    unix:run.socket\n"))
    with daemon("--config", site.config, cwd=tmp_path) as pid:
        ready(site)
        pids = workers_of(pid)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(os.fspath(tmp_path / "run.socket"))
            ask(client)
            assert answered(client)
        os.kill(pids[0], signal.SIGTERM)
        eventually(lambda: pids[0] not in workers_of(pid))
        assert (tmp_path / "run.socket").exists()
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not any(map(alive, [pid, *pids])))
    assert not (tmp_path / "run.socket").exists()
    assert not (tmp_path / "daemon.pid").exists()
    assert re.search(r"worker \d: unix \w{16}", site.log())


def test_a_worker_that_cannot_start_ends_the_gateway_with_its_lines(tmp_path):
    site = make(tmp_path)
    broken = tmp_path / "broken"
    broken.mkdir()
    program = Path(
        broken / "sitecustomize.py"
    )  # the files get worse between the supervisor's look and the workers'
    program.write_text(
        f"import sys\nif '-P' in sys.orig_argv: open({str(tmp_path / 'credentials')!r}, 'w').write('[x')\n"
    )
    environment = {"PYTHONPATH": str(broken)}
    with foreground("--config", site.config, cwd=tmp_path, environment=environment) as process:
        assert process.wait(PATIENCE) == 78
    log = site.log()
    assert re.search(r"worker \d: .*credentials:1: a section is written \[name\]", log)
    assert "The gateway ends: worker" in log


def test_workers_that_die_before_one_is_ready_end_the_gateway(tmp_path):
    site = make(tmp_path)
    (tmp_path / "sitecustomize.py").write_text("import os, sys\nif '-P' in sys.orig_argv: os._exit(3)\n")
    environment = {"PYTHONPATH": str(tmp_path)}
    with foreground("--config", site.config, cwd=tmp_path, environment=environment) as process:
        assert process.wait(PATIENCE) == 70


def test_a_worker_that_does_not_end_is_killed(tmp_path):
    site = make(tmp_path, gateway=f"{TWO}\ndrain_timeout = 0.1")
    with foreground("--config", site.config, cwd=tmp_path) as process:
        ready(site)
        stop(workers_of(process.pid)[0])
        process.terminate()
        process.wait(PATIENCE)
    assert site.log().count("does not end and is killed") == 1


def test_auto_is_a_worker_for_each_processor():
    assert count_of(7) == 7
    assert count_of(0) == len(os.sched_getaffinity(0))


def test_auto_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert count_of(0) == 1


def test_a_worker_finds_modules_where_its_supervisor_did():
    assert command()[1:] == ["-P", "-m", MODULE]
    assert environment({"A": "b", "PYTHONPATH": "x"}, ["", "/y", "/z"]) == {"A": "b", "PYTHONPATH": "/y:/z"}


def test_the_end_may_come_while_workers_start(tmp_path):
    site = make(tmp_path)
    with foreground("--config", site.config, cwd=tmp_path) as process:
        eventually(lambda: get(site.ports.admin, "/-/healthy")[0] == 200)
        pids = eventually(lambda: workers_of(process.pid))
        process.terminate()
        process.wait(PATIENCE)
        assert not any(map(alive, pids))


def test_a_terminal_that_is_closed_ends_the_gateway(tmp_path):
    site = make(tmp_path)
    pid, terminal = pty.fork()
    if not pid:
        os.environ["PYTHONUNBUFFERED"] = "1"
        words = [
            TWISTD,
            *REACTOR,
            "-n",
            "--pidfile=",
            f"--logfile={tmp_path}/out.log",
            "s3gateway",
            "--config",
        ]
        os.execv(TWISTD, [str(word) for word in (*words, site.config)])
    try:
        ready(site)
        pids = workers_of(pid)
        os.close(terminal)
        eventually(lambda: not any(map(alive, [pid, *pids])), site.log)
    finally:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
