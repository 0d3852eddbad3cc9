"""The SOAP fault: how SOAP says that an S3 error came about.

`build_fault` writes a Problem as S3 documents its faults, `parse_fault` reads what stores
write in their many ways. What a code means stands in `tables.errors`.

Sources: the S3 documentation, "SOAP error responses"; SOAP 1.1, 4.4; wire rules 9 to 11.
"""

from __future__ import annotations

from typing import Final

from gateway.messages import Ids, Problem
from gateway.soap.envelope import build_envelope
from gateway.tables.errors import (
    ALIASES,
    OWN_FIELDS,
    REST_ONLY,
    is_code,
    known,
    message_of,
    prefix_of,
    row_for,
)
from gateway.wire.markup import Element, MarkupError, escape, local, parse

_CLASSES: Final = {"Client": 400, "Sender": 400, "Server": 500, "Receiver": 500}
"""What stands before the S3 code in a fault code, and the status an unknown code gets from it."""


_UNREADABLE: Final = dict.fromkeys((502, 503, 504), "ServiceUnavailable")
"""What a reply without an envelope is by its status; under any other InternalError (wire rule 7)."""


def fault_code(problem: Problem) -> str:
    """Return the local part of the fault code, as `Client.NoSuchKey` (wire rules 2, 9 and 10)."""
    row = row_for(problem.code, problem.message, problem.status)
    prefix = row.prefix
    if prefix == REST_ONLY:
        prefix = prefix_of(row.status if problem.status is None else problem.status)
    return f"{prefix}.{row.code}" if prefix else row.code


def build_fault(problem: Problem, ids: Ids) -> bytes:
    """Return the envelope that tells of a problem.

    Args:
        problem: Any.
        ids: Of this request; the problem's own are told when it has some.

    """
    row = row_for(problem.code, problem.message, problem.status)
    detail = ""
    if not row.on_header:
        fields = (
            *problem.details,
            ("RequestId", problem.request_id or ids.request_id),
            ("HostId", problem.host_id or ids.host_id),
        )
        children = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields)
        detail = f"<detail>{children}</detail>"
    pieces = build_envelope(
        (
            f"<soapenv:Fault><faultcode>soapenv:{escape(fault_code(problem))}</faultcode>",
            f"<faultstring>{escape(message_of(problem.code, problem.message))}</faultstring>{detail}",
            "</soapenv:Fault>",
        )
    )
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


def parse_fault(message: bytes) -> Problem | None:
    """Return the problem a store's fault tells of; None when the message holds no fault.

    SOAP 1.1 and 1.2 are read, with and without prefixes and namespaces, in any order.

    Raises:
        MarkupError: The message is no XML.

    """
    return _fault_in(parse(message))


def judge_reply(status: int, message: bytes, charset: str = "") -> Element:
    """Return the envelope that a store's reply is, when there is an answer in it; else raise what it tells.

    Args:
        status: HTTP's, which alone decides where there is no envelope (wire rule 7). A fault is
            one under any status.
        message: The envelope, or whatever came in its place.
        charset: Of its Content-Type, "" for none.

    Raises:
        Problem: The fault's; ServiceUnavailable or InternalError, where there is no envelope.

    """
    try:
        root = parse(message, charset)
    except MarkupError:
        raise Problem(_UNREADABLE.get(status, "InternalError")) from None
    problem = _fault_in(root)
    if problem is not None:
        raise problem
    if local(root) != "Envelope" or status >= 300:
        raise Problem(_UNREADABLE.get(status, "InternalError"))
    return root


def _fault_in(root: Element) -> Problem | None:
    body = _child(root, "body") if local(root) == "Envelope" else root
    fault = _child(body, "fault") if body is not None else None
    return None if fault is None else _problem_of(fault)


def _problem_of(fault: Element) -> Problem:
    code, message = _text(fault, "faultcode"), _text(fault, "faultstring")
    outer, reason = _child(fault, "code"), _child(fault, "reason")
    if outer is not None:  # SOAP 1.2: its Subcode says more than the class that Value names
        subcode = _child(outer, "subcode")
        code = (_text(subcode, "value") if subcode is not None else "") or _text(outer, "value")
    if reason is not None:
        message = _text(reason, "text")
    detail = _child(fault, "detail")
    fields = [] if detail is None else [(local(node), node.text or "") for node in detail if not len(node)]
    own = {name: text for name, text in reversed(fields) if name in OWN_FIELDS}
    name, status = split_code(code)
    return Problem(
        name,
        message,
        tuple(field for field in fields if field[0] not in OWN_FIELDS),
        own.get("RequestId", ""),
        own.get("HostId", ""),
        status=None if known(name) else status,
    )


def split_code(text: str) -> tuple[str, int]:
    """Return the S3 code in a fault code, and the status of its class (wire rule 11).

    `soapenv:Client.NoSuchKey`, `Client.NoSuchKey`, `s:Sender` and a plain `NoSuchKey` are
    read; what is left of a bare class, or of no code at all, is InvalidRequest or InternalError.
    """
    text = text.strip().rpartition(":")[2]
    head, _, rest = text.partition(".")
    status = _CLASSES.get(head)
    if status is None:
        status, rest = (400, text) if text else (500, "")
    if not is_code(rest):
        return ("InvalidRequest" if status == 400 else "InternalError"), status
    return ALIASES.get(rest, rest), status


def _child(node: Element, name: str) -> Element | None:
    """Return the child of that name in any case: the documentation's own sample has capitals."""
    return next((child for child in node if local(child).lower() == name), None)


def _text(node: Element, name: str) -> str:
    child = _child(node, name)
    return "" if child is None else child.text or ""
