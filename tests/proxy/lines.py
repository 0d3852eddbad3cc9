"""Both ends of the gateway as a test plays them: raw clients, and a store that plays bytes."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import struct
from contextlib import suppress
from typing import Any

from gateway.service.self_signed import SelfSigned
from tests.carriers import PATIENCE, listening


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
