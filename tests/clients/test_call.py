"""`s3gateway call` attaches a file and writes one, through the gateway and before each store."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli import main
from tests.clients.fixtures import Gateways
from tests.clients.gateway import RELAYS, Gateway
from tests.stores.programs import connect

BUCKET = "called"


@pytest.fixture(
    params=[(form, store) for form in ("dime", "mime") for store in ("seaweedfs", "juicefs", *RELAYS)],
    ids="-".join,
)
def gateway(request: pytest.FixtureRequest, gateways: Gateways) -> Gateway:
    """A gateway that prefers a form, before a store that has a bucket."""
    form, store = request.param
    gateway = gateways.before(store, {"gateway": {"attachments": "mime"}} if form == "mime" else None)
    boto = connect(gateway.store)
    if BUCKET not in {entry["Name"] for entry in boto.list_buckets()["Buckets"]}:
        boto.create_bucket(Bucket=BUCKET)
    return gateway


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_a_file_goes_up_and_comes_down(
    gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str], size: int
) -> None:
    up, down, keys = tmp_path / "up", tmp_path / "down", tmp_path / "keys"
    up.write_bytes(bytes(n % 251 for n in range(size)))
    keys.write_text(
        f"[default]\naws_access_key_id = {gateway.store.access_key}\n"
        f"aws_secret_access_key = {gateway.store.secret_key}\n"
    )
    where = ["--endpoint", gateway.address, "--ca", str(gateway.ca), "--credentials", str(keys)]
    place = [f"Bucket={BUCKET}", f"Key={size}"]
    assert main(["call", *where, "PutObject", *place, f"file={up}"]) == 0
    stored = connect(gateway.store).get_object(Bucket=BUCKET, Key=str(size))
    assert stored["Body"].read() == up.read_bytes()
    assert stored["ETag"] in capsys.readouterr().out
    assert main(["call", *where, "GetObject", *place, f"out={down}"]) == 0
    assert down.read_bytes() == up.read_bytes()
    out, err = capsys.readouterr()
    assert (f"{size} bytes" in out, err) == (True, "")
