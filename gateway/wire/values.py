"""Elements to values and back, by the types of the contract.

One reader and one writer serve the bodies of SOAP messages and the documents of REST: both
have the same types. Each type is compiled to a closure once, so that nothing is looked up
twice for the thousand entries of a listing.

The reader is liberal where real clients are: names count without their namespace, order
does not count, unknown elements are passed over, `xsi:type` is looked at only where it
decides. It is strict where a value would be guessed: a single element that stands twice,
one that is required and missing, a text outside its type. The writer is strict always: what it
writes stands in the order of the schema.

Values: a complex type is a dict by element name, with the type's name under KIND where the
schema leaves a choice; a repeated element is a list; simple types are str, int, bool, an
aware datetime in UTC, bytes. Sources: the facts of the S3 schema, XML Schema part 2.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from gateway.messages import Body
from gateway.tables.contract import Element as Declared
from gateway.tables.contract import Type
from gateway.wire.markup import Base64, Element, MarkupError, escape, holds_elements, local
from gateway.wire.texts import NUMBERS, PARSERS, build_moment, parse_etag

KIND: Final = "xsi:type"
"""The key under which a value says which of the types it is."""

XSI: Final = (
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/2000/10/XMLSchema-instance",
    "http://www.w3.org/1999/XMLSchema-instance",
)
"""The schema-instance namespaces clients have sent; the first is ours."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_TYPE_NAMES = tuple(f"{{{xsi}}}type" for xsi in XSI)
_NIL_NAMES = tuple(f"{{{xsi}}}{name}" for xsi in XSI for name in ("nil", "null"))

_MAY_BE_EMPTY: Final = frozenset({"", "string", "base64Binary"})
"""Bases of which an empty element is a value; "" is a complex type."""

Reader = Callable[[Element], Any]
TextReader = Callable[[str], Any]
_Children = dict[str, tuple[Declared, bool, Callable[[Any], Any]]]
"""By name: what is declared, whether it is read from its text alone, and what reads it."""

Writer = Callable[[list[str | Body], Any], None]


# -- readers ----------------------------------------------------------------------------------


def is_nil(node: Element) -> bool:
    """Tell whether an element says that it is nil, in any of the namespaces, and is empty."""
    if not node.attrib or len(node) or node.text:  # the text last: each look at it makes a copy
        return False
    return any(node.get(name, "") in {"true", "1"} for name in _NIL_NAMES)


def kind_of(node: Element) -> str:
    """Return the local name of the type that `xsi:type` gives an element, "" for none."""
    for name in _TYPE_NAMES:
        value = node.get(name)
        if value:
            return value.strip().rpartition(":")[2]
    return ""


def _text_reader(name: str, kind: Type) -> TextReader:
    parse = parse_etag if name == "ETag" else PARSERS[kind.base]
    allowed = frozenset(kind.allowed)

    def read(text: str) -> Any:
        if allowed:
            text = text.strip()
            if text not in allowed:
                raise MarkupError(f"{name} is none of {', '.join(kind.allowed)}", name)
        try:
            return parse(text)
        except ValueError as error:
            raise MarkupError(f"{name} is {error}", name) from None

    return read


@cache
def reader_of(kind: Type, *, strict: bool = True) -> Reader:
    """Compile the reader of a complex type.

    Args:
        kind: The type.
        strict: Judge occurrences and enumerations, as for a client's request. A store's
            answer is read as it is: what it lacks, the writer makes up for (wire rule 29).

    Returns:
        A function of an element that returns its value and raises MarkupError.

    """
    if kind.kinds:
        return _choosing_reader(kind, strict=strict)
    table: _Children = {}
    read = _reader_by(table, kind if strict else None)
    for declared in kind.elements:
        table[declared.name] = (declared, bool(declared.type.base), _child_reader(declared, strict=strict))
    return read


def _reader_by(table: _Children, judged: Type | None) -> Reader:
    """Return the reader of an element whose children stand in `table`, now or when it is asked."""

    def read(node: Element) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for child in node:
            entry = table.get(local(child))
            if entry is None:
                continue
            declared, simple, read_child = entry
            text = child.text  # once, for each look at it makes a copy
            if not text and _is_absent(child, declared):
                continue
            try:
                if simple and len(child):
                    raise holds_elements(child)
                value = read_child((text or "") if simple else child)
            except MarkupError as error:
                error.field = declared.name  # the outermost one, the operation's field
                raise
            if declared.high != 1:
                values.setdefault(declared.name, []).append(value)
            elif declared.name in values:
                raise MarkupError(f"{declared.name} stands twice", declared.name)
            else:
                values[declared.name] = value
        if judged is not None:
            _judge_occurrences(judged, values)
        return values

    return read


def _child_reader(declared: Declared, *, strict: bool) -> TextReader | Reader:
    """Return what reads an element: from its text where it has a simple type, else from all of it."""
    kind = declared.type
    if not kind.base:
        return reader_of(kind, strict=strict)
    free = Type(kind.name, kind.base)
    return _text_reader(declared.name, kind if strict else free)


def _is_absent(node: Element, declared: Declared) -> bool:
    """Tell whether an element without text says nothing: nil, or empty where its type has no empty value."""
    kind = declared.type
    has_empty_value = kind.base in _MAY_BE_EMPTY and not kind.allowed
    if declared.low == 0 and not has_empty_value and not len(node):
        return True
    return is_nil(node)


