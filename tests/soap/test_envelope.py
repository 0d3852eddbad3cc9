"""The envelope: what is one, what is none, and who may not pass."""

from __future__ import annotations

import pytest

from gateway.messages import Body, Problem
from gateway.soap.envelope import (
    ANONYMOUS,
    NEXT_ACTOR,
    SOAP,
    build_envelope,
    judge_header,
    parse_envelope,
    refused,
)
from gateway.wire.markup import local, parse
from tests.soap.messages import envelope

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
BODY = "<e:Body><a/></e:Body>"


def whole(inside, space=SOAP):
    return f'<e:Envelope xmlns:e="{space}">{inside}</e:Envelope>'.encode()


def code(message, charset=""):
    with pytest.raises(Problem) as caught:
        parse_envelope(message, charset)
    return caught.value.code


@pytest.mark.parametrize(
    "message",
    [
        whole(BODY),
        whole(f"<e:Header/>{BODY}"),
        whole(f"<e:Header><x/></e:Header>\n{BODY}\n"),
        whole("<e:Body>\n  <a/>\n</e:Body>"),
        whole("<e:Body id='b' e:encodingStyle='http://schemas.xmlsoap.org/soap/encoding/'><a/></e:Body>"),
        b"<?xml version='1.0' encoding='utf-8'?>\n" + whole(BODY) + b"\r\n",
        f'<Envelope xmlns="{SOAP}"><Body><a xmlns=""/></Body></Envelope>'.encode(),
        whole("<!-- x --><e:Body><?y z?><a/></e:Body>"),
        b"\xef\xbb\xbf" + whole(BODY),
        whole(BODY).decode().encode("utf-16"),
    ],
)
def test_the_one_element_of_the_body(message):
    assert local(parse_envelope(message)) == "a"


def test_the_charset_of_http_wins():
    message = whole("<e:Body><a>\xe9</a></e:Body>").decode().encode("latin-1")
    assert parse_envelope(message, "iso-8859-1").text == "\xe9"
    assert code(message) == "InvalidSOAPRequest"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", "MissingRequestBodyError"),
        (b" \r\n", "MissingRequestBodyError"),
        (b"POST", "InvalidSOAPRequest"),
        (b"<a", "InvalidSOAPRequest"),
        (b"<!DOCTYPE a>" + whole(BODY), "InvalidSOAPRequest"),
        (b"<Error/>", "InvalidSOAPRequest"),
        (f'<e:Body xmlns:e="{SOAP}"/>'.encode(), "InvalidSOAPRequest"),
        (f'<e:envelope xmlns:e="{SOAP}">{BODY}</e:envelope>'.encode(), "InvalidSOAPRequest"),
        (whole(BODY, SOAP12), "VersionMismatch"),
        (whole(BODY, SOAP.rstrip("/")), "VersionMismatch"),
        (whole("", "urn:no"), "VersionMismatch"),
        (b"<Envelope><Body><a/></Body></Envelope>", "VersionMismatch"),
        (whole(""), "InvalidSOAPRequest"),
        (whole("<e:Header/>"), "InvalidSOAPRequest"),
        (whole("<e:Body/>"), "InvalidSOAPRequest"),
        (whole("<e:Body>text</e:Body>"), "InvalidSOAPRequest"),
        (whole("<e:Body><a/><b/></e:Body>"), "InvalidSOAPRequest"),
        (whole("<e:body><a/></e:body>"), "InvalidSOAPRequest"),
        (whole("<Body><a/></Body>"), "InvalidSOAPRequest"),
        (whole(f"<Header/>{BODY}"), "InvalidSOAPRequest"),
        (whole(f"<x/>{BODY}"), "InvalidSOAPRequest"),
        (whole(f"{BODY}{BODY}"), "InvalidSOAPRequest"),
        (whole(f"{BODY}<x/>"), "InvalidSOAPRequest"),
        (whole(f"{BODY}<e:Header/>"), "InvalidSOAPRequest"),
        (whole(f"<e:Header/><e:Header/>{BODY}"), "InvalidSOAPRequest"),
        (whole(f"<e:Header>{BODY}</e:Header>"), "InvalidSOAPRequest"),
    ],
    ids=lambda value: value[-60:].decode() if isinstance(value, bytes) else "",
)
def test_what_is_no_envelope(message, expected):
    assert code(message) == expected


# -- the header (wire rule 15) ----------------------------------------------------------------


def judged(header):
    """The code a header is refused with, "" for none."""
    try:
        judge_header(parse(envelope("<a/>", header))[0])
    except Problem as problem:
        return problem.code
    return ""


