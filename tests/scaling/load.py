"""SOAP clients that never rest, and never ask twice: what fails once, has failed.

Old programs are like that. Some keep their connection, some open one for each call, some take a second over
an object of megabytes, as slow lines do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import http.client
import random
import re
import socket
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.messages import Call, Credentials
from gateway.soap.signature import sign
from gateway.wire.texts import build_moment
from tests.clients import uploads
from tests.joined import message
from tests.stores.store import Store

SECONDS = 30.0
SMALL = 2_000
LARGE = 3_000_000
PIECES = 20
"""In so many a large object is sent, with a pause between."""
PAUSE = 0.05
THINKING = 0.01
"""Seconds between two requests of a client, for the others on the same machine."""

_DATA = re.compile(rb"<Data>([^<]*)</Data>")


class Connection(http.client.HTTPSConnection):
    """A connection to one address by the name that stands in its certificate."""

    def __init__(self, name: str, where: tuple[str, int], context: ssl.SSLContext) -> None:
        super().__init__(name, context=context)
        self._where = where
        self._tls = context

    def connect(self) -> None:
        """Connect."""
        plain = socket.create_connection(self._where, SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


@dataclass
class Load:
    """What clients do to one address, and what came of it.

    Attributes:
        name: The host that they ask.
        where: Its address.
        context: Whom they trust.
        store: Its keys are theirs.
        bucket: Theirs.
        prefix: What their keys begin with.
        asked: How many requests were answered as they should be.
        failures: What went wrong, with the second at which the request began.
        put: The MD5s of the objects that the answers said are there, by key.

    """

    name: str
    where: tuple[str, int]
    context: ssl.SSLContext
    store: Store
    bucket: str
    prefix: str
    asked: int = 0
    failures: list[tuple[float, str]] = field(default_factory=list)
    put: dict[str, str] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def works(self) -> tuple[tuple[Callable[[Connection, str], None], bool], ...]:
        """Return what each client does, and whether it keeps its connection."""
        return (
            (self._small, True),
            (self._small, True),
            (self._small, False),
            (self._large, False),
            (self._large, True),
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the clients work while the block runs; each ends behind what it has begun."""
        clients = [
            threading.Thread(target=self._client, args=(f"{number}", *work), daemon=True)
            for number, work in enumerate(self.works())
        ]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            self._over.set()
            for client in clients:
                client.join(2 * SECONDS)

    def _client(self, who: str, work: Callable[[Connection, str], None], keeps: bool) -> None:
        connection = Connection(self.name, self.where, self.context)
        count = 0
        while not self._over.is_set():
            count += 1
            work(connection, f"{self.prefix}/{who}/{count}")
            if not keeps:
                connection.close()
        connection.close()

    def _small(self, connection: Connection, key: str) -> None:
        data = random.randbytes(SMALL)
        place = {"Bucket": self.bucket, "Key": key}
        put = self._call("PutObjectInline", **place, Data=data, ContentLength=SMALL)
        if self._expect(connection, put, b"PutObjectInlineResponse"):
            self.put[key] = hashlib.md5(data).hexdigest()
            self._get(connection, key, data)
        missing = self._call(
            "GetObject", Bucket=self.bucket, Key=f"{key}.no", GetMetadata=False, GetData=True, InlineData=True
        )
        self._expect(connection, missing, b"Client.NoSuchKey", status=500)

    def _large(self, connection: Connection, key: str) -> None:
        data = random.randbytes(LARGE)
        envelope = uploads.envelope(self.store, self.bucket, key, LARGE)
        body = uploads.message(envelope, uploads.chain(uploads.thirds(data))).data
        if self._expect(connection, body, b"PutObjectResponse", media="application/dime", pause=PAUSE):
            self.put[key] = hashlib.md5(data).hexdigest()
            self._get(connection, key, data)

    def _get(self, connection: Connection, key: str, data: bytes) -> None:
        get = self._call(
            "GetObject", Bucket=self.bucket, Key=key, GetMetadata=True, GetData=True, InlineData=True
        )
        self._expect(connection, get, data, read=lambda answer: b64decode(_DATA.search(answer)[1]))

    def _call(self, operation: str, **values: Any) -> bytes:
        timestamp = build_moment(dt.datetime.now(dt.UTC))
        signature = sign(operation, timestamp, self.store.secret_key)
        return message(Call(operation, values, Credentials(self.store.access_key, timestamp, signature)))

    def _expect(
        self,
        connection: Connection,
        body: bytes,
        expected: bytes,
        *,
        status: int = 200,
        media: str = "text/xml; charset=utf-8",
        pause: float = 0,
        read: Callable[[bytes], bytes] = bytes,
    ) -> bool:
        """Ask once; note a failure and return False when the answer is not as expected."""
        time.sleep(THINKING)
        began = time.monotonic()
        try:
            found, answer = self._ask(connection, body, media, pause)
            failure = "" if found == status and expected in read(answer) else f"{found} {answer[:500]!r}"
        except Exception as error:  # whatever it is, the client has failed
            failure = f"{type(error).__name__}: {error}"
        with self._lock:
            if failure:
                self.failures.append((began, failure))
            else:
                self.asked += 1
        if failure:
            connection.close()
        return not failure

    def _ask(self, connection: Connection, body: bytes, media: str, pause: float) -> tuple[int, bytes]:
        fields = {"Content-Type": media, "SOAPAction": '""', "Content-Length": str(len(body))}
        connection.request("POST", "/soap", _slowly(body, pause) if pause else body, fields)
        reply = connection.getresponse()
        return reply.status, reply.read()


def _slowly(body: bytes, pause: float) -> Iterator[bytes]:
    step = len(body) // PIECES + 1
    for start in range(0, len(body), step):
        yield body[start : start + step]
        time.sleep(pause)
