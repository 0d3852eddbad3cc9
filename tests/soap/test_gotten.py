"""Status, data and metadata of an answer, held against each other."""

from __future__ import annotations

import pytest

from gateway.messages import Answer, Attachment, Body, Call, Problem
from gateway.soap.gotten import (
    as_part,
    judge_status,
    length_of_data,
    of_length,
    part_told,
    settled,
    status_of,
    told_length,
)
from gateway.soap.ranges import Part

GET = Call("GetObject", {"GetMetadata": True, "GetData": True})
HEAD = Call("GetObject", {"GetMetadata": True, "GetData": False})
LENGTH = {"Name": "content-length", "Value": "5"}
BESIDE = Attachment("a", Body(b"hello"))


def entry(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": value}


def answer(**values) -> Answer:
    return Answer("GetObject", {"Metadata": [], **values})


def refusal(values, call=GET, attachment=None) -> str:
    with pytest.raises(Problem) as caught:
        settled(Answer("GetObject", values), call, attachment)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "status"),
    [({}, 200), ({"Status": {}}, 200), ({"Status": {"Code": 206}}, 206), ({"Code": 204}, 204)],
)
def test_the_status_of_a_result(values, status):
    assert status_of(values) == status


@pytest.mark.parametrize(
    ("operation", "values", "told"),
    [
        ("GetObject", {"Status": {"Code": 206}}, None),
        ("GetObjectExtended", {"Status": {"Code": 304}}, None),
        ("DeleteObject", {"Code": 204, "Description": "No Content"}, None),
        ("ListBucket", {"Name": "b"}, None),
        ("GetObject", {"Status": {"Code": 304}}, ("NotModified", "")),
        ("GetObject", {"Status": {"Code": 404, "Description": " NoSuchBucket "}}, ("NoSuchBucket", "")),
        ("GetObject", {"Status": {"Code": 404, "Description": "Gone."}}, ("NoSuchKey", "Gone.")),
        ("DeleteBucket", {"Code": 404, "Description": "Not Found"}, ("NoSuchBucket", "")),
    ],
)
def test_a_status_may_be_an_error(operation, values, told):
    if told is None:
        judge_status(Answer(operation, values))
        return
    with pytest.raises(Problem) as caught:
        judge_status(Answer(operation, values))
    assert (caught.value.code, caught.value.message) == told


def test_an_answer_is_what_was_asked_for():
    values = {"Metadata": [LENGTH, {"Name": "a"}, {"Value": "b"}], "Data": b"hello", "ETag": '"t"'}
    assert settled(Answer("GetObject", values), GET, None).values == {
        "Status": {"Code": 200, "Description": "OK"},
        "Metadata": [LENGTH, entry("a", "")],
        "Data": b"hello",
        "ETag": '"t"',
    }
    assert settled(Answer("GetObject", values), HEAD, None).values.keys() == {"Status", "Metadata", "ETag"}
    bare = Call("GetObject", {})
    assert settled(Answer("GetObject", values), bare, None).values.keys() == {"Status", "ETag"}
    listed = Answer("ListBucket", {"Name": "b"})
    assert settled(listed, Call("ListBucket", {}), None) == listed


def test_data_stand_inside_or_beside():
    for values, attachment, data in (
        ({"Data": b"hello"}, None, b"hello"),
        ({"Data": b""}, None, b""),
        ({"Data": b""}, BESIDE, BESIDE.body),
        ({}, BESIDE, BESIDE.body),
        ({"Data": BESIDE.body}, BESIDE, BESIDE.body),
        ({"Metadata": [entry("Content-Length", "0")]}, None, b""),
    ):
        assert settled(Answer("GetObject", values), GET, attachment).values["Data"] is data


def test_data_that_are_not_there_or_there_twice_or_for_nobody():
    assert refusal({}) == "InternalError: The store's answer has no data."
    assert refusal({"Metadata": [LENGTH]}) == "InternalError: The store's answer has no data."
    assert refusal({"Data": b"hello"}, GET, BESIDE) == "InternalError: The store's answer has data twice."
    assert refusal({}, HEAD, BESIDE).endswith("attaches something that nobody asked for.")
    assert refusal({"Status": {"Code": 304}}, GET, BESIDE).endswith("that nobody asked for.")


def test_what_was_not_modified_has_no_data():
    assert "Data" not in settled(Answer("GetObject", {"Status": {"Code": 304}}), GET, None).values


@pytest.mark.parametrize(
    ("entries", "length"),
    [
        ([LENGTH], 5),
        ([entry("a", "1"), entry("Content-Length", "0")], 0),
        ([entry("Content-Length", "x"), entry("CONTENT-LENGTH", "7")], 7),
        ([{"Name": "Content-Length"}, {"Value": "5"}], None),
        ([], None),
    ],
)
def test_the_length_that_metadata_tell(entries, length):
    assert told_length({"Metadata": entries}) == length
    assert told_length({}) is None


def test_data_have_the_length_that_is_told():
    assert length_of_data(answer(Data=b"hello")) == 5
    for data in (b"hello", Body(b"", 5)):
        given = answer(Data=data)
        assert of_length(given, 5) is given
        assert of_length(given, None) is given
        with pytest.raises(Problem, match="InternalError: The store's data are not as long as it says"):
            of_length(given, 4)
    assert of_length(answer(), 5) == answer()


def test_data_of_no_known_length_are_counted_as_they_pass():
    data = of_length(answer(Data=Body(b"", None)), 5).values["Data"]
    assert length_of_data(answer(Data=data)) == 5
    (counting,) = (make() for make in data.through)
    assert counting.feed(b"hell") == b"hell"
    with pytest.raises(Problem):
        counting.close()


def test_a_part_is_told_by_the_entry_of_exactly_that_name():
    """REST loses the case of names that users give: theirs is in lower case."""
    assert part_told(answer(Metadata=[entry("Content-Range", "bytes 0-1/5")])) == Part(0, 1, 5)
    assert part_told(answer(Metadata=[entry("content-range", "bytes 0-1/5")])) is None
    assert part_told(answer()) is None


def test_a_part_says_that_it_is_one():
    given = answer(Metadata=[LENGTH, entry("a", "b"), entry("content-range", "x")], Data=b"he", ETag='"t"')
    assert as_part(given, Part(0, 1, 5)).values == {
        "Status": {"Code": 206, "Description": "Partial Content"},
        "Metadata": [entry("a", "b"), entry("Content-Length", "2"), entry("Content-Range", "bytes 0-1/5")],
        "Data": b"he",
        "ETag": '"t"',
    }
    with pytest.raises(Problem):
        as_part(given, Part(0, 2, 5))
