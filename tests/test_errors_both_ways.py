"""Errors over both codecs, REST to SOAP to REST and the reverse: what wire rule 5 excepts, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from gateway.messages import HttpReply, Ids, Problem, RestReply
from gateway.rest.errors import build_error, parse_error
from gateway.soap.faults import build_fault, parse_fault
from gateway.tables.errors import ERRORS, known, message_of, row_for
from tests.strategies import problems

IDS = Ids("our-request", "our-host")
ROWS = pytest.mark.parametrize(
    "row", ERRORS, ids=[f"{number}-{row.code}" for number, row in enumerate(ERRORS)]
)


def received(reply: HttpReply) -> RestReply:
    """The reply we would write, as a store's."""
    body = b"".join(piece for piece in reply.pieces if isinstance(piece, bytes))
    return RestReply(reply.status, reply.reason, reply.headers, body)


def through_rest(problem: Problem) -> Problem:
    return parse_error(received(build_error(problem, IDS)), "object")


def through_soap(problem: Problem) -> Problem:
    read = parse_fault(build_fault(problem, IDS))
    assert read is not None
    return read


def said(problem: Problem) -> tuple[object, ...]:
    """What must survive: code, message, further fields, ids."""
    ids = (problem.request_id or IDS.request_id, problem.host_id or IDS.host_id)
    return problem.code, message_of(problem.code, problem.message), problem.details, ids


def has_no_body(problem: Problem) -> bool:
    return row_for(problem.code, problem.message, problem.status).status == 304


def has_no_detail(problem: Problem) -> bool:
    return row_for(problem.code, problem.message).on_header


def is_told_otherwise(problem: Problem) -> bool:
    return bool(row_for(problem.code).rest_code)


@given(problems)
def test_rest_to_soap_to_rest(problem):
    """What stands in an error document stands there again, to the byte."""
    told = build_error(problem, IDS)
    read = parse_error(received(told), "object")
    again = build_error(through_soap(read), IDS, resource=read.resource)
    if has_no_detail(read):
        assert (again.status, again.reason) == (told.status, told.reason)
        assert said(through_soap(read)) == (*said(read)[:2], (), (IDS.request_id, IDS.host_id))
    else:
        assert again == told


@given(problems)
def test_soap_to_rest_to_soap(problem):
    """A fault that became an error document becomes the same fault, to the byte."""
    fault = build_fault(problem, IDS)
    read = parse_fault(fault)
    if has_no_body(read):
        assert received(build_error(read, IDS)).body == b""
        return
    came = through_rest(read)
    if is_told_otherwise(problem):
        assert (came.code, came.message) == ("InvalidRequest", message_of(problem.code, problem.message))
        return
    assert build_fault(came, IDS) == fault


@given(problems)
def test_the_order_of_the_ways_does_not_matter(problem):
    if has_no_body(problem) or has_no_detail(problem):
        return
    assert (
        said(through_soap(through_rest(problem)))
        == said(problem)
        == said(through_rest(through_soap(problem)))
    )


@ROWS
def test_every_row_from_rest_to_soap_to_rest(row):
    """With its documented fields, its status and its reason phrase."""
    told = Problem(
        row.code, row.message, tuple((name, f"a {name}") for name in row.details), "request", "host", "/b/k"
    )
    reply = build_error(told, IDS)
    status = row.status or 400
    assert reply.status == status
    assert reply.reason == (row.reason or "Bad Request")
    if status == 304:
        assert reply.pieces == ()
        return
    read = parse_error(received(reply), "object")
    assert (read.code, read.message) == (row.rest_code or row.code, message_of(row.code, row.message))
    again = build_error(through_soap(read), Ids("request", "host"), resource=read.resource)
    if row.on_header and not row.rest_code:
        read = replace(read, details=())
    expected = build_error(replace(read, status=None), IDS)
    assert received(again).body == received(expected).body
    assert (again.status, again.reason) == (status, reply.reason)


@ROWS
def test_every_row_from_soap_to_rest_to_soap(row):
    told = Problem(
        row.code, row.message, tuple((name, f"a {name}") for name in row.details), "request", "host"
    )
    read = through_soap(told)
    assert (read.code, read.message) == (row.code, message_of(row.code, row.message))
    assert read.details == (() if row.on_header else told.details)
    if row.status == 304 or row.rest_code:
        return
    assert build_fault(through_rest(read), IDS) == build_fault(read, IDS)


@pytest.mark.parametrize(
    ("code", "status"), [("NewCode", 409), ("NewCode", 507), ("KMS.New", 404), ("New", 200)]
)
def test_the_status_of_a_code_without_a_row_comes_back_as_its_class(code, status):
    """Wire rule 2."""
    document = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()
    read = parse_error(RestReply(status, "", (), document), "object")
    again = build_error(through_soap(read), IDS)
    assert again.status == (400 if 300 <= status < 500 else 500)
    assert parse_error(received(again), "object").code == code
    assert not known(code)


@pytest.mark.parametrize("alias", ["KeyTooLong", "InvalidTagError", "InlineDataTooLargeError"])
def test_another_spelling_comes_back_as_the_documented_one(alias):
    """Wire rule 4."""
    document = f"<Error><Code>{alias}</Code></Error>".encode()
    read = parse_error(RestReply(400, "", (), document), "object")
    assert through_soap(read).code == read.code == row_for(alias).code != alias
