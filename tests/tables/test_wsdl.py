"""A WSDL compiled: dialects that are served, and what is refused at the start."""

from __future__ import annotations

import pytest

from gateway.tables.contract import ContractError
from gateway.tables.wsdl import compile_contract
from gateway.wire.markup import parse
from gateway.wire.values import KIND, reader_of, writer_of
from tests.joined import our_contract
from tests.tables.compiling import WSDL, compiled, said

DIALECT = """<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/{soap}/"
 xmlns:m="http://schemas.xmlsoap.org/wsdl/mime/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:d="urn:dialect"
 targetNamespace="urn:dialect">
{imports}
<w:types><x:schema targetNamespace="urn:dialect" elementFormDefault="{form}">{schema_imports}
<x:element name="{request}"><x:complexType>{content}</x:complexType></x:element>
<x:element name="DeleteObjectResponse"><x:complexType><x:sequence>
 <x:element name="DeleteObjectResponse"><x:complexType><x:sequence>
  <x:element name="Description" type="d:Words"/><x:element name="Code" type="x:integer" nillable="true"/>
 </x:sequence></x:complexType></x:element>{second}
</x:sequence></x:complexType></x:element>
<x:element name="Header" type="x:string"/>
<x:simpleType name="Words"><x:restriction base="x:token"><x:maxLength value="9"/></x:restriction></x:simpleType>
{types}
</x:schema>{schemas}</w:types>
<w:message name="in"><w:part name="parameters" {part}/>{parts}</w:message>
<w:message name="out"><w:part name="parameters" element="d:DeleteObjectResponse"/></w:message>
<w:message name="head"><w:part name="head" element="d:Header"/></w:message>
<w:portType name="p"><w:operation name="{operation}"><w:input message="d:in"/>{output}</w:operation></w:portType>
<w:binding name="b" type="d:p"><s:binding style="{style}" transport="http://schemas.xmlsoap.org/soap/http"/>
 <w:operation name="{operation}"><s:operation soapAction="x"/>
  <w:input>{body}</w:input><w:output><s:body use="literal"/></w:output></w:operation></w:binding>
<w:service name="v"><w:port name="p" binding="d:b"><s:address location="http://localhost/"/></w:port></w:service>
</w:definitions>"""

DEFAULTS = {
    "soap": "soap",
    "imports": "",
    "form": "qualified",
    "schema_imports": "",
    "schemas": "",
    "request": "DeleteObject",
    "content": '<x:sequence><x:element name="Key" type="x:string"/><x:element name="Bucket" type="x:anyURI"/></x:sequence>',
    "types": "",
    "second": "",
    "part": 'element="d:DeleteObject"',
    "parts": "",
    "operation": "DeleteObject",
    "output": '<w:output message="d:out"/>',
    "style": "document",
    "body": '<s:body use="literal"/>',
}


def dialect(**changes: str) -> bytes:
    return DIALECT.format(**{**DEFAULTS, **changes}).encode()


def test_a_dialect_of_its_own_namespace_and_order():
    found = compiled(dialect())
    assert found.namespace == "urn:dialect"
    assert list(found.operations) == ["DeleteObject"]
    assert [said(element) for element in found.operations["DeleteObject"].request.elements] == [
        "Key string",
        "Bucket anyURI",
    ]
    assert found.operations["DeleteObject"].request.element("Bucket").type.base == "string"


def test_a_dialect_may_leave_its_types_without_names_and_restrict_text():
    inner = compiled(dialect()).operations["DeleteObject"].response.element("DeleteObjectResponse").type
    assert [said(element) for element in inner.elements] == ["Description Words", "Code integer nil"]
    assert [element.type.base for element in inner.elements] == ["string", "long"]


def test_sequences_in_sequences_are_one():
    content = """<x:sequence><x:element name="A" type="x:int"/><x:sequence><x:element name="B" type="x:int"/>
    </x:sequence><x:element name="C" type="x:int"/></x:sequence>"""
    request = compiled(dialect(content=content)).operations["DeleteObject"].request
    assert [element.name for element in request.elements] == ["A", "B", "C"]


