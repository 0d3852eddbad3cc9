"""The element that answers: the doubled wrapper around what came of a call.

`GetObjectResponse` holds one `GetObjectResponse`, `CreateBucketResponse` a
`CreateBucketReturn`, `Set...Response` nothing: all of that the contract says, so there is no
exception here. Sources: the facts of the S3 schema; wire rules 9 and 29.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.messages import Answer, Attachment, Body, Problem
from gateway.soap.data import take_include
from gateway.tables.contract import Contract
from gateway.tables.contract import Element as Declared
from gateway.wire.markup import Element, MarkupError, escape, local
from gateway.wire.values import reader_of, writer_of


def build_answer(answer: Answer, contract: Contract) -> Iterable[str | Body]:
    """Return the parts of the element that answers, in the order of the schema.

    Raises:
        Problem: InternalError, for a value that SOAP has no word for and that cannot be made up.

    """
    response = contract.operations[answer.operation].response
    name = f"{answer.operation}Response"
    out: list[str | Body] = [f'<{name} xmlns="{escape(contract.namespace)}">']
    try:
        writer_of(response)(out, {element.name: answer.values for element in response.elements})
    except ValueError as error:
        raise Problem("InternalError", f"The store's answer cannot be told: {error}.") from None
    return (*out, f"</{name}>")


def parse_answer(
    node: Element, operation: str, contract: Contract, attachment: Attachment | None = None
) -> Answer:
    """Return what the element answers; what it lacks is left out.

    Args:
        node: The element in the Body.
        operation: What was asked.
        contract: Of the party that answers.
        attachment: What came beside the envelope, for an Include in its Data.

    Raises:
        Problem: InternalError, for the answer to another operation or a broken one.

    """
    elements = contract.operations[operation].response.elements
    try:
        if not elements:
            _named(node, f"{operation}Response")
            return Answer(operation, {})
        result = _result_in(node, operation, elements[0])
        included = take_include(result, elements[0].type, attachment)
        values = reader_of(elements[0].type, strict=False)(result)
    except (MarkupError, Problem) as error:
        raise Problem("InternalError", f"The store's answer cannot be read: {error}.") from None
    return Answer(operation, values if included is None else {**values, "Data": included})


def _result_in(node: Element, operation: str, declared: Declared) -> Element:
    """Return the inner element: as the contract calls it, or as Amazon's documentation does.

    Its samples have the doubled name where the contract has another, and REST's document in place
    of both.
    """
    if local(node) == declared.type.name:
        return node
    _named(node, f"{operation}Response")
    found = [child for child in node if local(child) in {declared.name, f"{operation}Response"}]
    if len(found) != 1:
        raise MarkupError(f"it holds no {declared.name}, or two")
    return found[0]


def _named(node: Element, name: str) -> None:
    if local(node) != name:
        raise MarkupError(f"it is no {name}")
