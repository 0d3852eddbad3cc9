"""The form of a message by its Content-Type, which may be anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem, SoapRequest
from gateway.soap.packaging import CONTENT_TYPE, open_message, parse_content_type

AXIS = (
    'multipart/related; type="text/xml"; start="<77329E2B415193A491D47F55113518B4>"; '
    '\tboundary="----=_Part_0_953082513.1795442964188"'
)


@pytest.mark.parametrize(
    ("value", "media_type", "charset"),
    [
        ("", "", ""),
        ("text/xml", "text/xml", ""),
        (CONTENT_TYPE, "text/xml", "utf-8"),
        ("text/xml;charset=utf-8", "text/xml", "utf-8"),
        ("text/xml ; charset=utf-8", "text/xml", "utf-8"),
        ("TEXT/XML; Charset=UTF-8", "text/xml", "utf-8"),
        ('text/xml; charset="UTF-16"', "text/xml", "utf-16"),
        ('text/xml; charset = "utf\\-8"', "text/xml", "utf-8"),
        ('application/soap+xml; action="a; charset=x"; charset=us-ascii', "application/soap+xml", "us-ascii"),
        ("text/xml; charset=utf-8; charset=utf-16", "text/xml", "utf-8"),
        ("text/xml; charset=", "text/xml", ""),
        ('text/xml; charset="', "text/xml", ""),
        ("text/xml; charset", "text/xml", ""),
        ("text/xml; xcharset=utf-8", "text/xml", ""),
        ("text/xml, text/xml; charset=utf-8", "text/xml, text/xml", "utf-8"),
        (AXIS, "multipart/related", ""),
        ("; charset=utf-8", "", "utf-8"),
        (f"text/xml; charset*{'9' * 5000}=x", "text/xml", ""),
        ("text/xml; charset*=utf-8''x", "text/xml", ""),
    ],
    ids=lambda value: value[:40],
)
def test_media_type_and_charset(value, media_type, charset):
    assert parse_content_type(value) == (media_type, charset)


@given(
    st.text(st.characters(max_codepoint=255), max_size=60) | st.text('; \t="\\charsetCHARSET*1', max_size=60)
)
def test_any_field_has_a_media_type_and_a_charset(value):
    media_type, charset = parse_content_type(value)
    assert media_type == media_type.lower()
    assert charset == charset.lower()
    assert ";" not in media_type


def test_a_bare_envelope_is_the_whole_message():
    assert open_message(SoapRequest("text/xml; charset=UTF-16", None, b"message")) == (b"message", "utf-16")
    assert open_message(SoapRequest("", None, b"message")) == (b"message", "")


@pytest.mark.parametrize("content_type", ["application/dime", "Application/DIME; x=y", AXIS])
def test_attachments_are_not_implemented(content_type):
    with pytest.raises(Problem) as caught:
        open_message(SoapRequest(content_type, None, b""))
    assert caught.value.code == "NotImplemented"
    assert caught.value.details == (("Header", "Content-Type"),)
