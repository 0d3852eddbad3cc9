"""What the text of a setting may be: a reader for each kind of value, and words for what would be right.

A reader takes the lines of one entry, numbered, and the source, which knows where relative paths start. It
gives the value or raises `Wrong`, whose text goes on behind `file:line: [section] key:`. Values are
repeated in these texts, so that the operator sees what was read; the one that may hold a password, a URL
with user information, never is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from gateway.service.endpoints import Endpoint, parse_endpoint
from gateway.service.ini import Entry, Source

T = TypeVar("T")
Reader = Callable[[Entry, Source], T]
Network = IPv4Network | IPv6Network

MOST_BYTES = 2**63 - 1
MOST_WORKERS = 256
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_PATH = re.compile(r"(?:/(?!\.\.?(?:/|\Z))[A-Za-z0-9._~-]+)*")  # of plain names, none of them . or ..
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


class Wrong(ValueError):  # noqa: N818 - it reads as what it says: wrong, and why
    """A value that cannot be used. `found` has a line number and a text for each thing that is wrong."""

    def __init__(self, text: str, *found: tuple[int, str]) -> None:
        """Take one text about the whole value, or an empty one and several about lines of it."""
        super().__init__(text)
        self.found = found or ((0, text),)


def read_bytes(entry: Entry, _source: Source) -> int:
    """Read a size in bytes."""
    if not re.fullmatch(r"[0-9]{1,19}", entry.text) or int(entry.text) > MOST_BYTES:
        raise Wrong(f"{entry.text!r} is no size; write a whole number of bytes, as 1048576")
    return int(entry.text)


def read_count(entry: Entry, _source: Source) -> int:
    """Read a number of things, at least one."""
    if not re.fullmatch(r"[0-9]{1,9}", entry.text) or int(entry.text) < 1:
        raise Wrong(f"{entry.text!r} is no count; write a whole number from 1, as 100")
    return int(entry.text)


def read_seconds(entry: Entry, _source: Source) -> float:
    """Read a time in seconds, more than none."""
    if not re.fullmatch(r"[0-9]{1,7}(?:\.[0-9]{1,3})?", entry.text) or float(entry.text) <= 0:
        raise Wrong(f"{entry.text!r} is no time; write seconds, more than 0, as 30 or 0.5")
    return float(entry.text)


def read_delay(entry: Entry, source: Source) -> float:
    """Read a time in seconds; 0 is none."""
    return 0.0 if entry.text in ("0", "0.0") else read_seconds(entry, source)


def read_flag(entry: Entry, _source: Source) -> bool | None:
    """Read true, false, or nothing, which is None: the gateway decides."""
    if entry.text not in ("true", "false", ""):
        raise Wrong(
            f"{entry.text!r} is neither true nor false; write one of them, or nothing for the default"
        )
    return {"true": True, "false": False}.get(entry.text)


def choice(*built: str, unbuilt: tuple[str, ...] = ()) -> Reader[str]:
    """Return a reader of one word out of `built`; those in `unbuilt` are told to come later."""

    def read_choice(entry: Entry, _source: Source) -> str:
        if entry.text in built:
            return entry.text
        right = f"write {' or '.join(built)}"
        if entry.text in unbuilt:
            raise Wrong(f"{entry.text} is not built yet; {right}")
        raise Wrong(f"{entry.text!r} is no choice here; {right}")

    return read_choice


def read_workers(entry: Entry, _source: Source) -> int:
    """Read the number of processes that serve clients; `auto` is 0, a processor for each."""
    if entry.text == "auto":
        return 0
    if not re.fullmatch(r"[1-9][0-9]{0,3}", entry.text) or int(entry.text) > MOST_WORKERS:
        raise Wrong(
            f"{entry.text!r} is no number of workers; write auto, or a number from 1 to {MOST_WORKERS}"
        )
    return int(entry.text)


def read_endpoints(entry: Entry, source: Source) -> tuple[Endpoint, ...]:
    """Read endpoint descriptions, one a line, at least one."""
    endpoints: list[Endpoint] = []
    found: list[tuple[int, str]] = []
    for line, text in entry.parts:
        place = source.place(line, entry.section, entry.key)
        try:
            endpoints.append(parse_endpoint(text, source.directory, place))
        except ValueError as error:
            found.append((line, f"{text}: {error}"))
    if found:
        raise Wrong("", *found)
    if not endpoints:
        raise Wrong("there is nothing to listen on; write an endpoint, as tcp:8080:interface=127.0.0.1")
    return tuple(endpoints)


def read_admin(entry: Entry, source: Source) -> Endpoint | None:
    """Read the admin site's endpoint, a plain one; nothing turns it off."""
    if not entry.parts:
        return None
    if len(entry.parts) > 1:
        raise Wrong("this is more than one endpoint; write one, or nothing to turn the admin site off")
    (endpoint,) = read_endpoints(entry, source)
    if endpoint.secure:
        raise Wrong(f"TLS is not built for the admin site; write tcp, tcp6, unix or systemd: {entry.text}")
    return endpoint