def test_the_parents_elements_come_first_through_any_number_of_parents():
    types = """<x:complexType name="C"><x:complexContent><x:extension base="d:B"><x:sequence>
      <x:element name="c" type="x:int"/></x:sequence></x:extension></x:complexContent></x:complexType>
    <x:complexType name="B"><x:complexContent><x:extension base="d:A"><x:sequence>
      <x:element name="b" type="x:int"/></x:sequence></x:extension></x:complexContent></x:complexType>
    <x:complexType name="A"><x:sequence><x:element name="a" type="x:int"/></x:sequence></x:complexType>"""
    content = '<x:sequence><x:element name="Any" type="d:A"/></x:sequence>'
    found = compiled(dialect(types=types, content=content))
    assert [element.name for element in found.types["C"].elements] == ["a", "b", "c"]
    assert list(found.types["A"].kinds) == ["B", "C", "A"]
    assert not found.types["A"].abstract


def test_a_type_that_is_not_abstract_is_one_of_its_own_kinds():
    types = """<x:complexType name="B"><x:complexContent><x:extension base="d:A"><x:sequence>
      <x:element name="b" type="x:int"/></x:sequence></x:extension></x:complexContent></x:complexType>
    <x:complexType name="A"><x:sequence><x:element name="a" type="x:int"/></x:sequence></x:complexType>"""
    content = '<x:sequence><x:element name="Any" type="d:A"/></x:sequence>'
    request = compiled(dialect(types=types, content=content)).operations["DeleteObject"].request
    read = reader_of(request)
    for inside, kind, values in (
        ("<a>1</a>", "A", {"a": 1}),
        ("<a>1</a><b>2</b>", "B", {"a": 1, "b": 2}),
    ):
        value = {"Any": {**values, KIND: kind}}
        assert read(parse(f"<DeleteObject><Any>{inside}</Any></DeleteObject>".encode())) == value
        out: list[str] = []
        writer_of(request)(out, value)
        assert "".join(out) == f'<Any xsi:type="{kind}">{inside}</Any>'


def test_the_first_port_that_speaks_soap_1_1_is_taken():
    """A WSDL may offer the same by another binding first."""
    other = """<w:binding name="h" type="d:p"><h:binding xmlns:h="http://schemas.xmlsoap.org/wsdl/http/" verb="GET"/>
    </w:binding><w:service name="a"><w:port name="h" binding="d:h"><h:address
    xmlns:h="http://schemas.xmlsoap.org/wsdl/http/" location="http://localhost/"/></w:port></w:service><w:binding name="b\""""
    text = dialect().decode().replace('<w:binding name="b"', other)
    assert list(compiled(text.encode()).operations) == ["DeleteObject"]


def test_attachments_that_a_contract_describes_are_no_elements_of_it():
    """The message is the one part that is an element; what is attached is known without being told."""
    described = """<m:multipartRelated><m:part><s:body parts="parameters" use="literal"/></m:part>
    <m:part><m:content part="data" type="application/octet-stream"/></m:part></m:multipartRelated>"""
    found = compiled(dialect(body=described, parts='<w:part name="data" type="x:base64Binary"/>'))
    assert [said(element) for element in found.operations["DeleteObject"].request.elements] == [
        "Key string",
        "Bucket anyURI",
    ]


def test_the_address_and_the_actions_are_told():
    contract = our_contract()
    found = compiled(dialect())
    assert (found.location, found.operations["DeleteObject"].action) == ("http://localhost/", "x")
    assert {message.action for message in contract.operations.values()} == {""}
    assert contract.location == "https://s3.amazonaws.com/soap"
    silent = (
        dialect().replace(b' soapAction="x"', b"").replace(b'<s:address location="http://localhost/"/>', b"")
    )
    assert (compiled(silent).location, compiled(silent).operations["DeleteObject"].action) == ("", "")


def element_of(type_name: str, more: str = "") -> str:
    return f'<x:sequence><x:element name="A" type="{type_name}" {more}/></x:sequence>'


