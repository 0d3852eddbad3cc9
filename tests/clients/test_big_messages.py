"""20 MiB inline, as old programs send them: everything is written before anything is read.

The gateway answers early and must let the writer finish, or the fault is lost in a reset.
"""

from __future__ import annotations

import pytest

from tests.clients.fixtures import Clients, Gateways
from tests.clients.foreign import Fault

SIZE = 20 << 20
ROOM = {"limits": {"max_soap_message": str(64 << 20), "max_inline_data": str(32 << 20)}}
OBJECT = {"Bucket": "big", "Key": "object", "Data": b"x" * SIZE, "ContentLength": SIZE}

writers = pytest.mark.parametrize("name", ["axis", "php"])


@writers
def test_a_message_over_the_limit_is_answered(name: str, gateways: Gateways, clients: Clients) -> None:
    fault = clients.of(name, gateways.before("moto")).call("PutObjectInline", **OBJECT)
    assert isinstance(fault, Fault)
    assert fault.code == "Client.MaxMessageLengthExceeded"


@writers
def test_a_wrong_signature_is_answered(name: str, gateways: Gateways, clients: Clients) -> None:
    client = clients.of(name, gateways.before("moto", ROOM))
    fault = client.call("PutObjectInline", security={"secret_key": "wrong"}, **OBJECT)
    assert isinstance(fault, Fault)
    assert fault.code == "Client.SignatureDoesNotMatch"
