"""Messages in one form or another: what each is taken for, and packages while they arrive and as written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Body, Problem
from gateway.soap.dime_records import DimePart, TypeFormat
from gateway.soap.packaging import (
    CONTENT_TYPE,
    Package,
    build_package,
    form_accepted,
    form_of,
    parse_content_type,
)
from tests.soap import dime_messages
from tests.soap.messages import beside
from tests.soap.mime_samples import SAMPLES

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


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("application/dime", "dime"),
        ("Application/DIME; x=y", "dime"),
        (AXIS, "mime"),
        ("multipart/related", "mime"),
        ("multipart/mixed; boundary=b", ""),
        ("multipart/form-data; boundary=b", ""),
        ("application/dimes", ""),
        ("text/xml; type=application/dime", ""),
        ("", ""),
    ],
)
def test_the_form_is_that_of_the_media_type(content_type, form):
    assert form_of(content_type) == form


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("application/dime", "dime"),
        ("text/xml, Multipart/Related, text/html", "mime"),
        ("application/soap+xml, application/dime, multipart/related, text/*", ""),
        ("text/xml, */*", ""),
        ("", ""),
    ],
)
def test_a_form_is_accepted_where_accept_names_it_alone(accept, form):
    """Wire rule 33; Axis names both."""
    assert form_accepted(accept) == form


# -- packages that arrive ---------------------------------------------------------------------

ENVELOPE, DATA = b"<an envelope/>", bytes(range(256)) * 5


def one_record(payload=ENVELOPE):
    return dime_messages.record(6, 2, payload, type_=b"http://schemas.xmlsoap.org/soap/envelope/")


def parts(*payloads, start="<e0>"):
    """A message in parts: its Content-Type and its bytes."""
    text = b"".join(
        b"--b\r\nContent-Type: text/xml; charset=utf-8\r\nContent-ID: <e%d>\r\n\r\n%b\r\n" % (number, payload)
        for number, payload in enumerate(payloads)
    )
    return f'multipart/related; boundary=b; start="{start}"', text + b"--b--\r\n"


GOOD = {
    "dime": (*beside("dime", ENVELOPE, DATA), DATA),
    "dime of gSOAP": ("application/dime", dime_messages.GSOAP, b"HELLODIME"),
    "dime of Axis": ("application/dime", dime_messages.AXIS, dime_messages.AXIS_DATA),
    "dime of PEAR": ("application/dime", dime_messages.NET_DIME, b"onetwo"),
    "dime, empty": (*beside("dime", ENVELOPE, b""), b""),
    "dime, nothing beside": ("application/dime", one_record(), None),
    "mime": (*beside("mime", ENVELOPE, DATA), DATA),
    "mime, empty": (*beside("mime", ENVELOPE, b""), b""),
    "mime, nothing beside": (*parts(ENVELOPE), None),
    **{
        f"mime of {sample.stack}": (sample.content_type, sample.message, sample.parts[1][2])
        for sample in SAMPLES
    },
}


def read(content_type, pieces, limit=10_000):
    """The package that came in such pieces, and the bytes beside its envelope."""
    package = Package(content_type, limit)
    data = b"".join(payload for piece in pieces for payload in package.feed(piece))
    package.finish()
    return package, data


def cut(message, places):
    places = sorted({0, len(message), *(place % (len(message) + 1) for place in places)})
    return [message[start:end] for start, end in pairwise(places)]


def seen(content_type, pieces):
    package, data = read(content_type, pieces)
    assert package.ready
    part = package.part
    return package.form, package.content_type, package.envelope, part, data


@pytest.mark.parametrize("name", GOOD)
def test_a_package_is_the_same_whole_and_byte_by_byte(name):
    content_type, message, data = GOOD[name]
    whole = seen(content_type, [message])
    assert (whole[0], whole[3] is not None, whole[4]) == (name[:4], data is not None, data or b"")
    assert seen(content_type, [message[at : at + 1] for at in range(len(message))]) == whole


@pytest.mark.parametrize("name", GOOD)
@given(places=st.lists(st.integers(0, 10_000), max_size=6))
def test_a_package_is_the_same_in_any_pieces(name, places):
    content_type, message, _ = GOOD[name]
    assert seen(content_type, cut(message, places)) == seen(content_type, [message])


@pytest.mark.parametrize("form", ["dime", "mime"])
def test_a_package_is_ready_when_its_attachment_begins(form):
    content_type, message = beside(form, ENVELOPE, DATA)
    package = Package(content_type, 10_000)
    for at in range(len(message)):
        payload = package.feed(message[at : at + 1])
        assert package.ready == (package.part is not None)
        assert package.ready or not payload
        assert not package.ready or package.envelope == ENVELOPE
    assert package.ready
    assert package.attachment is None
    package.attach(Body(7, 1280))
    assert (package.attachment.id, package.attachment.body) == (package.part.id, Body(7, 1280))


@pytest.mark.parametrize("name", ["dime, nothing beside", "mime, nothing beside"])
def test_a_package_of_an_envelope_alone_is_ready_at_its_end(name):
    content_type, message, _ = GOOD[name]
    package = Package(content_type, 10_000)
    package.feed(message[:-4])
    assert not package.ready
    package.feed(message[-4:])
    assert package.ready
    assert (package.part, package.attachment, package.envelope) == (None, None, ENVELOPE)


def test_what_an_attachment_announces():
    assert read(*_split("dime"))[0].part == DimePart(
        "uuid:u.data", "application/octet-stream", len(DATA), TypeFormat.MEDIA_TYPE
    )
    assert read(*_split("mime"))[0].part.length is None


def _split(form):
    content_type, message = beside(form, ENVELOPE, DATA)
    return content_type, [message]


def refusal(content_type, message, limit=10_000):
    with pytest.raises(Problem) as caught:
        read(content_type, [message], limit)
    return caught.value


@pytest.mark.parametrize("form", ["dime", "mime"])
def test_a_package_that_is_cut_short_is_an_incomplete_body(form):
    content_type, message = beside(form, ENVELOPE, b"data")
    end = len(message) - (2 if form == "mime" else 0)  # the last line end may be missing
    for at in range(end):
        problem = refusal(content_type, message[:at])
        assert problem.code == "IncompleteBody"
        assert problem.message.startswith("The message is cut short: ")
    read(content_type, [message[:end]])


@pytest.mark.parametrize("form", ["dime", "mime"])
def test_the_envelope_of_a_package_is_bounded(form):
    content_type, message = beside(form, ENVELOPE, DATA)
    assert read(content_type, [message], limit=len(ENVELOPE))[1] == DATA
    problem = refusal(content_type, message, limit=len(ENVELOPE) - 1)
    assert problem.code == "MaxMessageLengthExceeded"
    assert problem.details == (("MaxMessageLengthBytes", "13"),)


@pytest.mark.parametrize(
    ("content_type", "message", "why"),
    [
        (*parts(ENVELOPE, b"1", b"2"), "more than one attachment"),
        (
            "application/dime",
            dime_messages.record(4, 2, ENVELOPE, type_=b"x:y")
            + dime_messages.record(0, 3, b"1")
            + dime_messages.record(2, 3, b"2"),
            "more than one attachment",
        ),
        (*parts(ENVELOPE, b"1", start="<e1>"), "the root part does not come first"),
        (*parts(ENVELOPE, b"1", start="other"), "the root part does not come first"),
        ("application/dime", b"\x00" * 12, "version"),
        ("application/dime", b"GET / HTTP/1.1", "version"),
        ("application/dime", one_record() + b"x", "bytes follow the last record"),
        ("application/dime", ENVELOPE, "version"),
        ("multipart/related; boundary=b", b"--b--\r\n", "the message has no parts"),
        ("multipart/related; boundary=b", b"--b\r\nno field\r\n\r\n--b--", "no field"),
        ("multipart/related; boundary=b", b"x" * 10_000, "the first boundary comes too late"),
        (
            "multipart/related; boundary=b",
            b"--b\r\nContent-Transfer-Encoding: zip\r\n\r\n<a/>\r\n--b--",
            "ncod",
        ),
    ],
)
def test_a_broken_package_is_no_soap_request(content_type, message, why):
    problem = refusal(content_type, message)
    assert problem.code == "InvalidSOAPRequest"
    assert why in problem.message
    assert problem.message.startswith("The SOAP request body is invalid: ")
    assert problem.message.endswith(".")
    assert not problem.message.endswith("..")


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/related",
        'multipart/related; boundary=""',
        "multipart/related; boundary=b; boundary=c",
        "multipart/related; boundary=b; =",
        f"multipart/related; boundary={'b' * 71}",
    ],
)
def test_a_content_type_that_names_no_parts_is_no_soap_request(content_type):
    with pytest.raises(Problem, match="InvalidSOAPRequest"):
        Package(content_type, 100)


@given(st.binary(max_size=200), st.sampled_from(["application/dime", "multipart/related; boundary=b"]))
def test_any_bytes_are_a_package_or_a_problem(message, content_type):
    try:
        read(content_type, [message])
        code = ""
    except Problem as problem:
        code = problem.code
    assert code in {"", "InvalidSOAPRequest", "IncompleteBody"}


# -- packages that are written ----------------------------------------------------------------


@pytest.mark.parametrize("form", ["dime", "mime"])
@given(envelope=st.binary(min_size=1, max_size=40), data=st.binary(max_size=100))
def test_what_is_written_is_read(form, envelope, data):
    content_type, pieces = build_package(form, (envelope[:3], envelope[3:]), data, "image/png", "U1")
    package, came = read(content_type, [b"".join(pieces)])
    assert (package.form, package.envelope, came) == (form, envelope, data)
    assert (package.part.id, package.part.type) == (
        {"dime": "uuid:U1.data", "mime": "U1.data"}[form],
        "image/png",
    )
    assert package.content_type.startswith(
        {"dime": "http://schemas.xmlsoap.org/soap/envelope/"}.get(form, CONTENT_TYPE)
    )


@pytest.mark.parametrize("form", ["dime", "mime"])
def test_a_body_stands_in_the_package_unread(form):
    _, pieces = build_package(form, (ENVELOPE,), Body(7, 30), "", "u")
    assert [piece.source for piece in pieces if isinstance(piece, Body)] == [7]


def test_the_content_type_of_a_package():
    assert build_package("dime", (ENVELOPE,), b"", "", "u")[0] == "application/dime"
    assert build_package("mime", (ENVELOPE,), b"", "", "u")[0] == (
        'multipart/related; type="text/xml"; start="<u.envelope>"; boundary="----=_Part_u"'
    )


@pytest.mark.parametrize("form", ["dime", "mime"])
@pytest.mark.parametrize(
    ("media_type", "told"),
    [
        ("text/plain", "text/plain"),
        ("application/vnd.a+b-c", "application/vnd.a+b-c"),
        ("", "application/octet-stream"),
        ("text", "application/octet-stream"),
        ("text/", "application/octet-stream"),
        ("a/b/c", "application/octet-stream"),
        ("text/plain\r\nX: y", "application/octet-stream"),
        ("text/plain\n", "application/octet-stream"),
        ("text/pl\u00e4in", "application/octet-stream"),
        ("text/plain; charset=utf-8", "application/octet-stream"),
        (f"{'a' * 101}/b", "application/octet-stream"),
    ],
)
def test_the_media_type_of_an_attachment_is_one(form, media_type, told):
    content_type, pieces = build_package(form, (ENVELOPE,), DATA, media_type, "u")
    assert read(content_type, [b"".join(pieces)])[0].part.type == told
