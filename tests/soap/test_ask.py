"""A Call led to its Answer through a SOAP store: what is sent, what each reply leads to, what a client is told."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Answer, Body, Call, Credentials, HttpRequest, Problem, RestReply
from gateway.soap.ask import PLANS
from gateway.soap.packaging import form_of
from gateway.tables.contract import Contract
from gateway.tables.operations import NEVER_STORED, OPERATIONS
from gateway.wire.proof import HELD
from tests.joined import our_contract
from tests.soap.asking import MemoryStore, led, read, replied, store_language, written
from tests.soap.messages import KEY, NOW, envelope
from tests.soap.messages import soap as clients
from tests.strategies import answers_of, calls_of

CONTRACT = our_contract()
ALICE = Credentials("ALICE")
OBJECT = {"Bucket": "b", "Key": "k"}
WANTED = {**OBJECT, "GetMetadata": True, "GetData": True, "InlineData": False}
PUT = {**OBJECT, "ContentLength": 5}
HELLO = '"5d41402abc4b2a76b9719d911017c592"'
GOTTEN = {
    "Status": {"Code": 200, "Description": "OK"},
    "Metadata": [{"Name": "Content-Length", "Value": "5"}],
    "Data": b"hello",
    "LastModified": NOW,
    "ETag": HELLO,
}
FORMS = pytest.mark.parametrize("form", ["dime", "mime"])
XML = (("content-type", "text/xml; charset=utf-8"),)


def nothing(call: Call) -> Answer:
    """What a store says that has nothing to say."""
    return Answer(call.operation, {name: GOTTEN[name] for name in GOTTEN if "Get" in call.operation})


def without(contract: Contract, *operations: str) -> Contract:
    """A contract that lacks operations."""
    kept = {name: message for name, message in contract.operations.items() if name not in operations}
    return replace(contract, operations=kept)


def ask(call: Call, says: Callable[[Call], Any] = nothing, **settings: Any) -> tuple[Answer, MemoryStore]:
    store = MemoryStore(says)
    return led(store_language(**settings), call, store.reply), store


def refusal(call: Call, says: Callable[[Call], Any] = nothing, **settings: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        ask(call, says, **settings)
    return refused.value


def answered(call: Call, status: int, body: bytes, *headers: tuple[str, str]) -> Answer:
    """The answer to a call whose request is replied to with these bytes."""
    return led(store_language(), call, lambda request: replied(request, status, headers or XML, body))


def answer_of(call: Call, values: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """What the answer to a call holds when the store's holds these values."""
    return read(ask(call, lambda asked: Answer(asked.operation, values), **settings)[0])


# -- what is sent -----------------------------------------------------------------------------


def test_a_message_as_clients_of_s3_sent_them():
    language = store_language(path="/services/Walrus")
    request = next(language.ask(Call("DeleteObject", OBJECT, ALICE)))
    assert language.prepare(request) is request
    assert (request.method, request.target, request.stream) == ("POST", "/services/Walrus", False)
    assert request.headers == (
        ("host", "store:9000"),
        ("content-type", "text/xml; charset=utf-8"),
        ("soapaction", '""'),
        ("accept", "text/xml, application/dime"),
    )
    assert written(request.pieces).endswith(
        b'<DeleteObject xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>b</Bucket><Key>k</Key>'
        b"<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId><Timestamp>2026-11-23T12:00:00.000Z</Timestamp>"
        b"<Signature>fzUYQNL04m3UoTLLpgzmnNf7W/Q=</Signature></DeleteObject></soapenv:Body></soapenv:Envelope>"
    )


def test_an_anonymous_message_has_no_security_elements():
    _, store = ask(Call("DeleteObject", OBJECT))
    assert store.calls == [Call("DeleteObject", OBJECT)]
    assert b"Timestamp" not in store.messages[0]


@st.composite
def asked_calls(draw: st.DrawFn) -> Call:
    """Calls as a client may make them: data as long as announced, nothing in metadata that is never stored."""
    call = draw(calls_of(CONTRACT))
    values = dict(call.values)
    if "ContentLength" in values:
        values["Data"] = data = draw(st.binary(max_size=200))
        values["ContentLength"] = len(data)
    entries = [
        entry for entry in values.pop("Metadata", ()) if entry["Name"].strip().lower() not in NEVER_STORED
    ]
    values |= {"Metadata": entries} if entries else {}
    anonymous = call.credentials is None and not OPERATIONS[call.operation].signed
    return Call(call.operation, values, None if anonymous else ALICE)


