"""A certificate for the gateway when the operator has none: signed by a private CA of its own.

The CA's file is what operators put into the trust store of their old programs, so it stays the
same when the certificate is renewed. Everything is chosen for clients of 2008, Java 6 and .NET 2:
RSA 2048 and SHA-256, the name both as CN and as subject alternative name, only the usual
extensions (RFC 5280, 4.2.1). `s3.amazonaws.com` is among the names, because programs whose
address can not be changed are moved by DNS (wire rule 25).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.service.tls import CertificateError, Identity, is_address

KEY_BITS = 2048

CA_LIFETIME = timedelta(days=20 * 365)

LIFETIME = timedelta(days=730)

RENEWED_BEFORE = timedelta(days=60)
"""How long before its end a certificate is replaced."""

CLOCKS_APART = timedelta(days=1)
"""How far a client's clock may be behind ours."""

ALWAYS = ("localhost", "s3.amazonaws.com", "127.0.0.1", "::1")
"""Names that are in every certificate."""

LONGEST_COMMON_NAME = 64
"""Characters; ub-common-name of RFC 5280, appendix A."""

_Pair = tuple[x509.Certificate, rsa.RSAPrivateKey]


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """What was made or found: `ca` is the file for clients, `identity` the gateway's own."""

    ca: Path
    identity: Identity


def make_self_signed(directory: Path, domains: Iterable[str], now: datetime) -> SelfSigned:
    """Return the certificate in a directory, made or renewed where that is needed.

    It is kept while it has the names wanted, is not near its end and was signed by the CA there.
    The CA is kept until it would end before a certificate that it signs today.

    Args:
        directory: Made when it is not there, for its owner alone.
        domains: Host names, each with all names below it, or IP addresses.
        now: The time, with its zone.

    Raises:
        CertificateError: A file can not be read or written, or is none of ours.

    """
    ca_file, ca_key_file = directory / "ca.pem", directory / "ca.key"
    identity = Identity(directory / "server.pem", directory / "server.key")
    names = _names(domains)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        ca = _load(ca_file, ca_key_file)
        if ca is None or ca[0].not_valid_after_utc < now + LIFETIME:
            ca = _make_ca(now)
            _save(ca_file, ca_key_file, ca)
        server = _load(identity.certificate, identity.key)
        if server is None or not _good(server[0], ca[0], names, now):
            _save(identity.certificate, identity.key, _make_server(names, ca, now))
    except OSError as error:
        raise CertificateError(f"{error.filename or directory}: {error.strerror}") from error
    return SelfSigned(ca_file, identity)


def _names(domains: Iterable[str]) -> tuple[str, ...]:
    """Return all names of a certificate, the domains before their wildcards and `ALWAYS`, each once."""
    given = dict.fromkeys((*(domain.lower() for domain in domains), *ALWAYS))
    # `*.localhost` would be ignored by some clients, and by others the whole certificate with it.
    wildcards = (f"*.{name}" for name in given if "." in name and not is_address(name))
    return tuple(dict.fromkeys((*given, *wildcards)))


def _good(certificate: x509.Certificate, ca: x509.Certificate, names: tuple[str, ...], now: datetime) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
        value = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return set(value) == set(_general(names)) and now + RENEWED_BEFORE < certificate.not_valid_after_utc


def _general(names: tuple[str, ...]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name) for name in names]


def _make_ca(now: datetime) -> _Pair:
    key = rsa.generate_private_key(65537, KEY_BITS)
    # A name of its own: trust stores that hold the CAs of two gateways find CAs by their names.
    name = _subject(f"s3gateway private CA {token_hex(4)}")
    builder = (
        _begin(name, name, key, now, CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
    )
    return builder.sign(key, SHA256()), key


def _make_server(names: tuple[str, ...], ca: _Pair, now: datetime) -> _Pair:
    key = rsa.generate_private_key(65537, KEY_BITS)
    issuer = ca[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    subject = _subject(next(name for name in (*names, "s3gateway") if len(name) <= LONGEST_COMMON_NAME))
    builder = (
        _begin(subject, ca[0].subject, key, now, LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .add_extension(x509.SubjectAlternativeName(_general(names)), critical=False)
    )
    return builder.sign(ca[1], SHA256()), key


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _begin(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_APART)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_encipherment=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _load(certificate: Path, key: Path) -> _Pair | None:
    """Return a pair of files, None when either is not there.

    Raises:
        CertificateError: One of them holds something else.

    """
    if not (certificate.exists() and key.exists()):
        return None
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateError(
            f"{certificate}: it or {key.name} is none of the gateway's; remove both to have them made anew"
        ) from error
    if not isinstance(private, rsa.RSAPrivateKey) or private.public_key() != loaded.public_key():
        raise CertificateError(
            f"{certificate}: it does not belong to {key.name}; remove both to have them made anew"
        )
    return loaded, private


def _save(certificate: Path, key: Path, pair: _Pair) -> None:
    """Write both files, each whole or not at all, the key for its owner alone."""
    pem = pair[1].private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    _write(key, pem, 0o600)
    _write(certificate, pair[0].public_bytes(Encoding.PEM), 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    new.replace(path)
