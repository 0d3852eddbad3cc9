"""A store's reply as an Answer: each kind of place, what a store leaves out, and any bytes at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.messages import Body, Call, Problem, RestReply
from gateway.rest.answers import REPLY, parse_answer
from gateway.tables.operations import OPERATIONS
from tests.joined import our_contract

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DATED = (("date", "Mon, 23 Nov 2026 12:00:00 GMT"),)
BUCKET = {"Bucket": "b"}
OBJECT = {"Bucket": "b", "Key": "k"}
WANTED = {**OBJECT, "GetMetadata": True, "GetData": True}
ERROR = b"<Error><Code>SlowDown</Code><Message>Slower.</Message></Error>"


def read(operation: str, values: dict[str, object], reply: RestReply) -> dict[str, object]:
    answer = parse_answer(reply, OPERATIONS[operation], Call(operation, values), our_contract())
    assert answer.operation == operation
    return dict(answer.values)


def ok(
    body: bytes | Body = b"", *headers: tuple[str, str], status: int = 200, reason: str = "OK"
) -> RestReply:
    return RestReply(status, reason, (*DATED, *headers), body)


def refusal(operation: str, values: dict[str, object], reply: RestReply) -> Problem:
    with pytest.raises(Problem) as refused:
        read(operation, values, reply)
    return refused.value


def test_every_kind_of_every_row_has_a_function():
    assert {field.place.kind for row in OPERATIONS.values() for field in row.answer} == REPLY.keys()


# -- heads ------------------------------------------------------------------------------------


def test_an_object():
    body = Body(object(), 5)
    reply = ok(
        body, ("etag", '"t"'), ("last-modified", "Sun, 22 Nov 2026 12:00:00 GMT"), ("content-length", "5")
    )
    assert read("GetObject", WANTED, reply) == {
        "Status": {"Code": 200, "Description": "OK"},
        "Metadata": [{"Name": "Content-Length", "Value": "5"}],
        "Data": body,
        "LastModified": NOON.replace(day=22),
        "ETag": '"t"',
    }


def test_what_was_not_asked_for_is_not_answered():
    reply = ok(b"", ("etag", '"t"'), ("x-amz-meta-a", "b"))
    assert read("GetObject", OBJECT, reply).keys() == {"Status", "LastModified", "ETag"}


def test_a_part_of_an_object():
    body = Body(object(), 2)
    assert read("GetObjectExtended", WANTED, ok(body, status=206, reason=""))["Status"] == {
        "Code": 206,
        "Description": "Partial Content",
    }


def test_a_part_says_which_in_its_metadata():
    """Wire rule 31: SOAP has no other place for it."""
    part = ("content-range", "bytes 0-1/5")
    told = read("GetObjectExtended", WANTED, ok(Body(object(), 2), part, status=206))["Metadata"]
    assert told == [{"Name": "Content-Range", "Value": "bytes 0-1/5"}]
    assert read("GetObjectExtended", WANTED, ok(Body(object(), 2), status=206))["Metadata"] == []
    assert read("GetObjectExtended", WANTED, ok(Body(object(), 2), part))["Metadata"] == []


def test_the_words_are_those_of_http():
    """Some stores write them in capitals, and clients are known that compare them."""
    assert read("GetObject", WANTED, ok(Body(object()), reason="FINE"))["Status"] == {
        "Code": 200,
        "Description": "OK",
    }
    assert read("GetObject", WANTED, ok(Body(object()), status=299, reason="Odd"))["Status"] == {
        "Code": 299,
        "Description": "Odd",
    }


def test_an_object_that_was_not_modified():
    """Wire rule 30: an answer, with no data, in HTTP's words whatever the store's are."""
    answer = read("GetObjectExtended", WANTED, ok(b"", ("etag", "t"), status=304, reason="NOT MODIFIED"))
    assert answer["Status"] == {"Code": 304, "Description": "Not Modified"}
    assert "Data" not in answer


def test_an_object_that_is_an_error_document_is_an_object():
    body = Body(ERROR, len(ERROR))
    assert read("GetObject", WANTED, ok(body))["Data"] is body


@pytest.mark.parametrize(("sent", "read_"), [('"t"', '"t"'), ("t", '"t"'), ('W/"t"', 'W/"t"'), (None, "")])
def test_an_etag_is_quoted(sent, read_):
    headers = [("etag", sent)] if sent is not None else []
    assert read("PutObject", OBJECT, ok(b"", *headers))["ETag"] == read_


def test_a_put_has_the_moment_of_the_reply():
    """Wire rule 28: REST does not say when an object was last modified that was written now."""
    assert read("PutObjectInline", OBJECT, ok(b"", ("etag", '"t"'))) == {"ETag": '"t"', "LastModified": NOON}


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 23 Nov 2026 12:00:00 GMT", "Mon, 23 Nov 2026 13:00:00 +0100", "Mon, 23 Nov 2026 12:00:00 -0000",
        "Monday, 23-Nov-26 12:00:00 GMT", "Mon Nov 23 12:00:00 2026",
    ],
)  # fmt: skip
def test_dates_in_every_form_of_http(text):
    assert read("PutObject", OBJECT, ok(b"", ("last-modified", text)))["LastModified"] == NOON


@pytest.mark.parametrize(
    "text",
    ["yesterday", "Mon, 23 Nov 2026 25:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200", "0", "-", "\xff"],
)
def test_a_date_that_is_none(text):
    assert refusal("PutObject", OBJECT, ok(b"", ("last-modified", text))).code == "InternalError"


def test_a_reply_without_any_date():
    assert refusal("PutObject", OBJECT, RestReply(200, "OK", ())).code == "InternalError"


@pytest.mark.parametrize("operation", ["DeleteObject", "DeleteBucket"])
@pytest.mark.parametrize("status", [200, 204])
def test_what_is_deleted_is_no_content(operation, status):
    assert read(operation, OBJECT, ok(status=status)) == {"Code": 204, "Description": "No Content"}


def test_a_new_bucket_has_the_name_that_was_asked_for():
    assert read("CreateBucket", BUCKET, ok(b"", ("location", "http://b.store/"))) == {"BucketName": "b"}


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name.startswith("Set")])
def test_a_write_answers_nothing(operation):
    assert read(operation, BUCKET, ok()) == {}


# -- documents --------------------------------------------------------------------------------

LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>{fields}</ListBucketResult>"""


