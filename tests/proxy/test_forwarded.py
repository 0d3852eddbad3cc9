"""What a proxy in front says, and from whom it is believed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from gateway.proxy.forwarded import TrustedProxies
from tests.joined import head_of

TRUSTED = TrustedProxies((ip_network("127.0.0.0/8"), ip_network("fd00::/8")))
HTTPS = "X-Forwarded-Proto: https"


@pytest.mark.parametrize(
    ("peer", "fields", "secure"),
    [
        ("127.0.0.1", [HTTPS], True),
        ("fd00::1", ["X-Forwarded-Proto: HTTPS"], True),
        ("127.0.0.1", ["X-Forwarded-Proto: http, https"], True),
        ("127.0.0.1", [HTTPS, "X-Forwarded-Proto: http"], False),
        ("127.0.0.1", ["X-Forwarded-Proto: https, http"], False),
        ("127.0.0.1", [], False),
        ("192.0.2.1", [HTTPS], False),
        ("", [HTTPS], False),  # a unix socket
    ],
)
def test_https_counts_when_a_trusted_peer_added_it_last(peer, fields, secure):
    assert TRUSTED.secure(peer, head_of(*fields)) is secure


def test_without_networks_nobody_is_believed():
    assert not TrustedProxies().secure("127.0.0.1", head_of(HTTPS))


@pytest.mark.parametrize(
    ("peer", "fields", "client"),
    [
        ("127.0.0.1", ["X-Forwarded-For: 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["X-Forwarded-For: 203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["X-Forwarded-For: 2001:DB8::1"], "2001:db8::1"),
        ("127.0.0.1", ["X-Forwarded-For: nonsense"], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("192.0.2.1", ["X-Forwarded-For: 198.51.100.7"], "192.0.2.1"),
    ],
)
def test_the_client_is_whom_a_trusted_peer_names(peer, fields, client):
    assert TRUSTED.client(peer, head_of(*fields)) == client
