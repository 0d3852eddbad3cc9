"""Two languages joined: what one yields the other asks, and whatever goes wrong has one way out."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.conversation import Translation, converse
from gateway.messages import Admission, Answer, Body, Call, HttpReply, HttpRequest, Ids, Problem, RestReply
from gateway.soap.faults import parse_fault
from tests.joined import IDS, Joined, head_of, message, our_contract
from tests.schema import judge
from tests.strategies import calls_of

FIRST, SECOND = Call("DeleteObject", {"Key": "1"}), Call("DeleteObject", {"Key": "2"})


def ask(call: Call) -> Generator[str, str, Answer]:
    """A store's side that asks one question a call and fails when told to."""
    said = yield f"delete {call.values['Key']}"
    if said == "no":
        raise Problem("AccessDenied")
    return Answer(call.operation, {"said": said})


def test_calls_become_requests_and_their_answers_a_reply():
    def serve() -> Generator[Call, Answer, str]:
        first = yield FIRST
        second = yield SECOND
        return f"{first.values['said']} and {second.values['said']}"

    conversation = converse(serve(), ask)
    assert next(conversation) == "delete 1"
    assert conversation.send("yes") == "delete 2"
    with pytest.raises(StopIteration) as done:
        conversation.send("sure")
    assert done.value.value == "yes and sure"


def test_a_reply_may_need_no_store():
    def serve() -> Generator[Call, Answer, str]:
        return "reply"
        yield FIRST

    with pytest.raises(StopIteration) as done:
        next(converse(serve(), ask))
    assert done.value.value == "reply"


def test_a_problem_of_the_store_may_be_caught():
    """A deletion of several objects goes on."""

    def serve() -> Generator[Call, Answer, str]:
        try:
            yield FIRST
        except Problem as problem:
            failed = problem.code
        answer = yield SECOND
        return f"{failed}, {answer.values['said']}"

    conversation = converse(serve(), ask)
    next(conversation)
    assert conversation.send("no") == "delete 2"
    with pytest.raises(StopIteration) as done:
        conversation.send("yes")
    assert done.value.value == "AccessDenied, yes"


def test_a_problem_that_is_caught_may_be_the_last_word():
    def serve() -> Generator[Call, Answer, str]:
        try:
            yield FIRST
        except Problem:
            return "gave up"
        raise AssertionError

    conversation = converse(serve(), ask)
    next(conversation)
    with pytest.raises(StopIteration) as done:
        conversation.send("no")
    assert done.value.value == "gave up"


def test_a_problem_that_nobody_catches_comes_out():
    def serve() -> Generator[Call, Answer, str]:
        yield FIRST
        raise AssertionError

    conversation = converse(serve(), ask)
    next(conversation)
    with pytest.raises(Problem, match="AccessDenied"):
        conversation.send("no")


def test_a_problem_of_the_clients_side_comes_out():
    def serve() -> Generator[Call, Answer, str]:
        raise Problem("InvalidSOAPRequest")
        yield FIRST

    with pytest.raises(Problem, match="InvalidSOAPRequest"):
        next(converse(serve(), ask))


def test_a_client_that_leaves_ends_both_sides():
    ended = []

    def serve() -> Generator[Call, Answer, str]:
        try:
            yield FIRST
        finally:
            ended.append("serve")
        raise AssertionError

    def asking(call: Call) -> Generator[str, str, Answer]:
        try:
            yield call.operation
        finally:
            ended.append("ask")
        raise AssertionError

    conversation = converse(serve(), asking)
    next(conversation)
    conversation.close()
    assert ended == ["ask", "serve"]


def test_a_bug_is_not_thrown_into_the_clients_side_but_closes_it():
    seen = []

    def serve() -> Generator[Call, Answer, str]:
        try:
            yield FIRST
        except BaseException as raised:
            seen.append(type(raised))
            raise
        raise AssertionError

    def broken(call: Call) -> Generator[str, str, Answer]:
        yield call.operation
        raise KeyError

    conversation = converse(serve(), broken)
    next(conversation)
    with pytest.raises(KeyError):
        conversation.send("yes")
    assert seen == [GeneratorExit]


def test_a_request_that_cannot_be_sent_is_told_the_stores_side_and_then_the_clients():
    heard = []

    def serve() -> Generator[Call, Answer, str]:
        try:
            yield FIRST
        except Problem:
            heard.append("serve")
            raise
        raise AssertionError

    def asking(call: Call) -> Generator[str, str, Answer]:
        try:
            yield call.operation
        except Problem:
            heard.append("ask")
            raise
        raise AssertionError

    conversation = converse(serve(), asking)
    next(conversation)
    with pytest.raises(Problem, match="ServiceUnavailable"):
        conversation.throw(Problem("ServiceUnavailable"))
    assert heard == ["ask", "serve"]


# -- SOAP and REST joined ---------------------------------------------------------------------

