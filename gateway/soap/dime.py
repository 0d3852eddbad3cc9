"""DIME messages, read as they arrive (`soap.dime_writing` writes them).

A message is a chain of records. The reader judges each head byte for byte as it comes, so that
nothing broken is waited behind, and gives the payload on in the pieces that were fed. It holds
back a head and three short fields, nothing else: no number that a sender announced is ever
allocated, and whatever could be without end has a limit. Where a message is broken, events up
to that byte are given, then DimeError tells the flaw by name and the byte: the same ones
however the message was cut into pieces.

What senders are known to do wrong and nobody is harmed by is read (wire rule 35): padding that
is not zero, a media type that is called a URI. A record of TYPE_T NONE, with which PEAR's
Net_DIME ends each message, is no part and gives no event.

Sources: draft-nielsen-dime-02 (2002); wire rule 35. What S3 answers to a flaw is the affair of
`soap.packaging`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import NoReturn

from gateway.soap.dime_records import (
    CF,
    HEAD,
    LIMITS,
    MB,
    ME,
    VERSION,
    DimeError,
    DimePart,
    Flaw,
    Limits,
    RecordHead,
    TypeFormat,
    padded,
    parse_record_head,
)
from gateway.soap.parts import END_OF_PART, Event


class _Expected(Enum):
    """What comes next of a record."""

    HEAD = auto()
    FIELDS = auto()
    PAYLOAD = auto()
    PADDING = auto()
    NOTHING = auto()


class DimeReader:
    """One message, fed as it arrives.

    Attributes:
        offset: Bytes of the stream that were read so far.
        records: Records that were begun so far.
        dirty_padding: Bytes of padding so far that were not zero.

    """

    def __init__(self, limits: Limits = LIMITS, *, strict_padding: bool = False) -> None:
        """Begin a message.

        Args:
            limits: What to put up with.
            strict_padding: Refuse padding that is not zero.

        """
        self.offset = 0
        self.records = 0
        self.dirty_padding = 0
        self._limits = limits
        self._strict_padding = strict_padding
        self._refused: DimeError | None = None
        self._expected = _Expected.HEAD
        self._data = b""  # what was fed last
        self._at = 0  # and is read up to here
        self._held = b""  # the beginning of a head, of fields or of padding
        self._start = 0  # the offset of the record
        self._head = parse_record_head(b"")
        self._missing = 0  # bytes of the record's payload
        self._in_chain = False  # whether the record before had CF
        self._parts = 0
        self._empty_chunks = 0

    @property
    def done(self) -> bool:
        """Whether the message has ended. Whatever is fed then is refused."""
        return self._expected is _Expected.NOTHING

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take the next bytes of the message, return an iterator over the events in them.

        Bytes are read as events are taken. What is left when an iteration is abandoned is read by
        the next one, so nothing is lost.

        Raises:
            DimeError: By the iterator, behind the last event before the flaw; from then on by every call.

        """
        self._raise_again()
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0
        return iter(self._next, None)

    def finish(self) -> None:
        """Tell that the stream ended.

        Raises:
            DimeError: The message has not ended, or was refused before.
            RuntimeError: Events were fed that nobody took.

        """
        if self._next() is not None:
            raise RuntimeError("not all events were taken")
        if self._expected is _Expected.HEAD and self._in_chain and not self._held:
            self._refuse(Flaw.CHAIN_CUT_SHORT, self.offset)
        if not self.done:
            self._refuse(Flaw.CUT_SHORT, self.offset)

    def _next(self) -> Event | None:
        """Read on to the next event; None when all that was fed is read."""
        self._raise_again()
        while not self.done:
            expected = self._expected
            event = self._read(expected)
            if event is not None or self._expected is expected:  # where nothing came of it, bytes are missing
                return event
        if self._at < len(self._data):
            self._refuse(Flaw.DATA_AFTER_END, self.offset)
        return None

    def _read(self, expected: _Expected) -> Event | None:
        match expected:
            case _Expected.HEAD:
                self._read_head()
                return None
            case _Expected.FIELDS:
                return self._read_fields()
            case _Expected.PAYLOAD:
                return self._read_payload()
            case _:
                return self._read_padding()

    def _read_head(self) -> None:
        head = self._gather(HEAD.size)
        if head is None:
            if self._held:
                self._judge(self._held)
            return
        self._head = self._judge(head)
        self._judge_empty_chunk()
        self._missing = self._head.data_length
        self.records += 1
        self._parts += not self._in_chain
        self._expected = _Expected.FIELDS

    def _read_fields(self) -> DimePart | None:
        """Read options, id and type; return the part that begins with them."""
        data = self._gather(self._head.fields_length)
        if data is None:
            return None
        fields = []
        at = 0
        for length in (self._head.options_length, self._head.id_length, self._head.type_length):
            fields.append(data[at : at + length])
            padding = data[at + length : at + padded(length)]
            self._judge_padding(padding, self.offset - len(data) + at + length)
            at += padded(length)
        self._expected = _Expected.PAYLOAD
        type_format = TypeFormat(self._head.type_format)
        if type_format in (TypeFormat.UNCHANGED, TypeFormat.NONE):
            return None
        options, id_, type_ = fields
        return DimePart(
            id_.decode("latin-1"),
            _lowered(type_.decode("latin-1"), type_format),
            None if self._head.flags & CF else self._head.data_length,
            type_format,
            options,
        )

    def _read_payload(self) -> bytes | None:
        if not self._missing:
            self._expected = _Expected.PADDING
            return None
        payload = self._take(self._missing)
        self._missing -= len(payload)
        return payload or None

    def _read_padding(self) -> Event | None:
        """Read the padding behind a payload, and with it to the end of the record."""
        padding = self._gather(-self._head.data_length % 4)
        if padding is None:
            return None
        self._judge_padding(padding, self.offset - len(padding))
        self._in_chain = bool(self._head.flags & CF)
        self._start = self.offset
        self._expected = _Expected.NOTHING if self._head.flags & ME else _Expected.HEAD
        is_part_over = not self._in_chain and self._head.type_format != TypeFormat.NONE
        return END_OF_PART if is_part_over else None

    def _take(self, size: int) -> bytes:
        """Return the next `size` bytes, or as many as are here."""
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        self.offset += len(taken)
        return taken

    def _gather(self, size: int) -> bytes | None:
        """Return the next `size` bytes when all are here; else hold back what is here, and return None."""
        gathered = self._held + self._take(size - len(self._held))
        if len(gathered) < size:
            self._held = gathered
            return None
        self._held = b""
        return gathered

    def _judge(self, data: bytes) -> RecordHead:
        """Judge a head as far as it is here, first byte first. What is not here yet cannot be wrong."""
        head = parse_record_head(data)
        self._judge_flags(head)
        if len(data) > 1:
            self._judge_type_format(head)
        self._judge_lengths(head)
        return head

    def _judge_flags(self, head: RecordHead) -> None:
        if head.version != VERSION:
            self._refuse(Flaw.VERSION, self._start)
        if self.records == self._limits.records:
            self._refuse(Flaw.TOO_MANY_RECORDS, self._start)
        if self.records == 0 and not head.flags & MB:
            self._refuse(Flaw.MB_MISSING, self._start)
        if self.records > 0 and head.flags & MB:
            self._refuse(Flaw.MB_AGAIN, self._start)
        if head.flags & ME and head.flags & CF:
            self._refuse(Flaw.ME_IN_CHAIN, self._start)
        if not self._in_chain and self._parts == self._limits.parts:
            self._refuse(Flaw.TOO_MANY_PARTS, self._start)

    def _judge_type_format(self, head: RecordHead) -> None:
        at = self._start + 1
        if head.type_format > TypeFormat.NONE:
            self._refuse(Flaw.TYPE_T, at)
        if head.type_format == TypeFormat.UNCHANGED and not self._in_chain:
            self._refuse(Flaw.TYPE_T_UNCHANGED, at)
        if head.type_format != TypeFormat.UNCHANGED and self._in_chain:
            self._refuse(Flaw.TYPE_T_IN_CHAIN, at)
        if head.type_format == TypeFormat.NONE and head.flags & CF:
            self._refuse(Flaw.NONE_IN_CHUNKS, at)
        if head.reserved:
            self._refuse(Flaw.RESERVED, at)

    def _judge_lengths(self, head: RecordHead) -> None:
        if head.options_length > self._limits.options:
            self._refuse(Flaw.OPTIONS_TOO_LONG, self._start + 2)
        if head.id_length and self._in_chain:
            self._refuse(Flaw.ID_IN_CHAIN, self._start + 4)
        if head.id_length > self._limits.id:
            self._refuse(Flaw.ID_TOO_LONG, self._start + 4)
        if head.type_length and self._in_chain:
            self._refuse(Flaw.TYPE_IN_CHAIN, self._start + 6)
        if head.type_length and head.type_format in (TypeFormat.UNKNOWN, TypeFormat.NONE):
            self._refuse(Flaw.TYPE_UNEXPECTED, self._start + 6)
        if head.type_length > self._limits.type:
            self._refuse(Flaw.TYPE_TOO_LONG, self._start + 6)
        if head.data_length and head.type_format == TypeFormat.NONE:
            self._refuse(Flaw.PAYLOAD_UNEXPECTED, self._start + 8)

    def _judge_empty_chunk(self) -> None:
        """Count the empty chunks that follow each other; the last of a chain may always be empty."""
        if self._head.data_length or not self._head.flags & CF:
            self._empty_chunks = 0
        elif self._empty_chunks == self._limits.empty_chunks:
            self._refuse(Flaw.TOO_MANY_EMPTY_CHUNKS, self._start + 8)
        else:
            self._empty_chunks += 1

    def _judge_padding(self, padding: bytes, offset: int) -> None:
        dirty = padding.lstrip(b"\0")
        if dirty and self._strict_padding:
            self._refuse(Flaw.PADDING, offset + len(padding) - len(dirty))
        self.dirty_padding += len(dirty) - dirty.count(0)

    def _raise_again(self) -> None:
        if self._refused is not None:
            raise DimeError(self._refused.flaw, self._refused.offset)

    def _refuse(self, flaw: Flaw, offset: int) -> NoReturn:
        self._refused = DimeError(flaw, offset)
        raise self._refused


def _lowered(type_: str, type_format: TypeFormat) -> str:
    """Return a type, a media type in lower case up to its parameters."""
    if type_format is not TypeFormat.MEDIA_TYPE:
        return type_
    media_type, semicolon, parameters = type_.partition(";")
    return media_type.lower() + semicolon + parameters
