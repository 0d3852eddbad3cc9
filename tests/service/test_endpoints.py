import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.endpoints import quoteStringArgument, serverFromString

from gateway.service.endpoints import BACKLOG, Endpoint, parse_endpoint

HERE = Path("/etc/gateway")


def test_tcp():
    endpoint = parse_endpoint("tcp:8080", HERE)
    assert endpoint == Endpoint("tcp", "tcp:8080", interface="", port=8080)
    assert (endpoint.backlog, endpoint.secure) == (BACKLOG, False)


def test_names_and_escapes():
    endpoint = parse_endpoint(r"tcp6:port=80:interface=\:\:1:backlog=7", HERE, "c.ini:3:")
    assert (endpoint.interface, endpoint.port, endpoint.backlog, endpoint.where) == ("::1", 80, 7, "c.ini:3:")


def test_ssl_has_its_files():
    endpoint = parse_endpoint(r"ssl:443:privateKey=k.pem:certKey=/a\:b/c\=d.pem", HERE)
    assert endpoint.private_key == HERE / "k.pem"
    assert endpoint.certificate == Path("/a:b/c=d.pem")
    assert endpoint.secure


def test_ssl_without_certificate_takes_it_from_the_key_file():
    assert parse_endpoint("ssl:443:privateKey=both.pem", HERE).certificate == HERE / "both.pem"


def test_tls_has_its_directory():
    endpoint = parse_endpoint("tls:certificates:8443", HERE)
    assert (endpoint.certificates, endpoint.port, endpoint.interface) == (HERE / "certificates", 8443, "::")
    assert endpoint.secure
    assert parse_endpoint("tls:certificates:8443:interface=127.0.0.1", HERE).interface == "127.0.0.1"


def test_unix_has_its_path_and_mode():
    endpoint = parse_endpoint("unix:run/s.socket:mode=660", HERE)
    assert (endpoint.path, endpoint.mode) == (HERE / "run/s.socket", 0o660)


def test_systemd_by_index_or_name():
    assert parse_endpoint("systemd:INET:index=1", HERE).index == 1
    endpoint = parse_endpoint("systemd:domain=UNIX:name=front:privateKey=k:certKey=c", HERE)
    assert (endpoint.domain, endpoint.name, endpoint.index) == ("UNIX", "front", None)
    assert endpoint.secure


@pytest.mark.parametrize(
    ("description", "why"),
    [
        ("", "'' is no kind of endpoint; use one of tcp, tcp6, ssl, tls, unix, systemd"),
        ("8080", "'8080' is no kind"),
        ("tcp=8080", "'tcp' is no kind"),
        ("haproxy:tcp:8080", "'haproxy' is no kind"),
        ("tcp", "port is missing; write tcp:PORT"),
        ("tcp:", "port is empty"),
        ("tcp:http", "port is 'http'; write a number"),
        ("tcp:65536", "port is '65536'"),
        ("tcp:-1", "port is '-1'"),
        ("tcp:80:127.0.0.1", "'127.0.0.1' stands without its name; write one of interface=, backlog="),
        ("tcp:80:bogus=1", "tcp knows no 'bogus'; it takes port=, interface=, backlog="),
        ("tcp:80:port=81", "port is given twice"),
        ("tcp:80:interface=localhost", "interface is 'localhost'; write an IPv4 address"),
        (r"tcp:80:interface=\:\:1", "IPv4 address"),
        ("tcp6:80:interface=127.0.0.1", "IPv6 address"),
        ("tcp:80:backlog=many", "backlog is 'many'"),
        ("ssl:443", "privateKey is missing; write ssl:PORT:privateKey=FILE"),
        ("tls:443", "port is missing; write tls:DIRECTORY:PORT"),
        ("unix:s:mode=rw", "mode is 'rw'; write three octal digits"),
        ("unix:" + "x" * 200, "longer than 107 bytes"),
        ("systemd:TCP:index=0", "domain is 'TCP'; write one of INET, INET6, UNIX"),
        ("systemd:INET", "write either index="),
        ("systemd:INET:index=0:name=a", "write either index="),
        ("systemd:INET:index=0:certKey=c", "certKey needs privateKey"),
    ],
)
def test_refused_in_words(description, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        parse_endpoint(description, HERE)


class Recording:
    """A reactor that tells what Twisted would have listened on."""

    def listenTCP(self, port, factory, backlog, interface):
        self.heard = (port, interface or "0.0.0.0")

    def listenUNIX(self, address, factory, backlog, mode, wantPID):  # noqa: N803 - Twisted's name
        self.heard = (address, mode)


@given(port=st.integers(0, 65535), interface=st.ip_addresses(v=4))
def test_tcp_is_understood_as_twisted_does(port, interface):
    description = f"tcp:{port}:interface={interface}"
    reactor = Recording()
    serverFromString(reactor, description).listen(None)
    endpoint = parse_endpoint(description, HERE)
    assert reactor.heard == (endpoint.port, endpoint.interface)


@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=80))
def test_quoted_paths_are_understood_as_twisted_does(path):
    quoted = quoteStringArgument("/" + path).replace("=", "\\=")
    description = f"unix:{quoted}:mode=600"
    reactor = Recording()
    serverFromString(reactor, description).listen(None)
    endpoint = parse_endpoint(description, HERE)
    assert (Path(reactor.heard[0]), reactor.heard[1]) == (endpoint.path, endpoint.mode)


@given(st.text())
def test_any_text_is_understood_or_refused_in_words(text):
    try:
        parse_endpoint(text, HERE)
    except ValueError as error:
        refusal = str(error)
    else:
        return
    assert refusal
