"""REST errors: whatever a store sends is read by its rule, and written as S3 writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.messages import Body, HttpReply, Ids, Problem, RestReply, length_of
from gateway.rest.errors import build_error, error_fields, parse_error
from gateway.tables.errors import ERRORS, known, message_of
from gateway.wire.http1 import build_reply_head, parse_reply_head
from tests.strategies import problems, texts

IDS = Ids("OUR-REQUEST", "our-host")
BARE = Ids("", "")
DATE = "Mon, 23 Nov 2026 12:00:00 GMT"


def reply(status: int, body: bytes = b"", *headers: tuple[str, str]) -> RestReply:
    return RestReply(status, "", (("date", DATE), *headers), body)


def document(*fields: tuple[str, str]) -> bytes:
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in fields)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inside}</Error>'.encode()


# -- read by the code -------------------------------------------------------------------------


def test_an_error_as_s3_writes_it():
    body = document(
        ("Code", "NoSuchKey"), ("Message", "It is not there."), ("Key", "a&amp;b"), ("Resource", "/b/a"),
        ("RequestId", "R"), ("HostId", "H"),
    )  # fmt: skip
    assert parse_error(reply(404, body), "object") == Problem(
        "NoSuchKey", "It is not there.", (("Key", "a&b"),), "R", "H", "/b/a", 404
    )


def test_the_code_decides_and_not_the_status():
    """Stores disagree on the status of a code (wire rule 1)."""
    assert parse_error(reply(403, document(("Code", "BucketAlreadyExists"))), "bucket") == Problem(
        "BucketAlreadyExists", status=403
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<Error xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Code>NoSuchKey</Code></Error>",
        b"<x:Error xmlns:x='urn:x'><x:Code>NoSuchKey</x:Code></x:Error>",
        b"\r\n  <Error><Message>m</Message><Code> NoSuchKey\n</Code></Error>",
        b"<!-- a comment --><Error><Code>NoSuch<!-- in two -->Key</Code></Error>",
        b"\xef\xbb\xbf<Error><Code>NoSuchKey</Code></Error>",
        b"<Error><Code>NoSuchKey</Code><Code>AccessDenied</Code></Error>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><Error><Code>NoSuchKey</Code><Key>é</Key></Error>".encode(
            "latin-1"
        ),
    ],
)
def test_forms_of_a_document(body):
    assert parse_error(reply(500, body), "bucket").code == "NoSuchKey"


def test_an_alias_becomes_the_documented_code():
    assert parse_error(reply(400, document(("Code", "KeyTooLong"))), "object").code == "KeyTooLongError"


@pytest.mark.parametrize("code", ["XMinioInvalidResourceName", "KMS.Other", "Brand-New_1"])
def test_an_unknown_code_passes_with_its_status(code):
    assert parse_error(reply(507, document(("Code", code))), "object") == Problem(code, status=507)


def test_fields_that_hold_elements_are_no_texts():
    body = b"<Error><Code>NoSuchKey</Code><Inner><a/></Inner><Key>k</Key></Error>"
    assert parse_error(reply(404, body), "object").details == (("Key", "k"),)


def test_the_ids_may_stand_in_the_head():
    headers = (("x-amz-request-id", "R"), ("x-amz-id-2", "H"))
    told = parse_error(reply(404, b"", *headers), "object")
    assert (told.request_id, told.host_id) == ("R", "H")
    body = document(("RequestId", "first"), ("HostId", ""))
    told = parse_error(reply(404, body, *headers), "object")
    assert (told.request_id, told.host_id) == ("first", "H")


def test_an_empty_message_lets_the_table_speak():
    """Ceph RGW sends none."""
    told = parse_error(reply(404, document(("Code", "NoSuchKey"), ("Message", ""))), "object")
    assert message_of(told.code, told.message) == "The specified key does not exist."


# -- read by the status -----------------------------------------------------------------------

NO_DOCUMENTS = {
    "nothing": b"",
    "blanks": b" \n",
    "a page of HTML": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "a page of XHTML": b"<html xmlns='http://www.w3.org/1999/xhtml'><Code>NoSuchKey</Code></html>",
    "JSON": b'{"Code": "NoSuchKey"}',
    "truncated XML": b"<Error><Code>NoSuchKey</Code><Mess",
    "malformed XML": b"<Error><Code>NoSuchKey</Message></Error>",
    "a document type": b"<!DOCTYPE e [<!ENTITY c 'NoSuchKey'>]><Error><Code>&c;</Code></Error>",
    "no code": b"<Error><Message>Something</Message></Error>",
    "an empty code": b"<Error><Code/></Error>",
    "a code that is none": b"<Error><Code>Not Found</Code></Error>",
    "a long code": b"<Error><Code>" + b"a" * 101 + b"</Code></Error>",
    "binary": bytes(range(256)),
    "an unknown charset": b"<?xml version='1.0' encoding='EBCDIC'?><Error><Code>NoSuchKey</Code></Error>",
    "a late element": b" {" * 1000 + b"<Error><Code>NoSuchKey</Code></Error>",
}


@pytest.mark.parametrize("body", NO_DOCUMENTS.values(), ids=NO_DOCUMENTS.keys())
def test_without_a_code_the_status_speaks(body):
    assert parse_error(reply(503, body), "object").code == "ServiceUnavailable"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "PermanentRedirect"), (304, "NotModified"), (307, "TemporaryRedirect"), (401, "AccessDenied"),
        (403, "AccessDenied"), (405, "MethodNotAllowed"), (408, "RequestTimeout"), (409, "OperationAborted"),
        (411, "MissingContentLength"), (412, "PreconditionFailed"), (413, "EntityTooLarge"),
        (416, "InvalidRange"), (429, "SlowDown"), (501, "NotImplemented"), (502, "ServiceUnavailable"),
        (503, "ServiceUnavailable"), (504, "ServiceUnavailable"),
        (400, "InvalidRequest"), (402, "InvalidRequest"), (418, "InvalidRequest"), (499, "InvalidRequest"),
        (500, "InternalError"), (505, "InternalError"), (599, "InternalError"), (200, "InternalError"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scope", ["service", "bucket", "object"])
def test_what_each_status_says(status, code, scope):
    assert parse_error(reply(status), scope).code == code


@pytest.mark.parametrize(
    ("scope", "code"), [("object", "NoSuchKey"), ("bucket", "NoSuchBucket"), ("service", "NoSuchBucket")]
)
def test_what_is_not_there_goes_by_scope(scope, code):
    assert parse_error(reply(404), scope).code == code


def test_a_body_that_is_not_here_is_not_read():
    assert parse_error(RestReply(404, "", (), Body(object())), "object").code == "NoSuchKey"


def test_the_root_of_an_error():
    assert error_fields(b"<Error/>") is not None
    assert error_fields(b"<error/>") is None


@given(st.integers(100, 599), st.binary(max_size=300), st.sampled_from(["service", "bucket", "object"]))
def test_any_bytes_are_a_problem_with_a_known_code(status, body, scope):
    assert known(parse_error(reply(status, body), scope).code)


# -- HTTP's own fields (wire rule 8) ----------------------------------------------------------

OWN = (
    ("allow", "GET"), ("content-range", "bytes */5"), ("location", "https://there/"), ("retry-after", "7"),
    ("x-amz-bucket-region", "eu-west-1"), ("etag", '"t"'), ("set-cookie", "a=b"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "names"),
    [
        (301, "PermanentRedirect", {"location", "x-amz-bucket-region"}),
        (307, "TemporaryRedirect", {"location", "x-amz-bucket-region"}),
        (304, "NotModified", {"etag"}),
        (405, "MethodNotAllowed", {"allow"}),
        (416, "InvalidRange", {"content-range"}),
        (503, "ServiceUnavailable", {"retry-after"}),
        (404, "NoSuchKey", set()),
    ],
)
def test_fields_of_the_status_travel(status, code, names):
    told = parse_error(reply(status, b"", *OWN), "object")
    assert told.code == code
    expected = {(name, value) for name, value in OWN if name in names}
    assert set(told.headers) == expected
    written = set(build_error(told, IDS).headers)
    assert expected <= written
    assert not {name for name, _ in written} & ({name for name, _ in OWN} - names)


def headers_of(problem: Problem) -> dict[str, str]:
    return dict(build_error(problem, IDS).headers)


def test_details_supply_what_no_field_said():
    size = Problem("InvalidRange", details=(("ActualObjectSize", "5"),))
    assert headers_of(size)["content-range"] == "bytes */5"
    there = Problem("TemporaryRedirect", details=(("Endpoint", "b.there"), ("Bucket", "b")), resource="/k%20")
    assert headers_of(there)["location"] == "https://b.there/k%20"
    assert headers_of(Problem("Redirect", details=(("Endpoint", "there"),)))["location"] == "https://there/"
    assert headers_of(Problem("SlowDown"))["retry-after"] == "1"


@pytest.mark.parametrize(
    "problem",
    [
        Problem("InvalidRange", details=(("ActualObjectSize", "5\r\nx-injected: yes"),)),
        Problem("InvalidRange"),
        Problem("TemporaryRedirect", details=(("Endpoint", "a\r\nx-injected: yes"),)),
        Problem("TemporaryRedirect", details=(("Endpoint", ""),)),
    ],
)
def test_details_that_are_no_field_are_none(problem):
    assert not {"content-range", "location", "x-injected"} & headers_of(problem).keys()


# -- written ----------------------------------------------------------------------------------


def text_of(written: HttpReply) -> str:
    return b"".join(piece for piece in written.pieces if isinstance(piece, bytes)).decode()


def test_an_error_is_written_as_s3_writes_it():
    written = build_error(Problem("NoSuchKey", details=(("Key", "a<b"),)), IDS, resource="/b/a%3Cb")
    assert (written.status, written.reason) == (404, "Not Found")
    assert written.headers == (
        ("x-amz-request-id", "OUR-REQUEST"),
        ("x-amz-id-2", "our-host"),
        ("content-type", "application/xml"),
    )
    assert text_of(written) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        "<Message>The specified key does not exist.</Message><Resource>/b/a%3Cb</Resource><Key>a&lt;b</Key>"
        "<RequestId>OUR-REQUEST</RequestId><HostId>our-host</HostId></Error>"
    )


def test_its_own_ids_and_resource_win():
    problem = Problem("NoSuchKey", request_id="R", host_id="H", resource="/own")
    text = text_of(build_error(problem, IDS, resource="/asked"))
    assert "<Resource>/own</Resource><RequestId>R</RequestId><HostId>H</HostId>" in text


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.code)
def test_each_row_has_its_status_and_reason(row):
    """Wire rule 2: a code that only SOAP has is 400 here."""
    written = build_error(Problem(row.code, row.message), IDS)
    if row.status is None:
        assert (written.status, written.reason) == (400, "Bad Request")
    else:
        assert (written.status, written.reason) == (row.status, row.reason)


@pytest.mark.parametrize("code", ["MustUnderstand", "VersionMismatch"])
def test_soaps_own_codes_are_invalid_request(code):
    written = build_error(Problem(code), IDS)
    assert written.status == 400
    assert "<Code>InvalidRequest</Code>" in text_of(written)


def test_an_unknown_code_keeps_its_status():
    written = build_error(Problem("Brand-New_1", status=507), IDS)
    assert (written.status, written.reason) == (507, "Insufficient Storage")


@pytest.mark.parametrize(
    ("problem", "method"), [(Problem("NoSuchKey"), "HEAD"), (Problem("NotModified"), "GET")]
)
def test_answers_without_a_body(problem, method):
    written = build_error(problem, IDS, method=method)
    assert written.pieces == ()
    assert "content-type" not in dict(written.headers)


@given(problems)
def test_any_problem_is_written_and_read_again(problem):
    """Wire rule 5, in REST alone."""
    written = build_error(problem, BARE)
    told = parse_error(
        RestReply(written.status, written.reason, written.headers, b"".join(written.pieces)), ""
    )
    if written.status == 304:
        return
    assert told.message == message_of(problem.code, problem.message)
    assert told.details == problem.details
    assert (told.request_id, told.host_id, told.resource) == (
        problem.request_id, problem.host_id, problem.resource,
    )  # fmt: skip
    if problem.code not in {"MustUnderstand", "VersionMismatch"}:
        assert told.code == problem.code


@given(problems, st.lists(st.tuples(st.sampled_from(["ActualObjectSize", "Endpoint"]), texts), max_size=3))
def test_any_problem_is_a_valid_reply(problem, details):
    told = Problem(
        problem.code, problem.message, tuple(details), resource=problem.resource, status=problem.status
    )
    written = build_error(told, IDS)
    head = build_reply_head(
        written,
        length=length_of(written.pieces),
        chunked=False,
        close=False,
        date=DATE,
        version=(1, 1),
    )
    read = parse_reply_head(head, "GET")
    assert read.status == written.status
    assert {name for name, _ in read.headers} - {"date", "content-length"} == {
        name for name, _ in written.headers
    }
    if written.pieces:
        assert etree.fromstring(written.pieces[0]).tag == "Error"
