"""Where the bytes of an object are: inside, beside, or beside and referred to from inside."""

from __future__ import annotations

import pytest

from gateway.messages import Answer, Attachment, Body, Call, Problem
from gateway.soap.data import (
    INCLUDE,
    OCTETS,
    Limits,
    attach,
    judge_answer,
    take_data,
    take_include,
    take_proved,
    wants_beside,
)
from gateway.tables.operations import OPERATIONS
from gateway.wire.markup import parse
from tests.joined import our_contract
from tests.soap.messages import S3, asking, beside, envelope, outcome, soap

BESIDE = Attachment("att/1", Body("bytes", None))
XOP = 'xmlns:x="http://www.w3.org/2004/08/xop/include"'
REFERRED = f'<x:Include {XOP} href="cid:att%2F1"/>'


# -- an Include (wire rule 34) ----------------------------------------------------------------


def taken(inside, attachment=BESIDE, operation="PutObjectInline"):
    """What the Include in an element leads to, and the element behind it."""
    node = parse(f'<{operation} xmlns="{S3}">{inside}</{operation}>'.encode())
    kind = our_contract().operations[operation].request
    return take_include(node, kind, attachment), node


@pytest.mark.parametrize(
    "data",
    [
        f"<Data>{REFERRED}</Data>",
        f"<Data>\n  {REFERRED}\n  </Data>",
        f'<Data xmlns="urn:any">{REFERRED}</Data>',
        f"<Data><x:Include {XOP} href=' CID:att/1 '/></Data>",
        f"<Data><x:Include {XOP} href='cid:att/1'><more/>text</x:Include></Data>",
    ],
)
def test_an_include_leads_to_the_attachment_it_names(data):
    found, node = taken(f"<Bucket>b</Bucket>{data}<Key>k</Key>")
    assert found is BESIDE.body
    assert [len(child) for child in node] == [0, 0, 0]
    assert not list(node.iter(INCLUDE))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("attachment", [None, BESIDE])
def test_without_an_include_nothing_is_taken(operation, attachment):
    found, node = taken("<Data>TWFu</Data><Include/>", attachment, operation)
    assert (found, node[0].text, len(node)) == (None, "TWFu", 2)


@pytest.mark.parametrize(
    ("inside", "attachment", "why"),
    [
        (f"<Data>{REFERRED}</Data>", None, "names no part"),
        (f"<Data>{REFERRED}</Data>", Attachment("att%2F1", Body(1)), "names no part"),
        (f"<Data>{REFERRED}</Data>", Attachment("", Body(1)), "names no part"),
        (f"<Data><x:Include {XOP} href='cid:other'/></Data>", BESIDE, "names no part"),
        (f"<Data><x:Include {XOP} href='cid:'/></Data>", Attachment("", Body(1)), "is not cid:"),
        (f"<Data><x:Include {XOP} href='http://att/1'/></Data>", BESIDE, "is not cid:"),
        (f"<Data><x:Include {XOP} href='cid:%'/></Data>", BESIDE, "is not cid:"),
        (f"<Data><x:Include {XOP}/></Data>", BESIDE, "is not cid:"),
        (f"<Key>{REFERRED}</Key>", BESIDE, "elsewhere"),
        (f"<Data><y>{REFERRED}</y></Data>", BESIDE, "elsewhere"),
        (f"<y><Data>{REFERRED}</Data></y>", BESIDE, "elsewhere"),
        (f"<Unknown>{REFERRED}</Unknown>", None, "elsewhere"),
        (REFERRED, BESIDE, "elsewhere"),
        (f"<Data>TWFu{REFERRED}</Data>", BESIDE, "more than an Include"),
        (f"<Data>{REFERRED}TWFu</Data>", BESIDE, "more than an Include"),
        (f"<Data>{REFERRED}<y/></Data>", BESIDE, "more than an Include"),
        (f"<Data>{REFERRED}{REFERRED}</Data>", BESIDE, "more than an Include"),
    ],
)
def test_an_include_that_is_refused(inside, attachment, why):
    with pytest.raises(Problem) as caught:
        taken(inside, attachment)
    assert caught.value.code == "InvalidSOAPRequest"
    assert why in caught.value.message
    assert not caught.value.message.endswith("..")


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "PutObjectInline"])
def test_no_other_operation_includes(operation):
    with pytest.raises(Problem, match="elsewhere than in the Data of PutObjectInline"):
        taken(f"<Data>{REFERRED}</Data>", BESIDE, operation)


PUT = "<Bucket>b</Bucket><Key>k</Key>{}<ContentLength>{}</ContentLength>"
NAMED = {"dime": "cid:uuid:u.data", "mime": "cid:u.data"}


