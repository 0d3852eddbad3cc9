"""Every error as a SOAP store says it, in each of the ways that stores have, as boto3 reads it.

A fault goes in, the reply to a REST client comes out, and botocore's own parser makes of it what
boto3's ClientError holds. Nothing is sent: the codecs stand between the fault and the parser alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from gateway.messages import HttpReply, Ids, Problem, RestReply
from gateway.rest.errors import build_error
from gateway.soap.ask import Soap
from gateway.soap.faults import build_fault, fault_code, judge_reply
from gateway.tables.errors import DOCUMENTED, ERRORS, SECRET_DETAILS, Error, message_of, row_for
from gateway.wire.markup import escape
from tests.exchanges.transcripts import OUR_IDS, ErrorExchange, error_exchanges, read_reply
from tests.joined import our_contract
from tests.rest.served import SECRETS, Served
from tests.rest.viewed import read

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
THEIRS = Ids("request-of-the-store", "host-of-the-store")
RESOURCE = "/bucket/a%20key"
OPERATION = "ListObjectsV2"

ROWS = pytest.mark.parametrize(
    "row", ERRORS, ids=[f"{number}-{row.code}" for number, row in enumerate(ERRORS)]
)


def fault_11(code: str, message: str, detail: str = "", prefix: str = "soapenv") -> bytes:
    return (
        f'<{prefix}:Envelope xmlns:{prefix}="{SOAP_11}"><{prefix}:Body><{prefix}:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{escape(message)}</faultstring>{detail}"
        f"</{prefix}:Fault></{prefix}:Body></{prefix}:Envelope>"
    ).encode()


def fault_12(row: Error, subcode: str) -> bytes:
    party = "Receiver" if fault_code(Problem(row.code, row.message)).startswith("Server") else "Sender"
    return (
        f'<env:Envelope xmlns:env="{SOAP_12}"><env:Body><env:Fault><env:Code><env:Value>env:{party}'
        f"</env:Value><env:Subcode><env:Value>{subcode}</env:Value></env:Subcode></env:Code>"
        f'<env:Reason><env:Text xml:lang="en">{escape(row.message)}</env:Text></env:Reason>'
        f"<env:Detail>{_detail_of(row)}</env:Detail></env:Fault></env:Body></env:Envelope>"
    ).encode()


def _detail_of(row: Error) -> str:
    fields = {name: f"a {name}" for name in row.details}
    told = {**fields, "RequestId": THEIRS.request_id, "HostId": THEIRS.host_id}
    return "".join(f"<{name}>{text}</{name}>" for name, text in told.items())


def detailed(row: Error) -> str:
    return f"<detail>{_detail_of(row)}</detail>"


def code_of(row: Error) -> str:
    """The local part of the fault code that the table gives a row."""
    return fault_code(Problem(row.code, row.message))


FORMS: Mapping[str, Callable[[Error], bytes]] = {
    "ours": lambda row: build_fault(
        Problem(row.code, row.message, tuple((name, f"a {name}") for name in row.details)), THEIRS
    ),
    "prefixed": lambda row: fault_11(f"soapenv:{code_of(row)}", row.message, detailed(row)),
    "of another prefix": lambda row: fault_11(f"s:{code_of(row)}", row.message, detailed(row), "s"),
    "of an unbound prefix": lambda row: fault_11(f"SOAP-ENV:{code_of(row)}", row.message, detailed(row)),
    "unprefixed": lambda row: fault_11(code_of(row), row.message, detailed(row)),
    "plain": lambda row: fault_11(row.code, row.message, detailed(row)),
    "plain, with a prefix": lambda row: fault_11(f"ns1:{row.code}", row.message, detailed(row)),
    "of the other class": lambda row: fault_11(f"soapenv:Server.{row.code}", row.message, detailed(row)),
    "among blanks": lambda row: fault_11(f"\n  soapenv:Client.{row.code}\n ", row.message, detailed(row)),
    "of SOAP 1.2": lambda row: fault_12(row, f"s3:{row.code}"),
    "of SOAP 1.2, with its class": lambda row: fault_12(row, f"Client.{row.code}"),
    "without a detail": lambda row: fault_11(f"soapenv:{code_of(row)}", row.message),
    "with an empty detail": lambda row: fault_11(f"soapenv:{code_of(row)}", row.message, "<detail/>"),
    "without a message": lambda row: fault_11(f"soapenv:{code_of(row)}", "", detailed(row)),
    "of no namespace": lambda row: (
        f"<Envelope><Body><Fault>{detailed(row)}<faultstring>{escape(row.message)}</faultstring>"
        f"<faultcode>{code_of(row)}</faultcode></Fault></Body></Envelope>"
    ).encode(),
    "in capitals": lambda row: (
        f'<e:Envelope xmlns:e="{SOAP_11}"><e:Body><e:Fault><Faultcode>Client.{row.code}</Faultcode>'
        f"<Faultstring>{escape(row.message)}</Faultstring><Detail>{_detail_of(row)}</Detail>"
        "</e:Fault></e:Body></e:Envelope>"
    ).encode(),
    "in UTF-16": lambda row: (
        fault_11(f"soapenv:{code_of(row)}", row.message, detailed(row)).decode().encode("utf-16")
    ),
}
"""How stores write a fault. The rows that SOAP itself has (MustUnderstand) are bare in all of them."""

WITHOUT_DETAIL = {"without a detail", "with an empty detail"}


def told_of(fault: bytes) -> Problem:
    """What the gateway reads in a store's fault."""
    with pytest.raises(Problem) as told:
        judge_reply(500, fault)
    return told.value


