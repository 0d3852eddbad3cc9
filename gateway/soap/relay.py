"""SOAP in front of SOAP: what a client sends is checked here and then passed on.

Every rule of the client's side is kept: a message that the gateway itself would refuse never
reaches the store. What passes goes on as it came. Only the three security elements are
written anew, with the time of now, for a user whom the store knows by other keys. An
attachment streams; the package around it is made anew, with the ids and types of the parts,
so that both ends read the same message. Answers stream back as they come; faults are read and
written as S3 documents them.

A store with a contract of its own is no affair of a relay: that is a translation.

Sources: wire rules 6, 7, 9, 12, 17, 24 and 33.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.messages import (
    Admission,
    Attachment,
    Body,
    Call,
    Headers,
    HttpReply,
    HttpRequest,
    Ids,
    Piece,
    Problem,
    RestReply,
)
from gateway.soap.calls import SECURITY
from gateway.soap.data import take_proved
from gateway.soap.envelope import parse_envelope
from gateway.soap.faults import judge_reply
from gateway.soap.packaging import (
    CONTENT_TYPE,
    FORMS,
    Package,
    form_accepted,
    form_of,
    parse_content_type,
    repack,
)
from gateway.soap.parts import Part
from gateway.soap.serve import Soap, request_of
from gateway.soap.signature import sign
from gateway.tables.operations import OPERATIONS
from gateway.tables.store_errors import ours
from gateway.wire.http1 import RequestHead
from gateway.wire.markup import document_of, local
from gateway.wire.texts import build_moment

OPENING: Final = 16_384
"""Bytes of an answer that are looked at for a fault before the first of them is passed on."""

_CHARSET = re.compile(r"(charset\s*=\s*)(?:\"[^\"]*\"|[^\s;\"]*)", re.IGNORECASE)

Note = Callable[[str, str], None]


class Opening:
    """Reads the beginning of an answer; what follows it is given on like an attachment.

    Args:
        length: Bytes of the whole, None when they are not known.

    Attributes:
        data: The beginning, at most OPENING bytes.
        attachment: The rest; None when there is none.

    """

    def __init__(self, length: int | None) -> None:
        self.data = b""
        self.attachment: Attachment | None = None
        self._length = length
        self._part: Part | None = None
        self._ended = False

    @property
    def ready(self) -> bool:
        """Whether the beginning is here."""
        return self._ended or self._part is not None

    @property
    def part(self) -> Part | None:
        """What is known of the rest; None when there is none, as far as is known."""
        return self._part

    def attach(self, body: Body) -> None:
        """Say where the bytes of the rest come from."""
        self.attachment = Attachment("", body)

    def feed(self, data: bytes) -> list[bytes]:
        """Read on; return the bytes of the rest."""
        if self._part is None:
            data = self.data + data
            self.data, data = data[:OPENING], data[OPENING:]
            if data:
                self._part = Part("", "", None if self._length is None else self._length - OPENING)
        return [data] if data else []

    def finish(self) -> None:
        """Learn that the answer is over."""
        self._ended = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapRelay:
    """The cell of SOAP clients and a SOAP store.

    Attributes:
        soap: The clients' side, with its checks.
        host: The store's Host field.
        path: Where it takes messages.
        key_of: The key and secret that sign towards the store for a client's access key, None
            for an unknown one.

    """

    soap: Soap
    host: str
    path: str
    key_of: Callable[[str], tuple[str, str] | None]

    @property
    def name(self) -> str:
        """The language's name, as logs and metrics have it."""
        return self.soap.name

    def claims(self, head: RequestHead) -> bool:
        """Tell whether a request is SOAP's."""
        return self.soap.claims(head)

    def admit(self, head: RequestHead, *, secure: bool) -> Admission:
        """Judge a request by its head; raises Problem."""
        return self.soap.admit(head, secure=secure)

    def too_long(self, head: RequestHead) -> Problem:
        """Return the problem of a message longer than may be read."""
        return self.soap.too_long(head)

    def called(self, head: RequestHead) -> str:
        """Return "": the operation stands in the body."""
        return self.soap.called(head)

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:
        """Write a problem as a fault."""
        return self.soap.refuse(problem, head, ids)

    def prepare(self, request: HttpRequest) -> HttpRequest:
        """Return a request as it is: it has its address and its signature."""
        return request

    def converse(
        self,
        head: RequestHead,
        body: bytes | Package,
        proof: None,  # noqa: ARG002 - the proof of a SOAP message stands in its body
        note: Note,
    ) -> Generator[HttpRequest, RestReply, HttpReply]:
        """Lead one request from its body to its reply.

        Args:
            head: Of a request that was admitted.
            body: All of it, or the package that is ready.
            proof: Nothing: it stands in the body.
            note: Told operation and access key as soon as they are read.

        Yields:
            The message for the store, once.

        Raises:
            Problem: What a check found, or the store's fault; one about a signature of ours is
                InternalError (wire rule 6).

        """
        if head.method != "POST":
            return self.soap.describe(head)
        call = self.soap.read(request_of(head, body), note)
        pair = self._other_keys(call)
        reply = yield self._asked(head, body, call, pair)
        try:
            return _told(reply)
        except Problem as problem:
            mended = problem if pair is None else ours(problem)
            if mended is problem:
                raise
            raise mended from problem

    def _other_keys(self, call: Call) -> tuple[str, str] | None:
        """Return the keys that sign anew for a user; None when the client's own message goes on.

        Raises:
            Problem: InvalidAccessKeyId, when the key is gone since the client was checked.

        """
        if call.credentials is None:
            return None
        access_key = call.credentials.access_key
        pair = self.key_of(access_key)
        if pair is None:
            raise Problem("InvalidAccessKeyId", details=(("AWSAccessKeyId", access_key),))
        return None if pair == (access_key, self.soap.secret_of(access_key)) else pair

    def _asked(
        self, head: RequestHead, body: bytes | Package, call: Call, pair: tuple[str, str] | None
    ) -> HttpRequest:
        """Return the message as the store is to have it."""
        content_type = head.header("content-type") or CONTENT_TYPE
        pieces: tuple[Piece, ...]
        if isinstance(body, bytes):
            envelope, root = self._envelope(body, Part("", content_type), call, pair)
            content_type, pieces = root.type, (envelope,)
        else:
            envelope, root = self._envelope(body.envelope, body.root, call, pair)
            content_type, pieces = repack(body, content_type, root, envelope, _data(call), self.soap.new_id())
        action, accept = head.header("soapaction"), head.header("accept") or ""
        if not form_accepted(accept):  # the store must know what the client would be answered with here
            accept = f"text/xml, {FORMS[self.soap.attachments]}"
        headers = (
            ("host", self.host),
            ("content-type", content_type),
            *(() if action is None else (("soapaction", action),)),
            ("accept", accept),
        )
        large = any(field.place.kind == "payload" for field in OPERATIONS[call.operation].answer)
        unpack = _opening if large else None
        return HttpRequest("POST", self.path, headers, pieces, large, unpack, idempotent=True)

    def _envelope(
        self, envelope: bytes, root: Part, call: Call, pair: tuple[str, str] | None
    ) -> tuple[bytes, Part]:
        """Return the envelope and what tells of it: as they came, or with other security elements."""
        if pair is None:
            return envelope, root
        timestamp = build_moment(self.soap.now())
        anew = dict(
            zip(SECURITY, (pair[0], timestamp, sign(call.operation, timestamp, pair[1])), strict=False)
        )
        node = parse_envelope(envelope, parse_content_type(root.type)[1])
        for child in node:
            if local(child) in anew:
                child.text = anew[local(child)]
        return document_of(node), replace(root, type=_CHARSET.sub(r"\1utf-8", root.type))


