"""One connection of a client: HTTP requests in, one at a time, and their answers out.

States: head -> deciding -> body -> (uploading ->) answering -> (discarding | head).

- head: bytes are cut into a head and gated. The deadline is one for the whole head.
- deciding: the first language that claims the request admits it, before a byte of its body is
  read, and says how much body there may be. Only then is `100 Continue` sent, or later, when
  somebody wants the body.
- body: it is collected, never beyond that number, and must keep a minimum rate.
- uploading: of a request in parts all is here but its attachment. The exchange works already,
  and reading goes at the pace of whoever takes the attachment.
- answering: the exchange works and its reply is written. What the client sends meanwhile is
  read, so that its leaving is noticed, and kept for later up to a limit.
- discarding: an answer left before the request's end. Old clients write everything before they
  read, and closing now would reset the connection under their feet: the rest of the request is
  read and thrown away, within limits, and then the connection is closed.

No deadline is moved by single bytes. Sources: RFC 9112, 9; wire rules 12, 20 to 23.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import Any, Protocol

from gateway.messages import HttpReply, Ids, Problem
from gateway.proxy.arriving import Arriving
from gateway.proxy.connection import Connection, Counters
from gateway.proxy.exchange import Cell, Exchange
from gateway.proxy.forwarded import TrustedProxies
from gateway.proxy.framing import Framing, reply_head
from gateway.proxy.leftover import Leftover
from gateway.proxy.limits import ClientLimits
from gateway.proxy.outgoing import Outgoing, close_bodies
from gateway.proxy.rounds import Rounds, Stage
from gateway.proxy.sweep import Sweep
from gateway.proxy.turns import Turns
from gateway.proxy.unpacking import Unpacking
from gateway.wire.bodies import Chunks
from gateway.wire.http1 import CONTINUE, HeadReader, RequestHead, parse_request_head


class Owner(Protocol):
    """What a connection asks the front that it belongs to."""

    cells: tuple[Cell, ...]
    new_ids: Callable[[], Ids]
    sweep: Sweep
    counters: Counters
    limits: ClientLimits
    proxies: TrustedProxies
    turns: Turns
    rounds: Rounds
    draining: bool

    def cell_of(self, head: RequestHead) -> Cell:
        """Return the cell of a request's language."""

    def ask(
        self,
        exchange: Exchange,
        body: bytes | Unpacking,
        proof: Any,
        done: Callable[[HttpReply | Problem], None],
    ) -> None:
        """Lead an exchange whose request can be served."""

    def came(self, connection: ClientConnection) -> None:
        """Learn of a connection."""

    def went(self, connection: ClientConnection) -> None:
        """Learn that a connection is no more."""


class State(Enum):
    """Where a connection is; see the head of this module."""

    HEAD = auto()
    DECIDING = auto()
    BODY = auto()
    UPLOADING = auto()
    ANSWERING = auto()
    DISCARDING = auto()


_READING = frozenset({State.BODY, State.UPLOADING})
"""States in which what comes belongs to the body of the request under way."""


