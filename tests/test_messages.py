"""The vocabulary: lengths of what is written, fields of headers, and what a repr may tell."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from gateway.messages import Answer, Body, Call, Credentials, Ids, Problem, RestReply, RestRequest, length_of


class Doubled:
    """A coding that says everything twice."""

    def feed(self, data):
        return data + data

    def close(self):
        return b""

    def length(self, size):
        return 2 * size


class Tailed(Doubled):
    """A coding that ends with one byte."""

    def feed(self, data):
        return data

    def close(self):
        return b"."

    def length(self, size):
        return size + 1


def test_a_body_passes_through_its_codings_in_order():
    body = Body("source", 5).coded(Doubled).coded(Tailed)
    assert (body.source, body.length, body.through) == ("source", 5, (Doubled, Tailed))
    assert body.written == 11
    assert Body("source", 5).coded(Tailed).coded(Doubled).written == 12
    assert Body("source", 5).written == 5


def test_a_body_of_unknown_length_writes_an_unknown_length():
    assert Body("source").coded(Doubled).written is None


@pytest.mark.parametrize(
    ("pieces", "length"),
    [
        ((), 0),
        ((b"abc", b""), 3),
        ((b"abc", Body(1, 4), Body(1, 2, (Doubled,))), 11),
        ((b"abc", Body(1)), None),
        ((Body(1), b"abc"), None),
    ],
)
def test_the_length_of_pieces(pieces, length):
    assert length_of(pieces) == length


def test_a_header_field_that_stands_twice_is_joined():
    reply = RestReply(200, "OK", (("a", "1"), ("b", "2"), ("a", "3"), ("c", "")))
    assert [reply.header(name) for name in "abcd"] == ["1, 3", "2", "", None]


def test_credentials_tell_the_access_key_and_nothing_else():
    credentials = Credentials("key", "time", "signature", "credential")
    assert repr(credentials) == "Credentials(access_key='key')"
    assert repr(Call("GetObject", {}, credentials)).endswith("credentials=Credentials(access_key='key'))")


@pytest.mark.parametrize(
    "value", [Call("GetObject", {}), Answer("GetObject", {}), Body(1), Ids("a", "b"), RestRequest("GET")]
)
def test_what_is_said_does_not_change(value):
    with pytest.raises(FrozenInstanceError):
        setattr(value, value.__slots__[0], "other")


def test_a_problem_is_an_exception_and_a_value():
    problem = Problem("NoSuchKey", "Gone.", (("Key", "k"),))
    assert problem == Problem("NoSuchKey", "Gone.", (("Key", "k"),)) != Problem("NoSuchKey")
    assert len({problem, Problem("NoSuchKey", "Gone.", (("Key", "k"),))}) == 1
    assert (str(problem), str(Problem("NoSuchKey"))) == ("NoSuchKey: Gone.", "NoSuchKey")
    with pytest.raises(Problem, match="Gone"):
        raise problem
