"""Objects beside the envelope: gSOAP in its three ways of DIME, Axis in DIME and in MIME.

The bytes are a file's; what a stack puts is read by boto3 from the store, what it gets is told by its MD5.
Axis reads the form that it is answered with, so MIME has a gateway of its own, which prefers it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clients.fixtures import Clients, Gateways
from tests.clients.foreign import Fault, Result
from tests.clients.gateway import RELAYS
from tests.clients.scenes import Scene
from tests.stores.programs import connect

MIB = 1 << 20
GIB = 1 << 30
BLOCK = bytes(range(256)) * 4096 + b"\r\n--\x0c\x20\0"  # odd, and with what looks like framing
WAYS = [
    ("gsoap", "buffered"),
    ("gsoap", "streamed"),
    ("gsoap", "chunked"),
    ("axis", "dime"),
    ("axis", "mime"),
]
STORES = ["seaweedfs", "juicefs"]


def in_front_of(*stores: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "scene", [(*way, store) for way in WAYS for store in stores], indirect=True, ids="-".join
    )


ways = in_front_of(*STORES)


@pytest.fixture
def scene(request: pytest.FixtureRequest, gateways: Gateways, clients: Clients) -> tuple[Scene, str]:
    """A stack before a gateway that prefers its form, and the form."""
    stack, form, name = request.param
    gateway = gateways.before(name, {"gateway": {"attachments": "mime"}} if form == "mime" else None)
    boto, bucket = connect(gateway.store), "attached"
    if bucket not in {entry["Name"] for entry in boto.list_buckets()["Buckets"]}:
        boto.create_bucket(Bucket=bucket)
    return Scene(clients.of(stack, gateway), gateway.store, boto, bucket), form


@contextmanager
def made(path: Path, size: int) -> Iterator[str]:
    """Write a file of that many bytes, give its MD5; it is gone afterwards."""
    digest, left = hashlib.md5(), size
    with path.open("wb") as file:
        while left:
            block = BLOCK[:left]
            digest.update(block)
            file.write(block)
            left -= len(block)
    yield digest.hexdigest()
    path.unlink()


def md5_in_store(boto: Any, bucket: str, key: str) -> str:
    digest = hashlib.md5()
    for chunk in boto.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(MIB):
        digest.update(chunk)
    return digest.hexdigest()


def goes_up_and_comes_down(scene: tuple[Scene, str], path: Path, size: int) -> None:
    """Put a file, look at it in the store, get it again."""
    (where, form), key = scene, f"{scene[1]}-{size}"
    with made(path, size) as md5:
        place = {"Bucket": where.bucket, "Key": key}
        put = where.ok("PutObject", attachment={"form": form, "file": str(path)}, ContentLength=size, **place)
    assert put["ETag"] == f'"{md5}"'
    assert md5_in_store(where.boto, where.bucket, key) == md5
    wanted = {"GetMetadata": True, "GetData": True, "InlineData": False}
    got = where.ok("GetObject", attachment={"form": form}, **place, **wanted)
    where.boto.delete_object(Bucket=where.bucket, Key=key)
    assert (got["attachment.size"], got["attachment.md5"]) == (str(size), md5)
    assert (got["ETag"], got.data()) == (put["ETag"], None)


@ways
@pytest.mark.parametrize("size", [0, 1, MIB, 100 * MIB], ids=["0B", "1B", "1MiB", "100MiB"])
def test_an_object_goes_up_and_comes_down(scene: tuple[Scene, str], tmp_path: Path, size: int) -> None:
    goes_up_and_comes_down(scene, tmp_path / "object", size)


@in_front_of(*RELAYS)
@pytest.mark.parametrize("size", [0, 1, MIB], ids=["0B", "1B", "1MiB"])
def test_an_object_goes_through_two_gateways(scene: tuple[Scene, str], tmp_path: Path, size: int) -> None:
    goes_up_and_comes_down(scene, tmp_path / "object", size)


@pytest.mark.large
@pytest.mark.timeout(900)
@ways
def test_a_large_object_goes_up_and_comes_down(scene: tuple[Scene, str], tmp_path: Path) -> None:
    goes_up_and_comes_down(scene, tmp_path / "object", GIB)


@in_front_of(*STORES, *RELAYS)
def test_a_fault_is_read_by_who_sent_an_attachment(scene: tuple[Scene, str], tmp_path: Path) -> None:
    where, form = scene
    with made(tmp_path / "object", MIB):
        attachment = {"form": form, "file": str(tmp_path / "object")}
        fault = where.client.call(
            "PutObject", attachment=attachment, Bucket=where.bucket, Key="short", ContentLength=MIB + 1
        )
    assert isinstance(fault, Fault)
    assert fault.code == "Client.IncompleteBody"
    after = where.client.call("ListAllMyBuckets")
    assert isinstance(after, Result)
