"""WSDLs compiled for the tests, and what came of them in short words."""

from __future__ import annotations

from gateway.tables.contract import Contract, Element
from gateway.tables.wsdl import compile_contract
from gateway.wire.markup import parse

WSDL, XSD = "AmazonS3.wsdl", "AmazonS3.xsd"


def compiled(wsdl: bytes, xsd: bytes = b"<x/>") -> Contract:
    documents = {WSDL: wsdl, XSD: xsd}
    return compile_contract(documents, {name: parse(data) for name, data in documents.items()})


def said(element: Element) -> str:
    """An element in the words of the tables above."""
    bounds = {(1, 1): "", (0, 1): " ?", (0, None): " 0..*"}.get(
        (element.low, element.high), f" {element.low}..{element.high}"
    )
    return f"{element.name} {element.type.name}{bounds}{' nil' if element.nillable else ''}"
