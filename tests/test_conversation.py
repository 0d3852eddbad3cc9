"""A language that serves joined to one that asks: who hears what, and who is closed."""

from __future__ import annotations

import pytest

from gateway.conversation import converse
from gateway.messages import Answer, Call, Problem


def one_call(said):
    """A client's side that asks once and replies with what came of it."""
    try:
        answer = yield Call("First", {})
        said.append(("answered", answer.values))
        return "the reply"
    finally:
        said.append("serve closed")


def two_requests(call):
    """A store's side that takes two requests to an answer."""
    one = yield f"{call.operation} 1"
    two = yield f"{call.operation} 2"
    return Answer(call.operation, {"came": (one, two)})


def refused(call):
    yield f"{call.operation} 1"
    raise Problem("NoSuchKey")


def refused_at_once(call):
    raise Problem("NotImplemented")
    yield  # a generator, like the others


def last(conversation, *replies):
    """What a conversation returns when the store replies so; and what it sent."""
    sent = [next(conversation)]
    for reply in replies[:-1]:
        sent.append(conversation.send(reply))
    with pytest.raises(StopIteration) as done:
        conversation.send(replies[-1])
    return done.value.value, sent


def test_requests_go_out_replies_come_in_and_the_reply_is_the_end():
    said = []
    assert last(converse(one_call(said), two_requests), "a", "b") == ("the reply", ["First 1", "First 2"])
    assert said == [("answered", {"came": ("a", "b")}), "serve closed"]


def test_a_client_that_needs_no_store():
    def serve():
        return "the contract"
        yield

    with pytest.raises(StopIteration) as done:
        next(converse(serve(), two_requests))
    assert done.value.value == "the contract"


def test_a_client_that_asks_more_than_once():
    def serve():
        one = yield Call("First", {})
        two = yield Call("Second", {})
        return one, two

    (one, two), sent = last(converse(serve(), two_requests), "a", "b", "c", "d")
    assert sent == ["First 1", "First 2", "Second 1", "Second 2"]
    assert (one.values, two.values) == ({"came": ("a", "b")}, {"came": ("c", "d")})


def test_a_problem_of_the_store_comes_out_when_the_client_lets_it():
    said = []
    conversation = converse(one_call(said), refused)
    next(conversation)
    with pytest.raises(Problem) as caught:
        conversation.send("a")
    assert caught.value.code == "NoSuchKey"
    assert said == ["serve closed"]


@pytest.mark.parametrize("ask", [refused, refused_at_once])
def test_a_client_may_catch_a_problem_and_reply(ask):
    def serve():
        try:
            yield Call("First", {})
        except Problem as problem:
            return problem.code

    conversation = converse(serve(), ask)
    with pytest.raises(StopIteration) as done:
        next(conversation)
        conversation.send("a")
    assert done.value.value in {"NoSuchKey", "NotImplemented"}


def test_a_client_may_catch_a_problem_and_go_on():
    """So does a delete of many objects, of which one is not there."""

    def serve():
        codes = []
        for name in ("First", "Second"):
            try:
                yield Call(name, {})
            except Problem as problem:
                codes.append(problem.code)
        return codes

    assert last(converse(serve(), refused), "a", "b") == (["NoSuchKey", "NoSuchKey"], ["First 1", "Second 1"])


def test_a_client_that_refuses_before_it_asks():
    def serve():
        raise Problem("MissingSecurityElement")
        yield

    with pytest.raises(Problem, match="MissingSecurityElement"):
        next(converse(serve(), two_requests))


def test_a_client_that_refuses_the_answer():
    def serve():
        yield Call("First", {})
        raise Problem("InlineDataTooLarge")

    conversation = converse(serve(), two_requests)
    next(conversation)
    conversation.send("a")
    with pytest.raises(Problem, match="InlineDataTooLarge"):
        conversation.send("b")


def test_a_bug_is_not_thrown_into_the_client_and_closes_it():
    said = []

    def broken(call):
        yield "1"
        raise KeyError(call.operation)

    conversation = converse(one_call(said), broken)
    next(conversation)
    with pytest.raises(KeyError):
        conversation.send("a")
    assert said == ["serve closed"]


def test_a_problem_thrown_from_outside_reaches_the_store_s_side_first():
    """So hears a request that could not be sent; what it lets out is the client's to catch."""
    heard = []

    def asking(call):
        try:
            yield "1"
        except Problem as problem:
            heard.append(problem.code)
            raise

    conversation = converse(one_call([]), asking)
    next(conversation)
    with pytest.raises(Problem):
        conversation.throw(Problem("ServiceUnavailable"))
    assert heard == ["ServiceUnavailable"]


def test_closing_closes_both_sides():
    said = []

    def asking(call):
        try:
            yield "1"
        finally:
            said.append("ask closed")

    conversation = converse(one_call(said), asking)
    next(conversation)
    conversation.close()
    assert said == ["ask closed", "serve closed"]
