"""Faults as foreign stacks read them: code, message and detail, by each stack's own fault class.

A row is an error, the call that earns it, and what its detail must have. gSOAP's fault class keeps
the first child of a detail only: there the documented one stands, ahead of the ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.clients.fixtures import Clients, Gateways
from tests.clients.foreign import Fault
from tests.clients.gateway import REKEYED, Gateway
from tests.stores.programs import BOB, connect
from tests.stores.store import Store

BUCKET = "faults"
OTHER_TAG = '"00000000000000000000000000000000"'
DATA = {"GetMetadata": True, "GetData": True, "InlineData": True}
AS_BOB = {"access_key": BOB.access_key, "secret_key": BOB.secret_key}


@dataclass(frozen=True, slots=True)
class Row:
    """One fault.

    Attributes:
        name: Of the row; the code, where one row tells all of it.
        operation: What is called.
        fields: With what.
        code: The local part of the fault code.
        details: Children that the detail must have, in this order at its beginning; None is any text.
        security: How the call is signed wrongly.
        store: Which store is behind the gateway.

    """

    name: str
    operation: str
    fields: Mapping[str, Any]
    code: str
    details: Mapping[str, str | None] = field(default_factory=dict)
    security: Mapping[str, str] = field(default_factory=dict)
    store: str = "seaweedfs"


def _get(key: str, **more: Any) -> dict[str, Any]:
    return {"Bucket": BUCKET, "Key": key, **DATA, **more}


def _put(key: str = "put", data: bytes = b"0123456789", **more: Any) -> dict[str, Any]:
    return {"Bucket": BUCKET, "Key": key, "Data": data, "ContentLength": len(data), **more}


def _copy(**more: str) -> dict[str, str]:
    place = {
        "SourceBucket": BUCKET,
        "SourceKey": "present",
        "DestinationBucket": BUCKET,
        "DestinationKey": "copy",
    }
    return {**place, **more}


LOGGING = {"LoggingEnabled": {"TargetBucket": "no-such-target", "TargetPrefix": "log/"}}
SKEW = {"RequestTime": None, "ServerTime": None, "MaxAllowedSkewMilliseconds": "900000"}

ROWS = (
    # what the store says
    Row("NoSuchBucket", "ListBucket", {"Bucket": "no-such-bucket"}, "Client.NoSuchBucket", {"BucketName": "no-such-bucket"}),
    Row("NoSuchBucket-juicefs", "ListBucket", {"Bucket": "no-such-bucket"}, "Client.NoSuchBucket", {"BucketName": "no-such-bucket"}, store="juicefs"),
    Row("NoSuchBucket-moto", "ListBucket", {"Bucket": "no-such-bucket"}, "Client.NoSuchBucket", {"BucketName": "no-such-bucket"}, store="moto"),
    Row("NoSuchKey", "GetObject", _get("absent"), "Client.NoSuchKey", {"Key": "absent"}),
    Row("NoSuchKey-acl", "GetObjectAccessControlPolicy", {"Bucket": BUCKET, "Key": "absent"}, "Client.NoSuchKey", {"Key": "absent"}),
    Row("NoSuchKey-copy", "CopyObject", _copy(SourceKey="absent"), "Client.NoSuchKey"),
    Row("BucketAlreadyOwnedByYou", "CreateBucket", {"Bucket": BUCKET}, "Client.BucketAlreadyOwnedByYou", {"BucketName": BUCKET}),
    Row("BucketNotEmpty", "DeleteBucket", {"Bucket": BUCKET}, "Client.BucketNotEmpty", {"BucketName": BUCKET}),
    Row("InvalidBucketName", "CreateBucket", {"Bucket": "UPPER_CASE"}, "Client.InvalidBucketName"),
    Row("AccessDenied", "ListBucket", {"Bucket": BUCKET}, "Client.AccessDenied", security=AS_BOB),
    Row("InvalidRange", "GetObjectExtended", _get("present", ByteRangeStart=1000), "Client.InvalidRange"),
    Row("InvalidRange-moto", "GetObjectExtended", _get("present", ByteRangeStart=1000), "Client.InvalidRange", {"ActualObjectSize": "10"}, store="moto"),
    Row("PreconditionFailed", "GetObjectExtended", _get("present", IfMatch=[OTHER_TAG]), "Client.PreconditionFailed"),
    Row("PreconditionFailed-copy", "CopyObject", _copy(CopySourceIfMatch=[OTHER_TAG]), "Client.PreconditionFailed"),
    Row("InvalidStorageClass", "PutObjectInline", _put(StorageClass="GLACIER"), "Client.InvalidStorageClass", store="juicefs"),
    Row("InvalidTargetBucketForLogging", "SetBucketLoggingStatus", {"Bucket": BUCKET, "BucketLoggingStatus": LOGGING}, "Client.InvalidTargetBucketForLogging", store="moto"),
    Row("InvalidRequest-copy-onto-itself", "CopyObject", _copy(DestinationKey="present"), "Client.InvalidRequest"),
    # what the gateway says
    Row("InvalidAccessKeyId", "ListAllMyBuckets", {}, "Client.InvalidAccessKeyId", {"AWSAccessKeyId": "NOBODY"}, {"access_key": "NOBODY"}),
    Row("SignatureDoesNotMatch", "ListAllMyBuckets", {}, "Client.SignatureDoesNotMatch", security={"secret_key": "wrong"}),
    Row("RequestTimeTooSkewed-late", "ListAllMyBuckets", {}, "Client.RequestTimeTooSkewed", SKEW, {"clock": "-960"}),
    Row("RequestTimeTooSkewed-early", "ListAllMyBuckets", {}, "Client.RequestTimeTooSkewed", SKEW, {"clock": "960"}),
    Row("MissingSecurityElement-one", "ListAllMyBuckets", {}, "Client.MissingSecurityElement", security={"omit": "Signature"}),
    Row("MissingSecurityElement-all", "ListAllMyBuckets", {}, "Client.MissingSecurityElement", security={"omit": "AWSAccessKeyId,Timestamp,Signature"}),
    Row("CredentialsNotSupported", "DeleteObject", {"Bucket": BUCKET, "Key": "present", "Credential": "token"}, "Client.CredentialsNotSupported"),
    Row("MissingAttachment", "PutObject", {"Bucket": BUCKET, "Key": "put", "ContentLength": 3}, "Client.MissingAttachment"),
    Row("NotImplemented-logging", "SetBucketLoggingStatus", {"Bucket": BUCKET, "BucketLoggingStatus": LOGGING}, "Server.NotImplemented"),
    Row("InlineDataTooLarge", "PutObjectInline", _put(data=b"x" * (1024 * 1024 + 1)), "Client.InlineDataTooLarge"),
    Row("MaxMessageLengthExceeded", "PutObjectInline", _put(data=b"x" * (3 << 20)), "Client.MaxMessageLengthExceeded", {"MaxMessageLengthBytes": "2097152"}),
    Row("IncompleteBody", "PutObjectInline", _put(ContentLength=1000), "Client.IncompleteBody"),
    Row("KeyTooLongError", "PutObjectInline", _put("k" * 1025), "Client.KeyTooLongError", {"Size": "1025", "MaxSizeAllowed": "1024"}),
    Row("MetadataTooLarge", "PutObjectInline", _put(Metadata=[{"Name": "m", "Value": "v" * 2100}]), "Client.MetadataTooLarge"),
    Row("InvalidArgument", "PutObjectInline", _put(Metadata=[{"Name": "no token", "Value": "v"}]), "Client.InvalidArgument", {"ArgumentName": None}),
)  # fmt: skip


def _prepare(store: Store) -> None:
    client = connect(store)
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="present", Body=b"0123456789")


@pytest.fixture(scope="session")
def prepared() -> set[str]:
    """The stores that have the bucket of these tests."""
    return set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_fault_is_read(
    row: Row, stack: str, gateways: Gateways, clients: Clients, prepared: set[str]
) -> None:
    reads(row, stack, gateways.before(row.store), clients, prepared)


@pytest.mark.wording
@pytest.mark.parametrize("row", [row for row in ROWS if row.store == "seaweedfs"], ids=lambda row: row.name)
def test_a_fault_is_read_behind_two_gateways(
    row: Row, stack: str, gateways: Gateways, clients: Clients, prepared: set[str]
) -> None:
    reads(row, stack, gateways.before(REKEYED), clients, prepared)


def reads(row: Row, stack: str, gateway: Gateway, clients: Clients, prepared: set[str]) -> None:
    """Assert that the stack reads the fault of a row."""
    if gateway.store.name not in prepared:
        _prepare(gateway.store)
        prepared.add(gateway.store.name)
    fault = clients.of(stack, gateway).call(row.operation, security=row.security, **row.fields)
    assert isinstance(fault, Fault), fault
    assert fault.code == row.code
    assert fault.message
    expected = [*row.details.items(), ("RequestId", None), ("HostId", None)]
    if stack == "gsoap":
        assert len(fault.details) == 1
        expected = expected[:1] if row.details else []
    for name, text in expected:
        assert name in fault.details
        assert text is None or fault.details[name] == text


def test_the_rows_are_enough() -> None:
    """At least 20 different faults for each stack."""
    assert len({row.code for row in ROWS}) >= 20
