"""DeleteObjects: its grammar, one call after another, and what is told of each."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Answer, Problem, RestRequest
from gateway.rest.deletion import ABOUT_ALL, MAX_DELETED, MAX_TOLD, Deletion, Doomed, parse_deletion
from gateway.tables.errors import ERRORS
from tests.rest.served import Served, by_model
from tests.rest.viewed import WHOSE, text_of, viewed

START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
)
MANY = "<Object><Key>k</Key></Object>" * MAX_DELETED


class Model:
    """A store that deletes, but for the keys it has a fault for; it keeps what it was asked."""

    def __init__(self, **faults: Problem) -> None:
        self.faults = faults
        self.asked: list[str] = []

    def __call__(self, call):
        assert (call.operation, call.values["Bucket"], call.credentials) == ("DeleteObject", "b", WHOSE)
        self.asked.append(call.values["Key"])
        if call.values["Key"] in self.faults:
            raise self.faults[call.values["Key"]]
        return Answer("DeleteObject", {"Code": 204, "Description": "No Content"})


def deleted(model, body, *headers):
    """What stands in the result of a document."""
    headers = headers or (("content-md5", "judged before"),)
    body = f"<Delete>{body}</Delete>".encode()
    request = RestRequest("POST", "b", query=(("delete", ""),), headers=headers, body=body)
    text = text_of(viewed(request, model)).decode()
    assert text.startswith(START)
    return text.removeprefix(START).removesuffix("</DeleteResult>")


def objects(*names):
    return "".join(f"<Object><Key>{name}</Key></Object>" for name in names)


# -- the document -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "deletion"),
    [
        ("<Object><Key>k</Key><VersionId/></Object>\n", Deletion((Doomed("k"),), quiet=False)),
        ("<Quiet>true</Quiet><Object><Key>k</Key></Object>", Deletion((Doomed("k"),), quiet=True)),
        ("<Object><Key> k&#13;&amp;</Key></Object>", Deletion((Doomed(" k\r&"),), quiet=False)),
        (
            "<Object>\n<VersionId>v</VersionId><Key>l</Key></Object><Quiet> 0 </Quiet>",
            Deletion((Doomed("l", "v", ("VersionId",)),), quiet=False),
        ),
        (
            "<Object><Key>k</Key><ETag>e</ETag><Size>1</Size><LastModifiedTime>t</LastModifiedTime></Object>",
            Deletion((Doomed("k", "", ("ETag", "Size", "LastModifiedTime")),), quiet=False),
        ),
        (MANY, Deletion((Doomed("k"),) * MAX_DELETED, quiet=False)),
    ],
)
@pytest.mark.parametrize("space", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_a_document_is_read(text, deletion, space):
    assert parse_deletion(f"<Delete{space}>{text}</Delete>".encode()) == deletion


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no XML",
        "<Delete>",
        "<Delete/>",
        "<Delete><Quiet>true</Quiet></Delete>",
        "<Other><Object><Key>k</Key></Object></Other>",
        "<Delete><Object/></Delete>",
        "<Delete><Object><Key>k</Key><Key>k</Key></Object></Delete>",
        "<Delete><Object><Key>k<b/></Key></Object></Delete>",
        "<Delete><Object><Key>k</Key><Tag>t</Tag></Object></Delete>",
        "<Delete><Object><Key>k</Key></Object><More/></Delete>",
        "<Delete><Object><Key>k</Key></Object><Quiet>true</Quiet><Quiet>true</Quiet></Delete>",
        "<Delete><Object><Key>k</Key></Object><Quiet>perhaps</Quiet></Delete>",
        "<!DOCTYPE d><Delete><Object><Key>k</Key></Object></Delete>",
        f"<Delete>{MANY}<Object><Key>k</Key></Object></Delete>",
    ],
)
def test_what_is_no_such_document_is_malformed(body):
    with pytest.raises(Problem) as refused:
        parse_deletion(body.encode())
    assert refused.value == Problem("MalformedXML")


@given(
    st.lists(
        st.sampled_from(
            [
                "<Delete>",
                "</Delete>",
                "<Object>",
                "</Object>",
                "<Key>",
                "</Key>",
                "k",
                "<Quiet>true</Quiet>",
                "\x00",
            ]
        ),
        max_size=12,
    ).map(lambda parts: "".join(parts).encode())
    | st.binary(max_size=60)
)
def test_any_body_is_a_deletion_or_malformed(body):
    with suppress(Problem):
        assert parse_deletion(body).objects


# -- the checksum -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["content-md5", "x-amz-checksum-crc32", "x-amz-checksum-xxhash64"])
def test_a_body_has_a_checksum(name):
    assert deleted(Model(), objects("k"), (name, "judged before")) == "<Deleted><Key>k</Key></Deleted>"


def test_a_checksum_may_come_behind_the_body():
    said = deleted(Model(), objects("k"), ("x-amz-trailer", "x-amz-checksum-crc32"))
    assert said == "<Deleted><Key>k</Key></Deleted>"


@pytest.mark.parametrize(
    "headers",
    [
        ("content-length", "9"),
        ("x-amz-date", "20261123T120000Z"),
        ("x-amz-content-sha256", "c" * 64),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
    ],
)
def test_nothing_is_deleted_without_a_checksum(headers):
    model = Model()
    with pytest.raises(Problem, match="Missing required header for this request: Content-MD5") as refused:
        deleted(model, objects("k"), headers)
    assert refused.value.code == "InvalidRequest"
    assert model.asked == []


# -- one call after another -------------------------------------------------------------------


def test_each_key_is_a_call_and_told_in_order():
    model = Model(b=Problem("AccessDenied"))
    assert deleted(model, objects("a", "b", "a", "c&amp;d")) == (
        "<Deleted><Key>a</Key></Deleted>"
        "<Error><Key>b</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        "<Deleted><Key>a</Key></Deleted><Deleted><Key>c&amp;d</Key></Deleted>"
    )
    assert model.asked == ["a", "b", "a", "c&d"]


def test_quiet_tells_of_errors_alone():
    model = Model(b=Problem("InternalError", "<Oh>"))
    assert deleted(model, f"<Quiet>true</Quiet>{objects('a', 'b', 'c')}") == (
        "<Error><Key>b</Key><Code>InternalError</Code><Message>&lt;Oh&gt;</Message></Error>"
    )


def test_a_code_that_rest_does_not_know_is_told_as_rest_has_it():
    said = deleted(Model(b=Problem("VersionMismatch")), objects("a", "b"))
    assert "<Error><Key>b</Key><Code>InvalidRequest</Code>" in said


def test_a_condition_is_not_passed_over():
    model = Model()
    body = (
        "<Object><Key>a</Key><VersionId>v&lt;</VersionId></Object><Object><Key>b</Key></Object>"
        "<Object><Key>c</Key><ETag>e</ETag><Size>0</Size></Object>"
    )
    assert deleted(model, body) == (
        "<Error><Key>a</Key><VersionId>v&lt;</VersionId><Code>NotImplemented</Code>"
        "<Message>DeleteObjects with VersionId is not implemented.</Message></Error>"
        "<Deleted><Key>b</Key></Deleted>"
        "<Error><Key>c</Key><Code>NotImplemented</Code>"
        "<Message>DeleteObjects with ETag, Size is not implemented.</Message></Error>"
    )
    assert model.asked == ["b"]


def test_a_key_that_is_none_is_not_asked_for():
    model = Model()
    said = deleted(model, objects("", "k" * 1025))
    assert said.startswith("<Error><Key></Key><Code>InvalidArgument</Code>")
    assert f"<Key>{'k' * 1025}</Key><Code>KeyTooLongError</Code>" in said
    assert model.asked == []


def test_of_a_text_that_is_far_from_a_key_only_the_beginning_is_told():
    said = deleted(Model(), objects("k" * 100_000))
    assert f"<Key>{'k' * MAX_TOLD}</Key><Code>KeyTooLongError</Code>" in said


@pytest.mark.parametrize("code", sorted(ABOUT_ALL))
def test_what_is_about_all_keys_fails_the_request_when_none_was_answered(code):
    model = Model(b=Problem(code))
    with pytest.raises(Problem, match=code):
        deleted(model, "<Object><Key>a</Key><VersionId>v</VersionId></Object>" + objects("b", "c"))
    assert model.asked == ["b"]


@pytest.mark.parametrize("code", sorted(ABOUT_ALL))
def test_what_is_about_all_keys_is_told_of_all_that_are_left(code):
    """Nobody waits for a store that is gone a thousand times."""
    model = Model(b=Problem(code, "Why."))
    error = f"<Code>{code}</Code><Message>Why.</Message></Error>"
    assert deleted(model, objects("a", "b", "c")) == (
        f"<Deleted><Key>a</Key></Deleted><Error><Key>b</Key>{error}<Error><Key>c</Key>{error}"
    )
    assert model.asked == ["a", "b"]


def test_codes_about_all_keys_are_in_the_table():
    assert {row.code for row in ERRORS} >= ABOUT_ALL


# -- boto3 ------------------------------------------------------------------------------------


def test_boto3_deletes():
    model = Model(é=Problem("AccessDenied", "No."))
    with Served(by_model(model)).client() as client:
        told = client.delete_objects(
            Bucket="b", Delete={"Objects": [{"Key": "a b"}, {"Key": "é"}, {"Key": "c", "VersionId": "7"}]}
        )
    assert told["Deleted"] == [{"Key": "a b"}]
    assert told["Errors"] == [
        {"Key": "é", "Code": "AccessDenied", "Message": "No."},
        {
            "Key": "c",
            "VersionId": "7",
            "Code": "NotImplemented",
            "Message": "DeleteObjects with VersionId is not implemented.",
        },
    ]
    assert model.asked == ["a b", "é"]


def test_boto3_reads_the_error_of_all():
    gateway = Served(by_model(Model(k=Problem("NoSuchBucket", details=(("Key", "k"), ("BucketName", "b"))))))
    with gateway.client() as client, pytest.raises(ClientError) as refused:
        client.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "k"}]})
    error = refused.value.response["Error"]
    assert (error["Code"], error["BucketName"]) == ("NoSuchBucket", "b")
    assert "Key" not in error


def test_the_digest_of_old_clients_is_enough():
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    digest = b64encode(hashlib.md5(body).digest()).decode()
    request = RestRequest("POST", "b", query=(("delete", ""),), headers=(("content-md5", digest),), body=body)
    assert b"<Deleted><Key>k</Key></Deleted>" in text_of(viewed(request, Model()))