def _data(call: Call) -> Body | None:
    """Return what is attached, to be proved on its way; None when nothing is."""
    _, data, _ = take_proved(call, md5=False)
    return data if isinstance(data, Body) else None


def _opening(status: int, headers: Headers) -> Opening | None:
    """Read the beginning of an answer that may be a fault: an envelope is, a package is not."""
    fields = dict(headers)
    if status >= 300 or form_of(fields.get("content-type", "")):
        return None
    length = fields.get("content-length")
    return Opening(None if length is None else int(length))


def _told(reply: RestReply) -> HttpReply:
    """Return the store's answer as it came.

    Raises:
        Problem: It is a fault, or nothing that can be read.

    """
    content_type = reply.header("content-type") or CONTENT_TYPE
    body: Any = reply.body
    pieces: tuple[Piece, ...] = (body,)
    if isinstance(body, Opening):
        pieces = (body.data,) if body.attachment is None else (body.data, body.attachment.body)
    if len(pieces) == 1 and isinstance(pieces[0], bytes) and not form_of(content_type):
        judge_reply(reply.status, pieces[0], parse_content_type(content_type)[1])
    if reply.status >= 300:  # a package, which no fault comes in
        judge_reply(reply.status, b"")
    return HttpReply(200, "OK", (("content-type", content_type),), pieces)
