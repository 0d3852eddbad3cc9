"""In what a store's contract may differ from ours, and in what it may not.

Order, namespace and number of fields are a store's own affair, and what a request cannot say
is refused when somebody wants to say it. But an answer becomes the same values whoever gave
it. So what both contracts call by one name must be of one kind: a text, a number, a date, one of
it or several. A contract where it is not is refused at the start.

Source: the facts of the S3 schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.tables.contract import Contract, ContractError, Type

_KINDS: Final = {"int": "a number", "long": "a number", "": "a type with elements", "string": "a text"}


def judge_dialect(theirs: Contract, ours: Contract) -> None:
    """Return if the answers of a store can be read as ours are.

    Args:
        theirs: The store's contract.
        ours: The gateway's.

    Raises:
        ContractError: Naming the first element that is of another kind.

    """
    for name, message in theirs.operations.items():
        answer, expected = message.response, ours.operations[name].response
        if bool(answer.elements) != bool(expected.elements):
            raise ContractError(f"The answer of {name} does not hold what S3's holds.")
        for element, wanted in zip(answer.elements, expected.elements, strict=False):
            for why in _differences(element.type, wanted.type, element.name):
                raise ContractError(f"In the answer of {name} {why}.")


def _differences(theirs: Type, ours: Type, name: str) -> Iterator[str]:
    """Yield what differs inside one element of both contracts."""
    if _kind_of(theirs) != _kind_of(ours):
        yield f"{name} is {_kind_of(theirs)} and not {_kind_of(ours)}"
    for element in theirs.elements:
        wanted = ours.element(element.name)
        if wanted is not None and (element.high == 1) != (wanted.high == 1):
            yield f"{element.name} stands {'once' if element.high == 1 else 'several times'}"
        if wanted is not None:
            yield from _differences(element.type, wanted.type, element.name)
    for chosen in theirs.kinds.keys() & ours.kinds.keys():
        yield from _differences(theirs.kinds[chosen], ours.kinds[chosen], chosen)


def _kind_of(kind: Type) -> str:
    return _KINDS.get(kind.base, f"a {kind.base}")
