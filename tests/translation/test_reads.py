"""Parts of objects and conditions, on every store, beside what the store answers boto3."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from gateway.messages import Problem
from tests.translation.calls import BUCKET, HELLO, WANTED, get, refusal

OTHER = '"00000000000000000000000000000000"'
SECOND = timedelta(seconds=1)


@pytest.fixture
def modified(client):
    """When the object `k` of five bytes was written."""
    client.put_object(Bucket=BUCKET, Key="k", Body=b"hello")
    return client.head_object(Bucket=BUCKET, Key="k")["LastModified"]


# -- ranges -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ("bytes=0-0", b"h"),
        ("bytes=1-3", b"ell"),
        ("bytes=3-", b"lo"),
        ("bytes=2-100", b"llo"),
        ("bytes=-2", b"lo"),
        ("bytes=-100", b"hello"),
    ],
)
def test_a_part_is_what_boto3_reads(gateway, client, modified, header, data):
    theirs = client.get_object(Bucket=BUCKET, Key="k", Range=header)
    start, _, end = header.removeprefix("bytes=").partition("-")
    ends = {"ByteRangeStart": start, "ByteRangeEnd": end}
    got = get(gateway, **{name: int(value) for name, value in ends.items() if value})
    assert got["Data"] == theirs["Body"].read() == data
    assert got["Status"]["Code"] == theirs["ResponseMetadata"]["HTTPStatusCode"]
    assert got["Status"]["Description"] in {"Partial Content", "OK"}
    assert got["ETag"] == HELLO


@pytest.mark.parametrize("ends", [{"ByteRangeStart": 5}, {"ByteRangeStart": 100, "ByteRangeEnd": 200}])
def test_a_part_outside_the_object(gateway, client, modified, ends):
    assert (
        refusal(gateway, "GetObjectExtended", Bucket=BUCKET, Key="k", **WANTED, **ends).code == "InvalidRange"
    )


def test_a_part_of_nothing_is_not_asked_for(gateway):
    values = {**WANTED, "ByteRangeStart": 3, "ByteRangeEnd": 2}
    assert refusal(gateway, "GetObjectExtended", Bucket=BUCKET, Key="k", **values).code == "InvalidRange"
    assert gateway.sent == []


# -- conditions -------------------------------------------------------------------------------


def test_conditions_that_hold(gateway, modified):
    for values in (
        {"IfMatch": [HELLO]},
        {"IfMatch": [HELLO.strip('"')]},
        {"IfNoneMatch": [OTHER]},
        {"IfModifiedSince": modified - SECOND},
        {"IfUnmodifiedSince": modified},
    ):
        got = get(gateway, **values)
        assert (got["Status"]["Code"], got["Data"]) == (200, b"hello"), values


def test_conditions_that_ask_for_another_object(gateway, modified):
    """A fault: the client wanted this very object, and it is not there any more."""
    for values in ({"IfMatch": [OTHER]}, {"IfUnmodifiedSince": modified - SECOND}):
        with pytest.raises(Problem, match="PreconditionFailed"):
            get(gateway, **values)


def test_conditions_that_ask_for_news(gateway, modified):
    """No fault: an ordinary answer that there is none (wire rule 30)."""
    for values in ({"IfNoneMatch": [HELLO]}, {"IfModifiedSince": modified}):
        got = get(gateway, **values)
        assert got["Status"] == {"Code": 304, "Description": "Not Modified"}, values
        assert "Data" not in got
        assert (got["ETag"], got["LastModified"]) == (HELLO, modified)


@pytest.mark.parametrize("name", ["IfMatch", "IfNoneMatch"])
@pytest.mark.parametrize("tags", [[OTHER, HELLO], [HELLO, OTHER], [OTHER, OTHER]])
def test_several_tags_are_a_list_as_boto3_sends_it(gateway, client, modified, name, tags):
    """What a store makes of a list differs: JuiceFS and moto take it for one tag."""
    try:
        client.get_object(Bucket=BUCKET, Key="k", **{name: ", ".join(tags)})
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    else:
        status = 200
    if status == 412:
        with pytest.raises(Problem, match="PreconditionFailed"):
            get(gateway, **{name: tags})
    else:
        assert get(gateway, **{name: tags})["Status"]["Code"] == status


def test_conditions_without_data(gateway, modified):
    assert get(gateway, GetData=False, IfMatch=[HELLO])["Status"]["Code"] == 200
    assert get(gateway, GetData=False, IfNoneMatch=[HELLO])["Status"]["Code"] == 304
    with pytest.raises(Problem, match="PreconditionFailed"):
        get(gateway, GetData=False, IfMatch=[OTHER])


def test_a_missing_object_is_missing_under_any_condition(gateway, client):
    for values in ({"IfMatch": [HELLO]}, {"IfNoneMatch": [HELLO]}):
        with pytest.raises(Problem, match="NoSuchKey"):
            get(gateway, "missing", **values)


# -- the whole object when a condition fails --------------------------------------------------

COMPLETE = {"ByteRangeStart": 1, "ReturnCompleteObjectOnConditionFailure": True}


def test_the_part_while_the_condition_holds(gateway, modified):
    for values in ({"IfMatch": [HELLO]}, {"IfUnmodifiedSince": modified}, {}):
        got = get(gateway, **COMPLETE, **values)
        assert (got["Status"]["Code"], got["Data"]) == (206, b"ello"), values
    assert len(gateway.sent) == 3


def test_the_whole_once_it_does_not(gateway, modified):
    for values in (
        {"IfMatch": [OTHER]},
        {"IfMatch": [OTHER, '"1"']},
        {"IfUnmodifiedSince": modified - SECOND},
    ):
        got = get(gateway, **COMPLETE, **values)
        assert (got["Status"]["Code"], got["Data"]) == (200, b"hello"), values


def test_a_fault_where_it_was_not_asked_for(gateway, modified):
    with pytest.raises(Problem, match="PreconditionFailed"):
        get(gateway, ByteRangeStart=1, IfMatch=[OTHER], ReturnCompleteObjectOnConditionFailure=False)


# -- copies -----------------------------------------------------------------------------------


@pytest.fixture
def source(client):
    client.put_object(Bucket=BUCKET, Key="k", Body=b"hello", ContentType="text/plain", Metadata={"a": "1"})
    return {"SourceBucket": BUCKET, "SourceKey": "k", "DestinationBucket": BUCKET, "DestinationKey": "copy"}


def copied(client):
    theirs = client.get_object(Bucket=BUCKET, Key="copy")
    return theirs["Body"].read(), theirs["ContentType"], theirs["Metadata"]


@pytest.mark.parametrize("directive", [{}, {"MetadataDirective": "COPY"}])
def test_a_copy(gateway, client, source, directive):
    answer = gateway.call("CopyObject", **source, **directive)
    assert answer["ETag"] == HELLO
    assert (
        abs(answer["LastModified"] - client.head_object(Bucket=BUCKET, Key="copy")["LastModified"]) < SECOND
    )
    assert copied(client) == (b"hello", "text/plain", {"a": "1"})


def test_a_copy_with_other_metadata(gateway, client, source):
    new = [{"Name": "Content-Type", "Value": "text/html"}, {"Name": "b", "Value": "2"}]
    gateway.call("CopyObject", **source, MetadataDirective="REPLACE", Metadata=new)
    assert copied(client) == (b"hello", "text/html", {"b": "2"})


@pytest.mark.parametrize("key", ["a b+c%(!)*'é&?#", "dir/in dir"])
def test_a_copy_of_an_odd_key(gateway, client, source, key):
    client.put_object(Bucket=BUCKET, Key=key, Body=b"odd")
    gateway.call("CopyObject", **{**source, "SourceKey": key})
    assert client.get_object(Bucket=BUCKET, Key="copy")["Body"].read() == b"odd"


def test_a_copy_of_nothing(gateway, client, source):
    assert refusal(gateway, "CopyObject", **{**source, "SourceKey": "missing"}).code == "NoSuchKey"
    assert (
        refusal(gateway, "CopyObject", **{**source, "SourceBucket": "no-such-bucket"}).code == "NoSuchBucket"
    )


def test_a_copy_onto_itself(gateway, client, source):
    """Is for S3 an error without REPLACE, and is the store's to say."""
    itself = {**source, "DestinationKey": "k"}
    same = {"Bucket": BUCKET, "Key": "k", "CopySource": {"Bucket": BUCKET, "Key": "k"}}
    try:
        client.copy_object(**same)
    except ClientError as error:
        assert refusal(gateway, "CopyObject", **itself).code == error.response["Error"]["Code"]  # noqa: PT017
    else:
        gateway.call("CopyObject", **itself)


