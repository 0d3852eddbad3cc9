"""The served contract: one document that a toolkit can be pointed at, with the address it was asked at.

Some toolkits do not follow an `xsd:include` over HTTP, and those that do must reach the
second document; so the schema stands inside. The documents are our own and their layout is
known, so this is done on the text: comments and layout stay as they were written, and a
document that has changed its layout is noticed at once.

Source: wire rule 37; WSDL 1.1, 3.8 (soap:address).
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr  # writes text, parses nothing

from gateway.tables.contract import ContractError

INCLUDE: Final = '<xsd:include schemaLocation="AmazonS3.xsd"/>'
ADDRESS: Final = 'location="https://s3.amazonaws.com/soap"'
SCHEMA_TAG: Final = "<xsd:schema "
SCHEMA_END: Final = "</xsd:schema>"


def publish(wsdl: bytes, xsd: bytes, address: str) -> bytes:
    """Return the WSDL with its schema inlined and `address` as where the service is.

    Args:
        wsdl: Our AmazonS3.wsdl, UTF-8.
        xsd: Our AmazonS3.xsd, UTF-8.
        address: Any text; it is escaped.

    Raises:
        ContractError: The documents are not laid out as ours are.

    """
    _, schema = _cut(xsd.decode(), SCHEMA_TAG)
    declarations, _ = _cut(schema.partition(">")[2], SCHEMA_END)
    before, behind = _cut(wsdl.decode(), INCLUDE)
    inlined = before.rstrip() + declarations.rstrip() + behind
    head, tail = _cut(inlined, ADDRESS)
    return f"{head}location={quoteattr(address)}{tail}".encode()


def _cut(text: str, marker: str) -> tuple[str, str]:
    """Return what stands before and behind `marker`, which must stand there exactly once."""
    before, found, behind = text.partition(marker)
    if not found or marker in behind:
        raise ContractError(f"The contract shipped with the gateway must have {marker} exactly once.")
    return before, behind
