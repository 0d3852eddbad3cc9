"""Places of a request: what each kind puts on it, and what it refuses to put there."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from lxml import etree

from gateway.messages import Body, Problem
from gateway.rest.places import REQUEST, Draft
from gateway.tables.operations import OPERATIONS
from tests.joined import our_contract

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
NOON = datetime(2026, 11, 23, 12, 0, 0, 999_999, UTC)


def grant(kind: str, element: str, name: str, permission: str = "READ") -> dict[str, object]:
    return {"Grantee": {"xsi:type": kind, element: name}, "Permission": permission}


BY_ID = grant("CanonicalUser", "ID", "an-id", "FULL_CONTROL")
BY_EMAIL = grant("AmazonCustomerByEmail", "EmailAddress", "bob@example.com")
BY_GROUP = grant("Group", "URI", ALL_USERS)


def put(operation: str, kind: str, *, region: str = "us-east-1", grants: bool = True, **values) -> Draft:
    """A draft with all fields of one kind of place, of a call with these values."""
    draft = Draft(our_contract(), region, grants, OPERATIONS[operation].methods[0])
    for field in OPERATIONS[operation].fields:
        if field.place.kind == kind:
            REQUEST[kind](draft, field, [values.get(name) for name in field.names])
    return draft


def refusal(operation: str, kind: str, **values) -> Problem:
    with pytest.raises(Problem) as refused:
        put(operation, kind, **values)
    return refused.value


def test_every_kind_of_every_row_has_a_function():
    assert {field.place.kind for row in OPERATIONS.values() for field in row.fields} == REQUEST.keys()


# -- bucket, key, query -----------------------------------------------------------------------


def test_bucket_and_key_are_judged():
    assert put("GetObject", "bucket", Bucket="b").bucket == "b"
    assert put("GetObject", "key", Key="/k").key == "/k"
    assert refusal("GetObject", "bucket", Bucket="a/b").code == "InvalidBucketName"
    assert refusal("GetObject", "key", Key="").code == "InvalidArgument"


def test_a_query_is_sent_when_it_says_something():
    assert put("ListBucket", "query", Prefix="a b", Marker="").query == [("prefix", "a b")]


@pytest.mark.parametrize(
    ("wanted", "asked"), [(None, "1000"), (0, "0"), (5, "5"), (1000, "1000"), (1001, "1000"), (-1, "-1")]
)
def test_a_page_of_a_listing_has_at_most_1000_keys(wanted, asked):
    assert put("ListBucket", "page", MaxKeys=wanted).query == [("max-keys", asked)]


def test_listings_are_always_asked_encoded():
    """Wire rule 19: XML cannot carry every key."""
    assert put("ListBucket", "asked").query == [("encoding-type", "url")]


# -- headers ----------------------------------------------------------------------------------


def test_a_header_of_text():
    assert put("PutObject", "header", StorageClass="GLACIER").headers == [("x-amz-storage-class", "GLACIER")]


def test_a_header_without_a_value_is_not_sent():
    assert put("CopyObject", "header", CopySourceIfMatch=[], MetadataDirective="").headers == []


def test_dates_are_cut_to_seconds_and_in_gmt():
    east = NOON.astimezone(timezone(timedelta(hours=2)))
    draft = put("GetObjectExtended", "header", IfModifiedSince=NOON, IfUnmodifiedSince=east)
    assert draft.headers == [
        ("if-modified-since", "Mon, 23 Nov 2026 12:00:00 GMT"),
        ("if-unmodified-since", "Mon, 23 Nov 2026 12:00:00 GMT"),
    ]


def test_tags_are_listed_in_quotes():
    tags = ["bare", '"quoted"', 'W/"weak"', " blanks ", "*"]
    expected = '"bare", "quoted", W/"weak", "blanks", *'
    assert put("GetObjectExtended", "header", IfNoneMatch=tags).headers == [("if-none-match", expected)]
    assert put("GetObjectExtended", "match", IfMatch=tags).headers == [("if-match", expected)]


def test_no_tags_are_no_condition():
    assert put("GetObjectExtended", "match", ReturnCompleteObjectOnConditionFailure=True).headers == []
    assert put("GetObjectExtended", "match", IfMatch=[]).headers == []


@pytest.mark.parametrize("tag", ["", " ", 'a"b', '"a', "a b", "é", "日", '"a", "b"', 'W/"'])
def test_what_is_no_tag_is_refused(tag):
    problem = refusal("GetObjectExtended", "match", IfMatch=["good", tag])
    assert problem.code == "InvalidArgument"
    assert problem.details[0] == ("ArgumentName", "IfMatch")


@pytest.mark.parametrize("byte", range(0x21))
def test_no_tag_becomes_a_header_of_its_own(byte):
    tag = f"a{chr(byte)}x-injected: b"
    assert refusal("CopyObject", "header", CopySourceIfNoneMatch=[tag]).code == "InvalidArgument"


# -- metadata and payload ---------------------------------------------------------------------


def test_metadata_gives_fields_and_a_digest():
    entries = [{"Name": "Content-MD5", "Value": "abc="}, {"Name": "a", "Value": "b"}]
    draft = put("PutObjectInline", "metadata", Metadata=entries)
    assert (draft.headers, draft.digest) == ([("x-amz-meta-a", "b")], "abc=")


def test_no_metadata():
    draft = put("PutObjectInline", "metadata")
    assert (draft.headers, draft.digest) == ([], "")


def put_with_digest(digest: str, data: object) -> Draft:
    draft = put("PutObjectInline", "metadata", Metadata=[{"Name": "Content-MD5", "Value": digest}])
    field = next(field for field in OPERATIONS["PutObjectInline"].fields if field.place.kind == "payload")
    REQUEST["payload"](draft, field, [data])
    return draft


def test_the_digest_is_held_against_the_bytes():
    good = base64.b64encode(hashlib.md5(b"hello").digest()).decode()
    assert put_with_digest(good, b"hello").body == b"hello"
    with pytest.raises(Problem, match="BadDigest"):
        put_with_digest(good, b"hullo")
    with pytest.raises(Problem, match="InvalidDigest"):
        put_with_digest("none", b"hello")


def test_bytes_that_are_not_here_prove_themselves_on_their_way():
    body = put_with_digest("none", Body(object(), 3)).body
    with pytest.raises(Problem, match="InvalidDigest"):
        for coding in (make() for make in body.through):
            coding.feed(b"abc")
            coding.close()


def test_the_digest_of_a_copy_is_of_no_bytes_at_hand():
    """A client that copies with the whole metadata of the source sends the source's Content-MD5."""
    draft = put("CopyObject", "metadata", Metadata=[{"Name": "Content-MD5", "Value": "none"}])
    assert draft.headers == []


