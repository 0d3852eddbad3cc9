"""Claims of SigV4: what is refused before any secret is needed, as S3 words it, and what is signed."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from gateway.rest.claim_v4 import MAX_EXPIRES, PARAMETERS, PAYLOADS
from gateway.rest.claims import MAX_SKEW
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD
from tests.rest.signed import ACCESS_KEY, NOW, V4, V4_QUERY, Wire, ask, refusal, sign

SCOPE = "20130524/us-east-1/s3/aws4_request"
URL = "http://store.example/photos/a"
HEADER = sign(V4, "PUT", URL, (("x-amz-acl", "private"),))
QUERY = sign(V4_QUERY, "PUT", URL)


def parameter(wire: Wire, name: str, value: str) -> Wire:
    """The same with another value of a parameter."""
    assert any(pair.startswith(f"{name}=") for pair in wire.pairs)
    return wire.asking(
        [f"{name}={quote(value, safe='')}" if pair.startswith(f"{name}=") else pair for pair in wire.pairs]
    )


def credential(wire: Wire, text: str) -> Wire:
    if wire is QUERY:
        return parameter(wire, "X-Amz-Credential", text)
    given = wire.value("authorization").replace(f"{ACCESS_KEY}/{SCOPE}", text)
    return wire.saying("authorization", given)


def test_what_is_presented():
    presented = ask(HEADER.head)
    assert (presented.access_key, presented.date, presented.scope) == (ACCESS_KEY, "20130524T000000Z", SCOPE)
    assert presented.payload == EMPTY_SHA256
    assert HEADER.value("authorization").endswith(f"Signature={presented.signature}")
    assert not presented.in_query
    presented = ask(QUERY.head)
    assert (presented.access_key, presented.date, presented.scope) == (ACCESS_KEY, "20130524T000000Z", SCOPE)
    assert presented.payload == UNSIGNED_PAYLOAD
    assert QUERY.target.endswith(f"X-Amz-Signature={presented.signature}")
    assert presented.in_query


# -- the payload ------------------------------------------------------------------------------


def test_the_payload_must_be_told_in_the_header():
    problem = refusal(HEADER.without("x-amz-content-sha256").head)
    assert str(problem) == "InvalidRequest: Missing required header for this request: x-amz-content-sha256"


@pytest.mark.parametrize("payload", [*PAYLOADS, EMPTY_SHA256, EMPTY_SHA256.upper()])
@pytest.mark.parametrize("way", [V4, V4_QUERY])
def test_what_the_payload_may_be_told_as(way, payload, monkeypatch):
    import botocore.auth

    for signer in (botocore.auth.S3SigV4Auth, botocore.auth.S3SigV4QueryAuth):
        monkeypatch.setattr(signer, "payload", lambda *_: payload)
    wire = sign(way, "PUT", URL)
    wire = wire.without("x-amz-content-sha256").having(("x-amz-content-sha256", payload))
    assert ask(wire.head).payload == payload


@pytest.mark.parametrize("wire", [HEADER, QUERY], ids=[V4, V4_QUERY])
@pytest.mark.parametrize(
    "payload",
    [
        "",
        "unsigned-payload",
        EMPTY_SHA256[1:],
        f"{EMPTY_SHA256}0",
        "g" * 64,
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    ],
)
def test_what_it_may_not_be_told_as(wire, payload):
    wire = wire.without("x-amz-content-sha256").having(("x-amz-content-sha256", payload))
    problem = refusal(wire.head)
    assert problem.code == "InvalidArgument"
    assert problem.message == f"x-amz-content-sha256 must be {', '.join(PAYLOADS)} or a valid sha256 value."
    assert problem.details == (("ArgumentName", "x-amz-content-sha256"), ("ArgumentValue", payload))


# -- the components ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "AWS4-HMAC-SHA256 Credential=a",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c, Signature=c",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Credential=c",
        "AWS4-HMAC-SHA256 Credential=a SignedHeaders=b Signature=c",
        "AWS4-HMAC-SHA256 credential=a, signedheaders=b, signature=c",
    ],
)
def test_there_are_three_components(text):
    problem = refusal(HEADER.saying("authorization", text).head)
    assert problem.code == "AuthorizationHeaderMalformed"
    assert problem.message == (
        "The authorization header is malformed; the authorization header requires three components: "
        "Credential, SignedHeaders, and Signature."
    )


@pytest.mark.parametrize("separator", [",", ", ", " ,  "])
def test_blanks_between_them_are_free(separator):
    given = HEADER.value("authorization").replace(", ", separator)
    assert ask(HEADER.saying("authorization", given).head)


@pytest.mark.parametrize("wire", [HEADER, QUERY], ids=[V4, V4_QUERY])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ACCESS_KEY,
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        ),
        (
            f"{ACCESS_KEY}/x/{SCOPE}",
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        ),
        (
            f"{ACCESS_KEY}/2013-05-24/us-east-1/s3/aws4_request",
            'incorrect date format "2013-05-24". This date in the credential must be in the format "yyyyMMdd".',
        ),
        (
            f"{ACCESS_KEY}/20130524/eu-west-3/s3/aws4_request",
            "the region 'eu-west-3' is wrong; expecting 'us-east-1'",
        ),
        (
            f"{ACCESS_KEY}/20130524/{'x' * 100}/s3/aws4_request",
            f"the region '{'x' * 64}' is wrong; expecting 'us-east-1'",
        ),
        (
            f"{ACCESS_KEY}/20130524/us-east-1/ec2/aws4_request",
            'incorrect service "ec2". This endpoint belongs to "s3".',
        ),
        (
            f"{ACCESS_KEY}/20130524/us-east-1/s3/aws5",
            'incorrect terminal "aws5". This endpoint uses "aws4_request".',
        ),
    ],
)
def test_a_scope_that_is_not_ours(wire, text, message):
    problem = refusal(credential(wire, text).head)
    if wire is QUERY:
        assert problem.code == "AuthorizationQueryParametersError"
        assert problem.message == f"Error parsing the X-Amz-Credential parameter; {message}"
    else:
        assert problem.code == "AuthorizationHeaderMalformed"
        assert problem.message == f"The authorization header is malformed; {message}"
    assert problem.details == ((("Region", "us-east-1"),) if "region" in message else ())


def test_the_day_of_the_scope_is_that_of_the_date():
    text = f"{ACCESS_KEY}/20130523/us-east-1/s3/aws4_request"
    assert str(refusal(credential(HEADER, text).head)) == (
        "AuthorizationHeaderMalformed: The authorization header is malformed; "
        "Invalid credential date. Date is not the same as X-Amz-Date."
    )
    assert str(refusal(credential(QUERY, text).head)) == (
        'AuthorizationQueryParametersError: Invalid credential date "20130523". '
        'This date is not the same as X-Amz-Date: "20130524".'
    )


def test_a_date_in_http_s_words_is_signed_in_version_4_s():
    """So botocore signs when a request has a Date: it sends that field instead of x-amz-date."""
    wire = sign(V4, "GET", URL, (("Date", "x"),))
    assert "X-Amz-Date" not in dict(wire.headers)
    assert wire.value("date") == "Fri, 24 May 2013 00:00:00 -0000"
    assert ask(wire.head).date == "20130524T000000Z"


# -- what must be signed ----------------------------------------------------------------------


@pytest.mark.parametrize("wire", [HEADER, QUERY], ids=[V4, V4_QUERY])
@pytest.mark.parametrize("name", ["x-amz-meta-a", "x-amz-tagging", "x-amz-date-x", "Content-MD5"])
def test_a_field_that_must_be_signed_and_is_not(wire, name):
    problem = refusal(wire.having((name, "a"), ("x-amz-zone", "")).head)
    assert problem.code == "AccessDenied"
    assert problem.message == "There were headers present in the request which were not signed"
    assert problem.details == (("HeadersNotSigned", f"{name.lower()}, x-amz-zone"),)


@pytest.mark.parametrize("wire", [HEADER, QUERY], ids=[V4, V4_QUERY])
@pytest.mark.parametrize(
    "name", ["Content-Type", "Range", "If-Match", "Cache-Control", "User-Agent", "x-amzn-trace-id", "Date"]
)
def test_a_field_that_need_not_be_signed(wire, name):
    assert ask(wire.having((name, "a")).head)
    assert ask(wire.having((name, "a"), (name, "b")).head)


@pytest.mark.parametrize("names", ["x-amz-acl;x-amz-content-sha256;x-amz-date", ""])
def test_the_host_is_signed(names):
    given = HEADER.value("authorization")
    old = given.partition("SignedHeaders=")[2].partition(",")[0]
    problem = refusal(HEADER.saying("authorization", given.replace(old, names)).head)
    assert "host" in dict(problem.details)["HeadersNotSigned"]


def test_the_hash_of_the_payload_is_a_part_of_the_text_and_need_not_be_a_field_of_it():
    wire = sign(V4_QUERY, "PUT", URL).having(("x-amz-content-sha256", UNSIGNED_PAYLOAD))
    assert ask(wire.head)
    wire = sign(V4_QUERY, "PUT", URL).having(("x-amz-content-sha256", EMPTY_SHA256))
    assert refusal(wire.head).code == "SignatureDoesNotMatch"
    twice = sign(V4_QUERY, "PUT", URL).having(*[("x-amz-content-sha256", UNSIGNED_PAYLOAD)] * 2)
    assert refusal(twice.head).code == "InvalidArgument"


def test_a_signed_field_that_is_absent_is_not_an_empty_one():
    wire = sign(V4, "PUT", URL, (("x-amz-meta-a", ""),))
    assert ask(wire.head)
    assert refusal(wire.without("x-amz-meta-a").head).code == "SignatureDoesNotMatch"


def test_metadata_may_stand_twice_and_nothing_else():
    fields = (("x-amz-meta-a", "1"), ("x-amz-meta-a", "2"))
    assert ask(sign(V4, "PUT", URL, fields).head)
    fields = (("x-amz-acl", "private"), ("x-amz-acl", "public-read"))
    problem = refusal(sign(V4, "PUT", URL, fields).head)
    assert str(problem) == "InvalidRequest: The signed field x-amz-acl stands more than once."


# -- presigned --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_is_missing(name):
    problem = refusal(QUERY.asking([pair for pair in QUERY.pairs if not pair.startswith(name)]).head)
    assert problem.code == "AuthorizationQueryParametersError"
    assert problem.message == (
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
        "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    )


@pytest.mark.parametrize("name", [*PARAMETERS, "X-Amz-Meta-A"])
@pytest.mark.parametrize("spelled", [str, str.lower, lambda name: name.replace("-", "%2D")])
def test_a_parameter_that_stands_twice(name, spelled):
    wire = sign(V4_QUERY, "PUT", f"{URL}?X-Amz-Meta-A=1")
    assert ask(wire.head)
    problem = refusal(wire.asking([*wire.pairs, f"{spelled(name)}=x"]).head)
    assert str(problem) == (
        "AuthorizationQueryParametersError: A parameter of query-string authentication stands more than once."
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'),
        (
            "X-Amz-Date",
            "Fri, 24 May 2013 00:00:00 GMT",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ),
        ("X-Amz-Expires", "an hour", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "9" * 11, "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "0", "X-Amz-Expires must be at least 1 second"),
        ("X-Amz-Expires", "-5", "X-Amz-Expires must be at least 1 second"),
        (
            "X-Amz-Expires",
            str(MAX_EXPIRES + 1),
            "X-Amz-Expires must be less than a week (in seconds)",
        ),
    ],
)
def test_a_parameter_that_is_none(name, value, message):
    problem = refusal(parameter(QUERY, name, value).head)
    assert problem.code == "AuthorizationQueryParametersError"
    assert problem.message.partition(";")[0] == message


@pytest.mark.parametrize("seconds", [1, 3600, MAX_EXPIRES])
def test_a_url_is_good_from_its_date_less_the_skew_to_its_end(seconds):
    wire = sign(V4_QUERY, "GET", URL, expires=seconds)
    last = NOW + timedelta(seconds=seconds)
    for now in (NOW, NOW - MAX_SKEW, last):
        assert ask(wire.head, now=now)
    late = last + timedelta(seconds=1)
    problem = refusal(wire.head, now=late)
    assert (problem.code, problem.message) == ("AccessDenied", "Request has expired")
    assert problem.details == (
        ("X-Amz-Expires", str(seconds)),
        ("Expires", f"{last:%Y-%m-%dT%H:%M:%SZ}"),
        ("ServerTime", f"{late:%Y-%m-%dT%H:%M:%SZ}"),
    )
    early = NOW - MAX_SKEW - timedelta(seconds=1)
    problem = refusal(wire.head, now=early)
    assert (problem.code, problem.message) == ("AccessDenied", "Request is not yet valid")
    assert problem.details == (
        ("X-Amz-Date", "1369353600000"),
        ("Expires", f"{last:%Y-%m-%dT%H:%M:%SZ}"),
        ("ServerTime", f"{early:%Y-%m-%dT%H:%M:%SZ}"),
    )


def test_the_end_of_time_is_a_time():
    wire = parameter(parameter(QUERY, "X-Amz-Date", "99981231T235959Z"), "X-Amz-Expires", str(MAX_EXPIRES))
    assert dict(refusal(wire.head).details)["Expires"] == "9999-01-07T23:59:59Z"


# -- addresses in another spelling ------------------------------------------------------------


@pytest.mark.parametrize("way", [V4, V4_QUERY])
@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("/photos/a%24b%3D%26%2B%20c~", "/photos/a$b=&+%20c%7E"),
        ("/photos/%C3%A4", "/photos/%c3%a4"),
        ("/photos/a?prefix=a%2Fb%3Dc&x-id=1", "/photos/a?prefix=a/b=c&x-id=1"),
        ("/photos/a?prefix=a%20b", "/photos/a?prefix=a+b"),
    ],
)
def test_an_address_may_be_sent_in_another_spelling_than_s3_s(way, signed, sent):
    wire = sign(way, "GET", f"http://store.example{signed}")
    assert signed in wire.target
    assert ask(wire.head)
    other = Wire(wire.method, wire.target.replace(signed, sent), wire.headers)
    assert ask(other.head)


@pytest.mark.parametrize("way", [V4, V4_QUERY])
@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("/photos/a%2Fb", "/photos/a/b"),
        ("/photos/a/b", "/photos/a%2Fb"),
        ("/photos/a%20b", "/photos/a+b"),
        ("/photos/a?prefix=a%2Bb", "/photos/a?prefix=a+b"),
        ("/photos/a?prefix=a%26b", "/photos/a?prefix=a&b"),
        ("/photos/a?a=b", "/photos/a?a%3Db"),
    ],
)
def test_no_spelling_makes_another_address(way, signed, sent):
    wire = sign(way, "GET", f"http://store.example{signed}")
    assert signed in wire.target
    other = Wire(wire.method, wire.target.replace(signed, sent), wire.headers)
    assert refusal(other.head).code == "SignatureDoesNotMatch"


def test_a_client_that_signs_what_it_sends_may_spell_as_it_likes():
    assert ask(sign(V4, "GET", "http://store.example/photos/a!'()*b%7e?x=!%7e").head)
