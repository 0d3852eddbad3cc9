"""A store's contract against ours: what may differ, and what is refused at the start."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.tables.contract import ContractError, Element, Message, Type
from gateway.tables.dialect import judge_dialect
from tests.joined import our_contract

CONTRACT = our_contract()


def base(name: str) -> Type:
    return Type(name, name)


def of(name: str, kind: Type, high: int | None = 1) -> Element:
    return Element(name, kind, 0, high, nillable=False)


def holding(*elements: Element) -> Type:
    return Type("T", "", elements)


def judge(operation: str, *response: Element) -> None:
    message = Message(CONTRACT.operations[operation].request, holding(*response))
    judge_dialect(replace(CONTRACT, operations={operation: message}), CONTRACT)


def test_our_own_contract_is_one():
    judge_dialect(CONTRACT, CONTRACT)


@pytest.mark.parametrize(
    ("operation", "response"),
    [
        ("DeleteObject", of("Other", holding(of("Code", base("long")), of("More", base("dateTime"))))),
        ("DeleteObject", of("DeleteObjectResponse", holding())),
        (
            "ListBucket",
            of("ListBucketResponse", holding(of("Contents", holding(of("Size", base("int"))), None))),
        ),
    ],
)
def test_names_order_number_and_size_may_differ(operation, response):
    judge(operation, response)


@pytest.mark.parametrize(
    ("operation", "response", "why"),
    [
        ("DeleteObject", (), "The answer of DeleteObject does not hold"),
        ("SetBucketAccessControlPolicy", (of("A", base("int")),), "The answer of SetBucketAccess"),
        ("DeleteObject", (of("Result", base("string")),), "Result is a text and not a type with elements"),
        ("DeleteObject", (of("R", holding(of("Code", base("string")))),), "Code is a text and not a number"),
        (
            "GetObject",
            (of("R", holding(of("LastModified", base("string")))),),
            "LastModified is a text and not a dateTime",
        ),
        (
            "ListBucket",
            (of("R", holding(of("Contents", holding()))),),
            "In the answer of ListBucket Contents stands once",
        ),
        ("GetObject", (of("R", holding(of("ETag", base("string"), None))),), "ETag stands several times"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(operation, response, why):
    with pytest.raises(ContractError, match=why):
        judge(operation, *response)


def test_the_kinds_of_a_type_are_looked_at_too():
    group = Type("Group", "", (of("URI", base("int")),))
    grantee = Type("Grantee", "", (), {"Group": group, "Robot": holding()})
    listed = holding(of("AccessControlList", holding(of("Grant", holding(of("Grantee", grantee)), 100))))
    with pytest.raises(ContractError, match="URI is a number and not a text"):
        judge("GetBucketAccessControlPolicy", of("R", listed))