CONDITIONS = {
    "CopySourceIfMatch": (["HELLO"], ["OTHER"]),
    "CopySourceIfNoneMatch": (["OTHER"], ["HELLO"]),
    "CopySourceIfModifiedSince": (-1, 3600),
    "CopySourceIfUnmodifiedSince": (3600, -3600),
}


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("name", CONDITIONS)
def test_a_copy_under_a_condition_is_as_boto3_has_it(gateway, client, source, name, holds):
    """Not every store looks at all four; ours is to say them as boto3 does."""
    value = CONDITIONS[name][0 if holds else 1]
    if isinstance(value, int):
        modified = client.head_object(Bucket=BUCKET, Key="k")["LastModified"]
        ours = theirs = modified + timedelta(seconds=value)
    else:
        ours = [{"HELLO": HELLO, "OTHER": OTHER}[one] for one in value]
        theirs = ours[0]
    origin = {"Bucket": BUCKET, "Key": "k"}
    try:
        client.copy_object(Bucket=BUCKET, Key="copy", CopySource=origin, **{name: theirs})
    except ClientError as error:
        code = "PreconditionFailed" if error.response["Error"]["Code"] in {"304", "412"} else None
        expected = code or error.response["Error"]["Code"]
        with pytest.raises(Problem, match=expected):
            gateway.call("CopyObject", **source, **{name: ours})
    else:
        gateway.call("CopyObject", **source, **{name: ours})
