"""The contract: what a WSDL says of each message, in plain words.

An operation has two types, a type has elements in order, an element has a type and two
bounds. Readers and writers of messages are made of these once, at the start; how they are
come by is the affair of `wsdl`.

Sources: WSDL 1.1 (W3C Note of 2001-03-15), XML Schema 1.0, and the S3 WSDL of 2006-03-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class ContractError(Exception):
    """The WSDL cannot be used: it is no contract of S3's operations that the gateway can keep."""


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """A place inside a type.

    Attributes:
        name: Its local name; the namespace is the contract's.
        type: What stands in it.
        low: How often it must stand there.
        high: How often it may; None when there is no bound.
        nillable: Whether `xsi:nil` may stand for its content.

    """

    name: str
    type: Type
    low: int
    high: int | None
    nillable: bool


@dataclass(frozen=True, slots=True, eq=False)
class Type:
    """What may stand inside an element. Compared and hashed by identity: there is one of each.

    Attributes:
        name: The name of the type, or of the operation element when the type has none.
        base: string, int, long, boolean, dateTime or base64Binary; "" for a complex type.
        elements: What stands in a complex type, in order, those of its parent first.
        kinds: The types that may stand in its place by `xsi:type`, by local name.
        abstract: Whether one of `kinds` must. A type that is not, and has kinds, is one of them.
        allowed: The values of an enumeration; empty when every value is allowed.

    """

    name: str
    base: str
    elements: tuple[Element, ...] = field(default=(), repr=False)
    kinds: Mapping[str, Type] = field(default_factory=dict, repr=False)
    abstract: bool = False
    allowed: tuple[str, ...] = field(default=(), repr=False)
    by_name: Mapping[str, Element] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the look-up by name."""
        object.__setattr__(self, "by_name", {element.name: element for element in self.elements})

    def element(self, name: str) -> Element | None:
        """Return the element of that local name, None when there is none."""
        return self.by_name.get(name)


@dataclass(frozen=True, slots=True)
class Message:
    """An operation, as the contract has it.

    Attributes:
        request: The type of the element that asks.
        response: The type of the element that answers.
        action: What SOAPAction says, without its quotes.

    """

    request: Type
    response: Type
    action: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """All that is said on the wire.

    Attributes:
        namespace: Of every element.
        operations: By name; the request element has that name, the answer `<name>Response`.
        types: Every named complex type that an operation reaches, and every enumeration, by local name.
        location: The address that the WSDL gives, "" for none.

    """

    namespace: str
    operations: Mapping[str, Message]
    types: Mapping[str, Type]
    location: str = ""