def read_domains(entry: Entry, _source: Source) -> tuple[str, ...]:
    """Read host names, separated by blanks or commas."""
    names = tuple(name.lower().rstrip(".") for name in re.split(r"[\s,]+", entry.text) if name)
    for name in names:
        if not _HOST.fullmatch(name):
            raise Wrong(f"{name!r} is no host name; write names without scheme and port, as s3.example.com")
    if not names:
        raise Wrong("a gateway needs a name; write one or more host names, as s3.example.com")
    return names


def read_networks(entry: Entry, _source: Source) -> tuple[Network, ...]:
    """Read networks, separated by blanks or commas."""
    networks: list[Network] = []
    for text in re.split(r"[\s,]+", entry.text):
        if text:
            try:
                networks.append(ip_network(text))
            except ValueError as error:
                raise Wrong(f"{error}; write networks, as 10.0.0.0/8 or 192.0.2.7") from error
    return tuple(networks)


def read_soap_path(entry: Entry, _source: Source) -> str:
    """Read the path that speaks SOAP."""
    path = entry.text
    if not _PATH.fullmatch(path.removesuffix("/")) or path in ("", "/"):
        raise Wrong(f"{path!r} is no path for SOAP; write one that begins with /, as /soap")
    return path


def read_public_url(entry: Entry, _source: Source) -> str:
    """Read the address that the served WSDL names; SOAP is spoken over HTTPS only (wire rule 13)."""
    if entry.text:
        url = _split_url(entry.text)
        if url.scheme != "https":
            raise Wrong("SOAP is spoken over HTTPS only; write https://HOST/PATH")
    return entry.text


def read_endpoint_url(entry: Entry, _source: Source) -> str:
    """Read the store's address: scheme, host, port, and a path: SOAP's, or before every bucket's."""
    url = _split_url(entry.text)
    path = url.path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise Wrong(f"{url.path!r} cannot stand before a bucket; write a path of plain names, as /store")
    return entry.text


def _split_url(text: str) -> SplitResult:
    right = "write http://HOST:PORT or https://HOST:PORT"
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        raise Wrong(f"this is no URL; {right}") from None
    if "@" in url.netloc:
        raise Wrong(f"user and password do not belong here; {right}")
    if url.scheme not in ("http", "https") or not host or port == 0:
        raise Wrong(f"{text!r} is no address; {right}")
    if not (_HOST.fullmatch(host) or (":" in host and f"[{host}]" in url.netloc)):
        raise Wrong(f"{host!r} is no host; {right}")
    if url.query or url.fragment or "?" in text or "#" in text or not re.fullmatch(r"[!-~]+", text):
        raise Wrong(f"a query, a fragment or a blank does not belong here; {right}")
    return url


def read_region(entry: Entry, _source: Source) -> str:
    """Read the region's name, part of every signature towards the store."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", entry.text):
        raise Wrong(f"{entry.text!r} is no region; write letters, digits and hyphens, as us-east-1")
    return entry.text


def read_path(entry: Entry, source: Source) -> Path:
    """Read a file's path; a relative one starts from the configuration's directory."""
    if not entry.text:
        raise Wrong("a file's path is missing; write one, as credentials")
    return source.directory / entry.text


def read_optional_path(entry: Entry, source: Source) -> Path | None:
    """Read a file's path, or nothing."""
    return source.directory / entry.text if entry.text else None
