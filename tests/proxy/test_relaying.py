"""boto3 through the gateway to SeaweedFS, in both ways: what it gets is what the store itself gives."""

from __future__ import annotations

import hashlib

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.proxy.relays import CLIENT_KEY, CLIENT_SECRET, passing, relaying, resigning
from tests.stores.store import REGION

DATA = bytes(range(256)) * 1024


@pytest.fixture(params=["resigning", "passing"])
def way(request, seaweedfs):
    if request.param == "passing":
        return passing(seaweedfs), seaweedfs.access_key, seaweedfs.secret_key
    return resigning(seaweedfs), CLIENT_KEY, CLIENT_SECRET


@pytest.fixture
def connect(reactor, seaweedfs, way):
    the_way, access_key, secret_key = way
    with relaying(reactor, the_way, seaweedfs) as (url, events):

        def connect(*, secret=secret_key, style="path", signature="s3v4", **config):
            return boto3.client(
                "s3",
                endpoint_url=url,
                region_name=REGION,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret,
                config=Config(
                    signature_version=signature,
                    retries={"total_max_attempts": 1},
                    s3={"addressing_style": style, **config},
                ),
            )

        yield connect
        assert not events.bugs


@pytest.fixture
def bucket(connect, request):
    name = "relayed-" + hashlib.md5(request.node.name.encode()).hexdigest()[:10]
    boto = connect()
    boto.create_bucket(Bucket=name)
    return name


def told(boto, method, **values):
    with pytest.raises(ClientError) as raised:
        getattr(boto, method)(**values)
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.mark.parametrize("key", ["plain", "a b/ü(1)+%2F&=~'*!$@:,;", "a//b"])
def test_an_object_goes_up_and_comes_down(connect, bucket, key):
    boto = connect()
    put = boto.put_object(Bucket=bucket, Key=key, Body=DATA, Metadata={"a": "b"}, ContentType="text/x")
    assert put["ETag"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    got = boto.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == DATA
    assert (got["Metadata"], got["ContentType"]) == ({"a": "b"}, "text/x")
    assert "ContentEncoding" not in got
    head = boto.head_object(Bucket=bucket, Key=key)
    assert head["ContentLength"] == len(DATA)
    part = boto.get_object(Bucket=bucket, Key=key, Range="bytes=1-3")
    assert (part["Body"].read(), part["ContentRange"]) == (DATA[1:4], f"bytes 1-3/{len(DATA)}")
    listed = boto.list_objects_v2(Bucket=bucket, Prefix=key)
    assert [each["Key"] for each in listed["Contents"]] == [key]
    boto.delete_object(Bucket=bucket, Key=key)
    assert told(boto, "get_object", Bucket=bucket, Key=key) == (404, "NoSuchKey")
    assert told(boto, "head_object", Bucket=bucket, Key=key) == (404, "404")
