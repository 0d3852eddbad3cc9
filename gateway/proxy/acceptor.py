"""Takes connections from a listening socket, before any carrier knows of them.

Whoever makes the protocols sees the peer's address first and may refuse: caps cost no TLS
handshake. Without a file descriptor left, accepting pauses and what comes waits in the
socket's backlog; a loop that reports the same readiness for ever would only burn the processor.

Workers share one socket, and whoever is awake first could take a whole burst and keep it. So one connection
is taken at a time, then the loop looks at others and at the socket again. Who was busy in between has taken
nothing so long, and may take more: else where rounds are long its clients would wait for many of them.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

from twisted.internet.interfaces import IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from gateway.proxy.clock import Clock, Delayed
from gateway.proxy.transport import StreamProtocol, peer_of

log = Logger()

ACCEPTS_AT_ONCE = 16
"""Connections taken in one turn of the loop at most."""

SPACING = 0.0005
"""Seconds since the last look for each connection that is taken beside the first; about what one costs."""

IDLE = 0.05
"""Seconds since the last look, from which on nobody had been waiting: no round is so long."""

PAUSE = 1.0
"""Seconds without accepting after the system refused one."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


@implementer(IReadDescriptor)
class Acceptor:
    """Accepts from now on, until stopped.

    Args:
        watch: Has `doRead` called whenever connections wait.
        unwatch: Puts an end to that.
        clock: Where seconds come from.
        listening: A bound and listening socket, TCP or unix. It stays its owner's.
        make_protocol: Given the peer's address, makes a protocol or refuses by None.
        adopt: Lets a carrier drive the accepted socket.
        limited: Told `descriptors` when there are none left.

    """

    def __init__(  # noqa: PLR0913 - each is the caller's to say
        self,
        clock: Clock,
        listening: socket.socket,
        *,
        watch: Callable[[Acceptor], None],
        unwatch: Callable[[Acceptor], None],
        make_protocol: Callable[[str], StreamProtocol | None],
        adopt: Callable[[socket.socket, StreamProtocol], None],
        limited: Callable[[str], None],
    ) -> None:
        listening.setblocking(False)
        self._watch = watch
        self._unwatch = unwatch
        self._clock = clock
        self._listening = listening
        self._make_protocol = make_protocol
        self._adopt = adopt
        self._limited = limited
        self._pause: Delayed | None = None
        self._looked = clock.seconds()
        watch(self)

    def stop(self) -> None:
        """Accept no more. Handshakes that are under way go on."""
        self._unwatch(self)
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def fileno(self) -> int:
        """Return what is waited for."""
        return self._listening.fileno()

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        """Take what waits, or some of it; whoever watches calls again."""
        for _ in range(self._due()):
            try:
                sock, address = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                self._rest(error)
                return
            self._take(sock, peer_of(address))

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """Learn that the reactor stops: it reads from here no more, and neither do we."""

    def logPrefix(self) -> str:  # noqa: N802 - Twisted's name
        """Return what the reactor calls this in its log."""
        return type(self).__name__

    def _due(self) -> int:
        now = self._clock.seconds()
        since, self._looked = now - self._looked, now
        return min(ACCEPTS_AT_ONCE, 1 + int(since / SPACING)) if 0 < since < IDLE else 1

    def _rest(self, error: OSError) -> None:
        log.warn("accepting pauses: {error}", error=error)  # noqa: G010 - Twisted's logger
        if error.errno in _EXHAUSTED:
            self._limited("descriptors")
        self._unwatch(self)
        self._pause = self._clock.callLater(PAUSE, self._resume)

    def _resume(self) -> None:
        self._pause = None
        self._watch(self)

    def _take(self, sock: socket.socket, peer: str) -> None:
        protocol: StreamProtocol | None = None
        try:
            protocol = self._make_protocol(peer)
            if protocol is not None:
                sock.setblocking(False)
                self._adopt(sock, protocol)
                return
        except Exception as error:  # noqa: BLE001 - whatever goes wrong costs this connection alone
            if not isinstance(error, OSError):  # the peer may be gone already: no news
                log.failure("a connection from {peer} was not taken up", peer=peer)
            if protocol is not None:
                protocol.connection_lost(error)
        sock.close()
