"""The configuration: every key with its default, read once and before anything starts.

A section is a dataclass, a key one of its fields, and each field carries its default as an operator would
write it and the reader of its text; so defaults and files go the same way. What is not understood is a
mistake and never ignored: an unknown section or key, a key twice, and a setting whose part of the gateway
does not exist yet. All mistakes are told at once, a line each. `config.example.ini` says the same to
people, and a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from gateway.service.endpoints import Endpoint
from gateway.service.ini import ConfigError, Entry, Ini, Mistake, Source, read_ini
from gateway.service.settings import (
    Network,
    Reader,
    Wrong,
    choice,
    read_admin,
    read_bytes,
    read_count,
    read_delay,
    read_domains,
    read_endpoint_url,
    read_endpoints,
    read_flag,
    read_networks,
    read_optional_path,
    read_path,
    read_public_url,
    read_region,
    read_seconds,
    read_soap_path,
    read_workers,
)

__all__ = [
    "Backend",
    "Config",
    "ConfigError",
    "CredentialsSection",
    "Gateway",
    "Limits",
    "make_config",
    "read_config",
]


@dataclass(frozen=True, slots=True)
class Key:
    """What a field of a section is to an operator: its default, as a file would say it, and what reads it."""

    default: str
    reader: Reader[Any]


_LISTEN = """tcp:8080:interface=127.0.0.1
ssl:8443:interface=127.0.0.1:privateKey=key.pem:certKey=cert.pem"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """`[gateway]`: what clients see, and how it runs."""

    listen: Annotated[tuple[Endpoint, ...], Key(_LISTEN, read_endpoints)]
    domains: Annotated[tuple[str, ...], Key("localhost", read_domains)]
    public_url: Annotated[str, Key("", read_public_url)]
    soap_path: Annotated[str, Key("/soap", read_soap_path)]
    admin: Annotated[Endpoint | None, Key("tcp:9180:interface=127.0.0.1", read_admin)]
    workers: Annotated[int, Key("1", read_workers)]
    trusted_proxies: Annotated[tuple[Network, ...], Key("", read_networks)]
    rest_auth: Annotated[str, Key("verify", choice("verify", "pass"))]
    attachments: Annotated[str, Key("dime", choice("dime", "mime"))]
    etag: Annotated[str, Key("md5", choice("md5", "store"))]
    replay: Annotated[str, Key("off", choice("off", unbuilt=("refuse",)))]
    drain_timeout: Annotated[float, Key("30", read_seconds)]
    drain_delay: Annotated[float, Key("0", read_delay)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """`[backend]`: the store."""

    endpoint_url: Annotated[str, Key("http://127.0.0.1:9000", read_endpoint_url)]
    protocol: Annotated[str, Key("rest", choice("rest", "soap"))]
    region: Annotated[str, Key("us-east-1", read_region)]
    addressing_style: Annotated[str, Key("path", choice("path", "virtual"))]
    payload_signing_enabled: Annotated[bool | None, Key("", read_flag)]
    acl: Annotated[str, Key("pass", choice("pass", "drop"))]
    wsdl: Annotated[Path | None, Key("", read_optional_path)]
    ca_bundle: Annotated[Path | None, Key("", read_optional_path)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsSection:
    """`[credentials]`: whom we know."""

    file: Annotated[Path, Key("credentials", read_path)]
    anonymous: Annotated[str, Key("refuse", choice("refuse", "allow"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`[limits]`: sizes in bytes, times in seconds."""

    max_soap_message: Annotated[int, Key("2097152", read_bytes)]
    max_inline_data: Annotated[int, Key("1048576", read_bytes)]
    max_inline_answer: Annotated[int, Key("0", read_bytes)]
    max_object: Annotated[int, Key("5368709120", read_bytes)]
    linger_bytes: Annotated[int, Key("67108864", read_bytes)]
    linger_seconds: Annotated[float, Key("10", read_seconds)]
    tls_minimum: Annotated[str, Key("1.2", choice("1.0", "1.1", "1.2", "1.3"))]
    max_connections: Annotated[int, Key("4096", read_count)]
    max_connections_per_address: Annotated[int, Key("512", read_count)]
    max_backend_connections: Annotated[int, Key("256", read_count)]
    handshake_timeout: Annotated[float, Key("10", read_seconds)]
    head_timeout: Annotated[float, Key("20", read_seconds)]
    body_timeout: Annotated[float, Key("20", read_seconds)]
    body_bytes: Annotated[int, Key("8192", read_bytes)]
    idle_timeout: Annotated[float, Key("75", read_seconds)]
    write_timeout: Annotated[float, Key("60", read_seconds)]
    connect_timeout: Annotated[float, Key("5", read_seconds)]
    answer_timeout: Annotated[float, Key("60", read_seconds)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole configuration. Its paths are absolute.

    Attributes:
        path: The file it came from; None when there is none.
        gateway: What clients see, and how it runs.
        backend: The store.
        credentials: Whom we know.
        limits: Sizes and times.
        given: Section and key of every setting that was written and not left to its default.
        written: All of them as they were written, for a process that is to have the same configuration.
        directory: What relative paths in them start from.

    """

    path: Path | None = field(compare=False)
    gateway: Gateway
    backend: Backend
    credentials: CredentialsSection
    limits: Limits
    given: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)
    written: tuple[Entry, ...] = field(default=(), compare=False, repr=False)
    directory: Path = field(default=Path(), compare=False)


SECTIONS: dict[str, type[Any]] = {
    "gateway": Gateway,
    "backend": Backend,
    "credentials": CredentialsSection,
    "limits": Limits,
}
"""The sections, each named as the field of `Config` that it becomes."""


def keys_of(section: str) -> dict[str, Key]:
    """Return the keys of a section by name, in the order of the design."""
    hints = get_type_hints(SECTIONS[section], include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def read_config(path: Path) -> Config:
    """Read the configuration at `path`; relative paths in it start from its directory.

    Raises:
        ConfigError: A line for each mistake, in the order of the file.

    """
    path = path.absolute()
    return _understand(read_ini(path), Source(path, path.parent))


def make_config(directory: Path, settings: Mapping[tuple[str, str], str]) -> Config:
    """Make a configuration of defaults and `settings`, which maps section and key to what a file would say.

    Raises:
        ConfigError: The settings cannot be used; there is no file to name, so the lines name section and key.

    """
    entries = tuple(Entry(*name, 0, _parts(value)) for name, value in settings.items())
    return _understand(Ini(dict.fromkeys(SECTIONS, 0), entries, ()), Source(None, directory))


def to_text(config: Config) -> str:
    """Return a configuration as text for `from_text`, which asks for no file and is no secret."""
    path = None if config.path is None else str(config.path)
    return json.dumps([path, str(config.directory), [astuple(entry) for entry in config.written]])


def from_text(text: str) -> Config:
    """Return the configuration that another process wrote with `to_text`."""
    path, directory, written = json.loads(text)
    entries = tuple(
        Entry(section, key, line, tuple((number, part) for number, part in parts))
        for section, key, line, parts in written
    )
    source = Source(None if path is None else Path(path), Path(directory))
    return _understand(Ini(dict.fromkeys(SECTIONS, 0), entries, ()), source)


def _understand(ini: Ini, source: Source) -> Config:
    mistakes = [*ini.mistakes, *_unknown(ini)]
    given = {(entry.section, entry.key): entry for entry in ini.entries}
    sections: dict[str, Any] = {}
    for section, kind in SECTIONS.items():
        values: dict[str, Any] = {}
        for name, key in keys_of(section).items():
            entry = given.get((section, name)) or Entry(section, name, 0, _parts(key.default))
            try:
                values[name] = key.reader(entry, source)
            except Wrong as wrong:
                mistakes += (Mistake(line or entry.line, section, name, text) for line, text in wrong.found)
        if len(values) == len(keys_of(section)):
            sections[section] = kind(**values)
    mistakes += _contradictions(sections, given)
    if mistakes:
        raise ConfigError(*map(source.tell, sorted(mistakes, key=lambda mistake: mistake.line)))
    return Config(
        path=source.path,
        given=frozenset(given),
        written=ini.entries,
        directory=source.directory,
        **sections,
    )


def _contradictions(sections: Mapping[str, Any], given: Mapping[tuple[str, str], Entry]) -> Iterator[Mistake]:
    """Find settings that another one forbids."""
    if not {"gateway", "backend"} <= sections.keys():
        return  # what they say is not known
    soap = sections["backend"].protocol == "soap"
    if soap and sections["gateway"].rest_auth == "pass":
        entry = given["gateway", "rest_auth"]
        text = "a SOAP store cannot check what a REST client signed; write verify"
        yield Mistake(entry.line, entry.section, entry.key, text)
    if not soap and sections["backend"].wsdl is not None:
        entry = given["backend", "wsdl"]
        text = "a REST store has none; write protocol = soap, or leave it empty"
        yield Mistake(entry.line, entry.section, entry.key, text)


def _unknown(ini: Ini) -> Iterator[Mistake]:
    """Find sections and keys that nobody reads."""
    for section, line in ini.sections.items():
        if section not in SECTIONS:
            yield Mistake(line, section, "", f"there is no such section; {_meant(section, SECTIONS)}")
    for entry in ini.entries:
        if entry.section in SECTIONS and entry.key not in keys_of(entry.section):
            meant = _meant(entry.key, keys_of(entry.section))
            yield Mistake(entry.line, entry.section, entry.key, f"there is no such key; {meant}")


def _parts(value: str) -> tuple[tuple[int, str], ...]:
    return tuple((0, line) for line in value.split("\n") if line)


def _meant(name: str, known: Iterable[str]) -> str:
    """Return the known name that `name` may have been meant to be, or all of them."""
    close = get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else f"the known ones are {', '.join(known)}"
