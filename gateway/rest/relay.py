"""REST to REST: the cell whose client and store speak the same language.

A request goes on in one of two ways, which is `rest_auth`: checked and signed anew
(`rest.resigning`), or untouched (`rest.passing`). What comes back is the store's own: status,
reason, end-to-end fields and the bytes, streamed when it is a success; addresses of the store become
the client's (`rest.readdressed`). An `<Error>` in a success,
which CopyObject and CompleteMultipartUpload know, passes with the rest; so does a redirect.

An error passes byte for byte when it is S3's document. What is none, a load balancer's page or
nothing at all, becomes the document that its status calls for (wire rule 1); and what the store
says of the gateway's own signature is the operator's affair alone (wire rule 6).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gateway.messages import Admission, HttpReply, HttpRequest, Ids, Problem, RestReply
from gateway.rest.addresses import parse_address
from gateway.rest.errors import build_error, error_fields, problem_of
from gateway.rest.resigning import too_large
from gateway.tables.store_errors import ours
from gateway.wire.gate import METHODS
from gateway.wire.http1 import RequestHead

ERROR: Final = 400
"""The first status that is an error."""

NOT_MODIFIED: Final = 304

SCOPES: Final = ("service", "bucket", "object")

OPERATIONS: Final = frozenset(f"{method}.{scope.upper()}" for method in METHODS for scope in SCOPES)
"""What requests are called in log and metrics, with `REST.` before it as in S3's own access log."""


class Way(Protocol):
    """How requests go on: `Resigning` or `Passing`."""

    @property
    def max_object(self) -> int:
        """Bytes of a body."""

    def admit(self, head: RequestHead, *, secure: bool = False) -> Admission:
        """Say how the body is to be read; raises Problem."""

    def request(self, head: RequestHead, body: Any, proof: Any) -> HttpRequest:
        """Return what is sent to the store; raises Problem."""

    def about(self, proof: Any) -> tuple[str, str] | None:
        """Return the bucket and the key that a request is about; None when its address was not judged."""

    def access_key(self, proof: Any) -> str:
        """Return whose request it is, as far as that is known."""

    def signs(self, proof: Any) -> bool:
        """Tell whether the request has a signature of ours."""

    def told(self, reply: RestReply, proof: Any) -> RestReply:
        """Return the store's reply with the client's addresses in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestRelay:
    """The cell of REST clients of a REST store.

    Attributes:
        way: How requests go on.
        domains: Our host names, in lower case.

    """

    way: Way
    domains: tuple[str, ...] = ("localhost",)

    @property
    def name(self) -> str:
        """The client's language, as logs and metrics have it."""
        return "rest"

    def claims(self, head: RequestHead) -> bool:  # noqa: ARG002
        """Take every request: what is not SOAP's is REST's."""
        return True

    def admit(self, head: RequestHead, *, secure: bool) -> Admission:
        """Judge a request by its head; REST needs no TLS.

        Raises:
            Problem: What its way refuses.

        """
        return self.way.admit(head, secure=secure)

    def converse(
        self, head: RequestHead, body: Any, proof: Any, note: Callable[[str, str], None]
    ) -> Generator[HttpRequest, RestReply, HttpReply]:
        """Lead one request to its reply.

        Args:
            head: Of a request that was admitted.
            body: b"" for none, else what the admission gave to read it.
            proof: What the admission told.
            note: Told what is asked, and by whom.

        Yields:
            The one request.

        Raises:
            Problem: The store's error, where it does not pass; what its way refuses.

        """
        scope = self._scope(head, self.way.about(proof))
        note(f"{head.method}.{scope.upper()}", self.way.access_key(proof))
        reply = yield self.way.request(head, body, proof)
        problem = None
        if reply.status >= ERROR:
            problem = self._judged(reply, scope, head, proof)
        reply = self.way.told(reply, proof)
        headers = tuple([field for field in reply.headers if field[0] != "content-length"])
        pieces = () if reply.body == b"" else (reply.body,)
        return HttpReply(reply.status, reply.reason, headers, pieces, _told_length(head, reply), problem)

    def prepare(self, request: HttpRequest) -> HttpRequest:
        """Return a request as it is: it is complete."""
        return request

    def too_long(self, head: RequestHead) -> Problem:
        """Return what a body longer than may be read is answered with."""
        return too_large(head.length, self.way.max_object)

    def called(self, head: RequestHead) -> str:
        """Return what a request is called that was refused on its head."""
        return f"{head.method}.{self._scope(head, None).upper()}"

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:
        """Write a problem as S3's REST error document.

        Args:
            problem: What came out of `admit`, of `converse` or of the gate.
            head: Of the request; None when it could not be read.
            ids: Of the request.

        """
        if head is None:
            return build_error(problem, ids)
        return build_error(problem, ids, resource=head.path, method=head.method)

    def _scope(self, head: RequestHead, about: tuple[str, str] | None) -> str:
        """Return what a request is about; of an address that only the store may judge: an object."""
        try:
            bucket, key = about or parse_address(head, self.domains)[:2]
        except Problem:
            return "object"
        return SCOPES[bool(bucket) + bool(key)]

    def _judged(self, reply: RestReply, scope: str, head: RequestHead, proof: Any) -> Problem:
        """Return the problem of an error that passes.

        Raises:
            Problem: The one to tell in its place.

        """
        document = error_fields(reply.body)
        problem = problem_of(reply, scope, document)
        told = ours(problem) if self.way.signs(proof) else problem
        if told is not problem:
            raise told from problem
        if document is None and head.method != "HEAD":
            # A coded document is the client's to read, unless our signature may be told of in it.
            coded = reply.header("content-encoding") and not self.way.signs(proof)
            if not coded:
                raise problem
        return problem


def _told_length(head: RequestHead, reply: RestReply) -> int | None:
    """Return the length that a reply without a body tells of the one it stands for."""
    if head.method != "HEAD" and reply.status != NOT_MODIFIED:
        return None
    length = reply.header("content-length")
    return None if length is None else int(length)