def addressed(space, name, *addresses, must=""):
    inside = "".join(f"<w:Address>{address}</w:Address>" for address in addresses)
    return f'<w:{name} xmlns:w="{space}"{must}>{inside}</w:{name}>'


MUST = ' e:mustUnderstand="1"'


@pytest.mark.parametrize("space", ANONYMOUS)
@pytest.mark.parametrize("name", ["ReplyTo", "FaultTo"])
@pytest.mark.parametrize("must", ["", MUST])
def test_the_anonymous_address_is_the_only_one(space, name, must):
    anonymous = ANONYMOUS[space]
    assert judged(addressed(space, name, anonymous, must=must)) == ""
    assert judged(addressed(space, name, f"\n {anonymous} ", must=must)) == ""
    for addresses in (
        [],
        [""],
        ["http://127.0.0.1:1/"],
        [anonymous, "http://127.0.0.1:1/"],
        [anonymous] * 2,
        [f"{anonymous}/"],
    ):
        assert judged(addressed(space, name, *addresses, must=must)) == "InvalidAddressingHeader"


def test_the_anonymous_address_of_another_draft_is_another_address():
    draft, final = "http://schemas.xmlsoap.org/ws/2004/08/addressing", "http://www.w3.org/2005/08/addressing"
    assert judged(addressed(final, "ReplyTo", ANONYMOUS[draft])) == "InvalidAddressingHeader"
    assert judged(addressed(final, "ReplyTo", f"{final}/none")) == "InvalidAddressingHeader"


@pytest.mark.parametrize("space", ANONYMOUS)
def test_addressing_counts_as_understood(space):
    """WSE marks Action, MessageID and To so."""
    entries = "".join(
        f'<w:{name} xmlns:w="{space}"{MUST}>x</w:{name}>' for name in ("Action", "MessageID", "To", "From")
    )
    assert judged(entries) == ""


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", ""),
        ('e:mustUnderstand="0"', ""),
        ('e:mustUnderstand="false"', ""),
        ('mustUnderstand="1"', ""),
        ('e:mustUnderstand="1"', "MustUnderstand"),
        ('e:mustUnderstand=" 1 "', "MustUnderstand"),
        ('e:mustUnderstand="true"', "MustUnderstand"),
        ('e:mustUnderstand="1" e:actor=""', "MustUnderstand"),
        (f'e:mustUnderstand="1" e:actor="{NEXT_ACTOR}"', "MustUnderstand"),
        ('e:mustUnderstand="1" e:actor="urn:somebody"', ""),
    ],
)
def test_entries_that_must_be_understood(attributes, expected):
    assert judged(f'<s:Security xmlns:s="urn:security" {attributes}/>') == expected
    assert judged(f"<Transaction {attributes}/>") == expected


def test_addressing_is_looked_at_before_what_must_be_understood():
    new = "http://www.w3.org/2005/08/addressing"
    assert judged(f"<x{MUST}/>" + addressed(new, "ReplyTo", "urn:x")) == "InvalidAddressingHeader"


def test_other_names_and_namespaces_are_not_addressing():
    assert judged(addressed("urn:other", "ReplyTo", "urn:x")) == ""
    assert judged(addressed("http://www.w3.org/2005/08/addressing", "From", "urn:x")) == ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (addressed("http://www.w3.org/2005/08/addressing", "ReplyTo", "urn:x"), "InvalidAddressingHeader"),
        (f"<x{MUST}/>", "MustUnderstand"),
    ],
)
def test_a_header_is_judged_with_its_envelope(header, expected):
    assert code(envelope("<a/>", header)) == expected


# -- out --------------------------------------------------------------------------------------


def test_an_envelope_is_written_as_old_clients_look_for_it():
    """The prefix is soapenv, xsd and xsi are bound, an empty Header stands before the Body, no blanks."""
    assert build_envelope(["<a>", "\xe9</a>"]) == (
        (
            b'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
            b' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header/><soapenv:Body>'
            b"<a>\xc3\xa9</a></soapenv:Body></soapenv:Envelope>"
        ),
    )


def test_a_body_stays_where_it_stands():
    before, body, behind = build_envelope(["<a>", Body(1), "</a>"])
    assert before.endswith(b"<soapenv:Body><a>")
    assert body == Body(1)
    assert behind == b"</a></soapenv:Body></soapenv:Envelope>"


def test_what_is_written_is_read():
    (message,) = build_envelope(["<a/>"])
    assert local(parse_envelope(message)) == "a"


def test_a_refusal_says_why():
    assert str(refused("so")) == "InvalidSOAPRequest: The SOAP request body is invalid: so."
