import socket
import ssl
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from gateway.proxy.carrier import carrier_for
from gateway.service.assembly import assemble, make_ids, warnings_about
from gateway.service.config import SECTIONS, keys_of, make_config, read_config
from gateway.service.ini import ConfigError
from gateway.service.running import files_for
from gateway.service.self_signed import make_self_signed
from gateway.service.serving import Serving
from gateway.service.shared import Numbers
from tests.carriers import CARRIER, on_reactor
from tests.service.twistd import CREDENTIALS


@pytest.fixture
def directory(tmp_path):
    tls = make_self_signed(tmp_path / "tls", ["localhost"], datetime.now(UTC))
    (tmp_path / "key.pem").write_bytes(tls.identity.key.read_bytes())
    (tmp_path / "cert.pem").write_bytes(tls.identity.certificate.read_bytes())
    (tmp_path / "credentials").write_text(CREDENTIALS)
    (tmp_path / "credentials").chmod(0o600)
    return tmp_path


def warnings_of(directory, settings):
    config = make_config(directory, settings)
    return warnings_about(config, config.backend.endpoint_url)


def put_together(config, reactor):
    return on_reactor(lambda: assemble(config, carrier_for(reactor), reactor, Numbers()))


class Noting:
    """A section of the configuration that notes which of its keys are read."""

    def __init__(self, name, section, read):
        self._note = lambda key: read.add((name, key))
        self._section = section

    def __getattr__(self, key):
        self._note(key)
        return getattr(self._section, key)


HAVE_ONE_VALUE = {
    ("gateway", "replay"),
}
"""Keys of parts that are not built yet: the configuration refuses every other value."""

READ_BY_TAP = {("gateway", "admin"), ("gateway", "drain_delay"), ("gateway", "workers")}

READ_FOR_SOAP_STORES = {("backend", "wsdl")}


def test_no_key_is_ignored(directory, reactor):
    config = make_config(directory, {("backend", "endpoint_url"): "https://localhost:1"})
    read = set()
    noted = SimpleNamespace(
        path=None, **{name: Noting(name, getattr(config, name), read) for name in SECTIONS}
    )
    assembly = put_together(noted, reactor)

    def run():
        files_for(noted.limits)
        serving = Serving(noted, assembly, [], carrier=carrier_for(reactor), reactor=reactor)
        with socket.socket() as silent:
            serving._accept(SimpleNamespace(socket=silent, endpoint=None)).stop()
        serving.start()
        return serving.stop()

    on_reactor(run)
    every = {(section, key) for section in SECTIONS for key in keys_of(section)}
    assert every - read == HAVE_ONE_VALUE | READ_BY_TAP | READ_FOR_SOAP_STORES


def test_limits_reach_the_parts_that_keep_them(directory, reactor):
    limits = {
        "head_timeout": "1.25",
        "body_timeout": "2.25",
        "body_bytes": "3",
        "idle_timeout": "4.25",
        "write_timeout": "5.25",
        "linger_seconds": "6.25",
        "linger_bytes": "7",
        "connect_timeout": "8.25",
        "answer_timeout": "9.25",
        "max_backend_connections": "10",
    }
    settings = {("limits", key): value for key, value in limits.items()}
    assembly = put_together(make_config(directory, settings), reactor)
    front, store = assembly.front.limits, assembly.upstream.limits
    assert (front.head_seconds, front.body_seconds, front.body_bytes) == (1.25, 2.25, 3)
    assert (front.idle_seconds, front.stall_seconds) == (4.25, 5.25)
    assert (front.linger_seconds, front.linger_bytes) == (6.25, 7)
    assert (store.connect_seconds, store.answer_seconds, store.stall_seconds) == (8.25, 9.25, 5.25)
    assert store.max_connections == 10


