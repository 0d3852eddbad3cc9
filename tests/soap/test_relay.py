"""SOAP in front of SOAP: what the store is sent for a message, and what a client is told of its answer."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Admission, Body, HttpReply, HttpRequest, Ids, Problem, RestReply
from gateway.soap.dime_records import DimePart, TypeFormat
from gateway.soap.dime_writing import ENVELOPE_TYPE, build_message
from gateway.soap.packaging import Package
from gateway.soap.relay import OPENING, Opening, SoapRelay
from tests.joined import head_of
from tests.soap.messages import KEY, NOW, SECRET, asked, asking, beside, body_of, envelope, led, soap

XML = "Content-Type: text/xml; charset=utf-8"
DELETE = envelope(asking("DeleteBucket", "<Bucket>b</Bucket>"))
OBJECT = "<Bucket>b</Bucket><Key>k</Key>"
GET = envelope(
    asking("GetObject", f"{OBJECT}<GetMetadata>1</GetMetadata><GetData>1</GetData><InlineData>1</InlineData>")
)
PUT = envelope(asking("PutObject", f"{OBJECT}<ContentLength>3</ContentLength>"))
FAULT = envelope("<e:Fault><faultcode>NoSuchBucket</faultcode><faultstring>Gone.</faultstring></e:Fault>")
ANSWER = envelope("<DeleteBucketResponse/>")
OTHER = ("STOREKEY", "another secret")


def relay(pair=(KEY, SECRET), **settings):
    return SoapRelay(soap=soap(**settings), host="store:1", path="/services/S3", key_of={KEY: pair}.get)


def begun(message, *fields, of=None):
    """The conversation about a message, and the request that the store is sent."""
    cell = of or relay()
    head = head_of(f"Content-Length: {len(message)}", *fields)
    noted = []
    conversation = cell.converse(
        head, body_of(head, message, cell.soap), None, lambda *told: noted.append(told)
    )
    request = next(conversation)
    assert noted[-1] == (noted[0][0], KEY)
    assert cell.prepare(request) is request
    return conversation, request


def ended(conversation, status, headers, body) -> HttpReply:
    with pytest.raises(StopIteration) as done:
        conversation.send(RestReply(status, "", headers, body))
    return done.value.value


def written(pieces) -> bytes:
    """What pieces write, the bytes of a Body standing in as its source."""
    out = b""
    for piece in pieces:
        data = piece if isinstance(piece, bytes) else piece.source
        for coding in () if isinstance(piece, bytes) else [make() for make in piece.through]:
            data = coding.feed(data) + coding.close()
        out += data
    return out


def sent(request: HttpRequest):
    """The head and the body of what the store is sent, as a gateway's own client side reads them."""
    body = written(request.pieces)
    fields = [f"{name}: {value}" for name, value in request.headers if name != "host"]
    return head_of(f"Content-Length: {len(body)}", *fields), body


def test_what_the_shell_asks_is_the_clients_side():
    cell, head = relay(), head_of("Content-Length: 5", XML)
    assert (cell.name, cell.claims(head), cell.claims(head_of(method="GET", target="/b"))) == (
        "soap",
        True,
        False,
    )
    assert cell.admit(head, secure=True) == Admission(cell.soap.max_soap_message)
    assert cell.too_long(head).code == "MaxMessageLengthExceeded"
    assert not cell.called(head)
    assert cell.refuse(Problem("NoSuchKey"), head, Ids("1", "2")).status == 500


def test_the_contract_is_our_own():
    head = head_of(method="GET", target="/soap?wsdl")
    with pytest.raises(StopIteration) as done:
        next(relay().converse(head, b"", None, lambda *_: None))
    assert b"definitions" in done.value.value.pieces[0]


def test_a_bare_message_goes_on_byte_by_byte():
    _, request = begun(DELETE, XML, 'SOAPAction: "DeleteBucket"', "Accept: application/dime", "Cookie: no")
    assert (request.method, request.target, request.pieces) == ("POST", "/services/S3", (DELETE,))
    assert request.headers == (
        ("host", "store:1"),
        ("content-type", "text/xml; charset=utf-8"),
        ("soapaction", '"DeleteBucket"'),
        ("accept", "application/dime"),
    )
    assert not request.stream
    assert request.idempotent


@pytest.mark.parametrize("accept", [(), ("Accept: */*",), ("Accept: application/dime, multipart/related",)])
@pytest.mark.parametrize(("form", "told"), [("dime", "application/dime"), ("mime", "multipart/related")])
def test_a_client_that_names_no_form_is_answered_in_the_configured_one(accept, form, told):
    """Wire rule 33."""
    _, request = begun(GET, XML, *accept, of=relay(attachments=form))
    assert dict(request.headers)["accept"] == f"text/xml, {told}"


