"""One request of a client, led from its whole body to the reply that its language writes.

A conversation is a generator that knows no time; this is where it meets it. An `Exchange`
begins it, sends what it yields and gives the reply back in, each step in its stage of the
round that brought it: no Deferred and no task stands between a request and its answer.

Whatever goes wrong comes out of here as a `Problem`, to be written in the client's language; what
is none is a bug, logged with the request's id and told as InternalError. If the client goes
away, `stop` ends all of it: the request at the store, the generators, the bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from twisted.logger import Logger, LogLevel, globalLogPublisher

from gateway.conversation import Note
from gateway.messages import Admission, Body, HttpReply, HttpRequest, Ids, Problem, RestReply
from gateway.proxy.asking import Asking, Outcome
from gateway.proxy.connection import Counters
from gateway.proxy.rounds import Rounds, Stage
from gateway.proxy.unpacking import Unpacking
from gateway.wire.http1 import RequestHead

log = Logger()

LOGGED = 64
"""Characters of a stranger's text that the log repeats."""

LONG = 65_536
"""Bytes of a message, from which on it takes long to read it, and to send what comes of it."""

REPLACEMENT = "\ufffd".encode()
"""What stands in an answer for a character that its language cannot carry (wire rule 19)."""

STORE_ID = "x-amz-request-id"
"""The field of a reply that passes on which the store tells its name of the request."""

WRITTEN: Mapping[str, str] = MappingProxyType({})
"""What an event says whose text is written out already: to have it put together takes four times as long.

Twisted looks for the texts of a format's fields here first; of none there are none. The fields are
beside it all the same.
"""

CLAIMED_KEY = "AWSAccessKeyId"
"""The detail of an error that says who the client claimed to be."""

_UNSAFE = re.compile(r"[^A-Za-z0-9+/=._-]")


class Cell(Protocol):
    """How the shell sees what is done for the clients of one language.

    A `Translation`, where the store has another language; a relay, where it has the same.
    """

    @property
    def name(self) -> str:
        """The client's language, as it stands in logs and counters: soap, rest."""

    def claims(self, head: RequestHead) -> bool:
        """Tell whether a request is in this language, judged on its head."""

    def admit(self, head: RequestHead, *, secure: bool) -> Admission:
        """Say how the body is to be read; raises Problem. Sees the head alone."""

    def converse(
        self, head: RequestHead, body: Any, proof: Any, note: Note
    ) -> Generator[Any, RestReply, HttpReply]:
        """Lead a request to its reply; raises Problem.

        The body is all of it, or what the admission gave to read it, when that is ready.
        """

    def prepare(self, request: Any) -> HttpRequest:
        """Return what `converse` yielded as it is sent to the store; raises Problem."""

    def too_long(self, head: RequestHead) -> Problem:
        """Return what a body longer than `admit` allowed is answered with."""

    def called(self, head: RequestHead) -> str:
        """Return what a request is called that was refused on its head, "" when that does not tell."""

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:
        """Write `problem`. Without a head the request could not be read."""


Send = Callable[[HttpRequest, Callable[[Outcome], None]], Asking]


