"""One connection to a store, and the request that is under way on it.

States: opening -> (idle <-> busy) -> gone. A request is written in pieces; its reply's head is
cut and checked by `wire.http1`; its body is collected up to a limit, or given on as an `Incoming`.

What makes a connection unfit for another request (rules of RFC 9112, 9.3 and 9.6, and of
every proxy that was ever poisoned): a reply that asked to close, that ended with the connection,
that came before the request was sent whole, that was not read to its end, or with bytes behind
it; and any byte while idle. Such a connection is dropped, never mended.

A request that expects `100 Continue` sends its head alone; the body follows when the store says
so, or when it said nothing for a time. A final answer in its place stands for itself.

A store may accept a body in chunks once it knows by itself that nothing more will come, as that of
aws-chunked: its reply waits until the last chunk is sent, and counts when that was all there was.

A body that ends with the connection is believed only where the end can be told from a cut: not
over TLS, whose carriers do not tell.

Wire rule 7 decides what a failure is called: no byte of a reply ServiceUnavailable, anything
unreadable behind a first byte InternalError. Neither tells the client about the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.logger import Logger

from gateway.messages import Body, Piece, Problem, RestReply, length_of
from gateway.proxy.asking import Asking, Outcome
from gateway.proxy.clock import http_date
from gateway.proxy.connection import Connection, Counters
from gateway.proxy.incoming import Incoming
from gateway.proxy.limits import StoreLimits
from gateway.proxy.outgoing import Outgoing
from gateway.proxy.sweep import Sweep
from gateway.proxy.unpacking import Unpacked, Unpacking
from gateway.wire.bodies import BodyReader, Chunks, body_reader
from gateway.wire.gate import WITH_CONTENT
from gateway.wire.http1 import HeadReader, ReplyHead, end_to_end, parse_reply_head

log = Logger()

CONTINUE = 100
"""The interim reply that an `Expect` waits for (wire rule 22)."""

MAX_INTERIM = 16
"""Interim replies (1xx) skipped before a final one; beyond: InternalError."""


LAST_CHUNK = Chunks().close()
"""What ends a body in chunks, and tells nothing else."""

ACCEPTED_UNREAD = "The store accepts a request that it has not read."


class Owner(Protocol):
    """What a connection tells the pool that it belongs to."""

    sweep: Sweep
    counters: Counters
    limits: StoreLimits

    def released(self, connection: StoreConnection) -> None:
        """Learn that the connection is free for another request."""

    def gone(self, connection: StoreConnection) -> None:
        """Learn that the connection is no more."""

    def again(self, asking: Asking) -> None:
        """Learn that not a byte came back for a request that can be sent on a fresh connection."""

    def settled(self, asking: Asking, outcome: Outcome) -> None:
        """Learn what came of a request."""


class StoreConnection(Connection):
    """A connection to a store: one request at a time.

    Args:
        owner: The pool.
        asking: The request that it is opened for.

    Attributes:
        idle_since: When it was given back to the pool; the pool's own note.

    """

    side = "store"

    def __init__(self, owner: Owner, asking: Asking) -> None:
        super().__init__(owner.sweep, owner.counters, write_stall=owner.limits.stall_seconds)
        self.idle_since = 0.0
        self._owner = owner
        self._limits = owner.limits
        self._incoming: Incoming | None = None
        self._unpacked: Unpacked | None = None
        self._heads = HeadReader(of_reply=True)
        self._expect(asking)

    def _expect(self, asking: Asking | None) -> None:
        """Forget the last request; the next, if there is one, is `asking`."""
        self._asking = asking
        self._outgoing: Outgoing | None = None
        self._held: Outgoing | None = None  # the same, while it waits for the store's 100
        self._sent = False
        self._early: tuple[ReplyHead, bytearray, int] | None = None
        self._heard = False
        self._interim = 0
        self._head: ReplyHead | None = None
        self._reader: BodyReader | None = None
        self._collected: list[bytes] = []
        self._mark = 0
        self._least = 0

    def begin(self, asking: Asking) -> None:
        """Send a request. The connection is open and free."""
        self.set_deadline(None)
        self._asking = asking
        asking.stop = self.reset
        self._least = 1 if asking.request.method in WITH_CONTENT else self._limits.body_bytes
        if asking.outgoing is not None:
            outgoing = self._outgoing = asking.outgoing
            outgoing.move(send=self.send, done=self._all_sent, broken=self._request_broke)
            if self.send(asking.head, *asking.first):
                outgoing.drained()
            return
        outgoing = self._outgoing = Outgoing(
            asking.pieces,
            send=self.send,
            framing=Chunks() if length_of(asking.pieces) is None else None,
            done=self._all_sent,
            broken=self._request_broke,
        )
        if asking.expects:
            self.send(asking.head)
            self._held = outgoing
            self.set_deadline(self._limits.continue_seconds)
        else:
            outgoing.begin(asking.head)

    # What the body of the reply calls.

    def pause(self) -> None:
        """Stop reading; no deadline runs for a store that is not listened to."""
        super().pause()
        self.set_deadline(None)

    def resume(self) -> None:
        """Read on."""
        super().resume()
        self._watch_body()

    def unwanted(self) -> None:
        """Drop the connection: what is left of the body would have to be read."""
        self._incoming = self._unpacked = None
        self.reset()

    # What the connection hears.

    def began(self) -> None:
        """Send the request that waits for this connection."""
        assert self._asking is not None
        self.begin(self._asking)

    def received(self, data: bytes) -> None:
        """Take a piece of the reply."""
        if not self._under_way:
            self.reset()  # a reply to nothing, or one that goes on: whose it is nobody knows
            return
        self._heard = True
        reader = self._reader
        if self._early is not None:
            self._early[1].extend(data)
        elif reader is None:
            self._reading(self._read_head, data)
        else:
            self._reading(self._read_body, reader, data)

    def _reading(self, read: Callable[..., None], *piece: Any) -> None:
        """Read a piece of the reply; a bad one ends it."""
        try:
            read(*piece)
        except Problem as problem:
            self._misunderstood(problem)

    def _misunderstood(self, problem: Problem) -> None:
        log.warn("no valid reply of {peer}: {reason}", peer=self.peer, reason=problem.message)  # noqa: G010 - Twisted's logger
        self._fail(Problem("InternalError"))

    def ended(self) -> None:
        """The store sends no more: the end of a body without length, too soon for anything else."""
        if self._head is not None and self._head.until_close and self._reader is not None:
            self._reader.finish()
            self.received(b"")  # as if it had ended with these bytes
        else:
            self._over()

    def lost(self) -> None:
        """The connection is gone."""
        self._owner.gone(self)
        self._over()

    def drained(self) -> None:
        """Send on."""
        if self._outgoing is not None:
            self._outgoing.drained()

    def expired(self) -> None:
        """Judge what the store did in the time it had."""
        reader = self._reader
        if not self._under_way:
            self.finish()
        elif self._held is not None:
            self._send_body(self._held)
        elif reader is not None and reader.received - self._mark >= self._least:
            self._watch_body()
        else:
            self.counters.limited("store_body" if reader is not None else "store_answer")
            self._fail(Problem("InternalError" if self._heard else "ServiceUnavailable"))

    def failed(self) -> None:
        """A bug, already logged: nothing can be said of the reply."""
        self._fail(Problem("InternalError"))

    @property
    def _under_way(self) -> bool:
        """Whether somebody waits for a reply, or for the rest of its body."""
        return not (self._asking is None and self._incoming is None and self._unpacked is None)

    # Sending.

    def _send_body(self, held: Outgoing) -> None:
        """Send what was held back until the store said that it wants it, or said nothing in time."""
        self._held = None
        self.set_deadline(None)
        held.begin(b"")

    def _all_sent(self) -> None:
        self._sent = True
        if self._early is None:
            self.set_deadline(self._limits.answer_seconds)
            return
        (head, data, sent), self._early = self._early, None
        asking, outgoing = self._asking, self._outgoing
        assert asking is not None
        assert outgoing is not None
        super().resume()
        if outgoing.sent - sent > len(LAST_CHUNK):
            self._misunderstood(Problem("InternalError", ACCEPTED_UNREAD))
        else:
            self._reading(self._begin_body, asking, head, bytes(data))

    def _request_broke(self, problem: Problem | None) -> None:
        """The body will not come, or is not good: the store must not take what it has for the whole."""
        asking, self._asking = self._asking, None
        self.reset()
        if asking is not None and problem is not None:
            self._owner.settled(asking, problem)

    # Reading.

    def _read_head(self, data: bytes) -> None:
        asking = self._asking
        assert asking is not None
        while (raw := self._heads.receive(data)) is not None:
            data = self._heads.rest
            head = parse_reply_head(raw, asking.request.method)
            if head.status >= 200:
                self._begin_body(asking, head, data)
                return
            if head.status == CONTINUE and self._held is not None:
                self._send_body(self._held)
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise Problem("InternalError", f"More than {MAX_INTERIM} interim replies.")

    def _begin_body(self, asking: Asking, head: ReplyHead, data: bytes) -> None:
        self._held = None
        outgoing = self._outgoing
        if outgoing is not None and (self._full or not outgoing.over):
            if head.status < 300:  # it cannot have done what it has not been told to its end
                if outgoing.over or length_of(asking.request.pieces) is not None:
                    raise Problem("InternalError", ACCEPTED_UNREAD)
                self._early = head, bytearray(data), outgoing.sent
                super().pause()
                self.set_deadline(self._limits.answer_seconds)
                return
            outgoing.close()
        self._head = head
        reader = self._reader = body_reader(head)
        unpack = None if head.bodiless else asking.request.unpack
        unpacking = None if unpack is None else unpack(head.status, head.headers)
        if unpacking is not None:
            self._unpacked = Unpacked(unpacking, self._pace, self.unwanted)
            self._watch_body()
            self._read_body(reader, data)
        elif asking.request.stream and 200 <= head.status < 300 and not head.bodiless:
            incoming = self._incoming = Incoming(self)
            self._read_body(reader, data)  # until it was good, the asker has nothing to be broken in
            if self._asking is asking:  # else it is over already, and there may be a next one
                self._asking = None
            self._deliver(asking, head, Body(incoming, head.length))
        else:
            if not head.bodiless and (head.length or 0) > asking.limit:
                raise _too_long(asking)
            self._watch_body()
            self._read_body(reader, data)

    def _read_body(self, reader: BodyReader, data: bytes) -> None:
        payload = reader.feed(data)
        if self._unpacked is not None:
            self._unpack(self._unpacked, reader, payload)
        elif self._incoming is not None:
            if payload:
                self._incoming.data(payload)
        elif payload:
            self._collected.append(payload)
            if self._asking is not None and reader.received > self._asking.limit:
                raise _too_long(self._asking)
        if reader.done:
            self._complete(reader)

    def _unpack(self, unpacked: Unpacked, reader: BodyReader, payload: bytes) -> None:
        """Read on in a reply in parts; what is still to come when it is ready is its attachment alone."""
        unpacked.feed(payload)
        if reader.done:
            unpacked.finish()
        elif unpacked.ready and self._asking is not None:
            asking, self._asking = self._asking, None
            assert self._head is not None
            self._deliver(asking, self._head, unpacked.message)

    def _pace(self, wanted: bool) -> None:
        """Read at the pace of whoever takes what is attached."""
        (self.resume if wanted else self.pause)()

    def _watch_body(self) -> None:
        self._mark = self._reader.received if self._reader is not None else 0
        self.set_deadline(self._limits.body_seconds)

    # Outcomes.

    def _complete(self, reader: BodyReader) -> None:
        """The reply is whole: first the connection is freed or dropped, then the reply is told."""
        asking, head, body = self._asking, self._head, b"".join(self._collected)
        incoming, unpacked = self._incoming, self._unpacked
        assert head is not None
        self._asking = self._incoming = self._unpacked = None
        if self._full or not self._sent:
            self.reset()
        elif reader.rest or not head.keep_alive:
            self.finish()
        else:
            super().resume()
            self._expect(None)
            self.set_deadline(self._limits.idle_seconds)
            self._owner.released(self)
        for each in (incoming, unpacked):
            if each is not None:
                each.end()
        if asking is not None and incoming is None:
            self._deliver(asking, head, body if unpacked is None else unpacked.message)

    def _deliver(self, asking: Asking, head: ReplyHead, body: Piece | Unpacking) -> None:
        headers = end_to_end(head.headers)
        if "date" not in [name for name, _ in headers]:
            headers += (("date", http_date(self._owner.sweep.seconds())),)
        self._owner.settled(asking, RestReply(head.status, head.reason, headers, body))

    def _over(self) -> None:
        """The store left; what was under way did not come to its end."""
        asking = self._asking
        if asking is None or self._heard:
            self._fail(Problem("InternalError"))
        elif asking.reused and not asking.retried and self._can_be_repeated(asking):
            self._asking = self._outgoing = self._held = None  # its body is not this connection's any more
            self.reset()
            self._owner.again(asking)
        else:
            self._fail(Problem("ServiceUnavailable"))

    def _can_be_repeated(self, asking: Asking) -> bool:
        """Tell whether a request can be sent once more: also one whose body nobody has asked for yet."""
        return asking.repeatable or (self._held is not None and asking.idempotent)

    def _fail(self, problem: Problem) -> None:
        asking, bodies = self._asking, (self._incoming, self._unpacked)
        self._asking = self._incoming = self._unpacked = None
        self.reset()
        if self._outgoing is not None:
            self._outgoing.close()
        for body in bodies:
            if body is not None:
                body.broken()
        if asking is not None:
            self._owner.settled(asking, problem)


def _too_long(asking: Asking) -> Problem:
    return Problem("InternalError", f"More than {asking.limit} bytes.")
