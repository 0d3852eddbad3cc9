"""The rows of the operations against the contract: each covers the other, and no place is unknown."""

from __future__ import annotations

import pytest

from gateway.rest.answers import REPLY
from gateway.rest.ask import PLANS
from gateway.rest.places import REQUEST
from gateway.soap.calls import SECURITY
from gateway.tables.contract import Type
from gateway.tables.errors import known
from gateway.tables.operations import (
    BUCKET_SCOPE,
    OBJECT_SCOPE,
    OPERATIONS,
    SERVICE,
    SPELLINGS,
)
from tests.joined import our_contract

CONTRACT = our_contract()
ROWS = pytest.mark.parametrize("row", OPERATIONS.values(), ids=OPERATIONS)

NOT_IN_THE_MESSAGE = {
    ("SetBucketAccessControlPolicy", "Owner"),  # what was asked first supplies it
    ("SetObjectAccessControlPolicy", "Owner"),
    ("PutObject", "Data"),  # an attachment, which no contract describes
}
"""Fields that REST needs and the contract does not have, and where they come from."""

REST = """
ListAllMyBuckets              GET       service  200
CreateBucket                  PUT       bucket   200
DeleteBucket                  DELETE    bucket   204
ListBucket                    GET       bucket   200
GetBucketAccessControlPolicy  GET       bucket?acl  200
SetBucketAccessControlPolicy  PUT       bucket?acl  200
GetObjectAccessControlPolicy  GET       object?acl  200
SetObjectAccessControlPolicy  PUT       object?acl  200
GetBucketLoggingStatus        GET       bucket?logging  200
SetBucketLoggingStatus        PUT       bucket?logging  200
PutObject                     PUT       object   200
PutObjectInline               PUT       object   200
GetObject                     GET,HEAD  object   200
GetObjectExtended             GET,HEAD  object   200,304
DeleteObject                  DELETE    object   204
CopyObject                    PUT       object   200
"""
"""The sixteen, as REST has them: methods, scope and subresource, statuses of an answer."""


def all_types(kind: Type, seen: set[Type]) -> set[Type]:
    """All types that can stand inside one."""
    if kind not in seen:
        seen.add(kind)
        for inner in (*(element.type for element in kind.elements), *kind.kinds.values()):
            all_types(inner, seen)
    return seen


def answered(name: str) -> Type | None:
    """The type of what an operation answers, inside its wrapper."""
    elements = CONTRACT.operations[name].response.elements
    return elements[0].type if elements else None


def test_the_table_and_the_contract_name_the_same_operations():
    assert set(OPERATIONS) == set(CONTRACT.operations)
    assert len(OPERATIONS) == 16


def test_the_rows_as_rest_has_them():
    rows = {
        row.name: [
            ",".join(row.methods),
            f"{row.scope}?{row.subresource}".removesuffix("?"),
            ",".join(map(str, (row.status, *row.also))),
        ]
        for row in OPERATIONS.values()
    }
    assert rows == {name: rest for name, *rest in map(str.split, REST.strip().splitlines())}


@ROWS
def test_every_element_of_the_request_has_a_field(row):
    elements = {element.name for element in CONTRACT.operations[row.name].request.elements}
    assert elements - set(SECURITY) <= {name for field in row.fields for name in field.names}


@ROWS
def test_every_field_of_the_request_is_in_the_contract(row):
    request = CONTRACT.operations[row.name].request
    foreign = {
        (row.name, name) for field in row.fields for name in field.names if request.element(name) is None
    }
    assert foreign <= NOT_IN_THE_MESSAGE


def test_no_exception_is_listed_that_is_none():
    fields = {(row.name, name) for row in OPERATIONS.values() for field in row.fields for name in field.names}
    assert fields >= NOT_IN_THE_MESSAGE
    assert all(CONTRACT.operations[row].request.element(name) is None for row, name in NOT_IN_THE_MESSAGE)


