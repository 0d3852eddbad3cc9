"""Which operation a REST request asks for, and the Call that it is.

A request finds its row by method, by what it is about, and by being understood to the end: the
first row (or view) whose places look at every field and every parameter that the client sent.
So a request is never half done. What is left over is NotImplemented and named; nothing is
asked of the store.

Fields that S3 does not look at (Accept, say) count for nothing. Those that prove the request
and its body are read by the language itself, whatever the operation: COMMON names them, each with
why it may be passed over here. What a presigned URL says in its query is a field by now
(`rest.presigned`).

Sources: the S3 API reference; wire rule 26.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from gateway.messages import Call, Credentials, Problem, RestRequest
from gateway.rest import checksums
from gateway.rest.asked import META, Asked, names_read, read_values, unsaid
from gateway.rest.claims import bad_argument
from gateway.rest.metadata import PREFIX
from gateway.rest.unspoken import unspoken_operation
from gateway.rest.views import VIEWS, View
from gateway.tables.contract import Contract
from gateway.tables.operations import BUCKET_SCOPE, OBJECT_SCOPE, OPERATIONS, SERVICE, Operation

COMMON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content-md5": "holds for the body, and is held against it",
        **{f"{checksums.PREFIX}{name}": "the same" for name in checksums.ALGORITHMS},
        "x-amz-content-sha256": "the same",
        "x-amz-decoded-content-length": "the same",
        "x-amz-sdk-checksum-algorithm": "names the checksum that is held against the body",
        "x-amz-trailer": "the same",
        "x-amz-date": "the moment of the signature",
        "x-amz-checksum-mode": "asks for a checksum if the object has one, and no object of SOAP's has",
        "x-amz-request-payer": "agrees to pay, and nobody is made to",
        "x-amz-te": "what the client could read besides",
        "x-amz-user-agent": "what the client is called",
        "?x-id": "says again which operation the method and the path are",
    }
)
"""What is read of every request, or means nothing here, with the reason."""

OVERRIDES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "response-cache-control": "cache-control",
        "response-content-disposition": "content-disposition",
        "response-content-encoding": "content-encoding",
        "response-content-language": "content-language",
        "response-content-type": "content-type",
        "response-expires": "expires",
    }
)
"""Parameters that set a field of the reply to a GET, and that field: REST's own affair."""

BODY_KINDS: Final = frozenset({"payload", "document", "location_constraint"})
"""The kinds of places that read the body."""


def scope_of(request: RestRequest) -> str:
    """Return what a request is about."""
    if request.key:
        return OBJECT_SCOPE
    return BUCKET_SCOPE if request.bucket else SERVICE


def find(request: RestRequest) -> Operation | View:
    """Return the row or the view that understands all that a request says.

    Args:
        request: Its query decoded, its headers all of those that came; the body is not looked at.

    Raises:
        Problem: NotImplemented, which names what is not understood; MethodNotAllowed;
            InvalidArgument, for a parameter that stands twice.

    """
    asked = names_asked(request)
    left = [(found, asked - names) for found, names in _candidates(request, asked)]
    for found, unread in left:
        if not unread:
            return found
    raise _not_found(request, asked, min((unread for _, unread in left), key=len, default=None))


def row_of(request: RestRequest) -> Operation:
    """Return the row of a request that is no view's; raises as `find` does."""
    found = find(request)
    assert isinstance(found, Operation), f"{found.name} is a view"
    return found


def parse_call(
    request: RestRequest,
    row: Operation,
    contract: Contract,
    *,
    region: str,
    credentials: Credentials | None = None,
) -> Call:
    """Return what a request asks.

    Args:
        request: With its body, whole and verified, or a Body that proves itself on its way.
        row: What `find` found.
        contract: For the types of fields and documents.
        region: Ours.
        credentials: Whose it is.

    Raises:
        Problem: For a value that is none, or that SOAP cannot say; UnexpectedContent, for a body
            that no place reads.

    """
    if request.body != b"" and not reads_body(row):
        raise Problem("UnexpectedContent")
    return Call(row.name, read_values(Asked(request, row, contract, region)), credentials)


def reads_body(row: Operation) -> bool:
    """Tell whether a place of the row reads the body."""
    return any(field.place.kind in BODY_KINDS for field in row.fields)


def has_object(row: Operation) -> bool:
    """Tell whether the body of the row's request is an object's bytes."""
    return any(field.place.kind == "payload" for field in row.fields)


def names_asked(request: RestRequest) -> frozenset[str]:
    """Return the names of all that a request says and that somebody has to read.

    Raises:
        Problem: InvalidArgument, for a parameter that stands twice: two readers would differ.

    """
    parameters = Counter(name for name, _ in request.query)
    for name, times in parameters.items():
        if times > 1:
            raise bad_argument(name, "", "A parameter of the query stands more than once.")
    fields = {
        META if name.startswith(PREFIX) else name
        for name, _ in request.headers
        if name == "range" or name.startswith(("x-amz-", "if-"))
    }
    return frozenset(fields.union(f"?{name}" for name in parameters) - COMMON.keys())


def _candidates(
    request: RestRequest, asked: frozenset[str]
) -> Iterator[tuple[Operation | View, frozenset[str]]]:
    """Yield what fits by method, scope and subresource, with the names it reads; views first."""
    scope = scope_of(request)
    for view in VIEWS:
        if (view.method, view.scope) == (request.method, scope) and _is_told(view, request):
            yield view, _names_of_view(view)
    for row in OPERATIONS.values():
        if row.scope == scope and request.method in row.methods:
            if row.subresource and f"?{row.subresource}" not in asked:
                continue
            yield row, _names_of_row(row.name)


def _is_told(view: View, request: RestRequest) -> bool:
    if view.told_by is None:
        return True
    name, value = view.told_by
    return any(each == name and value in {"", text} for each, text in request.query)


def _names_of_view(view: View) -> frozenset[str]:
    told = () if view.told_by is None else (view.told_by[0],)
    return frozenset(f"?{name}" for name in (*view.queries, *told))


@cache
def _names_of_row(name: str) -> frozenset[str]:
    row = OPERATIONS[name]
    names = {read for field in row.fields for read in names_read(field.place)}
    if row.subresource:
        names.add(f"?{row.subresource}")
    if any(field.place.kind == "payload" for field in row.answer):
        names.update(f"?{parameter}" for parameter in OVERRIDES)
    return frozenset(names)


def _not_found(request: RestRequest, asked: frozenset[str], unread: frozenset[str] | None) -> Problem:
    """Return the problem of a request that nobody understands to its end."""
    scope = scope_of(request)
    parameters = frozenset(name[1:] for name in asked if name.startswith("?"))
    operation = unspoken_operation(request.method, scope, parameters)
    if operation:
        message = f"A header you provided implies functionality that is not implemented: {operation}."
        return Problem("NotImplemented", message)
    if unread is None:
        details = (("Method", request.method), ("ResourceType", scope.upper()))
        return Problem("MethodNotAllowed", details=details, headers=(("allow", _allowed(scope)),))
    return unsaid(min(unread))


def _allowed(scope: str) -> str:
    """Return the methods there are for what a request is about, as Allow tells them."""
    of_rows = (method for row in OPERATIONS.values() if row.scope == scope for method in row.methods)
    of_views = (view.method for view in VIEWS if view.scope == scope)
    return ", ".join(dict.fromkeys((*of_rows, *of_views)))
