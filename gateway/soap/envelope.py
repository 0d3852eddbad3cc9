"""The SOAP 1.1 envelope: what stands around every message, and who may not pass.

One envelope, an optional Header, one Body, one element in it: the element that is judged is
the one that is carried out, and nothing is looked up by id, so there is nothing to wrap or
to relocate. Header entries are not S3's; they are looked at only to refuse what SOAP says
must be refused.

Sources: SOAP 1.1 (W3C Note of 2000-05-08), 4.1 to 4.4; WS-Addressing 1.0, 2.1, and its
three drafts; wire rules 9 to 16.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.messages import Body, Piece, Problem
from gateway.wire.markup import Element, MarkupError, local, namespace, parse, pieces_of

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
NEXT_ACTOR: Final = "http://schemas.xmlsoap.org/soap/actor/next"

ANONYMOUS: Final = {
    "http://schemas.xmlsoap.org/ws/2003/03/addressing": (
        "http://schemas.xmlsoap.org/ws/2003/03/addressing/role/anonymous"
    ),
    "http://schemas.xmlsoap.org/ws/2004/03/addressing": (
        "http://schemas.xmlsoap.org/ws/2004/03/addressing/role/anonymous"
    ),
    "http://schemas.xmlsoap.org/ws/2004/08/addressing": (
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
    ),
    "http://www.w3.org/2005/08/addressing": "http://www.w3.org/2005/08/addressing/anonymous",
}
"""The WS-Addressing namespaces that count as understood, and the one address each may reply to."""

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header/><soapenv:Body>'
)
_TAIL: Final = "</soapenv:Body></soapenv:Envelope>"
_MUST_UNDERSTAND: Final = f"{{{SOAP}}}mustUnderstand"
_ACTOR: Final = f"{{{SOAP}}}actor"


def parse_envelope(message: bytes, charset: str = "") -> Element:
    """Return the one element of the Body of a SOAP 1.1 message.

    Args:
        message: The envelope's bytes.
        charset: Of the Content-Type, "" for none.

    Raises:
        Problem: In the order of wire rule 12: MissingRequestBodyError (nothing at all),
            InvalidSOAPRequest (no XML, no envelope),
            VersionMismatch, InvalidSOAPRequest (no such structure), InvalidAddressingHeader,
            MustUnderstand.

    """
    if not message.strip():
        raise Problem("MissingRequestBodyError")
    try:
        root = parse(message, charset)
    except MarkupError as error:
        raise refused(str(error)) from None
    if local(root) != "Envelope":
        raise refused("the root element is no Envelope")
    if namespace(root) != SOAP:
        raise Problem("VersionMismatch")
    parts = list(root)
    header = parts.pop(0) if parts and parts[0].tag == f"{{{SOAP}}}Header" else None
    if len(parts) != 1 or parts[0].tag != f"{{{SOAP}}}Body" or len(parts[0]) != 1:
        raise refused("an Envelope holds an optional Header and one Body, with one element in it")
    if header is not None:
        judge_header(header)
    return parts[0][0]


def judge_header(header: Element) -> None:
    """Refuse a Header that asks for what this endpoint does not do (wire rule 15).

    Raises:
        Problem: InvalidAddressingHeader, for an answer to anywhere but here; MustUnderstand.

    """
    for entry in header:
        anonymous = ANONYMOUS.get(namespace(entry))
        if anonymous is not None and local(entry) in {"ReplyTo", "FaultTo"}:
            addresses = [(child.text or "").strip() for child in entry if local(child) == "Address"]
            if addresses != [anonymous]:
                raise Problem("InvalidAddressingHeader")
    for entry in header:
        must = entry.get(_MUST_UNDERSTAND, "").strip() in {"1", "true"}
        for_us = entry.get(_ACTOR, "") in {"", NEXT_ACTOR}
        if must and for_us and namespace(entry) not in ANONYMOUS:
            raise Problem("MustUnderstand")


def build_envelope(content: Iterable[str | Body]) -> tuple[Piece, ...]:
    """Return the pieces of an envelope around the content of its Body.

    The prefix is `soapenv`, because clients are known that look for it; `xsi` is bound; no
    white space is added.
    """
    return pieces_of((_HEAD, *content, _TAIL))


def refused(why: str) -> Problem:
    """Return the problem of a message that is not one of ours, with the reason as its message."""
    return Problem("InvalidSOAPRequest", f"The SOAP request body is invalid: {why}.")
