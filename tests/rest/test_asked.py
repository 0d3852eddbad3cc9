"""Places as they are read: what each kind finds on a request, and what it refuses there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from gateway.messages import Body, Problem, RestRequest
from gateway.rest.asked import ASKED, MAX_ENTRIES, Asked, names_read, read_values
from gateway.rest.grants import GRANT_NAMES, Whose
from gateway.rest.places import REQUEST
from gateway.tables.operations import OPERATIONS
from gateway.wire.values import KIND
from tests.joined import our_contract

NOON = "Mon, 23 Nov 2026 12:00:00 GMT"
SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def got(
    operation: str, kind: str, *, method: str = "GET", query: Any = (), body: Any = b"", **fields: str
) -> Any:
    """The values of all fields with one kind of place; a field of the request is a keyword."""
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    request = RestRequest(method, "b", "k", tuple(query), headers, body)
    row = OPERATIONS[operation]
    asked = Asked(request, row, our_contract(), "eu-central-1")
    values: dict[str, Any] = {}
    for field in row.fields:
        if field.place.kind == kind:
            values |= ASKED[kind].get(asked, field)
    return values


def refusal(operation: str, kind: str, **said: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        got(operation, kind, **said)
    return refused.value


def test_what_is_written_can_be_read():
    """Both twins know the same kinds of places."""
    assert ASKED.keys() == REQUEST.keys()


def test_a_place_says_what_it_looks_at():
    rows = [field.place for row in OPERATIONS.values() for field in row.fields]
    assert {name for place in rows for name in names_read(place)} == {
        "?prefix", "?marker", "?max-keys", "?delimiter", "?encoding-type",
        "range", "if-match", "if-range", "if-none-match", "if-modified-since", "if-unmodified-since",
        "x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-modified-since", "x-amz-copy-source-if-unmodified-since",
        "x-amz-metadata-directive", "x-amz-storage-class", "x-amz-meta-*", *GRANT_NAMES,
        "content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires",
    }  # fmt: skip


def test_all_fields_of_a_row_are_read():
    request = RestRequest("HEAD", "b", "k", headers=(("range", "bytes=0-"),))
    assert read_values(Asked(request, OPERATIONS["GetObjectExtended"], our_contract(), "")) == {
        "Bucket": "b",
        "Key": "k",
        "GetMetadata": True,
        "GetData": False,
        "InlineData": False,
        "ByteRangeStart": 0,
    }


# -- address and query ------------------------------------------------------------------------


def test_bucket_and_key():
    assert got("GetObject", "bucket") == {"Bucket": "b"}
    assert got("CopyObject", "bucket") == {"DestinationBucket": "b"}
    assert got("CopyObject", "key") == {"DestinationKey": "k"}


def test_parameters():
    query = [("prefix", "a b"), ("marker", ""), ("other", "x")]
    assert got("ListBucket", "query", query=query) == {"Prefix": "a b"}


@pytest.mark.parametrize(
    ("query", "keys"),
    [([], 1000), ([("max-keys", "")], 1000), ([("max-keys", "0")], 0), ([("max-keys", "5000")], 1000)],
)
def test_a_page(query, keys):
    assert got("ListBucket", "page", query=query) == {"MaxKeys": keys}


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "9" * 20])
def test_a_page_that_is_none(text):
    problem = refusal("ListBucket", "page", query=[("max-keys", text)])
    assert problem.code == "InvalidArgument"
    assert problem.details == (("ArgumentName", "max-keys"), ("ArgumentValue", text))


def test_how_a_listing_is_wanted_is_no_field():
    assert got("ListBucket", "asked", query=[("encoding-type", "url")]) == {}
    assert refusal("ListBucket", "asked", query=[("encoding-type", "xml")]).code == "InvalidArgument"


def test_what_is_wanted_of_an_object():
    assert got("GetObject", "data_wanted") == {"GetData": True}
    assert got("GetObject", "data_wanted", method="HEAD") == {"GetData": False}
    assert got("GetObject", "fixed") == {"GetMetadata": True, "InlineData": False}


# -- headers ----------------------------------------------------------------------------------


def test_words_of_the_schema():
    assert got("PutObject", "header", x_amz_storage_class="REDUCED_REDUNDANCY") == {
        "StorageClass": "REDUCED_REDUNDANCY"
    }
    assert got("CopyObject", "header", x_amz_metadata_directive="REPLACE") == {"MetadataDirective": "REPLACE"}


def test_words_that_the_schema_does_not_have():
    """They would be written as UNKNOWN, which is something else than what was asked for."""
    problem = refusal("PutObject", "header", x_amz_storage_class="STANDARD_IA")
    assert (problem.code, problem.details) == ("InvalidStorageClass", (("StorageClass", "STANDARD_IA"),))
    problem = refusal("CopyObject", "header", x_amz_metadata_directive="copy")
    assert problem.code == "InvalidArgument"
    assert problem.details[0] == ("ArgumentName", "x-amz-metadata-directive")


def test_dates():
    values = got("GetObjectExtended", "header", if_modified_since=NOON, if_unmodified_since="soon")
    assert values == {"IfModifiedSince": datetime(2026, 11, 23, 12, tzinfo=UTC)}


def test_a_date_that_a_copy_depends_on_is_not_passed_over():
    assert got("CopyObject", "header", x_amz_copy_source_if_modified_since=NOON)
    problem = refusal("CopyObject", "header", x_amz_copy_source_if_modified_since="soon")
    assert problem.code == "InvalidArgument"


def test_tags():
    assert got("GetObjectExtended", "header", if_none_match='"a", b') == {"IfNoneMatch": ['"a"', '"b"']}
    assert got("GetObjectExtended", "match", if_match="*") == {"IfMatch": ["*"]}
    assert got("GetObjectExtended", "match") == {}
    assert refusal("GetObjectExtended", "match", if_match="a b").code == "InvalidArgument"


def test_a_range_under_a_condition():
    """If-Range is the flag of SOAP: the whole object where the condition fails (wire rule 31)."""
    values = got("GetObjectExtended", "match", if_range='"a"', range="bytes=0-1")
    assert values == {"IfMatch": ['"a"'], "ReturnCompleteObjectOnConditionFailure": True}


def test_a_condition_of_no_range_is_passed_over():
    assert got("GetObjectExtended", "match", if_range='"a"') == {}


@pytest.mark.parametrize(
    "others",
    [
        {"if_range": NOON},
        {"if_range": 'W/"a"'},
        {"if_range": '"a", "b"'},
        {"if_range": '"a"', "if_match": '"a"'},
        {"if_range": '"a"', "if_unmodified_since": NOON},
    ],
)
def test_a_condition_of_a_range_that_soap_cannot_say(others):
    problem = refusal("GetObjectExtended", "match", range="bytes=0-1", **others)
    assert (problem.code, problem.details) == ("NotImplemented", (("Header", "If-Range"),))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("bytes=0-4", {"ByteRangeStart": 0, "ByteRangeEnd": 4}),
        ("bytes=4-", {"ByteRangeStart": 4}),
        ("bytes=-4", {"ByteRangeEnd": 4}),
        ("bytes=0-1,3-4", {}),
    ],
)
def test_ranges(text, values):
    assert got("GetObjectExtended", "byte_range", range=text) == values


def test_no_range():
    assert got("GetObjectExtended", "byte_range") == {}


# -- metadata ---------------------------------------------------------------------------------


def entries(operation: str = "PutObject", **fields: str) -> dict[str, str]:
    found = got(operation, "metadata", **fields).get("Metadata", [])
    return {entry["Name"]: entry["Value"] for entry in found}


def test_metadata():
    assert entries(
        x_amz_meta_a="1",
        content_type="text/plain",
        expires="soon",
        x_amz_meta_b="=?utf-8?b?w6k=?=",
        accept="x",
    ) == {"a": "1", "Content-Type": "text/plain", "Expires": "soon", "b": "é"}
    assert got("PutObject", "metadata") == {}


def test_entries_that_stand_twice_are_one():
    headers = (("x-amz-meta-a", "1"), ("x-amz-meta-a", "2"))
    asked = Asked(RestRequest("PUT", headers=headers), OPERATIONS["PutObject"], our_contract(), "")
    field = next(field for field in asked.row.fields if field.place.kind == "metadata")
    assert ASKED["metadata"].get(asked, field) == {"Metadata": [{"Name": "a", "Value": "1,2"}]}


def test_the_coding_of_the_request_is_none_of_the_object():
    assert entries(content_encoding="aws-chunked") == {}
    assert entries(content_encoding="aws-chunked,gzip") == {"Content-Encoding": "gzip"}


def test_the_length_is_no_metadata_and_the_digest_is_only_of_bytes():
    assert entries(content_length="5", content_md5="abc") == {"Content-MD5": "abc"}
    assert entries("CopyObject", content_md5="abc") == {}


def test_metadata_that_cannot_be_kept():
    assert refusal("PutObject", "metadata", x_amz_meta_a="x" * 2048).code == "MetadataTooLarge"
    many = {f"x_amz_meta_{number}": "" for number in range(MAX_ENTRIES + 1)}
    assert refusal("PutObject", "metadata", **many).code == "MetadataTooLarge"
    assert refusal("PutObject", "metadata", x_amz_meta_a="=?utf-8?b?AAA=?=").code == "InvalidArgument"


# -- copies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("/a/b", "a", "b"),
        ("a/b", "a", "b"),
        ("a//b/", "a", "/b/"),
        ("%2Fa%2Fb%20c%3Fd", "a", "b c?d"),
        ("a/b+c", "a", "b+c"),
        ("a/\xc3\xa9", "a", "é"),
        ("a/%C3%A9", "a", "é"),
    ],
)
def test_the_source_of_a_copy(text, bucket, key):
    values = got("CopyObject", "copy_source", x_amz_copy_source=text)
    assert values == {"SourceBucket": bucket, "SourceKey": key}


@pytest.mark.parametrize("text", ["", "/", "a", "/a", "a/", "//b", "a/b?acl", "a/%zz", "a/%FF", "a/\xff"])
def test_a_source_that_is_none(text):
    problem = refusal("CopyObject", "copy_source", x_amz_copy_source=text)
    assert (problem.code, problem.details[0]) == ("InvalidArgument", ("ArgumentName", "x-amz-copy-source"))


def test_a_copy_without_a_source():
    assert refusal("CopyObject", "copy_source").code == "InvalidArgument"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a/b?versionId=1", "NotImplemented"),
        ("a/b?versionId", "NotImplemented"),
        ("a:b/c", "InvalidBucketName"),
        ("a/" + "x" * 1025, "KeyTooLongError"),
    ],
)
def test_a_source_that_is_refused(text, code):
    assert refusal("CopyObject", "copy_source", x_amz_copy_source=text).code == code


# -- grants and documents ---------------------------------------------------------------------


def test_grants():
    values = got("PutObject", "grants", x_amz_grant_read='id="a"')
    assert values["AccessControlList"]["Grant"][0]["Grantee"] == {KIND: "CanonicalUser", "ID": "a"}
    assert got("PutObject", "grants", x_amz_acl="private") == {}
    assert got("PutObject", "grants") == {}
    assert len(got("PutObject", "grants", x_amz_acl="bucket-owner-read")["AccessControlList"]["Grant"]) == 2
    assert got("CreateBucket", "grants", x_amz_acl="bucket-owner-read") == {}


GRANT = (
    f'<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>{ALL_USERS}</URI>'
    "</Grantee><Permission>READ</Permission></Grant>"
)
POLICY = f"<Owner><ID>o</ID></Owner><AccessControlList>{GRANT}</AccessControlList>"


def policy(inside: str = POLICY, root: str = "AccessControlPolicy") -> bytes:
    return f'<?xml version="1.0"?><{root} xmlns="{SPACE}">{inside}</{root}>'.encode()


def test_a_policy():
    """Its Owner is no field of SOAP's, and is judged before (`rest.owners`)."""
    values = got("SetBucketAccessControlPolicy", "document", body=policy())
    assert values == {
        "Owner": {"ID": "o"},
        "AccessControlList": {
            "Grant": [{"Grantee": {KIND: "Group", "URI": ALL_USERS}, "Permission": "READ"}]
        },
    }


