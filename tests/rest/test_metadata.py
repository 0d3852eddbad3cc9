"""Metadata: one list of entries in SOAP, header fields in REST, and what can be lost between them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.metadata import MAX_METADATA, build_metadata, decode_value, encode_value, parse_metadata

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+.^_`|~-", min_size=1, max_size=30)
VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\t"), max_size=100)


def entry(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": value}


def fields(*entries: tuple[str, str]) -> dict[str, str]:
    return dict(build_metadata([entry(*pair) for pair in entries])[0])


# -- towards the store ------------------------------------------------------------------------


def test_names_wear_the_prefix_in_lower_case():
    assert fields(("Colour", "red"), ("SIZE", "1")) == {"x-amz-meta-colour": "red", "x-amz-meta-size": "1"}


@pytest.mark.parametrize(
    "name",
    [
        "Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language",
        "Expires",
    ],
)  # fmt: skip
def test_six_names_are_fields_of_http(name):
    assert fields((name, "a value")) == {name.lower(): "a value"}
    assert fields((name.upper(), "a value")) == {name.lower(): "a value"}


def test_what_describes_the_message_is_not_stored():
    """JetS3t sends its whole map back, length and digest too."""
    sent, digest = build_metadata([entry("Content-Length", "5"), entry("Content-MD5", "abc=")])
    assert sent == ()
    assert digest == "abc="


def test_without_a_digest_there_is_none():
    assert build_metadata([entry("a", "b")])[1] == ""


def test_a_name_twice_is_joined():
    assert fields(("a", "1"), ("A", "2")) == {"x-amz-meta-a": "1,2"}


def test_blanks_around_a_name_do_not_count():
    assert fields((" a\n", "1")) == {"x-amz-meta-a": "1"}


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "naïve", "a/b", "a\x00", "(a)", "a,b"])
def test_a_name_that_is_no_token_is_refused(name):
    with pytest.raises(Problem) as refused:
        build_metadata([entry(name, "value")])
    assert refused.value.code == "InvalidArgument"
    assert refused.value.details == (("ArgumentName", "Metadata"), ("ArgumentValue", name.strip().lower()))


@pytest.mark.parametrize("byte", [n for n in range(0x20) if n != 0x09] + [0x7F])
def test_a_value_with_a_control_character_is_refused(byte):
    for name in ("a", "Content-Type", "Content-Length"):
        with pytest.raises(Problem) as refused:
            build_metadata([entry(name, f"a{chr(byte)}x-injected: b")])
        assert refused.value.code == "InvalidArgument"


def test_the_limit_is_of_bytes_and_of_the_users_own():
    """2,048 bytes of names and values, without the prefix; HTTP's own fields do not count."""
    most = "é" * ((MAX_METADATA - 2) // 2)
    build_metadata([entry("ab", most), entry("Content-Type", "x" * 100), entry("Content-Length", "5")])
    with pytest.raises(Problem) as refused:
        build_metadata([entry("abc", most)])
    assert refused.value.code == "MetadataTooLarge"
    assert refused.value.details == (("Size", "2049"), ("MaxSizeAllowed", "2048"))


# -- back from the store ----------------------------------------------------------------------


def test_entries_of_a_reply():
    headers = (
        ("date", "today"),
        ("x-amz-meta-colour", "=?UTF-8?Q?r=C3=A9d?="),
        ("content-type", "text/plain"),
        ("content-length", "5"),
        ("x-amz-request-id", "1"),
        ("cache-control", "no-cache"),
    )
    assert parse_metadata(headers) == [
        entry("colour", "réd"),
        entry("Content-Type", "text/plain"),
        entry("Content-Length", "5"),
        entry("Cache-Control", "no-cache"),
    ]


# -- values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", "plain", "a b\tc", "100 %", "~", "=", "?="])
def test_a_plain_value_is_sent_as_it_is(value):
    assert encode_value(value) == value


@pytest.mark.parametrize("value", ["réd", " a", "a ", "\t", " ", "=?", "a =?utf-8?q?b?= c", "日本"])
def test_any_other_value_is_sent_as_encoded_words(value):
    assert encode_value(value).startswith("=?utf-8?b?")
    assert decode_value(encode_value(value)) == value


@given(VALUES)
@example("a\x85b\u2028c\u2029d")  # line ends to Python, characters to everybody else
@example("\U0001f600" * 50)
def test_a_value_comes_back(value):
    assert decode_value(encode_value(value)) == value


@given(VALUES)
def test_an_encoded_word_keeps_to_its_rfc(value):
    """RFC 2047, 2: ASCII, no word longer than 75 characters, each with whole characters only."""
    encoded = encode_value(value)
    assert encoded.isascii()
    if encoded != value:
        for word in encoded.split(" "):
            assert len(word) <= 75
            base64.b64decode(word.removeprefix("=?utf-8?b?").removesuffix("?=")).decode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("=?ISO-8859-1?Q?r=E9d?=", "réd"),
        ("=?utf-8?b?cg==?= =?utf-8?b?w6k=?=", "ré"),
        ("=?utf-8?b?w?= =?utf-8?q?=A9?=", "=?utf-8?b?w?= =?utf-8?q?=A9?="),  # no base64
        ("=?no-such-charset?q?a?=", "=?no-such-charset?q?a?="),
        ("=?a\x00b?q?a?=", "=?a\x00b?q?a?="),
        ("=?utf-8?q?=ff?=", "=?utf-8?q?=ff?="),  # no UTF-8
        ("=?", "=?"),
        ("a =?utf-8?b?w6k=?=  b", "a é  b"),
        ("=?utf-8?b?w6k=?==?utf-8?b?w6k=?=", "éé"),
        ("=?a?b?x=?a?b?x", "=?a?b?x=?a?b?x"),  # never finished
        ("=?a?b?x =?utf-8?q?=C3=A9?=", "=?a?b?x é"),
        ("r\xc3\xa9d", "réd"),  # raw UTF-8, as some stores send it
        ("r\xe9d", "réd"),  # raw ISO-8859-1
        ("=?utf-8?b?\xe9?=", "=?utf-8?b?\xe9?="),
    ],
)
def test_values_of_other_writers(value, said):
    assert decode_value(value) == said


@given(
    st.text(st.characters(max_codepoint=0xFF))
    | st.from_regex(r"=\?[ -~]{1,12}\?[bq]\?[ -~]*\?=", fullmatch=True)
)
def test_whatever_a_store_says_is_read(value):
    assert isinstance(decode_value(value), str)


@given(st.dictionaries(TOKENS, VALUES, max_size=5))
def test_a_list_of_entries_comes_back(metadata):
    headers, _ = build_metadata([entry(name, value) for name, value in metadata.items()])
    never_stored = {"content-length", "content-md5"}
    assert {one["Name"].lower(): one["Value"] for one in parse_metadata(headers)} == {
        name: value for name, value in metadata.items() if name not in never_stored
    }


def test_encoded_words_are_filled():
    """A store counts what is sent: the limit of 2,048 bytes must not be used up by frames."""
    assert len(encode_value("é" * 500)) < 1.7 * 1000
