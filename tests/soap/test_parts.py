"""The vocabulary of messages with attachments."""

import dataclasses

import pytest

from gateway.soap.parts import END_OF_PART, Event, Part


def kind_of(event: Event) -> str:
    match event:
        case Part():
            return "part"
        case bytes():
            return "payload"
        case _ if event is END_OF_PART:
            return "end"
    raise AssertionError(event)


def test_the_three_events_are_told_apart():
    assert [kind_of(event) for event in (Part("cid:1", "text/plain"), b"...", END_OF_PART)] == [
        "part",
        "payload",
        "end",
    ]


def test_a_part_is_a_value_and_its_length_may_be_unknown():
    part = Part("cid:1", "text/plain")
    assert part.length is None
    assert part == Part("cid:1", "text/plain", None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        part.length = 1
