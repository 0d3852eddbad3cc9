"""The certificate that the gateway makes when it is given none."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.service.self_signed import CA_LIFETIME, LIFETIME, RENEWED_BEFORE, SelfSigned, make_self_signed
from gateway.service.tls import CertificateError
from tests.proxy.connections import Shell

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def files(made: SelfSigned) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in made.ca.parent.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    """Return one that tests only look at."""
    directory = tmp_path_factory.mktemp("made") / "below" / "tls"
    return make_self_signed(directory, ["S3.example.test", "192.0.2.1", "localhost"], NOW)


def test_its_names_are_the_domains_those_below_and_what_programs_are_moved_from(made: SelfSigned) -> None:
    certificate = load(made.identity.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "s3.example.test",
        "localhost",
        "s3.amazonaws.com",
        "*.s3.example.test",
        "*.s3.amazonaws.com",
    ]
    assert names.get_values_for_type(x509.IPAddress) == [
        ip_address("192.0.2.1"),
        ip_address("127.0.0.1"),
        ip_address("::1"),
    ]
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "s3.example.test"


def test_it_is_what_clients_of_2008_understand(made: SelfSigned) -> None:
    for path in (made.ca, made.identity.certificate):
        certificate = load(path)
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size == 2048
        assert certificate.signature_hash_algorithm is not None
        assert certificate.signature_hash_algorithm.name == "sha256"
    known = {
        "basicConstraints",
        "keyUsage",
        "extendedKeyUsage",
        "subjectAltName",
        "subjectKeyIdentifier",
        "authorityKeyIdentifier",
    }
    assert {extension.oid._name for extension in load(made.identity.certificate).extensions} == known


def test_its_keys_are_for_their_owner_alone(made: SelfSigned) -> None:
    assert made.ca.parent.stat().st_mode & 0o777 == 0o700
    for name in ("ca.key", "server.key"):
        assert (made.ca.parent / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "gateway.test", "bucket.s3.amazonaws.com"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_with_the_ca_file_accepts_it(shell: Shell, name: str, version: ssl.TLSVersion) -> None:
    client = shell.secured(began=lambda connection: connection.send(b"hello")).tls(version, name)
    assert client.recv(100) == b"hello"


def test_a_strict_client_accepts_it(made: SelfSigned) -> None:
    """RFC 5280 to the letter, as Python asks for by default from 3.13 on."""
    authority = load(made.ca)
    verifier = (
        x509.verification.PolicyBuilder()
        .store(x509.verification.Store([authority]))
        .time(NOW + DAY)
        .build_server_verifier(x509.DNSName("bucket.s3.example.test"))
    )
    assert verifier.verify(load(made.identity.certificate), []) == [
        load(made.identity.certificate),
        authority,
    ]


def test_it_is_used_again(tmp_path: Path) -> None:
    before = files(make_self_signed(tmp_path, ["a.test", "b.test"], NOW))
    assert sorted(before) == ["ca.key", "ca.pem", "server.key", "server.pem"]
    again = make_self_signed(tmp_path, ["b.test", "a.test"], NOW + LIFETIME - RENEWED_BEFORE - DAY)
    assert files(again) == before


def test_it_is_renewed_before_its_end_and_the_ca_is_kept(tmp_path: Path) -> None:
    before = files(make_self_signed(tmp_path, ["a.test"], NOW))
    later = NOW + LIFETIME - RENEWED_BEFORE
    made = make_self_signed(tmp_path, ["a.test"], later)
    after = files(made)
    assert {name for name in after if after[name] != before[name]} == {"server.key", "server.pem"}
    assert load(made.identity.certificate).not_valid_after_utc == later + LIFETIME


def test_it_is_renewed_for_other_names(tmp_path: Path) -> None:
    before = files(make_self_signed(tmp_path, ["a.test"], NOW))
    after = files(make_self_signed(tmp_path, ["b.test"], NOW))
    assert {name for name in after if after[name] != before[name]} == {"server.key", "server.pem"}


def test_a_ca_near_its_end_is_renewed_with_all_that_it_signed(tmp_path: Path) -> None:
    before = files(make_self_signed(tmp_path, [], NOW))
    made = make_self_signed(tmp_path, [], NOW + CA_LIFETIME - LIFETIME + DAY)
    assert all(files(made)[name] != before[name] for name in before)
    load(made.identity.certificate).verify_directly_issued_by(load(made.ca))


def test_without_its_ca_all_is_made_anew(tmp_path: Path) -> None:
    before = files(make_self_signed(tmp_path, [], NOW))
    (tmp_path / "ca.key").unlink()
    after = files(make_self_signed(tmp_path, [], NOW))
    assert all(after[name] != before[name] for name in before)


def test_what_was_left_by_an_interrupted_write_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "ca.key.new").write_bytes(b"half")
    make_self_signed(tmp_path, [], NOW)
    assert not (tmp_path / "ca.key.new").exists()


def test_a_domain_too_long_for_a_common_name_is_a_name_all_the_same(tmp_path: Path) -> None:
    domain = f"{'a' * 60}.example.test"
    certificate = load(make_self_signed(tmp_path, [domain], NOW).identity.certificate)
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "localhost"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert domain in names.get_values_for_type(x509.DNSName)


@pytest.mark.parametrize(
    ("name", "content"),
    [("ca.pem", b"mine"), ("server.key", b"mine")],
)
def test_a_file_of_somebody_elses_is_not_overwritten(tmp_path: Path, name: str, content: bytes) -> None:
    make_self_signed(tmp_path, [], NOW)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        CertificateError, match="is none of the gateway's; remove both to have them made anew"
    ):
        make_self_signed(tmp_path, [], NOW)
    assert (tmp_path / name).read_bytes() == content


def test_a_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    make_self_signed(tmp_path, [], NOW)
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "server.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(CertificateError, match=r"server\.pem: it does not belong to server\.key"):
        make_self_signed(tmp_path, [], NOW)


def test_a_directory_that_can_not_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CertificateError, match=r"file: (File exists|Not a directory)"):
        make_self_signed(tmp_path / "file", [], NOW)