@given(asked_calls(), st.sampled_from(["dime", "mime"]), st.booleans())
def test_what_is_sent_is_read_back_as_the_call(call, form, streamed):
    """Signature, attachment and all, by the gateway's own SOAP side."""
    values = dict(call.values)
    if streamed and "Data" in values:
        values["Data"] = Body(values["Data"])
    _, store = ask(replace(call, values=values), attachments=form, etag="store")
    sent = next(asked for asked in store.calls if asked.operation == call.operation)
    assert (sent.operation, sent.values) == (call.operation, call.values)
    assert (sent.credentials and sent.credentials.access_key) == (call.credentials and KEY)


@FORMS
def test_an_object_goes_beside_its_envelope_under_its_media_type(form):
    values = {**PUT, "Data": Body(b"hello", 5), "Metadata": [{"Name": "content-type", "Value": "text/plain"}]}
    _, store = ask(Call("PutObject", values, ALICE), attachments=form)
    assert form_of(dict(store.asked[0].headers)["content-type"]) == form
    assert b"text/plain" in store.messages[0].partition(b"</soapenv:Envelope>")[2]
    assert store.calls[0].values["Metadata"] == values["Metadata"]


@FORMS
@pytest.mark.parametrize(
    ("data", "size", "code"),
    [(b"hell", 5, "IncompleteBody"), (b"hello!", 5, "IncompleteBody"), (b"", 5, "IncompleteBody")],
)
def test_an_object_of_another_length_never_leaves_whole(form, data, size, code):
    call = Call("PutObject", {**PUT, "ContentLength": size, "Data": Body(data, size)}, ALICE)
    assert refusal(call, attachments=form).code == code


@FORMS
def test_the_last_bytes_wait_for_the_proof(form):
    """Wire rule 24: a store commits when the last byte of a message comes."""
    data = bytes(HELD + 10)
    call = Call("PutObject", {**PUT, "ContentLength": len(data), "Data": Body(data, len(data))}, ALICE)
    request = next(store_language(attachments=form).ask(call))
    (body,) = (piece for piece in request.pieces if isinstance(piece, Body))
    codings = [make() for make in body.through]
    sent = data
    for coding in codings:
        sent = coding.feed(sent)
    assert len(sent) == 10


@pytest.mark.parametrize("name", ["PutObject", "PutObjectInline"])
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("digest", "code"),
    [
        (base64.b64encode(hashlib.md5(b"hello").digest()).decode(), ""),
        (base64.b64encode(bytes(16)).decode(), "BadDigest"),
        ("short", "InvalidDigest"),
    ],
)
def test_a_content_md5_is_judged_here_and_not_stored(name, streamed, digest, code):
    entries = [{"Name": "Content-MD5", "Value": digest}, {"Name": "a", "Value": "b"}]
    data = Body(b"hello", 5) if streamed else b"hello"
    call = Call(name, {**PUT, "Data": data, "Metadata": entries}, ALICE)
    if code:
        assert refusal(call).code == code
        return
    _, store = ask(call)
    assert store.calls[0].values["Metadata"] == entries[1:]


@pytest.mark.parametrize("data", [b"hello", Body(b"hello", 5)])
@pytest.mark.parametrize("name", ["PutObject", "PutObjectInline"])
def test_an_etag_that_is_no_md5_is_made_one(name, data):
    """Wire rule 28."""
    call = Call(name, {**PUT, "Data": data}, ALICE)
    other = {"ETag": '"abc-1"', "LastModified": NOW}
    assert answer_of(call, other)["ETag"] == HELLO
    assert answer_of(call, other, etag="store")["ETag"] == '"abc-1"'


def test_a_key_that_is_gone_is_told_before_anything_is_sent():
    assert refusal(Call("DeleteObject", OBJECT, Credentials("BOB"))).code == "InvalidAccessKeyId"


# -- a contract that lacks something ----------------------------------------------------------


def test_what_the_contract_lacks_is_not_implemented_by_its_name():
    problem = refusal(Call("CopyObject", {}, ALICE), contract=without(CONTRACT, "CopyObject"))
    assert (problem.code, problem.message) == ("NotImplemented", "The store has no CopyObject.")


@pytest.mark.parametrize("data", [b"hello", Body(b"hello", 5)])
def test_without_attachments_small_objects_go_inside(data):
    contract = without(CONTRACT, "PutObject")
    answer, store = ask(Call("PutObject", {**PUT, "Data": data}, ALICE), contract=contract)
    assert (answer.operation, answer.values["ETag"]) == ("PutObject", HELLO)
    assert store.calls[0].operation == "PutObjectInline"
    assert store.calls[0].values["Data"] == b"hello"


def test_without_attachments_large_objects_are_refused():
    call = Call("PutObject", {**PUT, "Data": b"hello"}, ALICE)
    problem = refusal(call, contract=without(CONTRACT, "PutObject"), max_inline=4)
    assert problem.code == "EntityTooLarge"
    assert problem.details == (("ProposedSize", "5"), ("MaxSizeAllowed", "4"))


