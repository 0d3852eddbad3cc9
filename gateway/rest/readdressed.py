"""Addresses in a store's replies, as the client reaches the same thing.

A gateway that signs anew asks by the store's name, and by the path or the host as the store wants
it. What the store then says of addresses is about that way: the Location of an upload that was put
together, the Resource of an error. Both are told as the client asked; all else stays as it is,
byte for byte.

Only the answer to a POST is looked into for a Location: it is never an object's bytes. Blanks that a
store sends while it still works pass at once, for they keep the client waiting.

Sources: the S3 API reference, CompleteMultipartUpload; wire rule 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.messages import Body, Piece, RestReply
from gateway.wire.markup import escape

MOST: Final = 65_536
"""Bytes of a document that is held until its end; a longer one passes as it is."""

ERROR: Final = 400
"""The first status that is an error."""

_LOCATION = re.compile(rb"<Location>(https?)://([^/<]+)([^<]*)</Location>")
_RESOURCE = re.compile(rb"(?<=<Resource>)[^<]*(?=</Resource>)")


@dataclass(frozen=True, slots=True)
class Way:
    """How one request went on.

    Attributes:
        bucket: The one that it is about, "" for the service.
        asked: The Host that the store was asked by.
        prefix: The path that the store's address has of its own.
        by_path: Whether the store was asked with the bucket in the path.
        client: The client's scheme and Host, "" where it sent no Host.
        client_by_path: Whether the client named the bucket in the path.

    """

    bucket: str
    asked: str
    prefix: str
    by_path: bool
    client: str
    client_by_path: bool

    def path(self, told: bytes) -> bytes:
        """Return the client's path of what has this path at the store, whatever bytes are in it."""
        return self._path(told.decode(errors="surrogateescape")).encode(errors="surrogateescape")

    def _path(self, path: str) -> str:
        path = path.removeprefix(self.prefix)
        start = f"/{self.bucket}"
        if not self.bucket or self.by_path == self.client_by_path:
            return path
        if self.client_by_path:
            return start + path
        return (path[len(start) :] or "/") if f"{path}/".startswith(f"{start}/") else path

    def located(self, document: bytes) -> bytes:
        """Return a document whose Location, where it is the store's, is the client's."""

        def told(found: re.Match[bytes]) -> bytes:
            if not self.client or found[2] != escape(self.asked).encode():
                return found.group()
            return b"<Location>%b%b</Location>" % (escape(self.client).encode(), self.path(found[3]))

        return _LOCATION.sub(told, document, count=1)

    def named(self, document: bytes) -> bytes:
        """Return an error document whose Resource is the client's."""
        return _RESOURCE.sub(lambda found: self.path(found.group()), document, count=1)


class Located:
    """A Coding of a short document, which is changed as a whole when it is closed.

    Args:
        change: Makes the client's document of the store's.

    """

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        self._change = change
        self._held = b""
        self._is_long = False

    def feed(self, data: bytes) -> bytes:
        """Return blanks before the document at once, and one that is too long for a change."""
        if self._is_long:
            return data
        blanks = b""
        if not self._held:
            document = data.lstrip()
            blanks, data = data[: len(data) - len(document)], document
        self._held += data
        if len(self._held) <= MOST:
            return blanks
        self._is_long = True
        return blanks + self._taken()

    def close(self) -> bytes:
        """Return the document."""
        return self._change(self._taken())

    def length(self, size: int) -> int:
        """Return the same number, which nobody asks for: how long the document will be is not known."""
        return size

    def _taken(self) -> bytes:
        held, self._held = self._held, b""
        return held


def tells_address(reply: RestReply, method: str) -> bool:
    """Tell whether a store's reply to a method may be a document with an address of the store in it."""
    if reply.status < ERROR and method != "POST":
        return False
    return "xml" in (reply.header("content-type") or "") and not reply.header("content-encoding")


def readdressed(reply: RestReply, way: Way) -> RestReply:
    """Return a reply that `tells_address` with the client's addresses in it.

    Args:
        reply: An error or the answer to a POST; its body may still be to come.
        way: How the request went on.

    """
    change, body = way.named if reply.status >= ERROR else way.located, reply.body
    told: Piece
    if isinstance(body, bytes):
        told = change(body)
    else:
        told = Body(body.source, None, (*body.through, lambda: Located(change)))
    return RestReply(reply.status, reply.reason, reply.headers, told)
