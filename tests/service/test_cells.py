"""The four cells: which clients meet which store, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.conversation import Translation
from gateway.rest.ask import Rest as RestStore
from gateway.rest.passing import Passing
from gateway.rest.relay import RestRelay
from gateway.rest.resigning import Resigning
from gateway.rest.serve import Rest
from gateway.service.cells import CALLED, cells_of
from gateway.service.config import make_config
from gateway.service.credentials import Users
from gateway.service.documents import own_documents
from gateway.service.ini import ConfigError
from gateway.soap.ask import Soap as SoapStore
from gateway.soap.relay import SoapRelay
from gateway.soap.serve import Soap
from tests.service.twistd import CREDENTIALS

SOAP = ("backend", "protocol")
WSDL = ("backend", "wsdl")
URL = ("backend", "endpoint_url")


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "credentials").write_text(CREDENTIALS)
    (tmp_path / "credentials").chmod(0o600)
    return tmp_path


def cells(directory: Path, **settings: str):
    """The cells of `section__key` settings."""
    given = {tuple(name.split("__")): value for name, value in settings.items()}
    return cells_of(make_config(directory, given), Users(directory / "credentials", lambda: 0.0))


def shipped(directory: Path, **changes: str) -> None:
    """Put our own WSDL there as if it were a store's, with texts exchanged."""
    for name, document in own_documents().items():
        text = document.decode()
        for old, new in changes.items():
            text = text.replace(ADDRESS if old == "address" else old, new)
        (directory / name.replace("AmazonS3.wsdl", "store.wsdl")).write_text(text)


ADDRESS = "https://s3.amazonaws.com/soap"


def test_clients_of_a_rest_store(directory):
    made = cells(directory)
    assert isinstance(made.soap, Translation)
    assert (type(made.soap.front), type(made.soap.back)) == (Soap, RestStore)
    assert isinstance(made.rest, RestRelay)
    assert isinstance(made.rest.way, Resigning)
    assert made.rest.way.secret_of("AKALICE") == "alices+secret/key"
    assert made.store_url == "http://127.0.0.1:9000"


def test_the_store_may_check_rest_clients_itself(directory):
    assert isinstance(cells(directory, gateway__rest_auth="pass").rest.way, Passing)


def test_clients_of_a_soap_store(directory):
    made = cells(
        directory, backend__protocol="soap", backend__endpoint_url="https://old.example.com/s3/soap/"
    )
    assert isinstance(made.soap, SoapRelay)
    assert (made.soap.host, made.soap.path) == ("old.example.com", "/s3/soap/")
    assert isinstance(made.rest, Translation)
    assert (type(made.rest.front), type(made.rest.back)) == (Rest, SoapStore)
    assert (made.rest.back.host, made.rest.back.path) == ("old.example.com", "/s3/soap/")


def test_a_store_at_the_root(directory):
    made = cells(directory, backend__protocol="soap", backend__endpoint_url="http://old.example.com:8080")
    assert (made.rest.back.host, made.rest.back.path) == ("old.example.com:8080", "/")


def test_a_store_with_a_contract_of_its_own_is_translated_for_soap_clients_too(directory):
    shipped(directory, address="https://walrus.example.com:8773/services/Walrus/")
    made = cells(directory, backend__protocol="soap", backend__wsdl="store.wsdl")
    assert isinstance(made.soap, Translation)
    assert (made.soap.back.host, made.soap.back.path) == ("walrus.example.com:8773", "/services/Walrus/")
    assert made.store_url == "https://walrus.example.com:8773/services/Walrus/"
    assert made.soap.front.contract is not made.soap.back.contract


def test_a_configured_address_wins_over_that_of_the_wsdl(directory):
    shipped(directory)
    url = "https://127.0.0.1:1/here"
    made = cells(directory, backend__protocol="soap", backend__wsdl="store.wsdl", backend__endpoint_url=url)
    assert made.store_url == url


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": "nowhere"}, "its address"),
        ({"Object": "Thing", "Bucket": "Box"}, "store.wsdl"),
        (
            {'name="LastModified" type="xsd:dateTime"': 'name="LastModified" type="xsd:string"'},
            "LastModified is a text and not a dateTime",
        ),
    ],
)
def test_a_wsdl_that_cannot_be_used_is_named(directory, changes, said):
    shipped(directory, **changes)
    with pytest.raises(ConfigError) as caught:
        cells(directory, backend__protocol="soap", backend__wsdl="store.wsdl")
    (line,) = caught.value.lines
    assert line.startswith("[backend] wsdl: ")
    assert said in line


def test_what_is_called_has_a_name_in_the_metrics():
    assert {"PutObject", "ListObjectsV2", "GET.BUCKET", "PUT.OBJECT"} <= CALLED
