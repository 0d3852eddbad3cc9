"""A SOAP store in memory: what `soap.ask` sends is read by `soap.serve`, and what that writes is its reply.

The shell's part is a few lines here: pieces become bytes, a reply is unpacked as its head says, and a
package that cannot be read is an InternalError (wire rule 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.messages import Answer, Body, Call, HttpReply, HttpRequest, Ids, Piece, Problem, RestReply
from gateway.soap.ask import Soap
from gateway.soap.serve import Soap as SoapClients
from tests.joined import head_of, our_contract
from tests.soap.messages import KEY, NOW, SECRET, body_of
from tests.soap.messages import soap as clients

IDS = Ids("STORE-REQUEST", "store-host")


def store_language(**settings: Any) -> Soap:
    """The language of a store that knows one user by the keys of `tests.soap.messages`, at noon."""
    given = {
        "contract": our_contract(),
        "host": "store:9000",
        "key_of": {"ALICE": (KEY, SECRET)}.get,
        "now": lambda: NOW,
        "new_id": lambda: "0123456789abcdef",
    }
    return Soap(**{**given, **settings})


def written(pieces: tuple[Piece, ...]) -> bytes:
    """The bytes that pieces write; a Body's source is its bytes, and its codings judge them."""
    return b"".join(piece if isinstance(piece, bytes) else _coded(piece) for piece in pieces)


def _coded(body: Body) -> bytes:
    data = body.source
    for make in body.through:
        coding = make()
        data = coding.feed(data) + coding.close()
    return data


def replied(
    request: HttpRequest, status: int, headers: tuple[tuple[str, str], ...], body: bytes, at_once: int = 0
) -> RestReply:
    """What the shell makes of a reply; `at_once` bytes come together, 0 for all.

    Raises:
        Problem: InternalError, for parts that cannot be read.

    """
    package = None if request.unpack is None else _unpacked(request, status, headers)
    if package is None:
        return RestReply(status, "", headers, body)
    data = b""
    try:
        for piece in _cut(body, at_once):
            data += b"".join(package.feed(piece))
        package.finish()
    except Problem as problem:
        raise Problem("InternalError") from problem
    if package.part is not None:
        package.attach(Body(data, package.part.length))
    return RestReply(status, "", headers, package)


def _unpacked(request: HttpRequest, status: int, headers: tuple[tuple[str, str], ...]) -> Any:
    assert request.unpack is not None
    try:
        return request.unpack(status, headers)
    except Problem as problem:
        raise Problem("InternalError") from problem


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    step = size or len(data) or 1
    return (data[start : start + step] for start in range(0, len(data), step))


@dataclass
class MemoryStore:
    """A store that answers each call as `says` says: with an Answer, a Problem or a reply of its own.

    Attributes:
        says: Given the call, as the store read it.
        clients: How it reads its clients.
        calls: All calls that it read, data as bytes.
        asked: The requests as they came.
        messages: The bytes that they wrote.

    """

    says: Callable[[Call], Answer | Problem | RestReply]
    clients: SoapClients = field(default_factory=lambda: clients(anonymous=True))
    calls: list[Call] = field(default_factory=list)
    asked: list[HttpRequest] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    def reply(self, request: HttpRequest) -> RestReply:
        """Read a request, signature and all, and reply to it."""
        self.asked.append(request)
        outcome = self._outcome(request)
        if isinstance(outcome, RestReply):
            return replied(request, outcome.status, outcome.headers, outcome.body)
        return replied(request, outcome.status, outcome.headers, written(outcome.pieces))

    def _outcome(self, request: HttpRequest) -> HttpReply | RestReply:
        body = written(request.pieces)
        self.messages.append(body)
        fields = [f"{name}: {value}" for name, value in request.headers if name != "host"]
        head = head_of(f"Content-Length: {len(body)}", *fields, target=request.target)
        try:
            conversation = self.clients.serve(head, body_of(head, body, self.clients), None, lambda *_: None)
            call = next(conversation)
            said = self.says(self._keep(call))
            if isinstance(said, RestReply):
                return said
            conversation.throw(said) if isinstance(said, Problem) else conversation.send(said)
        except StopIteration as done:
            return done.value
        except Problem as problem:
            return self.clients.refuse(problem, head, IDS)
        raise AssertionError("a second call")

    def _keep(self, call: Call) -> Call:
        data = call.values.get("Data")
        values = {**call.values, "Data": data.source} if isinstance(data, Body) else call.values
        self.calls.append(Call(call.operation, values, call.credentials))
        return self.calls[-1]


def led(language: Soap, call: Call, reply: Callable[[HttpRequest], RestReply]) -> Answer:
    """The answer to a call whose requests are replied to so; data that come as a Body are read."""
    asking = language.ask(call)
    try:
        request = next(asking)
        while True:
            try:
                outcome = reply(language.prepare(request))
            except Problem as problem:
                request = asking.throw(problem)
            else:
                request = asking.send(outcome)
    except StopIteration as done:
        answer: Answer = done.value
        return answer


def read(answer: Answer) -> dict[str, Any]:
    """The values of an answer, a Body as the bytes it writes."""
    values = dict(answer.values)
    if isinstance(values.get("Data"), Body):
        values["Data"] = written((values["Data"],))
    return values