def test_what_went_inside_goes_beside_where_there_is_no_inside():
    contract = without(CONTRACT, "PutObjectInline")
    _, store = ask(Call("PutObjectInline", {**PUT, "Data": b"hello"}, ALICE), contract=contract)
    assert (store.calls[0].operation, store.calls[0].values["Data"]) == ("PutObject", b"hello")


def test_a_plain_get_is_asked_by_the_extended_one():
    answer, store = ask(Call("GetObject", WANTED, ALICE), contract=without(CONTRACT, "GetObject"))
    assert (answer.operation, store.calls[0].operation) == ("GetObject", "GetObjectExtended")
    assert read(answer) == GOTTEN


def test_an_extended_get_is_asked_by_the_plain_one_when_it_says_no_more():
    contract = without(CONTRACT, "GetObjectExtended")
    call = Call("GetObjectExtended", {**WANTED, "ReturnCompleteObjectOnConditionFailure": False}, ALICE)
    answer, store = ask(call, contract=contract)
    assert (answer.operation, store.calls[0].operation) == ("GetObjectExtended", "GetObject")
    problem = refusal(replace(call, values={**WANTED, "ByteRangeStart": 1}), contract=contract)
    assert (problem.code, "ByteRangeStart" in problem.message) == ("NotImplemented", True)


# -- what is answered -------------------------------------------------------------------------


@given(answers_of(CONTRACT), st.booleans(), st.sampled_from(["dime", "mime"]), st.booleans(), st.data())
def test_what_the_gateways_own_side_answers_is_read_back(answer, inline, form, streamed, data):
    values = dict(answer.values)
    asked: dict[str, Any] = {"Bucket": "b", "Key": "k"}
    if "Get" in answer.operation and "Object" in answer.operation and "Control" not in answer.operation:
        asked |= {"GetMetadata": True, "GetData": True, "InlineData": inline}
        values["Data"] = data.draw(st.binary(max_size=100))
        values["Metadata"] = [e for e in values.get("Metadata", ()) if e["Name"].lower() != "content-length"]
        values["Status"] = {**values["Status"], "Code": 200}
    if "Code" in values:
        values["Code"] = 204
    expected = dict(values)
    if streamed and "Data" in values:
        values["Data"] = Body(values["Data"])
    kind = CONTRACT.operations[answer.operation].request
    asked = {name: value for name, value in asked.items() if kind.element(name)}
    call = data.draw(calls_of(CONTRACT, (answer.operation,)))
    call = Call(answer.operation, {**call.values, **asked}, ALICE)
    if "ContentLength" in call.values:
        call = replace(call, values={**call.values, "Data": b"", "ContentLength": 0, "Metadata": []})
    store = MemoryStore(lambda asked: Answer(asked.operation, values), clients(attachments=form))
    got = led(store_language(etag="store"), call, store.reply)
    assert read(got) == expected


@FORMS
@pytest.mark.parametrize("at_once", [1, 7, 0])
def test_data_come_beside_in_any_form_and_any_pieces(form, at_once):
    store = MemoryStore(lambda call: Answer(call.operation, GOTTEN), clients(attachments=form))

    def reply(request: HttpRequest) -> RestReply:
        whole = store.reply(replace(request, unpack=None))
        return replied(request, whole.status, whole.headers, whole.body, at_once)

    answer = led(store_language(attachments=form), Call("GetObject", WANTED, ALICE), reply)
    assert isinstance(answer.values["Data"], Body)
    assert answer.values["Data"].length == 5
    assert read(answer) == GOTTEN


def test_a_store_that_answers_inside_is_served_too():
    """PHP and zeep have no attachments."""
    store = MemoryStore(lambda call: Answer(call.operation, GOTTEN))

    def reply(request: HttpRequest) -> RestReply:
        text = written(request.pieces).replace(b"<InlineData>false", b"<InlineData>true")
        return store.reply(replace(request, pieces=(text,)))

    answer = led(store_language(), Call("GetObject", WANTED, ALICE), reply)
    assert answer.values == GOTTEN


def test_data_without_announced_length_are_counted_against_what_is_told():
    """MIME announces none."""
    store = MemoryStore(lambda call: Answer(call.operation, GOTTEN), clients(attachments="mime"))
    answer = led(store_language(attachments="mime"), Call("GetObject", WANTED, ALICE), store.reply)
    body = answer.values["Data"]
    assert body.length == 5
    with pytest.raises(Problem):
        written((replace(body, source=b"hell"),))


@FORMS
@pytest.mark.parametrize("length", ["4", "6", "0"])
def test_data_of_another_length_than_told_are_no_answer(form, length):
    values = {**GOTTEN, "Metadata": [{"Name": "content-length", "Value": length}]}
    with pytest.raises(Problem) as caught:
        answer_of(Call("GetObject", WANTED, ALICE), values, attachments=form)
    assert caught.value.code in {"InternalError", "IncompleteBody"}


