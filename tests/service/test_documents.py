"""Where the contract is found, installed and in a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.service.documents import NAMES, documents_at, own_documents
from gateway.service.ini import ConfigError


def laid(folder: Path, text: bytes) -> None:
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(text)


def test_in_a_checkout_the_folder_stands_beside_the_package():
    beside = Path(__file__).parents[2] / "wsdl"
    assert own_documents() == {name: (beside / name).read_bytes() for name in NAMES}


def test_in_a_wheel_it_stands_inside_and_wins(tmp_path):
    package = tmp_path / "gateway"
    package.mkdir()
    laid(tmp_path / "wsdl", b"beside")
    assert own_documents(package) == dict.fromkeys(NAMES, b"beside")
    laid(package / "wsdl", b"inside")
    assert own_documents(package) == dict.fromkeys(NAMES, b"inside")


def test_a_broken_installation_says_which_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"AmazonS3\.wsdl"):
        own_documents(tmp_path)


WSDL = '<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:x="http://www.w3.org/2001/XMLSchema">{}</w:definitions>'
XSD = '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema">{}</x:schema>'


def test_a_wsdl_is_read_with_all_that_it_names(tmp_path):
    (tmp_path / "types").mkdir()
    inline = '<w:types><x:schema><x:include schemaLocation="types/a.xsd"/></x:schema></w:types>'
    texts = {
        "store.wsdl": WSDL.format(f'<w:import location="part.wsdl" namespace="n"/>{inline}'),
        "part.wsdl": WSDL.format('<w:import location="http://elsewhere/x.wsdl" namespace="n"/>'),
        "types/a.xsd": XSD.format('<x:include schemaLocation="b.xsd"/><x:import namespace="none"/>'),
        "types/b.xsd": XSD.format('<x:import schemaLocation="../types/a.xsd" namespace="n"/>'),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    documents = documents_at(tmp_path / "store.wsdl")
    assert documents == {name: text.encode() for name, text in texts.items()}
    assert next(iter(documents)) == "store.wsdl"


@pytest.mark.parametrize("text", [None, "no XML", WSDL.format('<w:import location="none.wsdl"/>')])
def test_a_document_that_cannot_be_read_is_named(tmp_path, text):
    if text is not None:
        (tmp_path / "store.wsdl").write_text(text)
    with pytest.raises(ConfigError, match=r"(store|none)\.wsdl: "):
        documents_at(tmp_path / "store.wsdl")


def test_our_own_contract_is_read_like_any_other():
    beside = Path(__file__).parents[2] / "wsdl"
    assert documents_at(beside / "AmazonS3.wsdl") == own_documents()
