"""REST towards a client: from the request to the Call, from the Answer to S3's own reply.

`Rest` is the language as the shell sees it. `admit` judges the head alone, before a byte of the
body is read: who it is from, whether anybody here understands it, how long the body is. `serve`
is the conversation; `refuse` writes what came out of it, in this one place.

Nearly every request is one Call. Two need more, whatever their row: a canned list of grants that
means its owner (`rest.owners`), and an object whose length was asked for and not told.

Sources: the S3 API reference; wire rules 8, 12, 14 and 22.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.messages import Admission, Answer, Call, Credentials, HttpReply, Ids, Problem, RestRequest
from gateway.rest.addresses import parse_address, parse_query
from gateway.rest.authorization import Presented, authorize
from gateway.rest.calls import OVERRIDES, find, has_object, parse_call, reads_body
from gateway.rest.deletion import MAX_DELETION
from gateway.rest.errors import build_error
from gateway.rest.owners import ask_with_owners
from gateway.rest.payload import Payload
from gateway.rest.presigned import AUTHENTICATION, in_fields
from gateway.rest.replies import build_reply, overrides
from gateway.rest.views import REGION_HEADER, View
from gateway.tables.contract import Contract
from gateway.tables.operations import Operation
from gateway.wire.http1 import RequestHead

MAX_DOCUMENT: Final = 2 * 1024 * 1024
"""Bytes of a document that a client sends (MaxMessageLengthExceeded)."""

FRAMED: Final = 2
"""How much longer than its object a body in chunks may be: this many times, and a little."""

FRAMED_LEAST: Final = 65_536
"""The little: what the frames of the smallest objects and all trailers fit into, in bytes."""

ANONYMOUS_OVERRIDES: Final = "Request specific response headers cannot be used for anonymous GET requests."

Serving = Generator[Call, Answer, HttpReply]
Note = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What the head of a request has shown.

    Attributes:
        request: It, without its body.
        found: The row or the view that understands it.
        presented: Who it is from; None when it is anonymous.
        payload: Reads its body.

    """

    request: RestRequest
    found: Operation | View
    presented: Presented | None
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The language of REST clients.

    Attributes:
        contract: Of our own WSDL, whose types REST shares.
        secret_of: The secret of an access key, None for an unknown one.
        now: The clock, aware.
        region: What the gateway calls its own.
        domains: Our host names, in lower case; a name below one is a bucket.
        anonymous: Let requests without a signature go to the store, unsigned.
        max_object: Bytes of an object (EntityTooLarge).
        max_document: Bytes of any other body (MaxMessageLengthExceeded).

    """

    contract: Contract
    secret_of: Callable[[str], str | None]
    now: Callable[[], datetime]
    region: str = "us-east-1"
    domains: tuple[str, ...] = ("localhost",)
    anonymous: bool = False
    max_object: int = 5 * 1024**3
    max_document: int = MAX_DOCUMENT

    @property
    def name(self) -> str:
        """The language's name, as logs and metrics have it."""
        return "rest"

    def claims(self, head: RequestHead) -> bool:  # noqa: ARG002
        """Take every request: what is not SOAP's is REST's."""
        return True

    def admit(self, head: RequestHead, *, secure: bool) -> Admission:  # noqa: ARG002
        """Judge a request by its head, before its body is read.

        Args:
            head: Of any request.
            secure: Whether it came over TLS; signed requests may come without.

        Returns:
            How many bytes of body may be read, and what reads an object while it comes; any other
            body is read whole. The proof is an `Admitted`.

        Raises:
            Problem: InvalidURI and its like, for the address; AccessDenied and what else `authorize`
                says of a signature; NotImplemented, which names what nobody here understands;
                InvalidRequest; MissingContentLength; EntityTooLarge, MaxMessageLengthExceeded.

        """
        bucket, key, in_host = parse_address(head, self.domains)
        presented = authorize(
            head, bucket_in_host=in_host, secret_of=self.secret_of, now=self.now(), region=self.region
        )
        if presented is None and not self.anonymous:
            raise Problem("AccessDenied")
        head = in_fields(head, presented)
        request = RestRequest(head.method, bucket, key, parse_query(head.query), head.headers)
        found = find(request)
        if presented is None:
            _judge_anonymous(request, found)
        overrides(request.query)
        secret = (self.secret_of(presented.access_key) or "") if presented else ""
        payload = Payload(head, presented, secret)
        admitted = Admitted(request, found, presented, payload)
        if isinstance(found, Operation) and has_object(found):
            return self._admit_object(head, admitted)
        return self._admit_document(head, admitted)

    def _admit_object(self, head: RequestHead, admitted: Admitted) -> Admission:
        size = admitted.payload.length
        if size > self.max_object:
            details = (("ProposedSize", str(size)), ("MaxSizeAllowed", str(self.max_object)))
            raise Problem("EntityTooLarge", details=details)
        most = FRAMED * size + FRAMED_LEAST if head.length is None else head.length
        return Admission(most, admitted.payload, admitted)

    def _admit_document(self, head: RequestHead, admitted: Admitted) -> Admission:
        found = admitted.found
        if head.length and not (reads_body(found) if isinstance(found, Operation) else found.most):
            raise Problem("UnexpectedContent")
        most = found.most if isinstance(found, View) and found.most else self.max_document
        return Admission(most, None, admitted)

    def too_long(self, head: RequestHead) -> Problem:
        """Return the problem of a body longer than `admit` allowed."""
        _, key, _ = parse_address(head, self.domains)
        names = {name for name, _ in parse_query(head.query)}
        if head.method == "PUT" and key and "acl" not in names:
            return Problem("EntityTooLarge", details=(("MaxSizeAllowed", str(self.max_object)),))
        most = MAX_DELETION if head.method == "POST" else self.max_document
        return Problem("MaxMessageLengthExceeded", details=(("MaxMessageLengthBytes", str(most)),))

    def called(self, head: RequestHead) -> str:
        """Return the operation or the view that a head asks for, "" when nobody understands it."""
        try:
            bucket, key, _ = parse_address(head, self.domains)
            query = tuple(pair for pair in parse_query(head.query) if pair[0] not in AUTHENTICATION)
            return find(RestRequest(head.method, bucket, key, query, head.headers)).name
        except Problem:
            return ""

    def serve(self, head: RequestHead, body: bytes | Payload, proof: Admitted, note: Note) -> Serving:  # noqa: ARG002
        """Lead one request from its body to its reply.

        Args:
            head: Of a request that was admitted.
            body: All of it, or what reads it while it comes.
            proof: What `admit` found out.
            note: Told operation and access key.

        Yields:
            The Calls; their Answers are sent in, or a Problem thrown.

        Raises:
            Problem: For `refuse` to write.

        """
        presented, found = proof.presented, proof.found
        access_key = presented.access_key if presented else ""
        note(found.name, access_key)
        credentials = Credentials(access_key) if presented else None
        if isinstance(body, bytes):
            request = replace(proof.request, body=proof.payload.take(body))
        else:
            assert body.attachment is not None, "an object is served when its bytes have a source"
            request = replace(proof.request, body=body.attachment.body)
        if isinstance(found, View):
            return (yield from found.lead(self.contract, request, credentials, self.region))
        call = parse_call(request, found, self.contract, region=self.region, credentials=credentials)
        answer = yield from ask_with_owners(call)
        if call.values.get("GetData") is False:
            answer = yield from _with_length(answer, call)
        return build_reply(answer, found, call, self.contract, request.query)

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:
        """Write a problem as S3's REST error document.

        A redirection tells our region where the store told none, for clients sign with ours: boto3 would
        ask for it by HEAD of the bucket, be redirected again, and never end.

        Args:
            problem: What came out of `admit` or `serve`, or of the gate.
            head: Of the request; None when it could not be read.
            ids: Of the request.

        """
        problem = replace(problem, headers=((REGION_HEADER, self.region), *problem.headers))
        if head is None:
            return build_error(problem, ids)
        return build_error(problem, ids, resource=head.path, method=head.method)