@ROWS
def test_every_element_of_the_answer_has_a_field_and_every_field_an_element(row):
    kind = answered(row.name)
    elements = {element.name for element in kind.elements} if kind is not None else set()
    named = {name for field in row.answer for name in field.names}
    for field in row.answer:
        if field.names == ("*",):
            assert CONTRACT.types[field.place.form] is kind
            named |= elements
    assert named - {"*"} == elements


@ROWS
def test_no_name_stands_twice_and_names_that_share_a_place_stand_together(row):
    names = [name for field in row.fields for name in field.names]
    assert len(names) == len(set(names))
    assert all(field.names or field.place.kind in {"asked", "location_constraint"} for field in row.fields)


@ROWS
def test_every_kind_of_place_is_one_that_rest_knows(row):
    assert {field.place.kind for field in row.fields} <= set(REQUEST)
    assert {field.place.kind for field in row.answer} <= set(REPLY)


def test_no_kind_of_place_is_there_that_no_row_names():
    rows = OPERATIONS.values()
    assert {field.place.kind for row in rows for field in row.fields} == set(REQUEST)
    assert {field.place.kind for row in rows for field in row.answer} == set(REPLY)


@ROWS
def test_every_form_and_document_is_known(row):
    for field in (*row.fields, *row.answer):
        place = field.place
        if place.kind == "document":
            assert place.form in CONTRACT.types
        elif place.kind != "asked":
            assert place.form in {"text", "integer", "date", "etag", "etags"}


@ROWS
def test_what_an_answer_depends_on_is_a_field_of_the_call(row):
    request = CONTRACT.operations[row.name].request
    assert all(request.element(field.when).type.base == "boolean" for field in row.answer if field.when)


@ROWS
def test_every_refusal_is_a_code_of_the_table(row):
    assert all(known(field.refusal) for field in (*row.fields, *row.answer))


@ROWS
def test_scopes_and_what_they_name(row):
    kinds = [field.place.kind for field in row.fields]
    assert row.scope in {SERVICE, BUCKET_SCOPE, OBJECT_SCOPE}
    assert ("bucket" in kinds) == (row.scope != SERVICE)
    assert ("key" in kinds) == (row.scope == OBJECT_SCOPE)


@ROWS
def test_what_is_asked_first_reads_the_same_subresource_and_carries_no_bytes(row):
    """It is asked with the same bucket and key, and a call whose bytes flow could not wait for it."""
    if row.first:
        asked = OPERATIONS[row.first]
        assert asked.methods[0] == "GET"
        assert (asked.scope, asked.subresource) == (row.scope, row.subresource)
        assert row.subresource
        assert all(
            kind.base != "base64Binary" for kind in all_types(CONTRACT.operations[row.name].request, set())
        )
        assert all(field.place.kind != "payload" for field in row.fields)


def test_every_write_to_a_subresource_asks_first():
    """Wire rule 26."""
    writes = {row.name for row in OPERATIONS.values() if row.subresource and "PUT" in row.methods}
    assert writes == {row.name for row in OPERATIONS.values() if row.first}


def test_nobody_is_anonymous_where_the_documents_forbid_it():
    """Wire rule 14."""
    assert {row.name for row in OPERATIONS.values() if row.signed} == {
        "CreateBucket",
        "ListAllMyBuckets",
        "CopyObject",
    }


def test_one_operation_alone_takes_a_plan():
    assert set(PLANS) == {"GetObjectExtended"}


def test_spellings_lead_to_fields_of_the_contract():
    request = CONTRACT.operations["CopyObject"].request
    assert dict(SPELLINGS) == {"SourceObject": "SourceKey", "DestinationObject": "DestinationKey"}
    assert all(request.element(name) is None and request.element(SPELLINGS[name]) for name in SPELLINGS)
    assert not any(
        message.request.element(name) for message in CONTRACT.operations.values() for name in SPELLINGS
    )
