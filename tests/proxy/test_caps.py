"""How many clients may be connected."""

from __future__ import annotations

from gateway.proxy.caps import Caps
from tests.proxy.connections import Tally


def test_caps_count_by_address_and_in_all() -> None:
    tally = Tally()
    caps = Caps(2, 4, tally)
    leave = [caps.enter("192.0.2.1"), caps.enter("192.0.2.1")]
    assert all(leave)
    assert caps.enter("192.0.2.1") is None
    assert tally.limits == {"connections_per_address": 1}
    assert caps.enter("192.0.2.2")
    assert caps.enter("192.0.2.3")
    assert caps.enter("192.0.2.4") is None
    assert tally.limits["connections"] == 1
    leave[0]()
    assert caps.enter("192.0.2.1")


def test_caps_count_a_whole_network_of_ipv6_and_no_unix_socket() -> None:
    caps = Caps(1, 0, Tally())
    assert caps.enter("2001:db8::1")
    assert caps.enter("2001:db8::ffff") is None
    assert caps.enter("2001:db8:0:1::1")
    assert caps.enter("unix")
    assert caps.enter("unix")


def test_no_caps_let_all_in() -> None:
    caps = Caps(0, 0, Tally())
    assert all(caps.enter("192.0.2.1") for _ in range(100))
