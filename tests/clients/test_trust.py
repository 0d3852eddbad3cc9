"""The TLS of these tests is checked by every stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.certificates import make_certificates
from tests.clients.fixtures import Clients, Gateways
from tests.clients.foreign import NoAnswerError


def test_a_stack_trusts_only_the_authority_it_was_told(
    stack: str, gateways: Gateways, clients: Clients, tmp_path: Path
) -> None:
    """The TLS of these tests is checked: another authority's certificate is not believed."""
    stranger = make_certificates(tmp_path)
    client = clients.start(stack, gateways.before("moto"), stranger.ca)
    with pytest.raises(NoAnswerError):
        client.call("ListAllMyBuckets")
