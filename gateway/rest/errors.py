"""S3's REST error document: an `<Error>` of Code, Message and what else the code carries.

`parse_error` makes a Problem of whatever a store sends in place of an answer, be it S3's
document or a load balancer's page; `build_error` writes a Problem as S3 would. What a code
means stands in `tables.errors`. Sources: the S3 documentation, "REST error responses"; wire
rules 1 to 8.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from gateway.messages import Headers, HttpReply, Ids, Problem, RestReply
from gateway.tables.errors import (
    ALIASES,
    OWN_FIELDS,
    STATUS_HEADERS,
    code_for,
    is_code,
    message_of,
    phrase,
    row_for,
)
from gateway.wire.markup import MarkupError, escape, parse_fields

Fields = list[tuple[str, str]]
"""Names and texts of the children of an error document, in order."""

CONTENT_TYPE: Final = "application/xml"
RETRY_AFTER: Final = "1"
"""Seconds: what a 503 of ours says when the store named no time."""

_SIZE = re.compile(r"[0-9]+\Z")
_HOST = re.compile(r"[A-Za-z0-9.:_-]+\Z")
_UNQUOTED: Final = "/%"  # a resource is a path as it was asked for, escaped already
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def parse_error(reply: RestReply, scope: str) -> Problem:
    """Return the problem that a store's reply tells of.

    Args:
        reply: Any reply that is not the answer asked for; its body is bytes.
        scope: "service", "bucket" or "object": what the request was about.

    Returns:
        Read by its Code where there is one, else by its status (wire rule 1).

    """
    return problem_of(reply, scope, error_fields(reply.body if isinstance(reply.body, bytes) else b""))


def problem_of(reply: RestReply, scope: str, document: Fields | None) -> Problem:
    """Return the same of a reply whose error document was looked for already; None for none."""
    fields = document or []
    own: dict[str, str] = {}
    details = []
    for field in fields:
        if field[0] in OWN_FIELDS:
            own.setdefault(*field)
        else:
            details.append(field)
    code = own.get("Code", "").strip()
    if not is_code(code):
        code = code_for(reply.status, scope)
    wanted = STATUS_HEADERS.get(reply.status, ())
    return Problem(
        code=ALIASES.get(code, code),
        message=own.get("Message", ""),
        details=tuple(details),
        request_id=own.get("RequestId") or reply.header("x-amz-request-id") or "",
        host_id=own.get("HostId") or reply.header("x-amz-id-2") or "",
        resource=own.get("Resource", ""),
        status=reply.status,
        headers=tuple([field for field in reply.headers if field[0] in wanted]) if wanted else (),
    )


def error_fields(body: bytes) -> Fields | None:
    """Return names and texts of the fields of an error document; None for what is none, or unreadable."""
    if b"<" not in body.lstrip()[:1024]:  # a copy that takes long may begin with any number of blanks
        return None
    try:
        root, fields = parse_fields(body)
    except MarkupError:
        return None
    return fields if root == "Error" else None


def build_error(problem: Problem, ids: Ids, *, resource: str = "", method: str = "GET") -> HttpReply:
    """Write a problem as the reply S3's REST interface gives.

    Args:
        problem: Any.
        ids: Of this request; the problem's own are told when it has some.
        resource: The path that was asked for, told when the problem names none.
        method: The request's: the answer to HEAD has no body, nor has a 304.

    """
    row = row_for(problem.code, problem.message, problem.status)
    status = row.status or 400
    request_id, host_id = problem.request_id or ids.request_id, problem.host_id or ids.host_id
    headers = [("x-amz-request-id", request_id), ("x-amz-id-2", host_id), *_headers_of(problem, status)]
    if method == "HEAD" or status == 304:
        return HttpReply(status, row.reason or phrase(status), tuple(headers))
    fields = [
        ("Code", row.rest_code or row.code),
        ("Message", message_of(problem.code, problem.message)),
        ("Resource", problem.resource or resource),
        *problem.details,
        ("RequestId", request_id),
        ("HostId", host_id),
    ]
    text = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields)
    headers.append(("content-type", CONTENT_TYPE))
    body = f"{DECLARATION}<Error>{text}</Error>".encode()
    return HttpReply(status, row.reason or phrase(status), tuple(headers), (body,))


def _headers_of(problem: Problem, status: int) -> Headers:
    """Return HTTP's own fields of an error: those it came with, else those its details supply."""
    wanted = STATUS_HEADERS.get(status, ())
    found = {name: value for name, value in problem.headers if name in wanted}
    details = dict(problem.details)
    size, endpoint = details.get("ActualObjectSize", ""), details.get("Endpoint", "")
    if status == 416 and _SIZE.match(size):
        found.setdefault("content-range", f"bytes */{size}")
    if status == 307 and _HOST.match(endpoint):
        found.setdefault("location", f"https://{endpoint}{quote(problem.resource or '/', safe=_UNQUOTED)}")
    if status == 503:
        found.setdefault("retry-after", RETRY_AFTER)
    return tuple(found.items())
