"""How a reply is framed for the client that asked, and its head.

The rules of RFC 9112, 6, from the server's side, with wire rule 20: Content-Length wherever
the length is known, else chunks, else (HTTP/1.0) the end of the connection.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.messages import HttpReply, Ids, length_of
from gateway.proxy.clock import http_date
from gateway.wire.gate import Version
from gateway.wire.http1 import RequestHead, build_reply_head

SERVER = "s3gateway"
"""The Server field of every answer."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How the end of a reply is told.

    Attributes:
        version: The client's.
        length: Content-Length; of a reply to HEAD that of the body it does not have.
        chunked: Whether the body comes in chunks. Neither length nor chunks: until close.
        bodiless: Whether there is no body, whatever the reply's pieces are.
        close: Whether the connection ends behind the reply.

    """

    version: Version
    length: int | None
    chunked: bool
    bodiless: bool
    close: bool

    @classmethod
    def of(cls, reply: HttpReply, head: RequestHead | None, *, close: bool) -> Framing:
        """Frame a reply.

        Args:
            reply: What is written.
            head: The request's; None when it could not be read, which ends the connection.
            close: Whether the connection ends whatever the client wants.

        """
        version = (1, 1) if head is None else head.version
        bodiless = reply.status in {204, 304} or (head is not None and head.method == "HEAD")
        length = reply.length
        if length is None and (reply.pieces or not bodiless):
            length = length_of(reply.pieces)
        if reply.status == 204 or (reply.status == 304 and reply.length is None):
            length = None
        chunked = length is None and not bodiless and version >= (1, 1)
        until_close = length is None and not bodiless and not chunked
        kept = head is not None and head.keep_alive and not until_close
        return cls(version, length, chunked, bodiless, close or not kept)


def reply_head(reply: HttpReply, framing: Framing, ids: Ids, now: float) -> bytes:
    """Write the head of a reply, with the fields that every answer has.

    Args:
        reply: Its status and fields; ids that it has already are kept.
        framing: Decides Content-Length, Transfer-Encoding and Connection.
        ids: The request's names.
        now: Seconds since 1970, for Date.

    Returns:
        The head, blank line included.

    Raises:
        ValueError: Something in the reply cannot stand in a head; a bug of whoever made it.

    """
    ours = (("server", SERVER), ("x-amz-request-id", ids.request_id), ("x-amz-id-2", ids.host_id))
    return build_reply_head(
        reply,
        length=framing.length,
        chunked=framing.chunked,
        close=framing.close,
        date=http_date(now),
        version=framing.version,
        ours=ours,
    )