def test_a_message_of_nobody_goes_on_as_it_is():
    message = envelope(asking("DeleteBucket", "<Bucket>b</Bucket>", signed=""))
    head = head_of("Content-Length: 1", XML)
    request = next(relay(OTHER, anonymous=True).converse(head, message, None, lambda *_: None))
    assert request.pieces == (message,)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (DELETE.replace(b"<Signature>", b"<Signature>x"), "SignatureDoesNotMatch"),
        (DELETE.replace(b"<Bucket>b</Bucket>", b""), "InvalidSOAPRequest"),
        (b"<", "InvalidSOAPRequest"),
        (PUT, "MissingAttachment"),
    ],
)
def test_what_the_gateway_would_refuse_never_reaches_the_store(message, code):
    with pytest.raises(Problem) as caught:
        begun(message, XML)
    assert caught.value.code == code


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_for_a_user_of_other_keys_the_security_elements_are_written_anew(charset, quote):
    key = "<Key>\u00e9&#13;<![CDATA[<Signature>]]></Key>"
    fields = f"<Bucket>b</Bucket>{key}<!-- <Signature>no</Signature> -->"
    message = envelope(asking("DeleteObject", fields)).decode().encode(charset)
    content_type = f"Content-Type: text/xml; charset={quote}{charset}{quote}"
    _, request = begun(message, content_type, of=relay(OTHER))
    head, body = sent(request)
    assert head.header("content-type") == "text/xml; charset=utf-8"
    call = led(head, body, soap(secret_of=dict([OTHER]).get))
    assert call.credentials.access_key == OTHER[0]
    assert (call.values["Bucket"], call.values["Key"]) == ("b", "\u00e9\r<Signature>")
    assert SECRET.encode() not in body
    assert KEY.encode() not in body


def test_a_user_who_is_gone_since_the_check():
    cell = replace(relay(), key_of=lambda _: None)
    with pytest.raises(Problem, match="InvalidAccessKeyId"):
        begun(DELETE, XML, of=cell)


@pytest.mark.parametrize("pair", [(KEY, SECRET), OTHER], ids=["same", "other"])
@pytest.mark.parametrize("form", ["dime", "mime"])
@pytest.mark.parametrize("data", [b"", b"Man", bytes(100_000)], ids=len)
def test_an_attachment_goes_on_in_its_form_with_its_names(form, data, pair):
    message = PUT.replace(b">3<", f">{len(data)}<".encode())
    content_type, package = beside(form, message, data)
    _, request = begun(package, f"Content-Type: {content_type}", of=relay(pair))
    head, body = sent(request)
    reader = Package(head.header("content-type"), 1 << 20)
    assert b"".join(reader.feed(body)) == data
    reader.finish()
    came = Package(content_type, 1 << 20)
    came.feed(package)
    assert (reader.form, reader.root.id, reader.root.type) == (form, came.root.id, came.root.type)
    assert (reader.part.id, reader.part.type) == (came.part.id, came.part.type)
    assert (reader.envelope == message) == (pair[0] == KEY)
    assert led(head, body, soap(secret_of=dict([pair]).get)).operation == "PutObject"


@pytest.mark.parametrize("form", ["dime", "mime"])
def test_a_package_of_an_envelope_alone_stays_one(form):
    content_type, package = beside(form, DELETE, b"")
    if form == "dime":
        record = DimePart("", ENVELOPE_TYPE, type_format=TypeFormat.ABSOLUTE_URI)
        package = b"".join(build_message([(record, DELETE)]))
    else:
        boundary = content_type.partition('boundary="')[2].partition('"')[0].encode()
        before, envelope_part, _ = package.split(boundary, 2)
        package = boundary.join((before, envelope_part, b"--"))
    _, request = begun(package, f"Content-Type: {content_type}")
    head, body = sent(request)
    reader = Package(head.header("content-type"), 1 << 20)
    reader.feed(body)
    reader.finish()
    assert (reader.envelope, reader.part) == (DELETE, None)


def test_a_digest_that_the_attachment_does_not_have_ends_it():
    digest = base64.b64encode(hashlib.md5(b"Max").digest()).decode()
    entry = f"<Metadata><Name>Content-MD5</Name><Value>{digest}</Value></Metadata>"
    message = envelope(asking("PutObject", f"{OBJECT}{entry}<ContentLength>3</ContentLength>"))
    content_type, package = beside("mime", message, b"Man")
    _, request = begun(package, f"Content-Type: {content_type}")
    with pytest.raises(Problem, match="BadDigest"):
        written(request.pieces)


