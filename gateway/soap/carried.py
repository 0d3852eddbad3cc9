"""What a message to a store can carry: nothing of a call is lost without a word.

A store's contract may have fewer fields than ours, older enumerations, other types, and XML
has no word for control characters. A value that would not arrive is refused by its name;
only what says nothing, or nothing that the store does not do or know anyway, is left out.

Sources: XML 1.0, 2.2; the facts of the S3 schema for what is done when a field is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gateway.messages import Body, Problem
from gateway.tables.contract import Element as Declared
from gateway.tables.contract import Type
from gateway.wire.markup import escape
from gateway.wire.values import KIND

KNOWN_TO_THE_STORE: Final = frozenset({"Owner", "DisplayName"})
"""Fields that repeat what the store itself says."""

DEFAULTS: Final[Mapping[str, Any]] = {"StorageClass": "STANDARD", "MetadataDirective": "COPY"}
"""What a store does when the field is absent."""

_PYTHON: Final[Mapping[str, tuple[type, ...]]] = {
    "": (dict,),
    "string": (str,),
    "int": (int,),
    "long": (int,),
    "boolean": (bool,),
    "dateTime": (datetime,),
    "base64Binary": (bytes, Body),
}
"""A base of the contract to what its values are."""


def carried(values: Mapping[str, Any], kind: Type, operation: str) -> dict[str, Any]:
    """Return the values for which a type has places.

    Args:
        values: Of a call, or of a field in it.
        kind: The type, as the store has it.
        operation: What is asked, for people.

    Raises:
        Problem: NotImplemented, naming the field that the store's contract cannot say;
            InvalidArgument, naming the one that XML cannot.

    """
    found = {}
    for name, value in values.items():
        declared = kind.element(name)
        if name == KIND:
            found[name] = value
        elif declared is not None:
            found[name] = _fitting(value, declared, operation)
        elif name not in KNOWN_TO_THE_STORE and not _says_nothing(name, value):
            raise _unsaid(operation, name)
    return found


def _says_nothing(name: str, value: Any) -> bool:
    return value is None or value is False or value in ("", []) or value == DEFAULTS.get(name)


def _fitting(value: Any, declared: Declared, operation: str) -> Any:
    """Return the value of one field, with what is in it."""
    if isinstance(value, list):
        if declared.high == 1:
            raise _unsaid(operation, declared.name)
        return [_one(each, declared, operation) for each in value]
    if declared.high != 1:
        raise _unsaid(operation, declared.name)
    return None if value is None else _one(value, declared, operation)


def _one(value: Any, declared: Declared, operation: str) -> Any:
    kind = declared.type
    fits = isinstance(value, _PYTHON[kind.base]) and isinstance(value, bool) == (kind.base == "boolean")
    if not fits or (kind.allowed and value not in kind.allowed):
        raise _unsaid(operation, declared.name)
    if isinstance(value, str) and escape(value).count("\ufffd") > value.count("\ufffd"):
        details = (("ArgumentName", declared.name),)
        raise Problem("InvalidArgument", f"{declared.name} has characters that XML cannot carry.", details)
    if not isinstance(value, dict):
        return value
    if kind.kinds:
        chosen = kind.kinds.get(value.get(KIND, ""))
        if chosen is None:
            raise _unsaid(operation, declared.name)
        kind = chosen
    return carried(value, kind, operation)


def _unsaid(operation: str, name: str) -> Problem:
    return Problem("NotImplemented", f"The store's {operation} cannot say what {name} says.")
