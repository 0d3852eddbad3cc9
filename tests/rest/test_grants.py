"""Grants in header fields: by name, canned, both, and who the owner is."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.grants import (
    CANNED_LISTS,
    GRANT_NAMES,
    MAX_GRANTS,
    Whose,
    parse_grants,
    wanted_owners,
    with_owners,
)

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
OWNER = (("CanonicalUser", Whose.OWNER), "FULL_CONTROL")


def granted(*headers: tuple[str, str], new_bucket: bool = False, with_owner: bool = False):
    grants = parse_grants(headers, new_bucket=new_bucket, with_owner=with_owner)
    return grants if grants is None else [flat(one) for one in grants]


def flat(grant):
    kind, name = grant["Grantee"].values()
    return (kind, name), grant["Permission"]


def refusal(*headers: tuple[str, str]) -> Problem:
    with pytest.raises(Problem) as refused:
        parse_grants(headers, new_bucket=False)
    return refused.value


def test_no_field_grants():
    assert granted(("x-amz-meta-acl", "private")) is None


def test_grants_by_name():
    fields = (
        ("x-amz-grant-read", f'id="a", emailAddress="b@example.com",uri="{ALL_USERS}"'),
        ("x-amz-grant-full-control", "ID=c"),
        ("x-amz-grant-read", 'id = "d,e" ,'),
        ("x-amz-grant-write-acp", ""),
    )
    assert granted(*fields) == [
        (("CanonicalUser", "a"), "READ"),
        (("AmazonCustomerByEmail", "b@example.com"), "READ"),
        (("Group", ALL_USERS), "READ"),
        (("CanonicalUser", "d,e"), "READ"),
        (("CanonicalUser", "c"), "FULL_CONTROL"),
    ]


@pytest.mark.parametrize("text", ["a", "name=a", 'id="a', 'id="a" id="b"', "id=", "=a", 'id="a",,', "id=é b"])
def test_a_grant_that_cannot_be_read(text):
    problem = refusal(("x-amz-grant-write", text))
    assert problem.code == "InvalidArgument"
    assert problem.details[0] == ("ArgumentName", "x-amz-grant-write")


def test_more_grants_than_a_list_may_have():
    text = ",".join(f"id={number}" for number in range(MAX_GRANTS + 1))
    assert refusal(("x-amz-grant-read", text)).code == "MalformedACLError"


def test_both_kinds_at_once():
    problem = refusal(("x-amz-acl", "private"), ("x-amz-grant-read", "id=a"))
    assert problem.code == "InvalidRequest"
    assert problem.message == "Specifying both Canned ACLs and Header Grants is not allowed"


@pytest.mark.parametrize("name", ["", "Private", "public", "private, private"])
def test_a_canned_list_that_there_is_not(name):
    problem = refusal(("x-amz-acl", name))
    assert (problem.code, problem.details[0]) == ("InvalidArgument", ("ArgumentName", "x-amz-acl"))


def test_a_canned_list_for_an_account_of_amazon():
    problem = refusal(("x-amz-acl", "aws-exec-read"))
    assert (problem.code, problem.details) == ("NotImplemented", (("Header", "x-amz-acl"),))


@pytest.mark.parametrize(
    ("name", "beside_the_owner"),
    [
        ("public-read", [(("Group", ALL_USERS), "READ")]),
        ("public-read-write", [(("Group", ALL_USERS), "READ"), (("Group", ALL_USERS), "WRITE")]),
        (
            "authenticated-read",
            [(("Group", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"), "READ")],
        ),
        ("bucket-owner-read", [(("CanonicalUser", Whose.BUCKET_OWNER), "READ")]),
        ("bucket-owner-full-control", [(("CanonicalUser", Whose.BUCKET_OWNER), "FULL_CONTROL")]),
        ("log-delivery-write", [(("Group", LOGS), "WRITE"), (("Group", LOGS), "READ_ACP")]),
    ],
)
def test_canned_lists(name, beside_the_owner):
    assert granted(("x-amz-acl", name)) == [OWNER, *beside_the_owner]


def test_the_private_list_is_none_until_it_has_to_be_told():
    assert granted(("x-amz-acl", "private")) == []
    assert granted(("x-amz-acl", "private"), with_owner=True) == [OWNER]


def test_the_owner_of_a_new_bucket_is_its_owner():
    """S3 passes over bucket-owner-* where a bucket is made."""
    assert granted(("x-amz-acl", "bucket-owner-read"), new_bucket=True) == []
    assert granted(("x-amz-acl", "public-read"), new_bucket=True) == [OWNER, (("Group", ALL_USERS), "READ")]


def test_every_field_that_grants_is_named():
    assert {f"x-amz-grant-{name}" for name in ("read", "write", "read-acp", "write-acp", "full-control")} | {
        "x-amz-acl"
    } == GRANT_NAMES
    assert len(CANNED_LISTS) == 7


def test_whose_id_is_wanted():
    def wanted(name: str) -> list[Whose]:
        return wanted_owners(parse_grants((("x-amz-acl", name),), new_bucket=False) or [])

    assert wanted("private") == []
    assert wanted("public-read") == [Whose.OWNER]
    assert wanted("bucket-owner-read") == [Whose.OWNER, Whose.BUCKET_OWNER]


@pytest.mark.parametrize(
    ("bucket_owner", "named"),
    [("b", [("a", "FULL_CONTROL"), ("b", "READ")]), ("a", [("a", "FULL_CONTROL")])],
)
def test_owners_are_named_once(bucket_owner, named):
    grants = parse_grants((("x-amz-acl", "bucket-owner-read"),), new_bucket=False)
    owners = {Whose.OWNER: "a", Whose.BUCKET_OWNER: bucket_owner}
    found = with_owners(grants, owners)
    assert [(one["Grantee"]["ID"], one["Permission"]) for one in found] == named


def test_others_are_left_as_they_are():
    grants = parse_grants((("x-amz-acl", "public-read-write"),), new_bucket=False)
    assert with_owners(grants, {Whose.OWNER: "a"})[1:] == grants[1:]


@given(st.text(st.characters(max_codepoint=0xFF), max_size=60))
def test_any_text_is_grants_or_refused(text):
    for name in ("x-amz-grant-read", "x-amz-acl"):
        with suppress(Problem):
            assert isinstance(parse_grants(((name, text),), new_bucket=False), list)
