"""TLS contexts, of the carrier of this process where sockets are needed and else of both."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from gateway.service.tls import (
    TICKETS,
    CertificateError,
    Identity,
    ServerTls,
    client_context,
    identities_in,
    server_context,
)
from tests.carriers import PATIENCE, eventually
from tests.proxy.connections import Recorder, Server, Shell

both = pytest.mark.parametrize("carrier", ["native", "twisted"])

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def make(name: str, *names: str, key: Key | None = None, signer: Key | None = None) -> tuple[bytes, bytes]:
    """Return a certificate for names, by itself or by another key, and its key; both PEM."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if names:
        san = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(san, critical=False)
    certificate = builder.sign(signer or key, SHA256())
    return certificate.public_bytes(Encoding.PEM), pem(key)


def pem(key: Key, passphrase: bytes = b"") -> bytes:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory as `tls:` takes it: one.test, *.two.test, and default.pem without names."""
    write(tmp_path / "a.pem", b"".join(make("One", "one.test", "Also.One.test")))
    write(tmp_path / "b.pem", b"".join(make("Two", "*.two.test")))
    write(tmp_path / "named.test.pem", b"".join(make("Named")))
    write(tmp_path / "default.pem", b"".join(make("Default")))
    write(tmp_path / "README", b"no certificate")
    return tmp_path


def served(
    server: Server, name: str | None, settle: Callable[[ssl.SSLContext], None] = lambda _: None
) -> Any:
    """Shake hands as a client that trusts everybody; return the common name it was shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    settle(context)
    with context.wrap_socket(server.plain(), server_hostname=name) as client:
        client.settimeout(PATIENCE)
        shown = x509.load_der_x509_certificate(client.getpeercert(binary_form=True))
        (common_name,) = shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return common_name.value, client.version(), client.selected_alpn_protocol()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("one.test", "One"),
        ("ONE.TEST", "One"),
        ("also.one.test", "One"),
        ("bucket.two.test", "Two"),
        ("two.test", "Default"),
        ("a.bucket.two.test", "Default"),
        ("named.test", "Named"),
        ("unknown.test", "Default"),
        (None, "Default"),
    ],
)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_name_asked_for_chooses_the_certificate(
    shell: Shell, directory: Path, name: str | None, shown: str, version: ssl.TLSVersion
) -> None:
    server = shell.serve(tls=server_context(shell.carrier.name, identities_in(directory)))

    def only(context: ssl.SSLContext) -> None:
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["h2", "http/1.1"])

    assert served(server, name, only) == (shown, version.name.replace("_", "."), "http/1.1")


def test_without_a_default_the_first_name_is_it(directory: Path) -> None:
    (directory / "default.pem").unlink()
    assert [identity.certificate.name for identity in identities_in(directory)] == [
        "a.pem",
        "b.pem",
        "named.test.pem",
    ]


def test_a_client_of_http_2_alone_is_not_promised_it(shell: Shell) -> None:
    server = shell.secured()
    assert served(server, None, lambda context: context.set_alpn_protocols(["h2"]))[2] is None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_1_1_is_refused_unless_asked_for(shell: Shell) -> None:
    def old(context: ssl.SSLContext) -> None:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError):
        served(shell.secured(), "localhost", old)
    identities = [shell.certificate.identity]
    server = shell.serve(tls=server_context(shell.carrier.name, identities, "1.0"))
    assert served(server, "localhost", old)[1] == "TLSv1.1"
    assert served(server, "localhost")[1] == "TLSv1.3"


