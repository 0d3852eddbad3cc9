"""The stores do what their capabilities say: tests that rely on one may trust it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.stores.fixtures import Stores
from tests.stores.processes import NotStartedError, free_ports, running, spawn
from tests.stores.programs import ALICE, BOB, connect
from tests.stores.store import (
    ACL,
    BUCKET_GRANTS,
    CONDITIONS,
    EMAILS,
    GRANTS,
    LOGGING,
    PUT_ACL,
    PUT_OBJECT_ACL,
    SIGNATURES,
    Store,
)

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def _grants(acl) -> set[tuple[str, str]]:
    return {
        (grant["Grantee"].get("URI") or grant["Grantee"].get("ID", ""), grant["Permission"])
        for grant in acl["Grants"]
    }


def _works(attempt) -> bool:
    try:
        return attempt() is not False
    except ClientError:
        return False


def test_an_object_comes_back(store: Store) -> None:
    client = connect(store)
    client.create_bucket(Bucket="comes-back")
    client.put_object(Bucket="comes-back", Key="a b/ü+%", Body=b"bytes", Metadata={"colour": "blue"})
    answer = client.get_object(Bucket="comes-back", Key="a b/ü+%")
    assert answer["Body"].read() == b"bytes"
    assert answer["Metadata"] == {"colour": "blue"}


def _public(permission: str) -> dict[str, object]:
    return {"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": permission}


class Trials:
    """One attempt for each capability: false, or an error of the store, means that it lacks it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.client = connect(store)
        self.client.create_bucket(Bucket="capable")
        self.etag = self.client.put_object(Bucket="capable", Key="k", Body=b"x")["ETag"]

    def acl(self) -> bool:
        return bool(self.client.get_object_acl(Bucket="capable", Key="k")["Grants"])

    def put_acl(self) -> bool:
        owner = self.client.get_bucket_acl(Bucket="capable")["Owner"]
        policy = {"Owner": owner, "Grants": [_public("READ")]}
        self.client.put_bucket_acl(Bucket="capable", AccessControlPolicy=policy)
        return _grants(self.client.get_bucket_acl(Bucket="capable")) == {(ALL_USERS, "READ")}

    def put_object_acl(self) -> bool:
        owner = self.client.get_object_acl(Bucket="capable", Key="k")["Owner"]
        policy = {"Owner": owner, "Grants": [_public("READ"), _public("READ_ACP")]}
        self.client.put_object_acl(Bucket="capable", Key="k", AccessControlPolicy=policy)
        granted = _grants(self.client.get_object_acl(Bucket="capable", Key="k"))
        return granted == {(ALL_USERS, "READ"), (ALL_USERS, "READ_ACP")}

    def grants(self) -> bool:
        self.client.put_object(Bucket="capable", Key="granted", Body=b"x", GrantRead=f'uri="{ALL_USERS}"')
        granted = _grants(self.client.get_object_acl(Bucket="capable", Key="granted"))
        return (ALL_USERS, "READ") in granted

    def bucket_grants(self) -> bool:
        self.client.create_bucket(Bucket="granted", GrantRead=f'uri="{ALL_USERS}"')
        return (ALL_USERS, "READ") in _grants(self.client.get_bucket_acl(Bucket="granted"))

    def emails(self) -> bool:
        owner = self.client.get_bucket_acl(Bucket="capable")["Owner"]
        by_email = {"Type": "AmazonCustomerByEmail", "EmailAddress": BOB.email}
        policy = {"Owner": owner, "Grants": [{"Grantee": by_email, "Permission": "READ"}]}
        self.client.put_bucket_acl(Bucket="capable", AccessControlPolicy=policy)
        return _grants(self.client.get_bucket_acl(Bucket="capable")) == {(BOB.canonical_id, "READ")}

    def logging(self) -> bool:
        if "LoggingEnabled" in self.client.get_bucket_logging(Bucket="capable"):
            return False
        delivery = {"Type": "Group", "URI": LOG_DELIVERY}
        self.client.put_bucket_acl(
            Bucket="capable",
            AccessControlPolicy={
                "Owner": self.client.get_bucket_acl(Bucket="capable")["Owner"],
                "Grants": [{"Grantee": delivery, "Permission": name} for name in ("WRITE", "READ_ACP")],
            },
        )
        target = {"LoggingEnabled": {"TargetBucket": "capable", "TargetPrefix": "log/"}}
        self.client.put_bucket_logging(Bucket="capable", BucketLoggingStatus=target)
        status = self.client.get_bucket_logging(Bucket="capable")
        return status["LoggingEnabled"]["TargetPrefix"] == "log/"

    def signatures(self) -> bool:
        stranger = replace(ALICE, secret_key="wrong")
        return not _works(lambda: connect(self.store, stranger).list_buckets())

    def conditions(self) -> bool:
        matches = _works(lambda: self.client.get_object(Bucket="capable", Key="k", IfMatch=self.etag))
        differs = _works(lambda: self.client.get_object(Bucket="capable", Key="k", IfMatch='"00"'))
        unchanged = _works(lambda: self.client.get_object(Bucket="capable", Key="k", IfNoneMatch=self.etag))
        return matches and not differs and not unchanged


def test_capabilities_are_what_the_store_does(store: Store) -> None:
    trials = Trials(store)
    tried = {
        ACL: trials.acl,
        PUT_ACL: trials.put_acl,
        PUT_OBJECT_ACL: trials.put_object_acl,
        GRANTS: trials.grants,
        BUCKET_GRANTS: trials.bucket_grants,
        EMAILS: trials.emails,
        LOGGING: trials.logging,
        SIGNATURES: trials.signatures,
        CONDITIONS: trials.conditions,
    }
    assert store.supports == {capability for capability, attempt in tried.items() if _works(attempt)}


def test_bob_is_kept_out_of_alices_buckets(seaweedfs: Store) -> None:
    connect(seaweedfs).create_bucket(Bucket="alices-own")
    with pytest.raises(ClientError, match="AccessDenied"):
        connect(seaweedfs, BOB).list_objects(Bucket="alices-own")


def test_a_program_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def start() -> subprocess.Popen[bytes]:
        return spawn([sys.executable, "-c", "print('no such store'); raise SystemExit(3)"], log=log)

    with (
        pytest.raises(NotStartedError, match=r"(?s)status 3.*no such store"),
        running(start, lambda: False, log),
    ):
        pass


def test_a_killed_parent_leaves_no_program(tmp_path: Path) -> None:
    """Not even `kill -9` of the tests leaves a store behind."""
    script = (
        "import sys, time; from pathlib import Path; from tests.stores.processes import spawn;"
        "print(spawn(['sleep', '600'], log=Path(sys.argv[1])).pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "log"],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    while _is_alive(child):
        time.sleep(0.01)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIG_DFL)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_free_ports_differ_and_so_do_those_beside_them() -> None:
    ports = free_ports(20, beside=(10_000,))
    assert len(set(ports)) == 20


def test_a_store_is_started_once(stores: Stores) -> None:
    assert stores["moto"] is stores["moto"]
