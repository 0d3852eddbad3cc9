r"""Endpoint descriptions: Twisted's strings for where to listen, read strictly.

The language is that of `twisted.internet.endpoints.serverFromString`: `:` separates, a backslash takes the
next character as it is. Reading it ourselves tells a mistake in words, keeps the file names of
certificates, which are needed to replace them later, and leaves the sockets to us. Kinds: tcp, tcp6, ssl,
tls (a directory of PEM files), unix and systemd (socket activation); systemd takes privateKey and certKey
as ssl does, since systemd hands over plain sockets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

BACKLOG = 1024
"""Connections that may wait to be accepted; Twisted's 50 overflows in an ordinary burst."""

LONGEST_SOCKET_PATH = 107
"""Bytes of a Unix socket's path that the kernel takes (unix(7))."""

MOST = 65535
"""The highest port, and what the other numbers are bounded by."""

DOMAINS = ("INET", "INET6", "UNIX")
"""What systemd's descriptors can be."""

_TCP = ("interface", "backlog")
_KEYS = ("privateKey", "certKey")
_KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # required, in order; and the others, by name
    "tcp": (("port",), _TCP),
    "tcp6": (("port",), _TCP),
    "ssl": (("port", "privateKey"), (*_TCP, "certKey")),
    "tls": (("path", "port"), _TCP),
    "unix": (("address",), ("mode", "backlog")),
    "systemd": (("domain",), ("index", "name", *_KEYS)),
}
_EXAMPLES = {
    "tcp": "tcp:PORT",
    "tcp6": "tcp6:PORT",
    "ssl": "ssl:PORT:privateKey=FILE:certKey=FILE",
    "tls": "tls:DIRECTORY:PORT",
    "unix": "unix:PATH",
    "systemd": "systemd:INET:index=NUMBER",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A description that was understood; nothing is bound yet.

    Attributes:
        kind: tcp, tcp6, ssl, tls, unix or systemd.
        description: As the operator wrote it.
        where: The place it was written at, for errors: file and line, "" for a default.
        interface: The address to bind, "" for every IPv4 address.
        port: Its number, 0 for any free one.
        path: The Unix socket.
        mode: The Unix socket's permissions.
        domain: systemd: INET, INET6 or UNIX.
        index: systemd: which of the sockets, from 0; None when `name` tells.
        name: systemd: its FileDescriptorName.
        backlog: Connections that may wait.
        private_key: PEM file; None for a plain endpoint and for `tls`.
        certificate: PEM file, the chain behind it; the private key's file when none was named.
        certificates: tls: the directory of PEM files, each a key and its chain.

    """

    kind: str
    description: str
    where: str = field(default="", compare=False)
    interface: str = ""
    port: int = 0
    path: Path | None = None
    mode: int = 0o666
    domain: str = ""
    index: int | None = None
    name: str = ""
    backlog: int = BACKLOG
    private_key: Path | None = None
    certificate: Path | None = None
    certificates: Path | None = None

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken on it."""
        return self.private_key is not None or self.certificates is not None


def parse_endpoint(description: str, directory: Path, where: str = "") -> Endpoint:
    """Read an endpoint description.

    Args:
        description: As `tcp:8080:interface=127.0.0.1`.
        directory: What relative paths in it start from.
        where: The place it stands at, kept for later errors.

    Raises:
        ValueError: It cannot be used; the text says why and what would be right.

    """
    (name, kind), *words = _split(description)
    if name or kind not in _KINDS:
        raise ValueError(f"{name or kind!r} is no kind of endpoint; use one of {', '.join(_KINDS)}")
    given = _named(kind, words)
    if "certKey" in given and "privateKey" not in given:
        raise ValueError("certKey needs privateKey=FILE beside it")
    if kind == "systemd":
        _check_systemd(given)
    files = {name: directory / given[name] for name in ("address", *_KEYS, "path") if name in given}
    if "address" in files and len(os.fsencode(files["address"])) > LONGEST_SOCKET_PATH:
        raise ValueError(f"the socket's path is longer than {LONGEST_SOCKET_PATH} bytes: {files['address']}")
    return Endpoint(
        kind,
        description,
        where,
        interface=_interface(kind, given),
        port=_number(given, "port", 0),
        path=files.get("address"),
        mode=_mode(given.get("mode", "666")),
        domain=given.get("domain", ""),
        index=_number(given, "index", 0) if "index" in given else None,
        name=given.get("name", ""),
        backlog=_number(given, "backlog", BACKLOG),
        private_key=files.get("privateKey"),
        certificate=files.get("certKey", files.get("privateKey")),
        certificates=files.get("path"),
    )


def _split(description: str) -> list[tuple[str, str]]:
    """Split into names and values at colons and equal signs; a backslash takes what follows as it is."""
    words = [("", "")]
    characters = iter(description)
    for character in characters:
        name, value = words[-1]
        if character == ":":
            words.append(("", ""))
        elif character == "=" and not name:
            words[-1] = (value, "")
        else:
            words[-1] = (name, value + (next(characters, "") if character == "\\" else character))
    return words


def _named(kind: str, words: list[tuple[str, str]]) -> dict[str, str]:
    """Give each word its name: the required ones may stand without, in their order."""
    required, others = _KINDS[kind]
    unnamed = iter(required)
    given: dict[str, str] = {}
    for word, value in words:
        name = word or next(unnamed, "")
        if not name:
            raise ValueError(f"{value!r} stands without its name; write one of {_listed(others)}")
        if name not in (*required, *others):
            raise ValueError(f"{kind} knows no {name!r}; it takes {_listed((*required, *others))}")
        if name in given:
            raise ValueError(f"{name} is given twice")
        if not value:
            raise ValueError(f"{name} is empty")
        given[name] = value
    for name in required:
        if name not in given:
            raise ValueError(f"{name} is missing; write {_EXAMPLES[kind]}")
    return given


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name}=" for name in names)


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > MOST:
        raise ValueError(f"{name} is {text!r}; write a number from 0 to {MOST}")
    return int(text)


def _interface(kind: str, given: Mapping[str, str]) -> str:
    wanted = {"tcp": (4,), "ssl": (4,), "tcp6": (6,)}.get(kind, (4, 6))
    text = given.get("interface", "::" if kind in ("tcp6", "tls") else "")
    try:
        fits = not text or ip_address(text).version in wanted
    except ValueError:
        fits = False
    if not fits:
        versions = " or ".join(f"IPv{version}" for version in wanted)
        raise ValueError(f"interface is {text!r}; write an {versions} address, its colons as \\:")
    return text


def _mode(text: str) -> int:
    if not re.fullmatch(r"[0-7]{3}", text):
        raise ValueError(f"mode is {text!r}; write three octal digits, as 660")
    return int(text, 8)


def _check_systemd(given: Mapping[str, str]) -> None:
    if given["domain"] not in DOMAINS:
        raise ValueError(f"domain is {given['domain']!r}; write one of {', '.join(DOMAINS)}")
    if ("index" in given) == ("name" in given):
        raise ValueError("write either index=NUMBER or name=FILE-DESCRIPTOR-NAME")