@pytest.mark.parametrize("length", ["", "five", "-5", "5 ", "9" * 20])
def test_a_length_that_is_none_tells_nothing(length):
    values = {**GOTTEN, "Metadata": [{"Name": "Content-Length", "Value": length}]}
    assert answer_of(Call("GetObject", WANTED, ALICE), values) == values


def test_what_was_not_asked_for_is_not_answered():
    call = Call("GetObject", {**WANTED, "GetMetadata": False, "GetData": False}, ALICE)
    assert answer_of(call, GOTTEN).keys() == {"Status", "LastModified", "ETag"}


GET_ANSWER = b'<GetObjectResponse xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><GetObjectResponse>%s</GetObjectResponse></GetObjectResponse>'


def gotten(inside: bytes) -> bytes:
    return envelope((GET_ANSWER % inside).decode())


def test_what_a_store_leaves_out_is_supplied_or_left_out():
    """Status, the value of a metadata entry, ETags without quotes."""
    inside = b"<Metadata><Name>a</Name></Metadata><Metadata><Value>b</Value></Metadata><Data>aGVsbG8=</Data><ETag>t</ETag>"
    assert answered(Call("GetObject", WANTED), 200, gotten(inside)).values == {
        "Status": {"Code": 200, "Description": "OK"},
        "Metadata": [{"Name": "a", "Value": ""}],
        "Data": b"hello",
        "ETag": '"t"',
    }


@pytest.mark.parametrize(
    ("inside", "data"),
    [
        (b"<Data/>", b""),
        (b"<Metadata><Name>Content-Length</Name><Value>0</Value></Metadata>", b""),
        (b'<Metadata><Name>Content-Length</Name><Value>0</Value></Metadata><Data i:nil="true"/>', b""),
        (b'<Data i:nil="true"/>', None),
        (b"<Metadata><Name>Content-Length</Name><Value>5</Value></Metadata>", None),
        (b"<Metadata><Name>Content-Length</Name><Value>5</Value></Metadata><Data/>", None),
    ],
)
def test_an_object_without_bytes_is_empty_when_the_store_says_so(inside, data):
    if data is None:
        with pytest.raises(Problem) as caught:
            answered(Call("GetObject", WANTED), 200, gotten(inside))
        assert caught.value.code == "InternalError"
    else:
        assert answered(Call("GetObject", WANTED), 200, gotten(inside)).values["Data"] == data


# -- attachments that nobody asked for --------------------------------------------------------


def packed(call: Call, values: dict[str, Any], spoil: Callable[[bytes], bytes], form: str = "dime") -> Answer:
    """The answer to a call when the package it is answered with is spoiled on its way."""
    store = MemoryStore(lambda asked: Answer("GetObject", values), clients(attachments=form))
    get = Call("GetObject", WANTED, ALICE)
    language = store_language(attachments=form)
    package = store.reply(replace(next(language.ask(get)), unpack=None))
    body = spoil(package.body)
    return led(language, call, lambda request: replied(request, 200, package.headers, body))


def same(data: bytes) -> bytes:
    return data


def test_an_attachment_that_nobody_asked_for_is_no_answer():
    with pytest.raises(Problem, match="InternalError: The store attaches something that nobody asked for"):
        packed(Call("GetObject", {**WANTED, "GetData": False}), GOTTEN, same)


def test_data_that_come_twice_are_no_answer():
    def spoil(data: bytes) -> bytes:
        return data.replace(b'<Data xsi:nil="true"/>', b"<Data>aGVsbG8=</Data>")

    with pytest.raises(Problem, match="InternalError: The store's answer has data twice"):
        packed(Call("GetObject", WANTED), GOTTEN, spoil, "mime")


def test_data_that_are_included_are_the_attachment():
    include = b'<Data><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:0123456789abcdef.data"/></Data>'
    answer = packed(
        Call("GetObject", WANTED),
        GOTTEN,
        lambda data: data.replace(b'<Data xsi:nil="true"/>', include),
        "mime",
    )
    assert read(answer) == GOTTEN


@FORMS
@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-3],
        lambda data: data[40:],
        lambda data: data.replace(b"GetObjectResult", b"").replace(b"Envelope", b"Enve"),
        lambda data: data[: len(data) // 2],
        lambda data: b"",
    ],
)
def test_a_broken_package_is_no_answer(form, spoil):
    with pytest.raises(Problem) as caught:
        packed(Call("GetObject", WANTED), GOTTEN, spoil, form)
    assert caught.value.code == "InternalError"


def test_an_envelope_longer_than_allowed_is_no_answer():
    assert refusal(
        Call("GetObject", WANTED, ALICE), lambda call: Answer(call.operation, GOTTEN), max_answer=10
    ).code == ("InternalError")


