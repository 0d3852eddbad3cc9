"""An Answer as S3's REST reply: the writing twin of `rest.answers`, one function for each kind of place.

A store that speaks SOAP says of an object what REST says by HTTP's own fields, among its
metadata: Content-Type, Content-Length, Content-Range. They are put back where they belong. A
length that is told is kept: bytes that are fewer or more break the connection where anybody can
see it, instead of becoming an object.

Sources: the S3 API reference; RFC 9110, 8.8 and 15.4.5; wire rules 8 and 28 to 32.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any, Final

from gateway.messages import Answer, Body, Call, Headers, HttpReply, Piece, Problem
from gateway.rest.calls import OVERRIDES
from gateway.rest.documents import document_reply
from gateway.rest.listings import last_listed, listing_reply, parse_encoding
from gateway.rest.metadata import HEADERS, PREFIX, encode_value
from gateway.rest.places import MAX_LISTED
from gateway.rest.signature import uri_encode
from gateway.tables.contract import Contract
from gateway.tables.errors import STATUS_HEADERS, phrase
from gateway.tables.operations import CONTENT_RANGE, NEVER_STORED, Field, Operation
from gateway.wire.proof import Tally
from gateway.wire.texts import parse_etag
from gateway.wire.values import writer_of

DEFAULT_TYPE: Final = "binary/octet-stream"
"""The Content-Type of an object that was stored without one."""

MISSING_META: Final = "x-amz-missing-meta"
"""Tells how many entries of metadata have names that HTTP cannot carry."""

_OWN: Final = frozenset(name.lower() for name in HEADERS)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"\Z')
_PART = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/(?:[0-9]{1,19}|\*)\Z")
_LENGTH = re.compile(r"[0-9]{1,19}\Z")
_NO_LATIN1 = re.compile(r"[^\x00-\xff]")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_CONTRADICTS: Final = "The store's answer contradicts itself."

Query = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Draft:
    """A reply while the fields of an answer are being put on it.

    Attributes:
        contract: For the types of documents.
        row: The operation's.
        call: What was asked.
        query: Of the request: how a listing is wanted.
        size: The bytes of the object, or of the part of it, that the answer tells.

    """

    contract: Contract
    row: Operation
    call: Call
    query: Query
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    pieces: tuple[Piece, ...] = ()
    size: int | None = None


def build_reply(
    answer: Answer, row: Operation, call: Call, contract: Contract, query: Query = ()
) -> HttpReply:
    """Return the reply that tells an answer.

    Args:
        answer: What came of the call.
        row: The operation's.
        call: What was asked.
        contract: For the types of documents.
        query: Of the request, decoded: it may say how a listing is written and set fields of the reply.

    Raises:
        Problem: InternalError, for an answer that contradicts itself or that no document can say;
            InvalidArgument, for a field that cannot be set so.

    """
    draft = Draft(contract, row, call, query, row.status)
    for one in row.answer:
        if not one.when or call.values.get(one.when):
            REPLIED[one.place.kind](draft, one, answer.values)
    length = draft.size if _is_without_data(draft) else None
    headers = _overridden(draft.headers, query) if draft.status < 300 else _of_304(draft.headers)
    return HttpReply(draft.status, phrase(draft.status), headers, draft.pieces, length)


def overrides(query: Query) -> Headers:
    """Return the fields of the reply that a query sets.

    Raises:
        Problem: InvalidArgument, for a value that HTTP cannot carry.

    """
    found = []
    for name, value in query:
        if name not in OVERRIDES:
            continue
        if _NO_LATIN1.search(value):
            raise _refused(name, value, "Header value cannot be represented using ISO-8859-1.")
        if _CONTROL.search(value):
            raise _refused(name, value, "A header value has no control characters.")
        found.append((OVERRIDES[name], value.strip(" \t")))
    return tuple(found)


def _refused(name: str, value: str, message: str) -> Problem:
    return Problem("InvalidArgument", message, (("ArgumentName", name), ("ArgumentValue", value)))


def _overridden(headers: list[tuple[str, str]], query: Query) -> Headers:
    given = overrides(query)
    names = {name for name, _ in given}
    return (*(one for one in headers if one[0] not in names), *given)


def _of_304(headers: list[tuple[str, str]]) -> Headers:
    return tuple(one for one in headers if one[0] in STATUS_HEADERS[304])


def _is_without_data(draft: Draft) -> bool:
    """Tell whether this answers a HEAD: there is an object, and nobody wants its bytes."""
    return draft.status < 300 and draft.call.values.get("GetData") is False


def _put_status(draft: Draft, one: Field, values: Mapping[str, Any]) -> None:
    """Put the status; a store that is content may call that 200, 204 or 0."""
    code = values.get(one.names[0], {}).get("Code")
    if code == 206 or code in draft.row.also:
        draft.status = code


def _put_done(draft: Draft, _: Field, __: Mapping[str, Any]) -> None:
    draft.status = 204


def _put_moment(draft: Draft, one: Field, values: Mapping[str, Any]) -> None:
    """Put the time: of an object that is read as Last-Modified, of one just written as the Date."""
    moment = values.get(one.names[0])
    if moment is not None:
        name = "date" if "PUT" in draft.row.methods else "last-modified"
        draft.headers.append((name, format_datetime(moment.astimezone(UTC), usegmt=True)))


def _put_header(draft: Draft, one: Field, values: Mapping[str, Any]) -> None:
    tag = parse_etag(values.get(one.names[0], ""))
    if _ETAG.match(tag):
        draft.headers.append((one.place.name, tag))


def _put_metadata(draft: Draft, one: Field, values: Mapping[str, Any]) -> None:
    """Put metadata where REST has them, and read from them what the object's bytes come to."""
    fields: dict[str, str] = {}
    lost = 0
    told = ""
    part = None
    for entry in values.get(one.names[0], ()):
        name, value = entry.get("Name", ""), entry.get("Value", "")
        lower = name.strip().lower().removeprefix(PREFIX)
        if name == CONTENT_RANGE and draft.status == 206:
            part = _PART.match(value)
        elif lower == "content-length":
            told = value.strip()
        elif lower in _OWN:
            fields.setdefault(lower, encode_value(value))
        elif not _TOKEN.match(lower):
            lost += 1
        elif lower not in NEVER_STORED:
            lower = PREFIX + lower
            fields[lower] = (
                f"{fields[lower]},{encode_value(value)}" if lower in fields else encode_value(value)
            )
    draft.headers += [("accept-ranges", "bytes"), ("content-type", fields.pop("content-type", DEFAULT_TYPE))]
    draft.headers += fields.items()
    if lost:
        draft.headers.append((MISSING_META, str(lost)))
    if draft.status == 206:
        _put_part(draft, part)
    elif _LENGTH.match(told):
        draft.size = int(told)


