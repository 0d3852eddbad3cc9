"""The cells of one gateway: what is done for the clients of each language, by what the store speaks.

Two languages make a translation, one language a relay. SOAP clients of a SOAP store with a
contract of its own are translated too: from our contract to the store's.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.conversation import Translation
from gateway.proxy.exchange import Cell
from gateway.rest.addresses import Endpoint
from gateway.rest.ask import Rest as RestStore
from gateway.rest.passing import Passing
from gateway.rest.relay import OPERATIONS as RELAYED
from gateway.rest.relay import RestRelay
from gateway.rest.requests import Store
from gateway.rest.resigning import Resigning
from gateway.rest.serve import Rest
from gateway.rest.views import VIEWS
from gateway.service.config import Config
from gateway.service.credentials import Users
from gateway.service.documents import documents_at, own_documents
from gateway.service.ini import ConfigError, Entry, Source
from gateway.service.settings import Wrong, read_endpoint_url
from gateway.soap.ask import Soap as SoapStore
from gateway.soap.data import Limits
from gateway.soap.relay import SoapRelay
from gateway.soap.serve import Soap
from gateway.tables.contract import Contract, ContractError
from gateway.tables.dialect import judge_dialect
from gateway.tables.operations import OPERATIONS
from gateway.tables.wsdl import compile_contract
from gateway.wire.markup import parse

CALLED: Final = frozenset((*OPERATIONS, *RELAYED, *(view.name for view in VIEWS)))
"""What operations are called in log and metrics."""

Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Cells:
    """What a gateway does for its clients.

    Attributes:
        soap: For those who speak SOAP.
        rest: For all others.
        store_url: Where the store is, as far as connections to it go.

    """

    soap: Cell
    rest: Cell
    store_url: str


def cells_of(config: Config, users: Users) -> Cells:
    """Return the cells of a gateway.

    Args:
        config: What it is to be.
        users: Whom it knows.

    Raises:
        ConfigError: The store's WSDL cannot be used.

    """
    now = partial(datetime.now, UTC)
    documents = own_documents()
    contract = _contract_of(documents)
    soap = _soap_clients(config, users, contract, documents, now)
    build = _of_soap_store if config.backend.protocol == "soap" else _of_rest_store
    return build(config, users, soap, contract, now)


def _contract_of(documents: Mapping[str, bytes]) -> Contract:
    """Compile a contract; the first document is its WSDL."""
    trees = {name: parse(text) for name, text in documents.items()}
    return compile_contract(documents, trees, next(iter(documents)))


def _soap_clients(
    config: Config, users: Users, contract: Contract, documents: Mapping[str, bytes], now: Now
) -> Soap:
    limits, asked = config.limits, config.gateway
    return Soap(
        contract=contract,
        documents=documents,
        secret_of=users.secret_of,
        now=now,
        soap_path=asked.soap_path,
        domains=asked.domains,
        public_url=asked.public_url,
        anonymous=config.credentials.anonymous == "allow",
        max_soap_message=limits.max_soap_message,
        attachments=asked.attachments,
        new_id=partial(secrets.token_hex, 16),
        limits=Limits(
            max_inline_data=limits.max_inline_data,
            max_inline_answer=limits.max_inline_answer,
            max_object=limits.max_object,
        ),
    )


def _of_rest_store(config: Config, users: Users, soap: Soap, contract: Contract, now: Now) -> Cells:
    backend, asked = config.backend, config.gateway
    store = Store(
        endpoint=Endpoint.of(backend.endpoint_url),
        region=backend.region,
        addressing_style=backend.addressing_style,
        acl=backend.acl,
        payload_signing=backend.payload_signing_enabled,
    )
    rest = RestStore(contract=contract, store=store, key_of=users.backend_of, now=now, etag=asked.etag)
    if asked.rest_auth == "pass":
        way: Passing | Resigning = Passing(endpoint=store.endpoint, max_object=config.limits.max_object)
    else:
        way = Resigning(
            store=store,
            secret_of=users.secret_of,
            key_of=users.backend_of,
            now=now,
            domains=asked.domains,
            region=backend.region,
            anonymous=config.credentials.anonymous == "allow",
            max_object=config.limits.max_object,
        )
    return Cells(Translation(soap, rest), RestRelay(way=way, domains=asked.domains), backend.endpoint_url)


def _of_soap_store(config: Config, users: Users, soap: Soap, contract: Contract, now: Now) -> Cells:
    backend, asked = config.backend, config.gateway
    theirs = contract if backend.wsdl is None else _their_contract(backend.wsdl, contract)
    url = _address(config, theirs)
    host, path = Endpoint.of(url).authority, urlsplit(url).path or "/"
    store = SoapStore(
        contract=theirs,
        host=host,
        path=path,
        key_of=users.backend_of,
        now=now,
        new_id=soap.new_id,
        attachments=asked.attachments,
        etag=asked.etag,
    )
    rest = Rest(
        contract=contract,
        secret_of=users.secret_of,
        now=now,
        region=backend.region,
        domains=asked.domains,
        anonymous=soap.anonymous,
        max_object=config.limits.max_object,
    )
    front: Cell = Translation(soap, store)
    if backend.wsdl is None:
        front = SoapRelay(soap=soap, host=host, path=path, key_of=users.backend_of)
    return Cells(front, Translation(rest, store), url)


def _their_contract(wsdl: Path, ours: Contract) -> Contract:
    try:
        theirs = _contract_of(documents_at(wsdl))
        judge_dialect(theirs, ours)
    except ContractError as error:
        raise ConfigError(f"[backend] wsdl: {wsdl}: {error}") from error
    return theirs


def _address(config: Config, theirs: Contract) -> str:
    """Return the store's address: as configured, else as its own WSDL has it."""
    backend = config.backend
    if backend.wsdl is None or ("backend", "endpoint_url") in config.given:
        return backend.endpoint_url
    told = Entry("backend", "endpoint_url", 0, ((0, theirs.location),))
    try:
        return read_endpoint_url(told, Source(config.path, backend.wsdl.parent))
    except Wrong as error:
        raise ConfigError(f"[backend] wsdl: {backend.wsdl}: its address: {error}") from error
