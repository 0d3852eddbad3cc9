"""The Debian packages that the foreign clients need: `python -m tests.clients.debian`.

As root, installs what this machine lacks, after asking for the current lists; as anybody else,
names it and ends with status 1. Nothing is skipped for want of a program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.clients.builds import missing_packages

QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def main() -> int:
    """Return 0 when all programs are there."""
    packages = missing_packages()
    if not packages:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"The foreign clients need Debian packages: apt-get install {' '.join(packages)}")
        return 1
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-qq", *arguments],
            env={**os.environ, **QUIET},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            sys.stdout.buffer.write(done.stdout)
            return 1
    still = missing_packages()
    if still:
        print(f"Installed, and yet their programs are missing: {' '.join(still)}")
    return 1 if still else 0


if __name__ == "__main__":
    sys.exit(main())
