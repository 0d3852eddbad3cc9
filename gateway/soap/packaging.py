"""Which form a message has: a bare envelope, or a package of an envelope and an attachment.

A package is read while it arrives. Its first part is the envelope, which is bounded and kept;
its second is the attachment, whose bytes are given on and never kept; there is no third. The
answer to a package is one of the same form, where there is something to attach.

Sources: SOAP 1.1, 6 (the HTTP binding); RFC 9110, 8.3 (Content-Type); WS-Attachments (DIME);
SOAP with Attachments (MIME); wire rules 18, 33 and 34.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final, Protocol

from gateway.messages import Attachment, Body, Piece, Problem
from gateway.soap.data import OCTETS
from gateway.soap.dime import DimeReader
from gateway.soap.dime_records import DimeError, DimePart, TypeFormat
from gateway.soap.dime_writing import ENVELOPE_TYPE, build_soap_message
from gateway.soap.dime_writing import build_message as build_records
from gateway.soap.envelope import refused
from gateway.soap.mime import MimeReader, build_message
from gateway.soap.parts import Event, Part
from gateway.soap.related import MimeError, MultipartType, build_multipart_type, parse_multipart_type

CONTENT_TYPE: Final = "text/xml; charset=utf-8"
"""Of every envelope that is written, faults included (wire rule 9)."""

FORMS: Final = {"dime": "application/dime", "mime": "multipart/related"}
"""The forms of a package, as the setting `attachments` names them, and their media types."""

OVERHEAD: Final = 1024 * 1024
"""Bytes a package may have around envelope and attachment (EntityTooLarge)."""

_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,60}/[!#$%&'*+.^_`|~0-9A-Za-z-]{1,60}\Z")
"""A media type without parameters, and shorter than the 128 bytes from which on Axis 1.4 misreads one."""

_PARAMETER = re.compile(r';[ \t]*([^\s;="]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^\s;"]*)')
_QUOTED_PAIR = re.compile(r"\\(.)")


@lru_cache(maxsize=256)
def parse_content_type(value: str) -> tuple[str, str]:
    """Return media type and charset of a Content-Type field, in lower case, "" where absent."""
    charset = next((each[2] for each in _PARAMETER.finditer(value) if each[1].lower() == "charset"), "")
    if charset.startswith('"'):
        charset = _QUOTED_PAIR.sub(r"\1", charset[1:-1])
    return value.partition(";")[0].strip().lower(), charset.lower()


def form_of(content_type: str) -> str:
    """Return which form of a package a Content-Type names: "dime", "mime", or "" for a bare envelope."""
    media_type, _ = parse_content_type(content_type)
    return next((form for form, package in FORMS.items() if package == media_type), "")


def form_accepted(accept: str) -> str:
    """Return the one form that an Accept field names; "" when it names both or neither (wire rule 33)."""
    named = [form for form, media_type in FORMS.items() if media_type in accept.lower()]
    return named[0] if len(named) == 1 else ""


class PartsReader(Protocol):
    """What `soap.dime` and `soap.mime` read with."""

    @property
    def done(self) -> bool:
        """Whether the message has ended."""

    def feed(self, data: bytes) -> Iterator[Event]:
        """Give the events of the next bytes."""

    def finish(self) -> None:
        """Learn that there are no more bytes."""


class Package:
    """A message with attachments, while it arrives.

    Args:
        content_type: Of the request; of one of `FORMS`.
        limit: Bytes of the envelope (MaxMessageLengthExceeded).

    Attributes:
        form: "dime" or "mime".
        ready: Whether the envelope is whole, and it is known whether something is attached.
        root: The beginning of the envelope's part.
        attachment: What is attached; None before it began, and when nothing is.

    Raises:
        Problem: InvalidSOAPRequest, for a Content-Type that names no parts.

    """

    def __init__(self, content_type: str, limit: int) -> None:
        self.form = form_of(content_type)
        self.root = Part("", "")
        self.attachment: Attachment | None = None
        self._limit = limit
        self._envelope = bytearray()
        self._part: Part | None = None
        self._parts = 0
        self._start = ""
        if self.form == "dime":
            self._reader: PartsReader = DimeReader()
            return
        try:
            multipart = parse_multipart_type(content_type)
        except MimeError as error:
            raise refused(str(error)) from None
        self._start = multipart.start
        self._reader = MimeReader(multipart.boundary)

    @property
    def ready(self) -> bool:
        """Whether the message can be judged: all of the envelope is here, and what comes is known."""
        return self._parts > 1 or (self._parts == 1 and self._reader.done)

    @property
    def content_type(self) -> str:
        """What the envelope's part says of itself."""
        return self.root.type

    @property
    def envelope(self) -> bytes:
        """The envelope."""
        return bytes(self._envelope)

    @property
    def part(self) -> Part | None:
        """The beginning of the attachment; None before it came, and when there is none."""
        return self._part

    def attach(self, body: Body) -> None:
        """Say where the bytes of the attachment will come from."""
        assert self._part is not None, "nothing is attached before it has begun"
        self.attachment = Attachment(self._part.id, body)

    def feed(self, data: bytes) -> list[bytes]:
        """Read on.

        Returns:
            The bytes of the attachment among `data`.

        Raises:
            Problem: InvalidSOAPRequest, for a broken package, one whose root part is not the
                first, and one with more than one attachment; MaxMessageLengthExceeded.

        """
        payload: list[bytes] = []
        try:
            for event in self._reader.feed(data):
                if isinstance(event, Part):
                    self._begin(event)
                elif isinstance(event, bytes):
                    self._keep(event, payload)
        except (DimeError, MimeError) as error:
            raise refused(str(error)) from None
        return payload

    def finish(self) -> None:
        """Learn that the HTTP body is over.

        Raises:
            Problem: IncompleteBody, when the package is not.

        """
        try:
            self._reader.finish()
        except (DimeError, MimeError) as error:
            raise Problem("IncompleteBody", f"The message is cut short: {error}") from None

    def _begin(self, part: Part) -> None:
        self._parts += 1
        if self._parts == 1:
            if self._start and part.id != self._start:
                raise refused("the root part does not come first")
            self.root = part
        elif self._parts == 2:
            self._part = part
        else:
            raise refused("more than one attachment")

    def _keep(self, data: bytes, payload: list[bytes]) -> None:
        if self._parts > 1:
            payload.append(data)
            return
        self._envelope += data
        if len(self._envelope) > self._limit:
            raise Problem("MaxMessageLengthExceeded", details=(("MaxMessageLengthBytes", str(self._limit)),))


