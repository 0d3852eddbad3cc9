"""Elements to values and back: what the reader forgives, what it does not, what the writer makes up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Body
from gateway.tables.contract import Element, Type
from gateway.wire.markup import Base64, MarkupError, parse, pieces_of
from gateway.wire.values import EPOCH, KIND, XSI, is_nil, kind_of, reader_of, writer_of
from tests.joined import our_contract
from tests.strategies import values_of

TYPES = our_contract().types
STRING, LONG, BOOLEAN, BYTES, MOMENT = (
    Type(name, name) for name in ("string", "long", "boolean", "base64Binary", "dateTime")
)
COLOUR = Type("Colour", "string", allowed=("RED", "BLUE"))
INNER = Type("Inner", "", (Element("Depth", LONG, 1, 1, nillable=False),))
THING = Type(
    "Thing",
    "",
    (
        Element("Name", STRING, 1, 1, nillable=False),
        Element("Size", LONG, 0, 1, nillable=False),
        Element("Tag", STRING, 0, 2, nillable=False),
        Element("Colour", COLOUR, 0, 1, nillable=False),
        Element("Inner", INNER, 0, 1, nillable=False),
        Element("Data", BYTES, 1, 1, nillable=True),
    ),
)
"""One of everything that decides."""

NIL = f'xmlns:i="{XSI[0]}" i:nil="true"'
ALL = "<Name>n</Name><Data>TQ==</Data>"


def read(inside, kind=THING, *, strict=True, attributes=""):
    return reader_of(kind, strict=strict)(parse(f"<x {attributes}>{inside}</x>".encode()))


def wrong(inside, kind=THING, *, strict=True):
    with pytest.raises(MarkupError) as caught:
        read(inside, kind, strict=strict)
    return str(caught.value), caught.value.field


def written(value, kind=THING, *, declares=False):
    out = []
    writer_of(kind, declares=declares)(out, value)
    return "".join(out)


# -- the reader -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        (ALL, {"Name": "n", "Data": b"M"}),
        ("<Data>TQ==</Data><Name>n</Name>", {"Name": "n", "Data": b"M"}),
        (f"\n {ALL}\n text that nobody reads", {"Name": "n", "Data": b"M"}),
        (f"{ALL}<Unknown><Name>m</Name></Unknown>", {"Name": "n", "Data": b"M"}),
        ("<a:Name xmlns:a='urn:a'>n</a:Name><Data xmlns='urn:b'>TQ==</Data>", {"Name": "n", "Data": b"M"}),
        ("<Name/><Data/>", {"Name": "", "Data": b""}),
        ("<Name> n </Name><Data>\nT\r\nQ==</Data>", {"Name": " n ", "Data": b"M"}),
        (f"<Name>n</Name><Data {NIL}/>", {"Name": "n"}),
        ("<Name>n</Name>", {"Name": "n"}),
        (f"{ALL}<Size> 5\n</Size>", {"Name": "n", "Data": b"M", "Size": 5}),
        (f"{ALL}<Size/>", {"Name": "n", "Data": b"M"}),
        (f"{ALL}<Size {NIL}/>", {"Name": "n", "Data": b"M"}),
        (f"{ALL}<Size {NIL}>5</Size>", {"Name": "n", "Data": b"M", "Size": 5}),
        (f"{ALL}<Size {NIL}/><Size>5</Size>", {"Name": "n", "Data": b"M", "Size": 5}),
        (f"<Tag>a</Tag>{ALL}<Tag/>", {"Name": "n", "Data": b"M", "Tag": ["a", ""]}),
        (f"{ALL}<Colour/>", {"Name": "n", "Data": b"M"}),
        (f"{ALL}<Colour> RED </Colour>", {"Name": "n", "Data": b"M", "Colour": "RED"}),
        (f"{ALL}<Inner><Depth>1</Depth></Inner>", {"Name": "n", "Data": b"M", "Inner": {"Depth": 1}}),
    ],
)
def test_what_is_read(inside, value):
    assert read(inside) == value


@pytest.mark.parametrize(
    ("inside", "why", "field"),
    [
        ("<Data/>", "Name is missing", "Name"),
        (f"<Name {NIL}/>", "Name is missing", "Name"),
        (f"{ALL}<Name/>", "Name stands twice", "Name"),
        (f"{ALL}<a:Name xmlns:a='urn:a'/>", "Name stands twice", "Name"),
        (f"{ALL}<Size>1</Size><Size>1</Size>", "Size stands twice", "Size"),
        (f"{ALL}<Size>five</Size>", "Size is not a number", "Size"),
        (f"{ALL}<Size> </Size>", "Size is not a number", "Size"),
        (f"{ALL}<Size>{2**63}</Size>", "Size is a number too large", "Size"),
        ("<Name>n</Name><Data>T</Data>", "Data is not base64", "Data"),
        ("<Name>n<b/></Name><Data/>", "Name holds elements where a text is expected", "Name"),
        (f"{ALL}{'<Tag/>' * 3}", "Tag stands more than 2 times", "Tag"),
        (f"{ALL}<Colour>red</Colour>", "Colour is none of RED, BLUE", "Colour"),
        (f"{ALL}<Inner/>", "Depth is missing", "Inner"),
        (f"{ALL}<Inner><Depth/></Inner>", "Depth is not a number", "Inner"),
    ],
)
def test_what_is_wrong_is_told_of_the_outermost_field(inside, why, field):
    assert wrong(inside) == (why, field)


def test_a_store_is_read_as_it_is():
    """What a store lacks or has too much of is not judged; a text outside its type still is."""
    assert read("", strict=False) == {}
    assert read("<Colour>GREEN</Colour><Tag/><Tag/><Tag/><Inner/>", strict=False) == {
        "Colour": "GREEN",
        "Tag": ["", "", ""],
        "Inner": {},
    }
    assert wrong("<Size>five</Size>", strict=False) == ("Size is not a number", "Size")
    assert wrong("<Name/><Name/>", strict=False) == ("Name stands twice", "Name")


def test_elements_without_a_bound():
    kind = Type("Many", "", (Element("One", STRING, 0, None, nillable=False),))
    assert read("<One>a</One>" * 1000, kind) == {"One": ["a"] * 1000}


@pytest.mark.parametrize("xsi", XSI)
@pytest.mark.parametrize("name", ["nil", "null"])
@pytest.mark.parametrize("value", ["true", "1"])
def test_nil_in_every_namespace(xsi, name, value):
    assert is_nil(parse(f"<a xmlns:i='{xsi}' i:{name}='{value}'/>".encode()))


@pytest.mark.parametrize(
    "element",
    [
        "<a/>",
        "<a nil='true'/>",
        "<a xmlns:i='urn:other' i:nil='true'/>",
        f"<a xmlns:i='{XSI[0]}' i:nil='false'/>",
        f"<a xmlns:i='{XSI[0]}' i:nil='true'>text</a>",
        f"<a xmlns:i='{XSI[0]}' i:nil='true'><b/></a>",
    ],
)
def test_what_is_not_nil(element):
    assert not is_nil(parse(element.encode()))


@pytest.mark.parametrize("xsi", XSI)
@pytest.mark.parametrize("value", ["Group", "s3:Group", " s3:Group\n", "undeclared:Group"])
def test_the_type_that_an_element_says_it_is(xsi, value):
    assert kind_of(parse(f"<a xmlns:i='{xsi}' i:type='{value}'/>".encode())) == "Group"


def test_an_element_that_says_no_type():
    assert kind_of(parse(b"<a type='Group'/>")) == ""
    assert kind_of(parse(f"<a xmlns:i='{XSI[0]}' i:type=''/>".encode())) == ""


GRANTEES = [
    ("<ID>i</ID><DisplayName>d</DisplayName>", {KIND: "CanonicalUser", "ID": "i", "DisplayName": "d"}),
    ("<EmailAddress>e</EmailAddress>", {KIND: "AmazonCustomerByEmail", "EmailAddress": "e"}),
    ("<URI>u</URI>", {KIND: "Group", "URI": "u"}),
]


@pytest.mark.parametrize(("inside", "value"), GRANTEES, ids=["user", "email", "group"])
@pytest.mark.parametrize("said", ["type", "nothing", "unknown", "abstract"])
def test_a_grantee_is_chosen_by_its_type_else_by_what_it_holds(inside, value, said):
    word = {"type": f"x:{value[KIND]}", "nothing": "", "unknown": "xsd:anyType", "abstract": "User"}[said]
    attributes = f"xmlns:i='{XSI[0]}' i:type='{word}'"
    assert read(inside, TYPES["Grantee"], attributes=attributes) == value


def test_a_grantee_is_judged_by_the_type_it_says():
    attributes = f"xmlns:i='{XSI[0]}' i:type='Group'"
    with pytest.raises(MarkupError, match="URI is missing"):
        read("<ID>i</ID>", TYPES["Grantee"], attributes=attributes)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("inside", ["", "<DisplayName>d</DisplayName>", "<Email>e</Email>"])
def test_a_grantee_of_no_type(inside, strict):
    why, field = wrong(
        f"<Grant><Grantee>{inside}</Grantee><Permission>READ</Permission></Grant>",
        TYPES["AccessControlList"],
        strict=strict,
    )
    assert why == "Grantee is of none of the types CanonicalUser, AmazonCustomerByEmail, Group"
    assert field == "Grant"


def test_a_type_that_has_nothing_inside_can_only_be_said():
    empty = Type("Nobody", "")
    kind = Type("Anybody", "", kinds={"Nobody": empty}, abstract=True)
    assert read("", kind, attributes=f"xmlns:i='{XSI[0]}' i:type='Nobody'") == {KIND: "Nobody"}
    with pytest.raises(MarkupError):
        read("", kind)


def test_an_etag_is_read_in_its_quotes():
    kind = TYPES["PutObjectResult"]
    assert read("<ETag>abc</ETag>", kind, strict=False) == {"ETag": '"abc"'}


# -- the writer -------------------------------------------------------------------------------


def test_what_is_written_stands_in_the_order_of_the_type():
    value = {
        "Inner": {"Depth": 1},
        "Data": b"M",
        "Tag": ["a", "b"],
        "Size": 5,
        "Colour": "RED",
        "Name": "<n>",
    }
    assert written(value) == (
        "<Name>&lt;n&gt;</Name><Size>5</Size><Tag>a</Tag><Tag>b</Tag><Colour>RED</Colour>"
        "<Inner><Depth>1</Depth></Inner><Data>TQ==</Data>"
    )


def test_what_is_absent_is_left_out_made_up_or_nil():
    assert written({}) == '<Name></Name><Data xsi:nil="true"/>'


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (STRING, ""),
        (LONG, "0"),
        (Type("int", "int"), "0"),
        (BOOLEAN, "false"),
        (MOMENT, "1970-01-01T00:00:00.000Z"),
        (BYTES, ""),
        (COLOUR, "RED"),
        (INNER, "<Depth>0</Depth>"),
        (TYPES["StorageClass"], "STANDARD"),
    ],
    ids=lambda value: value.name if isinstance(value, Type) else "",
)
def test_what_stands_for_a_required_value_that_is_missing(kind, text):
    assert written({}, Type("x", "", (Element("Y", kind, 1, 1, nillable=False),))) == f"<Y>{text}</Y>"


def test_a_required_list_that_is_missing_stays_empty():
    assert written({}, Type("x", "", (Element("Y", STRING, 1, None, nillable=False),))) == ""


def test_a_grantee_is_never_made_up():
    with pytest.raises(ValueError, match="Grantee is missing"):
        written({"Permission": "READ"}, TYPES["Grant"])


def test_simple_values_in_their_texts():
    kind = Type(
        "x",
        "",
        (Element("B", BOOLEAN, 1, 2, nillable=False), Element("M", MOMENT, 1, 1, nillable=False)),
    )
    value = {"B": [True, False], "M": datetime(2009, 1, 1, 12, 0, 0, 123_999, UTC)}
    assert written(value, kind) == "<B>true</B><B>false</B><M>2009-01-01T12:00:00.123Z</M>"
    assert EPOCH.tzinfo is UTC


def test_words_outside_an_enumeration():
    entry = {"Key": "k", "StorageClass": "STANDARD_IA"}
    assert written(entry, TYPES["ListEntry"]).endswith("<StorageClass>UNKNOWN</StorageClass>")
    with pytest.raises(ValueError, match="Permission is none of READ, WRITE"):
        written({"Grantee": {KIND: "Group", "URI": "u"}, "Permission": "FLY"}, TYPES["Grant"])


def test_a_body_is_written_where_it_stands_in_base64():
    out = []
    writer_of(THING)(out, {"Name": "n", "Data": Body(7, 4)})
    pieces = pieces_of(out)
    assert pieces == (b"<Name>n</Name><Data>", Body(7, 4, (Base64,)), b"</Data>")


@pytest.mark.parametrize("declares", [False, True])
def test_a_grantee_says_its_type(declares):
    value = {"Grantee": {KIND: "Group", "URI": "u"}, "Permission": "READ"}
    bound = f' xmlns:xsi="{XSI[0]}"' if declares else ""
    assert written(value, TYPES["Grant"], declares=declares) == (
        f'<Grantee{bound} xsi:type="Group"><URI>u</URI></Grantee><Permission>READ</Permission>'
    )


COMPLEX = [kind for kind in TYPES.values() if not kind.base and not kind.kinds]


@given(
    st.sampled_from(COMPLEX).flatmap(lambda kind: st.tuples(st.just(kind), values_of(kind))),
    st.booleans(),
    st.booleans(),
)
def test_what_is_written_is_read_again(drawn, strict, declares):
    kind, value = drawn
    text = written(value, kind, declares=declares)
    assert read(text, kind, strict=strict, attributes=f"xmlns:xsi='{XSI[0]}'") == value


@given(st.sampled_from(COMPLEX), st.booleans(), st.data())
def test_a_value_that_lacks_anything_can_be_written_or_is_refused(kind, declares, data):
    value = data.draw(values_of(kind))
    kept = data.draw(st.sets(st.sampled_from(sorted(value)))) if value else set()
    try:
        text = written({name: value[name] for name in kept}, kind, declares=declares)
    except ValueError:
        assert kind.name == "Grant"
        return
    read(text, kind, attributes=f"xmlns:xsi='{XSI[0]}'")
