"""Serving clients in one process; the rest of it is seen in test_running and test_tap."""

import pytest

from gateway.service.serving import Serving
from gateway.service.tls import CertificateError


class Tls:
    def __init__(self, error=None):
        self.error = error
        self.reloads = 0

    def reload(self):
        self.reloads += 1
        if self.error:
            raise self.error


class Endpoint:
    def __init__(self, description):
        self.description = description


@pytest.fixture
def serving():
    assembly = type("Assembly", (), {})()
    assembly.tls = {Endpoint("ssl:1"): Tls(CertificateError("a.pem: nothing")), Endpoint("ssl:2"): Tls()}
    return Serving(None, assembly, [], carrier=None, reactor=None)


def test_a_bad_certificate_stays_as_it_was_and_the_others_are_read(serving, logged):
    serving.reload()
    assert [tls.reloads for tls in serving._assembly.tls.values()] == [1, 1]
    assert logged == [
        "The certificate of ssl:1 stays as it was: a.pem: nothing",
        "Read the certificate of ssl:2.",
    ]
    assert serving.unready() == ""
    assert serving.pids() == ()
