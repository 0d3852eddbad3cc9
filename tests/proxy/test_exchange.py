"""One request's conversation, with a store that is a list of what it was sent."""

from __future__ import annotations

import pytest

from gateway.conversation import Translation
from gateway.messages import Body, HttpReply, Ids, Problem, RestReply
from gateway.proxy.exchange import LOGGED, LONG, Exchange
from gateway.proxy.incoming import Incoming
from gateway.proxy.rounds import Rounds, Stage
from gateway.wire.http1 import parse_request_head
from tests.proxy.connections import Tally
from tests.proxy.lines import get
from tests.proxy.plain import Plain, PlainStore
from tests.proxy.test_incoming import Giver

AT_ONCE = Rounds(lambda call: call())
"""Rounds that end as soon as something is left for their end."""


class Store:
    """Takes requests, is told the replies by the test, notes which requests were cancelled."""

    def __init__(self) -> None:
        self.sent = []
        self.cancelled = []
        self.outcomes = []
        self._done = []

    def send(self, request, done):
        self.sent.append(request)
        self._done.append(done)
        store = self

        class Asking:
            done = store

            def cancel(self) -> None:
                store.cancelled.append(request)

        return Asking()

    def reply(self, outcome) -> None:
        self._done[-1](outcome)

    def begin(self, target) -> Exchange:
        exchange = Exchange(
            Translation(Plain(), PlainStore()),
            parse_request_head(get(target)),
            Ids("ID", "host"),
            0.0,
            AT_ONCE,
        )
        exchange.begin(b"", None, self.send, self.outcomes.append)
        return exchange


def _reply(body=b"", status=200) -> RestReply:
    return RestReply(status, "", (("date", "now"),), body)


def test_each_reply_goes_back_into_the_conversation():
    store = Store()
    store.begin("/twice/k")
    store.reply(_reply(b"one"))
    assert len(store.sent) == 2
    store.reply(_reply(b"two"))
    (reply,) = store.outcomes
    assert isinstance(reply, HttpReply)
    assert reply.pieces == (b"two",)


@pytest.mark.parametrize(
    ("target", "outcome", "code"),
    [
        ("/store/k", Problem("ServiceUnavailable"), "ServiceUnavailable"),
        ("/store/k", _reply(status=404), "NoSuchKey"),
        ("/store/unsignable", None, "InvalidAccessKeyId"),
    ],
)
def test_what_goes_wrong_comes_out_as_a_problem(target, outcome, code):
    store = Store()
    store.begin(target)
    if outcome:
        store.reply(outcome)
    (problem,) = store.outcomes
    assert problem.code == code


def test_a_conversation_that_returns_no_reply_is_a_bug(logged):
    class Nothing(Plain):
        def converse(self, head, body, proof, note):
            return None
            yield

    store = Store()
    exchange = Exchange(Nothing(), parse_request_head(get("/")), Ids("ID", "host"), 0.0, AT_ONCE)
    exchange.begin(b"", None, store.send, store.outcomes.append)
    assert store.outcomes == [Problem("InternalError")]
    assert any("request ID broke" in line for line in logged)


def test_with_a_large_message_each_step_waits_until_the_small_ones_of_the_round_are_sent():
    soon, told, store = [], [], Store()
    rounds = Rounds(soon.append)

    def end_round() -> list[str]:
        for call in [soon.pop() for _ in tuple(soon)]:
            call()
        done, told[:] = list(told), []
        return done

    def send(request, done):
        told.append(request.target)
        return store.send(request, done)

    def begin(key, body) -> None:
        exchange = Exchange(
            Translation(Plain(), PlainStore()),
            parse_request_head(get(f"/store/{key}")),
            Ids("ID", "host"),
            0.0,
            rounds,
        )
        exchange.begin(body, None, send, told.append)

    begin("large", bytes(LONG + 1))
    begin("larger", bytes(LONG + 2))
    begin("small", bytes(LONG))
    assert end_round() == ["/small"]
    begin("next", b"")
    assert end_round() == ["/next"]  # and the second large one was read
    assert end_round() == ["/large"]
    assert end_round() == ["/larger"]
    store.reply(_reply(bytes(LONG + 1)))
    begin("last", b"")
    rounds.at(Stage.TELL, told.append, "round over")
    sent, over, answer = end_round()
    assert (sent, over) == ("/last", "round over")
    assert isinstance(answer, HttpReply)
    assert soon == []


class Steps(Rounds):
    """Rounds of which the test does one call at a time."""

    def __init__(self) -> None:
        super().__init__(lambda _call: None)

    def one(self) -> bool:
        calls = next((calls for calls in self._left if calls), None)
        if calls:
            call, args = calls.pop(0)
            call(*args)
        return bool(calls is not None)


@pytest.mark.parametrize("after", range(6))
def test_an_exchange_that_is_stopped_between_two_stages_does_nothing_more(after):
    store, rounds, giver = Store(), Steps(), Giver()
    exchange = Exchange(
        Translation(Plain(), PlainStore()),
        parse_request_head(get("/stream/k")),
        Ids("ID", "host"),
        0.0,
        rounds,
    )
    exchange.begin(b"", None, store.send, store.outcomes.append)
    whole_way = [rounds.one, rounds.one, lambda: store.reply(_reply(Body(Incoming(giver), 5))), rounds.one]
    for step in whole_way[:after]:
        step()
    asked, told = len(store.sent), list(store.outcomes)
    exchange.stop()
    while rounds.one():
        pass
    assert (len(store.sent), store.outcomes) == (asked, told)
    assert asked == (after > 1)
    assert store.cancelled == (store.sent if after == 2 else [])
    assert (giver.heard[-1:] == ["unwanted"]) == (after > 2)


