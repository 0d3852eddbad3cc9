"""Transcripts of operations: a foreign stack's call, what the store was asked, what all answered.

A transcript is a directory of numbered files, each one message of the wire, in the order in which
they passed. `play` leads the call through both languages again, with the clock of the transcript and
its store's replies, and returns what would be on the wire now. Format: README.md beside this module.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from gateway.conversation import converse
from gateway.messages import Body, HttpReply, Piece, Problem, RestReply
from gateway.proxy.framing import Framing, reply_head
from gateway.rest.addresses import Endpoint
from gateway.rest.ask import Rest
from gateway.rest.requests import Store
from gateway.service.documents import own_documents
from gateway.soap.packaging import Package, form_of
from gateway.soap.serve import Soap
from gateway.wire.bodies import body_reader
from gateway.wire.http1 import RequestHead, build_request_head, parse_request_head
from tests.exchanges.transcripts import OUR_IDS, read_reply
from tests.joined import our_contract
from tests.soap.messages import body_of
from tests.stores.programs import ALICE, BOB

OPERATIONS = Path(__file__).parent / "operations"
SOAP_REQUEST, REST_REQUEST, REST_REPLY, SOAP_ANSWER = (
    "soap-request",
    "rest-request",
    "rest-reply",
    "soap-answer",
)
ONE_WAY = "one-way.txt"
SECRETS = {user.access_key: user.secret_key for user in (ALICE, BOB)}

Message = tuple[str, bytes]
"""What kind of message, and its bytes."""

Exchange = Callable[[bytes, str], bytes]
"""Takes a request to the store and its method, gives the store's reply."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One operation, as its messages passed.

    Attributes:
        name: `Operation-what.stack.store`; the directory's.
        messages: All of them, in order.
        one_way: Why it cannot be played backwards; "" when it can.

    """

    name: str
    messages: tuple[Message, ...]
    one_way: str = ""

    @property
    def operation(self) -> str:
        """Which of the 16."""
        return self.name.partition(".")[0].partition("-")[0]

    def of(self, kind: str) -> list[bytes]:
        """Return the messages of a kind."""
        return [message for its_kind, message in self.messages if its_kind == kind]

    @property
    def clock(self) -> dt.datetime:
        """When it was, to the second: the date of the answer."""
        return parsedate_to_datetime(_field(self.of(SOAP_ANSWER)[0], "date"))

    @property
    def endpoint_url(self) -> str:
        """Where its store was; any place for a call that led to no question."""
        questions = self.of(REST_REQUEST)
        return f"http://{_field(questions[0], 'host')}" if questions else "http://127.0.0.1"

    def write(self) -> None:
        """Keep it; what people wrote beside its messages stays."""
        directory = OPERATIONS / self.name
        directory.mkdir(parents=True, exist_ok=True)
        for outdated in directory.glob("*.http"):
            outdated.unlink()
        for number, (kind, message) in enumerate(self.messages, 1):
            (directory / f"{number}.{kind}.http").write_bytes(message)


def _field(message: bytes, name: str) -> str:
    lines = message.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return next(
        value for field, _, value in (line.partition(": ") for line in lines) if field.lower() == name
    )


def parts_of(request: bytes) -> tuple[RequestHead, bytes]:
    """Return a request's head, and its body without the chunks of HTTP."""
    raw, _, body = request.partition(b"\r\n\r\n")
    head = parse_request_head(raw + b"\r\n\r\n")
    return head, body_reader(head).feed(body)


def envelope_of(message: bytes) -> bytes:
    """Return the envelope of a SOAP message, alone or the first of its parts."""
    body = parts_of(message)[1] if message.startswith(b"POST ") else message.partition(b"\r\n\r\n")[2]
    content_type = _field(message, "content-type")
    if not form_of(content_type):
        return body
    package = Package(content_type, len(body))
    package.feed(body)
    package.finish()
    return package.envelope


def transcripts() -> Iterator[Transcript]:
    """Yield all that are kept, by name."""
    for directory in sorted(OPERATIONS.iterdir()):
        files = sorted(directory.glob("*.http"), key=lambda path: int(path.name.partition(".")[0]))
        reason = directory / ONE_WAY
        yield Transcript(
            directory.name,
            tuple((path.name.split(".")[1], path.read_bytes()) for path in files),
            reason.read_text().strip() if reason.exists() else "",
        )


def play(request: bytes, endpoint_url: str, clock: dt.datetime, exchange: Exchange) -> Iterator[Message]:
    """Lead one SOAP request through the gateway's two languages; the shell's part is `exchange`.

    Yields:
        Every message but the first, in order.

    """
    head, body = parts_of(request)
    soap = Soap(
        contract=our_contract(),
        documents=own_documents(),
        secret_of=SECRETS.get,
        now=lambda: clock,
        new_id=lambda: "0" * 32,
    )
    rest = Rest(
        contract=our_contract(),
        store=Store(endpoint=Endpoint.of(endpoint_url)),
        key_of=lambda key: (key, SECRETS[key]),
        now=lambda: clock,
    )
    conversation = converse(soap.serve(head, body_of(head, body, soap), None, lambda *_: None), rest.ask)
    try:
        asked = next(conversation)
        while True:
            prepared = rest.prepare(asked)
            sent = b"".join(map(bytes_of, prepared.pieces))
            message = build_request_head(prepared, len(sent)) + sent
            yield REST_REQUEST, message
            raw_reply = exchange(message, prepared.method)
            yield REST_REPLY, raw_reply
            asked = conversation.send(_reply_of(raw_reply, stream=asked.stream))
    except StopIteration as done:
        reply: HttpReply = done.value
    except Problem as problem:
        reply = soap.refuse(problem, head, OUR_IDS)
    framing = Framing.of(reply, head, close=False)
    written = reply_head(reply, framing, OUR_IDS, clock.timestamp())
    yield SOAP_ANSWER, written + b"".join(map(bytes_of, reply.pieces))


def _reply_of(raw: bytes, *, stream: bool) -> RestReply:
    reply = read_reply(raw)
    if stream and reply.status < 300:
        assert isinstance(reply.body, bytes)
        return RestReply(reply.status, reply.reason, reply.headers, Body(reply.body, len(reply.body)))
    return reply


def bytes_of(piece: Piece) -> bytes:
    if isinstance(piece, bytes):
        return piece
    data: bytes = piece.source
    for make in piece.through:
        coding = make()
        data = coding.feed(data) + coding.close()
    return data
