import re

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from gateway.admin.site import AdminFactory, Pages


class Site:
    def __init__(self):
        self.reason = ""
        self.accepts = []
        pages = Pages(unready=lambda: self.reason, exposition=self.exposition)
        self.factory = AdminFactory(pages, Clock())
        self.factory.startFactory()

    def exposition(self, accept):
        self.accepts.append(accept)
        return b"s3gateway_requests_total 1\n", "text/plain; version=1.0.0"

    def send(self, data):
        """Return all that comes back over one connection."""
        protocol = self.factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
        transport = StringTransport()
        protocol.makeConnection(transport)
        protocol.dataReceived(data)
        protocol.connectionLost(None)
        return transport.value()

    def ask(self, path, method="GET", more=""):
        """Return status, fields and body of one answer."""
        answer = self.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        fields = dict(re.findall(r"(?m)^([\w-]+): (.*?)\r?$", head.decode().lower()))
        return status, fields, body


@pytest.fixture
def site():
    return Site()


def test_healthy(site):
    status, fields, body = site.ask("/-/healthy")
    assert (status, body) == (200, b"healthy\n")
    assert fields["content-type"] == "text/plain; charset=utf-8"
    assert fields["cache-control"] == "no-store"
    assert "date" in fields


def test_ready_and_not_ready(site):
    assert site.ask("/-/ready")[0::2] == (200, b"ready\n")
    site.reason = "draining"
    assert site.ask("/-/ready")[0::2] == (503, b"not ready: draining\n")
    assert site.ask("/-/healthy")[0] == 200


def test_metrics_come_in_the_format_that_was_asked(site):
    status, fields, body = site.ask("/metrics", more="Accept: application/openmetrics-text\r\n")
    assert (status, body) == (200, b"s3gateway_requests_total 1\n")
    assert fields["content-type"] == "text/plain; version=1.0.0"
    site.ask("/metrics")
    assert site.accepts == ["application/openmetrics-text", ""]


def test_a_query_is_ignored(site):
    assert site.ask("/-/healthy?probe=1")[0] == 200


@pytest.mark.parametrize("path", ["/", "/-/", "/-/ready/", "/favicon.ico", "/%2d/ready", "*", "http://x/"])
def test_what_is_not_there_is_told_in_text(site, path):
    status, fields, body = site.ask(path)
    assert (status, body) == (404, b"not found\n")
    assert fields["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready", "/metrics", "/none"])
def test_head_is_get_without_the_body(site, path):
    status, fields, body = site.ask(path, "HEAD")
    assert body == b""
    got = site.ask(path)
    assert (status, fields["content-length"]) == (got[0], str(len(got[2])))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_other_methods_are_refused(site, method):
    status, fields, body = site.ask("/-/ready", method)
    assert (status, fields["allow"], body) == (405, "get, head", b"method not allowed\n")


def test_a_body_is_thrown_away(site):
    form = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n\r\nhello"
    assert site.ask("/-/ready", "POST", form)[0] == 405


def test_two_requests_on_one_connection(site):
    request = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
    assert site.send(request + request).count(b"HTTP/1.1 200 OK") == 2


def test_rubbish_is_refused_without_a_page(site):
    answer = site.send(b"\x16\x03\x01 rubbish\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"<" not in answer
