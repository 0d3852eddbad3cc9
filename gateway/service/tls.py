"""TLS contexts for both carriers, from certificate and key files.

The native carrier takes Python's `ssl.SSLContext`, Twisted's takes pyOpenSSL's behind the two
interfaces that Twisted asks for. Both are set alike: TLS 1.2 and later unless told otherwise
(wire rule 25), HTTP/1.1 alone by ALPN, no renegotiation, and the certificate chosen by the name
a client asks for (SNI, RFC 6066, 3), a default one for clients that ask for none.

A context in use is never changed: Python would serve a half-loaded pair and pyOpenSSL refuses.
A new one is built and checked first, and then takes its place.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import CertificateError as UnusableNames
from service_identity import VerificationError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator
from twisted.python.failure import Failure
from zope.interface import implementer

ALPN = "http/1.1"

DEFAULT_NAME = "default"
"""A directory's file of this name, `default.pem`, is for clients that ask for no name we have."""

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:AESGCM:AES128-SHA256:!aNULL:!PSK"
"""For TLS 1.2, forward secrecy first; the last ones are for clients of its first years."""

OLD_CIPHERS = "DEFAULT:@SECLEVEL=0"
"""With `tls_minimum` below 1.2: OpenSSL counts SHA-1 in signatures, which TLS 1.0 needs, as level 0."""

TICKETS = 1
"""What a whole handshake of TLS 1.3 gives, where the carrier can say so: docs/decisions/tls-handshakes.md."""

_VERSIONS = {
    "1.0": (ssl.TLSVersion.TLSv1, SSL.TLS1_VERSION),
    "1.1": (ssl.TLSVersion.TLSv1_1, SSL.TLS1_1_VERSION),
    "1.2": (ssl.TLSVersion.TLSv1_2, SSL.TLS1_2_VERSION),
    "1.3": (ssl.TLSVersion.TLSv1_3, SSL.TLS1_3_VERSION),
}

_C = TypeVar("_C")


class CertificateError(ValueError):
    """A certificate, key or CA file can not be used; one line that names the file and says why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its chain, and its key: PEM files, maybe one and the same.

    Attributes:
        certificate: The certificate, then its chain.
        key: Its private key, without a passphrase.
        names: Further names it is chosen for, beside those in the certificate.

    """

    certificate: Path
    key: Path
    names: tuple[str, ...] = ()


class ServerTls:
    """The TLS of one listener. Calling it gives the context of the next handshake.

    Args:
        carrier: The name of the carrier that takes the contexts, `native` or `twisted`.
        find: Finds the identities, the default one first; asked again at each reload.
        minimum: The lowest version that is spoken, `1.0` to `1.3`.

    Raises:
        CertificateError: One of the files can not be used.

    """

    def __init__(self, carrier: str, find: Callable[[], Sequence[Identity]], minimum: str = "1.2") -> None:
        self._carrier = carrier
        self._find = find
        self._minimum = minimum
        self._context: Any = None
        self.reload()

    def __call__(self) -> Any:
        """Return the context in use."""
        return self._context

    def reload(self) -> None:
        """Read all files again. Connections that stand keep what they have.

        Raises:
            CertificateError: One of them can not be used; the context stays as it was.

        """
        self._context = server_context(self._carrier, self._find(), self._minimum)


def identities_in(directory: Path) -> tuple[Identity, ...]:
    """Return the identities of a directory: each `NAME.pem` has a key, a certificate and its chain.

    The default is `default.pem`, without one the first by name.

    Raises:
        CertificateError: It can not be read, or has no such file.

    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".pem")
    except OSError as error:
        raise CertificateError(f"{directory}: cannot be read: {error.strerror}") from error
    if not paths:
        raise CertificateError(f"{directory}: has no file NAME.pem with a key and a certificate")
    paths.sort(key=lambda path: path.stem != DEFAULT_NAME)
    return tuple(Identity(path, path, (path.stem.lower(),)) for path in paths)


def server_context(carrier: str, identities: Sequence[Identity], minimum: str = "1.2") -> Any:
    """Return a context for `Carrier.accept`.

    Args:
        carrier: `native` or `twisted`.
        identities: The first is the default.
        minimum: The lowest version that is spoken.

    Raises:
        CertificateError: One of the files can not be used.

    """
    make = _native_context if carrier == "native" else _twisted_context
    contexts: dict[str, Any] = {}
    default: Any = None
    for identity in identities:
        names = (*identity.names, *_check(identity))
        try:
            context = make(identity, minimum)
        except (ssl.SSLError, SSL.Error) as error:
            raise CertificateError(f"{identity.certificate}: OpenSSL refuses it: {_reason(error)}") from error
        default = default or context
        for name in names:
            contexts.setdefault(name, context)
    if carrier == "native":
        default.sni_callback = _native_choice(contexts)
        return default
    default.set_tlsext_servername_callback(_twisted_choice(contexts))
    return _TwistedServer(default)


def client_context(carrier: str, ca_bundle: Path | None = None) -> Any:
    """Return a context for `Carrier.connect`: certificate and name are verified, from TLS 1.2 on.

    Args:
        carrier: `native` or `twisted`.
        ca_bundle: PEM file of the CAs to trust; None: those of the system.

    Raises:
        CertificateError: The bundle can not be used.

    """
    authorities = _certificates(ca_bundle, _read(ca_bundle)) if ca_bundle else []
    if carrier == "native":
        pem = "".join(each.public_bytes(Encoding.PEM).decode() for each in authorities)
        context = ssl.create_default_context(cadata=pem or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols([ALPN])
        return context
    twisted = SSL.Context(SSL.TLS_CLIENT_METHOD)
    twisted.set_min_proto_version(SSL.TLS1_2_VERSION)
    twisted.set_alpn_protos([ALPN.encode()])
    twisted.set_mode(SSL.MODE_RELEASE_BUFFERS)
    store = twisted.get_cert_store()
    assert store is not None
    for authority in authorities:
        store.add_cert(X509.from_cryptography(authority))
    if not authorities:
        twisted.set_default_verify_paths()
    return partial(_TwistedClient, twisted)


@implementer(IOpenSSLServerConnectionCreator)
class _TwistedServer:
    """Makes the TLS connections of Twisted's carrier."""

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803 - Twisted's names
        """Return the connection that will speak TLS for `tlsProtocol`."""
        del tlsProtocol
        return SSL.Connection(self._context, None)