def test_a_bug_comes_out_as_internal_error_and_is_logged(logged):
    store = Store()
    store.begin("/bug")
    assert store.outcomes == [Problem("InternalError")]
    assert any("request ID broke" in line for line in logged)


def test_a_language_that_refuses_before_it_is_a_generator():
    class Refusing(Plain):
        def serve(self, head, body, proof, note):
            raise Problem("NotImplemented")

    store = Store()
    exchange = Exchange(
        Translation(Refusing(), PlainStore()), parse_request_head(get("/")), Ids("ID", "host"), 0.0, AT_ONCE
    )
    exchange.begin(b"", None, store.send, store.outcomes.append)
    assert store.outcomes == [Problem("NotImplemented")]


def test_stopping_cancels_the_request_and_closes_conversation_and_bodies():
    store, giver = Store(), Giver()
    exchange = store.begin("/twice/k")
    store.reply(_reply(Body(Incoming(giver), 10)))
    exchange.stop()
    exchange.stop()
    assert store.cancelled == [store.sent[1]]
    assert giver.heard == ["pause", "unwanted"]
    assert store.outcomes == []


def test_stopping_when_all_is_done_stops_nothing():
    store = Store()
    exchange = store.begin("/echo")
    exchange.stop()
    assert store.cancelled == []


def test_a_refusal_is_told_under_our_own_ids():
    class Kept(Plain):
        def refuse(self, problem, head, ids):
            kept.append((problem, ids))
            return super().refuse(problem, head, ids)

    kept = []
    exchange = Exchange(Kept(), None, Ids("OURS", "our-host"), 0.0, AT_ONCE)
    exchange.refuse(Problem("NoSuchKey", request_id="THEIRS", host_id="their-host"))
    ((problem, ids),) = kept
    assert (problem.request_id, problem.host_id, ids) == ("", "", Ids("OURS", "our-host"))
    assert exchange.problem is not None
    assert exchange.problem.request_id == "THEIRS"


def test_of_a_reply_that_is_passed_on_the_log_has_what_it_tells(logged):
    class Passing(Plain):
        def converse(self, head, body, proof, note):
            return HttpReply(404, "", (("x-amz-request-id", "THEIRS"),), problem=Problem("NoSuchKey"))
            yield

    store = Store()
    exchange = Exchange(Passing(), parse_request_head(get("/")), Ids("ID", "host"), 0.0, AT_ONCE)
    exchange.begin(b"", None, store.send, store.outcomes.append)
    assert store.outcomes[0].status == 404
    exchange.report(Tally(), peer="p", received=0, sent=0, seconds=0.0, whole=False)
    assert " NoSuchKey " in logged[-1]
    assert logged[-1].endswith("store THEIRS")


def test_who_is_refused_is_in_the_log_as_far_as_it_is_claimed(logged):
    exchange = Exchange(
        Translation(Plain(), PlainStore()),
        parse_request_head(get("/store/k")),
        Ids("ID", "host"),
        0.0,
        AT_ONCE,
    )
    exchange.refuse(Problem("InvalidAccessKeyId", details=(("AWSAccessKeyId", "AK\r\nOTHER"),)))
    exchange.report(Tally(), peer="p", received=0, sent=0, seconds=0.0, whole=False)
    assert logged[-1].startswith("p ID AK??OTHER PLAIN.store 0 InvalidAccessKeyId ")


def test_an_access_key_in_the_log_is_bounded_and_one_line():
    exchange = Exchange(Translation(Plain(), PlainStore()), None, Ids("ID", "host"), 0.0, AT_ONCE)
    exchange._note("GetObject", "AK\r\nforged line\x1b" + "x" * 1000)
    assert exchange.access_key == ("AK??forged?line?" + "x" * 1000)[:LOGGED]


def test_an_answer_with_characters_that_cannot_be_told_is_logged(logged):
    store = Store()
    store.begin("/store/k")
    store.reply(_reply("a\ufffdb".encode()))
    assert [line for line in logged if "U+FFFD" in line and "GetObject" in line]


def test_a_stores_id_in_the_log_is_one_line(logged):
    store = Store()
    exchange = store.begin("/store/k")
    exchange.refuse(Problem("NoSuchKey", request_id="a\nforged line"))
    exchange.report(Tally(), peer="p", received=0, sent=0, seconds=0.0, whole=False)
    assert logged[-1].endswith("store a?forged?line")


def test_a_problem_that_is_told_holds_no_frames():
    """Else exchange and problem would hold each other until Python's collector comes."""
    cause = Problem("SlowDown")
    with pytest.raises(Problem) as caught:
        parse_request_head(b"nonsense\r\n\r\n")
    problem = caught.value
    problem.__cause__ = cause.with_traceback(problem.__traceback__)
    cell = Translation(Plain("rest"), PlainStore())
    Exchange(cell, parse_request_head(get("/echo")), Ids("R", "H"), 0.0, AT_ONCE).refuse(problem)
    assert problem.__traceback__ is None
    assert problem.__context__ is None
    assert cause.__traceback__ is None
