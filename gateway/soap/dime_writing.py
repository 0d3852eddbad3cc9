"""DIME messages written as they go: payloads as records, parts as a message.

A payload whose length is known is one record, or a chain of chunk records when DATA_LENGTH
cannot tell it. One whose length is not known is always a chain, of chunks of one size: so
what it will become can be told all the same, and a Content-Length falls out (`messages.Coding`).
A Body itself is never held here; of one in chunks of unknown number, one chunk is held back,
because only the end tells which is the last.

Sources: draft-nielsen-dime-02 (2002); WS-Attachments (2002) for the form of a SOAP message:
the envelope is the first record, the attachments follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from gateway.messages import Piece
from gateway.soap.dime_records import (
    CF,
    CONTINUATION,
    HEAD,
    MAX_DATA_LENGTH,
    MB,
    ME,
    DimePart,
    TypeFormat,
    build_record_head,
    padded,
    padding,
)
from gateway.soap.parts import Part

ENVELOPE_TYPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
"""The type of the record with the envelope, an absolute URI; some senders omit the last slash."""

CHUNK_SIZE: Final = 65_536
"""Bytes of a chunk where nobody knows how many will follow; as many are held back."""

LARGE_CHUNK: Final = 1 << 30
"""Bytes of a chunk of a payload too long for one record: old readers take DATA_LENGTH for a signed number."""


class _Chain:
    """The heads of the records that one payload becomes."""

    def __init__(self, part: DimePart, flags: int) -> None:
        self._part = part
        self._flags = flags
        self.begun = False

    def head(self, length: int, *, last: bool) -> bytes:
        """Return the head of the next record, of `length` bytes of payload."""
        flags = self._flags & ME if last else CF
        if self.begun:
            return build_record_head(CONTINUATION, flags, length)
        self.begun = True
        return build_record_head(self._part, self._flags & MB | flags, length)

    def length(self, size: int, chunk_size: int) -> int:
        """Return the bytes of all records that `size` bytes become, `chunk_size` in each but the last."""
        full = max(0, size - 1) // chunk_size
        first = len(build_record_head(self._part, 0, 0))
        return first + full * (HEAD.size + padded(chunk_size)) + padded(size - full * chunk_size)


class ChunkedRecords:
    """A Coding: a payload of a length that nobody knows, as a chain of chunk records.

    Every chunk but the last has the same size; a payload that fits one chunk is an ordinary record.
    """

    def __init__(self, part: DimePart, flags: int = 0, chunk_size: int = CHUNK_SIZE) -> None:
        """Begin a payload that is told as `part`.

        Args:
            part: Its id and type, which the first record carries.
            flags: MB for the first payload of a message, ME for the last.
            chunk_size: Bytes in each record but the last, at least one; as many are held back.

        """
        self._chain = _Chain(part, flags)
        self._chunk_size = chunk_size
        self._held = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Return the chunks that are full and not the last."""
        self._held += data
        written = []
        while len(self._held) > self._chunk_size:
            written.append(self._record(self._chunk_size, last=False))
        return b"".join(written)

    def close(self) -> bytes:
        """Return the last record, which holds what is left."""
        return self._record(len(self._held), last=True)

    def length(self, size: int) -> int:
        """Return the bytes of all records that `size` bytes of payload become."""
        return self._chain.length(size, self._chunk_size)

    def _record(self, size: int, *, last: bool) -> bytes:
        payload = self._held[:size]
        del self._held[:size]
        return b"".join((self._chain.head(size, last=last), payload, padding(size)))


