"""REST towards a store: a Call becomes requests, their replies become an Answer.

Nearly every operation is one request. Three things need more, and all are written as the
requests they are: a write that asks `first`, an empty access control list, which no header
can say, and the plan of GetObjectExtended. A test fails when PLANS grows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from gateway.messages import Answer, Call, HttpRequest, Problem, RestReply, RestRequest
from gateway.rest.answers import parse_answer
from gateway.rest.errors import parse_error
from gateway.rest.requests import Store, address_request, build_request
from gateway.tables.contract import Contract
from gateway.tables.errors import row_for
from gateway.tables.operations import OPERATIONS, POLICY, Operation
from gateway.tables.store_errors import told
from gateway.wire.proof import own_etag

Asking = Generator[RestRequest, RestReply, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The language of a REST store.

    Attributes:
        contract: For the types of documents: our own, which REST shares.
        store: Who is asked.
        key_of: The key and secret that sign towards the store for a client's access key,
            None for an unknown one.
        now: The clock, aware.
        etag: What a Put answers when the store's ETag is no MD5: "md5" or "store".

    """

    contract: Contract
    store: Store
    key_of: Callable[[str], tuple[str, str] | None]
    now: Callable[[], datetime]
    etag: str = "md5"

    def prepare(self, request: RestRequest) -> HttpRequest:
        """Return a request with its address and signature.

        Raises:
            Problem: The key that should sign it is gone.

        """
        return address_request(request, self.store, self.key_of, self.now())

    def ask(self, call: Call) -> Asking:
        """Lead one call to its answer.

        Yields:
            Each request; its reply is sent in.

        Raises:
            Problem: The store's error, or a value that REST cannot carry.

        """
        return PLANS.get(call.operation, _once)(self, call)

    def request(self, call: Call) -> RestRequest:
        """Return the one request that asks what a call asks."""
        row = OPERATIONS[call.operation]
        return build_request(row, call, self.contract, self.store, md5=self.etag == "md5")

    def answer(self, call: Call, reply: RestReply) -> Answer:
        """Return what a reply answers to a call.

        Raises:
            Problem: The reply is an error, told as a client may know it (wire rule 6).

        """
        row = OPERATIONS[call.operation]
        try:
            if reply.status >= 300 and reply.status not in row.also:
                raise parse_error(reply, row.scope)
            return parse_answer(reply, row, call, self.contract)
        except Problem as problem:
            if row.subresource and row_for(problem.code).on_creation:
                # The store overlooked the subresource and took the write for CreateBucket.
                raise Problem("NotImplemented", f"The store has no ?{row.subresource}.") from problem
            mended = told(problem, call)
            if mended is problem:
                raise
            raise mended from problem


def _once(rest: Rest, call: Call) -> Asking:
    """Ask with one request, and with those that the row and an empty list demand.

    Of a write of an ACL to a store whose ACLs are disabled only the first question is left:
    it tells whether there is such a thing (wire rule 26).
    """
    row = OPERATIONS[call.operation]
    if row.first:
        shown = yield from _once(rest, _about(row.first, call))
        if POLICY in row.fields and rest.store.acl == "drop":
            return Answer(row.name, {})
        asked = rest.contract.operations[row.name].request
        supplied = {name: value for name, value in shown.values.items() if asked.element(name) is None}
        call = replace(call, values={**supplied, **call.values})
    request = rest.request(call)
    answer = rest.answer(call, (yield request))
    if rest.etag == "md5":
        answer = own_etag(answer, call, request.body)
    if _says_nobody(row, call) and rest.store.acl == "pass":
        yield from _once(rest, _about(f"Set{row.scope.capitalize()}AccessControlPolicy", call))
    return answer


def _about(operation: str, call: Call) -> Call:
    """Return a call of another operation about the same bucket or object."""
    values = call.values
    named: dict[str, Any] = {
        "Bucket": values.get("Bucket", values.get("DestinationBucket")),
        "Key": values.get("Key", values.get("DestinationKey")),
        "AccessControlList": {},
    }
    wanted = {name for field in OPERATIONS[operation].fields for name in field.names}
    return Call(operation, {name: named[name] for name in named.keys() & wanted}, call.credentials)


def _says_nobody(row: Operation, call: Call) -> bool:
    """Tell whether a call has an empty list of grants, which grant headers cannot say (wire rule 26)."""
    listed = call.values.get("AccessControlList")
    sent_as_headers = any(field.place.kind == "grants" for field in row.fields)
    return sent_as_headers and listed is not None and not listed.get("Grant")


def _get_extended(rest: Rest, call: Call) -> Asking:
    """Ask GetObjectExtended: the one operation whose answer may take a second request.

    With ReturnCompleteObjectOnConditionFailure a range whose condition fails is the whole
    object instead (wire rule 31). An answer that nothing was modified needs ETag and
    LastModified, which a store may leave out of its 304 (wire rule 30).
    """
    values: Mapping[str, Any] = call.values
    try:
        reply = yield rest.request(call)
        answer = rest.answer(call, reply)
    except Problem as problem:
        ranged = "ByteRangeStart" in values or "ByteRangeEnd" in values
        if problem.code != "PreconditionFailed" or not ranged or not values.get(_RETURN_COMPLETE):
            raise
        rest_of = {name: value for name, value in values.items() if name not in _CONDITIONS_OF_RANGE}
        return (yield from _get_extended(rest, replace(call, values=rest_of)))
    if reply.status != 304 or (reply.header("etag") and reply.header("last-modified")):
        return answer
    about = _about("GetObject", call)
    head = yield from _once(rest, replace(about, values={**about.values, "GetData": False}))
    return replace(answer, values={**answer.values, **{name: head.values[name] for name in _OF_HEAD}})


_RETURN_COMPLETE = "ReturnCompleteObjectOnConditionFailure"
_CONDITIONS_OF_RANGE = frozenset(
    {"ByteRangeStart", "ByteRangeEnd", "IfMatch", "IfUnmodifiedSince", _RETURN_COMPLETE}
)
_OF_HEAD = ("ETag", "LastModified")

PLANS: Mapping[str, Callable[[Rest, Call], Asking]] = MappingProxyType({"GetObjectExtended": _get_extended})
"""Operations that are not one request: this one alone."""
