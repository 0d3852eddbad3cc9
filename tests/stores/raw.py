"""Signed S3 requests whose replies come back as the bytes of the wire.

A request is signed by botocore, sent on a connection of its own, and may then be made wrong:
unsigned, signed with a foreign clock, region or secret, cut short. What comes back is not touched.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from unittest import mock
from urllib.parse import quote, urlsplit

import botocore.auth
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.stores.store import REGION, Store

SILENCE_SECONDS = 20.0
_READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Signing:
    """How a request is signed; every field but the first two is there to do it wrongly."""

    access_key: str
    secret_key: str
    token: str | None = None
    region: str = REGION
    off_by: dt.timedelta = dt.timedelta()


@dataclass(frozen=True, slots=True)
class Wire:
    """The way to one store, and to one bucket there.

    In a path, and in x-amz-copy-source, `/@` stands for a slash and the bucket's name.
    """

    store: Store
    bucket: str

    @property
    def signing(self) -> Signing:
        """The first user's, all of it right."""
        return Signing(self.store.access_key, self.store.secret_key)

    def send(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        signing: Signing | None = None,
        length: int | None = -1,
        instead: bytes | None = None,
    ) -> bytes:
        """Send one request and return all bytes that come back.

        Args:
            method: The HTTP method.
            path: Unescaped, with its first slash.
            query: As it stands on the wire, without the question mark.
            headers: Further fields.
            body: What is sent behind the head.
            signing: How to sign; None is the first user's way.
            length: The Content-Length that is told; -1 is the true one, None sends none.
            instead: Bytes to send in place of the body that was signed.

        """
        target = quote(self._in_bucket(path), safe="/~") + (f"?{query}" if query else "")
        named = {name: self._in_bucket(value) for name, value in (headers or {}).items()}
        fields = self._sign(method, target, named, body, signing or self.signing)
        sent = body if instead is None else instead
        if length is not None:
            fields["Content-Length"] = str(len(sent) if length == -1 else length)
        return self.exchange(method, target, fields, sent)

    def exchange(self, method: str, target: str, fields: Mapping[str, str], body: bytes = b"") -> bytes:
        """Send a request as it is, unsigned, and return all bytes that come back."""
        address = urlsplit(self.store.endpoint_url)
        lines = [
            f"{method} {self._in_bucket(target)} HTTP/1.1",
            f"Host: {address.netloc}",
            "Connection: close",
        ]
        lines += [f"{name}: {value}" for name, value in fields.items() if name.lower() != "host"]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        with socket.create_connection((address.hostname, address.port), SILENCE_SECONDS) as connection:
            connection.sendall(head + body)
            if int(fields.get("Content-Length", 0)) > len(body):
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(_READ_BYTES), b""))

    def _in_bucket(self, path: str) -> str:
        return path.replace("/@", f"/{self.bucket}")

    def _sign(
        self, method: str, target: str, headers: dict[str, str], body: bytes, signing: Signing
    ) -> dict[str, str]:
        request = AWSRequest(method, self.store.endpoint_url + target, headers=headers, data=body)
        credentials = Credentials(signing.access_key, signing.secret_key, signing.token)
        now = dt.datetime.now(dt.UTC) + signing.off_by
        with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now.replace(tzinfo=None)):
            S3SigV4Auth(credentials, "s3", signing.region).add_auth(request)
        return dict(request.headers.items())
