"""The element that answers: the doubled wrapper around what came of a call.

`GetObjectResponse` holds one `GetObjectResponse`, `CreateBucketResponse` a
`CreateBucketReturn`, `Set...Response` nothing: all of that the contract says, so there is no
exception here. Sources: the facts of the S3 schema; wire rules 9 and 29.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.messages import Answer, Body, Problem
from gateway.soap.envelope import refused
from gateway.tables.contract import Contract
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


def parse_answer(node: Element, operation: str, contract: Contract) -> Answer:
    """Return what the element answers; what it lacks is left out.

    Raises:
        Problem: InvalidSOAPRequest, for the answer of another operation or a broken one.

    """
    if local(node) != f"{operation}Response":
        raise refused("the Body holds no answer to the operation asked for")
    response = contract.operations[operation].response
    try:
        values = reader_of(response, strict=False)(node)
    except MarkupError as error:
        raise refused(str(error)) from None
    return Answer(operation, next((values.get(element.name, {}) for element in response.elements), {}))