def test_tls_1_3_alone_can_be_asked_for(shell: Shell) -> None:
    def older(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    identities = [shell.certificate.identity]
    server = shell.serve(tls=server_context(shell.carrier.name, identities, "1.3"))
    with pytest.raises(ssl.SSLError):
        served(server, "localhost", older)
    assert served(server, "localhost")[1] == "TLSv1.3"


def test_a_chain_is_sent_whole(shell: Shell, tmp_path: Path) -> None:
    """A client that has only the root finds its way to it."""
    certificate, key = make("Leaf", "localhost")
    other, _ = make("Other")
    identity = Identity(write(tmp_path / "chain.pem", certificate + other), write(tmp_path / "key.pem", key))
    server = shell.serve(tls=server_context(shell.carrier.name, [identity]))
    assert served(server, "localhost")[0] == "Leaf"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_goes_on_again_and_again(shell: Shell, tmp_path: Path, version: ssl.TLSVersion) -> None:
    certificate, key = make("Localhost", "localhost")
    identity = Identity(write(tmp_path / "a.pem", certificate), write(tmp_path / "a.key", key))
    server = shell.serve(
        tls=server_context(shell.carrier.name, [identity]),
        received=lambda connection, data: connection.send(data),
    )
    context = ssl.create_default_context(cafile=str(identity.certificate))
    context.minimum_version = context.maximum_version = version
    session, resumed = None, []
    for _ in range(3):
        with context.wrap_socket(server.plain(), server_hostname="localhost", session=session) as client:
            client.sendall(b"hello")  # in TLS 1.3 the ticket comes behind the handshake
            assert client.recv(5) == b"hello"
            session = client.session
            resumed.append(client.session_reused)
    assert resumed == [False, True, True]


def test_a_handshake_gives_one_ticket_where_the_carrier_can_say_so(tmp_path: Path) -> None:
    certificate, key = make("A")
    identity = Identity(write(tmp_path / "a.pem", certificate), write(tmp_path / "a.key", key))
    assert server_context("native", [identity]).num_tickets == TICKETS == 1


def test_a_reload_serves_the_new_files_and_a_failed_one_the_old(shell: Shell, tmp_path: Path) -> None:
    path = write(tmp_path / "a.pem", b"".join(make("Before")))
    tls = ServerTls(shell.carrier.name, lambda: identities_in(tmp_path))
    server = shell.serve(tls=tls())
    assert served(server, None)[0] == "Before"
    write(path, b"".join(make("After")))
    tls.reload()
    server.context = tls()
    assert served(server, None)[0] == "After"
    write(path, make("Later")[0])
    with pytest.raises(CertificateError):
        tls.reload()
    assert server.context is tls()
    assert served(server, None)[0] == "After"


@both
def test_each_mistake_in_files_is_a_line_that_names_the_file(tmp_path: Path, carrier: str) -> None:
    certificate, key = make("A")
    other = make("B")[1]
    locked = pem(ec.generate_private_key(ec.SECP256R1()), b"secret")
    good = write(tmp_path / "good.pem", certificate)
    keys = write(tmp_path / "good.key", key)
    cases = {
        (tmp_path / "none.pem", keys): "none.pem: cannot be read: No such file or directory",
        (good, tmp_path / "none.key"): "none.key: cannot be read: No such file or directory",
        (keys, keys): "good.key: has no certificate in PEM form",
        (good, good): "good.pem: has no private key in PEM form",
        (
            good,
            write(tmp_path / "locked.key", locked),
        ): "locked.key: the private key has a passphrase; store it without",
        (
            good,
            write(tmp_path / "other.key", other),
        ): f"good.pem: its first certificate does not belong to the key in {tmp_path}/other.key",
    }
    for (first, second), line in cases.items():
        with pytest.raises(CertificateError) as caught:
            server_context(carrier, [Identity(first, second)])
        assert str(caught.value) == f"{tmp_path}/{line}"


@both
def test_what_openssl_refuses_is_a_line_too(tmp_path: Path, carrier: str) -> None:
    certificate, key = make("Weak", key=rsa.generate_private_key(65537, 1024))
    path = write(tmp_path / "weak.pem", certificate + key)
    with pytest.raises(CertificateError, match=r"weak\.pem: OpenSSL refuses it: ee key too small"):
        server_context(carrier, [Identity(path, path)])


def test_a_directory_without_certificates_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"has no file NAME\.pem with a key and a certificate"):
        identities_in(tmp_path)
    with pytest.raises(CertificateError, match="none: cannot be read: No such file or directory"):
        identities_in(tmp_path / "none")


@both
def test_a_ca_bundle_that_is_none_is_a_line(tmp_path: Path, carrier: str) -> None:
    with pytest.raises(CertificateError, match="none: cannot be read: No such file or directory"):
        client_context(carrier, tmp_path / "none")
    with pytest.raises(CertificateError, match=r"key\.pem: has no certificate in PEM form"):
        client_context(carrier, write(tmp_path / "key.pem", make("A")[1]))


def test_the_cas_of_the_system_do_not_know_ours(shell: Shell) -> None:
    server = shell.secured()
    context = client_context(shell.carrier.name)
    shell.dial("127.0.0.1", server.port, tls=("localhost", context))
    (reason,) = eventually(lambda: shell.failures)
    assert reason.startswith("the certificate is not accepted")


@pytest.mark.parametrize("names", [["*.localhost", "one.test"], ["a*b.one.test"], []])
def test_a_certificate_with_unreadable_names_is_good_for_no_other(
    shell: Shell, tmp_path: Path, names: list[str]
) -> None:
    """Twisted's own check lets every name pass when one in the certificate can not be read."""
    certificate, key = make("Odd", *names)
    path = write(tmp_path / "odd.pem", certificate + key)
    server = shell.serve(tls=server_context(shell.carrier.name, [Identity(path, path)]))
    ca = write(tmp_path / "ca.pem", certificate)

    def began(connection: Recorder) -> None:
        raise AssertionError("the name was not checked")

    shell.dial("127.0.0.1", server.port, tls=shell.client_tls("other.test", ca), began=began)
    (reason,) = eventually(lambda: shell.failures)
    assert reason.startswith("the certificate is not accepted")
    assert "other.test" in reason
