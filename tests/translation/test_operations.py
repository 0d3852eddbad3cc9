"""Every operation against the real stores: what SOAP did, boto3 sees, and what boto3 did, SOAP sees."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from gateway.messages import Problem
from tests.joined import Joined
from tests.stores.programs import BOB, connect
from tests.stores.store import SIGNATURES
from tests.translation.calls import (
    BUCKET,
    HELLO,
    WANTED,
    empty,
    entries,
    get,
    in_milliseconds,
    joined,
    metadata_of,
    put,
    refusal,
)

SECOND = timedelta(seconds=1)


# -- buckets ----------------------------------------------------------------------------------


def test_buckets_are_listed_as_boto3_lists_them(gateway, client):
    listed = gateway.call("ListAllMyBuckets")
    theirs = client.list_buckets()
    assert listed["Owner"]["ID"] == theirs["Owner"]["ID"]
    assert {one["Name"]: one["CreationDate"] for one in listed["Buckets"]["Bucket"]} == {
        one["Name"]: in_milliseconds(one["CreationDate"]) for one in theirs["Buckets"]
    }


def test_a_bucket_is_made_and_deleted(gateway, client):
    assert gateway.call("CreateBucket", Bucket="made-by-soap") == {"BucketName": "made-by-soap"}
    client.head_bucket(Bucket="made-by-soap")
    assert gateway.call("DeleteBucket", Bucket="made-by-soap") == {"Code": 204, "Description": "No Content"}
    with pytest.raises(ClientError):
        client.head_bucket(Bucket="made-by-soap")


def test_a_bucket_that_is_not_empty_stays(gateway, client):
    put(gateway)
    assert refusal(gateway, "DeleteBucket", Bucket=BUCKET).code == "BucketNotEmpty"
    client.head_bucket(Bucket=BUCKET)


def test_a_bucket_that_there_is_already(gateway, client):
    """Whether it is an error is the store's to say."""
    try:
        client.create_bucket(Bucket=BUCKET)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        with pytest.raises(Problem, match=code):
            gateway.call("CreateBucket", Bucket=BUCKET)
    else:
        assert gateway.call("CreateBucket", Bucket=BUCKET) == {"BucketName": BUCKET}


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        ("DeleteBucket", {}),
        ("ListBucket", {}),
        ("GetObject", {"Key": "k", **WANTED}),
        ("GetBucketAccessControlPolicy", {}),
    ],
)
def test_a_bucket_that_is_not_there(gateway, operation, values):
    problem = refusal(gateway, operation, Bucket="nowhere-at-all", **values)
    assert problem.code == "NoSuchBucket"
    assert ("BucketName", "nowhere-at-all") in problem.details


def test_an_object_for_a_bucket_that_is_not_there(gateway, store):
    """SeaweedFS makes the bucket, for boto3 too."""
    client = connect(store)
    try:
        client.put_object(Bucket="nowhere-yet", Key="k", Body=b"x")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        with pytest.raises(Problem, match=code):
            put(gateway, bucket="nowhere-yet")
    else:
        empty(client, "nowhere-yet")
        put(gateway, bucket="nowhere-yet")
        empty(client, "nowhere-yet")


def test_a_new_bucket_is_in_the_stores_region(stores):
    """Moto alone keeps the region of a bucket, and takes one other than its own."""
    moto = stores["moto"]
    joined(moto, region="eu-west-1").call("CreateBucket", Bucket="in-ireland")
    client = connect(moto)
    assert client.get_bucket_location(Bucket="in-ireland")["LocationConstraint"] == "eu-west-1"
    client.delete_bucket(Bucket="in-ireland")


# -- objects ----------------------------------------------------------------------------------


def test_an_object_goes_in_and_comes_out(gateway, client):
    before = datetime.now(UTC).replace(microsecond=0)
    answer = put(gateway)
    assert answer["ETag"] == HELLO
    assert before - SECOND <= answer["LastModified"] <= datetime.now(UTC) + SECOND
    theirs = client.get_object(Bucket=BUCKET, Key="k")
    assert theirs["Body"].read() == b"hello"
    got = get(gateway)
    assert got["Status"] == {"Code": 200, "Description": "OK"}
    assert (got["Data"], got["ETag"], got["LastModified"]) == (b"hello", HELLO, theirs["LastModified"])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 65_536, 1_000_000])
