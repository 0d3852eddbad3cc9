"""boto3 through the gateway to SeaweedFS, in both ways: what it gets is what the store itself gives."""

from __future__ import annotations

import hashlib
import io
from urllib.parse import urlsplit, urlunsplit

import boto3
import pytest
import urllib3
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


def test_a_large_object_goes_up_in_parts(connect, bucket):
    boto, part = connect(), DATA * 24
    upload = boto.create_multipart_upload(Bucket=bucket, Key="k", ContentType="text/x")["UploadId"]
    tags = [
        boto.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        for number, body in enumerate([part, b"last"], start=1)
    ]
    assert len(boto.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]) == 2
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
    boto.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    got = boto.get_object(Bucket=bucket, Key="k")
    assert (got["ContentType"], got["ContentLength"]) == ("text/x", len(part) + 4)
    assert hashlib.md5(got["Body"].read()).digest() == hashlib.md5(part + b"last").digest()
    aborted = boto.create_multipart_upload(Bucket=bucket, Key="l")["UploadId"]
    boto.abort_multipart_upload(Bucket=bucket, Key="l", UploadId=aborted)


def test_what_soap_never_had_goes_through(connect, bucket):
    boto = connect()
    boto.put_object(Bucket=bucket, Key="a", Body=b"1", Tagging="x=y")
    boto.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    tags = [{"Key": "p", "Value": "q"}]
    boto.put_object_tagging(Bucket=bucket, Key="b", Tagging={"TagSet": tags})
    assert boto.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == tags
    deleted = boto.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
    assert {each["Key"] for each in deleted["Deleted"]} == {"a", "b"}
    assert bucket in {each["Name"] for each in boto.list_buckets()["Buckets"]}
    assert boto.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert told(boto, "create_bucket", Bucket="Not_A_Name") == (400, "InvalidBucketName")
    boto.delete_bucket(Bucket=bucket)
    assert told(boto, "list_objects_v2", Bucket=bucket) == (404, "NoSuchBucket")


@pytest.mark.parametrize("signature", ["s3v4", "s3"])
def test_a_presigned_url_is_all_that_is_needed(connect, bucket, signature):
    boto = connect(signature=signature)
    values = {"Bucket": bucket, "Key": "a b+c"}
    put = boto.generate_presigned_url("put_object", Params=values)
    assert urllib3.request("PUT", put, body=DATA).status == 200
    got = urllib3.request("GET", boto.generate_presigned_url("get_object", Params=values))
    assert (got.status, got.data) == (200, DATA)
    altered = urllib3.request("GET", f"{boto.generate_presigned_url('get_object', Params=values)}&acl")
    assert (altered.status, b"<Code>SignatureDoesNotMatch</Code>" in altered.data) == (403, True)


@pytest.mark.parametrize("checksum", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_may_come_behind_the_bytes(connect, bucket, checksum):
    boto = connect()
    body = io.BytesIO(DATA)
    body.seek(0)
    put = boto.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm=checksum)
    assert put["ETag"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    assert boto.get_object(Bucket=bucket, Key="k")["Body"].read() == DATA


def test_a_wrong_secret_is_told(connect, bucket):
    boto = connect(secret="guessed")
    assert told(boto, "get_object", Bucket=bucket, Key="k") == (403, "SignatureDoesNotMatch")
    assert told(boto, "put_object", Bucket=bucket, Key="k", Body=DATA) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("way", ["resigning"], indirect=True)  # else the store would have to know our name
def test_a_bucket_may_be_in_the_host_name(connect, bucket):
    boto = connect(style="virtual")
    for verb, method, body in (("PUT", "put_object", DATA), ("GET", "get_object", None)):
        url = urlsplit(boto.generate_presigned_url(method, Params={"Bucket": bucket, "Key": "a b"}))
        here = urlunsplit(
            url._replace(netloc=f"127.0.0.1:{url.port}")
        )  # not every resolver knows x.localhost
        got = urllib3.request(verb, here, body=body, headers={"Host": url.netloc})
        assert got.status == 200
    assert got.data == DATA
