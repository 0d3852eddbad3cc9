"""What a message with attachments is made of, whichever form it came in.

A reader of such a message (`soap.dime`, `soap.mime`) is fed bytes as they arrive and gives
events in order: a Part when one begins, bytes for each piece of its payload, END_OF_PART
when it is over. So whoever reads the envelope and then streams the data needs not know
which form the message has, and no payload is ever held in one place.

Sources: SOAP Messages with Attachments (W3C note, 2000); WS-Attachments (2002).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """The beginning of one part of a message.

    Attributes:
        id: What other parts call it by, as sent: a URI in DIME, a Content-ID in MIME; "" when it has none.
        type: Its media type in lower case (parameters as sent) or its URI as sent; "" when it tells none.
        length: Bytes of payload as announced; None when the form does not tell them ahead.

    """

    id: str
    type: str
    length: int | None = None


class EndOfPart(Enum):
    """The type of END_OF_PART."""

    END_OF_PART = "the part that began last is over"


END_OF_PART: Final = EndOfPart.END_OF_PART
"""The part that began last is over."""

Event = Part | bytes | EndOfPart
"""What a reader gives. Bytes are never empty; they belong to the part that began last."""