REFUSED = {
    "choice": (
        {
            "content": '<x:choice><x:element name="A" type="x:int"/><x:element name="B" type="x:int"/></x:choice>'
        },
        "form choice",
    ),
    "a choice in a sequence": (
        {"content": '<x:sequence><x:choice><x:element name="A" type="x:int"/></x:choice></x:sequence>'},
        "form choice",
    ),
    "any": ({"content": "<x:sequence><x:any/></x:sequence>"}, "form any"),
    "a sequence that repeats": (
        {"content": '<x:sequence maxOccurs="2"><x:element name="A" type="x:int"/></x:sequence>'},
        "form sequence",
    ),
    "rpc": ({"style": "rpc"}, "rpc"),
    "encoded": ({"body": '<s:body use="encoded"/>'}, "encoded"),
    "SOAP 1.2 only": ({"soap": "soap12"}, "SOAP 1.1"),
    "another service": (
        {
            "operation": "GetWeather",
        },
        "none of the operations of S3",
    ),
    "a message of a type": ({"part": 'type="x:string"'}, "not one part"),
    "a message of two parts": ({"parts": '<w:part name="two" element="d:Header"/>'}, "not one part"),
    "no answer": ({"output": ""}, "not one part"),
    "a header": (
        {
            "body": '<s:body parts="parameters" use="literal"/><s:header message="d:head" part="head" use="literal"/>'
        },
        "headers",
    ),
    "a header beside an attachment": (
        {
            "body": '<m:multipartRelated><m:part><s:body use="literal"/><s:header message="d:head" part="head" '
            'use="literal"/></m:part></m:multipartRelated>'
        },
        "headers",
    ),
    "another request element": (
        {"request": "Remove", "part": 'element="d:Remove"'},
        "called Remove and not DeleteObject",
    ),
    "unqualified elements": ({"form": "unqualified"}, "does not stand in the namespace"),
    "an attribute": (
        {"content": element_of("x:int") + '<x:attribute name="a" type="x:int"/>'},
        "attributes",
    ),
    "an answer of two elements": (
        {
            "second": '<x:element name="Second" type="x:string"/>',
        },
        "holds more than one element",
    ),
    "two elements of one name": (
        {
            "content": '<x:sequence><x:element name="A" type="x:int"/><x:element name="B" type="x:int"/>'
            '<x:element name="A" type="x:int"/></x:sequence>'
        },
        "two elements of one name",
    ),
    "a type inside itself": (
        {
            "content": element_of("d:T"),
            "types": '<x:complexType name="T">' + element_of("d:T", 'minOccurs="0"') + "</x:complexType>",
        },
        "contains itself",
    ),
    "text with attributes": (
        {
            "content": element_of("d:T"),
            "types": '<x:complexType name="T"><x:simpleContent><x:extension base="x:string"/></x:simpleContent></x:complexType>',
        },
        "_value_1 in T does not stand",
    ),
    "a number with a point": ({"content": element_of("x:decimal")}, "simple type decimal"),
    "a list": (
        {
            "content": element_of("d:L"),
            "types": '<x:simpleType name="L"><x:list itemType="x:int"/></x:simpleType>',
        },
        "simple type",
    ),
    "an enumeration without a name": (
        {
            "content": '<x:sequence><x:element name="A"><x:simpleType><x:restriction base="x:string">'
            '<x:enumeration value="a"/></x:restriction></x:simpleType></x:element></x:sequence>'
        },
        "simple type A",
    ),
    "an element without a type": (
        {"content": '<x:sequence><x:element name="A"/></x:sequence>'},
        "simple type",
    ),
    "two namespaces": (
        {
            "part": 'xmlns:o="urn:other" element="o:DeleteObject"',
            "schema_imports": '<x:import namespace="urn:other"/>',
            "schemas": '<x:schema targetNamespace="urn:other"><x:element name="DeleteObject" type="x:string"/></x:schema>',
        },
        "two namespaces: urn:dialect, urn:other",
    ),
    "an import from elsewhere": (
        {"imports": '<w:import namespace="urn:far" location="http://localhost:9/far.wsdl"/>'},
        "names http://localhost:9/far.wsdl, which is not among",
    ),
    "a schema from elsewhere": (
        {"schema_imports": '<x:import namespace="urn:far" schemaLocation="far.xsd"/>'},
        "names far.xsd, which is not among",
    ),
    "a file of this machine": (
        {"schema_imports": '<x:import namespace="urn:far" schemaLocation="file:///etc/passwd"/>'},
        "names etc/passwd, which is not among",
    ),
    "a type that is not there": ({"content": element_of("d:Nowhere")}, "can be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_gateway_cannot_keep_is_refused_at_the_start(case):
    changes, words = REFUSED[case]
    with pytest.raises(ContractError, match=words):
        compiled(dialect(**changes))


def test_a_document_that_is_no_wsdl_is_refused():
    with pytest.raises(ContractError, match=f"{WSDL} is no WSDL that can be read"):
        compile_contract({WSDL: b"hello"}, {})


def test_a_wsdl_that_is_not_there_is_refused():
    with pytest.raises(ContractError, match=f"names {WSDL}, which is not among the documents given"):
        compile_contract({}, {})
