"""The served contract: one document, with the address it was asked at."""

from __future__ import annotations

import io

import pytest
import zeep

from gateway.service.documents import own_documents
from gateway.soap.description import ADDRESS, INCLUDE, publish
from gateway.tables.contract import ContractError
from gateway.tables.operations import OPERATIONS
from gateway.wire.markup import parse

ADDRESS_NAME = "{http://schemas.xmlsoap.org/wsdl/soap/}address"


def served(address: str) -> bytes:
    documents = own_documents()
    return publish(documents["AmazonS3.wsdl"], documents["AmazonS3.xsd"], address)


@pytest.mark.parametrize(
    "address", ["https://s3.example.com:8443/soap", "https://h/soap?a=1&b=2", "\"'<&>", "https://h/ü"]
)
def test_the_address_arrives_as_it_was_given(address):
    (node,) = parse(served(address)).iter(ADDRESS_NAME)
    assert node.get("location") == address


def test_the_schema_stands_inside_and_nothing_is_left_to_fetch():
    text = served("https://h/soap").decode()
    assert "include" not in text
    assert "import" not in text
    assert text.count("<xsd:schema ") == 1
    assert '<xsd:complexType name="ListBucketResult">' in text


def test_a_toolkit_reads_the_served_form_from_its_bytes_alone():
    client = zeep.Client(io.BytesIO(served("https://h.example/soap")))
    assert set(client.service._binding.all()) == set(OPERATIONS)
    assert client.service._binding_options["address"] == "https://h.example/soap"


@pytest.mark.parametrize("marker", [INCLUDE, ADDRESS])
def test_documents_that_are_laid_out_otherwise_are_noticed(marker):
    documents = own_documents()
    wsdl, xsd = documents["AmazonS3.wsdl"], documents["AmazonS3.xsd"]
    for changed in (wsdl.replace(marker.encode(), b""), wsdl.replace(marker.encode(), 2 * marker.encode())):
        with pytest.raises(ContractError, match="exactly once"):
            publish(changed, xsd, "https://h/soap")
