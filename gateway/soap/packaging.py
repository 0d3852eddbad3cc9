"""Which form a message has: a bare envelope, or one that came with attachments.

Sources: SOAP 1.1, 6 (the HTTP binding); RFC 9110, 8.3 (Content-Type); WS-Attachments (DIME);
SOAP with Attachments (MIME); wire rule 18.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from gateway.messages import Problem, SoapRequest

CONTENT_TYPE: Final = "text/xml; charset=utf-8"
"""Of every envelope that is written, faults included (wire rule 9)."""

PACKAGES: Final = ("application/dime", "multipart/related")
"""The media types of messages with attachments."""

_PARAMETER = re.compile(r';[ \t]*([^\s;="]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^\s;"]*)')
_QUOTED_PAIR = re.compile(r"\\(.)")


@lru_cache(maxsize=256)
def parse_content_type(value: str) -> tuple[str, str]:
    """Return media type and charset of a Content-Type field, in lower case, "" where absent."""
    charset = next((each[2] for each in _PARAMETER.finditer(value) if each[1].lower() == "charset"), "")
    if charset.startswith('"'):
        charset = _QUOTED_PAIR.sub(r"\1", charset[1:-1])
    return value.partition(";")[0].strip().lower(), charset.lower()


def open_message(request: SoapRequest) -> tuple[bytes, str]:
    """Return the envelope of a message and the charset that HTTP gives it.

    Raises:
        Problem: NotImplemented, for a message with attachments.

    """
    media_type, charset = parse_content_type(request.content_type)
    if media_type in PACKAGES:
        raise Problem(
            "NotImplemented",
            "SOAP attachments are not implemented yet: send the data inline.",
            (("Header", "Content-Type"),),
        )
    return request.message, charset