def build_package(
    form: str, envelope: tuple[Piece, ...], data: Piece, media_type: str, unique: str
) -> tuple[str, tuple[Piece, ...]]:
    """Return the Content-Type and the pieces of an envelope with its attachment (wire rule 33).

    Args:
        form: "dime" or "mime".
        envelope: All of it bytes.
        data: The attachment.
        media_type: Of the attachment, as the store tells it; anything that is none becomes octets.
        unique: Letters and digits that nobody else has: of them ids and boundary are made.

    """
    text = b"".join(piece for piece in envelope if isinstance(piece, bytes))
    kind = _writable(media_type)
    if form == "dime":
        part = Part(f"uuid:{unique}.data", kind)
        return FORMS["dime"], build_soap_message(text, part, data, f"uuid:{unique}.envelope")
    root, attached = Part(f"{unique}.envelope", CONTENT_TYPE), Part(f"{unique}.data", kind)
    boundary = f"----=_Part_{unique}"
    content_type = build_multipart_type(MultipartType(boundary, "text/xml", root.id))
    return content_type, build_message(boundary, [(root, (text,)), (attached, (data,))])


def _writable(media_type: str) -> str:
    return media_type if _MEDIA_TYPE.match(media_type) else OCTETS


def repack(  # noqa: PLR0913, PLR0917 - what a package is made of
    package: Package, content_type: str, root: Part, envelope: bytes, data: Piece | None, unique: str
) -> tuple[str, tuple[Piece, ...]]:
    """Return the Content-Type and the pieces of a package that came, with all its ids, written anew.

    Args:
        package: What came.
        content_type: What it came with.
        root: What the envelope is told as.
        envelope: The envelope, in the charset that `root` tells.
        data: What is attached; None when nothing is.
        unique: Letters and digits that nobody else has, for the boundary.

    Raises:
        Problem: InvalidSOAPRequest, for an id or a type that cannot be written.

    """
    try:
        if package.form == "dime":
            return FORMS["dime"], _redimed(package, envelope, data)
        boundary = f"----=_Part_{unique}"
        parts: list[tuple[Part, tuple[Piece, ...]]] = [(root, (envelope,))]
        if package.part is not None and data is not None:
            parts.append((package.part, (data,)))
        multipart = replace(parse_multipart_type(content_type), boundary=boundary)
        return build_multipart_type(multipart), build_message(boundary, parts)
    except ValueError as error:
        raise refused(f"a part cannot be passed on: {error}") from None


def _redimed(package: Package, envelope: bytes, data: Piece | None) -> tuple[Piece, ...]:
    about = DimePart(package.root.id, ENVELOPE_TYPE, type_format=TypeFormat.ABSOLUTE_URI)
    records: list[tuple[DimePart, Piece]] = [(about, envelope)]
    if package.part is not None and data is not None:
        records.append((DimePart(package.part.id, _writable(package.part.type)), data))
    return build_records(records)
