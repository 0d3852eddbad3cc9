"""The bytes of an object: inside the message, beside it, or beside it and referred to.

To the rest of the house they are `values["Data"]`, bytes or a Body. Which operation has them
where is the contract's affair: one whose type has no Data element takes them from beside.
What is beside and not asked for is refused, as is what is asked for and not there.

Sources: the facts of the S3 documentation on PutObject and GetObject; XOP (W3C, 2005), 3;
wire rules 12, 24, 32, 33 and 34.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.messages import Answer, Attachment, Body, Call, Piece, Problem
from gateway.soap.envelope import refused
from gateway.soap.related import MimeError, parse_cid
from gateway.tables.contract import Type
from gateway.tables.operations import NEVER_STORED, OPERATIONS
from gateway.wire.markup import Element, local
from gateway.wire.proof import judge_digest, proved

INCLUDE: Final = "{http://www.w3.org/2004/08/xop/include}Include"
OCTETS: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes an object may have.

    Attributes:
        max_inline_data: Sent inside the message, or included from beside (InlineDataTooLarge).
        max_inline_answer: Answered inside the message, 0 for any number (InlineDataTooLarge).
        max_object: In all (EntityTooLarge).

    """

    max_inline_data: int = 1024 * 1024
    max_inline_answer: int = 0
    max_object: int = 5 * 1024**3


def take_include(node: Element, kind: Type, attachment: Attachment | None) -> Body | None:
    """Take out the Include that stands in place of the element's Data; return what it refers to.

    Args:
        node: The element of the operation.
        kind: Its type.
        attachment: What came beside the envelope.

    Returns:
        The bytes of the attachment; None when there is no Include.

    Raises:
        Problem: InvalidSOAPRequest, for one that stands elsewhere or names no part of this
            message (wire rule 34).

    """
    include = next(node.iter(INCLUDE), None)
    if include is None:
        return None
    data = include.getparent()
    if data is None or local(data) != "Data" or data.getparent() is not node or kind.element("Data") is None:
        raise refused("an Include stands elsewhere than in the Data of PutObjectInline")
    if len(data) > 1 or f"{data.text or ''}{include.tail or ''}".strip():
        raise refused("Data holds more than an Include")
    try:
        named = parse_cid(include.get("href", ""))
    except MimeError as error:
        raise refused(str(error)) from None
    if attachment is None or attachment.id != named:
        raise refused("an Include names no part of this message")
    data.remove(include)
    return attachment.body


def attach(call: Call, attachment: Attachment | None, limits: Limits) -> Call:
    """Return a call with the bytes of its object, wherever they came, all of them judged.

    Args:
        call: With Data where it is in the envelope, or included into it.
        attachment: What came beside the envelope.
        limits: Of objects.

    Raises:
        Problem: EntityTooLarge; MissingAttachment; InvalidSOAPRequest, for an attachment that
            is not asked for; InlineDataTooLarge; IncompleteBody, when ContentLength is not
            the number of bytes that came or that the attachment announces.

    """
    if not any("Data" in field.names for field in OPERATIONS[call.operation].fields):
        _refuse_unasked(call, attachment)
        return call
    size, data = call.values["ContentLength"], call.values.get("Data")
    if size > limits.max_object:
        details = (("ProposedSize", str(size)), ("MaxSizeAllowed", str(limits.max_object)))
        raise Problem("EntityTooLarge", details=details)
    if data is None:
        if attachment is None:
            raise Problem("MissingAttachment")
        return _with_data(call, attachment.body, size)
    if isinstance(data, bytes):
        _refuse_unasked(call, attachment)
    if max(size, _size_of(data) or 0) > limits.max_inline_data:
        raise Problem("InlineDataTooLarge")
    return _with_data(call, data, size)


def _refuse_unasked(call: Call, attachment: Attachment | None) -> None:
    if attachment is not None:
        raise refused(f"{call.operation} asks for no attachment here")


def _size_of(data: Piece) -> int | None:
    return data.length if isinstance(data, Body) else len(data)


def _with_data(call: Call, data: Piece, size: int) -> Call:
    """Return a call with data of `size` bytes; what an attachment does not announce is seen when it comes."""
    if size < 0 or _size_of(data) not in {None, size}:
        raise Problem("IncompleteBody", "ContentLength is not the number of bytes that came.")
    given = replace(data, length=size) if isinstance(data, Body) else data
    return replace(call, values={**call.values, "Data": given})


def wants_beside(call: Call) -> bool:
    """Tell whether a call asks for an object beside the envelope of its answer."""
    return bool(call.values.get("GetData")) and not call.values.get("InlineData")


def judge_answer(answer: Answer, limits: Limits) -> None:
    """Judge the size of an object that is answered inside the envelope.

    Raises:
        Problem: InlineDataTooLarge.

    """
    data = answer.values.get("Data")
    if data is None or not limits.max_inline_answer:
        return
    size = _size_of(data)
    if size is None or size > limits.max_inline_answer:
        raise Problem("InlineDataTooLarge")


def take_data(answer: Answer) -> tuple[Answer, Piece | None, str]:
    """Return an answer without its data, the data, and its media type as the metadata tell it."""
    values = dict(answer.values)
    data = values.pop("Data", None)
    entries = values.get("Metadata") or ()
    kinds = [entry["Value"] for entry in entries if entry["Name"].lower() == "content-type"]
    return replace(answer, values=values), data, kinds[0] if kinds else OCTETS


def take_proved(call: Call, *, md5: bool) -> tuple[dict[str, Any], Piece | None, str]:
    """Return what a call asks of a store: values, data that prove themselves, and their media type.

    Entries that describe the message are not sent: they would be stored (wire rule 32). With `md5`
    the digest of the data can be asked for when they have passed.

    Raises:
        Problem: BadDigest, InvalidDigest; IncompleteBody, as the data pass.

    """
    asked, data, media_type = take_data(Answer(call.operation, call.values))
    values = dict(asked.values)
    entries = values.get("Metadata") or ()
    digests = [entry["Value"] for entry in entries if entry["Name"].strip().lower() == "content-md5"]
    kept = [entry for entry in entries if entry["Name"].strip().lower() not in NEVER_STORED]
    if len(kept) < len(entries):
        values["Metadata"] = kept
    if isinstance(data, Body):
        data = proved(replace(data, length=values["ContentLength"]), ",".join(digests), md5=md5)
        return values, data, media_type
    if data is not None and digests:
        judge_digest(",".join(digests), hashlib.md5(data, usedforsecurity=False).digest())
    return values, data, media_type
