"""The transcripts of operations are played forwards: the same messages come, byte for byte."""

from __future__ import annotations

import pytest

from gateway.messages import Call
from gateway.soap.calls import operation_of, parse_call
from gateway.soap.envelope import parse_envelope
from gateway.tables.operations import OPERATIONS
from tests.exchanges.operations import (
    REST_REPLY,
    REST_REQUEST,
    SOAP_ANSWER,
    SOAP_REQUEST,
    Transcript,
    envelope_of,
    play,
    transcripts,
)
from tests.joined import our_contract
from tests.schema import judge

TRANSCRIPTS = list(transcripts())


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
def test_a_call_leads_to_the_same_messages(transcript: Transcript) -> None:
    replies = iter(transcript.of(REST_REPLY))
    request = transcript.of(SOAP_REQUEST)[0]
    passed = play(request, transcript.endpoint_url, transcript.clock, lambda _message, _method: next(replies))
    assert [(SOAP_REQUEST, request), *passed] == list(transcript.messages)
    assert next(replies, None) is None


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
def test_a_transcript_is_whole(transcript: Transcript) -> None:
    """One call, questions and replies in turn, one answer."""
    kinds = [kind for kind, _ in transcript.messages]
    questions = (len(kinds) - 2) // 2
    assert kinds == [SOAP_REQUEST, *[REST_REQUEST, REST_REPLY] * questions, SOAP_ANSWER]


def test_every_operation_has_a_transcript() -> None:
    assert {transcript.operation for transcript in TRANSCRIPTS} == OPERATIONS.keys()


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
def test_every_answer_is_as_the_schema_has_it(transcript: Transcript) -> None:
    judge(envelope_of(transcript.of(SOAP_ANSWER)[0]))


def _call_of(transcript: Transcript) -> Call:
    node = parse_envelope(envelope_of(transcript.of(SOAP_REQUEST)[0]))
    assert operation_of(node, our_contract()) == transcript.operation
    return parse_call(node, our_contract(), None)


def _is_lost(transcript: Transcript) -> bool:
    """Whether the REST side does not hold all that the call says, or holds more."""
    call = _call_of(transcript)
    row = OPERATIONS[call.operation]
    if len(transcript.of(REST_REQUEST)) != (2 if row.first else 1):
        return True
    overlooked = bool(row.first) and b" 409 " in transcript.of(REST_REPLY)[-1][:20]
    listed = call.operation == "ListBucket" and "MaxKeys" not in call.values
    return overlooked or listed or call.operation == "PutObjectInline" or bool(call.values.get("InlineData"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
def test_a_transcript_that_cannot_go_back_says_why(transcript: Transcript) -> None:
    assert bool(transcript.one_way) == _is_lost(transcript)
