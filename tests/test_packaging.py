"""The package as operators get it: built, installed into a new environment, started from another directory.

A new environment has its own copy of Twisted, since a plugin is installed into it, and links to all other
packages of this one; what is under test is really built by pip and really installed by it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.service.twistd import eventually, get, make_site, start_line
from tests.stores.processes import kill_group, spawn

ROOT = Path(__file__).parents[1]
PACKAGES = Path(sysconfig.get_path("purelib"))
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def pip(*words):
    subprocess.run([*PIP, *map(str, words)], check=True, timeout=100, stdin=subprocess.DEVNULL)


class Environment:
    """A virtual environment with everything but s3gateway."""

    def __init__(self, directory):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
        self.python = directory / "bin" / "python"
        self.packages = directory / PACKAGES.relative_to(sys.prefix)
        for path in PACKAGES.iterdir():
            if path.name == "twisted":
                ours = shutil.ignore_patterns("s3gateway_plugin*", "dropin.cache", "test")
                shutil.copytree(path, self.packages / "twisted", ignore=ours)
            elif not path.name.removeprefix("_").startswith(("s3gateway", "gateway")):
                (self.packages / path.name).symlink_to(path)
        self.twistd = directory / "bin" / "twistd"
        self.twistd.write_text(f"#!{self.python}\nfrom twisted.scripts.twistd import run\nrun()\n")
        self.twistd.chmod(0o755)

    def install(self, *words):
        pip("--python", self.python, "install", "--no-deps", "--no-index", "--no-build-isolation", *words)

    def run(self, *words, cwd):
        done = subprocess.run(
            [str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    directory = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", directory, ROOT)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture
def environment(tmp_path):
    return Environment(tmp_path / "environment")


def serves_from_elsewhere(environment, tmp_path):
    """Start what is installed in a directory that has nothing to do with it, and ask for the contract."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "S3 SOAP and REST" in environment.run(environment.twistd, "--help", cwd=elsewhere)
    assert "--config" in environment.run(environment.twistd, "s3gateway", "--help", cwd=elsewhere)
    site = make_site(tmp_path)
    words = [environment.twistd, "-n", "--pidfile=", "s3gateway", "--config", site.config]
    process = spawn(words, log=tmp_path / "out.log", directory=elsewhere)
    try:
        eventually(lambda: get(site.ports.admin, "/-/ready")[0] == 200, site.log)
        status, contract = get(site.ports.https, "/soap?wsdl", site.ca)
        assert (status, b"ListAllMyBuckets" in contract) == (200, True)
        assert start_line(site.log())
    finally:
        kill_group(process)


def origin(environment, cwd):
    return Path(
        environment.run(environment.python, "-c", "import gateway; print(gateway.__file__)", cwd=cwd).strip()
    )


def test_the_wheel_has_what_it_needs_and_nothing_of_twisteds(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "twisted/plugins/s3gateway_plugin.py",
        "gateway/wsdl/AmazonS3.wsdl",
        "gateway/wsdl/AmazonS3.xsd",
    } <= names
    assert {name for name in names if name.startswith("twisted/")} == {"twisted/plugins/s3gateway_plugin.py"}
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"gateway", "twisted", "s3gateway"}
    assert not [name for name in names if "__pycache__" in name or "dropin" in name]


def test_installed_from_the_wheel(wheel, environment, tmp_path):
    environment.install(wheel)
    assert origin(environment, tmp_path).is_relative_to(environment.packages)
    serves_from_elsewhere(environment, tmp_path)
    command = environment.python.with_name("s3gateway")
    assert "NoSuchKey" in environment.run(command, "errors", "NoSuchKey", cwd=tmp_path)


def test_installed_from_the_wheel_and_removed_again(wheel, environment, tmp_path):
    environment.install(wheel)
    environment.run(environment.twistd, "s3gateway", "--help", cwd=tmp_path)
    pip("--python", environment.python, "uninstall", "--yes", "s3gateway")
    assert "s3gateway" not in environment.run(environment.twistd, "--help", cwd=tmp_path)


def test_installed_for_editing(environment, tmp_path):
    environment.install("--editable", ROOT)
    assert origin(environment, tmp_path) == ROOT / "gateway" / "__init__.py"
    serves_from_elsewhere(environment, tmp_path)
