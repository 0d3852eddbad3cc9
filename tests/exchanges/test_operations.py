"""The transcripts of operations are played forwards: the same messages come, byte for byte."""

from __future__ import annotations

import pytest

from gateway.tables.operations import OPERATIONS
from tests.exchanges.operations import (
    REST_REPLY,
    REST_REQUEST,
    SOAP_ANSWER,
    SOAP_REQUEST,
    Transcript,
    play,
    transcripts,
)

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
