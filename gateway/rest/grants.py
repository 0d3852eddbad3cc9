"""Who may do what, as REST's header fields say it: grants by name, and the canned lists.

SOAP knows only the list of grants itself. A canned one names people by what they are to the
object, its owner or its bucket's owner; here they are `Whose`, and whoever serves the request
asks the store who that is (`with_owners`).

Sources: the S3 user guide, "Access control list (ACL) overview"; the S3 API reference, PutObjectAcl.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from gateway.messages import Headers, Problem
from gateway.rest.claims import bad_argument
from gateway.rest.places import GRANT_HEADERS, GRANTEES
from gateway.wire.values import KIND

MAX_GRANTS: Final = 100
"""Grants of one list, as in S3's schema (MalformedACLError)."""

CANNED: Final = "x-amz-acl"
GRANT_NAMES: Final = frozenset({CANNED, *GRANT_HEADERS.values()})
"""The fields that grant."""

Grant = dict[str, Any]


class Whose(Enum):
    """Whom a canned list means; stands where an ID will."""

    OWNER = "the owner"
    BUCKET_OWNER = "the owner of the bucket"


_ALL_USERS: Final = "http://acs.amazonaws.com/groups/global/AllUsers"
_SIGNED_USERS: Final = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOGS: Final = "http://acs.amazonaws.com/groups/s3/LogDelivery"

CANNED_LISTS: Final[Mapping[str, tuple[tuple[str | Whose, str], ...]]] = MappingProxyType(
    {
        "private": (),
        "public-read": ((_ALL_USERS, "READ"),),
        "public-read-write": ((_ALL_USERS, "READ"), (_ALL_USERS, "WRITE")),
        "authenticated-read": ((_SIGNED_USERS, "READ"),),
        "bucket-owner-read": ((Whose.BUCKET_OWNER, "READ"),),
        "bucket-owner-full-control": ((Whose.BUCKET_OWNER, "FULL_CONTROL"),),
        "log-delivery-write": ((_LOGS, "WRITE"), (_LOGS, "READ_ACP")),
    }
)
"""Canned lists by name: what each grants beside the owner's FULL_CONTROL.

`aws-exec-read` is left out: it grants to an account of Amazon's own.
"""

_NAMED: Final = {word.lower(): (kind, element) for kind, (word, element) in GRANTEES.items()}
_GRANTEE = re.compile(r'[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^",\s]+))[ \t]*(?:,|\Z)')


def parse_grants(headers: Headers, *, new_bucket: bool, with_owner: bool = False) -> list[Grant] | None:
    """Return the grants that header fields make.

    Args:
        headers: Of the request.
        new_bucket: The list is for a bucket that is being made, whose owner is its own owner.
        with_owner: A canned list that names nobody but the owner is told, too; else it is empty,
            for it is what S3 gives to all that is new.

    Returns:
        None when no field grants.

    Raises:
        Problem: InvalidRequest for grants of both kinds; InvalidArgument for a canned list that
            there is not, or a grant that cannot be read; NotImplemented; MalformedACLError.

    """
    canned = [value for name, value in headers if name == CANNED]
    named = [
        (permission, value)
        for permission, field in GRANT_HEADERS.items()
        for name, value in headers
        if name == field
    ]
    if canned and named:
        raise Problem("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    if canned:
        return _canned(", ".join(canned), new_bucket=new_bucket, with_owner=with_owner)
    grants = [grant for permission, value in named for grant in _named(permission, value)]
    if len(grants) > MAX_GRANTS:
        raise Problem("MalformedACLError")
    return grants if named else None


def _canned(name: str, *, new_bucket: bool, with_owner: bool) -> list[Grant]:
    if name == "aws-exec-read":
        message = f"A header you provided implies functionality that is not implemented: {CANNED}: {name}."
        raise Problem("NotImplemented", message, (("Header", CANNED),))
    if name not in CANNED_LISTS:
        raise bad_argument(CANNED, name, "This is no canned ACL.")
    listed = [(who, what) for who, what in CANNED_LISTS[name] if not (new_bucket and isinstance(who, Whose))]
    if not listed and not with_owner:
        return []
    return [_grant(who, what) for who, what in ((Whose.OWNER, "FULL_CONTROL"), *listed)]


def _grant(who: str | Whose, what: str) -> Grant:
    grantee = {KIND: "Group", "URI": who} if isinstance(who, str) else {KIND: "CanonicalUser", "ID": who}
    return {"Grantee": grantee, "Permission": what}


def _named(permission: str, value: str) -> list[Grant]:
    """Return the grants of one field: `id="..."`, `emailAddress="..."`, `uri="..."`, a comma between."""
    grants: list[Grant] = []
    end = 0
    while end < len(value):
        found = _GRANTEE.match(value, end)
        if found is None or found[1].lower() not in _NAMED:
            raise bad_argument(GRANT_HEADERS[permission], value, "Argument format not recognized")
        kind, element = _NAMED[found[1].lower()]
        name = found[3] if found[2] is None else found[2]
        grants.append({"Grantee": {KIND: kind, element: name}, "Permission": permission})
        end = found.end()
    return grants


def wanted_owners(grants: list[Grant]) -> list[Whose]:
    """Return whose IDs have to be found out, each once, in order."""
    found = [grant["Grantee"].get("ID") for grant in grants]
    return [who for who in Whose if who in found]


def with_owners(grants: list[Grant], owners: Mapping[Whose, str]) -> list[Grant]:
    """Return grants with people in the place of `Whose`; who has FULL_CONTROL is granted nothing more."""
    granted: list[Grant] = []
    for grant in grants:
        who = grant["Grantee"].get("ID")
        if isinstance(who, Whose):
            grantee = {**grant["Grantee"], "ID": owners[who]}
            if any(each["Grantee"] == grantee for each in granted):
                continue
            granted.append({**grant, "Grantee": grantee})
        else:
            granted.append(grant)
    return granted