def test_soap_is_what_the_configuration_says(directory, reactor):
    settings = {
        ("gateway", "domains"): "s3.example.com",
        ("gateway", "public_url"): "https://s3.example.com/soap",
        ("gateway", "soap_path"): "/old",
        ("gateway", "attachments"): "mime",
        ("credentials", "anonymous"): "allow",
        ("limits", "max_soap_message"): "1",
        ("limits", "max_inline_data"): "2",
        ("limits", "max_inline_answer"): "3",
        ("limits", "max_object"): "4",
    }
    soap = put_together(make_config(directory, settings), reactor).front.cells[0].front
    assert (soap.domains, soap.public_url, soap.soap_path) == (
        ("s3.example.com",),
        "https://s3.example.com/soap",
        "/old",
    )
    assert soap.anonymous
    assert soap.max_soap_message == 1
    limits = soap.limits
    assert (limits.max_inline_data, limits.max_inline_answer, limits.max_object) == (2, 3, 4)
    assert soap.attachments == "mime"
    assert soap.secret_of("AKALICE") == "alices+secret/key"
    assert soap.now().tzinfo is UTC


def test_every_secure_endpoint_has_its_context(directory, reactor):
    (directory / "certificates").mkdir()
    pair = (directory / "key.pem").read_text() + (directory / "cert.pem").read_text()
    (directory / "certificates" / "default.pem").write_text(pair)
    listen = "tcp:1\nssl:2:privateKey=key.pem:certKey=cert.pem\ntls:certificates:3"
    config = make_config(directory, {("gateway", "listen"): listen})
    tls = put_together(config, reactor).tls
    assert [endpoint.port for endpoint in tls] == [2, 3]
    if CARRIER == "native":
        assert all(isinstance(context(), ssl.SSLContext) for context in tls.values())


def test_every_certificate_that_cannot_be_used_is_a_line(directory, reactor):
    (directory / "gateway.ini").write_text(
        "[gateway]\nlisten =\n  ssl:1:privateKey=none.pem\n  tls:nowhere:2\n"
    )
    config = read_config(directory / "gateway.ini")
    with pytest.raises(ConfigError) as caught:
        put_together(config, reactor)
    first, second = caught.value.lines
    assert first.startswith(
        f"{directory}/gateway.ini:3: [gateway] listen: {directory}/none.pem: cannot be read"
    )
    assert second.startswith(
        f"{directory}/gateway.ini:4: [gateway] listen: {directory}/nowhere: cannot be read"
    )


@pytest.mark.parametrize("content", [None, "nothing"])
def test_a_ca_bundle_that_cannot_be_used_is_a_line(directory, reactor, content):
    if content:
        (directory / "ca.pem").write_text(content)
    settings = {("backend", "endpoint_url"): "https://store", ("backend", "ca_bundle"): "ca.pem"}
    with pytest.raises(ConfigError) as caught:
        put_together(make_config(directory, settings), reactor)
    (line,) = caught.value.lines
    assert line.startswith(f"[backend] ca_bundle: {directory}/ca.pem: ")


def test_requests_under_way_are_those_of_busy_connections(directory, reactor):
    assembly = put_together(make_config(directory, {}), reactor)
    for busy in (True, False, True):
        assembly.front.connections.add(type("Connection", (), {"busy": busy})())
    assembly.counters.look()
    assert assembly.numbers.totals()["in_flight",] == 2


def test_requests_are_named_as_s3_names_them():
    ids = make_ids(lambda count: bytes(range(count)))
    assert ids().request_id == "0001020304050607"
    assert len(ids().host_id) == 64
    assert ids() == ids()


def test_nothing_to_warn_of(directory):
    assert warnings_of(directory, {}) == ()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({("gateway", "listen"): "tcp:1"}, "every SOAP call will be refused"),
        ({("limits", "tls_minimum"): "1.0"}, "tls_minimum = 1.0"),
        ({("backend", "payload_signing_enabled"): "false"}, "over plain HTTP"),
        ({("backend", "protocol"): "soap"}, "SOAP travels to the store over plain HTTP"),
    ],
)
def test_what_an_operator_should_know(directory, settings, said):
    (warning,) = warnings_of(directory, settings)
    assert said in warning


@pytest.mark.parametrize(
    "settings",
    [
        {("gateway", "listen"): "tcp:1", ("gateway", "trusted_proxies"): "10.0.0.0/8"},
        {("backend", "payload_signing_enabled"): "false", ("backend", "endpoint_url"): "https://store"},
        {("backend", "payload_signing_enabled"): "true"},
        {("backend", "protocol"): "soap", ("backend", "endpoint_url"): "https://store/soap"},
    ],
)
def test_what_needs_no_warning(directory, settings):
    assert warnings_of(directory, settings) == ()
