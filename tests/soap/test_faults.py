"""Faults: as S3 documents them, as stores write them in their many ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Ids, Problem
from gateway.soap.envelope import SOAP
from gateway.soap.faults import build_fault, fault_code, judge_reply, parse_fault, split_code
from gateway.tables.errors import BARE, ERRORS, REST_ONLY, known, message_of
from gateway.wire.markup import MarkupError, parse
from tests.strategies import hostile_texts, names, problems

IDS = Ids("our-request", "our-host")
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"


def fault(inside, around=("Envelope", "Body"), space=SOAP):
    opened = "".join(f"<e:{name}>" for name in (*around, "Fault"))
    closed = "".join(f"</e:{name}>" for name in reversed((*around, "Fault")))
    return opened.replace(">", f' xmlns:e="{space}">', 1).encode() + inside.encode() + closed.encode()


def test_a_fault_as_s3_documents_it():
    """Wire rule 9: children in this order, lower case, in no namespace; no faultactor; no white space."""
    problem = Problem("NoSuchKey", details=(("Key", "a<b"),))
    assert build_fault(problem, IDS) == (
        b'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        b' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header/><soapenv:Body><soapenv:Fault>'
        b"<faultcode>soapenv:Client.NoSuchKey</faultcode>"
        b"<faultstring>The specified key does not exist.</faultstring>"
        b"<detail><Key>a&lt;b</Key><RequestId>our-request</RequestId><HostId>our-host</HostId></detail>"
        b"</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )


def test_the_ids_of_the_party_that_raised_it_are_told():
    problem = Problem("NoSuchKey", request_id="theirs", host_id="their-host")
    text = build_fault(problem, IDS)
    assert b"<RequestId>theirs</RequestId><HostId>their-host</HostId>" in text
    assert b"our-" not in text


@pytest.mark.parametrize("code", ["MustUnderstand", "VersionMismatch", "InvalidAddressingHeader"])
def test_an_error_about_a_header_entry_has_no_detail(code):
    """Wire rule 10."""
    text = build_fault(Problem(code, details=(("Header", "x"),)), IDS)
    prefix = "Client." if code.startswith("Invalid") else ""
    assert f"<faultcode>soapenv:{prefix}{code}</faultcode>".encode() in text
    assert b"</faultstring></soapenv:Fault>" in text


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.code)
def test_the_fault_code_of_every_row(row):
    """Wire rule 2: a code of REST alone takes the prefix of its status class."""
    prefix = {REST_ONLY: "Client" if (row.status or 400) < 500 else "Server"}.get(row.prefix, row.prefix)
    expected = row.code if row.prefix == BARE else f"{prefix}.{row.code}"
    assert fault_code(Problem(row.code, row.message)) == expected


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (Problem("NewCode"), "Client.NewCode"),
        (Problem("NewCode", status=409), "Client.NewCode"),
        (Problem("NewCode", status=507), "Server.NewCode"),
        (Problem("NewCode", status=200), "Server.NewCode"),
        (Problem("KMS.NotFoundException"), "Client.KMS.NotFoundException"),
        (Problem("KeyTooLong"), "Client.KeyTooLongError"),
        (Problem("InvalidRequest", "Please use AWS4-HMAC-SHA256."), "Client.InvalidRequest"),
        (Problem("AuthorizationHeaderMalformed", status=503), "Server.AuthorizationHeaderMalformed"),
        (Problem("NoSuchKey", status=200), "Client.NoSuchKey"),
    ],
    ids=str,
)
def test_fault_codes(problem, expected):
    assert fault_code(problem) == expected


# -- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("Client.NoSuchKey", "NoSuchKey", 400),
        ("soapenv:Client.NoSuchKey", "NoSuchKey", 400),
        (" s:Client.NoSuchKey\n", "NoSuchKey", 400),
        (" s:Server.InternalError\n", "InternalError", 500),
        ("a:b:Client.NoSuchKey", "NoSuchKey", 400),
        ("{http://schemas.xmlsoap.org/soap/envelope/}:Client.TemporaryRedirect", "TemporaryRedirect", 400),
        ("env:Sender.NoSuchKey", "NoSuchKey", 400),
        ("env:Receiver.SlowDown", "SlowDown", 500),
        ("NoSuchKey", "NoSuchKey", 400),
        ("Client.KMS.NotFoundException", "KMS.NotFoundException", 400),
        ("KMS.NotFoundException", "KMS.NotFoundException", 400),
        ("Client.Client.X", "Client.X", 400),
        ("Client.Server", "Server", 400),
        ("Client.KeyTooLong", "KeyTooLongError", 400),
        ("KeyTooLong", "KeyTooLongError", 400),
        ("soapenv:MustUnderstand", "MustUnderstand", 400),
        ("soapenv:VersionMismatch", "VersionMismatch", 400),
        ("Client", "InvalidRequest", 400),
        ("soapenv:Client", "InvalidRequest", 400),
        ("env:Sender", "InvalidRequest", 400),
        ("Client.", "InvalidRequest", 400),
        ("Client.No Such Key", "InvalidRequest", 400),
        ("No Such Key", "InvalidRequest", 400),
        ("Server", "InternalError", 500),
        ("env:Receiver", "InternalError", 500),
        ("Server.generalException", "generalException", 500),
        ("", "InternalError", 500),
        ("soapenv:", "InternalError", 500),
    ],
)
def test_the_code_in_a_fault_code(text, code, status):
    """Wire rule 11."""
    assert split_code(text) == (code, status)


@pytest.mark.parametrize("prefix", ["Client.", "soapenv:Client.", "s:Server.", "env:Sender.", ""])
@pytest.mark.parametrize("code", sorted({row.code for row in ERRORS}))
def test_every_code_is_read_in_every_form(prefix, code):
    read = parse_fault(fault(f"<faultcode>{prefix}{code}</faultcode><faultstring>x</faultstring>"))
    assert read == Problem(code, "x")


@pytest.mark.parametrize(
    "message",
    [
        fault(
            "<faultcode>Client.NoSuchKey</faultcode><faultstring>m</faultstring><detail><Key>k</Key></detail>"
        ),
        fault(
            "<detail><Key>k</Key></detail><faultactor>a</faultactor><faultstring>m</faultstring><faultcode>NoSuchKey</faultcode>"
        ),
        fault(
            "<Faultcode>x:Client.NoSuchKey</Faultcode><Faultstring>m</Faultstring><Detail><Key>k</Key></Detail>"
        ),
        fault(
            "<e:faultcode>e:Client.NoSuchKey</e:faultcode><e:faultstring>m</e:faultstring>"
            "<e:detail>\n <s:Key xmlns:s='urn:s'>k</s:Key> <Nested><x/></Nested></e:detail>"
        ),
        fault(
            "<e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>s:NoSuchKey</e:Value></e:Subcode></e:Code>"
            "<e:Reason><e:Text xml:lang='en'>m</e:Text></e:Reason><e:Detail><Key>k</Key></e:Detail>",
            space=SOAP12,
        ),
        fault(
            "<faultcode>NoSuchKey</faultcode><faultstring>m</faultstring><detail><Key>k</Key></detail>",
            ("body",),
        ),
        (
            b"<Envelope><Header/><Body><Fault><faultcode>NoSuchKey</faultcode><faultstring>m</faultstring>"
            b"<detail><Key>k</Key></detail></Fault></Body></Envelope>"
        ),
    ],
    ids=["S3", "any order", "capitals", "qualified", "SOAP 1.2", "Body alone", "no namespace"],
)
def test_one_fault_in_the_ways_it_is_written(message):
    assert parse_fault(message) == Problem("NoSuchKey", "m", (("Key", "k"),))


def test_the_subcode_of_soap_1_2_says_more_than_its_class():
    code = "<e:Code><e:Value>e:{}</e:Value>{}</e:Code><e:Reason><e:Text>m</e:Text></e:Reason>"
    bare = parse_fault(fault(code.format("Receiver", ""), space=SOAP12))
    empty = parse_fault(fault(code.format("Sender", "<e:Subcode/>"), space=SOAP12))
    assert (bare, empty) == (Problem("InternalError", "m"), Problem("InvalidRequest", "m"))


def test_an_empty_fault_is_an_internal_error():
    assert parse_fault(fault("")) == Problem("InternalError")


def test_the_fields_every_error_has_are_no_details():
    detail = (
        "<RequestId>r</RequestId><Resource>/b/k</Resource><Key>k</Key><HostId>h</HostId><Code>x</Code>"
        "<Message>x</Message><RequestId>second</RequestId><Key>again</Key>"
    )
    read = parse_fault(fault(f"<faultcode>NoSuchKey</faultcode><detail>{detail}</detail>"))
    assert read == Problem("NoSuchKey", details=(("Key", "k"), ("Key", "again")), request_id="r", host_id="h")


def test_a_code_without_a_row_has_the_status_of_its_class():
    """Wire rule 2."""
    assert parse_fault(fault("<faultcode>Client.NewCode</faultcode>")).status == 400
    assert parse_fault(fault("<faultcode>Server.NewCode</faultcode>")).status == 500
    assert parse_fault(fault("<faultcode>NewCode</faultcode>")).status == 400


@pytest.mark.parametrize(
    "message",
    [
        b"<a/>",
        b"<Envelope/>",
        b"<Envelope><Body/></Envelope>",
        b"<Envelope><Body><x><Fault/></x></Body></Envelope>",
    ],
)
def test_what_holds_no_fault(message):
    assert parse_fault(message) is None


def test_what_is_no_xml():
    with pytest.raises(MarkupError):
        parse_fault(b"<html><br></html>")


# -- both ways --------------------------------------------------------------------------------


@given(problems)
def test_what_is_written_is_read(problem):
    read = parse_fault(build_fault(problem, IDS))
    bare = known(problem.code) and build_fault(problem, IDS).find(b"<detail>") < 0
    assert (read.code, read.message) == (problem.code, message_of(problem.code, problem.message))
    assert read.details == (() if bare else problem.details)
    assert read.request_id == ("" if bare else problem.request_id or IDS.request_id)
    assert read.host_id == ("" if bare else problem.host_id or IDS.host_id)
    assert read.status == problem.status
    assert build_fault(read, IDS) == build_fault(problem, IDS)


@given(
    st.builds(
        Problem,
        code=hostile_texts,
        message=hostile_texts,
        details=st.lists(st.tuples(names, hostile_texts), max_size=3).map(tuple),
        request_id=hostile_texts,
        status=st.none() | st.integers(100, 599),
    )
)
def test_any_problem_is_a_fault_that_can_be_read(problem):
    text = build_fault(problem, IDS)
    assert parse(text) is not None
    assert parse_fault(text) is not None


@given(st.text(max_size=30))
def test_any_fault_code_says_a_code(text):
    code, status = split_code(text)
    assert code
    assert status in {400, 500}


ENVELOPE = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>%s</e:Body></e:Envelope>'
FAULT = (
    ENVELOPE % b"<e:Fault><faultcode>e:Client.NoSuchKey</faultcode><faultstring>No.</faultstring></e:Fault>"
)


@pytest.mark.parametrize(
    ("status", "reply", "code"),
    [
        (200, FAULT, "NoSuchKey"),
        (500, FAULT, "NoSuchKey"),
        (503, FAULT, "NoSuchKey"),
        (502, b"<html><body>Bad Gateway</body></html>", "ServiceUnavailable"),
        (503, b"", "ServiceUnavailable"),
        (504, b"late", "ServiceUnavailable"),
        (404, b"<html/>", "InternalError"),
        (500, FAULT[:-1], "InternalError"),
        (200, b"<html><body>Welcome</body></html>", "InternalError"),
        (500, ENVELOPE % b"<Answer/>", "InternalError"),
        (302, ENVELOPE % b"<Answer/>", "InternalError"),
    ],
)
def test_a_reply_that_is_no_answer_tells_why(status, reply, code):
    with pytest.raises(Problem) as caught:
        judge_reply(status, reply)
    assert caught.value.code == code


def test_a_reply_with_an_answer_passes():
    assert judge_reply(200, ENVELOPE % b"<Answer/>")[0][0].tag == "Answer"


def test_the_charset_of_the_content_type_wins():
    text = (ENVELOPE % b"<Answer>\xe9</Answer>").replace(b"<e:Envelope", b"<?xml version='1.0'?><e:Envelope")
    assert judge_reply(200, text, "iso-8859-1")[0][0].text == "\xe9"
