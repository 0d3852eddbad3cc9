import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.service.endpoints import parse_endpoint
from gateway.service.ini import ConfigError
from gateway.service.listeners import bind, bind_all

LOOPBACK = "tcp:0:interface=127.0.0.1"


@pytest.fixture
def bound():
    """Bind descriptions; what was bound is closed at the end."""
    listeners = []

    def make(description, directory=Path("/"), where=""):
        listener = bind(parse_endpoint(description, directory, where), {})
        listeners.append(listener)
        return listener

    yield make
    for listener in listeners:
        listener.close()


def greet(listener):
    """Connect to the listener and take the connection."""
    name = listener.socket.getsockname()
    with socket.socket(listener.socket.family, socket.SOCK_STREAM) as client:
        client.connect(name)
        taken, _ = listener.socket.accept()
        taken.close()


def test_tcp_listens_without_blocking(bound):
    listener = bound(LOOPBACK)
    assert not listener.socket.getblocking()
    assert not listener.socket.get_inheritable()
    greet(listener)
    with pytest.raises(BlockingIOError):
        listener.socket.accept()


def test_tcp_without_interface_is_every_address(bound):
    assert bound("tcp:0").socket.getsockname()[0] == "0.0.0.0"


def test_addresses_are_told(bound, tmp_path):
    four = bound(LOOPBACK)
    assert four.address == f"tcp 127.0.0.1:{four.socket.getsockname()[1]}"
    six = bound(r"tcp6:0:interface=\:\:1")
    assert six.address == f"tcp6 [::1]:{six.socket.getsockname()[1]}"
    assert bound("unix:s", tmp_path).address == f"unix {tmp_path}/s"


def test_tcp6_leaves_the_ipv4_port_to_others(bound):
    six = bound("tcp6:0")
    bound(f"tcp:{six.socket.getsockname()[1]}")


def test_tls_on_every_address_takes_ipv4_too(bound):
    listener = bound("tls:certificates:0")
    with socket.create_connection(("127.0.0.1", listener.socket.getsockname()[1])):
        listener.socket.accept()[0].close()


def test_a_port_in_use_is_one_line_with_place_and_description(bound):
    port = bound(LOOPBACK).socket.getsockname()[1]
    description = f"tcp:{port}:interface=127.0.0.1"
    with pytest.raises(ConfigError) as caught:
        bound(description, where="c.ini:3: [gateway] listen")
    (line,) = caught.value.lines
    assert line.startswith(f"c.ini:3: [gateway] listen: cannot listen on {description}: ")
    assert line.endswith(": Address already in use; stop the program that has it, or choose another")


def test_an_address_that_is_not_ours_is_one_line(bound):
    with pytest.raises(ConfigError, match=r"^cannot listen on tcp:1:interface=192.0.2.1: "):
        bound("tcp:1:interface=192.0.2.1")


def test_a_unix_socket_has_its_mode_and_is_removed(bound, tmp_path):
    listener = bound("unix:s:mode=660", tmp_path)
    greet(listener)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o660
    listener.close()
    assert not (tmp_path / "s").exists()


def test_a_unix_socket_of_a_dead_process_is_replaced(bound, tmp_path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.fspath(tmp_path / "s"))
    greet(bound("unix:s", tmp_path))


def test_a_unix_socket_in_use_is_refused_and_stays(bound, tmp_path):
    first = bound("unix:s", tmp_path)
    with pytest.raises(ConfigError, match="Address already in use"):
        bound("unix:s", tmp_path)
    assert (tmp_path / "s").exists()
    first.socket.accept()[0].close()  # the probe
    greet(first)


def test_a_file_in_the_place_of_a_unix_socket_is_refused_and_stays(bound, tmp_path):
    (tmp_path / "s").write_text("precious")
    with pytest.raises(ConfigError, match="Address already in use"):
        bound("unix:s", tmp_path)
    assert (tmp_path / "s").read_text() == "precious"


def test_all_or_none_are_bound(bound, tmp_path):
    port = bound(LOOPBACK).socket.getsockname()[1]
    used = parse_endpoint(f"tcp:{port}:interface=127.0.0.1", tmp_path)
    with pytest.raises(ConfigError) as caught:
        bind_all([parse_endpoint("unix:s", tmp_path), used, used], {})
    assert len(caught.value.lines) == 2
    assert not (tmp_path / "s").exists()


def test_all_are_bound_in_order(tmp_path):
    listeners = bind_all([parse_endpoint("unix:a", tmp_path), parse_endpoint("unix:b", tmp_path)], {})
    assert [listener.endpoint.path.name for listener in listeners] == ["a", "b"]
    for listener in listeners:
        listener.close()


ADOPTING = """
import os, sys
from pathlib import Path
from gateway.service.endpoints import parse_endpoint
from gateway.service.ini import ConfigError
from gateway.service.listeners import bind
os.dup2(int(sys.argv[1]), 3)
environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "front"}
try:
    listener = bind(parse_endpoint(sys.argv[2], Path("/")), environment)
except ConfigError as error:
    print(error)
else:
    print(listener.socket.getsockname()[1])
"""


def adopt(listener, description):
    descriptor = listener.socket.fileno()
    command = [sys.executable, "-c", ADOPTING, str(descriptor), description]
    done = subprocess.run(command, pass_fds=[descriptor], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("description", ["systemd:INET:index=0", "systemd:INET:name=front"])
def test_a_socket_of_systemd_is_taken(bound, description):
    listener = bound(LOOPBACK)
    assert adopt(listener, description) == str(listener.socket.getsockname()[1])


@pytest.mark.parametrize(
    ("description", "why"),
    [
        ("systemd:INET:index=1", "systemd handed over 1 sockets and not this one"),
        ("systemd:INET:name=back", "systemd handed over 1 sockets and not this one"),
        ("systemd:UNIX:index=0", "the socket that systemd handed over is not of domain UNIX"),
    ],
)
def test_a_socket_that_systemd_did_not_hand_over(bound, description, why):
    assert adopt(bound(LOOPBACK), description) == f"cannot listen on {description}: {why}"


def test_without_systemd_its_sockets_are_refused(bound):
    with pytest.raises(ConfigError, match="systemd handed no sockets to this process; start it from"):
        bound("systemd:INET:index=0")
