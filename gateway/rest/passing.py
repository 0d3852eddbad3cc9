"""A REST client's request, passed on as it came: the store checks the client's own signature.

Host, path, query, every end-to-end field and the body go on untouched, for any of them may be
signed. Nothing is checked here but that the request is HTTP, and its size. A client that waits for
`100 Continue` is told it when the store says so, for nobody else can (wire rule 22).

Source: RFC 9110, 7.6, on what a relay may change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gateway.messages import Admission, Attachment, Body, HttpRequest, Piece, RestReply
from gateway.rest.addresses import Endpoint
from gateway.rest.payload import CONTENT_SHA256
from gateway.rest.resigning import FRAMING, too_large
from gateway.wire.http1 import HOP_BY_HOP, RequestHead, end_to_end

_IN_CHUNKS: Final = "STREAMING-"
_DROPPED: Final = HOP_BY_HOP | {"content-length", "expect"}  # the two are made anew


class Untouched:
    """A body that nobody looks into: an Unpacking whose only part is all of it.

    Args:
        length: Its bytes; None when they were not announced.

    Attributes:
        attachment: The bytes, once the shell has said where they come from.
        ready: Always.
        length: The same.

    """

    ready: Final = True

    def __init__(self, length: int | None) -> None:
        self.attachment: Attachment | None = None
        self.length = length

    @property
    def part(self) -> Untouched:
        """The one part, known from the start."""
        return self

    def attach(self, body: Body) -> None:
        """Say where the bytes come from."""
        self.attachment = Attachment("", body)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the bytes."""
        return [data] if data else []

    def finish(self) -> None:
        """Learn that the body is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """How requests are relayed when the store checks the client.

    Attributes:
        endpoint: The store's address.
        max_object: Bytes of a body, decoded (EntityTooLarge).

    """

    endpoint: Endpoint
    max_object: int = 5 * 1024**3

    def admit(self, head: RequestHead, *, secure: bool = False) -> Admission:  # noqa: ARG002
        """Say how much body may come.

        Raises:
            Problem: EntityTooLarge.

        """
        if not head.length and not head.chunked:
            return Admission(0)
        in_chunks = (head.header(CONTENT_SHA256) or "").startswith(_IN_CHUNKS)
        most = 2 * self.max_object + FRAMING if in_chunks else self.max_object
        if head.length is not None and head.length > most:
            raise too_large(head.length, self.max_object)
        return Admission(most, Untouched(head.length), unasked=True)

    def request(self, head: RequestHead, body: Any, proof: None) -> HttpRequest:  # noqa: ARG002
        """Return what is sent to the store.

        Args:
            head: The client's.
            body: b"" for none, else what `admit` gave to read it.
            proof: Nothing.

        """
        headers = list(end_to_end(head.headers, _DROPPED))
        if not head.host:
            headers.insert(0, ("host", self.endpoint.authority))
        if head.expects_continue:
            headers.append(("expect", "100-continue"))
        pieces: tuple[Piece, ...] = ()
        if body != b"":
            pieces = (body.attachment.body,)
        elif head.length == 0:
            pieces = (b"",)  # a length that was told may be signed
        target = f"{self.endpoint.prefix}{head.target}"
        return HttpRequest(head.method, target, tuple(headers), pieces, stream=True)

    def about(self, proof: None) -> None:
        """Tell that nobody has looked at the address, which only the store may judge."""

    def access_key(self, proof: None) -> str:  # noqa: ARG002
        """Return "": whose request it is the store knows."""
        return ""

    def signs(self, proof: None) -> bool:  # noqa: ARG002
        """Tell that the store's verdict on a signature is about the client's."""
        return False

    def told(self, reply: RestReply, proof: None) -> RestReply:  # noqa: ARG002
        """Return the reply as it is: the store was asked by the client's own address."""
        return reply
