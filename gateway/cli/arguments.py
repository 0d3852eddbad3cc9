"""The fields of a call as an operator writes them: `Name=value` on the command line, typed by the contract.

The contract says which fields an operation has, of which type and how often, so a mistake is told in one line
before anything is sent. Four short forms spare the shapes that only XML needs: `Outer.Inner=value`,
`Metadata.Name=value`, `Grant=PERMISSION:id|email|uri=who`, and `Data=@path` or `file=path`.

`file=path` is also what PutObject attaches, and `out=path` where an object goes: neither is a field.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.cli.files import Attached, FileProblemError, attached_file
from gateway.tables.contract import Contract, Element, Type
from gateway.wire.texts import PARSERS
from gateway.wire.values import KIND

GRANTEES: Final[Mapping[str, tuple[str, str]]] = {
    "id": ("CanonicalUser", "ID"),
    "email": ("AmazonCustomerByEmail", "EmailAddress"),
    "uri": ("Group", "URI"),
}
"""How a grantee is named on the command line: the type and the field it is in the message."""

FILES: Final = ("file", "out")
"""Fields that are no operation's: what is sent, and where an object goes."""

ASKED_FOR: Final = ("GetMetadata", "GetData", "InlineData")
"""What a request for an object asks for, unless told otherwise: everything, inside the answer."""


class FieldError(ValueError):
    """What the operator wrote cannot be sent; the text is one line that says why and what would be right."""


def take_files(
    contract: Contract, operation: str, arguments: Iterable[str]
) -> tuple[list[str], Attached | None, Path | None]:
    """Return the fields, what is attached, and the path that an object is written to.

    A file is attached where the operation takes its bytes beside the envelope; its size is the ContentLength,
    unless another one is given. An object that goes to a file is asked for beside the answer, unless told
    otherwise.

    Args:
        contract: What the fields are.
        operation: Its name.
        arguments: As for `read_fields`, and `out=path`.

    Raises:
        FieldError: One of them stands twice, or the file cannot be read.

    """
    given = list(arguments)
    names = [argument.partition("=")[0] for argument in given]
    twice = [name for name in FILES if names.count(name) > 1]
    if twice:
        raise FieldError(f"{twice[0]} stands twice")
    paths = {name: Path(argument.partition("=")[2]) for name, argument in zip(names, given, strict=True)}
    request = contract.operations[operation].request if operation in contract.operations else None
    attached, out = None, paths.get("out")
    taken = {"out"}
    if request and "file" in paths and request.element("ContentLength") and not request.element("Data"):
        attached = _attached(paths["file"])
        taken.add("file")
        if "ContentLength" not in names:
            given.append(f"ContentLength={attached.size}")
    if request and out and request.element("InlineData") and "InlineData" not in names:
        given.append("InlineData=false")
    return [argument for argument in given if argument.partition("=")[0] not in taken], attached, out


def _attached(path: Path) -> Attached:
    try:
        return attached_file(path)
    except FileProblemError as error:
        raise FieldError(str(error)) from error


def read_fields(contract: Contract, operation: str, arguments: Iterable[str]) -> dict[str, Any]:
    """Return the fields of a request by name, as the contract types them.

    Args:
        contract: What the fields are.
        operation: Its name.
        arguments: `Name=value` each; `Outer.Inner=value` for a field within a field, `Metadata.Name=value`
            for an entry, `Grant=PERMISSION:id|email|uri=who` for a grant, `Data=@path` or `file=path` for
            bytes out of a file. A field that may be repeated is repeated.

    Raises:
        FieldError: There is no such operation or field, a value is not of its type, or one is missing.

    """
    if operation not in contract.operations:
        raise FieldError(f"there is no operation {operation}{_closest(operation, contract.operations)}")
    request = contract.operations[operation].request
    values: dict[str, Any] = {}
    for argument in arguments:
        path, sign_, text = argument.partition("=")
        if not sign_:
            raise FieldError(f"{argument!r} is no field; write Name=value")
        if path == "file":
            path, text = "Data", f"@{text}"
        _put(values, request, path.split("."), text)
    for name in ASKED_FOR:
        if request.element(name):
            values.setdefault(name, True)
    if "Data" in values:
        values.setdefault("ContentLength", len(values["Data"]))
    missing = [element.name for element in request.elements if element.low and element.name not in values]
    if missing:
        raise FieldError(f"{operation} needs {' and '.join(missing)}")
    return values


def _put(values: dict[str, Any], kind: Type, path: list[str], text: str) -> None:
    """Put one field where it belongs in `values`."""
    name, *inner = path
    element = kind.element(name)
    if element is None and name == "Grant" and kind.element("AccessControlList"):
        _put(values, kind, ["AccessControlList", name, *inner], text)
        return
    if element is None:
        beside = "; attach it with PutObject file=PATH, or send it with PutObjectInline"
        hint = beside if name == "Data" else _closest(name, kind.by_name)
        raise FieldError(f"{kind.name} has no field {name}{hint}")
    if element.type.name == "MetadataEntry":
        if not inner:
            raise FieldError(f"write {name}.Name=value, as {name}.color=red")
        _add(values, element, {"Name": ".".join(inner), "Value": text})
    elif element.type.name == "Grant" and not inner:
        _add(values, element, _grant(element.type, text))
    elif element.type.base and not inner:
        _add(values, element, _value(element, text))
    elif element.type.base or element.high != 1:
        raise FieldError(f"{name} has no fields of its own; write {name}=value")
    elif inner:
        _put(values.setdefault(name, {}), element.type, inner, text)
    elif text:
        raise FieldError(f"{name} has fields of its own; write {name}.{element.type.elements[0].name}=...")
    else:
        values.setdefault(name, {})


def _add(values: dict[str, Any], element: Element, value: Any) -> None:
    """Set the value of a field, or append it where the field may be repeated."""
    if element.high != 1:
        values.setdefault(element.name, []).append(value)
    elif element.name in values:
        raise FieldError(f"{element.name} stands twice")
    else:
        values[element.name] = value


def _value(element: Element, text: str) -> Any:
    """Return the value that a text stands for."""
    allowed, base = element.type.allowed, element.type.base
    if allowed and text not in allowed:
        raise FieldError(f"{element.name} is one of {', '.join(allowed)}")
    if base == "base64Binary":
        return _read(Path(text[1:])) if text.startswith("@") else text.encode()
    try:
        return PARSERS[base](text)
    except ValueError as error:
        raise FieldError(f"{element.name}: {text!r} is {error}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FieldError(f"{path}: {error.strerror}") from error


def _grant(kind: Type, text: str) -> dict[str, Any]:
    """Return the grant that `READ:uri=http://...` stands for."""
    permission, _, grantee = text.partition(":")
    how, _, who = grantee.partition("=")
    declared = kind.by_name["Permission"]
    if how not in GRANTEES or not who:
        raise FieldError(f"Grant: write PERMISSION:{'|'.join(GRANTEES)}=who, as READ:id=1234")
    grantee_type, field = GRANTEES[how]
    return {"Grantee": {KIND: grantee_type, field: who}, "Permission": _value(declared, permission)}


def _closest(name: str, names: Iterable[str]) -> str:
    """Return a hint at the name that was probably meant, "" when none is near."""
    by_lower = {known.lower(): known for known in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[found[0]]}?" if found else ""