def _put_part(draft: Draft, part: re.Match[str] | None) -> None:
    first, last = (int(text) for text in part.groups()) if part else (0, -1)
    if part is None or last < first:
        raise Problem("InternalError", _CONTRADICTS)
    draft.headers.append(("content-range", part.group()))
    draft.size = last - first + 1


def _put_payload(draft: Draft, one: Field, values: Mapping[str, Any]) -> None:
    if draft.status == 304:
        return
    data: Piece = values.get(one.names[0]) or b""
    size = data.written if isinstance(data, Body) else len(data)
    if draft.size is not None and size not in {None, draft.size}:
        raise Problem("InternalError", _CONTRADICTS)
    if isinstance(data, Body) and size is None and draft.size is not None:
        told = draft.size
        data = (data if data.through else replace(data, length=told)).coded(lambda: Tally(told))
    draft.pieces = (data,) if data else ()


def _put_location(draft: Draft, one: Field, values: Mapping[str, Any]) -> None:
    bucket = values.get(one.names[0]) or draft.call.values["Bucket"]
    draft.headers.append(("location", f"/{uri_encode(bucket, safe_slash=False)}"))


def _put_echo(_: Draft, __: Field, ___: Mapping[str, Any]) -> None:
    """Leave the reply as it is: its document says again what was asked."""


def _put_document(draft: Draft, one: Field, values: Mapping[str, Any]) -> None:
    root, space = one.place.name, draft.contract.namespace
    try:
        if root == "ListBucketResult":
            reply = _listing(draft, values)
        else:
            out: list[str | Body] = []
            writer_of(draft.contract.types[one.place.form], declares=True)(out, values)
            reply = document_reply(space, root, out)
    except ValueError as error:
        raise Problem("InternalError", f"The store's answer cannot be told: {error}.") from None
    draft.headers += reply.headers
    draft.pieces = reply.pieces


def _listing(draft: Draft, values: Mapping[str, Any]) -> HttpReply:
    """Return a page of a listing; what was asked is said again from the call, as it was asked."""
    asked = draft.call.values
    is_cut = values.get("IsTruncated") and asked.get("Delimiter")  # then S3 always tells where
    fields = (
        ("Name", values.get("Name") or asked["Bucket"]),
        ("Prefix", asked.get("Prefix", "")),
        ("Marker", asked.get("Marker", "")),
        ("NextMarker", last_listed(values) if is_cut else values.get("NextMarker", "")),
        ("MaxKeys", str(asked.get("MaxKeys", MAX_LISTED))),
        ("Delimiter", asked.get("Delimiter", "")),
    )
    told = (one for one in fields if one[1] or one[0] in {"Prefix", "Marker"})
    encoded = parse_encoding(dict(draft.query).get("encoding-type", ""))
    return listing_reply(draft.contract, told, values, encoded=encoded)


REPLIED: Final[Mapping[str, Callable[[Draft, Field, Mapping[str, Any]], None]]] = MappingProxyType(
    {
        "status": _put_status,
        "done": _put_done,
        "moment": _put_moment,
        "header": _put_header,
        "metadata": _put_metadata,
        "payload": _put_payload,
        "location": _put_location,
        "echo": _put_echo,
        "document": _put_document,
    }
)
"""By the kinds that `rest.answers.REPLY` reads."""
