"""What a REST request says in the places of an operation: the reading twin of `rest.places`.

For each kind of place one function, which reads the values of all names that share it, and the
names on the request that it looks at: what no place of a row looks at, the row does not
understand (`rest.calls`). A name is that of a header field, or of a parameter behind a `?`.

Texts that S3 itself passes over (a range or a date that is none) are passed over here. What
would be lost on the way is refused: a condition that SOAP has no word for, a storage class
that its schema does not have.

Sources: the S3 REST API; RFC 9110, 13 and 14; wire rules 26 and 30 to 32.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from gateway.messages import Body, Problem, RestRequest
from gateway.rest.addresses import decode, judge_bucket, judge_key
from gateway.rest.claims import bad_argument
from gateway.rest.conditions import parse_date, parse_range, parse_tags
from gateway.rest.grants import GRANT_NAMES, parse_grants
from gateway.rest.listings import parse_encoding, parse_page_size
from gateway.rest.metadata import HEADERS, PREFIX, build_metadata, parse_metadata
from gateway.rest.payload import stored_encoding
from gateway.tables.contract import Contract
from gateway.tables.operations import BUCKET_SCOPE, Field, Operation, Place
from gateway.wire.markup import Element, MarkupError, local, parse
from gateway.wire.values import reader_of

MAX_ENTRIES: Final = 100
"""Metadata entries that a message of SOAP may have (MetadataTooLarge)."""

META: Final = f"{PREFIX}*"
"""How the names of all fields that begin so are told in one."""


Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request while its fields are being read.

    Attributes:
        request: Its query decoded, its headers all of those that came.
        row: The operation's.
        contract: For the types of fields and documents.
        region: Ours, which a new bucket may be asked for.

    """

    request: RestRequest
    row: Operation
    contract: Contract
    region: str

    def header(self, name: str) -> str | None:
        """Return a field's value, joined by a comma when it stands more than once."""
        values = [value for field_name, value in self.request.headers if field_name == name]
        return ", ".join(values) if values else None

    def parameter(self, name: str) -> str | None:
        """Return the value of a parameter of the query, which stands once."""
        return next((value for each, value in self.request.query if each == name), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one kind of place is read.

    Attributes:
        get: Gives the values of a field at its place; what is not there has no name in it.
        names: Of what it looks at, with `{}` for the place's own name.

    """

    get: Callable[[Asked, Field], Values]
    names: tuple[str, ...] = ()


def names_read(place: Place) -> frozenset[str]:
    """Return the names on a request that a place looks at."""
    names = {name.format(place.name) for name in ASKED[place.kind].names}
    return frozenset(names | GRANT_NAMES if place.name == "AccessControlPolicy" else names)


def refused(one: Field, value: str, message: str = "") -> Problem:
    """Return the problem of a value that cannot be the field's."""
    if one.refusal == "InvalidStorageClass":
        return Problem(one.refusal, details=(("StorageClass", value),))
    if one.refusal in {"InvalidSOAPRequest", "InvalidArgument"}:
        return bad_argument(one.place.name, value, message)
    return Problem(one.refusal)


def unsaid(name: str) -> Problem:
    """Return the problem of something in a request that SOAP has no word for."""
    message = f"A header you provided implies functionality that is not implemented: {name}."
    return Problem("NotImplemented", message, (("Header", name),))


# -- the address ------------------------------------------------------------------------------


def _get_bucket(asked: Asked, one: Field) -> Values:
    return {one.names[0]: asked.request.bucket}


def _get_key(asked: Asked, one: Field) -> Values:
    return {one.names[0]: asked.request.key}


def _get_query(asked: Asked, one: Field) -> Values:
    text = asked.parameter(one.place.name)
    return {one.names[0]: text} if text else {}


def _get_page(asked: Asked, one: Field) -> Values:
    """Read the size of a page, which is never left open: S3 gives 1,000 at most (twin of `places`)."""
    return {one.names[0]: parse_page_size(asked.parameter(one.place.name) or "")}


def _get_asked(asked: Asked, one: Field) -> Values:
    """Judge how the answer is to be written, which is no field: `rest.replies` looks there itself."""
    parse_encoding(asked.parameter(one.place.name) or "")
    return {}


def _get_data_wanted(asked: Asked, one: Field) -> Values:
    return {one.names[0]: asked.request.method == "GET"}


def _get_fixed(_: Asked, one: Field) -> Values:
    return {one.names[0]: one.place.name == "true"}


# -- header fields ----------------------------------------------------------------------------


def _get_header(asked: Asked, one: Field) -> Values:
    text, name = asked.header(one.place.name), one.names[0]
    if text is None:
        return {}
    if one.place.form == "date":
        moment = parse_date(text)
        if moment is None and one.place.name.startswith("x-amz-"):
            raise refused(one, text, "This is no date.")
        return {} if moment is None else {name: moment}
    if one.place.form == "etags":
        return {name: parse_tags(one.place.name, text)}
    element = asked.contract.operations[asked.row.name].request.element(name)
    if element is not None and element.type.allowed and text not in element.type.allowed:
        words = re.sub(r"(?<=.)(?=[A-Z])", " ", name).lower()
        raise refused(one, text, f"Unknown {words}.")
    return {name: text}


def _get_match(asked: Asked, one: Field) -> Values:
    """Read If-Match, and If-Range, which is the same with the whole object for a failure (wire rule 31)."""
    text = asked.header("if-match")
    values: dict[str, Any] = {} if text is None else {one.names[0]: parse_tags("If-Match", text)}
    condition = asked.header("if-range")
    if condition is None or asked.header("range") is None:
        return values
    others = values or asked.header("if-unmodified-since") is not None
    if others or not condition.startswith('"') or len(tags := parse_tags("If-Range", condition)) > 1:
        raise unsaid("If-Range")
    return {one.names[0]: tags, one.names[1]: True}


def _get_byte_range(asked: Asked, one: Field) -> Values:
    found = zip(one.names, parse_range(asked.header("range") or ""), strict=True)
    return {name: position for name, position in found if position is not None}


def _get_metadata(asked: Asked, one: Field) -> Values:
    """Read metadata, with the digest of the object's bytes among them as SOAP has it (wire rule 32)."""
    values: dict[str, str] = {}
    for entry in parse_metadata(asked.request.headers):
        name, value = entry["Name"], entry["Value"]
        if name == "Content-Encoding":
            value = stored_encoding(value)
            if not value:
                continue
        if name != "Content-Length":
            values[name] = f"{values[name]},{value}" if name in values else value
    digest = asked.header("content-md5")
    if digest is not None and any(field.place.kind == "payload" for field in asked.row.fields):
        values["Content-MD5"] = digest
    entries = [{"Name": name, "Value": value} for name, value in values.items()]
    build_metadata(entries)  # judges them
    if len(entries) > MAX_ENTRIES:
        raise Problem("MetadataTooLarge", f"There are more than {MAX_ENTRIES} entries of metadata.")
    return {one.names[0]: entries} if entries else {}


def _get_grants(asked: Asked, one: Field) -> Values:
    """Read grants; the list that S3 makes when none is sent, `private`, is no list here either."""
    grants = parse_grants(asked.request.headers, new_bucket=asked.row.scope == BUCKET_SCOPE)
    return {one.names[0]: {"Grant": grants}} if grants else {}


def _get_copy_source(asked: Asked, one: Field) -> Values:
    text = asked.header("x-amz-copy-source") or ""
    path, _, query = text.partition("?")
    if query.partition("=")[0] == "versionId":
        raise unsaid("x-amz-copy-source?versionId")
    message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
    try:
        bucket, _, key = decode(path).removeprefix("/").partition("/")
    except Problem:
        raise bad_argument("x-amz-copy-source", text, message) from None
    if not bucket or not key or query:
        raise bad_argument("x-amz-copy-source", text, message)
    return {one.names[0]: judge_bucket(bucket), one.names[1]: judge_key(key)}


# -- bodies -----------------------------------------------------------------------------------


def _get_payload(asked: Asked, one: Field) -> Values:
    return {one.names[0]: asked.request.body}


def _get_size(asked: Asked, one: Field) -> Values:
    body = asked.request.body
    return {one.names[0]: body.length if isinstance(body, Body) else len(body)}


def _get_document(asked: Asked, one: Field) -> Values:
    """Read a document; one of grants may be told by headers in its place.

    The Owner of a policy is read with it, though he is no field of SOAP's: `rest.owners` judges him.
    """
    if one.place.name == "AccessControlPolicy":
        grants = parse_grants(asked.request.headers, new_bucket=False, with_owner=True)
        if grants is not None:
            _refuse_content(asked)
            return {"AccessControlList": {"Grant": grants}}
        if not asked.request.body:
            raise Problem("MissingSecurityHeader", details=(("MissingHeaderName", "x-amz-acl"),))
    root = _root_of(asked, one)
    try:
        value = reader_of(asked.contract.types[one.place.form])(root)
    except MarkupError:
        raise refused(one, "") from None
    values: Values = {one.place.name: value} if one.names == (one.place.name,) else value
    return values


def _root_of(asked: Asked, one: Field) -> Element:
    body = asked.request.body
    assert isinstance(body, bytes), "documents are read whole"
    if not body.strip():
        raise Problem("MissingRequestBodyError")
    try:
        root = parse(body)
    except MarkupError:
        raise refused(one, "") from None
    if local(root) != one.place.name:
        raise refused(one, "")
    return root


def _refuse_content(asked: Asked) -> None:
    if asked.request.body:
        raise Problem("UnexpectedContent")


def _get_location_constraint(asked: Asked, one: Field) -> Values:
    """Read where a new bucket is wanted, which SOAP cannot say: only here will do."""
    if not asked.request.body:
        return {}
    place = replace(one.place, name="CreateBucketConfiguration")
    root = _root_of(asked, replace(one, place=place, refusal="MalformedXML"))
    for child in root:
        if local(child) != "LocationConstraint":
            raise unsaid(local(child))
        if (child.text or "").strip() not in {"", asked.region}:
            message = "The location constraint is incompatible for the region this request was sent to."
            raise Problem("IllegalLocationConstraintException", message)
    return {}


ASKED: Final[Mapping[str, Reading]] = MappingProxyType(
    {
        "bucket": Reading(_get_bucket),
        "key": Reading(_get_key),
        "query": Reading(_get_query, ("?{}",)),
        "page": Reading(_get_page, ("?{}",)),
        "asked": Reading(_get_asked, ("?{}",)),
        "header": Reading(_get_header, ("{}",)),
        "metadata": Reading(_get_metadata, (META, *(name.lower() for name in HEADERS))),
        "grants": Reading(_get_grants, tuple(GRANT_NAMES)),
        "document": Reading(_get_document),
        "location_constraint": Reading(_get_location_constraint),
        "copy_source": Reading(_get_copy_source, ("x-amz-copy-source",)),
        "byte_range": Reading(_get_byte_range, ("range",)),
        "match": Reading(_get_match, ("if-match", "if-range")),
        "payload": Reading(_get_payload),
        "data_wanted": Reading(_get_data_wanted),
        "size": Reading(_get_size),
        "fixed": Reading(_get_fixed),
    }
)
"""By the kinds that `rest.places.REQUEST` writes."""


def read_values(asked: Asked) -> dict[str, Any]:
    """Return the values of all fields of a request's row.

    Raises:
        Problem: For a value that is none, or that SOAP cannot say.

    """
    values: dict[str, Any] = {}
    for one in asked.row.fields:
        values |= ASKED[one.place.kind].get(asked, one)
    return values
