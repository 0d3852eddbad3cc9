"""The limits of the shell, towards clients and towards a store: named, in seconds and bytes.

Each stands beside what happens when it is met. None is moved by single bytes: a span of time
either ends with enough done in it or is over.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Towards clients.

    Attributes:
        head_seconds: For a whole head, from its first byte; for the first from the connection's
            start. RequestTimeout.
        body_seconds: In each such span `body_bytes` of a request's body must come, or its end.
            RequestTimeout.
        body_bytes: See there.
        idle_seconds: Between an answer and the first byte of the next request. Closed.
        stall_seconds: Without progress, for the client to take what was written to it. Reset.
        linger_seconds: For throwing away the rest of a request that was answered early. Closed.
        linger_bytes: Of such a rest. Closed.
        pipelined_bytes: Kept of what comes before the request under way is answered; then
            reading pauses.
        store_reply_bytes: Of a store's reply that is not streamed. InternalError.

    """

    head_seconds: float = 20.0
    body_seconds: float = 20.0
    body_bytes: int = 8192
    idle_seconds: float = 75.0
    stall_seconds: float = 60.0
    linger_seconds: float = 10.0
    linger_bytes: int = 67108864
    pipelined_bytes: int = 65536
    store_reply_bytes: int = 16777216


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """Towards one store. What is too slow without a byte of reply is ServiceUnavailable.

    Attributes:
        connect_seconds: To be on a connection: waiting for a free one, or the making of one.
        stall_seconds: Without progress, for the store to take what was written to it.
        continue_seconds: For the store to say `100 Continue` where it is asked to; then the body is
            sent without.
        answer_seconds: From the request's last byte to the end of the reply's head.
        body_seconds: In each such span `body_bytes` of a reply's body must come, or its end.
            InternalError, or the reset of a client whose answer has begun.
        body_bytes: See there. Of the answer to a write one byte will do: while a copy takes long,
            S3 sends blanks now and then.
        idle_seconds: That an unused connection is kept.
        max_idle: Unused connections kept.
        max_connections: Connections open at once; further requests wait in line.

    """

    connect_seconds: float = 5.0
    stall_seconds: float = 30.0
    continue_seconds: float = 1.0
    answer_seconds: float = 60.0
    body_seconds: float = 30.0
    body_bytes: int = 8192
    idle_seconds: float = 20.0
    max_idle: int = 64
    max_connections: int = 256
