"""Content-Transfer-Encoding: how the bytes of a part were made fit for mail, undone as they arrive.

SOAP stacks send `binary`, where nothing is to be undone, and so pass `8bit` and `7bit`: whether
their lines are short enough is mail's affair. The two that change bytes are decoded strictly,
because an object is stored of what comes out: a character that the encoding cannot have means
that the message was damaged on its way. Where an error is seen does not depend on how the
message arrived in pieces.

Sources: RFC 2045, 6 (6.7 quoted-printable, 6.8 base64); RFC 5322, 2.1.1 (length of lines).
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from gateway.soap.related import Flaw, MimeError

MAX_LINE: Final = 998
"""Bytes of a line of quoted-printable, which is held until it is whole. InvalidSOAPRequest."""

_BLANKS: Final = b" \t\r\n"
_LINES = re.compile(  # and behind the last thing that is whole, the beginning of one
    rb"(?:[\t\x20-\x3c\x3e-\x7e]++|=(?:[0-9A-Fa-f]{2}|[ \t]*+\r\n)|\r\n)*+"
    rb"(?:=(?:[0-9A-Fa-f]|[ \t]*+\r?)|\r)?"
)
_LONG_LINE = re.compile(rb"\n[^\r\n]{%d}" % (MAX_LINE + 1))
_BLANKS_AT_END = re.compile(
    rb"[ \t](?<![ \t]{2})[ \t]*+\r\n"
)  # from their first on: any other would take long


class Decoder(Protocol):
    """Undoes one encoding of one part."""

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded bytes, return what they are decoded.

        Raises:
            MimeError: They are not of the encoding; nothing more can be decoded.

        """

    def close(self) -> bytes:
        """Tell that the part is over, return the last bytes of it.

        Raises:
            MimeError: Its end is missing.

        """


class Identity:
    """binary, 8bit and 7bit: the bytes are what they are."""

    def __init__(self, _offset: int) -> None:
        """Take the offset as all decoders do; nothing can be wrong here."""

    def feed(self, data: bytes) -> bytes:
        """Return `data`, uncopied."""
        return data

    def close(self) -> bytes:
        """Return nothing: nothing was held back."""
        return b""


class Base64Decoder:
    """base64: blanks and line ends anywhere, every other character of the alphabet, padding at the end."""

    def __init__(self, offset: int) -> None:
        """Begin where the part's payload begins in the message."""
        self._offset = offset
        self._held = b""  # the characters of a group that is not whole
        self._ended = False  # by a padded group

    def feed(self, data: bytes) -> bytes:
        """Take the next characters, return the bytes of all groups that are whole; see Decoder."""
        try:
            decoded, self._held, self._ended = self._decoded(data)
        except binascii.Error:
            at = bisect_left(range(len(data)), True, key=lambda last: self._is_wrong(data[: last + 1]))
            raise MimeError(Flaw.BASE64, self._offset + at) from None
        self._offset += len(data)
        return decoded

    def close(self) -> bytes:
        """Return nothing, as every group was whole; see Decoder."""
        if self._held:
            raise MimeError(Flaw.BASE64_CUT_SHORT, self._offset)
        return b""

    def _decoded(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Return the bytes of all whole groups, the rest, and whether padding ended it; changes nothing."""
        characters = self._held + data.translate(None, _BLANKS)
        whole = len(characters) - len(characters) % 4
        groups, rest = characters[:whole], characters[whole:]
        ended = self._ended or groups.endswith(b"=")
        if (ended and rest) or (self._ended and groups):
            raise binascii.Error("data behind the padding")
        return binascii.a2b_base64(groups, strict_mode=True), rest, ended

    def _is_wrong(self, data: bytes) -> bool:
        try:
            self._decoded(data)
        except binascii.Error:
            return True
        return False


class QuotedPrintableDecoder:
    """quoted-printable: decoded by whole lines, blanks at the end of a line dropped as RFC 2045 wants."""

    def __init__(self, offset: int) -> None:
        """Begin where the part's payload begins in the message."""
        self._offset = offset  # of what is held
        self._held = b""  # of a line that is not whole

    def feed(self, data: bytes) -> bytes:
        """Take the next characters, return the bytes of all lines that are whole; see Decoder."""
        data = self._held + data
        whole = data.rfind(b"\r\n") + 2 if b"\r\n" in data else 0
        decoded = self._decoded(data[:whole])
        self._offset += whole
        self._held = data[whole:]
        if len(self._held) > MAX_LINE + 1:  # the one may be the CR of its end
            self._judge(self._held)
        return decoded

    def close(self) -> bytes:
        """Return the bytes of the last line, which has no end of its own; see Decoder."""
        goes_on = self._held.rstrip(b" \t").endswith(b"=")
        decoded = self._decoded(self._held + b"\r\n")
        return decoded if goes_on else decoded[:-2]

    def _decoded(self, lines: bytes) -> bytes:
        self._judge(lines)
        return binascii.a2b_qp(_BLANKS_AT_END.sub(b"\r\n", lines))

    def _judge(self, lines: bytes) -> None:
        """Refuse the first byte that cannot be where it is."""
        good = _LINES.match(lines)
        assert good is not None, "it matches nothing, too"
        long_line = _LONG_LINE.search(b"\n" + lines, 0, good.end() + 2)
        if long_line is not None:
            raise MimeError(Flaw.QUOTED_PRINTABLE_LINE_TOO_LONG, self._offset + long_line.start() + MAX_LINE)
        if good.end() < len(lines):
            raise MimeError(Flaw.QUOTED_PRINTABLE, self._offset + good.end())


DECODERS: Final[Mapping[str, Callable[[int], Decoder]]] = MappingProxyType(
    {
        "": Identity,
        "binary": Identity,
        "8bit": Identity,
        "7bit": Identity,
        "base64": Base64Decoder,
        "quoted-printable": QuotedPrintableDecoder,
    }
)
"""Decoders by the name of the encoding in lower case, "" where a part tells none.

Each is made with the offset of the payload's first byte in the message.
"""
