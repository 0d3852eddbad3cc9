"""The table of errors against the documented list, typed here a second time, and the look-ups in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tables.errors import (
    ALIASES,
    BARE,
    CLIENT,
    DOCUMENTED,
    ERRORS,
    GENERAL,
    NEWER,
    OWN_FIELDS,
    REST_ONLY,
    SECRET_DETAILS,
    SERVER,
    STATUS_CODES,
    STATUS_HEADERS,
    code_for,
    is_code,
    known,
    message_of,
    phrase,
    prefix_of,
    row_for,
    words_of,
)
from tests.tables.documented import CARRIED, LATER_CODES, LISTED


def test_there_are_89_rows_and_81_codes():
    assert len(LISTED) == len(DOCUMENTED) == 89
    assert len({row.code for row in DOCUMENTED}) == 81
    assert sum(row.code == "InvalidRequest" for row in DOCUMENTED) == 9


@pytest.mark.parametrize("number", range(89), ids=[f"{number}-{row[0]}" for number, row in enumerate(LISTED)])
def test_a_documented_row(number):
    code, status, reason, prefix, message = LISTED[number]
    row = DOCUMENTED[number]
    assert (row.code, row.status, row.reason, row.prefix, row.message) == LISTED[number]
    assert row_for(code, message) is row
    assert message_of(code, message) == message
    assert known(code)
    assert is_code(code)
    assert prefix in {CLIENT, SERVER, REST_ONLY}
    assert (status is None) == (reason == "")


@pytest.mark.parametrize(("code", "status"), LATER_CODES, ids=[code for code, _ in LATER_CODES])
def test_a_later_row(code, status):
    row = row_for(code)
    assert row in NEWER
    assert row.status == status
    assert row.prefix == {503: REST_ONLY}.get(status, CLIENT)
    assert (
        row.reason == {499: "Client Closed Request"}.get(status)
        or row.reason == phrase(status)
        or status == 416
    )


def test_no_row_is_there_that_nobody_listed():
    assert {row.code for row in NEWER} == {code for code, _ in LATER_CODES}
    assert [row.code for row in GENERAL] == ["InvalidRequest", "MustUnderstand", "VersionMismatch"]
    assert [*DOCUMENTED, *NEWER, *GENERAL] == list(ERRORS)
    codes = [row.code for row in ERRORS if row.code != "InvalidRequest"]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("code", "details"), CARRIED, ids=[code for code, _ in CARRIED])
def test_the_fields_a_code_carries(code, details):
    assert row_for(code).details == details


def test_no_other_code_carries_fields():
    assert {row.code for row in ERRORS if row.details} == {code for code, _ in CARRIED}


# -- look-ups ---------------------------------------------------------------------------------


def test_invalid_request_is_ten_rows_told_apart_by_message():
    """Wire rule 3."""
    rows = [
        row_for("InvalidRequest", message) for code, _, _, _, message in LISTED if code == "InvalidRequest"
    ]
    assert len(set(rows)) == 9
    assert [row.prefix for row in rows].count(CLIENT) == 1
    for message in ("", "Anything else.", "please use aws4-hmac-sha256."):
        general = row_for("InvalidRequest", message)
        assert general in GENERAL
        assert (general.status, general.prefix) == (400, CLIENT)


@pytest.mark.parametrize(
    ("alias", "code"),
    [
        ("KeyTooLong", "KeyTooLongError"),
        ("InvalidTagError", "InvalidTag"),
        ("InlineDataTooLargeError", "InlineDataTooLarge"),
    ],
)
def test_aliases_become_the_documented_code(alias, code):
    """Wire rule 4."""
    assert row_for(alias) is row_for(code)
    assert row_for(alias).code == code
    assert known(alias)
    assert ALIASES[alias] == code


@pytest.mark.parametrize(
    ("status", "prefix", "told"),
    [
        (None, CLIENT, 400),
        (200, SERVER, 500),
        (301, CLIENT, 301),
        (409, CLIENT, 409),
        (418, CLIENT, 418),
        (507, SERVER, 507),
    ],
)
def test_an_unknown_code_is_one_of_its_class(status, prefix, told):
    """Wire rule 2."""
    row = row_for("NewCode", "whatever", status)
    assert (row.code, row.prefix, row.status, row.message) == ("NewCode", prefix, told, "")
    assert not known("NewCode")
    assert prefix_of(status) == prefix


def test_a_known_code_does_not_ask_for_the_status():
    assert row_for("NoSuchKey", "", 503) is row_for("NoSuchKey")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "PermanentRedirect"),
        (302, "InvalidRequest"),
        (304, "NotModified"),
        (307, "TemporaryRedirect"),
        (400, "InvalidRequest"),
        (401, "AccessDenied"),
        (403, "AccessDenied"),
        (405, "MethodNotAllowed"),
        (408, "RequestTimeout"),
        (409, "OperationAborted"),
        (411, "MissingContentLength"),
        (412, "PreconditionFailed"),
        (413, "EntityTooLarge"),
        (416, "InvalidRange"),
        (418, "InvalidRequest"),
        (429, "SlowDown"),
        (499, "InvalidRequest"),
        (500, "InternalError"),
        (501, "NotImplemented"),
        (502, "ServiceUnavailable"),
        (503, "ServiceUnavailable"),
        (504, "ServiceUnavailable"),
        (507, "InternalError"),
        (599, "InternalError"),
        (200, "InternalError"),
        (204, "InternalError"),
    ],
)
@pytest.mark.parametrize("scope", ["service", "bucket", "object"])
def test_what_a_status_says_where_there_is_no_code(status, code, scope):
    """Wire rule 1."""
    assert code_for(status, scope) == code


@pytest.mark.parametrize(
    ("scope", "code"), [("object", "NoSuchKey"), ("bucket", "NoSuchBucket"), ("service", "NoSuchBucket")]
)
def test_not_found_goes_by_scope(scope, code):
    assert code_for(404, scope) == code


@given(st.integers(100, 999), st.sampled_from(["service", "bucket", "object"]))
def test_every_status_says_a_code_that_has_a_row(status, scope):
    assert known(code_for(status, scope))


@pytest.mark.parametrize("text", ["NoSuchKey", "KMS.NotFoundException", "A", "a-b_c.d", "X1", "A" * 100])
def test_what_can_be_a_code(text):
    assert is_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "No Such Key",
        "1A",
        ".A",
        "A.",
        "A..B",
        "A:B",
        "A\n",
        "A<b>",
        "Schl\xfcssel",
        "A" * 101,
        "A\ud800",
    ],
)
def test_what_cannot_be_a_code(text):
    assert not is_code(text)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NoSuchTagSet", "No such tag set."),
        ("KMS.NotFoundException", "KMS not found exception."),
        ("InvalidSOAPRequest", "Invalid SOAP request."),
        ("XAmzContentSHA256Mismatch", "X amz content SHA 256 mismatch."),
        ("a", "A."),
        ("-", "-"),
        ("", ""),
    ],
)
def test_the_words_of_a_code(code, words):
    assert words_of(code) == words


def test_messages_are_the_parties_then_the_tables_then_the_codes_words():
    """Wire rule 4."""
    assert message_of("NoSuchKey", "Gone.") == "Gone."
    assert message_of("NoSuchKey") == "The specified key does not exist."
    assert message_of("NoSuchTagSet") == "No such tag set."
    assert message_of("NewCode") == "New code."
    assert message_of("InvalidRequest") == "Invalid Request"
    assert message_of("KeyTooLong") == "Your key is too long."


def test_every_row_says_something():
    assert all(message_of(row.code, row.message) for row in ERRORS)


# -- columns ----------------------------------------------------------------------------------


def test_what_a_store_says_of_our_signature():
    """Wire rule 6."""
    assert {row.code for row in ERRORS if row.on_signature} == {
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "AuthorizationHeaderMalformed",
        "RequestTimeTooSkewed",
        "XAmzContentSHA256Mismatch",
        "ExpiredToken",
        "InvalidToken",
    }
    ours = "StringToSign StringToSignBytes CanonicalRequest CanonicalRequestBytes"
    assert {*ours.split(), "SignatureProvided", "AWSAccessKeyId", "Token-0"} == SECRET_DETAILS


def test_what_is_about_a_header_entry():
    """Wire rule 10."""
    about = {row.code: row.prefix for row in ERRORS if row.on_header}
    assert about == {"InvalidAddressingHeader": CLIENT, "MustUnderstand": BARE, "VersionMismatch": BARE}
    assert {row.code: row.rest_code for row in ERRORS if row.rest_code} == {
        "MustUnderstand": "InvalidRequest",
        "VersionMismatch": "InvalidRequest",
    }


def test_what_only_the_creation_of_a_bucket_is_answered():
    assert {row.code for row in ERRORS if row.on_creation} == {
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
    }


def test_statuses_and_their_header_fields():
    """Wire rule 8."""
    assert STATUS_HEADERS[405] == ("allow",)
    assert STATUS_HEADERS[416] == ("content-range",)
    assert STATUS_HEADERS[503] == ("retry-after",)
    assert "location" in STATUS_HEADERS[307]
    assert all("x-amz-bucket-region" in STATUS_HEADERS[status] for status in (301, 307))
    assert 404 not in STATUS_CODES
    assert {"Code", "Message", "Resource", "RequestId", "HostId"} == OWN_FIELDS


@pytest.mark.parametrize(
    ("status", "text"), [(200, "OK"), (404, "Not Found"), (503, "Service Unavailable"), (499, ""), (799, "")]
)
def test_phrases(status, text):
    assert phrase(status) == text
