"""What a multipart/related message says of itself: its Content-Type, and the names of its parts.

The Content-Type names the boundary, the root part and what the root holds; the envelope of an
XOP package names the part that holds a value by a `cid:` address. Both are written by many
hands: boundaries unquoted though they should not be, a tab where a blank is due, ids with and
without their angle brackets. What is ambiguous (a parameter twice) is refused.

Sources: RFC 2045, 5.1 (Content-Type) and 7 (Content-ID); RFC 2046, 5.1.1 (boundary); RFC 2387
(multipart/related); RFC 2392 (cid); XOP, W3C Recommendation of 2005-01-25, 4.1; wire rule 34.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import unquote_to_bytes

MULTIPART_RELATED: Final = "multipart/related"

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_MEDIA_TYPE = re.compile(r"[ \t\r\n]*([^\s;/\"]+/[^\s;/\"]+)[ \t\r\n]*")
_PARAMETER = re.compile(
    r";[ \t\r\n]*"
    r"(?:([^\s;=\"]+)[ \t\r\n]*=[ \t\r\n]*(?:\"((?:[^\"\\]|\\.)*+)\"|([^\s;\"]+)))?"  # the last may be empty
    r"[ \t\r\n]*"
)
_QUOTED_PAIR = re.compile(r"\\(.)")
_QUOTABLE = re.compile(r"[ !#-\[\]-~]*")
_NO_OCTET = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Flaw(Enum):
    """What can be wrong with a message, in the order in which it is read."""

    NOT_MULTIPART_RELATED = "the Content-Type is not multipart/related"
    CONTENT_TYPE = "the Content-Type holds what is no parameter"
    PARAMETER_AGAIN = "the Content-Type has a parameter twice"
    BOUNDARY_MISSING = "the Content-Type names no boundary"
    BOUNDARY = "the boundary is not 1 to 70 letters, digits, inner blanks and '()+_,-./:=?"
    CID = "the address of a part is not cid: and an escaped Content-ID"
    PREAMBLE_TOO_LONG = "the first boundary comes too late"
    NO_PARTS = "the message has no parts"
    TOO_MANY_PARTS = "the message has too many parts"
    HEADER_LINE_TOO_LONG = "a line in the header of a part is too long"
    HEADER_TOO_LONG = "the header of a part is too long"
    HEADER_LINE = "a line in the header of a part is no field"
    FIELD_AGAIN = "a part has a field twice"
    NESTED = "a part has parts of its own"
    ID_AGAIN = "two parts have the same Content-ID"
    TRANSFER_ENCODING = "the Content-Transfer-Encoding of a part is unknown"
    BASE64 = "a part is not base64"
    BASE64_CUT_SHORT = "the base64 of a part is cut short"
    QUOTED_PRINTABLE = "a part is not quoted-printable"
    QUOTED_PRINTABLE_LINE_TOO_LONG = "a line of quoted-printable is too long"
    CLOSING_LINE = "something stands on the line of the closing boundary"
    EPILOGUE_TOO_LONG = "too much follows the closing boundary"
    CUT_SHORT = "the message ends before its closing boundary"


class MimeError(ValueError):
    """What was read is not a multipart/related message.

    Attributes:
        flaw: What is wrong with it.
        offset: Where that is seen: the byte of the message, counted from 0, or the character
            of the Content-Type or of the address of a part.

    """

    def __init__(self, flaw: Flaw, offset: int, named: str = "") -> None:
        """Tell the flaw, its place, and what is called wrong by its name."""
        super().__init__(f"{flaw.value}{named and f': {named!a}'} (at byte {offset})")
        self.flaw = flaw
        self.offset = offset

    @property
    def name(self) -> str:
        """The flaw in a word."""
        return self.flaw.name


@dataclass(frozen=True, slots=True)
class MultipartType:
    """A Content-Type of multipart/related.

    Attributes:
        boundary: What parts the parts, 1 to 70 characters.
        type: The media type of the root part, in lower case; "" when it is not told.
        start: The id of the root part; "" for the first part.
        start_info: In an XOP package, the media type of the envelope; "" elsewhere.

    """

    boundary: str
    type: str = ""
    start: str = ""
    start_info: str = ""


def parse_multipart_type(content_type: str) -> MultipartType:
    """Read the Content-Type field of a message in parts.

    Raises:
        MimeError: NOT_MULTIPART_RELATED, CONTENT_TYPE, PARAMETER_AGAIN, BOUNDARY_MISSING, BOUNDARY.

    """
    media_type = _MEDIA_TYPE.match(content_type)
    if media_type is None or media_type[1].lower() != MULTIPART_RELATED:
        raise MimeError(Flaw.NOT_MULTIPART_RELATED, 0)
    parameters: dict[str, str] = {}
    at = media_type.end()
    while at < len(content_type):
        found = _PARAMETER.match(content_type, at)
        if found is None:
            raise MimeError(Flaw.CONTENT_TYPE, at)
        if found[1] is not None:
            name = found[1].lower()
            if name in parameters:
                raise MimeError(Flaw.PARAMETER_AGAIN, at, name)
            parameters[name] = found[3] or _QUOTED_PAIR.sub(r"\1", found[2])
        at = found.end()
    if "boundary" not in parameters:
        raise MimeError(Flaw.BOUNDARY_MISSING, at)
    check_boundary(parameters["boundary"])
    return MultipartType(
        boundary=parameters["boundary"],
        type=parameters.get("type", "").strip().lower(),
        start=parse_id(parameters.get("start", "")),
        start_info=parameters.get("start-info", "").strip(),
    )


def build_multipart_type(multipart: MultipartType) -> str:
    """Return the Content-Type field of a message in parts, in the order in which Axis writes it.

    Raises:
        ValueError: A value has characters that cannot be quoted, or the boundary is no boundary.

    """
    check_boundary(multipart.boundary)
    parameters = [
        ("type", multipart.type),
        ("start", f"<{multipart.start}>" if multipart.start else ""),
        ("start-info", multipart.start_info),
        ("boundary", multipart.boundary),
    ]
    written = [MULTIPART_RELATED]
    for name, value in parameters:
        if _QUOTABLE.fullmatch(value) is None:
            raise ValueError(f"the {name} of a Content-Type cannot be {value!r}")
        if value:
            written.append(f'{name}="{value}"')
    return "; ".join(written)


def check_boundary(boundary: str) -> None:
    """Refuse what RFC 2046 does not allow as a boundary.

    Raises:
        MimeError: BOUNDARY.

    """
    if _BOUNDARY.fullmatch(boundary) is None:
        raise MimeError(Flaw.BOUNDARY, 0)


def parse_id(value: str) -> str:
    """Return the id that a Content-ID field or a start parameter tells, without its brackets."""
    value = value.strip()
    return value[1:-1].strip() if value.startswith("<") and value.endswith(">") else value


def parse_cid(href: str) -> str:
    """Return the id of the part that a `cid:` address names (RFC 2392).

    Raises:
        MimeError: CID, for any other address: only parts of the same message can be named.

    """
    address = href.strip()
    named = address[4:]
    if address[:4].lower() != "cid:" or not named:
        raise MimeError(Flaw.CID, 0)
    wrong = _NO_OCTET.search(named)
    if wrong is not None:
        raise MimeError(Flaw.CID, 4 + wrong.start())
    try:
        return unquote_to_bytes(named).decode()
    except UnicodeDecodeError:
        raise MimeError(Flaw.CID, 4) from None
