"""boto3 on a gateway in front of a SOAP store that is not ours: PHP's SoapServer, by DIME, MIME and inside."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.clients.certificates import Certificates
from tests.clients.gateway import running_gateway
from tests.stores.programs import ALICE, BOB, connect
from tests.stores.soap import INLINE, SoapStore
from tests.stores.store import Store

BUCKET = "through"
FORMS = ("dime", "mime", "inline")
ID = f"id-of-{ALICE.access_key}"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"


@pytest.fixture(scope="module", params=FORMS)
def client(
    request: pytest.FixtureRequest,
    soap_store: SoapStore,
    certificates: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    settings: dict[str, dict[str, str]] = {"backend": {"protocol": "soap"}}
    url = f"http://{soap_store.host}{INLINE if request.param == 'inline' else '/soap'}"
    if request.param == "mime":
        settings["gateway"] = {"attachments": "mime"}
    store = Store("php", url, ALICE.access_key, ALICE.secret_key, frozenset(), (ALICE, BOB))
    directory = tmp_path_factory.mktemp("gateway-php")
    with running_gateway(directory, store, certificates, settings) as gateway:
        yield connect(replace(store, endpoint_url=gateway.plain_url))


@pytest.fixture
def bucket(client: Any) -> Iterator[str]:
    client.create_bucket(Bucket=BUCKET)
    yield BUCKET
    listed = client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
    if listed:
        client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": entry["Key"]} for entry in listed]})
    client.delete_bucket(Bucket=BUCKET)


def refusal(called: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        called(**arguments)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def test_buckets(client, bucket):
    listed = client.list_buckets()
    assert listed["Owner"]["ID"] == ID
    assert bucket in {entry["Name"] for entry in listed["Buckets"]}
    assert client.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refusal(client.head_bucket, Bucket="nowhere") == ("404", 404)
    assert refusal(client.create_bucket, Bucket=bucket) == ("BucketAlreadyOwnedByYou", 409)
    assert refusal(client.list_objects, Bucket="nowhere") == ("NoSuchBucket", 404)


@pytest.mark.parametrize("size", [0, 5, 200_000])
def test_an_object(client, bucket, size):
    data = bytes(number % 251 for number in range(size))
    stored = client.put_object(
        Bucket=bucket, Key="a/ü &+", Body=data, ContentType="text/plain", Metadata={"own": "x"}
    )
    assert stored["ETag"] == tag(data)
    found = client.get_object(Bucket=bucket, Key="a/ü &+")
    assert found["Body"].read() == data
    assert (found["ETag"], found["ContentLength"], found["ContentType"]) == (tag(data), size, "text/plain")
    assert found["Metadata"] == {"own": "x"}
    head = client.head_object(Bucket=bucket, Key="a/ü &+")
    assert (head["ETag"], head["ContentLength"]) == (tag(data), size)
    assert abs(datetime.now(UTC) - head["LastModified"]) < timedelta(minutes=5)


def test_a_part_of_an_object(client, bucket):
    client.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    for wanted, part, told in (
        ("bytes=2-5", b"2345", "bytes 2-5/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
    ):
        found = client.get_object(Bucket=bucket, Key="k", Range=wanted)
        assert (found["Body"].read(), found["ContentRange"], found["ContentLength"]) == (
            part,
            told,
            len(part),
        )
        assert found["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert refusal(client.get_object, Bucket=bucket, Key="k", Range="bytes=99-") == ("InvalidRange", 416)


def test_conditions(client, bucket):
    etag = client.put_object(Bucket=bucket, Key="k", Body=b"hello")["ETag"]
    assert client.get_object(Bucket=bucket, Key="k", IfMatch=etag)["Body"].read() == b"hello"
    failed = refusal(client.get_object, Bucket=bucket, Key="k", IfMatch='"other"')
    assert failed == ("PreconditionFailed", 412)
    assert refusal(client.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag) == ("304", 304)
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert refusal(client.head_object, Bucket=bucket, Key="k", IfModifiedSince=later) == ("304", 304)


def test_listings(client, bucket):
    for key in ("a/1", "a/2", "b", "c&<d>", "e"):
        client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == ["a/1", "a/2", "b", "c&<d>", "e"]
    listed = client.list_objects(Bucket=bucket, Delimiter="/", Prefix="")
    assert [entry["Prefix"] for entry in listed["CommonPrefixes"]] == ["a/"]
    first = listed["Contents"][0]
    assert (first["Key"], first["ETag"], first["Size"], first["Owner"]["ID"]) == ("b", tag(b"b"), 1, ID)


def test_copies_and_deletions(client, bucket):
    client.put_object(Bucket=bucket, Key="k", Body=b"hello", Metadata={"own": "x"})
    source = {"Bucket": bucket, "Key": "k"}
    assert client.copy_object(Bucket=bucket, Key="copy", CopySource=source)["CopyObjectResult"]["ETag"] == (
        tag(b"hello")
    )
    assert client.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"own": "x"}
    missing = {"Bucket": bucket, "Key": "nothing"}
    assert refusal(client.copy_object, Bucket=bucket, Key="l", CopySource=missing) == ("NoSuchKey", 404)
    assert refusal(client.delete_bucket, Bucket=bucket) == ("BucketNotEmpty", 409)
    gone = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "copy"}]})
    assert {entry["Key"] for entry in gone["Deleted"]} == {"k", "copy"}
    assert refusal(client.get_object, Bucket=bucket, Key="k") == ("NoSuchKey", 404)
    assert refusal(client.head_object, Bucket=bucket, Key="k") == ("404", 404)


def test_access_control_and_logging(client, bucket):
    owner = {"ID": ID, "DisplayName": ALICE.access_key}
    grants = [
        {"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"},
        {"Grantee": {"URI": ALL, "Type": "Group"}, "Permission": "READ"},
    ]
    client.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Owner": owner, "Grants": grants})
    assert client.get_bucket_acl(Bucket=bucket)["Grants"] == grants
    client.put_object(Bucket=bucket, Key="k", Body=b"", GrantRead=f'uri="{ALL}"')
    assert client.get_object_acl(Bucket=bucket, Key="k")["Grants"] == grants[1:]
    client.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy={"Owner": owner, "Grants": grants})
    assert client.get_object_acl(Bucket=bucket, Key="k")["Grants"] == grants
    assert "LoggingEnabled" not in client.get_bucket_logging(Bucket=bucket)
    status = {"TargetBucket": bucket, "TargetPrefix": "log-"}
    client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": status})
    told = client.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert (told["TargetBucket"], told["TargetPrefix"]) == (bucket, "log-")


def test_a_file_in_one_piece(client, bucket):
    """SOAP has no uploads in parts: the threshold must be above the size of the file."""
    data = bytes(10_000_000)
    in_one = TransferConfig(multipart_threshold=1 << 30)
    client.upload_fileobj(io.BytesIO(data), bucket, "large", Config=in_one)
    got = io.BytesIO()
    client.download_fileobj(bucket, "large", got)
    assert got.getvalue() == data


def test_what_soap_never_had(client, bucket):
    assert refusal(client.create_multipart_upload, Bucket=bucket, Key="k") == ("NotImplemented", 501)
    assert refusal(client.get_bucket_policy, Bucket=bucket) == ("NotImplemented", 501)
