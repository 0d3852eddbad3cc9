"""Lists of grants on their way to a store: who the owner is that they mean or name.

The owner of what is there already stands in its own list. Who stores an object is the owner of
their buckets, and the store says who that is. A new bucket is made for its owner alone and
then given its list: there are stores (SeaweedFS, moto) that call an owner one thing where they list
buckets and another in lists of grants, and refuse a new bucket over it. If the second step
fails, the bucket is there and nobody else sees it.

A document names its owner, whom SOAP does not send along. Nobody can give away what is theirs, so
anybody but the owner that there is makes it AccessDenied, as at S3.

Source: the S3 user guide, "Access control list (ACL) overview"; the S3 API reference,
PutBucketAcl.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Final

from gateway.messages import Answer, Call, Problem
from gateway.rest.grants import Grant, Whose, wanted_owners, with_owners
from gateway.tables.operations import OPERATIONS

_OF_EVERYBODY: Final = "ListAllMyBuckets"
_OF_BUCKET: Final = "GetBucketAccessControlPolicy"
_ON_BUCKET: Final = "SetBucketAccessControlPolicy"
_LIST: Final = "AccessControlList"
_OWNER: Final = "Owner"


def ask_with_owners(call: Call) -> Generator[Call, Answer, Answer]:
    """Lead a call whose grants may name `Whose` in place of people, or that may name an Owner.

    Yields:
        What finds out who they are, and the call itself, without the Owner.

    Returns:
        Its answer.

    Raises:
        Problem: AccessDenied, for an Owner who is not the one; InternalError, for a store that does not
            say who the owner is; what else it says.

    """
    if _OWNER in call.values:
        call = yield from _by_its_owner(call)
    if call.operation != "CreateBucket" or not wanted_owners(_grants_of(call)):
        return (yield (yield from _with_owners(call)))
    values = dict(call.values)
    listed = values.pop(_LIST)
    answer = yield replace(call, values=values)
    about = {"Bucket": values["Bucket"], _LIST: listed}
    yield (yield from _with_owners(Call(_ON_BUCKET, about, call.credentials)))
    return answer


def _grants_of(call: Call) -> list[Grant]:
    grants: list[Grant] = call.values.get(_LIST, {}).get("Grant", [])
    return grants


def _with_owners(call: Call) -> Generator[Call, Answer, Call]:
    """Return a call whose grants name people."""
    grants = _grants_of(call)
    owners: dict[Whose, str] = {}
    for who in wanted_owners(grants):
        own = OPERATIONS[call.operation].first or _OF_EVERYBODY
        owners[who] = yield from _owner_told(call, own if who is Whose.OWNER else _OF_BUCKET)
    if not owners:
        return call
    return replace(call, values={**call.values, _LIST: {"Grant": with_owners(grants, owners)}})


def _by_its_owner(call: Call) -> Generator[Call, Answer, Call]:
    """Return a call without the Owner that it names, who has to be the one that there is."""
    named = call.values[_OWNER]["ID"]
    if named != (yield from _owner_told(call, OPERATIONS[call.operation].first)):
        raise Problem("AccessDenied")
    return replace(call, values={name: value for name, value in call.values.items() if name != _OWNER})


def _owner_told(call: Call, operation: str) -> Generator[Call, Answer, str]:
    """Return the ID of the owner that an operation about the same thing tells."""
    answer = yield _about(call, operation)
    owner: str = answer.values.get(_OWNER, {}).get("ID", "")
    if not owner:
        raise Problem("InternalError", "The store does not say who the owner is.")
    return owner


def _about(call: Call, operation: str) -> Call:
    """Return a call of an operation about the same bucket or object."""
    values = call.values
    named: dict[str, Any] = {
        "Bucket": values.get("Bucket", values.get("DestinationBucket")),
        "Key": values.get("Key", values.get("DestinationKey")),
    }
    wanted = {name for field in OPERATIONS[operation].fields for name in field.names}
    return Call(operation, {name: named[name] for name in named if name in wanted}, call.credentials)