@pytest.mark.parametrize("form", ["dime", "mime"])
@pytest.mark.parametrize(
    ("size", "settings", "code"),
    [
        (3, {}, None),
        (3, {"max_inline_data": 3}, None),
        (3, {"max_inline_data": 2}, "InlineDataTooLarge"),
        (3, {"max_object": 2}, "EntityTooLarge"),
        (-1, {}, "IncompleteBody"),
    ],
)
def test_data_that_is_included_has_the_limits_of_data_inside(form, size, settings, code):
    data = f'<Data><x:Include {XOP} href="{NAMED[form]}"/></Data>'
    content_type, message = beside(form, envelope(asking("PutObjectInline", PUT.format(data, size))), b"Man")
    came = outcome(message, f"Content-Type: {content_type}", of=soap(**settings))
    if code is None:
        assert came.values == {"Bucket": "b", "Key": "k", "ContentLength": 3, "Data": Body(b"Man", 3)}
    else:
        assert came == code


@pytest.mark.parametrize("data", [f"<Data>{REFERRED}</Data><Data/>", f"<Data/><Data>{REFERRED}</Data>"])
def test_data_that_is_included_stands_once(data):
    data = data.replace("att%2F1", "u.data")
    content_type, message = beside("mime", envelope(asking("PutObjectInline", PUT.format(data, 3))), b"Man")
    assert outcome(message, f"Content-Type: {content_type}") == "InvalidSOAPRequest"


# -- the object of a call ---------------------------------------------------------------------


def attached(operation, values, attachment, **limits):
    """The Data of the call, or the code that it is refused with."""
    call = Call(operation, values)
    try:
        judged = attach(call, attachment, Limits(**limits))
    except Problem as problem:
        return problem.code
    assert {**judged.values, "Data": None} == {**values, "Data": None}
    assert call.values is values
    return judged.values.get("Data")


def of_length(length):
    return Attachment("", Body(1, length))


@pytest.mark.parametrize(
    ("size", "attachment", "limits", "came"),
    [
        (3, of_length(3), {}, Body(1, 3)),
        (3, of_length(None), {}, Body(1, 3)),
        (0, of_length(0), {}, Body(1, 0)),
        (0, of_length(None), {}, Body(1, 0)),
        (3, of_length(3), {"max_object": 3, "max_inline_data": 1}, Body(1, 3)),
        (3, of_length(3), {"max_object": 2}, "EntityTooLarge"),
        (3, None, {"max_object": 2}, "EntityTooLarge"),
        (3, None, {}, "MissingAttachment"),
        (0, None, {}, "MissingAttachment"),
        (3, of_length(4), {}, "IncompleteBody"),
        (3, of_length(0), {}, "IncompleteBody"),
        (-1, of_length(None), {}, "IncompleteBody"),
        (-1, None, {}, "MissingAttachment"),
    ],
)
def test_an_object_beside(size, attachment, limits, came):
    assert attached("PutObject", {"ContentLength": size}, attachment, **limits) == came


@pytest.mark.parametrize(
    ("size", "data", "attachment", "limits", "came"),
    [
        (3, b"Man", None, {}, b"Man"),
        (0, b"", None, {}, b""),
        (3, b"Man", of_length(3), {}, "InvalidSOAPRequest"),
        (3, b"Man", None, {"max_inline_data": 3, "max_object": 3}, b"Man"),
        (3, b"Man", None, {"max_inline_data": 2}, "InlineDataTooLarge"),
        (2, b"Man", None, {"max_inline_data": 2}, "InlineDataTooLarge"),
        (3, b"Man", None, {"max_inline_data": 2, "max_object": 2}, "EntityTooLarge"),
        (4, b"Man", None, {}, "IncompleteBody"),
        (-3, b"Man", None, {}, "IncompleteBody"),
        (3, Body(1, None), of_length(None), {}, Body(1, 3)),
        (3, Body(1, 3), of_length(3), {}, Body(1, 3)),
        (3, Body(1, 4), of_length(4), {}, "IncompleteBody"),
        (3, Body(1, 4), of_length(4), {"max_inline_data": 3}, "InlineDataTooLarge"),
        (4, Body(1, None), of_length(None), {"max_inline_data": 3}, "InlineDataTooLarge"),
    ],
)
def test_an_object_inside(size, data, attachment, limits, came):
    values = {"ContentLength": size, "Data": data}
    assert attached("PutObjectInline", values, attachment, **limits) == came


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if not name.startswith("PutObject")])
def test_no_other_operation_has_an_object(operation):
    assert attached(operation, {"Bucket": "b"}, None) is None
    assert attached(operation, {"Bucket": "b"}, of_length(0)) == "InvalidSOAPRequest"


def test_a_call_without_an_object_is_the_same_call():
    call = Call("DeleteObject", {"Bucket": "b", "Key": "k"})
    assert attach(call, None, Limits()) is call


