"""A language of plain text for clients, and one for the store: a few lines each."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gateway.messages import (
    Admission,
    Answer,
    Attachment,
    Body,
    Call,
    Credentials,
    HttpReply,
    HttpRequest,
    Ids,
    Problem,
    RestRequest,
)
from gateway.wire.proof import proved

STATUSES = {"ServiceUnavailable": 503, "InternalError": 500, "NotImplemented": 501, "AccessDenied": 403}


IN_PARTS = {"put", "ignored", "denied"}


@dataclass
class Announced:
    """What a message in parts says of its attachment."""

    length: int | None


def parts(data: bytes | None, *, announced: int | None = None, digest: str = "") -> bytes:
    """Write a message in parts, in records of at most 60000 bytes; None: with nothing attached."""
    if data is None:
        return b"none \n"
    size = len(data) if announced is None else announced
    records = [data[start : start + 60000] for start in range(0, len(data), 60000)]
    return f"{size} {digest}\n".encode() + b"".join(map(record, records)) + record(b"")


def record(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


class Parts:
    """A message in parts: a line with size and digest, then records; an empty one is the end.

    The size may be `-`, not known, or `none`, for nothing attached. The record of 65535 bytes is
    broken, and so is anything behind the end.
    """

    def __init__(self) -> None:
        self.attachment: Attachment | None = None
        self.part: Announced | None = None
        self.digest = ""
        self._line = b""
        self._read = b""
        self._none = False
        self._ended = False

    @property
    def ready(self) -> bool:
        return self._none or self.part is not None

    def attach(self, body: Body) -> None:
        self.attachment = Attachment("", body)

    def feed(self, data: bytes) -> list[bytes]:
        self._read += data
        if not self.ready:
            line, end, rest = self._read.partition(b"\n")
            if not end:
                return []
            self._begin(line.decode(), rest)
        return self._records()

    def _begin(self, line: str, rest: bytes) -> None:
        size, self.digest = line.split(" ")
        self._read = rest
        if size == "none":
            self._none = self._ended = True
        else:
            self.part = Announced(None if size == "-" else int(size))

    def _records(self) -> list[bytes]:
        pieces = []
        while len(self._read) >= 2 and not self._ended:
            size = int.from_bytes(self._read[:2], "big")
            if size == 65535:
                raise Problem("InvalidSOAPRequest")
            if len(self._read) < 2 + size:
                break
            pieces.append(self._read[2 : 2 + size])
            self._read = self._read[2 + size :]
            self._ended = not size
        if self._ended and self._read:
            raise Problem("InvalidSOAPRequest")
        return [piece for piece in pieces if piece]

    def finish(self) -> None:
        if not self._ended:
            raise Problem("IncompleteBody")


class Plain:
    """A language of plain text: the path says what to do.

    /echo gives the body back; /store/... asks the store for what stands behind; /stream/... the
    same, as a stream; /twice/... asks two times; /refused is not admitted; /bug is one.

    Of messages in parts: /put/... puts what is attached; /ignored answers without a look at it;
    /denied refuses it.
    """

    def __init__(self, name: str = "plain", prefix: str = "/") -> None:
        self.name = name
        self.most = 1 << 20
        self.most_in_parts = 1 << 30
        self.prefix = prefix
        self.served: list[str] = []

    def claims(self, head: Any) -> bool:
        return bool(head.path.startswith(self.prefix))

    def admit(self, head: Any, *, secure: bool) -> Admission:
        if head.path == "/refused":
            raise Problem("AccessDenied")
        if head.path == "/bug/admit":
            raise RuntimeError("a bug in admit")
        if head.path == "/put/unpackable":
            raise Problem("InvalidSOAPRequest")
        if head.path.split("/")[1] not in IN_PARTS:
            return Admission(self.most)
        return Admission(self.most_in_parts, Parts() if head.method == "POST" else None)

    def serve(self, head: Any, body: Any, proof: Any, note: Any) -> Generator[Call, Answer, HttpReply]:
        self.served.append(head.target)
        note("GetObject", "AKEXAMPLE")
        _, verb, *rest = head.path.split("/")
        if verb in IN_PARTS and head.method == "POST":
            return (yield from self._serve_parts(verb, "/".join(rest), body))
        pieces: tuple[Any, ...] = (body or head.target.encode(),)
        who = Credentials("AKEXAMPLE", signature="a-signature-of-the-client")
        for _ in range({"store": 1, "stream": 1, "unwritten": 1, "twice": 2}.get(verb, 0)):
            values = {"Key": "/".join(rest), "Stream": verb in {"stream", "unwritten"}, "Data": body}
            answer = yield Call("GetObject", values, who)
            pieces = answer.values["pieces"]
        if verb == "unwritten":
            pieces = (b"nothing of it",)
        if verb == "bug":
            raise RuntimeError("a bug in serve")
        if verb == "badreply":
            return HttpReply(200, "OK", (("content-length", "7"),), pieces)
        return HttpReply(200, "OK", (("content-type", "text/plain"),), pieces)

    def _serve_parts(self, verb: str, key: str, body: Parts) -> Generator[Call, Answer, HttpReply]:
        if verb == "denied":
            raise Problem("AccessDenied")
        if verb == "ignored":
            return HttpReply(200, "OK", (), (b"ignored",))
        data = proved(body.attachment.body, body.digest) if body.attachment else b""
        answer = yield Call("PutObject", {"Key": key, "Stream": False, "Data": data})
        return HttpReply(200, "OK", (), answer.values["pieces"])

    def too_long(self, head: Any) -> Problem:
        return Problem("MaxMessageLengthExceeded")

    def called(self, head: Any) -> str:
        return head.path.split("/")[1]

    def refuse(self, problem: Problem, head: Any, ids: Ids) -> HttpReply:
        if head is not None and head.path.endswith("/refuse"):
            raise RuntimeError("a bug in refuse")
        status = STATUSES.get(problem.code, 400)
        body = b"" if problem.code == "Silent" else problem.code.encode()
        return HttpReply(status, "Refused", (("x-code", problem.code),), (body,))


class PlainStore:
    """The store's language to go with it."""

    def ask(self, call: Call) -> Generator[RestRequest, Any, Answer]:
        data = call.values["Data"]
        reply = yield RestRequest(
            "PUT" if data else "GET", key=call.values["Key"], body=data, stream=call.values["Stream"]
        )
        if reply.status == 403:
            raise Problem("InternalError") from Problem("SignatureDoesNotMatch", "Check it.")
        if reply.status >= 400:
            raise Problem("NoSuchKey", request_id=reply.header("x-amz-request-id") or "")
        return Answer(call.operation, {"pieces": (reply.body,)})

    def prepare(self, request: RestRequest) -> HttpRequest:
        if request.key == "unsignable":
            raise Problem("InvalidAccessKeyId")
        headers = (("host", "store"),)
        return HttpRequest(request.method, f"/{request.key}", headers, (request.body,), request.stream)
