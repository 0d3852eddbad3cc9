"""A WSDL compiled: zeep reads it, and what comes out is a plain `Contract`.

A store with a dialect of its own is served by pointing at its WSDL. zeep is given bytes and
can fetch nothing: what is not among the documents handed in does not exist. Three things it
forgets are read from the same documents as trees, which the caller parsed: enumerations,
abstract types and which type derives from which.

A document that no contract can say (choice, any, rpc, headers, attributes, a second
namespace) is refused at the start, not met at run time.

Sources: WSDL 1.1 (W3C Note of 2001-03-15), 3 and 5; XML Schema 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gateway.tables.contract import Contract, ContractError, Element, Message, Type
from gateway.tables.operations import OPERATIONS

XSD: Final = "http://www.w3.org/2001/XMLSchema"
WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
WSDL_SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
WSDL_MIME: Final = "http://schemas.xmlsoap.org/wsdl/mime/"
DOCUMENTS: Final = "file:///"
"""Where the documents are said to be, so that zeep joins relative names to it and not to a directory."""

BASES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("string", "normalizedString", "token", "anyURI", "NMTOKEN", "Name", "NCName"), "string"),
    **dict.fromkeys(("int", "short", "byte", "unsignedShort", "unsignedByte"), "int"),
    **dict.fromkeys(("long", "integer", "unsignedInt", "unsignedLong"), "long"),
    **dict.fromkeys(("nonNegativeInteger", "positiveInteger"), "long"),
    **{name: name for name in ("boolean", "dateTime", "base64Binary")},
}
"""A simple type of XML Schema to the one of six by which its text is read and written."""


def compile_contract(
    documents: Mapping[str, bytes], trees: Mapping[str, etree._Element], root: str = "AmazonS3.wsdl"
) -> Contract:
    """Compile a WSDL and the schemas that it names.

    Args:
        documents: Name to bytes; a name is what the documents call each other.
        trees: The same documents, parsed by the house's own parser.
        root: The name of the WSDL among them.

    Raises:
        ContractError: The WSDL is broken, names a document that is not there, uses a form the
            gateway does not speak, or has none of S3's operations.

    """
    try:
        return _read(documents, trees, root)
    except ContractError:
        raise
    except Exception as error:  # zeep raises whatever it stumbles over, from KeyError to its own
        raise ContractError(f"{root} is no WSDL that can be read: {error!r}.") from error


def _read(documents: Mapping[str, bytes], trees: Mapping[str, etree._Element], root: str) -> Contract:
    """Compile the documents; what zeep raises is let out."""
    port = _soap_port(documents, root)
    binding = port.binding
    if any(operation.style == "rpc" for operation in binding.all().values()):
        raise ContractError("The WSDL uses the rpc style; only document style can be served.")
    if any(body.get("use", "literal") != "literal" for body in _all(trees, WSDL_SOAP, "body")):
        raise ContractError('The WSDL uses encoded messages; only use="literal" can be served.')
    attached = _attached(trees)
    parts = {
        name: (
            _part(name, operation.input, name, (name, "input") in attached),
            _part(name, operation.output, f"{name}Response", (name, "output") in attached),
        )
        for name, operation in binding.all().items()
        if name in OPERATIONS
    }
    if not parts:
        raise ContractError("The WSDL has none of the operations of S3; is it the right file?")
    namespaces = {element.qname.namespace for pair in parts.values() for element in pair}
    if len(namespaces) > 1:
        raise ContractError(f"The messages stand in two namespaces: {', '.join(sorted(namespaces))}.")
    compiler = _Compiler(binding.wsdl.types, namespaces.pop(), trees)
    operations = {
        name: Message(
            compiler.compile(request.type),
            compiler.compile(response.type),
            binding.get(name).soapaction or "",
        )
        for name, (request, response) in parts.items()
    }
    for name, message in operations.items():
        if len(message.response.elements) > 1:
            raise ContractError(f"The answer of {name} holds more than one element.")
    location = (port.binding_options or {}).get("address") or ""
    return Contract(compiler.namespace, operations, compiler.named, location)


@dataclass(frozen=True, slots=True)
class _Given:
    """A transport for zeep that has the documents handed in and no other."""

    documents: Mapping[str, bytes]

    def load(self, url: str) -> bytes:
        """Return the document of that name; zeep made an address of it."""
        name = url.removeprefix(DOCUMENTS)
        if name not in self.documents:
            raise ContractError(f"The WSDL names {name}, which is not among the documents given.")
        return self.documents[name]


def _soap_port(documents: Mapping[str, bytes], root: str) -> Any:
    """Let zeep read the documents; return the first port that speaks SOAP 1.1."""
    import zeep  # noqa: PLC0415 - a quarter of a second, which those who compile nothing need not pay
    from zeep.wsdl.bindings import Soap11Binding  # noqa: PLC0415 - the same

    transport: Any = _Given(documents)
    document = zeep.wsdl.Document(DOCUMENTS + root, transport, settings=zeep.Settings(forbid_dtd=True))
    for service in document.services.values():
        for port in service.ports.values():
            if isinstance(port.binding, Soap11Binding):
                return port
    raise ContractError("The WSDL has no port with a SOAP 1.1 binding.")


def _part(operation: str, message: Any, name: str, attached: bool) -> Any:
    """Return the one element of which `message` consists, of the name it must have.

    What is described as `attached` to it by a MIME binding is no element of it.
    """
    parts = list(message.abstract.parts.values()) if message is not None and message.abstract else []
    if attached:
        parts = [part for part in parts if part.element is not None]
    if len(parts) != 1 or parts[0].element is None:
        raise ContractError(f"A message of {operation} is not one part that is an element.")
    if (message.body is None and not attached) or message.header.type.elements:
        raise ContractError(f"A message of {operation} is not a body alone; headers cannot be served.")
    element = parts[0].element
    if element.qname.localname != name:
        raise ContractError(f"A message of {operation} is called {element.qname.localname} and not {name}.")
    return element


def _attached(trees: Mapping[str, etree._Element]) -> set[tuple[str, str]]:
    """Return operation and direction of each message that a MIME binding attaches parts to, headers never."""
    body, header = (
        f"{{{WSDL_MIME}}}multipartRelated/{{{WSDL_MIME}}}part/{{{WSDL_SOAP}}}{name}"
        for name in ("body", "header")
    )
    return {
        (operation.get("name", ""), direction)
        for operation in _all(trees, WSDL, "operation")
        for direction in ("input", "output")
        for message in operation.iterfind(f"{{{WSDL}}}{direction}")
        if message.find(body) is not None and message.find(header) is None
    }


class _Compiler:
    """Makes a Type of each of zeep's types once; the trees tell what zeep forgot."""

    def __init__(self, schema: Any, namespace: str, trees: Mapping[str, etree._Element]) -> None:
        self.namespace = namespace
        self.named: dict[str, Type] = {}
        self._schema = schema
        self._simple: dict[str, Type] = {}
        self._open: list[str] = []
        self._enumerations = {
            name: tuple(item.get("value", "") for item in simple.iter(f"{{{XSD}}}enumeration"))
            for simple in _all(trees, XSD, "simpleType")
            if (name := simple.get("name")) is not None
        }
        complex_types = {node.get("name"): node for node in _all(trees, XSD, "complexType")}
        self._abstract = {
            name for name, node in complex_types.items() if node.get("abstract") in ("true", "1")
        }
        self._parents = {
            name: content.get("base", "").rpartition(":")[2]
            for name, node in complex_types.items()
            if name is not None
            for content in node.iterfind(f"{{{XSD}}}complexContent/*")
        }

    def compile(self, found: Any) -> Type:
        """Return the Type of one of zeep's types; the same for the same named type."""
        from zeep import xsd  # noqa: PLC0415 - as above

        name = found.qname.localname if found.qname is not None else "anyType"
        if not isinstance(found, xsd.ComplexType):
            return self._compile_simple(found, name)
        if found.is_global and name in self.named:
            return self.named[name]
        if found.is_global and name in self._open:
            raise ContractError(f"The type {name} contains itself.")
        if found.attributes:
            raise ContractError(f"The type {name} has attributes, which cannot be served.")
        self._open.append(name)
        elements = tuple(
            self._compile_element(element, name)
            for _, group in found.elements_nested
            for element in self._flat(group, name)
        )
        kinds = {
            kind: self.compile(self._schema.get_type(f"{{{self.namespace}}}{kind}"))
            for kind in self._derived(name)
            if found.is_global and kind not in self._abstract
        }
        self._open.pop()
        abstract = found.is_global and name in self._abstract
        if kinds and not abstract:
            kinds[name] = Type(name, "", elements)
        made = Type(name, "", elements, kinds, abstract)
        if len(made.by_name) < len(elements):
            raise ContractError(f"The type {name} has two elements of one name.")
        if found.is_global:
            self.named[name] = made
        return made

    def _compile_simple(self, found: Any, name: str) -> Type:
        """Return a simple type: one of XML Schema's own, or a named restriction of one."""
        key = str(found.qname)
        if key in self._simple:
            return self._simple[key]
        origin = getattr(found, "_default_qname", None)
        base = BASES.get(origin.localname) if origin is not None else None
        own = found.qname.namespace != XSD if found.qname is not None else False
        if base is None or (own and name not in self._enumerations):
            raise ContractError(f"The simple type {name} cannot be served.")
        made = Type(name, base, allowed=self._enumerations[name] if own else ())
        self._simple[key] = made
        if own:
            self.named[name] = made
        return made

    def _compile_element(self, found: Any, owner: str) -> Element:
        """Return one element of the type `owner`."""
        if found.qname is None or found.qname.namespace != self.namespace:
            raise ContractError(f"{found.name} in {owner} does not stand in the namespace {self.namespace}.")
        high = None if found.max_occurs == "unbounded" else int(found.max_occurs)
        return Element(
            found.qname.localname, self.compile(found.type), int(found.min_occurs), high, bool(found.nillable)
        )

    def _flat(self, found: Any, owner: str) -> Iterator[Any]:
        """Yield the elements of a sequence and of those inside it, in order."""
        from zeep import xsd  # noqa: PLC0415 - as above

        if type(found) is xsd.Element:
            yield found
        elif isinstance(found, xsd.Sequence | xsd.All) and (found.min_occurs, found.max_occurs) == (1, 1):
            for inner in found:
                yield from self._flat(inner, owner)
        else:
            form = type(found).__name__.lower()
            raise ContractError(f"The type {owner} has a part of the form {form}, which cannot be served.")

    def _derived(self, name: str) -> Iterator[str]:
        """Yield the names of all types that extend the type `name`, directly or not."""
        for child, parent in self._parents.items():
            if parent == name:
                yield child
                yield from self._derived(child)


def _all(trees: Mapping[str, etree._Element], namespace: str, name: str) -> Iterator[etree._Element]:
    """Yield the elements of that name in all documents."""
    for tree in trees.values():
        yield from tree.iter(f"{{{namespace}}}{name}")
