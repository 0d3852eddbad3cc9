"""The set-up of docs/scaling.md does what is said there: gateways come and go, and nobody's request fails."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.clients.certificates import make_certificates
from tests.scaling.load import Load
from tests.scaling.machines import BALANCER, NAME, Site, eventually, running_site
from tests.stores.programs import connect
from tests.stores.store import Store

BUCKET = "photos"
BETWEEN = 1.0
"""Seconds of load between two events."""
SETTLED = 0.5
"""Seconds in which the balancer, on a busy machine, has seen that the connections of a dead gateway are closed."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    certificates = make_certificates(tmp_path_factory.mktemp("certificates"), NAME)
    with running_site(tmp_path_factory.mktemp("site"), certificates) as site:
        eventually(lambda: _takes_objects(site.store))
        yield site


@pytest.fixture
def load(site: Site, request: pytest.FixtureRequest) -> Load:
    """Clients of the balancer, which are not running yet."""
    where = site.loopback.address(BALANCER, 443)
    context = ssl.create_default_context(cafile=str(site.ca))
    return Load(NAME, where, context, site.store, BUCKET, request.node.name)


def test_a_rolling_restart_costs_no_request(site: Site, load: Load) -> None:
    last = list(site.gateways)[-1]
    with load.running():
        time.sleep(BETWEEN)
        for server, gateway in site.gateways.items():
            eventually(lambda gateway=gateway: gateway.served() > 0)
            if server != last:  # which has `drain_delay` alone
                site.balancer.drain(server)
            gateway.stop()
            gateway.start()
            gateway.wait()
            site.balancer.welcome(server)
            time.sleep(BETWEEN)
            eventually(lambda gateway=gateway: gateway.served() > 0)
        served = {server: gateway.served() for server, gateway in site.gateways.items()}
    assert load.failures == []
    assert all(served.values()), served
    assert load.asked > sum(served.values()) > 0
    _is_all_there(site, load)


def test_a_gateway_that_dies_takes_only_what_was_under_way_on_it(site: Site, load: Load) -> None:
    server, gateway = next(iter(site.gateways.items()))
    with load.running():
        time.sleep(BETWEEN)
        gateway.kill()
        gone = time.monotonic()
        time.sleep(BETWEEN)
        asked = load.asked
        gateway.start()
        gateway.wait()
        site.balancer.wait(server)
        time.sleep(BETWEEN)
        eventually(lambda: gateway.served() > 0)
    assert [failure for failure in load.failures if failure[0] > gone + SETTLED] == []
    assert len(load.failures) <= len(load.works())
    assert load.asked > asked > 0
    _is_all_there(site, load)


def _is_all_there(site: Site, load: Load) -> None:
    """Every object is in the store that a client was told is there, as it was sent."""
    pages = (
        connect(site.store).get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{load.prefix}/")
    )
    stored = {entry["Key"]: entry["ETag"].strip('"') for page in pages for entry in page["Contents"]}
    assert {key: stored.get(key) for key in load.put} == load.put


def _takes_objects(store: Store) -> bool:
    boto = connect(store)
    try:
        if BUCKET not in {entry["Name"] for entry in boto.list_buckets()["Buckets"]}:
            boto.create_bucket(Bucket=BUCKET)
        boto.put_object(Bucket=BUCKET, Key="probe", Body=b"ready?")
    except (BotoCoreError, ClientError):
        return False
    return True
