"""The admin site: three pages for machines that watch the gateway, on an endpoint of their own.

    /-/healthy   200 as long as the process serves at all: restart it when this fails
    /-/ready     200 when requests are welcome; 503 while draining, or while the embedded store is not there
    /metrics     the counters, for Prometheus

Everything is text; what is not there is told in two words. twisted.web serves it: this is not the path of any
object, and it listens where only operators reach it. Bodies of requests are thrown away as they come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.web.http import HTTPFactory, Request, datetimeToString

TEXT = "text/plain; charset=utf-8"

Page = tuple[int, str, bytes]
"""Status, content type, body."""


class Pages:
    """What the admin site shows.

    Args:
        unready: Gives the reason why requests are not welcome now, "" when they are.
        exposition: Gives the counters in the format that an Accept field asks for, and its content type.

    """

    def __init__(self, *, unready: Callable[[], str], exposition: Callable[[str], tuple[bytes, str]]) -> None:
        """Take what the pages show."""
        self._unready = unready
        self._exposition = exposition

    def page(self, method: bytes, path: bytes, accept: str) -> Page:
        """Return the page at `path`, which may still have a query."""
        if method not in (b"GET", b"HEAD"):
            return 405, TEXT, b"method not allowed\n"
        match path.partition(b"?")[0]:
            case b"/-/healthy":
                return 200, TEXT, b"healthy\n"
            case b"/-/ready":
                reason = self._unready()
                return (503, TEXT, f"not ready: {reason}\n".encode()) if reason else (200, TEXT, b"ready\n")
            case b"/metrics":
                text, content_type = self._exposition(accept)
                return 200, content_type, text
        return 404, TEXT, b"not found\n"


class AdminRequest(Request):
    """A request to the admin site: no form is parsed, no body kept."""

    pages: Pages

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Throw away a piece of the body."""

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - Twisted's name
        """Answer; twisted.web calls it when the request is whole."""
        self.method, self.uri, self.clientproto = command, path, version
        write(self, self.pages.page(command, path, self.getHeader("accept") or ""))


def write(request: Request, page: Page) -> None:
    """Answer `request` with `page`."""
    status, content_type, body = page
    request.setResponseCode(status)
    request.setHeader("date", datetimeToString())
    request.setHeader("content-type", content_type)
    request.setHeader("content-length", str(len(body)))
    request.setHeader("cache-control", "no-store")
    if status == 405:
        request.setHeader("allow", "GET, HEAD")
    if request.method != b"HEAD":
        request.write(body)
    request.finish()


class AdminFactory(HTTPFactory):
    """Speaks HTTP about `pages`. Nothing is logged: probes are no news."""

    noisy = False

    def __init__(self, pages: Pages, reactor: Any) -> None:
        """Take what to show, and the reactor whose clock ends idle connections."""
        super().__init__(reactor=reactor)
        self._pages = pages

    def buildProtocol(self, addr: IAddress | None) -> Any:  # noqa: N802 - Twisted's name
        """Return the protocol of a new connection."""
        channel: Any = super().buildProtocol(addr)
        channel.requestFactory = self._request
        return channel

    def log(self, request: Request) -> None:
        """Log nothing."""

    def _request(self, *arguments: Any) -> AdminRequest:
        request = AdminRequest(*arguments)
        request.pages = self._pages
        return request
