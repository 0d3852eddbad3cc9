"""Stores with a WSDL of their own: what they are sent, how their answers are read, what they cannot be asked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway.messages import Answer, Body, Call, Credentials, HttpRequest, Problem, RestReply
from gateway.tables.contract import Contract
from gateway.tables.dialect import judge_dialect
from gateway.tables.wsdl import compile_contract
from gateway.wire.markup import parse
from gateway.wire.values import KIND
from tests.joined import our_contract
from tests.soap.asking import MemoryStore, led, read, store_language
from tests.soap.messages import KEY, NOW
from tests.soap.messages import soap as clients

HERE = Path(__file__).parent / "dialects"
FILES = {"walrus": ("walrus.wsdl",), "reordered": ("reordered.wsdl", "reordered.xsd"), "five": ("five.wsdl",)}
ALICE = Credentials("ALICE")
OBJECT = {"Bucket": "b", "Key": "k"}
WANTED = {**OBJECT, "GetMetadata": True, "GetData": True, "InlineData": False}
PUT = {**OBJECT, "Data": b"hello", "ContentLength": 5}
GRANTS = {
    "Grant": [{"Grantee": {KIND: "CanonicalUser", "ID": "i", "DisplayName": "d"}, "Permission": "READ"}]
}
EMAIL = {"Grant": [{"Grantee": {KIND: "AmazonCustomerByEmail", "EmailAddress": "e"}, "Permission": "READ"}]}
HELLO = '"5d41402abc4b2a76b9719d911017c592"'
GOTTEN = {
    "Status": {"Code": 200, "Description": "OK"},
    "Metadata": [{"Name": "a", "Value": "b"}],
    "Data": b"hello",
    "LastModified": NOW,
    "ETag": HELLO,
}
ANSWERS: dict[str, dict[str, Any]] = {
    "ListAllMyBuckets": {"Owner": {"ID": "i"}, "Buckets": {"Bucket": [{"Name": "b", "CreationDate": NOW}]}},
    "CreateBucket": {"BucketName": "b"},
    "DeleteBucket": {"Code": 204, "Description": "No Content"},
    "ListBucket": {
        "Name": "b",
        "Prefix": "",
        "Marker": "",
        "MaxKeys": 1,
        "IsTruncated": True,
        "Contents": [{"Key": "k", "LastModified": NOW, "ETag": HELLO, "Size": 5, "StorageClass": "STANDARD"}],
    },
    "GetBucketAccessControlPolicy": {"Owner": {"ID": "i"}, "AccessControlList": GRANTS},
    "PutObject": {"ETag": HELLO, "LastModified": NOW},
    "PutObjectInline": {"ETag": HELLO, "LastModified": NOW},
    "GetObject": GOTTEN,
    "GetObjectExtended": GOTTEN,
    "DeleteObject": {"Code": 204, "Description": "No Content"},
}
CALLS = {
    "ListAllMyBuckets": {},
    "CreateBucket": {"Bucket": "b"},
    "DeleteBucket": {"Bucket": "b"},
    "ListBucket": {"Bucket": "b", "Prefix": "p", "MaxKeys": 1},
    "GetBucketAccessControlPolicy": {"Bucket": "b"},
    "PutObject": PUT,
    "GetObject": WANTED,
    "GetObjectExtended": WANTED,
    "DeleteObject": OBJECT,
}


@cache
def contract(name: str) -> Contract:
    documents = {file: (HERE / file).read_bytes() for file in FILES[name]}
    trees = {file: parse(text) for file, text in documents.items()}
    return compile_contract(documents, trees, FILES[name][0])


def plain_faults(reply: RestReply) -> RestReply:
    """The same reply with fault codes as Walrus and CloudStack wrote them."""
    if not isinstance(reply.body, bytes):
        return reply
    return RestReply(
        reply.status, "", reply.headers, reply.body.replace(b"<faultcode>soapenv:", b"<faultcode>")
    )


def ask(name: str, call: Call, outcome: Any = None) -> tuple[Answer, MemoryStore]:
    theirs = contract(name)
    store = MemoryStore(
        lambda asked: outcome or Answer(asked.operation, ANSWERS[asked.operation]), clients(contract=theirs)
    )

    def reply(request: HttpRequest) -> RestReply:
        return plain_faults(store.reply(request))

    return led(store_language(contract=theirs), call, reply), store


@pytest.mark.parametrize("name", FILES)
def test_its_answers_can_be_read_as_ours_are(name):
    judge_dialect(contract(name), our_contract())


@pytest.mark.parametrize(
    ("name", "operations", "namespace", "location"),
    [
        ("walrus", 8, "http://s3.amazonaws.com/doc/2009-02-01/", "http://walrus:8773/services/Walrus"),
        ("reordered", 5, "urn:example:objects", "https://objects.example.com/soap/v1"),
        ("five", 5, "http://s3.amazonaws.com/doc/2006-03-01/", "http://localhost/soap"),
    ],
)
def test_what_it_says_of_itself(name, operations, namespace, location):
    found = contract(name)
    assert (len(found.operations), found.namespace, found.location) == (operations, namespace, location)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("operation", CALLS)
def test_each_operation_it_has_is_asked_and_answered(name, operation):
    call = Call(operation, CALLS[operation], ALICE)
    asked_as = {"PutObject": "PutObjectInline", "GetObjectExtended": "GetObject"}
    theirs = contract(name).operations
    spoken = operation if operation in theirs else asked_as.get(operation, "")
    if spoken not in theirs:
        with pytest.raises(Problem, match=f"NotImplemented: The store has no {operation}"):
            ask(name, call)
        return
    answer, store = ask(name, call)
    assert (answer.operation, read(answer)) == (operation, ANSWERS[operation])
    (asked,) = store.calls
    assert (asked.operation, asked.values) == (spoken, call.values)
    assert asked.credentials is not None
    assert asked.credentials.access_key == KEY


def test_elements_stand_in_its_order_under_its_namespace_and_its_action():
    _, store = ask("reordered", Call("DeleteObject", OBJECT, ALICE))
    assert b'<DeleteObject xmlns="urn:example:objects"><AWSAccessKeyId>' in store.messages[0]
    assert b"</Signature><Key>k</Key><Bucket>b</Bucket></DeleteObject>" in store.messages[0]
    assert dict(store.asked[0].headers)["soapaction"] == '"urn:example:objects#DeleteObject"'


@pytest.mark.parametrize("data", [b"hello", Body(b"hello", 5)])
def test_an_object_goes_inside_where_nothing_can_be_attached(data):
    answer, store = ask("five", Call("PutObject", {**PUT, "Data": data}, ALICE))
    assert read(answer) == ANSWERS["PutObject"]
    assert store.calls[0].values == PUT


@pytest.mark.parametrize(
    ("name", "operation", "values", "field"),
    [
        ("five", "PutObject", {**PUT, "Metadata": [{"Name": "a", "Value": "b"}]}, "Metadata"),
        ("five", "ListBucket", {"Bucket": "b", "Delimiter": "/"}, "Delimiter"),
        ("five", "GetObjectExtended", {**WANTED, "IfMatch": ["a"]}, "IfMatch"),
        ("walrus", "PutObject", {**PUT, "StorageClass": "REDUCED_REDUNDANCY"}, "StorageClass"),
        ("walrus", "PutObject", {**PUT, "AccessControlList": EMAIL}, "Grantee"),
        ("reordered", "PutObject", {**PUT, "AccessControlList": {}}, "AccessControlList"),
        ("reordered", "GetObjectExtended", {**WANTED, "IfModifiedSince": NOW}, "IfModifiedSince"),
    ],
)
def test_what_it_cannot_say_is_not_implemented_by_its_name(name, operation, values, field):
    with pytest.raises(Problem) as caught:
        ask(name, Call(operation, values, ALICE))
    assert caught.value.code == "NotImplemented"
    assert caught.value.message.endswith(f"cannot say what {field} says.")


def test_what_it_cannot_say_and_does_anyway_is_left_out():
    _, store = ask("reordered", Call("PutObject", {**PUT, "StorageClass": "STANDARD"}, ALICE))
    assert store.calls[0].values == PUT


def test_a_grantee_that_is_not_abstract_is_one_of_its_kinds():
    _, store = ask("walrus", Call("PutObject", {**PUT, "AccessControlList": GRANTS}, ALICE))
    assert store.calls[0].values["AccessControlList"] == GRANTS


@pytest.mark.parametrize("name", FILES)
def test_its_faults_are_ours(name):
    with pytest.raises(Problem) as caught:
        ask(name, Call("DeleteObject", OBJECT, ALICE), Problem("NoSuchBucket", "Gone."))
    problem = caught.value
    assert (problem.code, problem.message, problem.details) == (
        "NoSuchBucket",
        "Gone.",
        (("BucketName", "b"),),
    )
