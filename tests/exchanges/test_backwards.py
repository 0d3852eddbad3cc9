"""The transcripts of operations are played backwards: a REST client, a SOAP store, the same messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from botocore.handlers import decode_list_object

from gateway.messages import Call, HttpReply
from gateway.tables.operations import OPERATIONS
from tests.exchanges.backwards import play_backwards, recorded_call
from tests.exchanges.operations import REST_REPLY, REST_REQUEST, Transcript, transcripts
from tests.exchanges.transcripts import read_reply
from tests.rest.viewed import read

UNPLAYED: Mapping[str, str] = MappingProxyType(
    {
        "PutObject-short.axis.seaweedfs": "nothing was said in REST",
        "PutObject-unattached.mono.seaweedfs": "nothing was said in REST",
        "GetObjectExtended-complete.gsoap.moto": "one answer cannot stand for two questions",
        "SetBucketLoggingStatus-absent.php.seaweedfs": "the store's reply was about another operation",
    }
)
"""Transcripts with which nothing can be begun, and why."""

PLAYED = [transcript for transcript in transcripts() if transcript.name not in UNPLAYED]
ALL = pytest.mark.parametrize("transcript", PLAYED, ids=lambda transcript: transcript.name)

IN_REST = {
    "ListAllMyBuckets": "ListBuckets",
    "ListBucket": "ListObjects",
    "GetBucketAccessControlPolicy": "GetBucketAcl",
    "SetBucketAccessControlPolicy": "PutBucketAcl",
    "GetObjectAccessControlPolicy": "GetObjectAcl",
    "SetObjectAccessControlPolicy": "PutObjectAcl",
    "GetBucketLoggingStatus": "GetBucketLogging",
    "SetBucketLoggingStatus": "PutBucketLogging",
    "PutObjectInline": "PutObject",
    "GetObjectExtended": "GetObject",
}
"""What S3 calls an operation in REST, where that is another name."""


def test_what_is_not_played_says_why_beside_its_messages():
    named = {transcript.name: transcript.one_way for transcript in transcripts()}
    assert all(named[name] for name in UNPLAYED)


def come_back(transcript: Transcript) -> Call:
    """The call as it must come back: REST has no word for InlineData, and always names the size of a page."""
    call = recorded_call(transcript)
    values = dict(call.values)
    if values.get("InlineData"):
        values["InlineData"] = False
    if call.operation == "ListBucket":
        values.setdefault("MaxKeys", 1000)
    assert transcript.one_way or values == call.values
    return Call(call.operation, values)


@ALL
def test_the_call_comes_back(transcript: Transcript) -> None:
    """Its values, whatever the stack that once wrote them; the rest of the message is ours.

    Before a part the object is asked about (wire rule 31), before a list of grants its owner.
    """
    *before, asked = play_backwards(transcript).asked
    assert asked == come_back(transcript)
    ranged = asked.values.keys() & {"ByteRangeStart", "ByteRangeEnd"}
    first = OPERATIONS[asked.operation].first if "AccessControlList" in asked.values else ""
    assert [call.operation for call in before] == [
        name for name in ("GetObject" * bool(ranged), first) if name
    ]
    assert not any(call.values.get("GetData") for call in before)


def with_quotes(theirs: dict[str, Any]) -> None:
    theirs["CopyObjectResult"]["ETag"] = f'"{theirs["CopyObjectResult"]["ETag"]}"'


def without_empty_names(theirs: dict[str, Any]) -> None:
    for grant in theirs["LoggingEnabled"]["TargetGrants"]:
        assert grant["Grantee"].pop("ID") == grant["Grantee"].pop("DisplayName") == ""


def with_resource(theirs: dict[str, Any]) -> None:
    theirs["Error"]["Resource"] = "/transcripts/a%20key/with%20%2B%20and%20%C3%BC"


MENDED: Mapping[str, Callable[[dict[str, Any]], None]] = MappingProxyType(
    {
        "CopyObject.php.seaweedfs": with_quotes,
        "GetBucketLoggingStatus.php.moto": without_empty_names,
        "GetObjectExtended-fails.axis.juicefs": with_resource,
    }
)
"""Replies that stores wrote otherwise than S3 does, and what is different in ours."""


@ALL
def test_the_reply_comes_back(transcript: Transcript) -> None:
    """As botocore reads it: status, S3's header fields, the document, the object."""
    method = transcript.of(REST_REQUEST)[-1].partition(b" ")[0]
    name = "HeadObject" if method == b"HEAD" else IN_REST.get(transcript.operation, transcript.operation)
    theirs = read_as(name, transcript.of(REST_REPLY)[-1])
    if transcript.name in MENDED:
        MENDED[transcript.name](theirs)
    assert read_as(name, play_backwards(transcript).reply) == theirs


def read_as(name: str, raw: bytes) -> dict[str, Any]:
    """What boto3 makes of a reply to an operation."""
    reply = read_reply(raw)
    assert isinstance(reply.body, bytes)
    parsed = read(HttpReply(reply.status, reply.reason, reply.headers, (reply.body,)), name)
    metadata = parsed.pop("ResponseMetadata")
    if name == "ListObjects":
        decode_list_object(parsed, {"encoding_type_auto_set": True})
    return {**parsed, "status": metadata["HTTPStatusCode"]}