def test_a_policy_without_a_namespace():
    plain = policy().replace(f' xmlns="{SPACE}"'.encode(), b"")
    assert etree.fromstring(plain).tag == "AccessControlPolicy"
    assert got("SetObjectAccessControlPolicy", "document", body=plain)


def test_a_policy_of_nobody():
    body = policy("<Owner><ID>o</ID></Owner><AccessControlList/>")
    assert got("SetObjectAccessControlPolicy", "document", body=body) == {
        "Owner": {"ID": "o"},
        "AccessControlList": {},
    }


@pytest.mark.parametrize(
    "body",
    [
        b"no XML",
        policy(root="AccessControlList"),
        policy(""),
        policy("<AccessControlList/>"),
        policy(POLICY.replace("READ", "NOTHING")),
        policy(POLICY.replace("Group", "Nobody").replace("URI", "Name")),
        policy(POLICY.replace(GRANT, GRANT * 101)),
        policy("<!DOCTYPE x>"),
    ],
)
def test_a_policy_that_is_none(body):
    assert refusal("SetBucketAccessControlPolicy", "document", body=body).code == "MalformedACLError"


def test_a_policy_by_headers():
    values = got("SetObjectAccessControlPolicy", "document", x_amz_acl="private")
    (only,) = values["AccessControlList"]["Grant"]
    assert only["Grantee"]["ID"] is Whose.OWNER
    assert got("SetObjectAccessControlPolicy", "document", x_amz_grant_read="id=a")