# -- errors -----------------------------------------------------------------------------------


DELETE = Call("DeleteObject", OBJECT, ALICE)
FAULT = "<e:Fault><faultcode>{0}</faultcode><faultstring>{1}</faultstring><detail>{2}</detail></e:Fault>"
FAULT_12 = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code>'
    b"<s:Value>s:Sender</s:Value><s:Subcode><s:Value>x:NoSuchKey</s:Value></s:Subcode></s:Code>"
    b"<s:Reason><s:Text>No.</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
)
UNREAD = envelope("<DeleteObjectResponse/>")


@pytest.mark.parametrize("status", [200, 202, 400, 404, 500, 503])
@pytest.mark.parametrize(
    "code", ["Client.NoSuchKey", "e:Client.NoSuchKey", "s:Server.NoSuchKey", "NoSuchKey"]
)
def test_a_fault_is_one_in_every_spelling_and_under_every_status(status, code):
    """Wire rule 11."""
    with pytest.raises(Problem) as caught:
        answered(
            DELETE, status, envelope(FAULT.format(code, "Gone.", "<Key>k</Key><RequestId>R</RequestId>"))
        )
    problem = caught.value
    assert (problem.code, problem.message, problem.details) == ("NoSuchKey", "Gone.", (("Key", "k"),))
    assert problem.request_id == "R"


def test_a_fault_of_soap_1_2_is_read():
    with pytest.raises(Problem) as caught:
        answered(DELETE, 400, FAULT_12, ("content-type", "application/soap+xml"))
    assert (caught.value.code, caught.value.message) == ("NoSuchKey", "No.")


@FORMS
def test_a_fault_in_a_package_is_read(form):
    fault = envelope(FAULT.format("Client.NoSuchKey", "Gone.", "")).decode()

    def spoil(data: bytes) -> bytes:
        begin, end = data.index(b"<?xml"), data.index(b"</soapenv:Envelope>") + 19
        return data[:begin] + fault.encode().ljust(end - begin) + data[end:]

    with pytest.raises(Problem) as caught:
        packed(Call("GetObject", WANTED), {**GOTTEN, "Metadata": []}, spoil, form)
    assert caught.value.code == "NoSuchKey"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (502, b"<html>Bad Gateway</html>", "ServiceUnavailable"),
        (503, b"", "ServiceUnavailable"),
        (504, b"<not>", "ServiceUnavailable"),
        (403, b"<html>Forbidden</html>", "InternalError"),
        (404, b"", "InternalError"),
        (200, b"", "InternalError"),
        (200, b"<html><body>Welcome</body></html>", "InternalError"),
        (200, UNREAD[:-9], "InternalError"),
        (200, UNREAD, "InternalError"),
        (500, UNREAD, "InternalError"),
        (200, envelope(""), "InternalError"),
        (200, envelope("<a/><b/>"), "InternalError"),
        (200, b"<Envelope/>", "InternalError"),
        (200, envelope("<GetObjectResponse/>"), "InternalError"),
        (200, b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "InternalError"),
        (301, b"", "InternalError"),
    ],
)
def test_a_reply_that_is_no_answer(status, body, code):
    """Wire rule 7."""
    with pytest.raises(Problem) as caught:
        answered(DELETE, status, body)
    assert caught.value.code == code


def test_a_problem_of_the_transport_passes_through():
    def unreachable(_: HttpRequest) -> RestReply:
        raise Problem("ServiceUnavailable")

    with pytest.raises(Problem, match="ServiceUnavailable"):
        led(store_language(), DELETE, unreachable)


any_body = st.binary(max_size=300) | st.from_regex(r"[a-z<>/]{1,99}", fullmatch=True).map(envelope)
content_types = st.sampled_from(
    ["", "text/xml", "application/dime", "multipart/related", 'multipart/related; boundary="b"; start="<a>"']
)
any_call = st.sampled_from(
    [
        DELETE,
        Call("ListBucket", {"Bucket": "b"}),
        Call("GetObject", WANTED),
        Call("GetObjectExtended", WANTED),
    ]
)


@given(st.integers(200, 599), any_body, content_types, any_call)
def test_any_bytes_are_an_answer_or_a_problem(status, body, content_type, call):
    try:
        answer = answered(call, status, body, ("content-type", content_type))
    except Problem:
        return
    assert isinstance(answer, Answer)


@given(st.binary(max_size=60), st.data())
def test_an_answer_with_any_bytes_in_it_is_one_or_a_problem(noise, data):
    text = gotten(
        b"<Status><Code>206</Code></Status><Metadata><Name>a</Name></Metadata><Data>aGVsbG8=</Data><ETag>t</ETag>"
    )
    at = data.draw(st.integers(0, len(text)))
    upto = data.draw(st.integers(at, min(at + 20, len(text))))
    call = data.draw(
        st.sampled_from(
            [Call("GetObject", WANTED), Call("GetObjectExtended", {**WANTED, "ByteRangeStart": 1})]
        )
    )
    try:
        assert isinstance(answered(call, 200, text[:at] + noise + text[upto:]), Answer)
    except Problem:
        return


