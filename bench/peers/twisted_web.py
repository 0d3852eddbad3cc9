"""A relay by twisted.web: what its documentation leads to.

`resource` is ReverseProxyResource, which opens a connection for each request; `agent` is a Resource that
asks by Agent on a pool of persistent connections, and passes status, fields and body on.

Run: python -m bench.peers.twisted_web FORM PORT STORE_PORT
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet import reactor as installed
from twisted.python.failure import Failure
from twisted.web.client import Agent, FileBodyProducer, HTTPConnectionPool, readBody
from twisted.web.http import Request
from twisted.web.http_headers import Headers
from twisted.web.proxy import ReverseProxyResource
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

reactor: Any = installed  # which one it is, nobody declares
CONNECTIONS = 64
HOP_BY_HOP = (b"connection", b"content-length", b"transfer-encoding", b"host")


class Relay(Resource):
    """Every path."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, store: bytes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._store = store
        pool = HTTPConnectionPool(reactor)
        pool.maxPersistentPerHost = CONNECTIONS
        self._agent = Agent(reactor, pool=pool)

    def render(self, request: Request) -> int:
        """Ask the store and answer with what it says."""
        body: Any = FileBodyProducer(request.content)
        asked = self._agent.request(
            request.method,
            self._store + request.uri,
            _passed_on(request.requestHeaders),
            body if body.length else None,
        )
        asked.addCallback(self._answer, request)
        asked.addErrback(self._refuse, request)
        return NOT_DONE_YET

    @staticmethod
    def _answer(response: Any, request: Request) -> Any:
        request.setResponseCode(response.code, response.phrase)
        request.responseHeaders = _passed_on(response.headers)
        read = readBody(response)

        def finish(body: bytes) -> None:
            request.setHeader(b"content-length", b"%d" % len(body))
            request.write(body)
            request.finish()

        return read.addCallback(finish)

    @staticmethod
    def _refuse(failure: Failure, request: Request) -> None:
        request.setResponseCode(502)
        request.write(failure.getErrorMessage().encode())
        request.finish()


def _passed_on(headers: Headers) -> Headers:
    kept = headers.copy()
    for name in HOP_BY_HOP:
        kept.removeHeader(name)
    return kept


def main(form: str, port: int, store: int) -> None:
    """Serve for ever."""
    root = (
        ReverseProxyResource("127.0.0.1", store, b"")
        if form == "resource"
        else Relay(b"http://127.0.0.1:%d" % store)
    )
    site = Site(root)
    site.noisy = False
    reactor.listenTCP(port, site, backlog=1024, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