def test_an_object_needs_bytes():
    assert put("PutObjectInline", "payload", Data=b"").body == b""
    assert refusal("PutObject", "payload").code == "MissingAttachment"


def test_the_size_is_told_by_the_framing():
    assert put("PutObject", "size", ContentLength=5).headers == []


# -- what is wanted ---------------------------------------------------------------------------


def test_without_data_it_is_head():
    assert put("GetObject", "data_wanted", GetData=True).method == "GET"
    assert put("GetObject", "data_wanted", GetData=False).method == "HEAD"
    assert put("GetObject", "fixed", GetMetadata=True, InlineData=False).headers == []


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(0, 0, "bytes=0-0"), (3, 12, "bytes=3-12"), (3, None, "bytes=3-"), (None, 5, "bytes=-5")],
)
def test_ranges(start, end, text):
    """End alone is the last bytes, as S3's documents have it."""
    draft = put("GetObjectExtended", "byte_range", ByteRangeStart=start, ByteRangeEnd=end)
    assert draft.headers == [("range", text)]


def test_no_range():
    assert put("GetObjectExtended", "byte_range").headers == []


@pytest.mark.parametrize(("start", "end", "text"), [(None, 0, "bytes=-0"), (5, 4, "bytes=5-4")])
def test_a_range_of_nothing(start, end, text):
    """HTTP would have the store pass over it and send the whole object."""
    problem = refusal("GetObjectExtended", "byte_range", ByteRangeStart=start, ByteRangeEnd=end)
    assert (problem.code, problem.details) == ("InvalidRange", (("RangeRequested", text),))


@pytest.mark.parametrize(("start", "end"), [(-1, None), (None, -1), (-1, 5), (0, -5)])
def test_a_range_with_a_negative_end(start, end):
    problem = refusal("GetObjectExtended", "byte_range", ByteRangeStart=start, ByteRangeEnd=end)
    assert (problem.code, problem.details) == ("InvalidArgument", (("ArgumentName", "ByteRangeStart"),))


# -- grants -----------------------------------------------------------------------------------


