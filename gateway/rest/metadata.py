"""Metadata entries and header fields: the same pairs in two spellings.

SOAP knows one list of names and values. REST spreads it: six names are HTTP's own fields,
two describe the message and are never stored, all others wear the prefix `x-amz-meta-`.
REST loses the case of names, and values that are not plain ASCII travel as encoded words.

Sources: the S3 documentation, "Object metadata"; RFC 2047; RFC 9110, 5.1 and 5.5; wire rule 32.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final

from gateway.messages import Headers, Problem
from gateway.tables.operations import NEVER_STORED

PREFIX: Final = "x-amz-meta-"

HEADERS: Final = (
    "Content-Type",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Expires",
)
"""Entries that are HTTP's own fields."""

MAX_METADATA: Final = 2048
"""Bytes of all names and values of a user's metadata (MetadataTooLarge)."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_PLAIN = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?\Z|\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WORD_BYTES = 45  # are 60 characters of base64: an encoded word may have 75 with its frame (RFC 2047, 2)
_WORD: Final = r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?="
_RUN = re.compile(rf"{_WORD}(?:[ \t]+{_WORD})*")
_OWN: Final[Mapping[str, str]] = {name.lower(): name for name in HEADERS}


def build_metadata(entries: Iterable[Mapping[str, str]]) -> tuple[Headers, str]:
    """Return the header fields of metadata entries, and the Content-MD5 among them, "" for none.

    Args:
        entries: Each with Name and Value.

    Raises:
        Problem: InvalidArgument for a name that is no token or a value with control
            characters, MetadataTooLarge.

    """
    values: dict[str, str] = {}
    for entry in entries:
        name, value = entry["Name"].strip().lower(), entry["Value"]
        if not _TOKEN.match(name) or _CONTROL.search(value):
            raise Problem(
                "InvalidArgument",
                "A metadata name is an HTTP token, and a value has no control characters.",
                (("ArgumentName", "Metadata"), ("ArgumentValue", name)),
            )
        values[name] = f"{values[name]},{value}" if name in values else value
    size = sum(len(n) + len(v.encode()) for n, v in values.items() if n not in _OWN and n not in NEVER_STORED)
    if size > MAX_METADATA:
        raise Problem(
            "MetadataTooLarge", details=(("Size", str(size)), ("MaxSizeAllowed", str(MAX_METADATA)))
        )
    digest = values.get("content-md5", "")
    fields = tuple(
        (name if name in _OWN else PREFIX + name, encode_value(value))
        for name, value in values.items()
        if name not in NEVER_STORED
    )
    return fields, digest


def parse_metadata(headers: Headers) -> list[dict[str, str]]:
    """Return the metadata entries of a reply: the user's, HTTP's own, and Content-Length."""
    entries = []
    for name, value in headers:
        if name.startswith(PREFIX):
            entries.append({"Name": name.removeprefix(PREFIX), "Value": decode_value(value)})
        elif name in _OWN:
            entries.append({"Name": _OWN[name], "Value": decode_value(value)})
        elif name == "content-length":
            entries.append({"Name": "Content-Length", "Value": value})
    return entries


def encode_value(value: str) -> str:
    """Return a value as a header carries it: as it is, or as RFC 2047's encoded words.

    A value with blanks at its ends is encoded too, for HTTP drops those; so is one that
    would be taken for an encoded word.
    """
    if _PLAIN.match(value) and "=?" not in value:
        return value
    return " ".join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in _words_of(value))


def _words_of(value: str) -> Iterator[bytes]:
    """Yield the bytes of a value in runs for one encoded word each, with whole characters."""
    word = b""
    for character in value:
        encoded = character.encode()
        if len(word) + len(encoded) > _WORD_BYTES:
            yield word
            word = b""
        word += encoded
    yield word


def decode_value(value: str) -> str:
    """Return what a header's value says; one that is no encoded word is UTF-8, else ISO-8859-1."""
    if value.isascii():
        return _RUN.sub(_decoded_run, value)
    try:
        return value.encode("iso-8859-1").decode()
    except UnicodeError:
        return value


def _decoded_run(run: re.Match[str]) -> str:
    """Return what encoded words say that stand one after the other, which may share a character.

    The reader is given nothing but words: of an unfinished one it would look for the end to the end of
    the value, again for each.
    """
    try:
        return str(make_header(decode_header(run.group())))
    except (HeaderParseError, LookupError, ValueError):
        return run.group()
