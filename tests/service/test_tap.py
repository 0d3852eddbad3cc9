import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gateway
from gateway.cli.commands import main as command
from tests.carriers import CARRIER
from tests.service.twistd import (
    PATIENCE,
    alive,
    daemon,
    eventually,
    foreground,
    get,
    make_site,
    run,
    start_line,
    started,
)
from tests.stores.processes import free_ports

FORMS = [["-n"], []]
"""In the foreground, and as a daemon."""


@pytest.fixture
def site(tmp_path):
    return make_site(tmp_path)


def call(site, operation, *more):
    """Exit status of the command line's SOAP client."""
    return command(
        [
            "call",
            operation,
            f"--endpoint=https://localhost:{site.ports.https}/soap",
            f"--ca={site.ca}",
            f"--credentials={site.directory / 'credentials'}",
            *more,
        ]
    )


def serves(site, capsys):
    """Check every face of a running gateway once."""
    ports = site.ports
    assert get(ports.admin, "/-/healthy") == (200, b"healthy\n")
    assert get(ports.https, "/soap?wsdl", site.ca)[0] == 200
    assert get(ports.http, "/soap?wsdl")[0] == 200
    status, body = get(ports.http, "/bucket/key")
    assert status == 403
    assert b"<Code>AccessDenied</Code>" in body
    assert call(site, "ListAllMyBuckets") == 1
    assert "ServiceUnavailable" in capsys.readouterr().err  # there is no store
    metrics = get(ports.admin, "/metrics")[1].decode()
    assert 's3gateway_errors_total{code="ServiceUnavailable"} 1.0' in metrics


def test_in_the_foreground_with_a_configuration(site, capsys):
    with foreground("--config", site.config, cwd=site.directory) as process:
        started(site)
        serves(site, capsys)
        line = start_line(site.log())
        ports = site.ports
        assert f"s3gateway {gateway.__version__}," in line
        assert f"carrier {CARRIER}," in line
        assert f"listening on tcp 127.0.0.1:{ports.http}, ssl 127.0.0.1:{ports.https}," in line
        assert f"admin on tcp 127.0.0.1:{ports.admin}" in line
        assert f"store http://127.0.0.1:{ports.store}" in line
        process.terminate()
        process.wait(PATIENCE)
    assert "Traceback" not in site.log()
    assert "Unhandled" not in site.log()


def test_as_a_daemon_with_a_relative_configuration(site, tmp_path_factory, capsys):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    config = os.path.relpath(site.config, elsewhere)
    with daemon("--config", config, cwd=elsewhere) as pid:
        started(site)
        serves(site, capsys)
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not alive(pid))
    assert not (elsewhere / "daemon.pid").exists()
    log = (elsewhere / "daemon.log").read_text()
    assert f"carrier {CARRIER}," in start_line(log)
    assert "Traceback" not in log


def test_the_reactor_that_is_asked_for_is_taken(site):
    with foreground("--config", site.config, cwd=site.directory, reactor=["--reactor=poll"]):
        started(site)
        assert "reactor poll, carrier twisted" in start_line(site.log())


def test_without_uvloop_the_default_reactor_is_taken(site):
    broken = site.directory / "without" / "uvloop"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError")
    without = {"PYTHONPATH": str(broken.parent)}
    with foreground("--config", site.config, cwd=site.directory, reactor=[], environment=without):
        started(site)
        assert "carrier twisted" in start_line(site.log())


def nothing_started(done, directory, lines):
    assert done.returncode == 78, done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines() == lines
    assert not (directory / "twistd.pid").exists()
    assert not (directory / "twistd.log").exists()


