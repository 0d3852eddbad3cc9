"""A gigabyte of boto3's, up and down: through two gateways with SOAP between them, and through a relay of REST.

The bytes are made while they are sent and counted while they are read, so nobody here keeps them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.clients.certificates import Certificates
from tests.clients.fixtures import Gateways
from tests.clients.gateway import Gateway, Settings, running_gateway
from tests.stores.programs import connect
from tests.stores.store import REGION, Store

MIB = 1 << 20
GIB = 1 << 30
BLOCK = bytes(range(256)) * 4096 + b"\r\n--\x0c\x20\0"  # odd, and with what looks like framing
BUCKET = "large"
SECONDS = 300

pytestmark = [pytest.mark.large, pytest.mark.timeout(900)]


class Made(io.RawIOBase):
    """A file of as many bytes as it is told, that exist only while they are read; it can be read anew."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        at = self._at % len(BLOCK)
        data = BLOCK[at : at + min(len(buffer), self._size - self._at)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@dataclass(frozen=True)
class Chain:
    """What boto3 asks, and how.

    Attributes:
        name: The test's.
        settings: Of the gateway.
        checksums: With them boto3 sends unsigned chunks and a CRC behind; without, the bytes alone.
        tls: Without it boto3 sends the hash of all before.

    """

    name: str
    settings: Settings
    checksums: bool = True
    tls: bool = True


CHAINS = (
    Chain("soap-dime", {"backend": {"protocol": "soap"}}),
    Chain(
        "soap-mime", {"backend": {"protocol": "soap"}, "gateway": {"attachments": "mime"}}, checksums=False
    ),
    Chain("verified-chunks", {}),
    Chain("verified-unsigned", {}, checksums=False),
    Chain("verified-hash", {}, checksums=False, tls=False),
    Chain("passed", {"gateway": {"rest_auth": "pass"}}),
)


@contextmanager
def running(
    chain: Chain, directory: Path, gateways: Gateways, certificates: Certificates
) -> Iterator[Gateway]:
    """Run what a chain is made of, in front of SeaweedFS."""
    if "backend" not in chain.settings:
        yield gateways.before("seaweedfs", chain.settings or None)
        return
    soap = gateways.before("seaweedfs")
    settings = {**chain.settings, "backend": {"protocol": "soap", "ca_bundle": str(soap.ca)}}
    store = replace(soap.store, endpoint_url=soap.address)
    with running_gateway(directory, store, certificates, settings) as gateway:
        yield gateway


def boto(store: Store, gateway: Gateway, chain: Chain) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=gateway.url if chain.tls else gateway.plain_url,
        region_name=REGION,
        verify=str(gateway.ca),
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        config=Config(
            s3={"addressing_style": "path"},
            retries={"max_attempts": 1},
            request_checksum_calculation="when_supported" if chain.checksums else "when_required",
            read_timeout=SECONDS,
        ),
    )


@pytest.fixture(params=CHAINS, ids=lambda chain: chain.name)
def client(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    gateways: Gateways,
    certificates: Certificates,
    seaweedfs: Store,
) -> Iterator[Any]:
    """boto3 at the beginning of each chain in turn."""
    with running(request.param, tmp_path, gateways, certificates) as gateway:
        yield boto(seaweedfs, gateway, request.param)


def md5_of(file: Any) -> str:
    digest = hashlib.md5()
    while data := file.read(MIB):
        digest.update(data)
    return digest.hexdigest()


def test_a_gigabyte_goes_up_and_comes_down(client: Any, seaweedfs: Store) -> None:
    direct, place = connect(seaweedfs), {"Bucket": BUCKET, "Key": "object"}
    if BUCKET not in {entry["Name"] for entry in direct.list_buckets()["Buckets"]}:
        direct.create_bucket(Bucket=BUCKET)
    md5 = md5_of(Made(GIB))
    put = client.put_object(Body=Made(GIB), **place)
    assert put["ETag"] == f'"{md5}"'
    assert md5_of(direct.get_object(**place)["Body"]) == md5
    got = client.get_object(**place)
    assert (got["ContentLength"], got["ETag"]) == (GIB, put["ETag"])
    assert md5_of(got["Body"]) == md5
    direct.delete_object(**place)
