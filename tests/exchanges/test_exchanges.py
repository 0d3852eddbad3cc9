"""The transcripts are played: an error of a store becomes its SOAP fault, and the fault an error again."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest

from gateway.messages import Ids
from gateway.rest.errors import build_error, parse_error
from gateway.soap.faults import build_fault, parse_fault
from gateway.tables.errors import DOCUMENTED, known, message_of, row_for
from tests.exchanges.transcripts import (
    MADE,
    OUR_IDS,
    ErrorExchange,
    error_exchanges,
    read_reply,
    write_reply,
)
from tests.stores.capture import code_of
from tests.stores.programs import PROGRAMS

EXCHANGES = error_exchanges()
CAPTURED = [exchange for exchange in EXCHANGES if exchange.source != MADE]
MADE_ONES = [exchange for exchange in EXCHANGES if exchange.source == MADE]


def _name(exchange: ErrorExchange) -> str:
    return f"{exchange.name}.{exchange.source}"


@pytest.mark.parametrize("exchange", EXCHANGES, ids=_name)
def test_the_rest_error_becomes_the_fault_beside_it(exchange: ErrorExchange) -> None:
    problem = exchange.problem()
    assert problem.code == exchange.code
    assert build_fault(problem, OUR_IDS) == exchange.fault_path.read_bytes()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=_name)
def test_the_fault_tells_all_that_the_rest_error_told(exchange: ErrorExchange) -> None:
    """Wire rule 5, with the exception of rule 10: an error about a header entry has no detail."""
    told = exchange.problem()
    read = parse_fault(exchange.fault_path.read_bytes())
    assert read is not None
    assert (read.code, read.message) == (told.code, message_of(told.code, told.message))
    if not row_for(told.code).on_header:
        assert read.details == told.details
        assert read.request_id == (told.request_id or OUR_IDS.request_id)
        assert read.host_id == (told.host_id or OUR_IDS.host_id)


@pytest.mark.parametrize("exchange", MADE_ONES, ids=_name)
def test_a_made_error_comes_back_byte_for_byte(exchange: ErrorExchange) -> None:
    told = exchange.problem()
    read = parse_fault(exchange.fault_path.read_bytes())
    assert read is not None
    reply = build_error(read, Ids(told.request_id, told.host_id), resource=told.resource)
    assert write_reply(reply) == exchange.rest_bytes


@pytest.mark.parametrize("exchange", CAPTURED, ids=_name)
def test_a_captured_error_comes_back_as_s3_documents_it(exchange: ErrorExchange) -> None:
    """The words are the store's; status and reason are the table's, whatever the store made of them."""
    told = exchange.problem()
    read = parse_fault(exchange.fault_path.read_bytes())
    assert read is not None
    reply = build_error(read, OUR_IDS, resource=told.resource)
    row = row_for(told.code)
    assert (reply.status, reply.reason) == (
        (row.status, row.reason) if known(told.code) else (400, "Bad Request")
    )
    again = replace(
        told,
        message=message_of(told.code, told.message),
        request_id=told.request_id or OUR_IDS.request_id,
        host_id=told.host_id or OUR_IDS.host_id,
        status=reply.status,
        headers=(),
    )
    came = replace(parse_error(read_reply(write_reply(reply)), "object"), headers=())
    assert came == again


def test_every_documented_code_has_a_transcript() -> None:
    assert {row.code for row in DOCUMENTED} <= {exchange.code for exchange in EXCHANGES}


def test_every_documented_message_of_invalid_request_has_a_transcript() -> None:
    documented = {row.message for row in DOCUMENTED if row.code == "InvalidRequest"}
    assert documented == {
        exchange.problem().message for exchange in MADE_ONES if exchange.code == "InvalidRequest"
    }


def test_nothing_is_made_that_a_store_can_say() -> None:
    captured = {exchange.name for exchange in CAPTURED}
    assert not captured & {exchange.name for exchange in MADE_ONES}


@pytest.mark.parametrize("exchange", CAPTURED, ids=_name)
def test_a_captured_reply_is_whole(exchange: ErrorExchange) -> None:
    """It names its code, or a status that says it, has the length it tells, and its date is real."""
    reply = read_reply(exchange.rest_bytes)
    assert exchange.source in PROGRAMS
    assert code_of(exchange.rest_bytes) == exchange.code
    assert len(reply.body) == int(reply.header("content-length") or 0)
    assert parsedate_to_datetime(reply.header("date") or "").year >= 2026
