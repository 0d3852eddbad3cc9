"""A SOAP store that is not ours, PHP's SoapServer, behind the gateway: foreign SOAP clients and command lines.

Neither end of SOAP is the gateway's own here. The store tells whose key it saw as the owner of its buckets.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.builds import RECIPES
from tests.clients.certificates import Certificates
from tests.clients.fixtures import Clients
from tests.clients.foreign import Fault, ForeignClient, Result
from tests.clients.gateway import Gateway, running_gateway
from tests.clients.test_attachments import MIB, made
from tests.stores.programs import ALICE, BOB, connect
from tests.stores.soap import SoapStore
from tests.stores.store import REGION, Store

BIN = Path(sys.executable).parent
BUCKET = "relayed"
KEY = "a key/ü&<é>"
FORMS = [
    ("gsoap", "buffered"),
    ("gsoap", "streamed"),
    ("gsoap", "chunked"),
    ("axis", "dime"),
    ("axis", "mime"),
]
Way = tuple[str, str, int]
"""A stack, how it attaches, and how many bytes."""
WAYS: list[Way] = [(*form, size) for form in FORMS for size in (0, 1, MIB)]
WORD_FOR_WORD = ("php", "zeep", "axis")
"""The stacks that sign the Timestamp as they write it.

gSOAP writes it without the milliseconds that it signed, Mono without their last zeros. S3 took both; this
store takes neither, unless the gateway signs anew.
"""
AS_BOB = f"""[alice]
aws_access_key_id = {ALICE.access_key}
aws_secret_access_key = {ALICE.secret_key}
backend_access_key_id = {BOB.access_key}
backend_secret_access_key = {BOB.secret_key}
"""
WANTED = {"GetMetadata": True, "GetData": True, "InlineData": True}


@pytest.fixture(scope="module", params=["passed on", "signed anew"])
def known_as(request: pytest.FixtureRequest) -> str:
    """The key that the store is to see for alice's."""
    return ALICE.access_key if request.param == "passed on" else BOB.access_key


@pytest.fixture(scope="module")
def gateway(
    known_as: str,
    soap_store: SoapStore,
    certificates: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    store = Store("php", soap_store.endpoint_url, ALICE.access_key, ALICE.secret_key, frozenset(), (ALICE,))
    users = AS_BOB if known_as == BOB.access_key else ""
    directory = tmp_path_factory.mktemp("gateway-relay")
    with running_gateway(directory, store, certificates, {"backend": {"protocol": "soap"}}, users) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def boto(gateway: Gateway) -> Any:
    """boto3 for the gateway itself: the store speaks no REST."""
    store = gateway.store
    return connect(Store("", gateway.plain_url, store.access_key, store.secret_key, frozenset(), ()))


@pytest.fixture
def client_of(gateway: Gateway, clients: Clients) -> Callable[[str], ForeignClient]:
    """The client of each stack by its name."""
    return lambda name: clients.of(name, gateway)


@pytest.fixture
def bucket(boto: Any) -> Iterator[str]:
    """A bucket that is gone afterwards, with all that is in it."""
    boto.create_bucket(Bucket=BUCKET)
    yield BUCKET
    for entry in boto.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        boto.delete_object(Bucket=BUCKET, Key=entry["Key"])
    boto.delete_bucket(Bucket=BUCKET)


def ok(client: ForeignClient, operation: str, **fields: Any) -> Result:
    answer = client.call(operation, **fields)
    assert isinstance(answer, Result), answer
    return answer


def code(client: ForeignClient, operation: str, **fields: Any) -> str:
    answer = client.call(operation, **fields)
    assert isinstance(answer, Fault), answer
    return answer.code


@pytest.mark.parametrize(
    ("known_as", "stack"),
    [("passed on", stack) for stack in WORD_FOR_WORD] + [("signed anew", stack) for stack in RECIPES],
    indirect=["known_as"],
)
def test_a_stack_does_all_that_soap_has(
    client_of: Callable[[str], ForeignClient], stack: str, bucket: str, known_as: str
) -> None:
    client, place, data = client_of(stack), {"Bucket": bucket, "Key": KEY}, bytes(range(256)) * 9
    tag = f'"{hashlib.md5(data).hexdigest()}"'
    full = [{"Grantee": {"type": "CanonicalUser", "ID": "somebody"}, "Permission": "FULL_CONTROL"}]
    metadata = [{"Name": "own", "Value": "é & <ü>"}]
    listed = ok(client, "ListAllMyBuckets")
    assert bucket in {row["Name"] for row in listed.rows("Buckets")}
    assert listed["Owner.ID"] == f"id-of-{known_as}"
    assert ok(client, "CreateBucket", Bucket="another")["BucketName"] == "another"
    assert ok(client, "DeleteBucket", Bucket="another")["Code"] == "204"
    put = ok(client, "PutObjectInline", **place, Metadata=metadata, Data=data, ContentLength=len(data))
    assert put["ETag"] == tag
    got = ok(client, "GetObject", **place, **WANTED)
    assert (got.data(), got["ETag"]) == (data, tag)
    assert {"Name": "own", "Value": "é & <ü>"} in got.rows("Metadata")
    part = ok(client, "GetObjectExtended", **place, **WANTED, ByteRangeStart=3, ByteRangeEnd=5)
    assert (part["Status.Code"], part.data()) == ("206", data[3:6])
    copied = {"SourceBucket": bucket, "SourceKey": KEY, "DestinationBucket": bucket, "DestinationKey": "copy"}
    assert ok(client, "CopyObject", **copied)["ETag"] == tag
    listed = ok(client, "ListBucket", Bucket=bucket, MaxKeys=10)
    assert [row["Key"] for row in listed.rows("Contents")] == [KEY, "copy"]
    ok(client, "SetObjectAccessControlPolicy", **place, AccessControlList=full)
    ok(client, "SetBucketAccessControlPolicy", Bucket=bucket, AccessControlList=full)
    for policy in (
        ok(client, "GetObjectAccessControlPolicy", **place),
        ok(client, "GetBucketAccessControlPolicy", Bucket=bucket),
    ):
        (grant,) = policy.rows("AccessControlList")
        assert (grant["Grantee.ID"], grant["Permission"]) == ("somebody", "FULL_CONTROL")
    assert ok(client, "GetBucketLoggingStatus", Bucket=bucket).fields == {}
    target = {"TargetBucket": bucket, "TargetPrefix": "log/"}
    ok(client, "SetBucketLoggingStatus", Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})
    status = ok(client, "GetBucketLoggingStatus", Bucket=bucket)
    assert status["LoggingEnabled.TargetPrefix"] == "log/"
    assert ok(client, "DeleteObject", **place)["Code"] == "204"
    assert code(client, "GetObject", **place, **WANTED) == "Client.NoSuchKey"
    assert code(client, "ListBucket", Bucket="nowhere") == "Client.NoSuchBucket"
    assert code(client, "CreateBucket", Bucket=bucket) == "Client.BucketAlreadyOwnedByYou"
    assert code(client, "DeleteBucket", Bucket=bucket) == "Client.BucketNotEmpty"
    wrong = {"secret_key": "wrong"}
    assert code(client, "ListAllMyBuckets", security=wrong) == "Client.SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("known_as", "way"),
    [("passed on", way) for way in WAYS if way[0] in WORD_FOR_WORD] + [("signed anew", way) for way in WAYS],
    indirect=["known_as"],
)
def test_an_attachment_goes_up_and_comes_down(
    bucket: str, client_of: Callable[[str], ForeignClient], boto: Any, tmp_path: Path, way: Way
) -> None:
    """The store answers in MIME unless Accept names DIME: Axis alone reads that, and boto3 either."""
    name, form, size = way
    client, place = client_of(name), {"Bucket": bucket, "Key": form}
    with made(tmp_path / "object", size) as md5:
        attached = {"form": form, "file": str(tmp_path / "object")}
        assert ok(client, "PutObject", attachment=attached, ContentLength=size, **place)["ETag"] == f'"{md5}"'
    assert hashlib.md5(boto.get_object(**place)["Body"].read()).hexdigest() == md5
    if name == "axis":
        wanted = {"GetMetadata": True, "GetData": True, "InlineData": False}
        got = ok(client, "GetObject", attachment={"form": "mime"}, **place, **wanted)
        assert (got["attachment.size"], got["attachment.md5"]) == (str(size), md5)


