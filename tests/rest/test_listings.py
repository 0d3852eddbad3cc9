"""Pages, their marks and their documents."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.listings import (
    LAST,
    build_token,
    encode,
    listing_reply,
    next_marker,
    parse_encoding,
    parse_page_size,
    parse_token,
)
from tests.joined import our_contract
from tests.rest.bucket import Bucket, names_of
from tests.rest.served import Served, by_model
from tests.rest.viewed import text_of

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "size"),
    [("", 1000), ("0", 0), ("1", 1), ("+7", 7), ("1000", 1000), ("1001", 1000), ("2147483647", 1000)],
)
def test_a_page_has_1000_keys_at_most(text, size):
    assert parse_page_size(text) == size


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("blah", "Provided max-keys not an integer"),
        ("2147483648", "Provided max-keys not an integer"),
        ("1.5", "Provided max-keys not an integer"),
        ("-1", "between 0 and 2147483647"),
    ],
)
def test_a_size_that_is_none(text, words):
    with pytest.raises(Problem, match=words) as refused:
        parse_page_size(text)
    assert refused.value.code == "InvalidArgument"
    assert refused.value.details == (("ArgumentName", "max-keys"), ("ArgumentValue", text))


def test_an_encoding_is_url_or_none():
    assert not parse_encoding("")
    assert parse_encoding("url")
    with pytest.raises(Problem, match="Invalid Encoding Method") as refused:
        parse_encoding("URL")
    assert refused.value.code == "InvalidArgument"


@given(TEXTS)
def test_a_token_stands_for_its_marker(marker):
    token = build_token(marker)
    assert token.isascii()
    assert parse_token(token) == marker


@given(TEXTS, st.data())
def test_a_token_with_one_character_changed_is_refused(marker, data):
    token = build_token(marker)
    where = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(exclude_characters=token[where]))
    with pytest.raises(Problem, match="The continuation token provided is incorrect") as refused:
        parse_token(token[:where] + other + token[where + 1 :])
    assert refused.value.code == "InvalidArgument"


@given(st.text(max_size=40) | st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_token_that_nobody_made_is_refused(token):
    with pytest.raises(Problem, match="InvalidArgument"):
        parse_token(token)


@pytest.mark.parametrize(
    "change", [lambda token: token.rstrip("="), lambda token: f"{token}=", lambda token: f" {token}"]
)
def test_a_token_has_one_spelling(change):
    with pytest.raises(Problem, match="InvalidArgument"):
        parse_token(change(build_token("ab")))


def test_a_token_of_another_version_is_refused():
    raw = base64.urlsafe_b64decode(build_token("a"))
    with pytest.raises(Problem, match="InvalidArgument"):
        parse_token(base64.urlsafe_b64encode(b"\x02" + raw[1:]).decode())


def keys(*names):
    return [{"Key": name} for name in names]


def prefixes(*names):
    return [{"Prefix": name} for name in names]


@pytest.mark.parametrize(
    ("listed", "marker"),
    [
        ({"NextMarker": "n", "Contents": keys("a")}, "n"),
        ({"NextMarker": "p/", "Contents": keys("a"), "CommonPrefixes": prefixes("p/")}, f"p/{LAST}"),
        ({"Contents": keys("a", "b")}, "b"),
        ({"Contents": keys("a", "z"), "CommonPrefixes": prefixes("p/")}, "z"),
        ({"Contents": keys("a"), "CommonPrefixes": prefixes("p/", "q/")}, f"q/{LAST}"),
        ({"CommonPrefixes": prefixes("p/"), "NextMarker": ""}, f"p/{LAST}"),
    ],
)
def test_the_next_page_begins_where_the_store_says_or_behind_the_last(listed, marker):
    assert next_marker(listed) == marker


@pytest.mark.parametrize("listed", [{}, {"Contents": [{}]}, {"CommonPrefixes": [{}]}])
def test_a_page_that_goes_on_nowhere_is_the_stores_mistake(listed):
    with pytest.raises(Problem, match="InternalError"):
        next_marker(listed)


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("groups", ["named", "below"])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_the_first_listing_pages_as_s3s_whatever_the_store_tells(delimiter, groups, tells):
    """S3 tells NextMarker where there is a delimiter, and a client without it goes on behind the last key."""
    bucket = Bucket(("a/1", "a/2", "b", "c/1", "d"), groups, tells)
    with Served(by_model(bucket)).client() as client:
        pages = client.get_paginator("list_objects").paginate(
            Bucket="b", Delimiter=delimiter, PaginationConfig={"PageSize": 1}
        )
        came = [name for page in pages for name in names_of(page)]
    assert came == names_of(bucket.page({"Delimiter": delimiter, "MaxKeys": 1000}))


def document(fields, listed, *, encoded):
    text = text_of(listing_reply(our_contract(), fields, listed, encoded=encoded)).decode()
    start = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    )
    return text.removeprefix(start).removesuffix("</ListBucketResult>")


def test_a_page_is_written_in_s3s_order():
    listed = {
        "IsTruncated": True,
        "CommonPrefixes": prefixes("p q/"),
        "Contents": [{"Key": "a\x01<", "ETag": '"e"', "Size": 5, "Owner": {"ID": "i"}}],
    }
    assert document([("Name", "b&"), ("Prefix", "p ")], listed, encoded=False) == (
        "<Name>b&amp;</Name><Prefix>p </Prefix><IsTruncated>true</IsTruncated>"
        "<Contents><Key>a\ufffd&lt;</Key><LastModified>1970-01-01T00:00:00.000Z</LastModified>"
        '<ETag>"e"</ETag><Size>5</Size><Owner><ID>i</ID></Owner><StorageClass>STANDARD</StorageClass>'
        "</Contents><CommonPrefixes><Prefix>p q/</Prefix></CommonPrefixes>"
    )


def test_names_are_encoded_and_nothing_else():
    listed = {"Contents": [{"Key": "a\x01 +/é"}, {}], "CommonPrefixes": prefixes("p q/")}
    text = document([("Name", "a b"), ("Prefix", "p "), ("Delimiter", "/")], listed, encoded=True)
    assert text.startswith(
        "<Name>a b</Name><Prefix>p+</Prefix><Delimiter>/</Delimiter><EncodingType>url</EncodingType>"
        "<IsTruncated>false</IsTruncated><Contents><Key>a%01+%2B/%C3%A9</Key>"
    )
    assert "<Contents><Key></Key>" in text
    assert text.endswith("<CommonPrefixes><Prefix>p+q/</Prefix></CommonPrefixes>")


def test_a_blank_is_encoded_as_every_decoder_reads_it():
    assert encode("a b+c") == "a+b%2Bc"