@implementer(IOpenSSLClientConnectionCreator)
class _TwistedClient:
    """Makes the TLS connections of Twisted's carrier to a store of one name.

    Twisted's own `optionsForClientTLS` is not used: in 26.10 a certificate with a name that can not
    be read (`*.localhost`) makes its check of the name fail, and then every name is accepted.
    """

    def __init__(self, context: SSL.Context, name: str) -> None:
        self._context = context
        self._name = name
        self._id: DNS_ID | IPAddress_ID = IPAddress_ID(name) if is_address(name) else DNS_ID(name)

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803 - Twisted's names
        """Return the connection that will speak TLS for `tlsProtocol`."""

        def verify(_connection: SSL.Connection, certificate: X509, _error: int, depth: int, ok: int) -> bool:
            if not ok or depth:
                return bool(ok)
            try:
                verify_service_identity(extract_patterns(certificate), [self._id], [])
            except (VerificationError, UnusableNames) as error:
                reason = ConnectionError(f"the certificate is not accepted: it is not valid for {self._name}")
                reason.__cause__ = error
                tlsProtocol.failVerification(Failure(reason))
                return False
            return True  # anything else raised in here fails the handshake too: pyOpenSSL returns 0

        connection = SSL.Connection(self._context, None)
        if isinstance(self._id, DNS_ID):
            connection.set_tlsext_host_name(self._name.encode("idna"))
        connection.set_verify(SSL.VERIFY_PEER, verify)
        return connection


def is_address(name: str) -> bool:
    """Tell whether a name is an IP address: certificates name these apart from hosts."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _native_context(identity: Identity, minimum: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[minimum][0]
    context.set_ciphers(OLD_CIPHERS if minimum < "1.2" else CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols([ALPN])
    context.num_tickets = TICKETS
    context.load_cert_chain(identity.certificate, identity.key)
    return context


def _twisted_context(identity: Identity, minimum: str) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(_VERSIONS[minimum][1])
    context.set_cipher_list((OLD_CIPHERS if minimum < "1.2" else CIPHERS).encode())
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_COMPRESSION)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_id(ALPN.encode())
    context.set_alpn_select_callback(_twisted_alpn)
    context.use_certificate_chain_file(str(identity.certificate))
    context.use_privatekey_file(str(identity.key))
    return context


def _twisted_alpn(_connection: SSL.Connection, offered: list[bytes]) -> Any:
    return ALPN.encode() if ALPN.encode() in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _native_choice(contexts: Mapping[str, ssl.SSLContext]) -> Callable[..., None]:
    def choose(connection: ssl.SSLObject, name: str | None, _default: ssl.SSLContext) -> None:
        context = _named(contexts, name)
        if context is not None:
            connection.context = context

    return choose


def _twisted_choice(contexts: Mapping[str, SSL.Context]) -> Callable[[SSL.Connection], None]:
    def choose(connection: SSL.Connection) -> None:
        name = connection.get_servername()
        context = _named(contexts, name.decode("ascii", "replace") if name else None)
        if context is not None:
            connection.set_context(context)

    return choose


def _named(contexts: Mapping[str, _C], name: str | None) -> _C | None:
    """Return the context for a name; a wildcard stands for the first label alone (RFC 9525, 6.3)."""
    if not name:
        return None
    name = name.lower()
    return contexts.get(name) or contexts.get("*." + name.partition(".")[2])


def _check(identity: Identity) -> tuple[str, ...]:
    """Return the DNS names of a certificate, having seen that its key belongs to it."""
    certificate = _certificates(identity.certificate, _read(identity.certificate))[0]
    pem = _read(identity.key)
    try:
        key = load_pem_private_key(pem, None)
    except TypeError as error:
        raise CertificateError(
            f"{identity.key}: the private key has a passphrase; store it without"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"{identity.key}: has no private key in PEM form") from error
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*spki) != certificate.public_key().public_bytes(*spki):
        raise CertificateError(
            f"{identity.certificate}: its first certificate does not belong to the key in {identity.key}"
        )
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))


def _certificates(path: Path, pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateError(f"{path}: has no certificate in PEM form") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path}: cannot be read: {error.strerror}") from error


def _reason(error: ssl.SSLError | SSL.Error) -> str:
    """Return OpenSSL's reason from Python's or pyOpenSSL's wrapping of it."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    return error.args[0][-1][-1] if error.args and error.args[0] else "no reason given"