def listed(fields: str, **values: object) -> dict[str, object]:
    return read("ListBucket", {**BUCKET, **values}, ok(LISTING.format(fields=fields).encode()))


def test_a_listing():
    assert listed(
        "<Prefix/><Marker/><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated><Contents><Key>a</Key>"
        "<LastModified>2026-11-23T12:00:00.000Z</LastModified><ETag>t</ETag><Size>5</Size>"
        "<StorageClass>SNOW</StorageClass></Contents><Unknown>1</Unknown>"
    ) == {
        "Name": "b",
        "Prefix": "",
        "Marker": "",
        "MaxKeys": 2,
        "IsTruncated": True,
        "Contents": [{"Key": "a", "LastModified": NOON, "ETag": '"t"', "Size": 5, "StorageClass": "SNOW"}],
    }


def test_an_encoded_listing_is_decoded():
    """Keys in encoded form, as `encoding-type=url` has it: also what XML could not carry."""
    answer = listed(
        "<EncodingType>url</EncodingType><NextMarker>a%2Bb+c</NextMarker>"
        "<Contents><Key>a%00%0D+%2B%25</Key><ETag>a+b</ETag></Contents>"
        "<CommonPrefixes><Prefix>%C3%A9%2F</Prefix></CommonPrefixes>"
    )
    assert answer["NextMarker"] == "a+b c"
    assert answer["Contents"] == [{"Key": "a\x00\r +%", "ETag": '"a+b"'}]
    assert answer["CommonPrefixes"] == [{"Prefix": "é/"}]


@pytest.mark.parametrize(
    ("entries", "marker", "read_"),
    [
        ("<Contents><Key>a+b</Key></Contents><Contents><Key>a%2Bb</Key></Contents>", "a+b", "a+b"),
        ("<CommonPrefixes><Prefix>a%2541/</Prefix></CommonPrefixes>", "a%41/", "a%41/"),
        ("<Contents><Key>a%2Bb</Key></Contents>", "a%2Bb", "a+b"),
        ("<Contents><Key>a%2Bb</Key></Contents>", "c%2Bd", "c+d"),
    ],
)
def test_a_mark_that_a_store_forgets_to_encode_is_not_decoded(entries, marker, read_):
    """So SeaweedFS: `a+b` is the last key of the page, and `a b` another one."""
    answer = listed(f"<EncodingType>url</EncodingType><NextMarker>{marker}</NextMarker>{entries}")
    assert answer["NextMarker"] == read_


