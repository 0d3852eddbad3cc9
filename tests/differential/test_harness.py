"""The harness itself: two stores of one kind are equal, and nothing that differs is overlooked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.differential.judge import NotLostError, Outcome, judge, judge_refusal, lose
from tests.differential.rows import ABSENT, Loss, Refused, Scene, Thing
from tests.differential.table.whole import ALL, BY_NAME, PASSING, SOAP, TWICE

EVERY = 17
"""Each so many-th row is asked of a second store; all of them were, when this was made."""
TELLING = ("object: put with every field of content", "list: in folders, list_objects", "aws-cli: list")
REFUSED = Refused("uploads")
ANSWER = {"status": 501, "Error": {"Code": "NotImplemented", "Message": "uploads"}}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container inside a value and each key in it."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def test_each_row_has_a_name_of_its_own():
    assert not TWICE


def test_there_are_as_many_rows_as_were_promised():
    assert len(SOAP) >= 150
    assert len(ALL) >= 300
    assert len(PASSING) >= 50


@pytest.mark.parametrize("row", ALL[::EVERY], ids=lambda row: row.name)
def test_two_stores_of_one_kind_are_equal(row, directly, elsewhere):
    judge(directly(row), elsewhere(row))


@pytest.mark.parametrize("name", TELLING)
def test_every_value_of_a_result_is_compared(name, directly):
    direct = directly(BY_NAME[name])
    for number in range(len(list(places(direct.results)))):
        altered = copy.deepcopy(direct)
        holder, key = list(places(altered.results))[number]
        holder[key] = "altered"
        with pytest.raises(AssertionError):
            judge(direct, altered)


def test_a_value_that_is_gone_is_noticed(directly):
    direct = directly(BY_NAME[TELLING[0]])
    altered = copy.deepcopy(direct)
    del altered.results[1]["Metadata"]
    with pytest.raises(AssertionError):
        judge(direct, altered)


def test_what_a_store_holds_is_compared(directly, runner, itself):
    """The calls are answered alike, what they leave behind is not."""
    row = BY_NAME["object: deleted that is not there"]
    other = runner.run(row.but(scene=Scene((Thing("k", b"other"),))), itself)
    assert other.results == directly(row).results
    with pytest.raises(AssertionError):
        judge(directly(row), other)


def test_a_loss_is_taken_out_of_every_place_that_its_path_leads_to():
    listed = [{"Contents": [{"Key": "a", "Size": 1}, {"Key": "b"}]}, {"status": 200}]
    assert lose(listed, (Loss("Contents.*.Size", "why"),), must=True) == [
        {"Contents": [{"Key": "a"}, {"Key": "b"}]},
        {"status": 200},
    ]
    assert lose(listed, (Loss("status", "why", 204, step=1),), must=True)[1] == {"status": 204}
    assert "status" not in lose(listed, (Loss("status", "why", ABSENT),), must=True)[1]


def test_a_loss_that_did_not_happen_is_an_error():
    outcome = Outcome([{"status": 200}], None, None)
    with pytest.raises(NotLostError):
        judge(outcome, outcome, named=[Loss("headers.etag", "why")])
    with pytest.raises(NotLostError):
        judge(outcome, outcome, named=[Loss("status", "why", 200)])


def test_a_loss_that_happened_on_the_store_alone_is_an_error():
    outcome = Outcome([{"status": 200}], None, None)
    with pytest.raises(AssertionError):
        judge(outcome, outcome, named=[Loss("status", "why", 204)])


def test_a_refusal_names_what_is_refused():
    judge_refusal(Outcome([ANSWER], {}, {}), REFUSED)
    with pytest.raises(AssertionError):
        judge_refusal(Outcome([ANSWER], {}, {}), Refused("tagging"))


def test_a_refusal_that_did_something_is_an_error():
    with pytest.raises(AssertionError):
        judge_refusal(Outcome([ANSWER], {"holds": 1}, {"holds": 2}), REFUSED)


def test_another_answer_is_no_refusal():
    with pytest.raises(AssertionError):
        judge_refusal(Outcome([{"status": 200, "uploads": []}], {}, {}), REFUSED)
    with pytest.raises(AssertionError):
        judge_refusal(Outcome([{**ANSWER, "status": 200}], {}, {}), REFUSED)
