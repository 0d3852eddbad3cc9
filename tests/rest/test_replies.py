"""Answers as S3's replies: each kind of place, lengths that are kept, and both twins held together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.messages import Answer, Body, Call, HttpReply, Problem, RestReply
from gateway.rest.answers import REPLY, parse_answer
from gateway.rest.listings import last_listed
from gateway.rest.metadata import HEADERS
from gateway.rest.replies import DEFAULT_TYPE, REPLIED, build_reply, overrides
from gateway.tables.operations import CONTENT_RANGE, OPERATIONS
from gateway.wire.http1 import build_reply_head
from gateway.wire.markup import Base64
from gateway.wire.values import KIND
from tests.joined import _read as written
from tests.joined import our_contract
from tests.rest.served import MOMENT, OBJECT, entry
from tests.strategies import answers_of

SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
GET = {"Bucket": "b", "Key": "k", "GetMetadata": True, "GetData": True, "InlineData": False}
LIST = {"Bucket": "b", "MaxKeys": 1000}


def reply_of(operation: str, values: Any, query: Any = (), **asked: Any) -> HttpReply:
    call = Call(operation, asked or {"Bucket": "b", "Key": "k"})
    return build_reply(Answer(operation, values), OPERATIONS[operation], call, our_contract(), query)


def gotten(
    query: Any = (), *, data: Any = b"hello", status: int = 200, head: bool = False, **metadata: str
) -> HttpReply:
    """The reply to a GET of an object; a keyword is an entry of its metadata."""
    entries = [entry(name.replace("_", "-"), value) for name, value in metadata.items()]
    values = {**OBJECT, "Status": {"Code": status, "Description": ""}, "Metadata": entries, "Data": data}
    return reply_of("GetObjectExtended", values, query, **{**GET, "GetData": not head})


def test_what_is_read_can_be_written():
    """Both twins know the same kinds of places."""
    assert REPLIED.keys() == REPLY.keys()


# -- objects ----------------------------------------------------------------------------------


def test_an_object():
    reply = gotten(Content_Type="text/plain", Content_Length="5", a="1", Cache_Control="no-store")
    assert (reply.status, reply.reason, reply.pieces, reply.length) == (200, "OK", (b"hello",), None)
    assert reply.headers == (
        ("accept-ranges", "bytes"),
        ("content-type", "text/plain"),
        ("x-amz-meta-a", "1"),
        ("cache-control", "no-store"),
        ("last-modified", "Mon, 23 Nov 2026 12:00:00 GMT"),
        ("etag", '"5d41402abc4b2a76b9719d911017c592"'),
    )


def test_an_object_without_a_type():
    assert dict(gotten().headers)["content-type"] == DEFAULT_TYPE


@pytest.mark.parametrize("code", [200, 204, 0, 999, None])
def test_what_else_contentment_is_called(code):
    values = {**OBJECT, "Status": {"Code": code}}
    assert reply_of("GetObject", values, **GET).status == 200
    assert (
        reply_of("GetObject", {name: OBJECT[name] for name in OBJECT if name != "Status"}, **GET).status
        == 200
    )


def test_an_answer_to_head():
    reply = gotten(head=True, Content_Length="5")
    assert (reply.status, reply.pieces, reply.length) == (200, (), 5)


def test_nothing_was_modified():
    reply = gotten(status=304, data=None, Content_Type="text/plain", a="1", Expires="soon")
    assert (reply.status, reply.reason, reply.pieces, reply.length) == (304, "Not Modified", (), None)
    assert [name for name, _ in reply.headers] == ["expires", "last-modified", "etag"]


def test_nothing_was_modified_for_head_either():
    assert gotten(status=304, data=None, head=True, Content_Length="5").length is None


def test_an_object_that_has_no_bytes():
    assert gotten(data=None, Content_Length="0").pieces == ()


def test_an_empty_answer():
    """Whatever a store leaves out, nothing is made up."""
    reply = reply_of("GetObject", {}, **GET)
    assert reply.headers == (("accept-ranges", "bytes"), ("content-type", DEFAULT_TYPE))


@pytest.mark.parametrize("etag", ["", "a\r\nb: c", '"é"', '"a'])
def test_an_etag_that_is_none(etag):
    assert "etag" not in dict(reply_of("GetObject", {**OBJECT, "ETag": etag}, **GET).headers)


def test_an_etag_without_quotes():
    assert dict(reply_of("PutObject", {"ETag": "abc", "LastModified": MOMENT}).headers)["etag"] == '"abc"'


# -- metadata ---------------------------------------------------------------------------------


def test_names_that_http_cannot_carry_are_counted():
    reply = gotten(**{"a b": "1", "é": "2", "": "3", "good": "4"})
    headers = dict(reply.headers)
    assert headers["x-amz-missing-meta"] == "3"
    assert headers["x-amz-meta-good"] == "4"


def test_names_in_any_case_with_or_without_their_prefix():
    reply = gotten(**{"CONTENT-TYPE": "a/b", "X-Amz-Meta-Color": "red", "Color": "blue", "Content-MD5": "x"})
    assert [(name, value) for name, value in reply.headers if name.startswith(("x-amz", "content-"))] == [
        ("content-type", "a/b"),
        ("x-amz-meta-color", "red,blue"),
    ]


def test_values_that_http_cannot_carry_are_encoded():
    assert dict(gotten(a="é\r\nb: c").headers)["x-amz-meta-a"].startswith("=?utf-8?b?")


def test_a_field_of_http_stands_once():
    values = {**OBJECT, "Metadata": [entry("Content-Type", "a/b"), entry("content-type", "c/d")]}
    headers = reply_of("GetObject", values, **GET).headers
    assert [value for name, value in headers if name == "content-type"] == ["a/b"]


def test_a_range_among_the_metadata_of_a_whole_object_is_the_users():
    headers = dict(gotten(**{CONTENT_RANGE: "bytes 0-4/5"}).headers)
    assert headers["x-amz-meta-content-range"] == "bytes 0-4/5"
    assert "content-range" not in headers


# -- parts and lengths ------------------------------------------------------------------------


def test_a_part_of_an_object():
    reply = gotten(
        status=206, data=b"el", Content_Length="5", Content_Range="bytes 1-2/5", content_range="mine"
    )
    headers = dict(reply.headers)
    assert (reply.status, reply.pieces) == (206, (b"el",))
    assert headers["content-range"] == "bytes 1-2/5"
    assert headers["x-amz-meta-content-range"] == "mine"


def test_the_head_of_a_part():
    assert (
        gotten(status=206, data=None, head=True, Content_Length="5", Content_Range="bytes 1-2/*").length == 2
    )


@pytest.mark.parametrize("part", ["", "bytes 2-1/5", "bytes */5", "1-2/5", "bytes 1-2"])
def test_a_part_that_nobody_can_place(part):
    with pytest.raises(Problem, match="InternalError"):
        gotten(status=206, Content_Range=part)


@pytest.mark.parametrize("data", [b"hell", b"hello!", Body(object(), 4), Body(object(), 6)])
def test_bytes_that_are_not_as_many_as_told(data):
    with pytest.raises(Problem, match="InternalError"):
        gotten(data=data, Content_Length="5")


def test_bytes_whose_number_nobody_tells():
    body = Body(object())
    assert gotten(data=body).pieces == (body,)
    assert gotten(data=body, Content_Length="many").pieces == (body,)


def test_a_length_that_is_told_is_kept():
    (piece,) = gotten(data=Body(b"hello"), Content_Length="5").pieces
    assert isinstance(piece, Body)
    assert piece.written == 5
    assert written(piece) == b"hello"
    (piece,) = gotten(data=Body(b"hell"), Content_Length="5").pieces
    with pytest.raises(Problem, match="IncompleteBody"):
        written(piece)


def test_a_length_that_is_told_of_coded_bytes_is_held_against_what_comes_out():
    (piece,) = gotten(data=Body(b"abc").coded(Base64), Content_Length="4").pieces
    assert isinstance(piece, Body)
    assert piece.written is None
    assert written(piece) == b"YWJj"


# -- fields that a client sets ----------------------------------------------------------------


def test_fields_that_a_client_sets():
    query = [("response-content-type", "a/b"), ("response-expires", " soon "), ("prefix", "x")]
    headers = gotten(query, Content_Type="text/plain", Expires="never").headers
    assert [(name, value) for name, value in headers if name in {"content-type", "expires"}] == [
        ("content-type", "a/b"),
        ("expires", "soon"),
    ]


def test_fields_of_a_reply_that_has_no_object_are_not_set():
    headers = gotten([("response-content-type", "a/b")], status=304, data=None).headers
    assert "content-type" not in dict(headers)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("日本", "Header value cannot be represented using ISO-8859-1."),
        ("a\r\nset-cookie: b", "A header value has no control characters."),
        ("a\x00", "A header value has no control characters."),
        ("a\x85", "A header value has no control characters."),
    ],
)
def test_a_value_that_http_cannot_carry(value, message):
    with pytest.raises(Problem) as refused:
        overrides([("response-content-disposition", value)])
    assert (refused.value.code, refused.value.message) == ("InvalidArgument", message)
    assert refused.value.details[0] == ("ArgumentName", "response-content-disposition")


def test_a_value_of_latin1():
    assert overrides([("response-content-disposition", "é\t")]) == (("content-disposition", "é"),)


# -- writes -----------------------------------------------------------------------------------


def test_an_object_that_was_written():
    """S3 tells no Last-Modified here: it is the Date (wire rule 28)."""
    reply = reply_of("PutObject", {"ETag": '"a"', "LastModified": MOMENT})
    assert reply == HttpReply(200, "OK", (("etag", '"a"'), ("date", "Mon, 23 Nov 2026 12:00:00 GMT")))


def test_something_that_was_deleted():
    for operation in ("DeleteObject", "DeleteBucket"):
        reply = reply_of(operation, {"Code": 200, "Description": "OK"})
        assert reply == HttpReply(204, "No Content", ())


def test_a_bucket_that_was_made():
    assert reply_of("CreateBucket", {"BucketName": "b"}, Bucket="b").headers == (("location", "/b"),)
    assert reply_of("CreateBucket", {}, Bucket="büro").headers == (("location", "/b%C3%BCro"),)


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name.startswith("Set")])
def test_something_that_was_set(operation):
    assert reply_of(operation, {}) == HttpReply(200, "OK", ())


# -- documents --------------------------------------------------------------------------------

PUBLIC = {"Grantee": {KIND: "Group", "URI": "u"}, "Permission": "READ"}
ONE = {"Key": "a b&c", "LastModified": MOMENT, "ETag": '"a"', "Size": 1, "StorageClass": "STANDARD"}


def document(reply: HttpReply) -> etree._Element:
    assert dict(reply.headers) == {"content-type": "application/xml"}
    text = b"".join(piece for piece in reply.pieces if isinstance(piece, bytes))
    assert text.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<')
    return etree.fromstring(text)


def told(root: etree._Element) -> list[tuple[str, str | None]]:
    return [(each.tag.removeprefix(SPACE), each.text) for each in root]


def test_a_list_of_grants():
    owner = {"ID": "o", "DisplayName": "n"}
    root = document(
        reply_of("GetObjectAccessControlPolicy", {"Owner": owner, "AccessControlList": {"Grant": [PUBLIC]}})
    )
    assert root.tag == f"{SPACE}AccessControlPolicy"
    grantee = root.find(f".//{SPACE}Grantee")
    assert grantee is not None
    assert grantee.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "Group"


def test_a_grant_to_nobody_cannot_be_told():
    values = {"Owner": {"ID": "o"}, "AccessControlList": {"Grant": [{"Permission": "READ"}]}}
    with pytest.raises(Problem, match="InternalError"):
        reply_of("GetBucketAccessControlPolicy", values)


def test_a_copy():
    """Its tag is told in the head, too, as that of a PUT is."""
    reply = reply_of("CopyObject", {"LastModified": MOMENT, "ETag": "a"})
    tag, *others = reply.headers
    assert tag == ("etag", '"a"')
    root = document(replace(reply, headers=tuple(others)))
    assert told(root) == [("LastModified", "2026-11-23T12:00:00.000Z"), ("ETag", "a")]


def test_no_logging():
    root = document(reply_of("GetBucketLoggingStatus", {}))
    assert (root.tag, len(root)) == (f"{SPACE}BucketLoggingStatus", 0)


def test_a_listing():
    values = {
        "Name": "b",
        "MaxKeys": 9,
        "IsTruncated": False,
        "Contents": [ONE],
        "Metadata": [entry("a", "b")],
    }
    root = document(reply_of("ListBucket", values, **LIST))
    assert told(root)[:-1] == [
        ("Name", "b"),
        ("Prefix", None),
        ("Marker", None),
        ("MaxKeys", "1000"),
        ("IsTruncated", "false"),
    ]
    assert root.findtext(f"{SPACE}Contents/{SPACE}Key") == "a b&c"


def test_a_listing_says_again_what_was_asked_as_it_was_asked():
    asked = {"Bucket": "b", "Prefix": "a ", "Marker": "é", "Delimiter": "/", "MaxKeys": 1}
    values = {
        "Prefix": "other",
        "IsTruncated": True,
        "NextMarker": "a /",
        "CommonPrefixes": [{"Prefix": "a /"}],
    }
    plain = document(reply_of("ListBucket", values, **asked))
    assert told(plain)[:7] == [
        ("Name", "b"),
        ("Prefix", "a "),
        ("Marker", "é"),
        ("NextMarker", "a /"),
        ("MaxKeys", "1"),
        ("Delimiter", "/"),
        ("IsTruncated", "true"),
    ]
    encoded = document(reply_of("ListBucket", values, [("encoding-type", "url")], **asked))
    assert dict(told(encoded)) | {"IsTruncated": ""} == dict(told(plain)) | {
        "Prefix": "a+",
        "Marker": "%C3%A9",
        "NextMarker": "a+/",
        "EncodingType": "url",
        "IsTruncated": "",
    }


# -- both twins -------------------------------------------------------------------------------


def asked_for(answer: Answer) -> Call:
    """A call that could be answered so."""
    values: dict[str, Any] = {"Bucket": answer.values.get("BucketName", "b"), "Key": "k"}
    if answer.operation.startswith("GetObject"):
        values |= GET
    if answer.operation == "ListBucket":
        values |= {
            name: answer.values[name]
            for name in ("Prefix", "Marker", "Delimiter", "MaxKeys")
            if name in answer.values
        }
    return Call(answer.operation, values)


def possible(answer: Answer) -> Answer:
    """The answer with the metadata that its status and its bytes demand.

    Of a year before 100 readers of HTTP's dates guess the century.
    """
    values = dict(answer.values)
    if "LastModified" in values and values["LastModified"].year < 100:
        values["LastModified"] = values["LastModified"].replace(year=2000)
    if "Status" in values and "Data" not in values:
        values["Data"] = values.get("Data") or b""
    if "Status" in values and values["Status"]["Code"] == 206:
        values["Data"] = values["Data"] or b"x"
        part = entry(CONTENT_RANGE, f"bytes 0-{len(values['Data']) - 1}/*")
        values["Metadata"] = [part, *values.get("Metadata", [])]
    return Answer(answer.operation, values)


def carried(answer: Answer, call: Call) -> Mapping[str, Any]:
    """What of an answer REST can carry. Everything that is done to it here is a loss, by name."""
    values = dict(answer.values)
    if set(values) == {"Code", "Description"}:
        return {"Code": 204, "Description": "No Content"}  # the one word for done
    if "Status" in values:
        code = values["Status"]["Code"]
        extended = answer.operation == "GetObjectExtended"
        code = code if code == 206 or (code == 304 and extended) else 200  # the one word for well
        description = {200: "OK", 206: "Partial Content", 304: "Not Modified"}[code]
        values["Status"] = {"Code": code, "Description": description}
        values["Metadata"] = _metadata(values.get("Metadata", []), code, len(values["Data"]))
        if code == 304:
            values.pop("Data")
    if "ETag" in values and answer.operation != "CopyObject" and not _is_tag(values["ETag"]):
        values["ETag"] = ""  # what is no tag
    if "LastModified" in values and answer.operation != "CopyObject":
        values["LastModified"] = values["LastModified"].replace(microsecond=0)  # seconds
    values.pop("Metadata", None) if answer.operation == "ListBucket" else None  # of a listing
    if answer.operation == "ListBucket" and not values.get("Name"):
        values["Name"] = call.values["Bucket"]
    if values.get("IsTruncated") and values.get("Delimiter"):
        values["NextMarker"] = last_listed(values)  # a gain: S3 always tells where a page with one ends
    return {name: value for name, value in values.items() if value != "" or name != "NextMarker"}


def _is_tag(text: str) -> bool:
    bare = text.removeprefix("W/")
    inside = bare[1:-1]
    whole = len(bare) > 1 and bare[0] == bare[-1] == '"'
    return whole and all("!" <= each <= "~" and each != '"' for each in inside)


def _metadata(entries: list[Mapping[str, str]], code: int, size: int) -> dict[str, str]:
    """By name; names in lower case but for HTTP's own, and only such as HTTP can carry."""
    own = {name.lower(): name for name in HEADERS}
    found: dict[str, str] = {} if code == 304 else {"Content-Type": DEFAULT_TYPE, "Content-Length": str(size)}
    for one in entries:
        name = one["Name"].strip().lower().removeprefix("x-amz-meta-")
        if name in {"content-length", "content-md5"} or not _is_token(name):
            continue
        if one["Name"] == CONTENT_RANGE and code == 206:
            found[CONTENT_RANGE] = one["Value"]
        elif code != 304 or name in {"cache-control", "expires"}:
            _add(found, own.get(name, name), one["Value"])
    return found


