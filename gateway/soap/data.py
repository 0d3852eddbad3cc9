"""The bytes of an object: inside the message, beside it, or beside it and referred to.

To the rest of the house they are `values["Data"]`, bytes or a Body. Which operation has them
where is the contract's affair: one whose type has no Data element takes them from beside.
What is beside and not asked for is refused, as is what is asked for and not there.

Sources: the facts of the S3 documentation on PutObject and GetObject; XOP (W3C, 2005), 3;
wire rules 12, 33 and 34.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.messages import Answer, Attachment, Body, Call, Piece, Problem
from gateway.soap.envelope import refused
from gateway.soap.related import MimeError, parse_cid
from gateway.tables.operations import OPERATIONS
from gateway.wire.markup import Element, local

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


def take_include(node: Element, attachment: Attachment | None) -> bool:
    """Tell whether the element's Data is included from beside the envelope, and take the reference out.

    Raises:
        Problem: InvalidSOAPRequest, for a reference that names no part of this message.

    """
    for child in node:
        if local(child) == "Data" and len(child) == 1 and child[0].tag == INCLUDE:
            try:
                named = parse_cid(child[0].get("href", ""))
            except MimeError as error:
                raise refused(str(error).rstrip(".")) from None
            if attachment is None or not attachment.id or attachment.id != named:
                raise refused("an Include names no part of this message")
            child.remove(child[0])
            return True
    return False


def take_attachment(
    operation: str, values: dict[str, Any], attachment: Attachment | None, *, inside: bool
) -> None:
    """Put the attachment where the operation's data belongs.

    Args:
        operation: Which.
        values: Its fields as the envelope has them; Data and ContentLength are what counts.
        attachment: What came beside the envelope.
        inside: The data is in the envelope.

    Raises:
        Problem: MissingAttachment; InvalidSOAPRequest, for one that is not asked for;
            IncompleteBody, when it announces another length than ContentLength.

    """
    takes = any("Data" in field.names for field in OPERATIONS[operation].fields)
    if inside or not takes:
        if attachment is not None:
            raise refused(f"{operation} takes no attachment here")
        return
    if attachment is None:
        raise Problem("MissingAttachment")
    size = values["ContentLength"]
    if size < 0 or attachment.body.length not in {None, size}:
        raise _disagrees()
    values["Data"] = Body(attachment.body.source, size)


def judge_data(call: Call, limits: Limits) -> None:
    """Judge the size of the object that comes with a call.

    Raises:
        Problem: EntityTooLarge, InlineDataTooLarge, IncompleteBody.

    """
    size, data = call.values.get("ContentLength"), call.values.get("Data")
    if size is not None and size > limits.max_object:
        details = (("ProposedSize", str(size)), ("MaxSizeAllowed", str(limits.max_object)))
        raise Problem("EntityTooLarge", details=details)
    if isinstance(data, bytes):
        if len(data) > limits.max_inline_data:
            raise Problem("InlineDataTooLarge")
        if len(data) != size:
            raise _disagrees()


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
    size = data.length if isinstance(data, Body) else len(data)
    if size is None or size > limits.max_inline_answer:
        raise Problem("InlineDataTooLarge")


def take_data(answer: Answer) -> tuple[Answer, Piece | None, str]:
    """Return an answer without its data, the data, and its media type as the metadata tell it."""
    values = dict(answer.values)
    data = values.pop("Data", None)
    entries = values.get("Metadata") or ()
    kinds = [entry["Value"] for entry in entries if entry["Name"].lower() == "content-type"]
    return replace(answer, values=values), data, kinds[0] if kinds else OCTETS


def _disagrees() -> Problem:
    return Problem("IncompleteBody", "ContentLength is not the number of bytes that came.")