def test_a_policy_by_both_or_by_neither():
    assert refusal("SetBucketAccessControlPolicy", "document", body=policy(), x_amz_acl="private").code == (
        "UnexpectedContent"
    )
    problem = refusal("SetBucketAccessControlPolicy", "document")
    assert problem.code == "MissingSecurityHeader"
    assert problem.details == (("MissingHeaderName", "x-amz-acl"),)


def test_a_logging_status():
    inside = "<LoggingEnabled><TargetBucket>l</TargetBucket><TargetPrefix>p</TargetPrefix></LoggingEnabled>"
    values = got("SetBucketLoggingStatus", "document", body=policy(inside, "BucketLoggingStatus"))
    assert values == {"BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "l", "TargetPrefix": "p"}}}
    assert got("SetBucketLoggingStatus", "document", body=policy("", "BucketLoggingStatus")) == {
        "BucketLoggingStatus": {}
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MissingRequestBodyError"),
        (b" \n", "MissingRequestBodyError"),
        (b"<", "MalformedXML"),
        (policy(), "MalformedXML"),
        (policy("<LoggingEnabled/>", "BucketLoggingStatus"), "MalformedXML"),
    ],
)
def test_a_logging_status_that_is_none(body, code):
    assert refusal("SetBucketLoggingStatus", "document", body=body).code == code


