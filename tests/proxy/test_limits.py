"""The limits of the shell are what an operator's configuration says by default."""

from __future__ import annotations

from pathlib import Path

from gateway.proxy.limits import ClientLimits, StoreLimits
from gateway.service.config import make_config


def test_the_shells_defaults_are_the_configurations():
    limits = make_config(Path(), {}).limits
    client, store = ClientLimits(), StoreLimits()
    assert client.head_seconds == limits.head_timeout
    assert client.body_seconds == limits.body_timeout
    assert client.body_bytes == limits.body_bytes
    assert client.idle_seconds == limits.idle_timeout
    assert client.stall_seconds == limits.write_timeout
    assert client.linger_seconds == limits.linger_seconds
    assert client.linger_bytes == limits.linger_bytes
    assert store.connect_seconds == limits.connect_timeout
    assert store.answer_seconds == limits.answer_timeout
    assert store.max_connections == limits.max_backend_connections


def test_none_is_without_end():
    for limits in (ClientLimits(), StoreLimits()):
        assert all(value > 0 for value in (getattr(limits, name) for name in limits.__slots__))
