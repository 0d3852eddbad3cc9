"""The embedded store's program, ports and command; a run of it is in test_embedded."""

import random
import socket
import sys
from importlib import metadata
from pathlib import Path

import pytest

from gateway.seaweedfs.program import (
    FIRST_PORT,
    GRPC,
    LAST_PORT,
    SERVICES,
    MissingStoreError,
    SeaweedSettings,
    find_program,
    free_ports,
)

PORTS = dict(zip(SERVICES, range(13001, 13006), strict=True))


def test_the_program_of_the_pip_package_is_found():
    program = find_program()
    assert program.name == "weed"
    assert program.is_file()


class Installed:
    """A distribution whose files are elsewhere."""

    def __init__(self, files):
        self.files = files


@pytest.mark.parametrize("files", [None, [], [metadata.PackagePath("README")]])
def test_a_package_without_the_program_is_told(monkeypatch, files):
    monkeypatch.setattr(metadata, "distribution", lambda _name: Installed(files))
    for file in files or []:
        file.dist = Path
        monkeypatch.setattr(type(file), "locate", lambda self: Path("/none") / self)
    with pytest.raises(MissingStoreError):
        find_program()


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(MissingStoreError) as caught:
        find_program()
    text = str(caught.value)
    assert f"run {sys.executable} -m pip install 's3gateway[embedded]'" in text
    assert "\n" not in text


def test_ports_are_free_with_their_companions_and_all_different():
    ports = free_ports(random.Random(1), {})
    assert list(ports) == list(SERVICES)
    assert len(set(ports.values())) == len(SERVICES)
    for port in ports.values():
        assert FIRST_PORT <= port <= LAST_PORT
        for each in (port, port + GRPC):
            socket.create_server(("127.0.0.1", each)).close()


def test_ports_of_the_last_time_are_taken_again():
    first = free_ports(random.Random(2), {})
    assert free_ports(random.Random(3), first) == first


@pytest.mark.parametrize("distance", [0, GRPC])
def test_ports_in_use_are_not_taken(distance):
    first = free_ports(random.Random(4), {})
    with socket.create_server(("127.0.0.1", first["s3"] + distance)):
        second = free_ports(random.Random(5), first)
    assert second["s3"] != first["s3"]
    assert second["master"] == first["master"]


@pytest.mark.parametrize("kept", [{"s3": 80}, {"s3": "x"}, {"s3": None}, {"s3": LAST_PORT + 1}])
def test_kept_ports_that_make_no_sense_are_not_taken(kept):
    assert FIRST_PORT <= free_ports(random.Random(6), kept)["s3"] <= LAST_PORT


def settings(directory):
    return SeaweedSettings(Path("/bin/weed"), directory, directory / "users.json", PORTS)


def test_the_command_keeps_all_on_the_loopback(tmp_path):
    command = settings(tmp_path).command(4711)
    assert command[0] == sys.executable
    assert command[4:6] == ["4711", "/bin/weed"]
    for wanted in (
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-admin.ui=false",
        "-webdav=false",
        "-s3.allowDeleteBucketNotEmpty=false",
        "-s3.port=13004",
        f"-s3.config={tmp_path}/users.json",
    ):
        assert wanted in command
    assert settings(tmp_path).endpoint_url == "http://127.0.0.1:13004"
