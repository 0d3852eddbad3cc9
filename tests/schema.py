"""What the gateway writes is held against the schema it ships; what it reads is not (clients differ)."""

from __future__ import annotations

from functools import cache

from lxml import etree

from gateway.service.documents import own_documents
from gateway.soap.envelope import SOAP


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(own_documents()["AmazonS3.xsd"]))


def judge(envelope: bytes) -> None:
    """Fail when what stands in the Body of an envelope, a fault excepted, is not as the schema has it."""
    (content,) = etree.fromstring(envelope).find(f"{{{SOAP}}}Body")
    if content.tag != f"{{{SOAP}}}Fault":
        # On its own, so that a default namespace is in scope where xsi:type needs it.
        _schema().assertValid(etree.ElementTree(etree.fromstring(etree.tostring(content))))