class SizedRecords:
    """A Coding: a payload of a known length, as one record, or as chunks when it is too long for one.

    Nothing is held back: pieces pass as they come, with heads and padding where they belong.
    """

    def __init__(self, part: DimePart, flags: int, size: int, largest: int = MAX_DATA_LENGTH) -> None:
        """Begin a payload of `size` bytes that is told as `part`.

        Args:
            part: Its id and type, which the first record carries.
            flags: MB for the first payload of a message, ME for the last.
            size: Bytes that will be fed.
            largest: Bytes of payload that one record may have. Beyond, it is written in chunks of as
                many, of LARGE_CHUNK at the most.

        """
        self._chain = _Chain(part, flags)
        self._size = size
        self._left = size
        self._chunk_size = max(size, 1) if size <= largest else min(largest, LARGE_CHUNK)
        self._begun = 0  # bytes of the record that was begun last
        self._missing = 0  # those not fed yet

    def feed(self, data: bytes) -> bytes:
        """Return `data` with the heads and the padding that fall between its bytes.

        Raises:
            ValueError: These are more bytes than were announced.

        """
        if len(data) > self._left:
            raise ValueError(f"the payload is longer than its {self._size} bytes")
        written = []
        at = 0
        while at < len(data):
            if not self._missing:
                self._begun = self._missing = min(self._chunk_size, self._left)
                written.append(self._chain.head(self._begun, last=self._begun == self._left))
            payload = data[at : at + self._missing]
            at += len(payload)
            self._missing -= len(payload)
            self._left -= len(payload)
            written.append(payload)
            if not self._missing:
                written.append(padding(self._begun))
        return b"".join(written)

    def close(self) -> bytes:
        """Return nothing more, but for an empty payload its record.

        Raises:
            ValueError: Fewer bytes were fed than announced; what was written cannot be completed.

        """
        if self._left:
            raise ValueError(f"the payload ends {self._left} bytes before its {self._size}")
        return b"" if self._chain.begun else self._chain.head(0, last=True)

    def length(self, size: int) -> int:
        """Return the bytes of all records; raises ValueError for another size than the one announced."""
        if size != self._size:
            raise ValueError(f"a payload of {size} bytes was announced with {self._size}")
        return self._chain.length(size, self._chunk_size)


def build_record(
    part: DimePart, flags: int, payload: Piece, largest: int = MAX_DATA_LENGTH
) -> tuple[Piece, ...]:
    """Return a payload as a record, or as a chain of chunks where one record cannot hold or tell it.

    Args:
        part: Its id and type.
        flags: MB for the first payload of a message, ME for the last.
        payload: Bytes that are here, or a Body.
        largest: Bytes of payload that one record may have.

    """
    if isinstance(payload, bytes):
        records = SizedRecords(part, flags, len(payload), largest)
        return (records.feed(payload) + records.close(),)
    size = payload.written
    if size is None:
        return (payload.coded(lambda: ChunkedRecords(part, flags)),)
    if size > largest:
        return (payload.coded(lambda: SizedRecords(part, flags, size, largest)),)
    return (build_record_head(part, flags, size), payload, padding(size))


def build_message(
    parts: Sequence[tuple[DimePart, Piece]], largest: int = MAX_DATA_LENGTH
) -> tuple[Piece, ...]:
    """Return a message of at least one part, each with its payload: what a DimeReader reads.

    A payload is bytes or a Body; a Body of unknown length, or of one that no record can tell,
    becomes a chain of chunks. The length of a part itself is not looked at.

    Args:
        parts: What each part is told as, and its payload.
        largest: Bytes of payload that one record may have.

    Raises:
        ValueError: There are no parts, or one cannot be written.

    """
    if not parts:
        raise ValueError("a message has at least one record")
    pieces: list[Piece] = []
    for number, (part, payload) in enumerate(parts):
        flags = (MB if number == 0 else 0) | (ME if number == len(parts) - 1 else 0)
        pieces += build_record(part, flags, payload, largest)
    return _joined(pieces)


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return the same message with the bytes between two Bodies in one piece."""
    joined: list[Piece] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
        else:
            joined += (b"".join(run), piece)
            run.clear()
    joined.append(b"".join(run))
    return tuple(piece for piece in joined if piece)


def build_soap_message(
    envelope: bytes, part: Part, data: Piece, envelope_id: str = "", largest: int = MAX_DATA_LENGTH
) -> tuple[Piece, ...]:
    """Return a SOAP message with one attachment: the record of the envelope, then that of the data.

    Args:
        envelope: The envelope in UTF-8.
        part: What the attachment is told as: an id that is a URI, as `uuid:` and a UUID, and a media type.
            Axis 1.4 misreads ids and types of 128 bytes or more.
        data: What is attached.
        envelope_id: A URI other than the attachment's; "" for none.
        largest: Bytes of payload that one record may have.

    """
    about_envelope = DimePart(envelope_id, ENVELOPE_TYPE, type_format=TypeFormat.ABSOLUTE_URI)
    return build_message([(about_envelope, envelope), (DimePart(part.id, part.type), data)], largest)