def test_grants_are_headers_by_permission():
    control = {"Grant": [BY_ID, BY_EMAIL, BY_GROUP]}
    assert put("PutObject", "grants", AccessControlList=control).headers == [
        ("x-amz-grant-full-control", 'id="an-id"'),
        ("x-amz-grant-read", f'emailAddress="bob@example.com", uri="{ALL_USERS}"'),
    ]


@pytest.mark.parametrize(
    ("permission", "header"),
    [
        ("WRITE", "x-amz-grant-write"),
        ("READ_ACP", "x-amz-grant-read-acp"),
        ("WRITE_ACP", "x-amz-grant-write-acp"),
    ],
)
def test_the_other_permissions(permission, header):
    control = {"Grant": [grant("CanonicalUser", "ID", "a", permission)]}
    assert put("CreateBucket", "grants", AccessControlList=control).headers == [(header, 'id="a"')]


def test_no_grants_are_no_headers():
    assert put("CopyObject", "grants").headers == []
    assert put("CopyObject", "grants", AccessControlList={}).headers == []


def test_grants_for_a_store_without_acls_are_dropped():
    assert put("PutObject", "grants", grants=False, AccessControlList={"Grant": [BY_ID]}).headers == []


@pytest.mark.parametrize("name", ["", 'a"', "a\\", "a\r\nb", "é", "a\x00", "a\x7f"])
def test_a_grantee_that_a_header_cannot_say(name):
    control = {"Grant": [grant("Group", "URI", name)]}
    assert refusal("PutObject", "grants", AccessControlList=control).code == "MalformedACLError"


# -- documents --------------------------------------------------------------------------------


def document_of(draft: Draft) -> etree._Element:
    assert isinstance(draft.body, bytes)
    digest = base64.b64encode(hashlib.md5(draft.body).digest()).decode()
    assert draft.headers == [("content-type", "application/xml"), ("content-md5", digest)]
    return etree.fromstring(draft.body)


def test_a_policy_is_a_document():
    owner = {"ID": "an-id", "DisplayName": "<alice>"}
    control = {"Grant": [BY_ID, BY_GROUP]}
    root = document_of(
        put("SetBucketAccessControlPolicy", "document", Owner=owner, AccessControlList=control)
    )
    assert etree.tostring(root).decode() == (
        '<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        "<Owner><ID>an-id</ID><DisplayName>&lt;alice&gt;</DisplayName></Owner><AccessControlList>"
        '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
        "<ID>an-id</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>"
        '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">'
        f"<URI>{ALL_USERS}</URI></Grantee><Permission>READ</Permission></Grant>"
        "</AccessControlList></AccessControlPolicy>"
    )


def test_an_empty_list_of_grants_is_said_by_the_document():
    root = document_of(
        put("SetObjectAccessControlPolicy", "document", Owner={"ID": "a"}, AccessControlList={})
    )
    assert [etree.QName(child).localname for child in root] == ["Owner", "AccessControlList"]
    assert len(root[1]) == 0


def test_a_logging_status_is_a_document():
    enabled = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/"}}
    root = document_of(put("SetBucketLoggingStatus", "document", BucketLoggingStatus=enabled))
    assert [child.text for child in root[0]] == ["logs", "a/"]
    assert len(document_of(put("SetBucketLoggingStatus", "document", BucketLoggingStatus={}))) == 0


def test_the_region_of_a_new_bucket():
    """Wire rule 26: nothing for us-east-1, which S3 refuses as a constraint."""
    assert put("CreateBucket", "location_constraint").body == b""
    root = document_of(put("CreateBucket", "location_constraint", region="eu-west-1"))
    assert etree.QName(root).localname == "CreateBucketConfiguration"
    assert [(etree.QName(child).localname, child.text) for child in root] == [
        ("LocationConstraint", "eu-west-1")
    ]


# -- copies -----------------------------------------------------------------------------------


def test_the_source_of_a_copy_is_encoded():
    draft = put("CopyObject", "copy_source", SourceBucket="büro", SourceKey="/a b+c?versionId=1%2F\r\n")
    assert draft.headers == [
        ("x-amz-copy-source", "/b%C3%BCro//a%20b%2Bc%3FversionId%3D1%252F%0D%0A"),
    ]


def test_the_source_of_a_copy_is_judged():
    assert refusal("CopyObject", "copy_source", SourceBucket="a/b", SourceKey="k").code == "InvalidBucketName"
    assert refusal("CopyObject", "copy_source", SourceBucket="b", SourceKey="").code == "InvalidArgument"