def replied(fault: bytes, method: str = "GET") -> HttpReply:
    return build_error(told_of(fault), OUR_IDS, resource=RESOURCE, method=method)


def test_all_81_documented_codes_are_here():
    assert len({row.code for row in DOCUMENTED}) == 81
    assert set(DOCUMENTED) <= set(ERRORS)


@pytest.mark.parametrize("form", FORMS)
@ROWS
def test_boto3_reads_code_status_and_message(row, form):
    reply = replied(FORMS[form](row))
    status = row.status or 400
    assert reply.status == status
    if row.reason:
        assert reply.reason == row.reason
    if status == 304:
        assert reply.pieces == ()
        return
    parsed = read(reply, OPERATION)
    message = message_of(row.code, "" if form == "without a message" else row.message)
    has_detail = form not in WITHOUT_DETAIL and not (form == "ours" and row.on_header)
    assert parsed["Error"] == {
        "Code": row.rest_code or row.code,
        "Message": message,
        "Resource": RESOURCE,
        **({name: f"a {name}" for name in row.details} if has_detail else {}),
    }
    ids = THEIRS if has_detail else OUR_IDS
    told = parsed["ResponseMetadata"]
    assert (told["HTTPStatusCode"], told["RequestId"], told["HostId"]) == (
        status,
        ids.request_id,
        ids.host_id,
    )
    assert str(ClientError(parsed, OPERATION)) == (
        f"An error occurred ({row.rest_code or row.code}) when calling the {OPERATION} operation: {message}"
    )


@pytest.mark.parametrize("form", FORMS)
@ROWS
def test_a_soap_client_reads_the_documented_form(row, form):
    """However a store writes a fault, it is passed on as S3 writes it (wire rule 9)."""
    details = tuple((name, f"a {name}") for name in row.details)
    has_detail = form not in WITHOUT_DETAIL
    told = Problem(
        row.code, "" if form == "without a message" else row.message, details if has_detail else ()
    )
    ids = THEIRS if has_detail else OUR_IDS
    assert build_fault(told_of(FORMS[form](row)), OUR_IDS) == build_fault(told, ids)


@ROWS
def test_the_answer_to_head_is_its_status(row):
    """There is no body, so botocore makes the code of the status; the ids are in the head all the same."""
    reply = replied(FORMS["ours"](row), "HEAD")
    status = row.status or 400
    assert (reply.status, reply.pieces, reply.length) == (status, (), None)
    parsed = read(reply, "HeadBucket")
    assert parsed["Error"]["Code"] == str(status)
    headers = dict(reply.headers)
    ids = OUR_IDS if row.on_header else THEIRS
    assert (headers["x-amz-request-id"], headers["x-amz-id-2"]) == (ids.request_id, ids.host_id)
    assert "content-type" not in headers


