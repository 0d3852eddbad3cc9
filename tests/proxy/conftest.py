"""The tests of proxy/ run on one carrier; `CARRIER` says which (see tests/carriers.py)."""

from tests.carriers import install, reactor
from tests.proxy.connections import certificate, shell
from tests.proxy.doubles import buggy, house, secure

install()

__all__ = ["buggy", "certificate", "house", "reactor", "secure", "shell"]
