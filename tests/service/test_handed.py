from gateway.service.config import make_config
from gateway.service.handed import Handed, descriptors, read_handed, share_of


def test_what_is_handed_over_is_one_line():
    given = Handed("uvloop", 'a "config"\n', 3)
    line = given.line()
    assert line.count(b"\n") == 1
    assert read_handed(line) == given


def test_listening_sockets_come_last_in_their_order():
    assert descriptors(9, [21, 20]) == {0: "w", 1: "r", 2: "r", 3: "r", 4: 9, 5: 21, 6: 20}


def test_a_share_of_the_limits_is_rounded_up(tmp_path):
    settings = {("limits", "max_connections"): "10", ("limits", "max_backend_connections"): "2"}
    config = make_config(tmp_path, settings)
    share = share_of(config, 4)
    limits = share.limits
    assert (limits.max_connections, limits.max_connections_per_address) == (3, 128)
    assert limits.max_backend_connections == 1
    assert share.gateway == config.gateway
    assert share_of(config, 1) == config
