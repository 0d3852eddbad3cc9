"""Views led to their replies by a model of a store, and replies as botocore reads them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from gateway.conversation import converse
from gateway.messages import Answer, Call, Credentials, HttpReply, RestRequest
from gateway.rest.calls import find
from gateway.rest.views import View
from tests.joined import our_contract
from tests.rest.served import by_model
from tests.stores.programs import ALICE

REGION = "eu-central-1"
"""What the gateway calls its own."""

WHOSE = Credentials(ALICE.access_key)


def viewed(request: RestRequest, model: Callable[[Call], Answer], region: str = REGION) -> HttpReply:
    """Return the reply to a request that is a view's, whose Calls a model answers."""
    view = find(request)
    assert isinstance(view, View)
    try:
        next(converse(view.lead(our_contract(), request, WHOSE, region), by_model(model)))
    except StopIteration as done:
        reply: HttpReply = done.value
        return reply
    raise AssertionError("the model asks nobody")


def text_of(reply: HttpReply) -> bytes:
    """Return a reply's body."""
    return b"".join(piece for piece in reply.pieces if isinstance(piece, bytes))


@cache
def _s3() -> ServiceModel:
    return botocore.session.get_session().get_service_model("s3")


def read(reply: HttpReply, operation: str) -> dict[str, Any]:
    """Return what botocore reads in a reply, before boto3 makes an exception of an error."""
    told = {"status_code": reply.status, "headers": dict(reply.headers), "body": text_of(reply)}
    shape = _s3().operation_model(operation).output_shape
    parsed: dict[str, Any] = create_parser("rest-xml").parse(told, shape)
    return parsed