@pytest.mark.parametrize("fields", ["", "<EncodingType/>", "<EncodingType>none</EncodingType>"])
def test_a_listing_that_is_not_encoded_is_not_decoded(fields):
    assert listed(f"{fields}<Contents><Key>a+%41</Key></Contents>")["Contents"] == [{"Key": "a+%41"}]


def test_what_was_asked_is_said_again():
    """Stores disagree on the encoding of these, and the client knows what it asked."""
    answer = listed(
        "<Prefix>a%20b</Prefix><Marker>x</Marker><Delimiter>%2F</Delimiter>", Prefix="a b", Marker=""
    )
    assert (answer["Prefix"], answer["Marker"], answer["Delimiter"]) == ("a b", "", "%2F")


def test_a_policy():
    document = b"""<AccessControlPolicy><Owner><ID>a</ID></Owner><AccessControlList><Grant>
        <Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>u</URI></Grantee>
        <Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"""
    assert read("GetBucketAccessControlPolicy", BUCKET, ok(document)) == {
        "Owner": {"ID": "a"},
        "AccessControlList": {
            "Grant": [{"Grantee": {"xsi:type": "Group", "URI": "u"}, "Permission": "READ"}]
        },
    }


def test_another_document_is_another_operation():
    """A store that has no such subresource answers as if it had not been asked for."""
    problem = refusal("GetBucketLoggingStatus", BUCKET, ok(LISTING.format(fields="").encode()))
    assert problem.code == "NotImplemented"


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_no_document(body):
    assert refusal("GetBucketAccessControlPolicy", BUCKET, ok(body)).code == "NotImplemented"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"<ListBucketResult><Name>b</Name>",
        b"<!DOCTYPE html><html></html>",
        b"<ListBucketResult><MaxKeys>many</MaxKeys></ListBucketResult>",
        b"<ListBucketResult><Name>a</Name><Name>b</Name></ListBucketResult>",
        b"<ListBucketResult><Contents><Key>a\x01</Key></Contents></ListBucketResult>",
    ],
)
def test_a_document_that_cannot_be_read(body):
    """Wire rule 7: after a first byte, what is no answer is InternalError."""
    assert refusal("ListBucket", BUCKET, ok(body)).code == "InternalError"


# -- errors under a good status ---------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        ERROR,
        b'<?xml version="1.0"?>' + ERROR,
        b"\n \r\n" * 1000 + b'<?xml version="1.0"?>\n' + ERROR,
        '<?xml version="1.0" encoding="UTF-16"?><Error><Code>SlowDown</Code></Error>'.encode("utf-16"),
    ],
)
@pytest.mark.parametrize(
    "operation", ["CopyObject", "PutObject", "SetBucketAccessControlPolicy", "DeleteObject"]
)
def test_an_error_under_200(operation, body):
    """Wire rule 1: a slow copy has sent its 200, and blanks, before it fails."""
    problem = refusal(operation, OBJECT, ok(body))
    assert (problem.code, problem.status) == ("SlowDown", 200)


def test_an_error_under_200_without_a_code():
    assert refusal("CopyObject", OBJECT, ok(b"<Error/>")).code == "InternalError"


# -- any bytes --------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "Error", "Code", "ListBucketResult", "AccessControlPolicy", "CopyObjectResult", "BucketLoggingStatus",
        "ListAllMyBucketsResult", "Contents", "Key", "Size", "Owner", "ID", "Grant", "Grantee", "URI",
        "AccessControlList", "LoggingEnabled", "EncodingType", "MaxKeys", "LastModified",
    ]
)  # fmt: skip
TREES = st.recursive(
    st.text("ab%<&\x01é1", max_size=6),
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=3)).map(
        lambda tree: f"<{tree[0]}>{''.join(tree[1])}</{tree[0]}>"
    ),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["date", "last-modified", "etag", "content-length", "x-amz-meta-a", "content-type"]),
        st.text(st.characters(max_codepoint=0xFF), max_size=30)
        | st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    ),
    max_size=4,
).map(tuple)


@given(st.sampled_from(sorted(OPERATIONS)), st.binary(max_size=200) | TREES.map(str.encode), HEADERS)
@example("ListBucket", b"<ListBucketResult><EncodingType>url</EncodingType></ListBucketResult>", ())
@example("GetBucketLoggingStatus", b"<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>", ())
def test_any_reply_is_an_answer_or_a_problem(operation, body, headers):
    streams = operation in {"GetObject", "GetObjectExtended"}
    reply = RestReply(200, "OK", headers, Body(body) if streams else body)
    with suppress(Problem):
        read(operation, WANTED, reply)