@pytest.mark.parametrize("form", FORMS)
def test_every_mistake_is_a_line_and_nothing_starts(site, form):
    site.config.write_text("[gateway]\nworkers = 0\nlisten = tcp:http\n[backend]\nendpoint = x\n")
    done = run(*form, "s3gateway", "--config", "gateway.ini", cwd=site.directory)
    path = site.config
    nothing_started(
        done,
        site.directory,
        [
            f"{path}:2: [gateway] workers: '0' is no number of workers; write auto, or a number from 1 to 256",
            f"{path}:3: [gateway] listen: tcp:http: port is 'http'; write a number from 0 to 65535",
            f"{path}:5: [backend] endpoint: there is no such key; did you mean endpoint_url?",
        ],
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_configuration_is_a_line(tmp_path, form):
    done = run(*form, "s3gateway", "--config", "none.ini", cwd=tmp_path)
    nothing_started(done, tmp_path, [f"{tmp_path}/none.ini: cannot be read: No such file or directory"])


@pytest.mark.parametrize("form", FORMS)
def test_a_port_in_use_is_a_line_and_nothing_starts(site, form):
    with socket.create_server(("127.0.0.1", site.ports.https)):
        done = run(*form, "s3gateway", "--config", site.config, cwd=site.directory)
    where = f"{site.config}:4: [gateway] listen: cannot listen on ssl:{site.ports.https}:interface=127.0.0.1"
    assert done.stderr.startswith(where)
    assert done.stderr.count("\n") == 1
    assert "Address already in use" in done.stderr
    nothing_started(done, site.directory, done.stderr.splitlines())


@pytest.mark.parametrize("form", FORMS)
def test_credentials_that_others_can_read_are_a_line(site, form):
    (site.directory / "credentials").chmod(0o644)
    done = run(*form, "s3gateway", "--config", site.config, cwd=site.directory)
    line = f"{site.directory}/credentials: others may use this file, its mode is 0644; chmod 600 it"
    nothing_started(done, site.directory, [line])


@pytest.mark.parametrize("form", FORMS)
def test_a_certificate_that_cannot_be_used_is_a_line(site, form):
    (site.directory / "tls/server.pem").write_text("nothing")
    done = run(*form, "s3gateway", "--config", site.config, cwd=site.directory)
    line = (
        f"{site.config}:4: [gateway] listen: {site.directory}/tls/server.pem: has no certificate in PEM form"
    )
    nothing_started(done, site.directory, [line])


def test_a_ca_bundle_that_cannot_be_used_is_a_line(tmp_path):
    site = make_site(tmp_path, backend="ca_bundle = none.pem")
    text = site.config.read_text().replace("http://127", "https://127")
    site.config.write_text(text)
    done = run("-n", "s3gateway", "--config", site.config, cwd=tmp_path)
    line = f"[backend] ca_bundle: {tmp_path}/none.pem: cannot be read: No such file or directory"
    nothing_started(done, tmp_path, [line])


@pytest.mark.parametrize("option", [["--data", "x"], ["--http=1"], ["--https=1"], ["--admin=1"]])
def test_options_of_the_embedded_store_do_not_go_with_a_configuration(site, option):
    done = run("-n", "s3gateway", "--config", site.config, *option, cwd=site.directory)
    assert done.returncode == 1
    assert "--data, --http, --https and --admin are for a start without --config" in done.stdout + done.stderr


def test_the_command_is_listed(tmp_path):
    listed = run("--help", cwd=tmp_path).stdout
    assert re.search(r"s3gateway +A proxy between the S3 SOAP and REST", listed)
    assert "--config" in run("s3gateway", "--help", cwd=tmp_path).stdout


def test_new_users_need_no_restart(site, capsys):
    with foreground("--config", site.config, cwd=site.directory):
        started(site)
        credentials = site.directory / "credentials"
        old = credentials.read_text()
        credentials.write_text(old.replace("AKALICE", "AKCAROL"))
        eventually(
            lambda: call(site, "ListAllMyBuckets") == 1 and "ServiceUnavailable" in capsys.readouterr().err
        )
        shutil.copy(credentials, site.directory / "users")
        credentials.write_text("broken")
        arguments = ("ListAllMyBuckets", f"--credentials={site.directory / 'users'}")
        eventually(lambda: call(site, *arguments) == 1 and "The users stay as they were" in site.log())
        assert "ServiceUnavailable" in capsys.readouterr().err


class SlowStore:
    """A store that takes requests and answers when told to."""

    def __init__(self, port):
        self._server = socket.create_server(("127.0.0.1", port))
        self._server.settimeout(PATIENCE)

    def take(self):
        """Take one request, return what answers it."""
        taken, _ = self._server.accept()
        taken.settimeout(PATIENCE)
        data = b""
        while b"\r\n\r\n" not in data:
            data += taken.recv(65536)

        def answer():
            body = b"<ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets/></ListAllMyBucketsResult>"
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            taken.sendall(head + body)

        return answer

    def close(self):
        self._server.close()


@pytest.fixture
def slow_store(site):
    store = SlowStore(site.ports.store)
    yield store
    store.close()


def begin_call(site):
    """A SOAP call under way, in a process of its own."""
    return subprocess.Popen(
        [
            str(Path(sys.executable).parent / "s3gateway"), "call", "ListAllMyBuckets",
            f"--endpoint=https://localhost:{site.ports.https}/soap",
            f"--ca={site.ca}", f"--credentials={site.directory / 'credentials'}",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_requests_under_way_are_answered_before_the_end(site, slow_store):
    with foreground("--config", site.config, cwd=site.directory) as process:
        started(site)
        idle = socket.create_connection(("127.0.0.1", site.ports.http), timeout=PATIENCE)
        calling = begin_call(site)
        answer = slow_store.take()
        process.terminate()
        assert (
            eventually(lambda: get(site.ports.admin, "/-/ready")) == (503, b"not ready: draining\n") or True
        )
        eventually(lambda: get(site.ports.admin, "/-/ready") == (503, b"not ready: draining\n"))
        assert get(site.ports.admin, "/-/healthy")[0] == 200
        assert get(site.ports.http, "/") == (0, b"")
        assert idle.recv(1) == b""
        idle.close()
        assert calling.poll() is None
        answer()
        out, err = calling.communicate(timeout=PATIENCE)
        assert (calling.returncode, err) == (0, "")
        assert "Owner.ID" in out
        process.wait(PATIENCE)
    assert "Traceback" not in site.log()


def test_the_rest_is_reset_when_the_drain_timeout_is_over(tmp_path):
    site = make_site(tmp_path, gateway="drain_timeout = 0.5")
    store = SlowStore(site.ports.store)
    with foreground("--config", site.config, cwd=tmp_path) as process:
        started(site)
        calling = begin_call(site)
        unanswered = store.take()
        process.terminate()
        process.wait(PATIENCE)
        calling.communicate(timeout=PATIENCE)
        assert calling.returncode == 2
        assert unanswered is not None  # its connection was open all the time
    store.close()
    assert "The drain timeout is over" in site.log()
    assert site.log().count(" SOAP.ListAllMyBuckets ") == 1  # who was cut off is told all the same
    assert "Traceback" not in site.log()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_end_is_told_before_clients_are_refused_and_a_second_signal_hurries(tmp_path, workers):
    site = make_site(tmp_path, gateway=f"drain_delay = 600\nworkers = {workers}")
    with foreground("--config", site.config, cwd=tmp_path) as process:
        started(site)
        process.terminate()
        eventually(lambda: get(site.ports.admin, "/-/ready") == (503, b"not ready: draining\n"))
        assert get(site.ports.http, "/bucket/key")[0] == 403
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    assert "Draining in 600 s." in site.log()
    assert not re.search("Traceback|Unhandled", site.log())


def test_unix_sockets_and_no_admin_site(tmp_path):
    site = make_site(tmp_path)
    site.config.write_text("[gateway]\nlisten = unix:run.socket:mode=600\nadmin =\n")
    with foreground("--config", site.config, cwd=tmp_path) as process:
        path = tmp_path / "run.socket"
        eventually(path.exists)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(os.fspath(path))
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 403 ")
        process.terminate()
        process.wait(PATIENCE)
    assert not path.exists()
    assert "every SOAP call will be refused: no endpoint has TLS" in site.log()


def test_a_directory_of_certificates(tmp_path):
    site = make_site(tmp_path)
    (tmp_path / "certificates").mkdir()
    pair = "".join((tmp_path / "tls" / name).read_text() for name in ("server.key", "server.pem"))
    (tmp_path / "certificates/default.pem").write_text(pair)
    port = free_ports(1)[0]
    text = site.config.read_text()
    line = f"    tls:certificates:{port}:interface=127.0.0.1\nadmin ="
    site.config.write_text(text.replace("admin =", line))
    with foreground("--config", site.config, cwd=tmp_path):
        started(site)
        assert get(port, "/soap?wsdl", site.ca)[0] == 200


def test_two_terms_end_it_too(site):
    with foreground("--config", site.config, cwd=site.directory) as process:
        started(site)
        process.terminate()
        time.sleep(0.05)
        process.terminate()
        process.wait(PATIENCE)