@pytest.mark.parametrize(
    "code", ["SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed", "InvalidToken"]
)
def test_a_verdict_on_our_signature_is_not_the_clients(code):
    """Wire rule 6."""
    problem = refusal(DELETE, lambda _: Problem(code, details=(("StringToSign", "S"),)))
    assert (problem.code, problem.details) == ("InternalError", ())
    assert (problem.request_id, problem.host_id) == ("STORE-REQUEST", "store-host")
    assert isinstance(problem.__cause__, Problem)
    assert problem.__cause__.code == code


def test_what_the_store_left_out_of_a_fault_is_supplied():
    assert refusal(DELETE, lambda _: Problem("NoSuchKey")).details == (("Key", "k"),)


def test_the_ids_of_an_error_without_them_are_those_of_its_head():
    with pytest.raises(Problem) as caught:
        answered(DELETE, 500, b"", *XML, ("x-amz-request-id", "R"), ("x-amz-id-2", "H"))
    assert (caught.value.request_id, caught.value.host_id) == ("R", "H")


@pytest.mark.parametrize(
    ("operation", "code", "description", "told"),
    [
        ("GetObject", 404, "Not Found", ("NoSuchKey", "")),
        ("GetObject", 404, "The object is gone.", ("NoSuchKey", "The object is gone.")),
        ("GetObject", 403, "Forbidden", ("AccessDenied", "")),
        ("GetObject", 404, "NoSuchBucket", ("NoSuchBucket", "")),
        ("GetObject", 412, "", ("PreconditionFailed", "")),
        ("GetObject", 304, "Not Modified", ("NotModified", "")),
        ("GetObjectExtended", 416, "", ("InvalidRange", "")),
        ("GetObject", 500, "Internal Server Error", ("InternalError", "")),
        ("DeleteObject", 404, "Not Found", ("NoSuchKey", "")),
        ("DeleteBucket", 409, "BucketNotEmpty", ("BucketNotEmpty", "")),
        ("DeleteBucket", 404, "", ("NoSuchBucket", "")),
    ],
)
def test_an_error_may_be_the_status_of_an_answer(operation, code, description, told):
    """Wire rule 30."""
    status = {"Code": code, "Description": description}
    values = status if "Delete" in operation else {**GOTTEN, "Status": status}
    asked = WANTED if "Get" in operation else OBJECT if operation == "DeleteObject" else {"Bucket": "b"}
    problem = refusal(Call(operation, asked, ALICE), lambda call: Answer(call.operation, values))
    assert (problem.code, problem.message) == told


# -- GetObjectExtended ------------------------------------------------------------------------


def test_only_one_operation_takes_more_than_one_message():
    assert set(PLANS) == {"GetObjectExtended"}


UNCHANGED = {**WANTED, "IfNoneMatch": [HELLO]}


@pytest.mark.parametrize(
    "first",
    [
        Problem("PreconditionFailed"),
        Problem("NotModified"),
        Answer(
            "GetObjectExtended", {"Status": {"Code": 304, "Description": "Not Modified"}, "LastModified": NOW}
        ),
        Answer("GetObjectExtended", {"Status": {"Code": 412, "Description": "Precondition Failed"}}),
    ],
)
def test_what_was_not_modified_is_told_with_etag_and_date(first):
    """Wire rule 30: asked for once more where the store does not tell them."""
    answer, store = ask(
        Call("GetObjectExtended", UNCHANGED, ALICE),
        lambda call: first if call.operation == "GetObjectExtended" else Answer("GetObject", GOTTEN),
    )
    assert answer.values == {
        "Status": {"Code": 304, "Description": "Not Modified"},
        "Metadata": [],
        "ETag": HELLO,
        "LastModified": NOW,
    }
    assert [(call.operation, call.values["GetData"]) for call in store.calls] == [
        ("GetObjectExtended", True),
        ("GetObject", False),
    ]


def test_what_was_not_modified_and_says_all_takes_one_message():
    values = {**GOTTEN, "Status": {"Code": 304, "Description": "Not Modified"}, "Metadata": []}
    values.pop("Data")
    answer, store = ask(
        Call("GetObjectExtended", UNCHANGED, ALICE), lambda call: Answer(call.operation, values)
    )
    assert answer.values == values
    assert len(store.calls) == 1


