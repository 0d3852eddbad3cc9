import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.service import settings
from gateway.service.ini import Entry, Source
from gateway.service.settings import Wrong, choice

SOURCE = Source(Path("/etc/gateway.ini"), Path("/etc"))

READERS = [
    settings.read_bytes,
    settings.read_count,
    settings.read_seconds,
    settings.read_flag,
    settings.read_workers,
    settings.read_endpoints,
    settings.read_admin,
    settings.read_domains,
    settings.read_networks,
    settings.read_soap_path,
    settings.read_public_url,
    settings.read_endpoint_url,
    settings.read_region,
    settings.read_path,
    settings.read_optional_path,
    choice("one", "two", unbuilt=("three",)),
]


def entry(text):
    return Entry("section", "key", 3, tuple((3 + at, line) for at, line in enumerate(text.splitlines())))


def read(reader, text):
    return reader(entry(text), SOURCE)


def refused(reader, text):
    with pytest.raises(Wrong) as caught:
        read(reader, text)
    return caught.value


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (settings.read_bytes, "0", 0),
        (settings.read_bytes, "9223372036854775807", 2**63 - 1),
        (settings.read_count, "1", 1),
        (settings.read_seconds, "0.5", 0.5),
        (settings.read_flag, "true", True),
        (settings.read_flag, "false", False),
        (settings.read_flag, "", None),
        (settings.read_workers, "1", 1),
        (settings.read_workers, "256", 256),
        (settings.read_workers, "auto", 0),
        (settings.read_admin, "", None),
        (settings.read_domains, "A.b, c-d.e.\nlocalhost", ("a.b", "c-d.e", "localhost")),
        (settings.read_networks, "", ()),
        (
            settings.read_networks,
            "192.0.2.7 2001:db8::/32",
            (ip_network("192.0.2.7"), ip_network("2001:db8::/32")),
        ),
        (settings.read_soap_path, "/soap", "/soap"),
        (settings.read_soap_path, "/a.b/c~d/", "/a.b/c~d/"),
        (settings.read_public_url, "", ""),
        (settings.read_public_url, "https://h:1/soap", "https://h:1/soap"),
        (settings.read_endpoint_url, "http://h", "http://h"),
        (settings.read_endpoint_url, "https://[2001:db8::1]:9000/", "https://[2001:db8::1]:9000/"),
        (settings.read_endpoint_url, "http://my_store:9000/a/b/", "http://my_store:9000/a/b/"),
        (settings.read_region, "us-east-1", "us-east-1"),
        (settings.read_path, "users", Path("/etc/users")),
        (settings.read_path, "/users", Path("/users")),
        (settings.read_optional_path, "", None),
        (settings.read_optional_path, "ca.pem", Path("/etc/ca.pem")),
        (choice("one", "two"), "two", "two"),
    ],
)
def test_values_that_can_be_used(reader, text, value):
    assert read(reader, text) == value


@pytest.mark.parametrize(
    ("reader", "text", "right"),
    [
        (settings.read_bytes, "1k", "write a whole number of bytes"),
        (settings.read_bytes, "\u0661", "write a whole number of bytes"),
        (settings.read_count, "0", "write a whole number from 1"),
        (settings.read_seconds, "0.0", "write seconds, more than 0"),
        (settings.read_seconds, "1.", "write seconds, more than 0"),
        (settings.read_flag, "yes", "write one of them, or nothing"),
        (settings.read_workers, "none", "is no number of workers; write auto, or a number from 1 to 256"),
        (settings.read_workers, "257", "is no number of workers; write auto, or a number from 1 to 256"),
        (settings.read_endpoints, "", "write an endpoint"),
        (settings.read_admin, "tcp:1\ntcp:2", "write one, or nothing"),
        (settings.read_admin, "tls:d:1", "write tcp, tcp6, unix or systemd"),
        (settings.read_domains, "", "write one or more host names"),
        (settings.read_domains, "a_b c..d", "write names without scheme and port"),
        (settings.read_domains, "x" * 64, "write names without scheme and port"),
        (settings.read_networks, "10.0.0.1/8", "write networks"),
        (settings.read_soap_path, "/a/../b", "write one that begins with /"),
        (settings.read_public_url, "http://h/soap", "write https://HOST/PATH"),
        (settings.read_endpoint_url, "http://h?q", "write http://HOST:PORT or https://HOST:PORT"),
        (settings.read_endpoint_url, "http://h/a//b", "write a path of plain names"),
        (settings.read_region, "", "write letters, digits and hyphens"),
        (settings.read_path, "", "write one, as credentials"),
        (choice("one", "two"), "four", "write one or two"),
        (choice("one", unbuilt=("three",)), "three", "three is not built yet; write one"),
    ],
)
def test_values_that_cannot_be_used_are_told_with_what_would_be_right(reader, text, right):
    assert right in " ".join(told for _, told in refused(reader, text).found)


def test_lines_of_a_value_have_their_numbers():
    wrong = refused(settings.read_endpoints, "tcp:1\ntcp:x\nudp:1")
    assert [line for line, _ in wrong.found] == [4, 5]


def test_endpoints_know_their_line():
    first, second = read(settings.read_endpoints, "tcp:1\ntcp:2")
    assert first.where == "/etc/gateway.ini:3: [section] key"
    assert second.where == "/etc/gateway.ini:4: [section] key"


@pytest.mark.parametrize(
    "url", ["http://user:hidden@h", "http://hidden@h", "https://:hidden@h/x", "http://h:hidden@"]
)
def test_what_may_be_a_password_is_not_repeated(url):
    for reader in (settings.read_endpoint_url, settings.read_public_url):
        assert "hidden" not in str(refused(reader, url))


@given(st.sampled_from(READERS), st.text())
def test_any_text_is_read_or_refused_in_words(reader, text):
    try:
        read(reader, text)
    except Wrong as wrong:
        told = [each for _, each in wrong.found]
    else:
        return
    assert all(re.search(r"write|leave it empty|is ", each) for each in told)