def _judge_anonymous(request: RestRequest, found: Operation | View) -> None:
    """Refuse what nobody may ask without a name (wire rule 14)."""
    if isinstance(found, Operation) and found.signed:
        raise Problem("AccessDenied")
    if any(name in OVERRIDES for name, _ in request.query):
        raise Problem("InvalidRequest", ANONYMOUS_OVERRIDES)


def _with_length(answer: Answer, call: Call) -> Generator[Call, Answer, Answer]:
    """Return an answer to a HEAD that tells the object's length: a listing does, where it does not."""
    entries = answer.values.get("Metadata", [])
    if any(entry.get("Name", "").lower() == "content-length" for entry in entries):
        return answer
    status = answer.values.get("Status", {}).get("Code")
    if status in {206, 304}:
        return answer
    bucket, key = call.values["Bucket"], call.values["Key"]
    listed = yield Call("ListBucket", {"Bucket": bucket, "Prefix": key, "MaxKeys": 1}, call.credentials)
    sizes = [
        one["Size"] for one in listed.values.get("Contents", ()) if one.get("Key") == key and "Size" in one
    ]
    if not sizes:
        raise Problem("InternalError", "The store does not say how long the object is.")
    entry = {"Name": "Content-Length", "Value": str(sizes[0])}
    return replace(answer, values={**answer.values, "Metadata": [*entries, entry]})