class ClientConnection(Connection):
    """A connection of a client.

    Args:
        owner: The front.
        leave: Called when the connection is over.

    """

    side = "client"

    def __init__(self, owner: Owner, leave: Callable[[], None]) -> None:
        super().__init__(owner.sweep, owner.counters, write_stall=owner.limits.stall_seconds, leave=leave)
        self._owner = owner
        self._limits = owner.limits
        self._pending = b""
        self._proceeding = False
        self._listening = True
        self._in_line = False
        self._client_ended = False
        self._heads = HeadReader()
        self._expect_head()

    def _expect_head(self) -> None:
        """Forget the last request."""
        self._state = State.HEAD
        self._started: float | None = None
        self._exchange: Exchange | None = None
        self._arriving: Arriving | None = None
        self._outgoing: Outgoing | None = None
        self._leftover: Leftover | None = None
        self._last = False

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._exchange is not None

    def leave_if_idle(self) -> None:
        """Close unless a request is under way or has begun to come."""
        if self._state is State.HEAD and self._started is None:
            self.finish()

    # What the connection hears.

    def began(self) -> None:
        """Wait for the first request."""
        self._owner.came(self)
        self.set_deadline(self._limits.head_seconds)

    def received(self, data: bytes) -> None:
        """Take what came, as far as it goes."""
        if self._leftover is not None:
            self._discard(self._leftover, data)
            return
        self._pending += data
        self._proceed()

    def ended(self) -> None:
        """The client sends no more; it may still read. What it has asked for is answered."""
        self._client_ended = True
        if self._state is State.HEAD or self._state is State.DISCARDING:
            self.finish()
        elif self._state in _READING:
            self._refuse(Problem("IncompleteBody"))

    def drained(self) -> None:
        """Write on."""
        if self._outgoing is not None:
            self._outgoing.drained()

    def expired(self) -> None:
        """End what took too long."""
        if self._state in _READING and self._kept_its_rate():
            return
        name = "idle" if self._started is None else self._state.name.lower()
        self.counters.limited(name)
        if self._started is None or self._state is State.DISCARDING:
            self.finish()
        else:
            self._refuse(Problem("RequestTimeout"))

    def lost(self) -> None:
        """The client is gone: so is the reason for whatever is being done for it."""
        exchange, outgoing = self._exchange, self._outgoing
        if exchange is not None and self._state is not State.DISCARDING:
            exchange.stop()
            if outgoing is not None:
                outgoing.close()
            self._note(exchange, whole=False)
        self._owner.went(self)

    def failed(self) -> None:
        """Tell of a bug that is logged already, unless an answer has begun."""
        if self._outgoing is None and not self.closed:
            self._refuse(Problem("InternalError"))
        else:
            self.reset()

    # head, deciding, body

    def _proceed(self) -> None:
        """Read on in what is at hand. A loop, for a read may hold hundreds of requests."""
        if self._proceeding:
            return
        self._proceeding = True
        try:
            while self._pending and not self.closed:
                data, self._pending = self._pending, b""
                if self._state is State.HEAD:
                    self._read_head(data)
                elif self._state in _READING:
                    self._read_body(data)
                else:
                    self._pending = data
                    break
        finally:
            self._proceeding = False
        if self._leftover is None:
            waits = self._held_up or self._in_line
            self._listen(not waits and len(self._pending) <= self._limits.pipelined_bytes)
        if self._client_ended and self._state is State.HEAD:
            self.finish()

    @property
    def _held_up(self) -> bool:
        """Whether the next bytes of the body wait for whoever takes what is attached."""
        return self._state is State.UPLOADING and self._arriving is not None and self._arriving.held_up

    def _listen(self, wanted: bool) -> None:
        if wanted != self._listening:
            self._listening = wanted
            (self.resume if wanted else self.pause)()

    def _read_head(self, data: bytes) -> None:
        if self._started is None:
            self._started = self._owner.sweep.seconds()
            self.set_deadline(self._limits.head_seconds)
        try:
            raw = self._heads.receive(data)
            if raw is None:
                return
            self._pending = self._heads.rest
            head = parse_request_head(raw)
        except Problem as problem:
            self._refuse(problem)
        else:
            self._decide(head)

    def _decide(self, head: RequestHead) -> None:
        self._state = State.DECIDING
        cell = self._owner.cell_of(head)
        exchange = self._begin_exchange(cell, head)
        arriving = self._arriving = Arriving(head, cell)
        try:
            secure = self.secure or self._owner.proxies.secure(self.peer, head)
            admission = cell.admit(head, secure=secure)
            arriving.admit(admission, self._pace)
        except Problem as problem:
            self._refuse(problem)
            return
        if arriving.reader.done and not arriving.in_parts:
            self._answer_request(exchange, arriving)  # no byte is to come
            return
        if not admission.unasked:
            self._continue(arriving)
        self._state = State.BODY
        self._begin_span(arriving)
        if arriving.reader.done or arriving.ready:
            self._take_body(exchange, arriving, b"")

    def _continue(self, arriving: Arriving) -> None:
        """Tell a client to go on that waits for it, unless its body comes already."""
        if arriving.waited_for and not (self._pending or arriving.reader.received):
            self.send(CONTINUE)
        arriving.waited_for = False

    def _read_body(self, data: bytes) -> None:
        exchange, arriving = self._exchange, self._arriving
        assert exchange is not None
        assert arriving is not None
        reader = arriving.reader
        try:
            payload = reader.feed(data)
        except Problem as problem:
            self._refuse(problem)
            return
        if reader.done:
            self._pending = reader.rest
        self._take_body(exchange, arriving, payload)

    def _take_body(self, exchange: Exchange, arriving: Arriving, payload: bytes) -> None:
        """Take the next bytes of the body."""
        try:
            arriving.take(payload)
            if arriving.reader.done:
                arriving.finish()
        except Problem as problem:
            self._refuse(problem)
            return
        if arriving.ready and self._state is State.BODY:
            self._state = State.UPLOADING
            self._owner.ask(exchange, arriving.body(), arriving.proof, self._settled)
        if arriving.reader.done:
            self._answer_request(exchange, arriving)
        elif not self._in_line:
            self._in_line = not self._owner.turns.take(len(payload), self._turn_came)

    def _turn_came(self) -> None:
        """Read on, as far as nothing else is waited for."""
        self._in_line = False
        self._tell(self._proceed)

    def _pace(self, wanted: bool) -> None:
        """Read at the pace of whoever takes what is attached; nothing is left to read in here."""
        if self._state is State.UPLOADING:
            self._listen(wanted and not self._in_line)
            if wanted:
                assert self._arriving is not None
                self._continue(self._arriving)
                self._begin_span(self._arriving)  # the client answers for no time in which it was not read

    def _begin_span(self, arriving: Arriving) -> None:
        arriving.begin_span()
        self.set_deadline(self._limits.body_seconds)

    def _kept_its_rate(self) -> bool:
        arriving = self._arriving
        assert arriving is not None
        kept = arriving.kept_rate(self._limits.body_bytes)
        if kept:
            self._begin_span(arriving)
        return kept

    # answering

    def _begin_exchange(self, cell: Cell, head: RequestHead | None) -> Exchange:
        started = self._owner.sweep.seconds() if self._started is None else self._started
        self._exchange = Exchange(cell, head, self._owner.new_ids(), started, self._owner.rounds)
        return self._exchange

    def _answer_request(self, exchange: Exchange, arriving: Arriving) -> None:
        """Answer, now that all of the request is here; of one in parts, the exchange knows it already."""
        self._state = State.ANSWERING
        self.set_deadline(None)
        if arriving.in_parts:
            arriving.end()
        else:
            self._owner.ask(exchange, arriving.body(), arriving.proof, self._settled)

    def _settled(self, outcome: HttpReply | Problem) -> None:
        """Answer; what breaks in here costs this connection alone."""
        self._tell(self._refuse if isinstance(outcome, Problem) else self._answer, outcome)

    def _refuse(self, problem: Problem) -> None:
        exchange = self._exchange or self._begin_exchange(self._owner.cells[-1], None)
        exchange.stop()
        self._answer(exchange.refuse(problem))

    def _answer(self, reply: HttpReply) -> None:
        """Write the answer to the request under way, whether that was read to its end or not."""
        exchange = self._exchange
        assert exchange is not None
        self._state = State.ANSWERING
        self.set_deadline(None)
        reader = None if self._arriving is None else self._arriving.reader
        early = reader is None or not reader.done
        framing = Framing.of(reply, exchange.head, close=early or self._owner.draining)
        head = reply_head(reply, framing, exchange.ids, self._owner.sweep.seconds())
        self._last = framing.close
        exchange.status = reply.status
        if framing.bodiless:
            close_bodies(reply.pieces)
        self._outgoing = Outgoing(
            () if framing.bodiless else reply.pieces,
            send=self.send,
            framing=Chunks() if framing.chunked else None,
            done=self._answered,
            broken=lambda _problem: self.reset(),
        )
        if early:
            self._leftover = Leftover(reader, self._limits.linger_bytes)
            rest, self._pending = self._pending, b""
            self._listen(True)
            self._discard(self._leftover, rest)
        self._outgoing.begin(head)

    def _answered(self) -> None:
        exchange = self._exchange
        assert exchange is not None
        exchange.stop()
        self._note(exchange, whole=True)
        if self._leftover is not None:
            self._state = State.DISCARDING
            self.set_deadline(self._limits.linger_seconds)
            self._end_if_over(self._leftover)
        elif self._last:
            self._exchange = None  # it is told of; what is left is the connection's own end
            self.finish()
        else:
            self._expect_head()
            self.set_deadline(self._limits.idle_seconds)
            self._proceed()

    # discarding

    def _discard(self, leftover: Leftover, data: bytes) -> None:
        before = leftover.too_much
        leftover.take(data)
        if leftover.too_much and not before:
            self.counters.limited("linger_bytes")
            self._listen(False)
        self._end_if_over(leftover)

    def _end_if_over(self, leftover: Leftover) -> None:
        """Close behind the answer, once the rest of the request has ended or was too much."""
        if self._state is State.DISCARDING and (leftover.over or self._client_ended):
            self.finish()

    def _note(self, exchange: Exchange, *, whole: bool) -> None:
        """Have the exchange told in the log."""
        head, arriving, outgoing = exchange.head, self._arriving, self._outgoing
        self._owner.rounds.at(
            Stage.TELL,
            partial(
                exchange.report,
                self.counters,
                peer=self.peer if head is None else self._owner.proxies.client(self.peer, head),
                received=(len(head.raw) if head else 0) + (arriving.reader.received if arriving else 0),
                sent=outgoing.sent if outgoing else 0,
                seconds=self._owner.sweep.seconds() - exchange.started,
                whole=whole,
            ),
        )
