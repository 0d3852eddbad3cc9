"""Joins a language that serves a client to one that asks a store, and knows neither.

`serve` is a generator of Calls and is sent their Answers; `ask` turns one Call into wire
requests and is sent their replies. Joined, they are one generator: wire requests out,
wire replies in, the client's reply at the end. The four cells of the gateway are pairs
of such halves, not programs: a `Translation` where the two languages differ, a relay of the
language's own where they do not.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from gateway.messages import Admission, Answer, Call, HttpReply, HttpRequest, Ids, Problem, RestReply
from gateway.wire.http1 import RequestHead

WireRequest = TypeVar("WireRequest")
WireReply = TypeVar("WireReply")
Reply = TypeVar("Reply")


def converse(
    serve: Generator[Call, Answer, Reply],
    ask: Callable[[Call], Generator[WireRequest, WireReply, Answer]],
) -> Generator[WireRequest, WireReply, Reply]:
    """Lead one conversation to its end.

    Args:
        serve: The client's side, not yet begun.
        ask: The store's side, begun anew for each Call.

    Yields:
        What the store is to be sent; its reply is sent back in.

    Returns:
        What `serve` returns: the reply for the client.

    Raises:
        Problem: What `serve` let out: raised by itself, or by `ask` and thrown into it at
            its `yield`, where it may catch it and go on.

    """
    try:
        call = next(serve)
        while True:
            try:
                answer = yield from ask(call)
            except Problem as problem:
                call = serve.throw(problem)
            else:
                call = serve.send(answer)
    except StopIteration as done:
        reply: Reply = done.value
        return reply
    finally:
        serve.close()


Note = Callable[[str, str], None]
"""Told operation and access key as soon as they are read, for the log: most of what is refused is
refused before there is a Call.
"""


class Serving(Protocol):
    """The language of a client."""

    @property
    def name(self) -> str:
        """As it stands in logs and counters: soap, rest."""

    def claims(self, head: RequestHead) -> bool:
        """Tell whether a request is in this language, judged on its head."""

    def admit(self, head: RequestHead, *, secure: bool) -> Admission:
        """Say how the body is to be read, judged on the head alone; raises Problem."""

    def serve(
        self, head: RequestHead, body: Any, proof: Any, note: Note
    ) -> Generator[Call, Answer, HttpReply]:
        """Turn a request into Calls and their Answers into the reply; raises Problem."""

    def too_long(self, head: RequestHead) -> Problem:
        """Return what a body longer than `admit` allowed is answered with."""

    def called(self, head: RequestHead) -> str:
        """Return the operation that a head names, "" for none: for a request that was refused on it."""

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:
        """Write `problem`. Without a head the request could not be read."""


class Asking(Protocol):
    """The language of a store."""

    def ask(self, call: Call) -> Generator[Any, RestReply, Answer]:
        """Turn a Call into requests, and their replies into its Answer; raises Problem."""

    def prepare(self, request: Any) -> HttpRequest:
        """Give a request its address and its signature; raises Problem."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The cell of two languages: what a client asks in one is asked of the store in the other.

    Attributes:
        front: The client's language.
        back: The store's.

    """

    front: Serving
    back: Asking

    @property
    def name(self) -> str:
        """The client's language, as logs and metrics have it."""
        return self.front.name

    def claims(self, head: RequestHead) -> bool:
        """Tell whether a request is in the client's language."""
        return self.front.claims(head)

    def admit(self, head: RequestHead, *, secure: bool) -> Admission:
        """Say how the body of a request is to be read; raises Problem."""
        return self.front.admit(head, secure=secure)

    def converse(
        self, head: RequestHead, body: Any, proof: Any, note: Note
    ) -> Generator[Any, RestReply, HttpReply]:
        """Lead one request to its reply; raises Problem."""
        return converse(self.front.serve(head, body, proof, note), self.back.ask)

    def prepare(self, request: Any) -> HttpRequest:
        """Return what is sent to the store; raises Problem."""
        return self.back.prepare(request)

    def too_long(self, head: RequestHead) -> Problem:
        """Return what a body longer than allowed is answered with."""
        return self.front.too_long(head)

    def called(self, head: RequestHead) -> str:
        """Return the operation that a head names, "" when it does not."""
        return self.front.called(head)

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:
        """Write a problem in the client's language."""
        return self.front.refuse(problem, head, ids)
