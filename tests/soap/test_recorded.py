"""Recorded messages as a SOAP store's: the answers of the transcripts, and parts as gSOAP and Axis write them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.conversation import converse
from gateway.messages import Call, HttpReply, HttpRequest, Problem, RestReply
from gateway.service.documents import own_documents
from gateway.soap.ask import Soap as SoapStore
from gateway.soap.dime_records import HEAD, padded, padding
from gateway.soap.serve import Soap
from gateway.wire.http1 import RequestHead
from tests.exchanges.operations import (
    SECRETS,
    SOAP_ANSWER,
    SOAP_REQUEST,
    Transcript,
    bytes_of,
    parts_of,
    transcripts,
)
from tests.exchanges.transcripts import OUR_IDS, read_reply
from tests.joined import our_contract
from tests.soap.asking import led, read, replied, store_language
from tests.soap.messages import S3, body_of, envelope

TRANSCRIPTS = {transcript.name: transcript for transcript in transcripts()}
WANTED = {"Bucket": "b", "Key": "k", "GetMetadata": True, "GetData": True, "InlineData": False}
GOTTEN = envelope(f'<GetObjectResponse xmlns="{S3}"><GetObjectResponse/></GetObjectResponse>')


def clients_of(transcript: Transcript) -> Soap:
    return Soap(
        contract=our_contract(),
        documents=own_documents(),
        secret_of=SECRETS.get,
        now=lambda: transcript.clock,
        new_id=lambda: "0" * 32,
    )


def store_of(transcript: Transcript) -> SoapStore:
    return store_language(
        key_of=lambda key: (key, SECRETS[key]), now=lambda: transcript.clock, new_id=lambda: "0" * 32
    )


def unpacked(request: HttpRequest, answer: bytes) -> RestReply:
    """A recorded answer, as the shell gives it."""
    reply = read_reply(answer)
    return replied(request, reply.status, reply.headers, reply.body)


def served(clients: Soap, store: SoapStore, head: RequestHead, body: Any, answer: bytes) -> HttpReply:
    """What the client is told when the store's reply to its message is `answer`.

    Asked about the object alone, as before a part of it, it says the same without the data.
    """
    conversation = converse(clients.serve(head, body, None, lambda *_: None), store.ask)
    about = answer.replace(b"GetObjectExtendedResponse", b"GetObjectResponse")
    try:
        request = next(conversation)
        while True:
            asks_about = b"<GetData>false" in b"".join(map(bytes_of, request.pieces))
            request = conversation.send(unpacked(store.prepare(request), about if asks_about else answer))
    except StopIteration as done:
        reply: HttpReply = done.value
        return reply
    except Problem as problem:
        return clients.refuse(problem, head, OUR_IDS)


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_recorded_answer_of_a_store_is_told_again_to_the_byte(name):
    """What Axis, gSOAP, Mono, PHP and zeep said, led through both ends of SOAP."""
    transcript = TRANSCRIPTS[name]
    head, body = parts_of(transcript.of(SOAP_REQUEST)[0])
    answer = transcript.of(SOAP_ANSWER)[0]
    clients = clients_of(transcript)
    reply = served(clients, store_of(transcript), head, body_of(head, body, clients), answer)
    recorded = read_reply(answer)
    assert reply.status == recorded.status
    assert b"".join(map(bytes_of, reply.pieces)) == recorded.body
    assert dict(reply.headers)["content-type"] == recorded.header("content-type")


def part_of(name: str) -> tuple[str, bytes]:
    """Content-Type and body of a recorded package."""
    head, body = parts_of(TRANSCRIPTS[name].of(SOAP_REQUEST)[0])
    return head.header("content-type") or "", body


def gotten(content_type: str, body: bytes) -> dict[str, Any]:
    call = Call("GetObject", WANTED)
    return read(
        led(store_language(), call, lambda r: replied(r, 200, (("content-type", content_type),), body, 5))
    )


def test_a_package_as_axis_writes_it_in_mime():
    """With a preamble before the first boundary."""
    content_type, body = part_of("PutObject-mime.axis.juicefs")
    begin, end = body.index(b"<?xml"), body.index(b"Envelope>", body.index(b"</soapenv:Body>")) + 9
    data = body[end:].partition(b"\r\n\r\n")[2].rpartition(b"\r\n------=_Part")[0]
    assert data
    assert not body.startswith(b"--")
    assert gotten(content_type, body[:begin] + GOTTEN + body[end:])["Data"] == data


def test_a_package_as_gsoap_writes_it_in_dime():
    content_type, body = part_of("PutObject-dime.gsoap.seaweedfs")
    flags, kind, options, of_id, of_type, length = HEAD.unpack_from(body)
    begin = HEAD.size + padded(options) + padded(of_id) + padded(of_type)
    head = HEAD.pack(flags, kind, options, of_id, of_type, len(GOTTEN)) + body[HEAD.size : begin]
    second = body[begin + padded(length) :]
    _, _, options, of_id, of_type, length = HEAD.unpack_from(second)
    start = HEAD.size + padded(options) + padded(of_id) + padded(of_type)
    data = second[start : start + length]
    assert data
    package = head + GOTTEN + padding(len(GOTTEN)) + second
    assert gotten(content_type, package)["Data"] == data


AXIS_FAULT = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    b"<soapenv:Body><soapenv:Fault><faultcode>soapenv:Client.TemporaryRedirect</faultcode><faultstring>"
    b"Please re-send this request to the specified temporary endpoint. Continue to use the original request"
    b" endpoint for future requests.</faultstring><detail><Bucket>b</Bucket>"
    b"<Endpoint>b.s3-us-west-2.amazonaws.com</Endpoint></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
"""What Amazon said to users of Axis whose bucket was elsewhere."""


def test_a_redirect_as_axis_clients_saw_it():
    with pytest.raises(Problem) as caught:
        led(
            store_language(),
            Call("GetObject", WANTED),
            lambda request: replied(request, 500, (("content-type", "text/xml"),), AXIS_FAULT),
        )
    problem = caught.value
    assert problem.code == "TemporaryRedirect"
    assert problem.details == (("Bucket", "b"), ("Endpoint", "b.s3-us-west-2.amazonaws.com"))
    assert replace(problem, details=()).message.startswith("Please re-send this request")