@pytest.mark.parametrize("code", ["PermanentRedirect", "TemporaryRedirect", "Redirect"])
def test_a_redirection_tells_boto3_a_region(code):
    """It would ask for it by HEAD of the bucket, be redirected again, and so on without an end."""
    for method in ("head_object", "get_object", "delete_object"):
        response = refused(fault_11(f"Client.{code}", "Elsewhere."), method).response
        assert response["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"


def refused(fault: bytes, method: str) -> ClientError:
    """What a call of boto3 raises, when the store behind the gateway answers it with a fault."""
    soap = Soap(
        contract=our_contract(),
        host="store",
        key_of=lambda key: (key, SECRETS[key]),
        now=lambda: datetime.now(UTC),
        new_id=lambda: "0" * 32,
    )
    reply = RestReply(500, "Internal Server Error", (("content-type", "text/xml; charset=utf-8"),), fault)
    with Served(soap.ask, lambda _: reply).client() as client, pytest.raises(ClientError) as raised:
        getattr(client, method)(Bucket="bucket", Key="key")
    return raised.value


@ROWS
def test_boto3_raises_the_error_of_a_store_that_speaks_soap(row):
    """All the way: boto3, REST's serving side, SOAP's asking side. Wire rule 6 for errors about a signature."""
    shown = Error("InternalError", 500, "Internal Server Error", "Server") if row.on_signature else row
    status = shown.status or 400
    error = refused(FORMS["ours"](row), "delete_object")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
    if status == 304:
        return
    told = error.response["Error"]
    assert told["Code"] == (shown.rest_code or shown.code)
    assert row.on_signature or told["Message"] == message_of(row.code, row.message)
    assert not told.keys() & SECRET_DETAILS


@ROWS
def test_boto3_raises_the_status_of_a_head(row):
    status = 500 if row.on_signature else row.status or 400
    error = refused(FORMS["ours"](row), "head_object")
    assert error.response["Error"]["Code"] == str(status)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("code", "party", "status"),
    [
        ("Client.Novelty", "Novelty", 400),
        ("soapenv:Client.KMS.Novelty", "KMS.Novelty", 400),
        ("s:Server.Novelty", "Novelty", 500),
        ("env:Receiver.Novelty", "Novelty", 500),
        ("Novelty", "Novelty", 400),
        ("soapenv:Client", "InvalidRequest", 400),
        ("env:Sender", "InvalidRequest", 400),
        ("soapenv:Server", "InternalError", 500),
        ("Receiver", "InternalError", 500),
        ("", "InternalError", 500),
        ("soapenv:Client.not a word", "InvalidRequest", 400),
    ],
)
def test_a_code_without_a_row_has_the_status_of_its_class(code, party, status):
    """Wire rules 2 and 11."""
    parsed = read(replied(fault_11(code, "Why.")), OPERATION)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (party, "Why.")
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (502, b"<html><body>Bad Gateway</body></html>", "ServiceUnavailable"),
        (503, b"", "ServiceUnavailable"),
        (504, b"{}", "ServiceUnavailable"),
        (500, b"", "InternalError"),
        (500, b"<html>", "InternalError"),
        (404, b"<html><body>Not Found</body></html>", "InternalError"),
        (200, b"", "InternalError"),
        (200, fault_11("Client.NoSuchKey", "m")[:-20], "InternalError"),
        (500, b"<Error><Code>NoSuchKey</Code></Error>", "InternalError"),
    ],
)
def test_what_is_no_envelope_is_told_by_its_status(status, body, code):
    """Wire rule 7."""
    with pytest.raises(Problem) as told:
        judge_reply(status, body)
    parsed = read(build_error(told.value, OUR_IDS), OPERATION)
    assert parsed["Error"]["Code"] == code
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == (503 if code == "ServiceUnavailable" else 500)


# -- transcripts, backwards -------------------------------------------------------------------

EXCHANGES = error_exchanges()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: f"{exchange.name}.{exchange.source}")
def test_boto3_reads_in_our_error_what_it_reads_in_the_stores(exchange: ErrorExchange) -> None:
    """The fault of a transcript goes back: code, message and all further fields come again.

    Where the store told a status and no code (an empty 403, a page of HTML), ours has the words that S3
    documents; where it told no Resource, ours tells the one that was asked for.
    """
    told = exchange.problem()
    raw = read_reply(exchange.rest_bytes)
    theirs = read(HttpReply(raw.status, raw.reason, raw.headers, (raw.body,)), OPERATION)["Error"]
    reply = build_error(
        told_of(exchange.fault_path.read_bytes()), OUR_IDS, resource=told.resource or RESOURCE
    )
    ours = read(reply, OPERATION)["Error"]
    if b"<Code>" not in raw.body:
        documented = row_for(exchange.code)
        theirs = {"Code": documented.code, "Message": documented.message}
        assert raw.status == reply.status == documented.status
    assert ours == {"Resource": RESOURCE, **theirs}
