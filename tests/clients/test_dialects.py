"""Stores with a WSDL of their own, served from it by PHP's SoapServer, as boto3, PHP and zeep use them.

The gateway is told the WSDL; its clients know Amazon's. What one of them stores, another one reads. Walrus's
takes data inside the envelope only, the one whose elements are in another order takes them only beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.certificates import Certificates
from tests.clients.fixtures import Clients
from tests.clients.foreign import Fault, ForeignClient, Result
from tests.clients.gateway import Gateway, running_gateway
from tests.soap.test_dialects import FILES, HERE
from tests.stores.programs import ALICE, connect
from tests.stores.soap import php_store
from tests.stores.store import Store

BUCKET = "spoken"
KEY = "a key/ü&<é>"
DATA = bytes(range(256)) * 300
TAG = f'"{hashlib.md5(DATA).hexdigest()}"'
WANTED = {"GetMetadata": True, "GetData": True, "InlineData": True}
LACKING = {
    "walrus": ("CopyObject", "GetBucketLoggingStatus"),
    "reordered": ("ListAllMyBuckets", "CreateBucket"),
    "five": ("CreateBucket", "DeleteBucket"),
}
"""Operations that a store has not, two of each."""
ASKED: dict[str, dict[str, Any]] = {
    "CopyObject": {
        "SourceBucket": BUCKET,
        "SourceKey": KEY,
        "DestinationBucket": BUCKET,
        "DestinationKey": "copy",
    },
    "GetBucketLoggingStatus": {"Bucket": BUCKET},
    "ListAllMyBuckets": {},
    "CreateBucket": {"Bucket": "another"},
    "DeleteBucket": {"Bucket": BUCKET},
}

BESIDE = re.compile(rb'<wsdl:part name="data"[^>]*/>')
PACKAGE = re.compile(rb"<mime:multipartRelated>.*?</mime:multipartRelated>", re.DOTALL)

soap_clients = pytest.mark.parametrize("name", ["php", "zeep"])


def served(name: str) -> bytes:
    """Return a file as PHP can serve it: where a binding describes attachments, ext/soap goes down."""
    return PACKAGE.sub(b'<soap:body use="literal"/>', BESIDE.sub(b"", (HERE / name).read_bytes()))


@pytest.fixture(scope="module", params=FILES)
def dialect(request: pytest.FixtureRequest) -> str:
    """Each store in turn."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def gateway(
    dialect: str, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    documents = {name: served(name) for name in FILES[dialect]}
    with php_store(tmp_path_factory.mktemp(dialect), documents, BUCKET) as running:
        store = Store(
            dialect, running.endpoint_url, ALICE.access_key, ALICE.secret_key, frozenset(), (ALICE,)
        )
        settings = {"backend": {"protocol": "soap", "wsdl": str(HERE / FILES[dialect][0])}}
        directory = tmp_path_factory.mktemp(f"gateway-{dialect}")
        with running_gateway(directory, store, certificates, settings) as gateway:
            yield gateway


@pytest.fixture
def boto(gateway: Gateway) -> Any:
    store = gateway.store
    return connect(Store("", gateway.plain_url, store.access_key, store.secret_key, frozenset(), ()))


def refusal(called: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        called(**arguments)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def ok(client: ForeignClient, operation: str, **fields: Any) -> Result:
    answer = client.call(operation, **fields)
    assert isinstance(answer, Result), answer
    return answer


def fault(client: ForeignClient, operation: str, **fields: Any) -> str:
    answer = client.call(operation, **fields)
    assert isinstance(answer, Fault), answer
    return answer.code


def test_boto3_stores_reads_lists_and_deletes(boto, dialect):
    metadata = {} if dialect == "five" else {"own": "x"}
    assert boto.put_object(Bucket=BUCKET, Key=KEY, Body=DATA, Metadata=metadata)["ETag"] == TAG
    got = boto.get_object(Bucket=BUCKET, Key=KEY)
    assert (got["Body"].read(), got["ETag"], got["Metadata"]) == (DATA, TAG, metadata)
    assert boto.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == len(DATA)
    for listed in (boto.list_objects, boto.list_objects_v2):
        (entry,) = listed(Bucket=BUCKET)["Contents"]
        assert (entry["Key"], entry["ETag"], entry["Size"]) == (KEY, TAG, len(DATA))
    boto.delete_object(Bucket=BUCKET, Key=KEY)
    assert "Contents" not in boto.list_objects_v2(Bucket=BUCKET)


def test_boto3_reads_a_part_where_a_part_can_be_asked_for(boto, dialect):
    part = {"Bucket": BUCKET, "Key": "k", "Range": "bytes=2-5"}
    boto.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")
    if dialect == "reordered":
        got = boto.get_object(**part)
        assert (got["Body"].read(), got["ContentRange"]) == (b"2345", "bytes 2-5/10")
    else:
        assert refusal(boto.get_object, **part) == ("NotImplemented", 501)
    boto.delete_object(Bucket=BUCKET, Key="k")


def test_boto3_reads_the_stores_faults(boto):
    assert refusal(boto.get_object, Bucket=BUCKET, Key="absent") == ("NoSuchKey", 404)
    assert refusal(boto.head_object, Bucket=BUCKET, Key="absent") == ("404", 404)
    assert refusal(boto.list_objects_v2, Bucket="nowhere") == ("NoSuchBucket", 404)
    assert refusal(boto.head_bucket, Bucket="nowhere") == ("404", 404)


def test_boto3_is_told_what_the_store_lacks(boto):
    copied = {"Bucket": BUCKET, "Key": "copy", "CopySource": {"Bucket": BUCKET, "Key": "k"}}
    assert refusal(boto.copy_object, **copied) == ("NotImplemented", 501)
    assert refusal(boto.get_bucket_logging, Bucket=BUCKET) == ("NotImplemented", 501)


@soap_clients
def test_a_soap_client_stores_reads_lists_and_deletes(
    gateway: Gateway, clients: Clients, boto: Any, name: str
) -> None:
    client = clients.of(name, gateway)
    place = {"Bucket": BUCKET, "Key": KEY}
    assert ok(client, "PutObjectInline", **place, Data=DATA, ContentLength=len(DATA))["ETag"] == TAG
    assert boto.get_object(**place)["Body"].read() == DATA
    got = ok(client, "GetObject", **place, **WANTED)
    assert (got.data(), got["ETag"], got["Status.Code"]) == (DATA, TAG, "200")
    (entry,) = ok(client, "ListBucket", Bucket=BUCKET).rows("Contents")
    assert (entry["Key"], entry["ETag"], entry["Size"]) == (KEY, TAG, str(len(DATA)))
    assert ok(client, "DeleteObject", **place)["Code"] == "204"
    assert ok(client, "ListBucket", Bucket=BUCKET).rows("Contents") == []


@soap_clients
def test_a_soap_client_reads_faults(gateway: Gateway, clients: Clients, dialect: str, name: str) -> None:
    client = clients.of(name, gateway)
    assert fault(client, "GetObject", Bucket=BUCKET, Key="absent", **WANTED) == "Client.NoSuchKey"
    assert fault(client, "ListBucket", Bucket="nowhere") == "Client.NoSuchBucket"
    for operation in LACKING[dialect]:
        assert fault(client, operation, **ASKED[operation]) == "Server.NotImplemented"