@pytest.mark.parametrize(
    ("code", "conditions", "told"),
    [
        ("PreconditionFailed", {"IfModifiedSince": NOW}, ""),
        ("PreconditionFailed", {"IfNoneMatch": ["a"], "IfModifiedSince": NOW}, ""),
        ("PreconditionFailed", {"IfMatch": ["a"]}, "PreconditionFailed"),
        ("PreconditionFailed", {"IfUnmodifiedSince": NOW}, "PreconditionFailed"),
        ("PreconditionFailed", {"IfMatch": ["a"], "IfNoneMatch": ["a"]}, "PreconditionFailed"),
        ("PreconditionFailed", {}, "PreconditionFailed"),
        ("NotModified", {"IfMatch": ["a"], "IfNoneMatch": ["a"]}, ""),
        ("NotModified", {"IfMatch": ["a"]}, "NotModified"),
        ("NoSuchKey", {"IfNoneMatch": ["a"]}, "NoSuchKey"),
    ],
)
def test_which_failed_condition_means_that_nothing_was_modified(code, conditions, told):
    call = Call("GetObjectExtended", {**WANTED, **conditions}, ALICE)

    def says(asked: Call) -> Any:
        return Problem(code) if asked.operation == "GetObjectExtended" else Answer("GetObject", GOTTEN)

    if told:
        assert refusal(call, says).code == told
    else:
        assert ask(call, says)[0].values["Status"]["Code"] == 304


PARTIAL = {"Code": 206, "Description": "Partial Content"}
WHOLE = b"0123456789"


def ranged(
    start: int | None,
    end: int | None,
    part: bytes,
    *entries: tuple[str, str],
    status: int = 206,
    size: str = "10",
    etag: str = HELLO,
    form: str = "dime",
    **wanted: Any,
) -> tuple[dict[str, Any], int]:
    """What the answer to a range holds, and how many messages it took."""
    bounds = {"ByteRangeStart": start, "ByteRangeEnd": end}
    asked = {**WANTED, **{name: value for name, value in bounds.items() if value is not None}, **wanted}

    def says(call: Call) -> Answer:
        if call.operation == "GetObjectExtended":
            metadata = [{"Name": name, "Value": value} for name, value in entries]
            answered = {"Code": status, "Description": "Partial Content"}
            return Answer(call.operation, {**GOTTEN, "Status": answered, "Metadata": metadata, "Data": part})
        head = [{"Name": "Content-Length", "Value": size}] if size else []
        return Answer(call.operation, {**GOTTEN, "Metadata": head, "ETag": etag})

    store = MemoryStore(says, clients(attachments=form))
    answer = led(store_language(attachments=form), Call("GetObjectExtended", asked, ALICE), store.reply)
    return read(answer), len(store.calls)


