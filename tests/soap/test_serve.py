"""A SOAP client served: from the head to the Call, from the Answer to the envelope."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.messages import Admission, Answer, Body, Call, Credentials, HttpReply, Ids, Problem, length_of
from gateway.service.documents import own_documents
from gateway.soap.faults import parse_fault
from gateway.soap.packaging import Package
from gateway.tables.operations import OPERATIONS
from tests.joined import head_of, our_contract
from tests.soap.clients import CLIENTS
from tests.soap.dime_messages import record
from tests.soap.messages import (
    KEY,
    NOW,
    SECRET,
    asked,
    asking,
    beside,
    body_of,
    envelope,
    outcome,
    security,
    soap,
)

IDS = Ids("0123456789ABCDEF", "our-host")
XML = ("content-type", "text/xml; charset=utf-8")
BUCKET = "<Bucket>b</Bucket>"
OBJECT = f"{BUCKET}<Key>k</Key>"
GET = f"{OBJECT}<GetMetadata>true</GetMetadata><GetData>%s</GetData><InlineData>%s</InlineData>"


def inline(data="TWFu", size="3"):
    return envelope(
        asking("PutObjectInline", f"{OBJECT}<Data>{data}</Data><ContentLength>{size}</ContentLength>")
    )


def refusal(body, *fields, **settings):
    with pytest.raises(Problem) as caught:
        asked(body, *fields, of=soap(**settings))
    return caught.value


def replied(body, answer, *fields, of=None, **settings):
    """The reply to a message when the store answers so."""
    language, head = of or soap(**settings), head_of("Content-Length: 1", *fields)
    conversation = language.serve(head, body_of(head, body, language), None, lambda *_: None)
    next(conversation)
    with pytest.raises(StopIteration) as done:
        conversation.send(answer)
    return done.value.value


# -- what is asked ----------------------------------------------------------------------------


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_what_real_stacks_send_is_understood(client):
    call = asked(client.message, *client.fields)
    assert (call.operation, call.values) == (client.operation, client.values)
    assert call.credentials.access_key == KEY


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_call_of_every_operation_has_its_security_elements_and_no_field_of_theirs(operation):
    fields = {
        "ListAllMyBuckets": "",
        "CopyObject": "<SourceBucket>a</SourceBucket><SourceKey>k</SourceKey><DestinationBucket>b</DestinationBucket>"
        "<DestinationKey>l</DestinationKey>",
        "GetObject": GET % (0, 0),
        "GetObjectExtended": GET % (0, 0),
        "PutObjectInline": f"{OBJECT}<Data/><ContentLength>0</ContentLength>",
        "PutObject": f"{OBJECT}<ContentLength>0</ContentLength>",
        "SetBucketLoggingStatus": f"{BUCKET}<BucketLoggingStatus/>",
        "SetObjectAccessControlPolicy": f"{OBJECT}<AccessControlList/>",
    }.get(operation, OBJECT if our_contract().operations[operation].request.element("Key") else BUCKET)
    came = outcome(envelope(asking(operation, fields)))
    if operation == "PutObject":
        assert came == "MissingAttachment"
        return
    assert came.operation == operation
    assert came.credentials == Credentials(KEY, "2026-11-23T12:00:00.000Z", came.credentials.signature)
    assert not came.values.keys() & {"AWSAccessKeyId", "Timestamp", "Signature", "Credential"}


def test_operation_and_access_key_are_noted_as_soon_as_they_are_read():
    noted = []
    body = envelope(asking("DeleteBucket", signed=security("DeleteBucket", secret="wrong")))
    with pytest.raises(Problem):
        next(soap().serve(head_of("Content-Length: 1"), body, None, lambda *told: noted.append(told)))
    assert noted == [("DeleteBucket", ""), ("DeleteBucket", KEY)]


def test_one_signature_serves_for_any_bucket_and_any_data():
    """Wire rule 17: clients are known that sign once for minutes; only TLS protects the rest."""
    proof = security("DeleteObject")
    for key in ("k", "l"):
        body = envelope(asking("DeleteObject", f"{BUCKET}<Key>{key}</Key>", signed=proof))
        assert asked(body).values["Key"] == key


# -- anonymous (wire rule 14) -----------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_is_anonymous_unless_allowed(operation):
    body = envelope(asking(operation, signed=""))
    assert outcome(body) == "MissingSecurityElement"
    if OPERATIONS[operation].signed:
        assert outcome(body, of=soap(anonymous=True)) == "AccessDenied"
    else:
        assert outcome(body, of=soap(anonymous=True)) not in {"MissingSecurityElement", "AccessDenied"}


def test_an_anonymous_call_has_no_credentials():
    body = envelope(asking("DeleteObject", OBJECT, signed=""))
    assert outcome(body, of=soap(anonymous=True)) == Call("DeleteObject", {"Bucket": "b", "Key": "k"})


def test_some_security_elements_are_refused_also_where_nobody_needs_one():
    body = envelope(asking("DeleteObject", OBJECT, signed=f"<AWSAccessKeyId>{KEY}</AWSAccessKeyId>"))
    assert outcome(body, of=soap(anonymous=True)) == "MissingSecurityElement"


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(-16, "RequestTimeTooSkewed"), (16, "RequestTimeTooSkewed"), (14, None), (-14, None)],
)
def test_the_clock_is_an_argument(minutes, code):
    body = envelope(
        asking("DeleteBucket", BUCKET, signed=security("DeleteBucket", now=NOW + timedelta(minutes=minutes)))
    )
    came = outcome(body)
    assert came == code if code else came.operation == "DeleteBucket"


# -- the object's bytes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "settings", "code"),
    [
        (inline(), {}, None),
        (inline("", "0"), {}, None),
        (inline(size="4"), {}, "IncompleteBody"),
        (inline(size="2"), {}, "IncompleteBody"),
        (inline(size="-1"), {}, "IncompleteBody"),
        (inline(), {"max_inline_data": 3}, None),
        (inline(), {"max_inline_data": 2}, "InlineDataTooLarge"),
        (inline(size="9"), {"max_inline_data": 2}, "InlineDataTooLarge"),
        (inline(), {"max_object": 3}, None),
        (inline(size="9"), {"max_object": 8}, "EntityTooLarge"),
        (inline(size="9"), {"max_object": 8, "max_inline_data": 1}, "EntityTooLarge"),
        (envelope(asking("PutObject", f"{OBJECT}<ContentLength>3</ContentLength>")), {}, "MissingAttachment"),
        (
            envelope(asking("PutObject", f"{OBJECT}<ContentLength>9</ContentLength>")),
            {"max_object": 8},
            "EntityTooLarge",
        ),
        (envelope(asking("GetObject", GET % ("true", "true"))), {}, None),
        (envelope(asking("GetObject", GET % ("false", "false"))), {}, None),
        (envelope(asking("GetObject", GET % ("true", "false"))), {}, None),
        (envelope(asking("GetObjectExtended", GET % ("1", "0"))), {}, None),
    ],
)
def test_data_is_judged(body, settings, code):
    came = outcome(body, of=soap(**settings))
    assert isinstance(came, Call) if code is None else came == code


def test_the_limits_that_are_documented():
    language = soap()
    assert (language.max_soap_message, language.limits.max_inline_data) == (2097152, 1048576)
    assert (language.limits.max_inline_answer, language.limits.max_object) == (0, 5368709120)


def test_details_of_a_size():
    problem = refusal(inline(size="9"), max_object=8)
    assert problem.details == (("ProposedSize", "9"), ("MaxSizeAllowed", "8"))


TWENTY = "A" * (28 * 1024 * 1024)
"""Base64 of 21 MiB."""


@pytest.mark.parametrize(
    ("settings", "secret", "code"),
    [
        ({}, SECRET, "MaxMessageLengthExceeded"),
        ({"max_soap_message": 64 * 2**20}, "wrong", "SignatureDoesNotMatch"),
        ({"max_soap_message": 64 * 2**20}, SECRET, "InlineDataTooLarge"),
        ({"max_soap_message": 64 * 2**20, "max_inline_data": 32 * 2**20}, SECRET, None),
    ],
)
def test_a_message_of_28_mib(settings, secret, code):
    """Old clients send what no longer fits inline; each limit answers with its own code."""
    fields = f"{OBJECT}<Data>{TWENTY}</Data><ContentLength>{len(TWENTY) // 4 * 3}</ContentLength>"
    body = envelope(asking("PutObjectInline", fields, signed=security("PutObjectInline", secret=secret)))
    came = outcome(body, of=soap(**settings))
    assert came == code if code else len(came.values["Data"]) == 21 * 2**20


# -- the head ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "taken"),
    [
        ("POST", "/soap", True),
        ("POST", "/soap/", True),
        ("POST", "/soap?wsdl", True),
        ("GET", "/soap?wsdl", True),
        ("GET", "/soap?WSDL", True),
        ("GET", "/soap/?xsd", True),
        ("HEAD", "/soap?xsd=1", True),
        ("GET", "/soap", False),
        ("GET", "/soap?acl", False),
        ("PUT", "/soap?wsdl", False),
        ("POST", "/soap/x", False),
        ("POST", "/soapx", False),
        ("POST", "/", False),
        ("POST", "/%73oap", False),
    ],
)
def test_what_is_claimed(method, target, taken):
    assert soap().claims(head_of(method=method, target=target)) is taken
    assert soap(soap_path="/soap/").claims(head_of(method=method, target=target)) is taken
    assert soap().name == "soap"


@pytest.mark.parametrize(
    ("fields", "secure", "code"),
    [
        (("Content-Length: 5",), True, None),
        (("Content-Length: 0",), True, None),
        (("Content-Length: 100",), True, None),
        (("Transfer-Encoding: chunked",), True, None),
        (("Content-Length: 5", "Content-Encoding: identity"), True, None),
        (("Content-Length: 5",), False, "InvalidRequest"),
        ((), True, "MissingContentLength"),
        (("Content-Length: 101",), True, "MaxMessageLengthExceeded"),
        (("Content-Length: 9999999999999999999",), True, "MaxMessageLengthExceeded"),
        (("Content-Length: 5", "Content-Encoding: gzip"), True, "InvalidRequest"),
        (
            ("Content-Length: 5", "Content-Encoding: identity", "Content-Encoding: gzip"),
            True,
            "InvalidRequest",
        ),
    ],
)
def test_a_head_is_judged_alone(fields, secure, code):
    language = soap(max_soap_message=100)
    if code is None:
        assert language.admit(head_of(*fields), secure=secure).most == 100
        return
    with pytest.raises(Problem) as caught:
        language.admit(head_of(*fields), secure=secure)
    assert caught.value.code == code


def test_the_contract_is_shown_over_plain_http():
    assert soap().admit(head_of(method="GET", target="/soap?wsdl"), secure=False) == Admission(0)


def test_a_message_without_tls_is_told_the_documented_sentence():
    with pytest.raises(Problem) as caught:
        soap().admit(head_of("Content-Length: 5"), secure=False)
    assert caught.value.message == "SOAP requests must be made over an HTTPS connection."


def test_a_message_that_is_too_long_is_told_the_limit():
    problem = soap().too_long(head_of("Content-Length: 5", "Content-Type: text/xml"))
    assert problem.code == "MaxMessageLengthExceeded"
    assert problem.details == (("MaxMessageLengthBytes", "2097152"),)


PARTS = "Content-Type: multipart/related; boundary=b"


@pytest.mark.parametrize("content_type", ["Content-Type: application/dime", PARTS])
def test_a_package_may_be_as_long_as_an_object_that_is_encoded_for_mail(content_type):
    language = soap(max_soap_message=100, max_object=1000)
    most = 100 + 1500 + 2**20
    assert language.admit(head_of("Transfer-Encoding: chunked", content_type), secure=True).most == most
    assert language.admit(head_of(f"Content-Length: {most}", content_type), secure=True).most == most
    with pytest.raises(Problem) as caught:
        language.admit(head_of(f"Content-Length: {most + 1}", content_type), secure=True)
    assert caught.value == language.too_long(head_of(content_type))
    assert (caught.value.code, caught.value.details) == ("EntityTooLarge", (("MaxSizeAllowed", "1000"),))


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (head_of("Content-Length: 5", "Content-Type: application/dime"), "dime"),
        (head_of("Content-Length: 5", PARTS), "mime"),
        (head_of("Content-Length: 5", "Content-Type: text/xml"), None),
        (head_of("Content-Length: 5"), None),
        (head_of(PARTS, method="GET", target="/soap?wsdl"), None),
    ],
)
def test_what_is_read_part_by_part(head, form):
    package = soap().admit(head, secure=True).parts
    assert (package and package.form) == form


def test_what_names_no_parts_is_read_in_no_parts():
    with pytest.raises(Problem, match="InvalidSOAPRequest"):
        soap().admit(head_of("Content-Length: 5", "Content-Type: multipart/related"), secure=True)


def test_the_limit_of_an_envelope_holds_in_a_package():
    content_type, message = beside("dime", PUT, b"Man")
    code = outcome(message, f"Content-Type: {content_type}", of=soap(max_soap_message=len(PUT) - 1))
    assert code == "MaxMessageLengthExceeded"


# -- attachments that come (wire rule 34 is in test_data.py) -------------------------------------

PUT = envelope(asking("PutObject", f"{OBJECT}<ContentLength>3</ContentLength>"))


@pytest.mark.parametrize("form", ["dime", "mime"])
def test_an_object_beside_its_envelope(form):
    content_type, message = beside(form, PUT, b"Man")
    call = asked(message, f"Content-Type: {content_type}")
    assert call.values == {"Bucket": "b", "Key": "k", "ContentLength": 3, "Data": Body(b"Man", 3)}


@pytest.mark.parametrize(
    ("form", "body", "data", "code"),
    [
        ("dime", PUT, b"Mann", "IncompleteBody"),
        ("dime", PUT, b"", "IncompleteBody"),
        ("dime", envelope(asking("DeleteObject", OBJECT)), b"", "InvalidSOAPRequest"),
        ("mime", inline(), b"", "InvalidSOAPRequest"),
        ("mime", PUT.replace(b"<Signature>", b"<Signature>x"), b"", "SignatureDoesNotMatch"),
        ("mime", PUT.replace(b">3<", b">6000000000<"), b"", "EntityTooLarge"),
        ("mime", b"no envelope", b"", "InvalidSOAPRequest"),
        ("dime", b"", b"Man", "MissingRequestBodyError"),
    ],
)
def test_an_attachment_that_is_refused(form, body, data, code):
    content_type, message = beside(form, body, data)
    assert outcome(message, f"Content-Type: {content_type}") == code


def test_the_charset_is_that_of_the_part_of_the_envelope():
    body = PUT.decode().encode("utf-16")
    content_type, message = beside("mime", body, b"Man")
    assert (
        asked(message.replace(b"utf-8", b"utf-16"), f"Content-Type: {content_type}").operation == "PutObject"
    )
    assert outcome(message, f"Content-Type: {content_type}") == "InvalidSOAPRequest"


# -- what is answered -------------------------------------------------------------------------


def test_an_answer():
    reply = replied(
        envelope(asking("SetBucketAccessControlPolicy", BUCKET)), Answer("SetBucketAccessControlPolicy", {})
    )
    assert (reply.status, reply.reason, reply.headers) == (200, "OK", (XML,))
    assert reply.pieces[0].endswith(
        b'<soapenv:Body><SetBucketAccessControlPolicyResponse xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"</SetBucketAccessControlPolicyResponse></soapenv:Body></soapenv:Envelope>"
    )


@pytest.mark.parametrize(
    ("data", "limit", "code"),
    [
        (b"Man", 0, None),
        (b"Man", 3, None),
        (b"Man", 2, "InlineDataTooLarge"),
        (Body(1, 3), 3, None),
        (Body(1, 3), 2, "InlineDataTooLarge"),
        (Body(1, None), 2, "InlineDataTooLarge"),
        (Body(1, None), 0, None),
        (None, 1, None),
    ],
)
def test_the_limit_of_data_that_is_answered_inline(data, limit, code):
    body = envelope(asking("GetObject", GET % (1, 1)))
    answer = Answer("GetObject", {} if data is None else {"Data": data})
    if code is None:
        assert replied(body, answer, max_inline_answer=limit).status == 200
        return
    with pytest.raises(Problem) as caught:
        replied(body, answer, max_inline_answer=limit)
    assert caught.value.code == code


def test_a_body_passes_through_unread():
    reply = replied(envelope(asking("GetObject", GET % (1, 1))), Answer("GetObject", {"Data": Body(7, 30)}))
    assert [piece.source for piece in reply.pieces if isinstance(piece, Body)] == [7]
    assert (
        length_of(reply.pieces) == sum(len(piece) for piece in reply.pieces if isinstance(piece, bytes)) + 40
    )


DIME, MIME = "application/dime", "multipart/related"


def kind_of(reply):
    return dict(reply.headers)["content-type"].partition(";")[0]


@pytest.mark.parametrize("operation", ["GetObject", "GetObjectExtended"])
@pytest.mark.parametrize(
    ("form", "accept", "setting", "expected"),
    [
        ("", "", "dime", DIME),
        ("", "", "mime", MIME),
        ("", "application/dime", "mime", DIME),
        ("", "text/xml, multipart/related", "dime", MIME),
        ("", "application/dime, multipart/related", "mime", MIME),
        ("dime", "", "mime", DIME),
        ("mime", "application/dime", "dime", MIME),
    ],
)
def test_the_form_of_an_object_beside_its_answer(operation, form, accept, setting, expected):
    """Wire rule 33."""
    language = soap(attachments=setting, max_inline_answer=1)
    body, fields = envelope(asking(operation, GET % (1, 0))), [f"Accept: {accept}"]
    if form:
        content_type, body = enclosed(form, body)
        fields.append(f"Content-Type: {content_type}")
    metadata = [{"Name": "Content-Type", "Value": "image/png"}]
    answer = Answer(operation, {"Metadata": metadata, "Data": b"object"})
    reply = replied(body, answer, *fields, of=language)
    assert (reply.status, kind_of(reply)) == (200, expected)
    package = Package(dict(reply.headers)["content-type"], 10_000)
    assert package.feed(b"".join(reply.pieces)) == [b"object"]
    assert package.part.type == "image/png"
    assert b'<Data xsi:nil="true"/>' in package.envelope


def enclosed(form, body):
    """A message in parts of which there is one."""
    if form == "dime":
        return DIME, record(6, 2, body, type_=b"http://schemas.xmlsoap.org/soap/envelope/")
    return "multipart/related; boundary=b", b"--b\r\nContent-Type: text/xml\r\n\r\n" + body + b"\r\n--b--"


@pytest.mark.parametrize(("form", "setting"), [("dime", "mime"), ("mime", "dime")])
@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        (GET % (1, 0), {"Status": {"Code": 304, "Description": "Not Modified"}}),
        (GET % (0, 0), {"Metadata": [{"Name": "Content-Type", "Value": "image/png"}]}),
        (GET % (0, 1), {}),
        (GET % (1, 1), {"Data": b"object"}),
    ],
)
def test_nothing_is_attached_where_nothing_was_asked_or_is_there(form, setting, fields, answer):
    content_type, body = enclosed(form, envelope(asking("GetObjectExtended", fields)))
    reply = replied(
        body,
        Answer("GetObjectExtended", answer),
        f"Content-Type: {content_type}",
        "Accept: application/dime",
        of=soap(attachments=setting),
    )
    assert reply.headers == (XML,)
    assert (b"b2JqZWN0" in reply.pieces[0]) == ("Data" in answer)


@pytest.mark.parametrize("form", ["dime", "mime"])
@pytest.mark.parametrize("size", [0, 30, None])
def test_an_object_passes_through_a_package_unread(form, size):
    """Its length is told when it is known; that of chunks of DIME and of parts is then, too."""
    body = envelope(asking("GetObject", GET % (1, 0)))
    reply = replied(body, Answer("GetObject", {"Data": Body(7, size)}), of=soap(attachments=form))
    assert [piece.source for piece in reply.pieces if isinstance(piece, Body)] == [7]
    assert (length_of(reply.pieces) is None) == (size is None)


def test_a_problem_of_the_store_goes_through():
    conversation = soap().serve(
        head_of("Content-Length: 1"), envelope(asking("DeleteBucket", BUCKET)), None, lambda *_: None
    )
    next(conversation)
    with pytest.raises(Problem) as caught:
        conversation.throw(Problem("BucketNotEmpty"))
    assert caught.value.code == "BucketNotEmpty"


@pytest.mark.parametrize(
    "head", [None, head_of("Content-Length: 1"), head_of(method="GET", target="/soap?wsdl")]
)
def test_a_refusal_is_a_fault_with_status_500(head):
    reply = soap().refuse(Problem("NoSuchKey", details=(("Key", "k"),)), head, IDS)
    assert (reply.status, reply.reason) == (500, "Internal Server Error")
    assert reply.headers == (XML, ("x-amz-request-id", IDS.request_id), ("x-amz-id-2", IDS.host_id))
    read = parse_fault(reply.pieces[0])
    assert (read.code, read.details) == ("NoSuchKey", (("Key", "k"),))
    assert (read.request_id, read.host_id) == (IDS.request_id, IDS.host_id)


def test_a_refusal_tells_the_ids_of_the_problem_in_both_places():
    reply = soap().refuse(Problem("NoSuchKey", request_id="theirs", host_id="host"), None, IDS)
    assert reply.headers[1:] == (("x-amz-request-id", "theirs"), ("x-amz-id-2", "host"))
    assert (parse_fault(reply.pieces[0]).request_id, parse_fault(reply.pieces[0]).host_id) == (
        "theirs",
        "host",
    )


# -- the contract (wire rule 37) --------------------------------------------------------------


def shown(target="/soap?wsdl", host="localhost:8443", method="GET", **settings):
    head = replace(head_of(method=method, target=target), host=host)
    conversation = soap(**settings).serve(head, b"", None, lambda *_: None)
    with pytest.raises(StopIteration) as done:
        next(conversation)
    assert isinstance(done.value.value, HttpReply)
    return done.value.value


@pytest.mark.parametrize(
    ("host", "settings", "address"),
    [
        ("localhost:8443", {}, "https://localhost:8443/soap"),
        ("localhost", {}, "https://localhost/soap"),
        ("b.localhost", {}, "https://b.localhost/soap"),
        ("evil.example", {}, "https://localhost/soap"),
        ("evillocalhost", {}, "https://localhost/soap"),
        ("", {}, "https://localhost/soap"),
        ("[::1]:8443", {"domains": ("s3.example", "[::1]")}, "https://[::1]:8443/soap"),
        ("[::1]", {"domains": ("s3.example",)}, "https://s3.example/soap"),
        (
            "s3.example:1",
            {"domains": ("localhost", "s3.example"), "soap_path": "/s/"},
            "https://s3.example:1/s/",
        ),
        ("evil.example", {"public_url": "https://s3.example/soap?a&b"}, "https://s3.example/soap?a&amp;b"),
    ],
)
def test_the_address_in_the_contract(host, settings, address):
    reply = shown(host=host, **settings)
    assert (reply.status, reply.headers) == (200, (XML,))
    assert f'location="{address}"'.encode() in reply.pieces[0]


@pytest.mark.parametrize("target", ["/soap?xsd", "/soap?XSD=1"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_schema_is_shown_as_it_is(target, method):
    assert shown(target, method=method).pieces == (own_documents()["AmazonS3.xsd"],)


def test_the_contract_has_its_schema_inside():
    (text,) = shown().pieces
    assert b"include" not in text
    assert b'<xsd:element name="GetObject">' in text
