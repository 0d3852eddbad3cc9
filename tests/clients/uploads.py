"""A PutObject in DIME as bytes, and a client that sends as much of it as it likes, over TLS.

The attachment is a chain of three records, so that every place of a chain can be cut, or be wrong.
"""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from gateway.soap.signature import sign
from gateway.wire.texts import build_moment
from tests.soap.dime_messages import record
from tests.stores.store import Store

S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SECONDS = 30.0
MB, ME, CF = 4, 2, 1
MEDIA, URI, SAME = 1, 2, 0


def envelope(store: Store, bucket: str, key: str, size: int, *, md5: str = "", secret: str = "") -> bytes:
    """Return the envelope of a PutObject; `md5` goes among the metadata."""
    moment = build_moment(dt.datetime.now(dt.UTC))
    signature = sign("PutObject", moment, secret or store.secret_key)
    metadata = f"<Metadata><Name>Content-MD5</Name><Value>{md5}</Value></Metadata>" if md5 else ""
    return (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Body><PutObject xmlns="{S3}"><Bucket>{bucket}</Bucket><Key>{key}</Key>'
        f"{metadata}<ContentLength>{size}</ContentLength><AWSAccessKeyId>{store.access_key}</AWSAccessKeyId>"
        f"<Timestamp>{moment}</Timestamp><Signature>{signature}</Signature></PutObject></e:Body></e:Envelope>"
    ).encode()


def thirds(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the payloads of three records, none of a length that needs no padding."""
    step = len(data) // 3 | 1
    return data[:step], data[step : 2 * step], data[2 * step :]


@dataclass(frozen=True, slots=True)
class Message:
    """Records of DIME, the envelope's first.

    Attributes:
        records: Each as its bytes.

    """

    records: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(self.records)

    def places(self) -> list[int]:
        """Return where a record begins, its head, id, type and payload end, or its padding is half there."""
        found, at = {0}, 0
        for each in self.records:
            lengths = struct.unpack(">HHHI", each[2:12])
            inside = 12
            found |= {at + 1, at + inside}
            for length in lengths:
                found |= {at + inside + length, at + inside + length + -length % 4}
                inside += length + -length % 4
            at += len(each)
        return sorted(found - {at})


def chain(payloads: tuple[bytes, ...]) -> list[bytes]:
    """Return the records of an attachment, the last of which ends the message."""
    first, *between, last = payloads
    return [
        record(CF, MEDIA, first, id_=b"uuid:data", type_=b"application/octet-stream"),
        *(record(CF, SAME, payload) for payload in between),
        record(ME, SAME, last),
    ]


def message(enveloped: bytes, attached: list[bytes]) -> Message:
    """Return an envelope with the records of an attachment."""
    return Message((record(MB, URI, enveloped, type_=SOAP.encode()), *attached))


@dataclass
class Sender:
    """One connection to a gateway over TLS, on which one request is sent, or a part of one.

    Attributes:
        address: Of the gateway.
        ca: Who signed its certificate.

    """

    address: str
    ca: Path
    connection: ssl.SSLSocket = field(init=False)

    def __enter__(self) -> Self:
        """Connect."""
        parts = urlsplit(self.address)
        assert parts.hostname is not None
        assert parts.port is not None
        plain = socket.create_connection((parts.hostname, parts.port), SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = ssl.create_default_context(cafile=str(self.ca))
        self.connection = context.wrap_socket(plain, server_hostname=parts.hostname)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self.connection.close()

    def head(self, length: int | None, content_type: str = "application/dime") -> None:
        """Send the request's head; without a length, the body goes in chunks of HTTP."""
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        parts = urlsplit(self.address)
        self.connection.sendall(
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {content_type}\r\n"
            f'SOAPAction: ""\r\nConnection: close\r\n{framing}\r\n\r\n'.encode()
        )

    def chunk(self, data: bytes) -> None:
        """Send one chunk of HTTP; an empty one is the last."""
        self.connection.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def leave(self) -> None:
        """Go without a word, and wait until the gateway has noticed."""
        self.connection.shutdown(socket.SHUT_WR)
        self.answer()

    def reset(self) -> None:
        """Go with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def answer(self) -> bytes:
        """Return all that the gateway says until it closes."""
        said = []
        try:
            while data := self.connection.recv(65_536):
                said.append(data)
        except (ssl.SSLError, ConnectionError):
            pass  # it closes as it likes; what it said before counts
        return b"".join(said)
