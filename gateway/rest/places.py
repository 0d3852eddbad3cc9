"""Where the fields of a call stand on a REST request: one function for each kind of place.

The rows of `tables.operations` name the kinds, so a new operation needs a row and no code.
A function puts the values of all names that share a place on the draft of a request; a
value the call does not have is None. The places of replies stand in `rest.answers`.

Sources: the S3 REST API; RFC 9110, 13 (conditions) and 14 (ranges); wire rules 26 to 32.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from typing import Any, Final

from gateway.messages import Body, Piece, Problem
from gateway.rest.addresses import judge_bucket, judge_key
from gateway.rest.metadata import build_metadata
from gateway.rest.signature import uri_encode
from gateway.tables.contract import Contract
from gateway.tables.operations import Field
from gateway.wire.markup import escape, pieces_of
from gateway.wire.proof import judge_digest, proved
from gateway.wire.texts import parse_etag
from gateway.wire.values import KIND, writer_of

GRANT_HEADERS: Final[Mapping[str, str]] = {
    "READ": "x-amz-grant-read",
    "WRITE": "x-amz-grant-write",
    "READ_ACP": "x-amz-grant-read-acp",
    "WRITE_ACP": "x-amz-grant-write-acp",
    "FULL_CONTROL": "x-amz-grant-full-control",
}
GRANTEES: Final[Mapping[str, tuple[str, str]]] = {
    "CanonicalUser": ("id", "ID"),
    "AmazonCustomerByEmail": ("emailAddress", "EmailAddress"),
    "Group": ("uri", "URI"),
}
"""A type of grantee to its word in a grant header and the element that names it."""

MAX_LISTED: Final = 1000
"""Keys of a page of a listing, as in S3: there are stores that give 4,500 at once when not told."""

_QUOTABLE = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+\Z")
_TAG = re.compile(r'\*\Z|(?:W/)?"[\x21\x23-\x7e]*"\Z')


@dataclass(slots=True)
class Draft:
    """A request while its fields are being put on it.

    Attributes:
        contract: For the types of documents.
        region: The store's.
        grants: Whether ACLs are passed on (`acl = pass`).
        digest: The Content-MD5 that came with the object's bytes, base64; "" for none.
        md5: Whether the MD5 of bytes that stream will be asked for although none came with them.

    """

    contract: Contract
    region: str
    grants: bool
    method: str
    bucket: str = ""
    key: str = ""
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Piece = b""
    digest: str = ""
    md5: bool = True


def _put_bucket(draft: Draft, _: Field, values: Sequence[Any]) -> None:
    draft.bucket = judge_bucket(values[0])


def _put_key(draft: Draft, _: Field, values: Sequence[Any]) -> None:
    draft.key = judge_key(values[0])


def _put_query(draft: Draft, one: Field, values: Sequence[Any]) -> None:
    if values[0] not in {None, ""}:
        draft.query.append((one.place.name, _text(one, values[0])))


def _put_page(draft: Draft, one: Field, values: Sequence[Any]) -> None:
    wanted = MAX_LISTED if values[0] is None else min(values[0], MAX_LISTED)
    draft.query.append((one.place.name, str(wanted)))


def _put_asked(draft: Draft, one: Field, _: Sequence[Any]) -> None:
    draft.query.append((one.place.name, one.place.form))


def _put_header(draft: Draft, one: Field, values: Sequence[Any]) -> None:
    if values[0] not in (None, "", []):
        draft.headers.append((one.place.name, _text(one, values[0])))


def _put_metadata(draft: Draft, _: Field, values: Sequence[Any]) -> None:
    fields, draft.digest = build_metadata(values[0] or ())
    draft.headers += fields


def _put_grants(draft: Draft, _: Field, values: Sequence[Any]) -> None:
    if values[0] is None or not draft.grants:
        return
    grants: dict[str, list[str]] = {}
    for grant in values[0].get("Grant", ()):
        word, element = GRANTEES[grant["Grantee"][KIND]]
        name = grant["Grantee"][element]
        if not _QUOTABLE.match(name):
            raise Problem("MalformedACLError")
        grants.setdefault(GRANT_HEADERS[grant["Permission"]], []).append(f'{word}="{name}"')
    draft.headers += [(header, ", ".join(grantees)) for header, grantees in grants.items()]


def _put_document(draft: Draft, one: Field, values: Sequence[Any]) -> None:
    root, kind = one.place.name, draft.contract.types[one.place.form]
    value = values[0] if one.names == (root,) else dict(zip(one.names, values, strict=True))
    out: list[str | Body] = [f'<{root} xmlns="{escape(draft.contract.namespace)}">']
    writer_of(kind, declares=True)(out, value)
    (content,) = pieces_of((*out, f"</{root}>"))
    assert isinstance(content, bytes), "a document holds no object's bytes"
    _put_xml(draft, content)


def _put_location_constraint(draft: Draft, _: Field, __: Sequence[Any]) -> None:
    if draft.region != "us-east-1":
        space, region = escape(draft.contract.namespace), escape(draft.region)
        text = f"<LocationConstraint>{region}</LocationConstraint>"
        _put_xml(
            draft, f'<CreateBucketConfiguration xmlns="{space}">{text}</CreateBucketConfiguration>'.encode()
        )


def _put_xml(draft: Draft, content: bytes) -> None:
    draft.body = content
    digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode("ascii")
    draft.headers += [("content-type", "application/xml"), ("content-md5", digest)]


def _put_copy_source(draft: Draft, _: Field, values: Sequence[Any]) -> None:
    bucket, key = judge_bucket(values[0]), judge_key(values[1])
    draft.headers.append(("x-amz-copy-source", f"/{uri_encode(bucket, False)}/{uri_encode(key, True)}"))


def _put_byte_range(draft: Draft, one: Field, values: Sequence[Any]) -> None:
    start, end = values
    if start is None and end is None:
        return
    if (start or 0) < 0 or (end or 0) < 0:
        details = (("ArgumentName", one.names[0]),)
        raise Problem("InvalidArgument", "A byte range has no negative ends.", details)
    text = f"bytes={'' if start is None else start}-{'' if end is None else end}"
    if end is not None and end < (1 if start is None else start):
        raise Problem("InvalidRange", details=(("RangeRequested", text),))
    draft.headers.append(("range", text))


def _put_match(draft: Draft, one: Field, values: Sequence[Any]) -> None:
    if values[0]:
        draft.headers.append(("if-match", _etags(one.names[0], values[0])))


def _put_payload(draft: Draft, _: Field, values: Sequence[Any]) -> None:
    data = values[0]
    if data is None:
        raise Problem("MissingAttachment")
    if isinstance(data, Body):
        data = proved(data, draft.digest, md5=draft.md5)
    elif draft.digest:
        judge_digest(draft.digest, hashlib.md5(data, usedforsecurity=False).digest())
    draft.body = data


def _put_data_wanted(draft: Draft, _: Field, values: Sequence[Any]) -> None:
    draft.method = "GET" if values[0] else "HEAD"


def _put_nothing(_: Draft, __: Field, ___: Sequence[Any]) -> None:
    """Leave the request as it is: REST has no word for the field, or the framing says it."""


REQUEST: Final[Mapping[str, Callable[[Draft, Field, Sequence[Any]], None]]] = {
    "bucket": _put_bucket,
    "key": _put_key,
    "query": _put_query,
    "page": _put_page,
    "asked": _put_asked,
    "header": _put_header,
    "metadata": _put_metadata,
    "grants": _put_grants,
    "document": _put_document,
    "location_constraint": _put_location_constraint,
    "copy_source": _put_copy_source,
    "byte_range": _put_byte_range,
    "match": _put_match,
    "payload": _put_payload,
    "data_wanted": _put_data_wanted,
    "size": _put_nothing,
    "fixed": _put_nothing,
}


def _text(one: Field, value: Any) -> str:
    """Return a value in the form of its place."""
    if one.place.form == "date":
        return format_datetime(value.astimezone(UTC), usegmt=True)
    return _etags(one.names[0], value) if one.place.form == "etags" else str(value)


def _etags(name: str, tags: Iterable[str]) -> str:
    """Return tags as a list in one header field, each in its quotes.

    Raises:
        Problem: InvalidArgument, for what is no tag: it could not match, and might be a header of its own.

    """
    quoted = [tag if tag == "*" else parse_etag(tag) for tag in tags]
    for tag in quoted:
        if not _TAG.match(tag):
            message = "An ETag is one word of printable ASCII characters."
            raise Problem("InvalidArgument", message, (("ArgumentName", name), ("ArgumentValue", tag)))
    return ", ".join(quoted)