def _judge_occurrences(kind: Type, values: Mapping[str, Any]) -> None:
    for declared in kind.elements:
        value = values.get(declared.name)
        if value is None:
            if declared.low and not declared.nillable:
                raise MarkupError(f"{declared.name} is missing", declared.name)
        elif declared.high not in {1, None} and len(value) > declared.high:
            raise MarkupError(f"{declared.name} stands more than {declared.high} times", declared.name)


def _choosing_reader(kind: Type, *, strict: bool) -> Reader:
    """Read an element whose type the message chooses: by xsi:type, else by what it holds.

    What holds nothing that only one of the types has is of the declared type, where that is not abstract.
    """
    readers = {name: reader_of(concrete, strict=strict) for name, concrete in kind.kinds.items()}
    firsts = {
        own[0].name: name
        for name, concrete in kind.kinds.items()
        if (own := concrete.elements[len(kind.elements) :])
    }
    itself = kind.name if kind.name in readers else ""

    def read(node: Element) -> dict[str, Any]:
        name = kind_of(node)
        if name not in readers:
            name = next((firsts[local(child)] for child in node if local(child) in firsts), itself)
        if not name:
            raise MarkupError(f"{local(node)} is of none of the types {', '.join(readers)}", local(node))
        values: dict[str, Any] = readers[name](node)
        values[KIND] = name
        return values

    return read


# -- writers ----------------------------------------------------------------------------------


def _text_writer(declared: Declared) -> Callable[[Any], str]:
    base, allowed = declared.type.base, declared.type.allowed
    if allowed:
        fallback = "UNKNOWN" if "UNKNOWN" in allowed else None

        def write_allowed(value: Any) -> str:
            if value in allowed:
                return str(value)
            if fallback is None:
                raise ValueError(f"{declared.name} is none of {', '.join(allowed)}")
            return fallback  # Axis and .NET throw on a word outside the enumeration (wire rule 29)

        return write_allowed
    if base == "dateTime":
        return build_moment
    if base == "boolean":
        return lambda value: "true" if value else "false"
    if base == "base64Binary":
        return lambda value: base64.b64encode(value).decode("ascii")
    return lambda value: escape(str(value))


def _absent_value(declared: Declared) -> Any:
    """Return what stands for a required value that a store left out (wire rule 29).

    Raises:
        ValueError: Nothing does: who is granted something cannot be made up.

    """
    kind = declared.type
    if kind.kinds:
        raise ValueError(f"{declared.name} is missing")
    if kind.allowed:
        return kind.allowed[0]
    return {"": {}, "dateTime": EPOCH, "boolean": False, "base64Binary": b""}.get(
        kind.base, 0 if kind.base in NUMBERS else ""
    )


@cache
def writer_of(kind: Type, *, declares: bool = False) -> Writer:
    """Compile the writer of a complex type's children, in the order of the schema.

    Args:
        kind: The type.
        declares: Bind the prefix `xsi` at each element that says its type, as REST's
            documents do: there are stores that look for it nowhere else. Otherwise it is
            bound where the text will stand.

    Returns:
        A function of the text so far and a value. It raises ValueError for a word outside an
        enumeration that has no word for it, and for a missing value that cannot be made up.

    """
    writers = [_element_writer(declared, declares=declares) for declared in kind.elements]

    def write(out: list[str | Body], values: Any) -> None:
        for name, write_element in writers:
            write_element(out, values.get(name))

    return write


def _element_writer(declared: Declared, *, declares: bool) -> tuple[str, Writer]:
    name = declared.name
    write_one = (
        _simple_writer(declared) if declared.type.base else _complex_writer(declared, declares=declares)
    )
    empty = f'<{name} xsi:nil="true"/>'

    def write_each(out: list[str | Body], value: Any) -> None:
        for each in value or ():
            write_one(out, each)

    def write_absent(out: list[str | Body]) -> None:
        if declared.nillable:
            out.append(empty)
        elif declared.low:
            write_one(out, _absent_value(declared))

    def write(out: list[str | Body], value: Any) -> None:
        if value is None:
            write_absent(out)
        else:
            write_one(out, value)

    return name, write if declared.high == 1 else write_each


def _simple_writer(declared: Declared) -> Writer:
    start, end, text = f"<{declared.name}>", f"</{declared.name}>", _text_writer(declared)

    def write(out: list[str | Body], value: Any) -> None:
        out.append(f"{start}{text(value)}{end}")

    def write_data(out: list[str | Body], value: Any) -> None:
        if isinstance(value, Body):
            out += (start, value.coded(Base64), end)
        else:
            write(out, value)

    return write_data if declared.type.base == "base64Binary" else write


def _complex_writer(declared: Declared, *, declares: bool) -> Writer:
    name, kind = declared.name, declared.type
    start = f'<{name} xmlns:xsi="{XSI[0]}" xsi:type=' if declares else f"<{name} xsi:type="
    cached: dict[str, Writer] = {}

    def write(out: list[str | Body], value: Any) -> None:
        chosen = value[KIND] if kind.kinds else ""
        inside = cached.get(chosen)
        if inside is None:
            inside = cached[chosen] = writer_of(kind.kinds[chosen] if chosen else kind, declares=declares)
        out.append(f'{start}"{chosen}">' if chosen else f"<{name}>")
        inside(out, value)
        out.append(f"</{name}>")

    return write
