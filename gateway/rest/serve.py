"""REST towards a client. Not served yet: every request is answered NotImplemented, in REST.

What stands here is what the shell needs of a language to refuse in it: requests that are not
SOAP's, and those whose head could not be read at all.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.messages import Answer, Call, HttpReply, Ids, Problem
from gateway.rest.errors import build_error
from gateway.wire.http1 import RequestHead


@dataclass(frozen=True, slots=True)
class Rest:
    """The language of REST clients."""

    @property
    def name(self) -> str:
        """The language's name, as logs and metrics have it."""
        return "rest"

    def claims(self, head: RequestHead) -> bool:  # noqa: ARG002
        """Take every request: what is not SOAP's is REST's."""
        return True

    def admit(self, head: RequestHead, *, secure: bool) -> NoReturn:  # noqa: ARG002
        """Refuse a request by its head.

        Raises:
            Problem: NotImplemented.

        """
        raise self._unserved()

    def serve(
        self,
        head: RequestHead,  # noqa: ARG002
        body: Any,  # noqa: ARG002
        proof: Any,  # noqa: ARG002
        note: Callable[[str, str], None],  # noqa: ARG002
    ) -> Generator[Call, Answer, HttpReply]:
        """Refuse a request that `admit` would have refused."""
        raise self._unserved()

    def too_long(self, head: RequestHead) -> Problem:  # noqa: ARG002
        """Return the problem of a body: `admit` lets none come."""
        return self._unserved()

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:
        """Write a problem as S3's REST error document.

        Args:
            problem: What came out of `admit`, or of the gate.
            head: Of the request; None when it could not be read.
            ids: Of the request.

        """
        if head is None:
            return build_error(problem, ids)
        return build_error(problem, ids, resource=head.path, method=head.method)

    def _unserved(self) -> Problem:
        return Problem("NotImplemented", "This gateway serves SOAP clients; REST clients are not served yet.")
