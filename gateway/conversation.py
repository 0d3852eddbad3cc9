"""Joins a language that serves a client to one that asks a store, and knows neither.

`serve` is a generator of Calls and is sent their Answers; `ask` turns one Call into wire
requests and is sent their replies. Joined, they are one generator: wire requests out,
wire replies in, the client's reply at the end. The four cells of the gateway are pairs
of such halves, not programs.
"""

from collections.abc import Callable, Generator
from typing import TypeVar

from gateway.messages import Answer, Call, Problem

WireRequest = TypeVar("WireRequest")
WireReply = TypeVar("WireReply")
Reply = TypeVar("Reply")


def converse(
    serve: Generator[Call, Answer, Reply],
    ask: Callable[[Call], Generator[WireRequest, WireReply, Answer]],
) -> Generator[WireRequest, WireReply, Reply]:
    """Lead one conversation to its end.

    Args:
        serve: The client's side, not yet begun.
        ask: The store's side, begun anew for each Call.

    Yields:
        What the store is to be sent; its reply is sent back in.

    Returns:
        What `serve` returns: the reply for the client.

    Raises:
        Problem: What `serve` let out: raised by itself, or by `ask` and thrown into it at
            its `yield`, where it may catch it and go on.

    """
    try:
        call = next(serve)
        while True:
            try:
                answer = yield from ask(call)
            except Problem as problem:
                call = serve.throw(problem)
            else:
                call = serve.send(answer)
    except StopIteration as done:
        reply: Reply = done.value
        return reply
    finally:
        serve.close()
