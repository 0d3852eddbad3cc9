"""S3's REST documents on their way to a client: one root in S3's namespace, and the reply around it.

What stands inside is written by whoever knows it: `wire.values.writer_of` for the types of the
contract, a few lines where S3's document is no type of the contract. Source: the S3 REST API.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.messages import Body, Headers, HttpReply
from gateway.rest.errors import CONTENT_TYPE, DECLARATION
from gateway.tables.errors import phrase
from gateway.wire.markup import escape, pieces_of


def element(name: str, text: str) -> str:
    """Return an element that holds a text; what XML cannot carry becomes U+FFFD (wire rule 19)."""
    return f"<{name}>{escape(text)}</{name}>"


def document_reply(
    namespace: str, root: str, inside: Iterable[str | Body], *, headers: Headers = ()
) -> HttpReply:
    """Return the reply that a document is.

    Args:
        namespace: The contract's.
        root: Name of the root element.
        inside: What stands in it, as XML.
        headers: Fields of the reply beside its Content-Type.

    """
    start = f'{DECLARATION}<{root} xmlns="{escape(namespace)}">'
    return HttpReply(
        200,
        phrase(200),
        (*headers, ("content-type", CONTENT_TYPE)),
        pieces_of((start, *inside, f"</{root}>")),
    )