def entries_of(values: dict[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in values["Metadata"]}


@FORMS
def test_a_part_that_says_which_is_believed(form):
    """Also when the object changed after it was asked about."""
    told = ("Content-Length", "4"), ("Content-Range", "bytes 2-5/10")
    values, messages = ranged(2, 5, b"2345", *told, form=form, etag='"other"', size="20")
    assert (values["Status"], values["Data"], messages) == (PARTIAL, b"2345", 2)
    assert entries_of(values) == dict(told)


def test_the_object_is_asked_about_before_its_part():
    """Data that wait for another answer would hold a connection, and PHP's server has only one."""
    call = Call("GetObjectExtended", {**WANTED, "ByteRangeStart": 1}, ALICE)
    _, store = ask(call, lambda asked: Answer(asked.operation, {**GOTTEN, "Data": b"ello", "Metadata": []}))
    assert [(call.operation, call.values["GetData"]) for call in store.calls] == [
        ("GetObject", False),
        ("GetObjectExtended", True),
    ]


@FORMS
@pytest.mark.parametrize(
    ("bounds", "part", "told"),
    [
        ((2, 5), b"2345", "bytes 2-5/10"),
        ((7, None), b"789", "bytes 7-9/10"),
        ((None, 3), b"789", "bytes 7-9/10"),
        ((8, 99), b"89", "bytes 8-9/10"),
        ((0, 9), WHOLE, "bytes 0-9/10"),
    ],
)
@pytest.mark.parametrize("length", [(), (("content-length", "10"),), (("Content-Length", "3"),)])
def test_a_part_that_does_not_say_which_is_asked_about(form, bounds, part, told, length):
    """Wire rule 31: whatever it says of its length, which may be that of the whole."""
    values, messages = ranged(*bounds, part, ("a", "b"), *length, form=form)
    assert (values["Status"], values["Data"], messages) == (PARTIAL, part, 2)
    assert entries_of(values) == {"a": "b", "Content-Length": str(len(part)), "Content-Range": told}


def test_a_part_that_says_which_and_not_how_long_is_told_both():
    values, messages = ranged(2, 5, b"2345", ("Content-Range", "bytes 2-5/10"), ("content-length", "10"))
    assert entries_of(values) == {"Content-Length": "4", "Content-Range": "bytes 2-5/10"}
    assert messages == 2


@pytest.mark.parametrize("claimed", ["bytes 0-3/10", "bytes 2-5/*", "the middle", "bytes 2-5/5"])
def test_a_claim_that_is_not_what_was_asked_for_is_not_believed(claimed):
    """It may be a user's own metadata."""
    values, _ = ranged(2, 5, b"2345", ("Content-Range", claimed))
    assert entries_of(values)["Content-Range"] == "bytes 2-5/10"


@FORMS
@pytest.mark.parametrize("part", [b"234", b"23456"])
@pytest.mark.parametrize("told", [(), (("Content-Range", "bytes 2-5/10"),)])
def test_a_part_of_another_length_is_no_answer(form, part, told):
    with pytest.raises(Problem) as caught:
        ranged(2, 5, part, *told, form=form)
    assert caught.value.code in {"InternalError", "IncompleteBody"}


def test_a_part_under_status_200_is_called_one():
    values, messages = ranged(2, 5, b"2345", ("Content-Length", "10"), status=200)
    assert (values["Status"], values["Data"], messages) == (PARTIAL, b"2345", 2)
    assert entries_of(values)["Content-Range"] == "bytes 2-5/10"


def test_the_whole_where_a_part_was_asked_for_is_no_part():
    values, _ = ranged(2, 5, WHOLE, ("Content-Length", "10"), status=200)
    assert (values["Status"]["Code"], values["Data"]) == (200, WHOLE)
    assert entries_of(values) == {"Content-Length": "10"}


def test_under_status_200_data_of_no_known_length_are_the_whole_or_broken_off():
    assert ranged(2, 5, WHOLE, status=200, form="mime")[0]["Status"]["Code"] == 200
    with pytest.raises(Problem):
        ranged(2, 5, b"2345", status=200, form="mime")


def test_data_that_are_neither_the_part_nor_the_whole_are_no_answer():
    with pytest.raises(Problem, match="InternalError"):
        ranged(2, 5, b"234567", status=200)


@pytest.mark.parametrize("unknown", [{"size": ""}, {"etag": '"other"'}])
def test_a_part_of_an_object_of_no_known_size(unknown):
    """Also when the object changed between the two messages."""
    values, _ = ranged(2, 5, b"2345", **unknown)
    assert entries_of(values)["Content-Range"] == "bytes 2-5/*"
    assert ranged(2, 5, b"2345", status=200, **unknown)[0]["Status"]["Code"] == 200
    for start, end, form in ((None, 4, "dime"), (2, 5, "mime")):
        with pytest.raises(Problem, match="a part, and nothing tells which"):
            ranged(start, end, b"6789", form=form, **unknown)


def test_a_part_without_its_data_is_told_too():
    values, messages = ranged(2, 5, b"", GetData=False)
    assert messages == 2
    assert "Data" not in values
    assert entries_of(values) == {"Content-Length": "4", "Content-Range": "bytes 2-5/10"}
    whole, messages = ranged(2, 5, b"", ("Content-Length", "10"), GetData=False, status=200)
    assert (entries_of(whole), messages) == ({"Content-Length": "10"}, 2)


def test_who_wants_no_metadata_is_told_none():
    values, messages = ranged(2, 5, b"2345", GetMetadata=False)
    assert ("Metadata" in values, values["Data"], messages) == (False, b"2345", 1)


def test_an_extended_get_of_the_whole_is_one_message():
    call = Call("GetObjectExtended", WANTED, ALICE)
    answer, store = ask(call, lambda asked: Answer(asked.operation, GOTTEN))
    assert (read(answer), len(store.calls)) == (GOTTEN, 1)


@pytest.mark.parametrize(
    ("first", "then", "told", "messages"),
    [
        ("NoSuchKey", "NoSuchBucket", "NoSuchBucket", 2),
        ("AccessDenied", "", "AccessDenied", 2),
        ("ServiceUnavailable", "NoSuchBucket", "ServiceUnavailable", 1),
    ],
)
def test_what_a_client_did_wrong_the_call_for_the_part_itself_tells(first, then, told, messages):
    """Of a store that is not there nothing is asked twice."""

    def says(call: Call) -> Answer:
        code = then if call.operation == "GetObjectExtended" else first
        if code:
            raise Problem(code)
        return Answer(call.operation, {**GOTTEN, "Metadata": [], "Data": b"2345"})

    store = MemoryStore(says, clients())
    call = Call("GetObjectExtended", {**WANTED, "ByteRangeStart": 2, "ByteRangeEnd": 5}, ALICE)
    with pytest.raises(Problem) as caught:
        led(store_language(), call, store.reply)
    assert (caught.value.code, len(store.calls)) == (told, messages)
