"""What a store's contract and XML can carry: everything, or a refusal that names the field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given

from gateway.messages import Body, Problem
from gateway.soap.calls import SECURITY
from gateway.soap.carried import carried
from gateway.tables.contract import Element, Type
from gateway.wire.values import KIND
from tests.joined import our_contract
from tests.strategies import calls_of

CONTRACT = our_contract()


def of(name: str, base: str = "string", *, high: int | None = 1, allowed: tuple[str, ...] = ()) -> Element:
    return Element(name, Type(base, base, allowed=allowed), 0, high, nillable=False)


def holding(name: str, *elements: Element, kinds: dict[str, Type] | None = None) -> Element:
    return Element(name, Type(name, "", elements, kinds or {}), 0, 1, nillable=False)


def small(*elements: Element) -> Type:
    return Type("", "", elements)


def refusal(values, kind) -> Problem:
    with pytest.raises(Problem) as caught:
        carried(values, kind, "PutObject")
    return caught.value


@given(calls_of(CONTRACT))
def test_our_own_contract_carries_every_call(call):
    kind = CONTRACT.operations[call.operation].request
    assert carried(call.values, kind, call.operation) == call.values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Prefix", ""),
        ("Metadata", []),
        ("InlineData", False),
        ("MaxKeys", None),
        ("StorageClass", "STANDARD"),
        ("MetadataDirective", "COPY"),
        ("Owner", {"ID": "x"}),
        ("DisplayName", "x"),
    ],
)
def test_what_says_nothing_is_left_out(name, value):
    assert carried({"Key": "k", name: value}, small(of("Key")), "PutObject") == {"Key": "k"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Prefix", "p"),
        ("Metadata", [{"Name": "n", "Value": "v"}]),
        ("InlineData", True),
        ("MaxKeys", 0),
        ("ByteRangeStart", 0),
        ("StorageClass", "REDUCED_REDUNDANCY"),
        ("AccessControlList", {}),
        *((name, "x") for name in SECURITY),
    ],
)
def test_what_would_be_lost_is_refused_by_its_name(name, value):
    """An empty list of grants is said: nobody is to have any."""
    problem = refusal({name: value}, small(of("Key")))
    assert (problem.code, problem.message) == (
        "NotImplemented",
        f"The store's PutObject cannot say what {name} says.",
    )


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (of("F"), 1),
        (of("F"), True),
        (of("F", "int"), "1"),
        (of("F", "long"), True),
        (of("F", "boolean"), 1),
        (of("F", "dateTime"), "2026"),
        (of("F", "base64Binary"), "data"),
        (of("F"), {}),
        (holding("F"), "text"),
        (of("F"), ["several"]),
        (of("F", high=None), "one"),
        (of("F", allowed=("A", "B")), "C"),
        (holding("F", kinds={"Group": Type("Group", "")}), {KIND: "CanonicalUser", "ID": "i"}),
        (holding("F", kinds={"Group": Type("Group", "")}), {}),
        (holding("F", of("G")), {"F": "inside"}),
    ],
)
def test_what_is_of_another_type_there_is_refused(declared, value):
    assert refusal({"F": value}, small(declared)).code == "NotImplemented"


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (of("F"), None),
        (of("F", "int"), 1),
        (of("F", "long"), 2**40),
        (of("F", "boolean"), False),
        (of("F", "dateTime"), datetime(2026, 1, 1, tzinfo=UTC)),
        (of("F", "base64Binary"), b"data"),
        (of("F", "base64Binary"), Body(object())),
        (of("F", high=None), ["a", "b"]),
        (of("F", allowed=("A", "B")), "A"),
        (of("F"), "\ufffd\r\n"),
        (holding("F", kinds={"Group": small(of("URI"))}), {KIND: "Group", "URI": "u"}),
    ],
)
def test_what_is_of_its_type_is_carried(declared, value):
    assert carried({"F": value}, small(declared), "PutObject") == {"F": value}


@pytest.mark.parametrize("text", ["\0", "a\x0bb", "\ud800", "\uffff"])
def test_characters_that_xml_has_no_word_for_are_refused_by_their_field(text):
    """Another object would be asked for."""
    problem = refusal({"Key": text}, small(of("Key")))
    assert (problem.code, problem.details) == ("InvalidArgument", (("ArgumentName", "Key"),))