def test_a_part_that_cannot_be_written_is_refused():
    content_type, package = beside("mime", PUT, b"Man")
    package = package.replace(b"<u.data>", "<u.d\u00e4ta>".encode())
    with pytest.raises(Problem, match="cannot be passed on"):
        begun(package, f"Content-Type: {content_type}")


def test_an_answer_goes_back_as_it_came():
    conversation, _ = begun(DELETE, XML)
    reply = ended(conversation, 200, (("content-type", "text/xml"), ("x-secret", "no")), ANSWER)
    assert reply == HttpReply(200, "OK", (("content-type", "text/xml"),), (ANSWER,))


def test_a_package_that_was_not_streamed_goes_back_as_it_came():
    conversation, _ = begun(DELETE, XML)
    reply = ended(conversation, 200, (("content-type", "application/dime"),), b"records")
    assert reply.pieces == (b"records",)


@pytest.mark.parametrize(
    ("status", "content_type", "body", "code"),
    [
        (500, "text/xml", FAULT, "NoSuchBucket"),
        (200, "text/xml", FAULT, "NoSuchBucket"),
        (503, "text/html", b"<html>", "ServiceUnavailable"),
        (200, "text/html", b"<html/>", "InternalError"),
        (404, "application/dime", b"records", "InternalError"),
        (302, "text/xml", ANSWER, "InternalError"),
    ],
)
def test_a_fault_or_no_answer_is_a_problem(status, content_type, body, code):
    conversation, _ = begun(DELETE, XML)
    with pytest.raises(Problem) as caught:
        conversation.send(RestReply(status, "", (("content-type", content_type),), body))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("pair", "code", "details"),
    [
        ((KEY, SECRET), "SignatureDoesNotMatch", (("AWSAccessKeyId", "AK"), ("StringToSign", "text"))),
        (OTHER, "InternalError", ()),
    ],
    ids=["passed on", "signed anew"],
)
def test_what_the_store_says_of_our_signature_is_no_affair_of_the_clients(pair, code, details):
    detail = "<detail><AWSAccessKeyId>AK</AWSAccessKeyId><StringToSign>text</StringToSign></detail>"
    fault = f"<e:Fault><faultcode>Client.SignatureDoesNotMatch</faultcode>{detail}</e:Fault>"
    conversation, _ = begun(DELETE, XML, of=relay(pair))
    with pytest.raises(Problem) as caught:
        conversation.send(RestReply(500, "", (), envelope(fault)))
    assert (caught.value.code, caught.value.details) == (code, details)


class TestLargeAnswers:
    @pytest.mark.parametrize(
        ("status", "headers"),
        [
            (500, ()),
            (200, (("content-type", "application/dime"),)),
            (200, (("content-type", "multipart/related"),)),
        ],
    )
    def test_packages_and_faults_have_no_beginning_to_look_at(self, status, headers):
        _, request = begun(GET, XML)
        assert request.stream
        assert request.unpack(status, headers) is None

    def test_a_package_streams(self):
        conversation, _ = begun(GET, XML)
        body = Body(object(), 10)
        reply = ended(conversation, 200, (("content-type", "application/dime"),), body)
        assert reply.pieces == (body,)

    @pytest.mark.parametrize("told", [True, False])
    def test_an_envelope_streams_behind_its_beginning(self, told):
        conversation, request = begun(GET, XML)
        answer = bytes(OPENING) + b"the rest"
        headers = (("content-length", str(len(answer))),) if told else ()
        opening = request.unpack(200, headers)
        rest = b"".join(opening.feed(answer[:-1]) + opening.feed(answer[-1:]))
        assert opening.ready
        opening.attach(Body(rest, opening.part.length))
        opening.finish()
        reply = ended(conversation, 200, headers, opening)
        assert written(reply.pieces) == answer
        assert reply.pieces[1].length == (len(b"the rest") if told else None)

    def test_a_fault_under_a_good_status_is_found(self):
        conversation, request = begun(GET, XML)
        opening = request.unpack(200, ())
        opening.feed(FAULT)
        assert not opening.ready
        opening.finish()
        assert opening.ready
        with pytest.raises(Problem, match="NoSuchBucket"):
            conversation.send(RestReply(200, "", (), opening))


@given(st.lists(st.binary(max_size=OPENING)))
def test_every_byte_of_an_answer_is_in_its_beginning_or_behind_it(pieces):
    opening, rest = Opening(None), b""
    for piece in pieces:
        rest += b"".join(opening.feed(piece))
    opening.finish()
    assert opening.data + rest == b"".join(pieces)
    assert (opening.part is not None) == bool(rest) == (len(b"".join(pieces)) > OPENING)


def test_noon_is_noon():
    """The messages above are signed by the clock of the language that reads them."""
    assert soap().now() == NOW
    assert asked(DELETE).operation == "DeleteBucket"
