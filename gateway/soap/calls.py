"""The element that asks: what it is called, who it says it is from, and its fields.

They are read in three steps, because rule 12 of the wire asks in that order and a fault must
name the first thing that is wrong: operation, security elements, and, once the signature is
proved, the fields. What a field is stands in the contract; what a wrong one is answered with,
in the operation's row.

Sources: the facts of the S3 schema; the S3 developer guide, "Authenticating SOAP requests";
wire rules 14 and 16.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from gateway.messages import Attachment, Body, Call, Credentials, Problem
from gateway.soap.carried import carried
from gateway.soap.data import take_include
from gateway.soap.envelope import refused
from gateway.tables.contract import Contract, Type
from gateway.tables.errors import message_of
from gateway.tables.operations import OPERATIONS, SPELLINGS
from gateway.wire.markup import Element, MarkupError, escape, local, namespace, text_of
from gateway.wire.texts import parse_moment
from gateway.wire.values import is_nil, reader_of, writer_of

SECURITY: Final = ("AWSAccessKeyId", "Timestamp", "Signature", "Credential")
"""The security elements, in the order of the schema; the first three belong together."""

_DOCUMENTED = re.compile(r"https?://(?:doc\.)?s3\.amazonaws\.com/(?:doc/)?2006-03-01/?\Z")
"""The namespace as the schema has it and as the documentation's samples spell it."""


def operation_of(node: Element, contract: Contract) -> str:
    """Return the operation that the element of the Body asks for.

    Raises:
        Problem: InvalidSOAPRequest, for an element that is none of the contract's.

    """
    name = local(node)
    space = namespace(node)
    if name not in contract.operations or not (space in {"", contract.namespace} or _DOCUMENTED.match(space)):
        raise refused("the Body holds none of the operations of the contract")
    return name


def judge_action(action: str | None, operation: str) -> None:
    """Refuse a SOAPAction that names another operation than the Body (wire rule 16).

    Raises:
        Problem: InvalidSOAPRequest.

    """
    named = re.split("[/#]", (action or "").strip().strip('"'))[-1]
    if named != operation and named in OPERATIONS:
        raise refused("the SOAPAction names another operation than the Body")


def parse_credentials(node: Element) -> Credentials | None:
    """Return the security elements of a message, None when it has none of them.

    Raises:
        Problem: InvalidSOAPRequest for one that stands twice; MissingSecurityElement when
            some but not all are there, or one is empty; CredentialsNotSupported for a
            Credential that says anything (wire rule 14).

    """
    found: dict[str, str] = {}
    for child in node:
        name = local(child)
        if name in SECURITY and not is_nil(child):
            if name in found:
                raise refused(f"{name} stands twice")
            try:
                found[name] = text_of(child).strip()
            except MarkupError as error:
                raise refused(str(error)) from None
    credential = found.pop("Credential", "")
    if not found and not credential:
        return None
    if not all(found.get(name) for name in SECURITY[:3]):
        raise Problem("MissingSecurityElement")
    if credential:
        raise Problem("CredentialsNotSupported")
    return Credentials(found["AWSAccessKeyId"], found["Timestamp"], found["Signature"])


def parse_call(
    node: Element,
    contract: Contract,
    credentials: Credentials | None,
    attachment: Attachment | None = None,
) -> Call:
    """Return what the element asks, with every field of its type.

    Args:
        node: The element.
        contract: Our own.
        credentials: Of whoever asks, checked.
        attachment: What came beside the envelope, for an Include in it.

    Raises:
        Problem: With the code of the operation's row for a field that is wrong, missing, or
            stands twice; InvalidSOAPRequest for an Include that is not to be followed.

    """
    operation = local(node)
    kind = contract.operations[operation].request
    included = take_include(node, kind, attachment)
    if not kind.by_name.keys().isdisjoint(SPELLINGS.values()):
        for child in node:
            spelt = SPELLINGS.get(local(child))
            if spelt:
                child.tag = spelt
    try:
        values: dict[str, Any] = reader_of(_without_security(kind))(node)
    except MarkupError as error:
        raise _field_problem(operation, error) from None
    if included is not None:
        values["Data"] = included
    return Call(operation, values, credentials)


@cache
def _without_security(kind: Type) -> Type:
    """Return the type of an operation's element without the security elements, which are read before."""
    return Type(kind.name, kind.base, tuple(each for each in kind.elements if each.name not in SECURITY))


def _field_problem(operation: str, error: MarkupError) -> Problem:
    for field in OPERATIONS[operation].fields:
        if error.field in field.names and field.refusal != "InvalidSOAPRequest":
            message = f"{message_of(field.refusal).rstrip('.')}: {error}."
            details = (("ArgumentName", error.field),) if field.refusal == "InvalidArgument" else ()
            return Problem(field.refusal, message, details)
    return refused(str(error))


def build_call(call: Call, contract: Contract) -> Iterable[str | Body]:
    """Return the parts of the element that asks, in the order of the schema.

    Args:
        call: Its credentials are written with the Timestamp in S3's own form.
        contract: Of the party that is asked.

    Raises:
        Problem: NotImplemented, for what the contract has no place for; InvalidArgument, for what
            XML cannot carry.

    """
    values = dict(call.values)
    if call.credentials is not None:
        values["AWSAccessKeyId"] = call.credentials.access_key
        values["Timestamp"] = parse_moment(call.credentials.timestamp)
        values["Signature"] = call.credentials.signature
    out: list[str | Body] = [f'<{call.operation} xmlns="{escape(contract.namespace)}">']
    kind = contract.operations[call.operation].request
    writer_of(kind)(out, carried(values, kind, call.operation))
    return (*out, f"</{call.operation}>")
