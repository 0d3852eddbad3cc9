"""`soap.ask` without a shell: calls in, real HTTP to a real SOAP store, answers out.

The shell's part is played by http.client in a few blocking lines, as in `tests.joined`.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from gateway.messages import Call, Credentials, HttpRequest, RestReply
from gateway.soap.ask import Soap
from tests.joined import our_contract
from tests.soap.asking import led, read, replied, written


@dataclass
class SoapAsked:
    """One user, one SOAP store.

    Attributes:
        host: The store's.
        access_key: The user's.
        secret: The user's.
        settings: Of the language, beside those.
        sent: The requests as they went out.
        anonymous: Whether calls are made without a key.

    """

    host: str
    access_key: str
    secret: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    sent: list[HttpRequest] = field(default_factory=list)
    anonymous: bool = False

    @property
    def language(self) -> Soap:
        """The language, with a clock and names of its own."""
        numbers = count(1)
        given: dict[str, Any] = {
            "contract": our_contract(),
            "host": self.host,
            "key_of": {self.access_key: (self.access_key, self.secret)}.get,
            "now": lambda: datetime.now(UTC),
            "new_id": lambda: f"{next(numbers):016x}",
        }
        return Soap(**{**given, **self.settings})

    def call(self, operation: str, /, **values: Any) -> Mapping[str, Any]:
        """What the answer holds, data as bytes; a fault is raised as its Problem."""
        credentials = None if self.anonymous else Credentials(self.access_key)
        return read(led(self.language, Call(operation, values, credentials), self._exchange))

    def _exchange(self, request: HttpRequest) -> RestReply:
        self.sent.append(request)
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            body = written(request.pieces)
            for name, value in (*request.headers, ("content-length", str(len(body)))):
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            headers = tuple((name.lower(), value) for name, value in reply.getheaders())
            return replied(request, reply.status, headers, reply.read())
        finally:
            connection.close()
