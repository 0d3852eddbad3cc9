"""Where a call of the command line goes: the address, whom to trust there, and as whom.

What is said on the command line wins; the rest comes from the gateway's own configuration when one is named,
else from defaults. No secret is ever part of a text made here.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.service.config import Config
from gateway.service.ini import ConfigError, read_ini

DEFAULT_ENDPOINT: Final = "https://localhost:8443/soap"
LOCAL: Final = ("", "0.0.0.0", "::", "127.0.0.1", "::1")  # noqa: S104 - compared, never bound
"""Interfaces that are reached as localhost, the name that a certificate made for them has."""


def endpoint_of(config: Config | None, given: str | None) -> str:
    """Return the address to call: the given one, else the configuration's, else the default.

    Raises:
        ConfigError: It is no address, or the configuration listens on no port with TLS.

    """
    if given is None:
        return DEFAULT_ENDPOINT if config is None else _own_endpoint(config)
    if urlsplit(given).scheme not in {"http", "https"} or not urlsplit(given).hostname:
        raise ConfigError(f"{given!r} is no address; write https://HOST:PORT/PATH")
    return given


def _own_endpoint(config: Config) -> str:
    if config.gateway.public_url:
        return config.gateway.public_url
    for endpoint in config.gateway.listen:
        if endpoint.secure and endpoint.port:
            host = "localhost" if endpoint.interface in LOCAL else endpoint.interface
            host = f"[{host}]" if ":" in host else host
            return f"https://{host}:{endpoint.port}{config.gateway.soap_path}"
    raise ConfigError(f"{config.path}: listens on no port with TLS; name its address with --endpoint")


def trust_of(config: Config | None, given: Path | None) -> ssl.SSLContext:
    """Return whose certificates are believed: those in the given file alone, else the system's.

    With a configuration also the certificates it serves: whoever can name the file can read them.

    Raises:
        ConfigError: A file has no certificates.

    """
    if given is not None:
        return _trusting(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), given)
    context = ssl.create_default_context()
    for endpoint in config.gateway.listen if config else ():
        if endpoint.certificate is not None:
            _trusting(context, endpoint.certificate)
    return context


def _trusting(context: ssl.SSLContext, file: Path) -> ssl.SSLContext:
    """Return `context`, believing the certificates in `file` too, be they authorities' or not."""
    try:
        context.load_verify_locations(file)
    except OSError as error:
        raise ConfigError(f"{file}: no certificates that can be read: {error.strerror or error}") from error
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context


def keys_of(config: Config | None, given: Path | None, profile: str | None) -> tuple[str, str]:
    """Return access key and secret to sign with.

    Args:
        config: The gateway's configuration; its credentials are used when no file is given.
        given: A file in the form of AWS's shared credentials.
        profile: The profile in it; by default `default`, or the only one.

    Raises:
        ConfigError: There is no file, no such profile, or no key in it.

    """
    file = given or (config.credentials.file if config else None)
    if file is None:
        raise ConfigError("nobody to sign as: name --credentials FILE or --config FILE, or call --anonymous")
    ini = read_ini(file)
    names = list(ini.sections)
    name = profile or (names[0] if len(names) == 1 else "default")
    if name not in names:
        raise ConfigError(f"{file}: there is no profile {name}; it has {', '.join(names) or 'none'}")
    entries = {entry.key: entry.text for entry in ini.entries if entry.section == name}
    for key in ("aws_access_key_id", "aws_secret_access_key"):
        if not entries.get(key):
            raise ConfigError(f"{file}: [{name}] has no {key}")
    return entries["aws_access_key_id"], entries["aws_secret_access_key"]