def _add(found: dict[str, str], name: str, value: str) -> None:
    """One more entry: those of one name are one, and a field of HTTP's own is the first of them."""
    if name not in HEADERS:
        found[name] = f"{found[name]},{value}" if name in found else value
    elif found.get(name, DEFAULT_TYPE) == DEFAULT_TYPE:
        found[name] = value


def _is_token(name: str) -> bool:
    return bool(name) and all(
        each.isascii() and (each.isalnum() or each in "!#$%&'*+.^_`|~-") for each in name
    )


def replied(reply: HttpReply) -> RestReply:
    """The reply as a client reads it, with the fields that the shell adds; its head can be written."""
    content = b"".join(written(piece) for piece in reply.pieces)
    assert build_reply_head(reply, length=None, chunked=False, close=True, date="", version=(1, 1))
    more = () if reply.status == 304 else (("content-length", str(len(content))),)
    return RestReply(reply.status, reply.reason, (*reply.headers, *more), content)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(answers_of(our_contract()), st.booleans())
def test_an_answer_written_as_a_reply_is_read_again(answer, encoded):
    answer = possible(answer)
    call = asked_for(answer)
    query = [("encoding-type", "url")] if encoded else []
    row = OPERATIONS[answer.operation]
    try:
        reply = build_reply(answer, row, call, our_contract(), query)
    except Problem as problem:
        reason = str(problem)
    else:
        found = dict(parse_answer(replied(reply), row, call, our_contract()).values)
        if "Metadata" in found:
            found["Metadata"] = {one["Name"]: one["Value"] for one in found["Metadata"]}
        assert found == carried(answer, call)
        return
    assert reason.startswith("InternalError")


def test_a_moment_before_all_others():
    moment = datetime(1, 1, 1, tzinfo=UTC)
    assert ("last-modified", "Mon, 01 Jan 0001 00:00:00 GMT") in reply_of(
        "GetObject", {**OBJECT, "LastModified": moment}, **GET
    ).headers


def test_a_reply_is_a_value():
    assert replace(gotten(), status=201).status == 201
