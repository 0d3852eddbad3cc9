"""Requests led through the gateway in process: its own cells, heads and bodies as bytes, no socket.

A `Passage` does with one request what `proxy.exchange` does, in a straight line: the cell admits it by its
head, converses, and the store's answer is one that stands ready. So the time of a run is that of the
translation: parsing, checking, signing, writing, and of no HTTP and no event loop around it.

Signatures are made when the passage is, and a gateway takes them for a quarter of an hour.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.throughput import USER, signed
from gateway.messages import Headers, HttpReply, HttpRequest, Ids, Problem, RestReply
from gateway.proxy.exchange import Cell
from gateway.rest.signature import EMPTY_SHA256, SigningKey, sign
from gateway.service.cells import Cells, cells_of
from gateway.service.config import make_config
from gateway.service.credentials import Users
from gateway.wire.http1 import RequestHead, parse_request_head
from tests.stores.store import REGION

IDS = Ids("0123456789ABCDEF", "the-host-id-of-a-gateway")

HOST = "localhost:8443"

NO_SUCH_KEY = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
    b"<Key>object</Key><BucketName>bench</BucketName><Resource>/bench/object</Resource>"
    b"<RequestId>17B3C0D4E5F60718</RequestId><HostId>dd9025bab4ad464b049177c95eb6ebf374d3b3fd</HostId>"
    b"</Error>"
)
"""What a REST store says, 330 bytes of it."""

FAULT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>'
    b"<faultcode>soapenv:Client.NoSuchKey</faultcode>"
    b"<faultstring>The specified key does not exist.</faultstring>"
    b"<detail><Key>object</Key><RequestId>17B3C0D4E5F60718</RequestId></detail>"
    b"</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
"""What a SOAP store says of the same."""

_XML: Headers = (("content-type", "application/xml"), ("date", "Mon, 23 Nov 2026 12:00:00 GMT"))


@dataclass(frozen=True, slots=True)
class Passage:
    """One request, and what the store says to it.

    Attributes:
        cell: What is done for the client.
        head: The request's.
        body: All of it.
        reply: The store's answer, whatever it is asked.

    """

    cell: Cell
    head: RequestHead
    body: bytes
    reply: RestReply

    def run(self) -> HttpReply:
        """Return what the client is told."""
        try:
            proof = self.cell.admit(self.head, secure=True).proof
            conversation = self.cell.converse(self.head, self.body, proof, lambda *_: None)
            request = next(conversation)
            while True:
                self.cell.prepare(request)
                request = conversation.send(self.reply)
        except StopIteration as ended:
            reply: HttpReply = ended.value
            return reply
        except Problem as problem:
            return self.cell.refuse(problem, self.head, IDS)


def cells_in(directory: Path, backend: Mapping[str, str]) -> Cells:
    """Return the cells of a gateway with the benches' one user.

    Args:
        directory: For its file of credentials.
        backend: The store, in the words of the configuration.

    """
    file = directory / "credentials"
    file.touch(mode=0o600)
    file.write_text(
        f"[{USER.name}]\naws_access_key_id = {USER.access_key}\naws_secret_access_key = {USER.secret_key}\n"
    )
    settings = {("backend", name): value for name, value in {"region": REGION, **backend}.items()}
    config = make_config(directory, {("credentials", "file"): file.name, **settings})
    return cells_of(config, Users(config.credentials.file, time.monotonic))


def of_rest_store(directory: Path) -> Cells:
    """Return the cells of a gateway whose store speaks REST."""
    return cells_in(directory, {"endpoint_url": "http://127.0.0.1:9000"})


def of_soap_store(directory: Path) -> Cells:
    """Return the cells of a gateway whose store speaks SOAP."""
    return cells_in(directory, {"endpoint_url": "http://127.0.0.1:9000/soap", "protocol": "soap"})


def soap_error(cells: Cells) -> Passage:
    """Return a GetObject in SOAP to which a REST store says NoSuchKey."""
    body = signed("GetObject", Bucket="bench", Key="object", GetMetadata=True, GetData=True, InlineData=False)
    return Passage(cells.soap, _soap_head(body), body, RestReply(404, "Not Found", _XML, NO_SUCH_KEY))


def rest_error(cells: Cells) -> Passage:
    """Return a GET in REST, signed by SigV4, to which a SOAP store says NoSuchKey."""
    headers = (("content-type", "text/xml; charset=utf-8"), _XML[1])
    reply = RestReply(500, "Internal Server Error", headers, FAULT)
    return Passage(cells.rest, _rest_head("/bench/object"), b"", reply)


def inline_put(cells: Cells, size: int) -> Passage:
    """Return a PutObjectInline of so many bytes, which a REST store takes."""
    data = bytes(range(256)) * (size // 256)
    body = signed("PutObjectInline", Bucket="bench", Key="object", Data=data, ContentLength=len(data))
    headers = (*_XML, ("etag", '"d41d8cd98f00b204e9800998ecf8427e"'))
    return Passage(cells.soap, _soap_head(body), body, RestReply(200, "OK", headers, b""))


def listing(cells: Cells, keys: int) -> Passage:
    """Return a ListBucket in SOAP that a REST store answers with so many keys."""
    body = signed("ListBucket", Bucket="bench", MaxKeys=1000)
    return Passage(cells.soap, _soap_head(body), body, RestReply(200, "OK", _XML, _listed(keys)))


def _listed(keys: int) -> bytes:
    entries = "".join(
        f"<Contents><Key>folder/object-{number:04}</Key><LastModified>2026-11-23T12:00:00.000Z</LastModified>"
        f"<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>{number}</Size>"
        f"<StorageClass>STANDARD</StorageClass><Owner><ID>bench</ID><DisplayName>bench</DisplayName></Owner>"
        "</Contents>"
        for number in range(keys)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name><Prefix></Prefix>'
        f"<Marker></Marker><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
    ).encode()


def _soap_head(body: bytes) -> RequestHead:
    fields = (
        ("host", HOST),
        ("content-type", "text/xml; charset=utf-8"),
        ("content-length", str(len(body))),
        ("soapaction", '""'),
    )
    return _head("POST", "/soap", fields)


def _rest_head(target: str) -> RequestHead:
    headers = (("host", HOST),)
    key = SigningKey(USER.access_key, USER.secret_key, REGION)
    added = sign(HttpRequest("GET", target, headers), EMPTY_SHA256, key, datetime.now(UTC))
    return _head("GET", target, (*headers, *added))


def _head(method: str, target: str, fields: Headers) -> RequestHead:
    lines = (f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", "")
    return parse_request_head("\r\n".join(lines).encode())
