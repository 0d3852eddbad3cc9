"""The tests of proxy/ run on one carrier; `CARRIER` says which (see tests/carriers.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.carriers import install, reactor

install()

from gateway.service.self_signed import SelfSigned, make_self_signed  # noqa: E402 - the reactor comes first
from tests.proxy.connections import Shell  # noqa: E402

__all__ = ["reactor"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    """Return a certificate for the loopback, signed by a CA of its own."""
    return make_self_signed(tmp_path_factory.mktemp("tls"), ["gateway.test"], datetime.now(UTC))


@pytest.fixture
def shell(reactor: Any, certificate: SelfSigned) -> Iterator[Shell]:
    """Give a carrier on the running reactor, with a clock that the test advances."""
    shell = Shell(reactor, certificate)
    yield shell
    shell.close()