def test_details_of_a_size():
    with pytest.raises(Problem) as caught:
        attach(Call("PutObject", {"ContentLength": 9}), None, Limits(max_object=8))
    assert caught.value.details == (("ProposedSize", "9"), ("MaxSizeAllowed", "8"))


# -- the object of an answer ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"GetData": True, "InlineData": False}, True),
        ({"GetData": True, "InlineData": True}, False),
        ({"GetData": False, "InlineData": False}, False),
        ({"GetData": False, "InlineData": True}, False),
        ({}, False),
    ],
)
def test_who_wants_an_object_beside(values, wanted):
    assert wants_beside(Call("GetObject", values)) is wanted


@pytest.mark.parametrize(
    ("data", "limit", "code"),
    [
        (b"Man", 0, ""),
        (b"Man", 3, ""),
        (b"Man", 2, "InlineDataTooLarge"),
        (Body(1, 3), 3, ""),
        (Body(1, 3), 2, "InlineDataTooLarge"),
        (Body(1, None), 2, "InlineDataTooLarge"),
        (Body(1, None), 0, ""),
        (None, 1, ""),
    ],
)
def test_the_limit_of_an_answer(data, limit, code):
    answer = Answer("GetObject", {} if data is None else {"Data": data})
    try:
        judge_answer(answer, Limits(max_inline_answer=limit))
        came = ""
    except Problem as problem:
        came = problem.code
    assert came == code


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ([{"Name": "Content-Type", "Value": "text/plain"}], "text/plain"),
        ([{"Name": "a", "Value": "b"}, {"Name": "content-type", "Value": "text/plain"}], "text/plain"),
        ([{"Name": "a", "Value": "b"}], OCTETS),
        ([], OCTETS),
        (None, OCTETS),
    ],
)
@pytest.mark.parametrize("data", [b"Man", b"", Body(1, 3)])
def test_data_is_taken_out_of_an_answer(metadata, kind, data):
    others = {"ETag": "e"} if metadata is None else {"ETag": "e", "Metadata": metadata}
    answer = Answer("GetObject", {**others, "Data": data})
    assert take_data(answer) == (Answer("GetObject", others), data, kind)
    assert "Data" in answer.values


def test_an_answer_without_data_has_none_to_take():
    assert take_data(Answer("GetObject", {"ETag": "e"})) == (Answer("GetObject", {"ETag": "e"}), None, OCTETS)


# -- what a store is sent (wire rules 24 and 32) ----------------------------------------------

DIGEST = "XUFAKrxLKna5cZ2REBfFkg=="
"""The Content-MD5 of hello."""


def put(data, *entries):
    metadata = {"Metadata": [{"Name": name, "Value": value} for name, value in entries]} if entries else {}
    return Call("PutObject", {"Key": "k", "ContentLength": 5, "Data": data, **metadata})


@pytest.mark.parametrize("data", [b"hello", Body("bytes"), Body("bytes", 5)])
def test_entries_that_describe_the_message_are_not_sent(data):
    kept = ("Content-Type", "text/plain")
    call = put(data, (" Content-MD5", DIGEST), kept, ("content-length", "5"))
    values, _, media_type = take_proved(call, md5=False)
    assert values == {"Key": "k", "ContentLength": 5, "Metadata": [{"Name": kept[0], "Value": kept[1]}]}
    assert media_type == "text/plain"


def test_data_at_hand_are_judged_at_once():
    assert take_proved(put(b"hello"), md5=True) == ({"Key": "k", "ContentLength": 5}, b"hello", OCTETS)
    assert take_proved(put(b"hello", ("Content-MD5", DIGEST)), md5=False)[1] == b"hello"
    with pytest.raises(Problem, match="BadDigest"):
        take_proved(put(b"other", ("Content-MD5", DIGEST)), md5=False)


@pytest.mark.parametrize(
    ("bytes_", "digest", "code"),
    [
        (b"hello", DIGEST, ""),
        (b"hello", "", ""),
        (b"other", DIGEST, "BadDigest"),
        (b"hell", "", "IncompleteBody"),
        (b"hello!", "", "IncompleteBody"),
    ],
)
def test_data_on_their_way_are_judged_as_they_pass(bytes_, digest, code):
    entries = (("Content-MD5", digest),) if digest else ()
    _, body, _ = take_proved(put(Body(None), *entries), md5=False)
    assert body.length == 5
    try:
        passed = bytes_
        for coding in [make() for make in body.through]:
            passed = coding.feed(passed) + coding.close()
        came = ""
    except Problem as problem:
        came = problem.code
    assert came == code


def test_a_call_without_data_is_sent_as_it_is():
    assert take_proved(Call("DeleteObject", {"Key": "k"}), md5=True) == ({"Key": "k"}, None, OCTETS)
