"""The header of one part of a multipart/related message: read line by line, and written.

Three of its fields are of use: what the part is called, what it is, and how it was encoded. All
others are looked at only for their grammar, and for their size while they arrive.

Sources: RFC 2045, 3 to 7; RFC 5322, 2.2 (fields, folding).
"""

from __future__ import annotations

import re
from typing import Final

from gateway.soap.parts import Part
from gateway.soap.related import Flaw, MimeError, parse_id
from gateway.soap.transfer import DECODERS, Decoder

_FIELD = re.compile(rb"[!-9;-~]+:[\t\x20-\x7e\x80-\xff]*")
_FOLDED = re.compile(rb"[ \t][\t\x20-\x7e\x80-\xff]*")
_READ: Final = (b"content-id", b"content-type", b"content-transfer-encoding")
_WRITABLE_ID = re.compile(r"[!-;=?-~]*")
_WRITABLE_TYPE = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")


class HeaderReader:
    """Reads the header of one part, of which lines come in."""

    def __init__(self, offset: int, max_size: int, max_lines: int) -> None:
        """Read a header that begins at this byte of the message and has at most so many bytes and lines."""
        self._offset = offset  # of the next line
        self._limit = offset + max_size
        self._lines_left = max_lines
        self._fields: list[tuple[int, bytes]] = []  # each with its offset, unfolded

    def feed(self, line: bytes) -> None:
        """Take the next line, without its end.

        Raises:
            MimeError: HEADER_TOO_LONG, HEADER_LINE.

        """
        offset = self._offset
        self._offset += len(line) + 2
        if self._offset > self._limit or not self._lines_left:
            raise MimeError(Flaw.HEADER_TOO_LONG, offset)
        self._lines_left -= 1
        if _FIELD.fullmatch(line):
            self._fields.append((offset, line))
        elif self._fields and _FOLDED.fullmatch(line):
            begun, field = self._fields[-1]
            self._fields[-1] = (begun, field + b" " + line.strip(b" \t"))
        else:
            raise MimeError(Flaw.HEADER_LINE, offset)

    def finish(self, ids: set[str]) -> tuple[Part, Decoder]:
        """Tell that the blank line is here; return the part and the decoder of its payload.

        Args:
            ids: Of the parts before; the id of this one is added.

        Raises:
            MimeError: FIELD_AGAIN, NESTED, ID_AGAIN, TRANSFER_ENCODING.

        """
        fields: dict[bytes, tuple[str, int]] = {}
        for offset, line in self._fields:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name in fields:
                raise MimeError(Flaw.FIELD_AGAIN, offset, name.decode())
            if name in _READ:
                fields[name] = (value.decode(errors="replace").strip(), offset)
        (content_id, id_at), (content_type, type_at), (encoding, encoding_at) = (
            fields.get(name, ("", self._offset)) for name in _READ
        )
        part = Part(parse_id(content_id), _lower_media_type(content_type))
        if part.type.startswith("multipart/"):
            raise MimeError(Flaw.NESTED, type_at)
        if part.id in ids:
            raise MimeError(Flaw.ID_AGAIN, id_at, part.id)
        if part.id:
            ids.add(part.id)
        decoder = DECODERS.get(encoding.lower())
        if decoder is None:
            raise MimeError(Flaw.TRANSFER_ENCODING, encoding_at, encoding)
        return part, decoder(self._offset + 2)


def _lower_media_type(value: str) -> str:
    """Return a Content-Type with its media type in lower case, its parameters as they are."""
    media_type, semicolon, parameters = value.partition(";")
    return media_type.rstrip().lower() + semicolon + parameters


def build_part_head(part: Part, encoding: str = "binary") -> bytes:
    """Return the header of a part and the blank line behind it, as Axis writes them.

    Args:
        part: Its type, with parameters, and its id, without brackets; either may be "".
        encoding: The Content-Transfer-Encoding, which is not applied here.

    Raises:
        ValueError: The id or the type is no text for a header.

    """
    if not (_WRITABLE_ID.fullmatch(part.id) and _WRITABLE_TYPE.fullmatch(part.type)):
        raise ValueError(f"a part cannot have the id {part.id!r} and the type {part.type!r}")
    lines = (
        f"Content-Type: {part.type}\r\n" if part.type else "",
        f"Content-Transfer-Encoding: {encoding}\r\n",
        f"Content-Id: <{part.id}>\r\n" if part.id else "",
        "\r\n",
    )
    return "".join(lines).encode("ascii")
