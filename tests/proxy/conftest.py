"""The tests of proxy/ run on one carrier; `CARRIER` says which (see tests/carriers.py)."""

from tests.carriers import install, reactor
from tests.proxy.connections import certificate, shell

install()

__all__ = ["certificate", "reactor", "shell"]