JOINED = Joined("http://store:9000", "ALICE", "secret")
XML = st.sampled_from(
    [
        b"<AccessControlPolicy><Owner/><AccessControlList><Grant/></AccessControlList></AccessControlPolicy>",
        (
            b"<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>u</URI></Grantee>"
            b"<Permission>LIST</Permission></Grant></AccessControlList></AccessControlPolicy>"
        ),
        (
            b"<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%00</Key><StorageClass>SNOW"
            b"</StorageClass></Contents></ListBucketResult>"
        ),
        (
            b"<ListAllMyBucketsResult><Buckets><Bucket><CreationDate>9999-12-31T23:59:59-01:00</CreationDate>"
            b"</Bucket></Buckets></ListAllMyBucketsResult>"
        ),
        b"<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>",
        b"<CopyObjectResult/>",
        b"<Error><Code>NoSuchKey</Code><Odd>\xc2\x85</Odd></Error>",
    ]
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["last-modified", "etag", "content-length", "x-amz-meta-a", "content-type"]),
        st.text(st.characters(max_codepoint=0xFF), max_size=30),
    ),
    max_size=3,
).map(lambda headers: (*headers, ("date", "Mon, 23 Nov 2026 12:00:00 GMT")))
REPLIES = st.lists(
    st.tuples(st.sampled_from([200, 206, 304, 404, 412, 500]), st.binary(max_size=60) | XML, HEADERS),
    min_size=4,
    max_size=4,
)


def led(call: Call, replies: list[tuple[int, bytes, tuple[tuple[str, str], ...]]]) -> HttpReply:
    """The reply to a call when the store says these."""
    soap, rest = JOINED.soap, JOINED.rest
    signed = Call(call.operation, call.values, JOINED.credentials(call.operation))
    head = head_of("Content-Type: text/xml; charset=utf-8")
    left = list(replies)
    conversation = converse(soap.serve(head, message(signed), None, lambda *_: None), rest.ask)
    try:
        request = next(conversation)
        while True:
            status, body, headers = left.pop(0)
            content = Body(body, len(body)) if request.stream and status < 300 else body
            request = conversation.send(RestReply(status, "", headers, content))
    except StopIteration as done:
        return done.value
    except Problem as problem:
        return soap.refuse(problem, head, IDS)


PLAIN = {
    **dict.fromkeys(("Bucket", "SourceBucket", "DestinationBucket"), "b"),
    **dict.fromkeys(("Key", "SourceKey", "DestinationKey"), "k"),
    "Data": b"hello",
    "ContentLength": 5,
    "InlineData": True,
}
"""Values that let a call reach the store."""


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(calls_of(our_contract()), REPLIES)
def test_whatever_a_store_says_is_a_valid_answer_or_a_fault(call, replies):
    plain = {name: value for name, value in PLAIN.items() if name in call.values}
    reply = led(Call(call.operation, {**call.values, **plain}), replies)
    text = b"".join(piece if isinstance(piece, bytes) else b"" for piece in reply.pieces)
    judge(text)
    assert (reply.status == 500) == (parse_fault(text) is not None)


# -- the cell of two languages ----------------------------------------------------------------


class Front:
    """A client's language that says with what it was asked."""

    name = "front"

    def claims(self, head: str) -> bool:
        return head == "ours"

    def admit(self, head: str, *, secure: bool) -> Admission:
        return Admission(len(head), proof=secure)

    def serve(self, head: str, body: bytes, proof: bool, note) -> Generator[Call, Answer, HttpReply]:
        note("DeleteObject", head)
        answer = yield FIRST
        return HttpReply(200, f"{answer.values['said']} {proof}", (), (body,))

    def too_long(self, head: str) -> Problem:
        return Problem("EntityTooLarge", head)

    def called(self, head: str) -> str:
        return f"called {head}"

    def refuse(self, problem: Problem, head: str | None, ids: Ids) -> HttpReply:
        return HttpReply(400, problem.code, (("x-id", ids.request_id),), (str(head).encode(),))


class Back:
    """A store's language of strings."""

    def ask(self, call: Call) -> Generator[str, str, Answer]:
        return ask(call)

    def prepare(self, request: str) -> HttpRequest:
        return HttpRequest("POST", request, ())


def test_a_translation_is_its_front_but_for_what_the_store_is_asked():
    cell = Translation(Front(), Back())
    assert (cell.name, cell.claims("ours"), cell.claims("theirs")) == ("front", True, False)
    assert cell.admit("ours", secure=True) == Admission(4, proof=True)
    assert cell.too_long("ours") == Problem("EntityTooLarge", "ours")
    assert cell.called("ours") == "called ours"
    assert cell.refuse(Problem("NoSuchKey"), "ours", IDS) == Front().refuse(Problem("NoSuchKey"), "ours", IDS)
    noted = []
    conversation = cell.converse("ours", b"body", True, lambda *told: noted.append(told))
    assert cell.prepare(next(conversation)).target == "delete 1"
    with pytest.raises(StopIteration) as done:
        conversation.send("yes")
    assert done.value.value == HttpReply(200, "yes True", (), (b"body",))
    assert noted == [("DeleteObject", "ours")]