def test_objects_of_many_sizes(gateway, client, size):
    data = bytes(n % 251 for n in range(size))
    assert put(gateway, data=data)["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert client.get_object(Bucket=BUCKET, Key="k")["Body"].read() == data
    got = get(gateway)
    assert got["Data"] == data
    assert metadata_of(got)["Content-Length"] == str(size)


def test_an_object_without_its_data(gateway, client):
    client.put_object(
        Bucket=BUCKET, Key="k", Body=b"hello", ContentType="text/plain", Metadata={"colour": "red"}
    )
    got = get(gateway, GetData=False)
    assert "Data" not in got
    assert (got["Status"]["Code"], got["ETag"]) == (200, HELLO)
    expected = {"Content-Type": "text/plain", "Content-Length": "5", "colour": "red"}
    assert expected.items() <= metadata_of(got).items()
    assert gateway.sent[-1].method == "HEAD"


def test_an_object_without_its_metadata(gateway, client):
    client.put_object(Bucket=BUCKET, Key="k", Body=b"hello", Metadata={"colour": "red"})
    assert get(gateway, GetMetadata=False).keys() == {"Status", "Data", "LastModified", "ETag"}


def test_metadata_is_kept(gateway, client):
    users = {"colour": "réd", "city": "東京", "blanks": "  a  b ", "line": "a\u2028b", "empty": ""}
    put(gateway, Metadata=entries({**users, "Content-Length": "5"}))
    kept = metadata_of(get(gateway))
    assert {name: kept.get(name, "") for name in users} == users
    assert client.head_object(Bucket=BUCKET, Key="k")["Metadata"]["colour"] == "=?utf-8?b?csOpZA==?="


def test_six_entries_are_fields_of_http(gateway, client):
    """What is kept of them is the store's choice: JuiceFS drops two."""
    own = {
        "ContentType": "text/plain; charset=utf-8",
        "CacheControl": "no-cache",
        "ContentDisposition": 'attachment; filename="a b.txt"',
        "ContentEncoding": "identity",
        "ContentLanguage": "de",
        "Expires": "Thu, 01 Jan 2032 00:00:00 GMT",
    }
    client.put_object(Bucket=BUCKET, Key="boto3", Body=b"x", **own)
    names = {name: re.sub(r"\B([A-Z])", r"-\1", name) for name in own}
    put(gateway, "soap", Metadata=entries({names[name]: value for name, value in own.items()}))
    fields = [
        client.head_object(Bucket=BUCKET, Key=key)["ResponseMetadata"]["HTTPHeaders"]
        for key in ("boto3", "soap")
    ]
    kept, ours = ({name: one.get(name.lower()) for name in names.values()} for one in fields)
    assert kept == ours
    assert kept["Content-Type"] == own["ContentType"]
    answered = metadata_of(get(gateway, "soap"))
    assert {name: answered.get(name) for name in names.values()} == kept


def test_names_of_metadata_lose_their_case(gateway, client):
    put(gateway, Metadata=entries({"Colour": "red"}))
    assert metadata_of(get(gateway))["colour"] == "red"
    assert client.head_object(Bucket=BUCKET, Key="k")["Metadata"] == {"colour": "red"}


def test_a_content_md5_is_held_against_the_data(gateway, client):
    put(gateway, Metadata=entries({"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}))
    with pytest.raises(Problem, match="BadDigest"):
        put(gateway, "other", b"hullo", Metadata=entries({"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}))
    with pytest.raises(ClientError):
        client.head_object(Bucket=BUCKET, Key="other")


def test_an_object_is_deleted(gateway, client):
    put(gateway)
    done = {"Code": 204, "Description": "No Content"}
    assert gateway.call("DeleteObject", Bucket=BUCKET, Key="k") == done
    with pytest.raises(ClientError):
        client.head_object(Bucket=BUCKET, Key="k")
    assert gateway.call("DeleteObject", Bucket=BUCKET, Key="k") == done  # a second time as well


@pytest.mark.parametrize("wanted", [True, False])
def test_an_object_that_is_not_there(gateway, client, wanted):
    problem = refusal(gateway, "GetObject", Bucket=BUCKET, Key="not there", **{**WANTED, "GetData": wanted})
    assert problem.code == "NoSuchKey"
    assert ("Key", "not there") in problem.details


def test_put_object_needs_an_attachment(gateway):
    assert refusal(gateway, "PutObject", Bucket=BUCKET, Key="k", ContentLength=5).code == "MissingAttachment"
    assert gateway.sent == []


# -- who asks ---------------------------------------------------------------------------------


def test_a_secret_that_the_store_does_not_know_is_our_trouble(store):
    """Wire rule 6: the client has proved who it is, to us."""
    gateway = Joined(store.endpoint_url, store.access_key, "another secret")
    if SIGNATURES in store.supports:
        problem = refusal(gateway, "ListAllMyBuckets")
        assert (problem.code, problem.status) == ("InternalError", None)
        assert [name for name, _ in problem.details] == []
    else:
        gateway.call("ListAllMyBuckets")


def test_what_bob_may_not_do(stores):
    seaweedfs = stores["seaweedfs"]
    connect(seaweedfs).create_bucket(Bucket="alices")
    bob = Joined(seaweedfs.endpoint_url, BOB.access_key, BOB.secret_key)
    assert refusal(bob, "ListBucket", Bucket="alices").code == "AccessDenied"
    connect(seaweedfs).delete_bucket(Bucket="alices")


def test_nobody_in_particular(store, client):
    """Anonymous requests are sent unsigned, when they are allowed at all."""
    gateway = Joined(store.endpoint_url, store.access_key, store.secret_key, settings={"anonymous": True})
    body = (
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><ListBucket'
        b' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>joined</Bucket></ListBucket></e:Body></e:Envelope>'
    )
    reply = gateway.post(body)
    assert "authorization" not in dict(gateway.sent[-1].headers)
    assert (b"Client.AccessDenied" in reply.pieces[0]) == (SIGNATURES in store.supports)
