"""Whom the gateway knows: a file in the format that the AWS tools share, a profile for each user.

A profile has `aws_access_key_id` and `aws_secret_access_key`, which clients sign with. The same pair signs
towards the store, unless the profile has `backend_access_key_id` and `backend_secret_access_key` too. The
file is private to its owner or it is not read. It is looked at again, at most once a second, when
somebody's key is asked for, so a new user needs no restart; a file that has become wrong is told once and
the users stay as they were.

No secret is in any message or `repr`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twisted.logger import Logger

from gateway.service.ini import ConfigError, Entry, Ini, Mistake, Source, decode_ini

LOOK_AGAIN = 1.0
"""Seconds for which the file is not looked at again."""

_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_BACKEND_ID, _BACKEND_SECRET = "backend_access_key_id", "backend_secret_access_key"
_KEYS = (_ID, _SECRET, _BACKEND_ID, _BACKEND_SECRET)

_ACCESS_KEY = re.compile(r"[!-~]{1,128}")
_SEPARATORS = frozenset("/,=:")  # part what stands around an access key in signatures of either version
_SECRET_TEXT = re.compile(r"[!-~]+")

_log = Logger()


@dataclass(frozen=True, slots=True)
class User:
    """A profile: the pair that clients sign with, and the one that signs towards the store."""

    access_key: str
    secret: str = field(repr=False)
    backend_key: str = field(repr=False)
    backend_secret: str = field(repr=False)


Stamp = tuple[int, int, int, int]
"""What tells one state of the file from another: time of writing, size, inode, mode."""


class Users:
    """The users of the file at `path`, as it is now."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Read the file.

        Args:
            path: The credentials file.
            clock: Seconds that never go back.

        Raises:
            ConfigError: The file cannot be used; a line for each reason.

        """
        self._path = path
        self._clock = clock
        self._stamp, self._users = read_users(path)
        self._look_at = clock() + LOOK_AGAIN

    def secret_of(self, access_key: str) -> str | None:
        """Return the secret that a client's signature is checked with, None for an unknown key."""
        user = self._now().get(access_key)
        return user.secret if user else None

    def backend_of(self, access_key: str) -> tuple[str, str] | None:
        """Return key and secret that sign towards the store for this client, None for an unknown key."""
        user = self._now().get(access_key)
        return (user.backend_key, user.backend_secret) if user else None

    def _now(self) -> dict[str, User]:
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_AGAIN
            self._look()
        return self._users

    def _look(self) -> None:
        try:
            stamp = _stamp_of(os.stat(self._path))  # noqa: PTH116 - Path.stat is the same and slower
        except OSError:
            stamp = (0, 0, 0, 0)  # gone: once, then it is old news
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._stamp, self._users = read_users(self._path)
        except ConfigError as error:
            for line in error.lines:
                _log.error("The users stay as they were: {line}", line=line)
        else:
            _log.info("Read {count} users from {path}.", count=len(self._users), path=str(self._path))


def read_users(path: Path) -> tuple[Stamp, dict[str, User]]:
    """Read the file at `path`: its stamp, and its users by access key.

    Raises:
        ConfigError: A line for each reason why it cannot be used.

    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                mode = stat.S_IMODE(status.st_mode)
                raise ConfigError(f"{path}: others may use this file, its mode is {mode:04o}; chmod 600 it")
            data = file.read()
    except OSError as error:
        raise ConfigError(f"{path}: the credentials cannot be read: {error.strerror}") from error
    source = Source(path, path.parent)
    users, mistakes = _understand(decode_ini(data))
    if mistakes:
        raise ConfigError(*map(source.tell, sorted(mistakes, key=lambda mistake: mistake.line)))
    if not users:
        raise ConfigError(f"{path}: there is no profile; write [NAME], {_ID} = and {_SECRET} =")
    return _stamp_of(status), users


def _stamp_of(status: os.stat_result) -> Stamp:
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode)


def _understand(ini: Ini) -> tuple[dict[str, User], list[Mistake]]:
    profiles: dict[str, dict[str, Entry]] = {name: {} for name in ini.sections}
    mistakes = list(ini.mistakes)
    for entry in ini.entries:
        profiles[entry.section][entry.key] = entry
        if wrong := _wrong_with(entry):
            mistakes.append(Mistake(entry.line, entry.section, entry.key, wrong))
    users: dict[str, User] = {}
    for name, line in ini.sections.items():
        found = profiles[name]
        mistakes += (Mistake(line, name, key, "is missing in this profile") for key in _missing(found))
        if _ID in found and found[_ID].text in users:
            mistakes.append(Mistake(found[_ID].line, name, _ID, "another profile has this key already"))
        if _ID in found and _SECRET in found:
            user = _user(found)
            users.setdefault(user.access_key, user)
    return users, mistakes


def _user(found: dict[str, Entry]) -> User:
    backend = _BACKEND_ID in found and _BACKEND_SECRET in found
    names = _KEYS if backend else (*_KEYS[:2], *_KEYS[:2])
    return User(*(found[name].text for name in names))


def _missing(found: dict[str, Entry]) -> list[str]:
    wanted = _KEYS if _BACKEND_ID in found or _BACKEND_SECRET in found else _KEYS[:2]
    return [key for key in wanted if key not in found]


def _wrong_with(entry: Entry) -> str:
    """Say what is wrong with one key of a profile, never with its value's text."""
    if entry.key not in _KEYS:
        return f"the gateway does not use this key; a profile has {', '.join(_KEYS)}"
    if not entry.text:
        return "has no value"
    if entry.key in (_ID, _BACKEND_ID):
        if not _ACCESS_KEY.fullmatch(entry.text) or _SEPARATORS & set(entry.text):
            return "is no access key; one has 1 to 128 ASCII characters, none of them a blank or / , = :"
    elif not _SECRET_TEXT.fullmatch(entry.text):
        return "is no secret; one has ASCII characters and no blank"
    return ""