# -- other bodies -----------------------------------------------------------------------------


def test_an_object():
    body = Body(object(), 3)
    assert got("PutObject", "payload", body=body) == {"Data": body}
    assert got("PutObject", "size", body=body) == {"ContentLength": 3}
    assert got("PutObject", "size", body=b"abcd") == {"ContentLength": 4}


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<LocationConstraint/>",
        "<LocationConstraint>eu-central-1</LocationConstraint>",
        "<LocationConstraint> eu-central-1\n</LocationConstraint>",
    ],
)
def test_a_bucket_that_is_wanted_here(inside):
    body = policy(inside, "CreateBucketConfiguration")
    assert got("CreateBucket", "location_constraint", body=body) == {}
    assert got("CreateBucket", "location_constraint") == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            policy("<LocationConstraint>mars</LocationConstraint>", "CreateBucketConfiguration"),
            "IllegalLocationConstraintException",
        ),
        (policy("<Bucket><Type>Directory</Type></Bucket>", "CreateBucketConfiguration"), "NotImplemented"),
        (policy(""), "MalformedXML"),
        (b"eu-central-1", "MalformedXML"),
        (b" ", "MissingRequestBodyError"),
    ],
)
def test_a_bucket_that_is_wanted_elsewhere(body, code):
    assert refusal("CreateBucket", "location_constraint", body=body).code == code
