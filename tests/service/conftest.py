"""The tests of service/ run on one carrier; `CARRIER` says which (see tests/carriers.py)."""

from tests.carriers import install, reactor

install()

__all__ = ["reactor"]
