"""A store's reply as an Answer: one function for each kind of place, and the row reads them.

What a store leaves out is not made up here: the writer of the answer does that, by the
types of the contract. An error where the answer should be is raised as the Problem it is.

Sources: the S3 REST API; wire rules 1, 19 and 28 to 32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from gateway.messages import Answer, Call, Problem, RestReply
from gateway.rest.errors import error_fields, parse_error
from gateway.rest.metadata import parse_metadata
from gateway.tables.contract import Contract
from gateway.tables.errors import phrase
from gateway.tables.operations import CONTENT_RANGE, OPERATIONS, Field, Operation
from gateway.wire.markup import Element, MarkupError, local, parse
from gateway.wire.texts import parse_etag
from gateway.wire.values import reader_of

URL_ENCODED: Final = frozenset({"Key", "Prefix", "Marker", "NextMarker", "Delimiter"})
"""Fields of a listing that `encoding-type=url` encodes."""

_UNREADABLE: Final = "The store's answer cannot be read."

Values = Mapping[str, Any]


def parse_answer(reply: RestReply, row: Operation, call: Call, contract: Contract) -> Answer:
    """Return what a store answers to a call.

    Args:
        reply: Of a status that is an answer to the row's operation.
        row: The operation's.
        call: What was asked.
        contract: For the types of documents.

    Raises:
        Problem: The store's, for an error under a good status; NotImplemented, for a
            document that answers something else; InternalError, for one that cannot be read.

    """
    # An error in place of a document is met where the document is read: a listing is parsed once.
    if isinstance(reply.body, bytes) and not _has_document(row) and error_fields(reply.body) is not None:
        raise parse_error(reply, row.scope)
    values: dict[str, Any] = {}
    for field in row.answer:
        if not field.when or call.values.get(field.when):
            values |= REPLY[field.place.kind](reply, field, call, contract)
    return Answer(row.name, values)


def _has_document(row: Operation) -> bool:
    return any(field.place.kind == "document" for field in row.answer)


def _get_status(reply: RestReply, _: Field, __: Call, ___: Contract) -> Values:
    return {"Status": {"Code": reply.status, "Description": phrase(reply.status) or reply.reason}}


def _get_done(_: RestReply, __: Field, ___: Call, ____: Contract) -> Values:
    return {"Code": 204, "Description": phrase(204)}


def _get_moment(reply: RestReply, one: Field, _: Call, __: Contract) -> Values:
    text = reply.header("last-modified") or reply.header("date") or ""
    try:
        moment: datetime = parsedate_to_datetime(text)
        return {one.names[0]: (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)}
    except (ValueError, OverflowError):
        raise Problem("InternalError", _UNREADABLE) from None


def _get_header(reply: RestReply, one: Field, _: Call, __: Contract) -> Values:
    return {one.names[0]: parse_etag(reply.header(one.place.name) or "")}


def _get_metadata(reply: RestReply, one: Field, _: Call, __: Contract) -> Values:
    entries = parse_metadata(reply.headers)
    part = reply.header("content-range") if reply.status == 206 else None
    if part is not None:  # which SOAP has no other place for (wire rule 31)
        entries.append({"Name": CONTENT_RANGE, "Value": part})
    return {one.names[0]: entries}


def _get_payload(reply: RestReply, one: Field, _: Call, __: Contract) -> Values:
    return {} if reply.status == 304 else {one.names[0]: reply.body}


def _get_location(_: RestReply, one: Field, call: Call, __: Contract) -> Values:
    return {one.names[0]: call.values["Bucket"]}


def _get_echo(_: RestReply, one: Field, call: Call, __: Contract) -> Values:
    """Say again what was asked: stores disagree on how they encode it (SeaweedFS does not)."""
    return {name: call.values[name] for name in one.names if name in call.values}


def _get_document(reply: RestReply, one: Field, call: Call, contract: Contract) -> Values:
    root = _root_of(reply)
    if local(root) == "Error":
        raise parse_error(reply, OPERATIONS[call.operation].scope)
    if local(root) != one.place.name:
        raise Problem("NotImplemented", f"The store answers {call.operation} with something else.")
    try:
        values: dict[str, Any] = reader_of(contract.types[one.place.form], strict=False)(root)
    except MarkupError:
        raise Problem("InternalError", _UNREADABLE) from None
    encoded = any(local(child) == "EncodingType" and child.text == "url" for child in root)
    return _decoded_listing(values) if encoded else values


def _root_of(reply: RestReply) -> Element:
    assert isinstance(reply.body, bytes), "documents are not streamed"
    if not reply.body.strip():
        raise Problem("NotImplemented", "The store gives no document.")
    try:
        return parse(reply.body)
    except MarkupError:
        raise Problem("InternalError", _UNREADABLE) from None


def _decoded_listing(values: Mapping[str, Any]) -> Values:
    """Return a listing decoded; its NextMarker as it is where only so it names what is listed last.

    SeaweedFS encodes the keys and not the mark: decoded, `a+b` would be another key.
    """
    decoded: dict[str, Any] = _decoded(values)
    last = (*decoded.get("Contents", ())[-1:], *decoded.get("CommonPrefixes", ())[-1:])
    names = {entry.get("Key", entry.get("Prefix")) for entry in last}
    marker = values.get("NextMarker")
    if marker in names and decoded["NextMarker"] not in names:
        decoded["NextMarker"] = marker
    return decoded


def _decoded(value: Any, name: str = "") -> Any:
    """Return a listing with the fields in URL_ENCODED decoded."""
    if isinstance(value, dict):
        return {inner: _decoded(each, inner) for inner, each in value.items()}
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return unquote_plus(value) if name in URL_ENCODED else value


REPLY: Final[Mapping[str, Callable[[RestReply, Field, Call, Contract], Values]]] = {
    "status": _get_status,
    "done": _get_done,
    "moment": _get_moment,
    "header": _get_header,
    "metadata": _get_metadata,
    "payload": _get_payload,
    "location": _get_location,
    "echo": _get_echo,
    "document": _get_document,
}
