"""The set-up of the shell's tests: a store that plays bytes, languages of a few lines, raw clients.

The test is in the middle of everything: it writes as the client, accepts and answers as the
store, and advances the clock, all in one thread and in the order in which it stands there.
Only the gateway's parts run elsewhere, on the reactor.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import struct
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from gateway.messages import (
    Answer,
    Body,
    Call,
    Credentials,
    HttpReply,
    HttpRequest,
    Ids,
    Problem,
    RestRequest,
)
from gateway.proxy.carrier import carrier_for
from gateway.proxy.connection import Connection, Sweep
from gateway.proxy.front import Front
from gateway.proxy.limits import ClientLimits, StoreLimits
from gateway.proxy.upstream import StoreAddress, Upstream
from gateway.service.self_signed import SelfSigned
from gateway.service.tls import client_context, server_context
from tests.carriers import PATIENCE, eventually, listening, on_reactor


class Line:
    """One end of a TCP connection, blocking, with what a test does to it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self.sock = sock
        self._read = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def push(self, data: bytes, most: int) -> int:
        """Send `data` again and again until the other side takes no more; return the bytes taken."""
        self.sock.setblocking(False)
        sent = 0
        with suppress(OSError):
            while sent < most and select.select([], [self.sock], [], 0.5)[1]:
                sent += self.sock.send(data[sent % len(data) :])
        self.sock.settimeout(PATIENCE)
        return sent

    def receive(self) -> bytes:
        """Return what comes next, b"" at the end."""
        held, self._read = self._read, b""
        return held or self.sock.recv(1 << 18)

    def until(self, end: bytes) -> bytes:
        """Return everything up to and including `end`."""
        data = b""
        while end not in data:
            more = self.receive()
            assert more, f"the connection ended behind {data!r}"
            data += more
        at = data.index(end) + len(end)
        self._read = data[at:]
        return data[:at]

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.receive()
            assert more, f"the connection ended {size - len(data)} bytes too soon"
            data += more
        self._read = data[size:]
        return data[:size]

    def rest(self) -> bytes:
        """Return everything up to the end of the connection; a reset raises."""
        data = b""
        while more := self.receive():
            data += more
        return data

    def rest_if_any(self) -> bytes:
        """Return everything up to the end of the connection, however it ends."""
        data = b""
        with suppress(ConnectionResetError):
            while more := self.receive():
                data += more
        return data

    def ends(self) -> bool:
        """Wait for the end of the connection, well or by reset; tell whether nothing came before."""
        try:
            return self.rest() == b""
        except ConnectionResetError:
            return True

    def reply(self, method: str = "GET") -> http.client.HTTPResponse:
        """Read one reply with a parser that is not ours; its body is in `.body`."""
        reply: Any = http.client.HTTPResponse(_Readable(self), method=method)  # type: ignore[arg-type]
        reply.begin()
        reply.body = reply.read()
        return reply

    def half_close(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class _Readable:
    """A `Line` as http.client wants its socket; never reads beyond what it is asked for."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def makefile(self, mode: str) -> _Readable:
        return self

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return self._line.rest()
        return self._line.exactly(size)

    def readline(self, size: int | None = -1) -> bytes:
        return self._line.until(b"\n")

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


class ScriptedStore:
    """A store that does what the test does on its connections."""

    def __init__(self, certificate: SelfSigned | None) -> None:
        self.listening = listening()
        self.listening.settimeout(PATIENCE)
        self.port: int = self.listening.getsockname()[1]
        self.lines: list[Line] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate.identity.certificate, certificate.identity.key)

    def accept(self) -> Line:
        sock = self.listening.accept()[0]
        sock.settimeout(PATIENCE)
        line = Line(self._tls.wrap_socket(sock, server_side=True) if self._tls else sock)
        self.lines.append(line)
        return line

    def shut(self) -> None:
        """Refuse connections from now on; the port stays ours, so that nobody else answers there."""
        self.listening.close()
        self.listening = socket.socket()
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listening.bind(("127.0.0.1", self.port))

    def nobody_waits(self) -> bool:
        """Tell whether no connection waits to be accepted."""
        return not select.select([self.listening], [], [], 0)[0]

    def close(self) -> None:
        for line in self.lines:
            line.close()
        self.listening.close()


class Recorded:
    """Counters that keep what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *told: self.told.append((name, *told))

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """Return what was told by one method, without its last number when that is a time."""
        return [
            tuple(value for value in told[1:] if not isinstance(value, float))
            for told in self.told
            if told[0] == name
        ]

    def open(self, side: str) -> int:
        return self.told.count(("opened", side)) - self.told.count(("closed", side))


STATUSES = {"ServiceUnavailable": 503, "InternalError": 500, "NotImplemented": 501, "AccessDenied": 403}


class Plain:
    """A language of plain text: the path says what to do.

    /echo gives the body back; /store/... asks the store for what stands behind; /stream/... the
    same, as a stream; /twice/... asks two times; /refused is not admitted; /bug is one.
    """

    def __init__(self, name: str = "plain", prefix: str = "/") -> None:
        self.name = name
        self.most = 1 << 20
        self.prefix = prefix
        self.served: list[str] = []

    def claims(self, head: Any) -> bool:
        return head.path.startswith(self.prefix)

    def admit(self, head: Any, *, secure: bool) -> int:
        if head.path == "/refused":
            raise Problem("AccessDenied")
        if head.path == "/bug/admit":
            raise RuntimeError("a bug in admit")
        return self.most

    def serve(self, head: Any, body: bytes, note: Any) -> Generator[Call, Answer, HttpReply]:
        self.served.append(head.target)
        note("GetObject", "AKEXAMPLE")
        _, verb, *rest = head.path.split("/")
        pieces: tuple[Any, ...] = (body or head.target.encode(),)
        who = Credentials("AKEXAMPLE", signature="a-signature-of-the-client")
        for _ in range({"store": 1, "stream": 1, "unwritten": 1, "twice": 2}.get(verb, 0)):
            values = {"Key": "/".join(rest), "Stream": verb in {"stream", "unwritten"}, "Data": body}
            answer = yield Call("GetObject", values, who)
            pieces = answer.values["pieces"]
        if verb == "unwritten":
            pieces = (b"nothing of it",)
        if verb == "bug":
            raise RuntimeError("a bug in serve")
        if verb == "badreply":
            return HttpReply(200, "OK", (("content-length", "7"),), pieces)
        return HttpReply(200, "OK", (("content-type", "text/plain"),), pieces)

    def too_long(self) -> Problem:
        return Problem("MaxMessageLengthExceeded")

    def refuse(self, problem: Problem, head: Any, ids: Ids) -> HttpReply:
        if head is not None and head.path.endswith("/refuse"):
            raise RuntimeError("a bug in refuse")
        status = STATUSES.get(problem.code, 400)
        body = b"" if problem.code == "Silent" else problem.code.encode()
        return HttpReply(status, "Refused", (("x-code", problem.code),), (body,))


class PlainStore:
    """The store's language to go with it."""

    def ask(self, call: Call) -> Generator[RestRequest, Any, Answer]:
        data = call.values["Data"]
        reply = yield RestRequest(
            "PUT" if data else "GET", key=call.values["Key"], body=data, stream=call.values["Stream"]
        )
        if reply.status == 403:
            raise Problem("InternalError") from Problem("SignatureDoesNotMatch", "Check it.")
        if reply.status >= 400:
            raise Problem("NoSuchKey", request_id=reply.header("x-amz-request-id") or "")
        return Answer(call.operation, {"pieces": (reply.body,)})

    def prepare(self, request: RestRequest) -> HttpRequest:
        if request.key == "unsignable":
            raise Problem("InvalidAccessKeyId")
        return HttpRequest(request.method, f"/{request.key}", (("host", "store"),), (request.body,))


@dataclass
class Events:
    """What was logged while a test ran."""

    all: list[dict[str, Any]]

    def of(self, namespace: str) -> list[dict[str, Any]]:
        return [event for event in self.all if event["log_namespace"] == namespace]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The access log."""
        return [event for event in self.of("gateway.proxy.exchange") if "peer" in event]

    @property
    def bugs(self) -> list[dict[str, Any]]:
        return [event for event in self.all if "log_failure" in event]


class House:
    """A front, an upstream and a store that the test plays, on the carrier of this process."""

    def __init__(
        self,
        reactor: Any,
        languages: tuple[Any, ...],
        clients: ClientLimits,
        stores: StoreLimits,
        certificate: SelfSigned | None = None,
    ) -> None:
        self.certificate = certificate
        self.clock = Clock()
        self.clock.advance(784111777)  # RFC 9110's own date
        self.store = ScriptedStore(certificate)
        self.counters = Recorded()
        self.languages = languages
        self.events = Events([])
        self.lines: list[Line] = []
        self._number = 0
        self._reactor = reactor
        self._listening = listening()
        globalLogPublisher.addObserver(self.events.all.append)
        on_reactor(self._build, clients, stores)

    def _build(self, clients: ClientLimits, stores: StoreLimits) -> None:
        self.sweep = Sweep(self.clock)
        self.sweep.start()
        self.carrier = carrier_for(self._reactor)
        tls = None
        address = StoreAddress("127.0.0.1", self.store.port)
        if self.certificate:
            context = server_context(self.carrier.name, [self.certificate.identity])
            tls = lambda: context  # noqa: E731 - a value that is asked for at each handshake
            trust = client_context(self.carrier.name, self.certificate.ca)
            address = StoreAddress("localhost", self.store.port, ("localhost", trust))
        self.upstream = Upstream(
            self.carrier,
            address,
            clock=self.clock,
            sweep=self.sweep,
            counters=self.counters,
            limits=stores,
        )
        self.front = Front(
            self.languages,
            PlainStore(),
            self.upstream,
            new_ids=self._new_ids,
            sweep=self.sweep,
            counters=self.counters,
            limits=clients,
        )
        self._acceptor = self.carrier.accept(self._listening, lambda _peer: self.front.connection(), tls=tls)

    def _new_ids(self) -> Ids:
        self._number += 1
        return Ids(f"REQUEST{self._number:04}", f"host-{self._number}")

    def client(self, *, small: bool = False) -> Line:
        """Connect as a client, one whose kernel holds little for it when it is `small`."""
        sock = socket.socket()
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sock.settimeout(PATIENCE)
        sock.connect(self._listening.getsockname())
        if self.certificate:
            context = ssl.create_default_context(cafile=str(self.certificate.ca))
            sock = context.wrap_socket(sock, server_hostname="localhost", suppress_ragged_eofs=False)
        line = Line(sock)
        self.lines.append(line)
        return line

    def advance(self, seconds: float) -> None:
        """Let time pass, a sweep each second."""
        for _ in range(int(seconds)):
            on_reactor(self.clock.advance, 1)

    def settled(self, clients: int = 0, stores: int | None = None) -> None:
        """Wait until that many connections are open on each side."""
        eventually(lambda: self.counters.open("client") == clients)
        if stores is not None:
            eventually(lambda: self.counters.open("store") == stores)

    def sees(self, condition: Callable[[Any], Any]) -> None:
        """Wait until `condition` holds for the gateway's side of a client's connection."""
        eventually(lambda: any(condition(connection) for connection in self.front.connections))

    def send(
        self, request: HttpRequest, *, stream: bool = False, limit: int = 1 << 20
    ) -> tuple[list[Any], Any]:
        """Send a request to the store without a front: the list gets the outcome."""
        outcomes: list[Any] = []
        asking = on_reactor(self.upstream.send, request, stream=stream, limit=limit, done=outcomes.append)
        return outcomes, asking

    def close(self) -> None:
        for line in self.lines:
            line.close()
        on_reactor(self._end)
        self.store.close()
        self.settled(0, 0)
        eventually(lambda: self.upstream._open == 0)  # attempts to connect included
        on_reactor(self.sweep.stop)
        globalLogPublisher.removeObserver(self.events.all.append)
        self._listening.close()

    def _end(self) -> None:
        self._acceptor.stop()
        self.front.abort()
        self.upstream.close()
        connection: Connection
        for connection in self.sweep:
            connection.reset()


def get(target: str, *fields: str, version: str = "1.1", method: str = "GET", body: bytes = b"") -> bytes:
    """Write a request; a body brings its Content-Length."""
    if body:
        fields = (*fields, f"Content-Length: {len(body)}")
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def post(target: str, body: bytes, *fields: str, version: str = "1.1") -> bytes:
    """Write a POST."""
    return get(target, *fields, version=version, method="POST", body=body)


def ok(body: bytes = b"", *fields: str, status: str = "200 OK") -> bytes:
    """Write a store's reply with a Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def streamed(body: Body) -> tuple[bytearray, list[str]]:
    """Take a Body on the reactor: its bytes, and how it ended, as they come."""
    data, fate = bytearray(), []

    class Taker:
        def data(self, more: bytes) -> None:
            data.extend(more)

        def end(self) -> None:
            fate.append("end")

        def broken(self) -> None:
            fate.append("broken")

    on_reactor(body.source.attach, Taker())
    return data, fate


CLIENTS = ClientLimits(linger_seconds=2)
STORES = StoreLimits()

__all__ = ["CLIENTS", "STORES", "House", "Line", "Plain", "get", "ok", "post", "replace", "streamed"]
