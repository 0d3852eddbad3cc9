"""SOAP envelopes: any bytes are a Call or a Problem, and a Call can be written and is then read as itself.

An input begins with the charset of its Content-Type, up to the first LF; the rest is the envelope.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.messages import Attachment, Body, Call, Problem
from gateway.service.documents import own_documents
from gateway.soap.calls import build_call, operation_of, parse_call, parse_credentials
from gateway.soap.data import Limits, attach
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.tables.errors import ERRORS
from gateway.tables.wsdl import compile_contract
from gateway.wire.markup import parse

DOCUMENTS = own_documents()
CONTRACT = compile_contract(DOCUMENTS, {name: parse(text) for name, text in DOCUMENTS.items()})
CODES = {row.code for row in ERRORS}
BESIDE = Attachment("att1", Body(None))
"""What an envelope that asks for an attachment is given."""


def one_input(data: bytes) -> None:
    """Raise when something about these bytes is not as it must be."""
    charset, _, message = data.partition(b"\n")
    for attachment in (None, BESIDE):
        asked = outcome(message, charset.decode("latin-1"), attachment)
        if isinstance(asked, Problem):
            assert asked.code in CODES, "a refusal is one of the table"
        else:
            write_again(asked)


def outcome(message: bytes, charset: str, attachment: Attachment | None) -> Call | Problem:
    """Return what an envelope asks, or why it is refused."""
    try:
        return read(message, charset, attachment)
    except Problem as problem:
        return problem


def read(message: bytes, charset: str, attachment: Attachment | None) -> Call:
    """Return what an envelope asks."""
    node = parse_envelope(message, charset)
    operation = operation_of(node, CONTRACT)
    call = attach(parse_call(node, CONTRACT, parse_credentials(node), attachment), attachment, Limits())
    assert call.operation == operation, "one operation from beginning to end"
    return call


def write_again(call: Call) -> None:
    """Raise when a Call, written anew, is read as another; one with an Include is never written."""
    if call.operation == "PutObjectInline" and isinstance(call.values["Data"], Body):
        return
    values = {name: value for name, value in call.values.items() if not isinstance(value, Body)}
    unsigned = replace(call, values=values, credentials=None)
    pieces = build_envelope(build_call(unsigned, CONTRACT))
    message = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    again = read(message, "", BESIDE if len(values) < len(call.values) else None)
    assert replace(again, values={name: again.values[name] for name in values}) == unsigned
