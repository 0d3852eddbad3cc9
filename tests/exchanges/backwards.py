"""A transcript of an operation led the other way: a REST client in front, a SOAP store behind.

The last request that the gateway once sent in REST comes in now, with its signature and at its time; the
answer that it once gave in SOAP is what the store says. Both are the recorded bytes, and both pass
the languages as on the wire: only the shell's part is played here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gateway.conversation import converse
from gateway.messages import Body, Call, HttpRequest, Problem, RestReply
from gateway.proxy.framing import Framing, reply_head
from gateway.rest.answers import parse_answer
from gateway.rest.serve import Rest
from gateway.soap.answers import build_answer
from gateway.soap.ask import Soap
from gateway.soap.calls import operation_of, parse_call
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.soap.packaging import Package, form_of
from gateway.tables.contract import Contract
from gateway.tables.operations import OPERATIONS
from gateway.wire.http1 import RequestHead
from tests.exchanges.operations import (
    REST_REPLY,
    REST_REQUEST,
    SECRETS,
    SOAP_ANSWER,
    SOAP_REQUEST,
    Transcript,
    bytes_of,
    parts_of,
)
from tests.exchanges.transcripts import OUR_IDS, read_reply
from tests.joined import our_contract


@dataclass(frozen=True, slots=True)
class Backwards:
    """What passed.

    Attributes:
        asked: The calls in the messages that the store was sent, the data beside them among their values.
        reply: What the client got, head and body.

    """

    asked: tuple[Call, ...]
    reply: bytes


def play_backwards(transcript: Transcript) -> Backwards:
    """Lead a transcript backwards through REST's serving and SOAP's asking side."""
    head, body = parts_of(transcript.of(REST_REQUEST)[-1])
    front = Rest(contract=our_contract(), secret_of=SECRETS.get, now=lambda: transcript.clock, domains=())
    back = Soap(
        contract=_contract_of(transcript),
        host="store",
        key_of=lambda key: (key, SECRETS[key]),
        now=lambda: transcript.clock,
        new_id=lambda: "0" * 32,
    )
    asked = []
    try:
        admission = front.admit(head, secure=False)
        taken = body if admission.parts is None else _attached(admission.parts, body)
        serving = front.serve(head, taken, admission.proof, lambda *_: None)
        conversation = converse(serving, back.ask)
        request = next(conversation)
        while True:
            call = call_in(dict(request.headers)["content-type"], b"".join(map(bytes_of, request.pieces)))
            asked.append(call)
            request = conversation.send(_answer(transcript, request, call.operation))
    except StopIteration as done:
        reply = done.value
    except Problem as problem:
        reply = front.refuse(problem, head, OUR_IDS)
    framing = Framing.of(reply, head, close=False)
    written = reply_head(reply, framing, OUR_IDS, transcript.clock.timestamp())
    return Backwards(tuple(asked), written + b"".join(map(bytes_of, reply.pieces)))


def _contract_of(transcript: Transcript) -> Contract:
    """Return the store's contract: one with PutObjectInline alone where that was once called.

    REST has one PUT of an object for both, and a store is asked PutObject where it has that.
    """
    contract = our_contract()
    if transcript.operation != "PutObjectInline":
        return contract
    spoken = {name: each for name, each in contract.operations.items() if name != "PutObject"}
    return replace(contract, operations=spoken)


def recorded_call(transcript: Transcript) -> Call:
    """Return the call that the foreign stack once sent, the data beside it among its values."""
    message = transcript.of(SOAP_REQUEST)[0]
    head, body = parts_of(message)
    return call_in(_content_type(head), body)


def call_in(content_type: str, message: bytes) -> Call:
    """Return the call in a SOAP message, the data beside it among its values."""
    if not form_of(content_type):
        return _parsed(message)
    package = _attached(Package(content_type, len(message)), message)
    call = _parsed(package.envelope)
    if package.attachment is None:
        return call
    return Call(call.operation, {**call.values, "Data": package.attachment.body.source})


def _parsed(envelope: bytes) -> Call:
    node = parse_envelope(envelope)
    operation_of(node, our_contract())
    call = parse_call(node, our_contract(), None)
    return Call(call.operation, call.values)


def _content_type(head: RequestHead) -> str:
    return next(value for name, value in head.headers if name == "content-type")


def _attached(parts: Any, data: bytes) -> Any:
    """Return a reader of parts, or of an object, that has read all of `data`."""
    content = b"".join(parts.feed(data))
    parts.finish()
    if parts.part is not None:
        parts.attach(Body(content, parts.part.length))
    return parts


def _told_first(transcript: Transcript, operation: str) -> RestReply:
    """Return what the store said before it was written to, in SOAP."""
    reply = read_reply(transcript.of(REST_REPLY)[0])
    told = parse_answer(reply, OPERATIONS[operation], Call(operation, {}), our_contract())
    body = b"".join(map(bytes_of, build_envelope(build_answer(told, our_contract()))))
    return RestReply(200, "OK", (("content-type", "text/xml; charset=utf-8"),), body)


def _answer(transcript: Transcript, request: HttpRequest, operation: str) -> RestReply:
    """Return the answer once given, as the shell hands on a store's reply.

    Asked about an object before its part, a store says the same under that operation's name. Asked who
    the owner is, it says in SOAP what it once said in REST before it wrote.
    """
    if operation == OPERATIONS[transcript.operation].first:
        return _told_first(transcript, operation)
    recorded = transcript.of(SOAP_ANSWER)[0]
    if operation != transcript.operation:
        recorded = recorded.replace(
            f"{transcript.operation}Response".encode(), f"{operation}Response".encode()
        )
    reply = read_reply(recorded)
    package = request.unpack(reply.status, reply.headers) if request.unpack else None
    if package is None:
        return reply
    return RestReply(reply.status, reply.reason, reply.headers, _attached(package, reply.body))
