"""A language of plain text for clients, and one for the store: a few lines each."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from gateway.messages import Answer, Call, Credentials, HttpReply, HttpRequest, Ids, Problem, RestRequest

STATUSES = {"ServiceUnavailable": 503, "InternalError": 500, "NotImplemented": 501, "AccessDenied": 403}


class Plain:
    """A language of plain text: the path says what to do.

    /echo gives the body back; /store/... asks the store for what stands behind; /stream/... the
    same, as a stream; /twice/... asks two times; /refused is not admitted; /bug is one.
    """

    def __init__(self, name: str = "plain", prefix: str = "/") -> None:
        self.name = name
        self.most = 1 << 20
        self.prefix = prefix
        self.served: list[str] = []

    def claims(self, head: Any) -> bool:
        return head.path.startswith(self.prefix)

    def admit(self, head: Any, *, secure: bool) -> int:
        if head.path == "/refused":
            raise Problem("AccessDenied")
        if head.path == "/bug/admit":
            raise RuntimeError("a bug in admit")
        return self.most

    def serve(self, head: Any, body: bytes, note: Any) -> Generator[Call, Answer, HttpReply]:
        self.served.append(head.target)
        note("GetObject", "AKEXAMPLE")
        _, verb, *rest = head.path.split("/")
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

    def unpack(self, head: Any) -> None:
        return None

    def too_long(self, head: Any) -> Problem:
        return Problem("MaxMessageLengthExceeded")

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
        return HttpRequest(request.method, f"/{request.key}", (("host", "store"),), (request.body,))