class Exchange:
    """One request and what becomes of it.

    Args:
        cell: What is done for the client.
        head: The request's; None when it could not be read.
        ids: Its names, for log and client.
        started: When its first byte came, in seconds since 1970.
        rounds: Those of the reactor.

    Attributes:
        operation: The last operation that was called, "" before any was, or the one that its head names.
        access_key: Who called it, "" for nobody that was proved.
        problem: What the client was refused with, if it was.
        store_id: The store's own name of the request, "" when it told none.
        status: Of the answer; 0 before it began.

    """

    def __init__(
        self, cell: Cell, head: RequestHead | None, ids: Ids, started: float, rounds: Rounds
    ) -> None:
        self.cell = cell
        self.head = head
        self.ids = ids
        self.started = started
        self.operation = ""
        self.access_key = ""
        self.problem: Problem | None = None
        self.store_id = ""
        self.status = 0
        self._rounds = rounds
        self._stopped = False
        self._takes_long = False
        self._conversation: Generator[Any, RestReply, HttpReply] | None = None
        self._asking: Asking | None = None
        self._bodies: list[Body] = []

    def begin(
        self,
        body: bytes | Unpacking,
        proof: Any,
        send: Send,
        done: Callable[[HttpReply | Problem], None],
    ) -> None:
        """Lead the conversation about a request.

        Args:
            body: All of it, or a message in parts that is ready.
            proof: What the admission told of it.
            send: Sends a request to the store.
            done: Called once, with the reply to write or the Problem to refuse with, unless
                `stop` is called before.

        """
        head = self.head
        assert head is not None
        self._send = send
        self._done = done
        self._keep(body)
        self._step(body, self._first, head, body, proof)

    def refuse(self, problem: Problem) -> HttpReply:
        """Return the reply that tells the client `problem`, under the ids that our log knows."""
        self.problem = problem
        self.store_id = problem.request_id
        if self.head is not None and not self.operation:
            self.operation = self.cell.called(self.head)
        cause = problem.__cause__
        if isinstance(cause, Problem) and cause.code != problem.code:
            log.warn(  # noqa: G010 - Twisted's logger
                "{request_id}: the store said {cause}, the client is told {code}",
                request_id=self.ids.request_id,
                cause=str(cause),
                code=problem.code,
            )
        _forget_frames(problem)
        return self.cell.refuse(_nameless(problem), self.head, self.ids)

    def stop(self) -> None:
        """End the work, in whatever state it is, and close the bodies that nobody wrote."""
        self._stopped = True
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.cancel()
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.close()
        for body in self._bodies:
            body.source.close()
        self._bodies.clear()

    def report(  # noqa: PLR0913 - what a line of the log tells
        self,
        counters: Counters,
        *,
        peer: str,
        received: int,
        sent: int,
        seconds: float,
        whole: bool,
    ) -> None:
        """Write the request's line in the access log, and count its answer.

        Args:
            counters: Who counts.
            peer: The client's address.
            received: Bytes of head and body.
            sent: Bytes of the answer.
            seconds: From the request's first byte.
            whole: Whether all of the answer was handed over; else the client left, or it broke.

        """
        problem = self.problem
        code = "" if problem is None else problem.code
        store = _loggable(self.store_id)
        access_key = self.access_key or _claimed(problem) or "-"
        operation = f"{self.cell.name.upper()}.{self.operation or '-'}"
        milliseconds = round(seconds * 1000)
        line = (
            f"{peer} {self.ids.request_id} {access_key} {operation} {self.status} {code or '-'} "
            f"in {received} out {sent} bytes {milliseconds} ms{' store ' if store else ''}{store}"
        )
        globalLogPublisher(  # at once: for each event a logger sorts its levels, to look for this one
            {
                "log_logger": log,
                "log_level": LogLevel.info,
                "log_namespace": log.namespace,
                "log_source": None,
                "log_time": self.started + seconds,
                "log_format": line.replace("{", "{{").replace("}", "}}"),
                "log_flattened": WRITTEN,
                "peer": peer,
                "request_id": self.ids.request_id,
                "access_key": access_key,
                "frontend": self.cell.name,
                "operation": operation,
                "status": self.status,
                "code": code or "-",
                "received": received,
                "sent": sent,
                "milliseconds": milliseconds,
                "whole": whole,
                "store_request_id": store,
            }
        )
        if whole:
            counters.answered(self.cell.name, self.operation, self.status, code, seconds)

    def _note(self, operation: str, access_key: str) -> None:
        self.operation = operation
        self.access_key = _loggable(access_key)

    def _keep(self, body: Any) -> None:
        """Remember to close what comes with a message, unless somebody writes it."""
        if isinstance(body, Body):
            self._bodies.append(body)
        elif not isinstance(body, bytes) and body.attachment is not None:
            self._bodies.append(body.attachment.body)

    def _first(self, head: RequestHead, body: bytes | Unpacking, proof: Any) -> Any:
        """Begin the conversation and return what it yields first."""
        self._conversation = self.cell.converse(head, body, proof, self._note)
        return next(self._conversation)

    def _step(self, body: Any, step: Callable[..., Any], *told: Any) -> None:
        """Leave a step of the conversation, which is told of `body`, for the end of the round."""
        self._takes_long = isinstance(body, bytes) and len(body) > LONG
        self._leave(Stage.CONVERSE, self._advance, step, *told)

    def _leave(self, stage: Stage, call: Callable[..., None], *args: Any) -> None:
        if self._takes_long:
            self._rounds.last(call, *args)
        else:
            self._rounds.at(stage, call, *args)

    def _advance(self, step: Callable[..., Any], *told: Any) -> None:
        """Take one step of the conversation, and leave what it leads to: a request or the reply.

        Args:
            step: Its beginning, its `send` or its `throw`.
            told: What it is told by that.

        """
        if self._stopped:
            return
        try:
            try:
                request = step(*told)
            except StopIteration as ended:
                self._end(self._looked_at(ended.value))
            else:
                self._leave(Stage.ASK, self._ask, request)
        except Problem as problem:
            self._end(problem)
        except Exception:  # noqa: BLE001 - a bug of any kind must not leave the client waiting
            self._broke()

    def _ask(self, request: Any) -> None:
        """Send what the conversation yielded; it hears of a request that cannot be sent."""
        if self._stopped:
            return
        try:
            asking = self._send(self.cell.prepare(request), self._replied)
        except Problem as problem:
            assert self._conversation is not None
            self._advance(self._conversation.throw, problem)
        except Exception:  # noqa: BLE001 - the same
            self._broke()
        else:
            self._asking = None if asking.done is None else asking

    def _broke(self) -> None:
        log.failure("The conversation of request {request_id} broke", request_id=self.ids.request_id)
        self._end(Problem("InternalError"))

    def _end(self, outcome: HttpReply | Problem) -> None:
        self._conversation = None
        self._rounds.at(Stage.ANSWER, self._settle, outcome)

    def _settle(self, outcome: HttpReply | Problem) -> None:
        if not self._stopped:
            self._done(outcome)

    def _looked_at(self, reply: HttpReply) -> HttpReply:
        """Return a reply to write; of one that is passed on, keep what the log tells of it."""
        self.problem = reply.problem
        named = [value for name, value in reply.headers if name == STORE_ID]
        self.store_id = named[0] if named else ""
        if [piece for piece in reply.pieces if isinstance(piece, bytes) and REPLACEMENT in piece]:
            log.warn(  # noqa: G010 - Twisted's logger
                "{request_id}: the answer to {operation} has U+FFFD where a character cannot be told",
                request_id=self.ids.request_id,
                operation=self.operation,
            )
        return reply

    def _replied(self, reply: Outcome) -> None:
        self._asking = None
        conversation = self._conversation
        assert conversation is not None  # else `stop` would have cancelled the request
        if isinstance(reply, Problem):
            self._step(b"", conversation.throw, reply)
            return
        self._keep(reply.body)
        self._step(reply.body, conversation.send, reply)


def _forget_frames(problem: Problem) -> None:
    """Let go of the frames that a problem was raised in: they hold the exchange, which holds the problem.

    Such circles wait for Python's collector, with all that belongs to the request.
    """
    raised: BaseException | None = problem
    while raised is not None:
        raised.__traceback__ = raised.__context__ = None
        raised = raised.__cause__


def _nameless(problem: Problem) -> Problem:
    """Return a problem without the names that the store gave to its request."""
    return Problem(
        problem.code,
        problem.message,
        problem.details,
        resource=problem.resource,
        status=problem.status,
        headers=problem.headers,
    )


def _claimed(problem: Problem | None) -> str:
    """Return the access key that a refusal repeats: whom to look for, where none was proved."""
    return "" if problem is None else _loggable(dict(problem.details).get(CLAIMED_KEY, ""))


def _loggable(text: str) -> str:
    """Return a stranger's text as the log may repeat it: an access key, an id; it may be anything."""
    return _UNSAFE.sub("?", text[:LOGGED])
