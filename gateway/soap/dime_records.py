"""One DIME record: what it is made of, both ways, and what can be wrong with it.

A record is twelve bytes of numbers, then four fields, each padded with zeros to a multiple of
four bytes: options, id, type and payload. The numbers and the three short fields are read and
written here; payloads are the affair of `soap.dime`, which reads, and `soap.dime_writing`.

What is built here is what `soap.dime` reads without a complaint: whoever asks for a record
that the draft forbids gets a ValueError. What was read may be anything: DimeError names it.

Source: draft-nielsen-dime-02 (2002), with the gaps that senders fill in their own way: an id is
no URI with Axis, a type may be empty.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final, NamedTuple

from gateway.soap.parts import Part

VERSION: Final = 1

MB: Final = 4
"""Message begin: the first record has it, no other."""
ME: Final = 2
"""Message end: the last record has it, no other."""
CF: Final = 1
"""Chunk flag: the payload goes on in the next record."""

HEAD: Final = struct.Struct(">BBHHHI")
"""Version and flags, TYPE_T and reserved bits, then the lengths of options, id, type and payload."""

MAX_DATA_LENGTH: Final = 0xFFFF_FFFF
"""Bytes of payload that one record can tell; more become chunks."""

MAX_FIELD_LENGTH: Final = 0xFFFF
"""Bytes of options, of an id and of a type that a record can tell."""

MAX_OPTIONS: Final = 4096
"""Bytes of a record's options; beyond: OPTIONS_TOO_LONG. Few senders have any."""

MAX_ID: Final = 2048
"""Bytes of an id; beyond: ID_TOO_LONG. Senders use some 40."""

MAX_TYPE: Final = 2048
"""Bytes of a type; beyond: TYPE_TOO_LONG."""

MAX_PARTS: Final = 50
"""Parts of a message; beyond: TOO_MANY_PARTS. S3 needs two."""

MAX_RECORDS: Final = 1 << 24
"""Records of a message; beyond: TOO_MANY_RECORDS. gSOAP sends chunks of 1 KiB or 2: of 5 GiB, 5 million."""

MAX_EMPTY_CHUNKS: Final = 16
"""Empty chunks in a row that are not the last; beyond: TOO_MANY_EMPTY_CHUNKS."""


class TypeFormat(IntEnum):
    """TYPE_T: what the type of a record is."""

    UNCHANGED = 0
    """That of the record before it: a chunk that is not the first."""
    MEDIA_TYPE = 1
    ABSOLUTE_URI = 2
    UNKNOWN = 3
    """There is a payload; nobody says of which type."""
    NONE = 4
    """There is no payload."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader puts up with, bytes of options, id and type and numbers of the rest."""

    options: int = MAX_OPTIONS
    id: int = MAX_ID
    type: int = MAX_TYPE
    parts: int = MAX_PARTS
    records: int = MAX_RECORDS
    empty_chunks: int = MAX_EMPTY_CHUNKS


LIMITS: Final = Limits()


class Flaw(Enum):
    """What can be wrong with a message, in the order of the bytes it is seen at."""

    VERSION = "the version of a record is not 1"
    TOO_MANY_RECORDS = "the message has too many records"
    MB_MISSING = "the first record has no MB"
    MB_AGAIN = "a record that is not the first has MB"
    ME_IN_CHAIN = "a record has both ME and CF: a message cannot end inside a chain of chunks"
    TOO_MANY_PARTS = "the message has too many parts"
    TYPE_T = "TYPE_T is none of 0 to 4"
    TYPE_T_UNCHANGED = "TYPE_T is 0 outside a chain of chunks"
    TYPE_T_IN_CHAIN = "TYPE_T is not 0 although the chain of chunks before has not ended"
    NONE_IN_CHUNKS = "a record of TYPE_T 4 has CF although it has no payload"
    RESERVED = "reserved bits are set"
    OPTIONS_TOO_LONG = "the options of a record are too long"
    ID_IN_CHAIN = "a chunk that is not the first has an id"
    ID_TOO_LONG = "an id is too long"
    TYPE_IN_CHAIN = "a chunk that is not the first has a type"
    TYPE_UNEXPECTED = "a record has a type although its TYPE_T says that there is none"
    TYPE_TOO_LONG = "a type is too long"
    PAYLOAD_UNEXPECTED = "a record has a payload although its TYPE_T says that there is none"
    TOO_MANY_EMPTY_CHUNKS = "too many empty chunks follow each other"
    PADDING = "padding is not zero"
    DATA_AFTER_END = "bytes follow the last record"
    CUT_SHORT = "the message is cut short"
    CHAIN_CUT_SHORT = "the message ends inside a chain of chunks"


