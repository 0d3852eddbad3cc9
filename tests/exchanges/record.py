"""Record the transcripts of operations: `python -m tests.exchanges.record [TAKE ...]`.

A foreign stack calls a server of this module over TLS. The server leads each call through the
gateway's two languages to a real store, keeps every message, and answers the stack, which must be
able to read the answer. What is recorded is read by people before it is committed.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.service.documents import own_documents
from gateway.soap.description import publish
from gateway.wire.bodies import BodyReader, ChunkedReader, LengthReader
from tests.clients.builds import RECIPES, Access, build, run_step
from tests.clients.certificates import Certificates, make_certificates
from tests.clients.foreign import ForeignClient, Result, running_client
from tests.exchanges.operations import SOAP_REQUEST, Message, Transcript, play
from tests.stores.programs import BOB, PROGRAMS, connect
from tests.stores.store import Store

BUCKET, KEY = "transcripts", "a key/with + and ü"
CONTENT = b"0123456789"
ETAG = '"781e5e245d69b566979b86e28d23f2c7"'
OTHER_ETAG = '"00000000000000000000000000000000"'
PLACE = {"Bucket": BUCKET, "Key": KEY}
DATA = {**PLACE, "GetMetadata": True, "GetData": True, "InlineData": True}
COPY = {"SourceBucket": BUCKET, "SourceKey": KEY, "DestinationBucket": BUCKET, "DestinationKey": "copy"}
PUBLIC = {
    "Grantee": {"type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
    "Permission": "READ",
}
TO_BOB = {
    "Grantee": {"type": "AmazonCustomerByEmail", "EmailAddress": BOB.email},
    "Permission": "FULL_CONTROL",
}
DELIVERY = [
    {
        "Grantee": {"type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"},
        "Permission": name,
    }
    for name in ("WRITE", "READ_ACP")
]
METADATA = [{"Name": "Content-Type", "Value": "text/plain"}, {"Name": "colour", "Value": "blue"}]
LOGGED = {"LoggingEnabled": {"TargetBucket": BUCKET, "TargetPrefix": "log/", "TargetGrants": [PUBLIC]}}
_READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Take:
    """One recording.

    Attributes:
        name: The operation, with what is special about it behind a hyphen.
        stack: Who calls.
        store: Who is asked in the end.
        fields: Of the call.
        form: In which CONTENT is attached, one of the stack's own; "" for nothing attached.

    """

    name: str
    stack: str
    store: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    form: str = ""


TAKES = (
    Take("ListAllMyBuckets", "php", "seaweedfs"),
    Take("CreateBucket", "axis", "seaweedfs", {"Bucket": "made-by-axis"}),
    Take("CreateBucket-grants", "mono", "seaweedfs", {"Bucket": "made-by-mono", "AccessControlList": [PUBLIC]}),
    Take("DeleteBucket", "gsoap", "seaweedfs", {"Bucket": "made-by-axis"}),
    Take("PutObjectInline", "axis", "seaweedfs", {**PLACE, "Metadata": METADATA, "Data": CONTENT, "ContentLength": 10}),
    Take("PutObjectInline-grants", "php", "moto", {**PLACE, "Data": CONTENT, "ContentLength": 10, "AccessControlList": [PUBLIC]}),
    Take("PutObject-dime", "gsoap", "seaweedfs", {**PLACE, "Metadata": METADATA, "ContentLength": 10}, "buffered"),
    Take("PutObject-mime", "axis", "juicefs", {**PLACE, "Metadata": METADATA, "ContentLength": 10}, "mime"),
    Take("PutObject-short", "axis", "seaweedfs", {**PLACE, "ContentLength": 11}, "dime"),
    Take("ListBucket", "zeep", "seaweedfs", {"Bucket": BUCKET}),
    Take("ListBucket-page", "gsoap", "juicefs", {"Bucket": BUCKET, "Prefix": "p", "Marker": "p/1", "MaxKeys": 1, "Delimiter": "/"}),
    Take("GetObject", "axis", "seaweedfs", DATA),
    Take("GetObject-dime", "axis", "juicefs", {**DATA, "InlineData": False}),
    Take("GetObject-head", "php", "juicefs", {**DATA, "GetData": False}),
    Take("GetObjectExtended-range", "mono", "seaweedfs", {**DATA, "ByteRangeStart": 2, "ByteRangeEnd": 5}),
    Take("GetObjectExtended-unchanged", "zeep", "juicefs", {**DATA, "IfNoneMatch": [ETAG]}),
    Take("GetObjectExtended-complete", "gsoap", "moto", {**DATA, "ByteRangeStart": 2, "IfMatch": [OTHER_ETAG, ETAG.replace("7", "8")], "ReturnCompleteObjectOnConditionFailure": True}),
    Take("GetObjectExtended-fails", "axis", "juicefs", {**DATA, "IfMatch": [OTHER_ETAG]}),
    Take("CopyObject", "php", "seaweedfs", COPY),
    Take("CopyObject-replace", "mono", "moto", {**COPY, "MetadataDirective": "REPLACE", "Metadata": METADATA}),
    Take("GetBucketAccessControlPolicy", "axis", "moto", {"Bucket": BUCKET}),
    Take("SetBucketAccessControlPolicy", "zeep", "seaweedfs", {"Bucket": BUCKET, "AccessControlList": [PUBLIC, TO_BOB]}),
    Take("GetObjectAccessControlPolicy", "gsoap", "seaweedfs", PLACE),
    Take("SetObjectAccessControlPolicy", "axis", "seaweedfs", {**PLACE, "AccessControlList": [PUBLIC]}),
    Take("SetBucketAccessControlPolicy-moto", "gsoap", "moto", {"Bucket": BUCKET, "AccessControlList": DELIVERY}),
    Take("SetBucketLoggingStatus", "mono", "moto", {"Bucket": BUCKET, "BucketLoggingStatus": LOGGED}),
    Take("GetBucketLoggingStatus", "php", "moto", {"Bucket": BUCKET}),
    Take("SetBucketLoggingStatus-absent", "php", "seaweedfs", {"Bucket": BUCKET, "BucketLoggingStatus": LOGGED}),
    Take("PutObject-unattached", "mono", "seaweedfs", {**PLACE, "ContentLength": 10}),
    Take("DeleteObject", "zeep", "juicefs", PLACE),
)  # fmt: skip


def _read_message(connection: socket.socket, *, bodiless: bool = False, asked: bool = True) -> bytes:
    """Read one message with a Content-Length; b"" when the peer has left."""
    message = b""
    while b"\r\n\r\n" not in message:
        data = connection.recv(_READ_BYTES)
        if not data:
            return b""
        message += data
    head, _, body = message.partition(b"\r\n\r\n")
    fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    values = {name: value.strip() for name, _, value in fields}
    if asked and values.get(b"expect") == b"100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    reader: BodyReader = LengthReader(0 if bodiless else int(values.get(b"content-length", 0)))
    if b"transfer-encoding" in values:
        assert asked, "no store's reply is chunked"
        reader = ChunkedReader()
    reader.feed(body)
    while not reader.done:
        data = connection.recv(_READ_BYTES)
        if not data:
            reader.finish()
        reader.feed(data)
        body += data
    return head + b"\r\n\r\n" + body


def _ask(message: bytes, method: str, store: Store) -> bytes:
    address = urlsplit(store.endpoint_url)
    with socket.create_connection((address.hostname, address.port), 20) as connection:
        connection.sendall(message)
        return _read_message(connection, bodiless=method == "HEAD", asked=False)


class Recorder:
    """A server that keeps what passes. Stacks call it one after the other."""

    def __init__(self, certificates: Certificates) -> None:
        self.store: Store | None = None
        self.messages: list[Message] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.certificate, certificates.key)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"https://localhost:{self._listening.getsockname()[1]}/soap"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            accepted, _ = self._listening.accept()
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        with suppress(OSError), self._context.wrap_socket(accepted, server_side=True) as connection:
            while request := _read_message(connection):
                answer = self._answer(request)
                connection.sendall(answer)
                if b"connection: close" in answer.partition(b"\r\n\r\n")[0].lower():
                    break

    def _answer(self, request: bytes) -> bytes:
        store = self.store
        assert store is not None
        clock = dt.datetime.now(dt.UTC).replace(microsecond=0)
        passed = play(
            request, store.endpoint_url, clock, lambda message, method: _ask(message, method, store)
        )
        self.messages = [(SOAP_REQUEST, request), *passed]
        return self.messages[-1][1]


@contextmanager
def _client(stack: str, recorder: Recorder, store: Store, ca: Path, run: Path) -> Iterator[ForeignClient]:
    documents = own_documents()
    wsdl = publish(documents["AmazonS3.wsdl"], documents["AmazonS3.xsd"], recorder.address)
    recipe = RECIPES[stack]
    run.mkdir(exist_ok=True)
    access = Access(recorder.address, store.access_key, store.secret_key, ca)
    environment = dict(recipe.environment(run))
    if not (run / "trusted").exists():
        for step in recipe.trust(run, access):
            run_step(step, run, {**os.environ, **environment})
        (run / "trusted").touch()
    command = recipe.command(build(recipe, wsdl), access, run)
    with running_client(stack, command, log=run / "log", environment=environment) as client:
        yield client


def main(names: Sequence[str]) -> int:
    """Record the takes of these names, or all; return 1 when a stack could not read an answer."""
    takes = [take for take in TAKES if not names or take.name in names]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        attached = directory / "attached"
        attached.write_bytes(CONTENT)
        certificates = make_certificates(directory)
        recorder = Recorder(certificates)
        for store_name, program in PROGRAMS.items():
            if store_name not in {take.store for take in takes}:
                continue
            (directory / store_name).mkdir()
            with program(directory / store_name) as store:
                recorder.store = store
                boto = connect(store)
                boto.create_bucket(Bucket=BUCKET)
                for key in (KEY, "p/1", "p/2", "q"):
                    boto.put_object(Bucket=BUCKET, Key=key, Body=CONTENT, Metadata={"colour": "blue"})
                for take in takes:
                    if take.store != store_name:
                        continue
                    run = directory / take.stack
                    with _client(take.stack, recorder, store, certificates.ca, run) as client:
                        attachment = {"form": take.form, "file": str(attached)} if take.form else None
                        answer = client.call(
                            take.name.partition("-")[0], attachment=attachment, **take.fields
                        )
                    kept = Transcript(f"{take.name}.{take.stack}.{store_name}", tuple(recorder.messages))
                    kept.write()
                    outcome = "answered" if isinstance(answer, Result) else f"{answer.code} {answer.message}"
                    print(f"{kept.name}: {len(kept.messages)} messages, {outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
