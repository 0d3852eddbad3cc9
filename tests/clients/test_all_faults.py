"""All codes that S3 documents, from a SOAP store that says them, as boto3, PHP and zeep read them over the wire.

The store answers every message with the fault that the Key in it asks for: the number of a row of the
table, and how the fault is spelled. Ours is written by the gateway's own code, the others by hand.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.certificates import Certificates
from tests.clients.fixtures import Clients
from tests.clients.foreign import Fault
from tests.clients.gateway import Gateway, running_gateway
from tests.stores.programs import ALICE
from tests.stores.store import REGION, Store
from tests.test_faults_to_clients import DOCUMENTED, FORMS, SECRET_DETAILS, Error, code_of, message_of

SPELLINGS = ("ours", "unprefixed", "of another prefix", "of SOAP 1.2")
ASKED = re.compile(rb"<(?:\w+:)?Key>(\d+)-([^<]+)<")
BUCKET = "faults"
WANTED = {"GetMetadata": True, "GetData": True, "InlineData": True}

pytestmark = pytest.mark.wording

spellings = pytest.mark.parametrize("spelling", SPELLINGS)


class Refusing(BaseHTTPRequestHandler):
    """Answers with the fault that is asked for."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = ASKED.search(self.rfile.read(int(self.headers["content-length"])))
        assert asked is not None
        fault = FORMS[asked[2].decode()](DOCUMENTED[int(asked[1])])
        self.send_response(500)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(fault)))
        self.end_headers()
        self.wfile.write(fault)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the replies are looked at."""


@contextmanager
def refusing_store() -> Iterator[Store]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/soap"
        yield Store("refusing", url, ALICE.access_key, ALICE.secret_key, frozenset(), (ALICE,))
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def gateway(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    directory = tmp_path_factory.mktemp("gateway-refused")
    with (
        refusing_store() as store,
        running_gateway(directory, store, certificates, {"backend": {"protocol": "soap"}}) as gateway,
    ):
        yield gateway


@pytest.fixture(scope="module")
def boto(gateway: Gateway) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=gateway.url,
        verify=str(gateway.ca),
        region_name=REGION,
        aws_access_key_id=ALICE.access_key,
        aws_secret_access_key=ALICE.secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def told_in_rest(row: Error) -> tuple[str, int]:
    """Code and status of a row, as a client of REST is told (wire rule 6 for what is said of a signature)."""
    return ("InternalError", 500) if row.on_signature else (row.rest_code or row.code, row.status or 400)


def refusal(called: Any, number: int, spelling: str) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        called(Bucket=BUCKET, Key=f"{number}-{spelling}")
    response: dict[str, Any] = refused.value.response
    return response


def test_all_81_documented_codes_are_asked_for():
    assert len({row.code for row in DOCUMENTED}) == 81


@spellings
def test_boto3_raises_each_code_with_its_status_and_message(boto, spelling):
    for number, row in enumerate(DOCUMENTED):
        response = refusal(boto.get_object, number, spelling)
        error = response["Error"]
        code, status = told_in_rest(row)
        assert (error["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), row
        assert row.on_signature or error["Message"] == message_of(row.code, row.message), row
        assert not error.keys() & SECRET_DETAILS, row


@spellings
def test_boto3_raises_the_status_of_each_head(boto, spelling):
    for number, row in enumerate(DOCUMENTED):
        response = refusal(boto.head_object, number, spelling)
        status = told_in_rest(row)[1]
        told = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
        assert told == (str(status), status), row


@spellings
@pytest.mark.parametrize("name", ["php", "zeep"])
def test_a_soap_client_reads_each_code_as_documented(
    gateway: Gateway, clients: Clients, name: str, spelling: str
) -> None:
    """The keys are the same at both ends, so what is said of a signature is said of the client's."""
    client = clients.of(name, gateway)
    for number, row in enumerate(DOCUMENTED):
        fault = client.call("GetObject", Bucket=BUCKET, Key=f"{number}-{spelling}", **WANTED)
        assert isinstance(fault, Fault), row
        assert (fault.code, fault.message) == (code_of(row), message_of(row.code, row.message)), row
        assert ("RequestId" in fault.details) == (not row.on_header), row