class DimeError(ValueError):
    """What was fed is not a DIME message.

    Attributes:
        flaw: What is wrong with it.
        offset: The byte of the stream where that is seen, the first of the field that is wrong.

    """

    def __init__(self, flaw: Flaw, offset: int) -> None:
        """Tell the flaw and its place."""
        super().__init__(f"{flaw.value} (at byte {offset})")
        self.flaw = flaw
        self.offset = offset

    @property
    def name(self) -> str:
        """The flaw in a word."""
        return self.flaw.name


@dataclass(frozen=True, slots=True)
class DimePart(Part):
    """A part as DIME tells it. Texts are what the record has: each character is one byte (ISO-8859-1).

    Attributes:
        type_format: What `type` is; senders are known to call a media type a URI (wire rule 35).
        options: The OPTIONS of the record, or of the first chunk, as sent.

    """

    type_format: TypeFormat = TypeFormat.MEDIA_TYPE
    options: bytes = b""


CONTINUATION: Final = DimePart("", "", type_format=TypeFormat.UNCHANGED)
"""What a chunk that is not the first tells of its part."""


class RecordHead(NamedTuple):
    """The numbers a record begins with; `type_format` is a TypeFormat when the message is good."""

    version: int
    flags: int
    type_format: int
    reserved: int
    options_length: int
    id_length: int
    type_length: int
    data_length: int

    @property
    def fields_length(self) -> int:
        """Bytes of options, id and type with their padding."""
        return padded(self.options_length) + padded(self.id_length) + padded(self.type_length)


def padded(length: int) -> int:
    """Return how many bytes a field of `length` takes, with its padding."""
    return length + -length % 4


def padding(length: int) -> bytes:
    """Return the zeros behind a field of `length` bytes: none to three."""
    return bytes(-length % 4)


def parse_record_head(data: bytes) -> RecordHead:
    """Return the numbers in the first twelve bytes of a record, unjudged; missing bytes count as zeros."""
    first, second, *lengths = HEAD.unpack(data.ljust(HEAD.size, b"\0"))
    return RecordHead(first >> 3, first & 7, second >> 4, second & 15, *lengths)


def build_record_head(part: DimePart, flags: int, length: int) -> bytes:
    """Return a record up to its payload: the numbers, and the three fields with their padding.

    Args:
        part: What the record tells of itself; CONTINUATION for a chunk that is not the first.
        flags: MB, ME and CF.
        length: Bytes of payload in this record.

    Raises:
        ValueError: The draft has no such record.

    """
    fields = (part.options, part.id.encode("latin-1"), part.type.encode("latin-1"))
    _check(part, flags, length, max(map(len, fields)))
    numbers = HEAD.pack(VERSION << 3 | flags, part.type_format << 4, *map(len, fields), length)
    return numbers + b"".join(field + padding(len(field)) for field in fields)


def _check(part: DimePart, flags: int, length: int, longest: int) -> None:
    if longest > MAX_FIELD_LENGTH:
        raise ValueError(f"a field of {longest} bytes: no record can tell more than {MAX_FIELD_LENGTH}")
    if not 0 <= length <= MAX_DATA_LENGTH:
        raise ValueError(f"a payload of {length} bytes is not one record")
    if flags & ME and flags & CF:
        raise ValueError("a message cannot end inside a chain of chunks")
    if part.type and part.type_format not in (TypeFormat.MEDIA_TYPE, TypeFormat.ABSOLUTE_URI):
        raise ValueError(f"a type has no place beside TYPE_T {part.type_format.name}")
    if part.type_format is TypeFormat.UNCHANGED and (part.id or flags & MB):
        raise ValueError("a chunk that is not the first has no id and does not begin a message")
    if part.type_format is TypeFormat.NONE and (length or flags & CF):
        raise ValueError("TYPE_T NONE says that there is no payload")
