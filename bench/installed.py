"""What the measurements need beside the gateway, and the versions of all that took part.

As root on Debian, packages that this machine lacks are installed; anybody else is told their names. The
Python peers come with the group `bench` of pyproject.toml, the node peers from the lock file beside them.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import ssl
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NODE = Path(__file__).parent / "peers" / "node"
DEBIAN = {
    "nginx": "nginx",
    "haproxy": "haproxy",
    "wrk": "wrk",
    "node": "nodejs",
    "npm": "npm",
    "openssl": "openssl",
    "curl": "curl",
}
"""Each program with the Debian package that brings it."""
PYTHON = ("twisted", "uvloop", "httptools", "lxml", "awscrt", "spyne", "boto3", "waitress", "gunicorn")
_TOLD = {
    "nginx": ["nginx", "-v"],
    "haproxy": ["haproxy", "-v"],
    "wrk": ["wrk", "-v"],
    "node": ["node", "--version"],
    "openssl": ["openssl", "version"],
}
_NUMBER = re.compile(r"\d+(?:\.\d+)+")
INSTALL_SECONDS = 600


def missing_here() -> str:
    """Return what to say of programs that are not here and could not be installed; "" when all are."""
    missing = _missing()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            done = subprocess.run(
                ["apt-get", "-qq", *arguments],
                env=quiet,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
            if done.returncode:
                return f"apt-get {arguments[0]} failed: {done.stdout}{done.stderr}"
        missing = _missing()
    return f"The measurements need Debian packages: apt-get install {' '.join(missing)}" if missing else ""


def _missing() -> list[str]:
    return sorted({package for program, package in DEBIAN.items() if shutil.which(program) is None})


def put_in_place() -> None:
    """Install the node packages that the lock file names, when that was not done since it changed.

    Raises:
        RuntimeError: npm failed.

    """
    lock, done = NODE / "package-lock.json", NODE / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    installed = subprocess.run(
        ["npm", "ci", "--silent"],
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if installed.returncode:
        raise RuntimeError(f"npm ci failed:\n{installed.stdout}{installed.stderr}")


def versions() -> dict[str, str]:
    """Return the version of everything that takes part."""
    found = {"python": platform.python_version(), "python's openssl": ssl.OPENSSL_VERSION.split()[1]}
    found["linux"] = platform.release().partition("-")[0]
    for name in PYTHON:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    for name, command in _TOLD.items():
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        number = _NUMBER.search(told.stdout + told.stderr)
        found[name] = number[0] if number else "unknown"
    return found