def run(gateway: Gateway, directory: Path, *words: str) -> tuple[int, str]:
    """Run a command line over TLS; its status, and what it printed."""
    known = {
        "AWS_ACCESS_KEY_ID": ALICE.access_key,
        "AWS_SECRET_ACCESS_KEY": ALICE.secret_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CA_BUNDLE": str(gateway.ca),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SSL_CERT_FILE": str(gateway.ca),
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
    }
    command = [str(BIN / words[0]), "--endpoint-url", gateway.url, *words[1:]]
    done = subprocess.run(
        command, env=known, cwd=directory, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("program", [("aws", "s3"), ("s5cmd",)], ids=["aws", "s5cmd"])
def test_a_command_line_uses_the_store(
    gateway: Gateway, tmp_path: Path, bucket: str, program: tuple[str, ...]
) -> None:
    (tmp_path / "up").write_bytes(bytes(range(256)) * 4000)
    there, down = f"s3://{bucket}/a/ü", tmp_path / "down"
    for words in (
        ("cp", "up", there),
        ("cp", there, "down"),
        ("mv", there, f"s3://{bucket}/moved"),
        ("ls", f"s3://{bucket}/"),
    ):
        status, said = run(gateway, tmp_path, *program, *words)
        assert status == 0, (words, said)
    assert "moved" in said
    assert " a/" not in said
    assert down.read_bytes() == (tmp_path / "up").read_bytes()
    status, said = run(gateway, tmp_path, *program, "cp", f"s3://{bucket}/absent", "down")
    assert status != 0
    assert "404" in said
    status, said = run(gateway, tmp_path, *program, "rm", f"s3://{bucket}/moved")
    assert status == 0, said


def test_aws_reads_the_codes_of_faults(gateway: Gateway, tmp_path: Path, bucket: str) -> None:
    for name, words in {
        "NoSuchBucket": ("list-objects-v2", "--bucket", "nowhere"),
        "NoSuchKey": ("get-object-acl", "--bucket", bucket, "--key", "absent"),
        "BucketAlreadyOwnedByYou": ("create-bucket", "--bucket", bucket),
    }.items():
        status, said = run(gateway, tmp_path, "aws", "s3api", *words)
        assert status != 0
        assert f"({name})" in said
