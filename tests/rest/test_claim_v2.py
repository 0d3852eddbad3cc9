"""Claims of SigV2: what is signed of a request, what of its query, and what is refused without a secret."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import botocore.auth
import botocore.session
import pytest

from gateway.rest.claim_v2 import PARAMETERS, SIGNED_PARAMETERS, signature_of
from gateway.rest.claims import MAX_SKEW
from tests.rest.signed import ACCESS_KEY, NOW, SECRET, V2, V2_QUERY, Wire, ask, refusal, sign

URL = "http://store.example/photos/a"
HEADER = sign(V2, "GET", URL)
QUERY = sign(V2_QUERY, "GET", URL)
EXPIRES = str(int(NOW.timestamp()) + 3600)
DATE = "Fri, 24 May 2013 00:00:00 GMT"


def asked(text: str, target: str = "/photos/a", *headers: tuple[str, str]) -> Wire:
    """A presigned request over a text of our own."""
    signature = quote(signature_of(text, SECRET), safe="")
    mark = "&" if "?" in target else "?"
    full = f"{target}{mark}AWSAccessKeyId={ACCESS_KEY}&Expires={EXPIRES}&Signature={signature}"
    return Wire("GET", full, (("Host", "store.example"), *headers))


def test_what_is_presented():
    for wire, in_query in ((HEADER, False), (QUERY, True)):
        presented = ask(wire.head)
        assert (presented.access_key, presented.in_query) == (ACCESS_KEY, in_query)
        assert not any((presented.payload, presented.date, presented.scope, presented.signature))


# -- what is signed ---------------------------------------------------------------------------


def test_every_parameter_that_botocore_signs_and_every_subresource_it_knows_is_signed():
    model = botocore.session.get_session().get_service_model("s3")
    queries = [
        model.operation_model(name).http["requestUri"].partition("?")[2] for name in model.operation_names
    ]
    known = {pair.partition("=")[0] for query in queries for pair in query.split("&") if pair}
    assert set(botocore.auth.HmacV1Auth.QSAOfInterest) | (known - {"list-type"}) <= SIGNED_PARAMETERS


@pytest.mark.parametrize(
    ("target", "resource"),
    [
        ("/photos/a", "/photos/a"),
        ("/photos/?prefix=a&max-keys=2&list-type=2", "/photos/"),
        ("/photos/a?versionId=3&acl", "/photos/a?acl&versionId=3"),
        ("/photos/a?acl=&torrent", "/photos/a?acl=&torrent"),
        ("/photos/a?%61cl", "/photos/a?acl"),
        ("/photos/a?response-content-type=a%2Fb%20c+d", "/photos/a?response-content-type=a/b c d"),
        ("/photos/a?versionId=%C3%A4%3D", "/photos/a?versionId=\u00c3\u00a4="),
        ("/photos/a?&acl&", "/photos/a?acl"),
        ("/photos/%c3%A4+b", "/photos/%c3%A4+b"),
        ("/photos", "/photos"),
        ("/photos", "/photos/"),
        ("/photos?acl", "/photos/?acl"),
        ("/", "/"),
    ],
)
def test_the_resource(target, resource):
    assert ask(asked(f"GET\n\n\n{EXPIRES}\n{resource}", target).head)


@pytest.mark.parametrize(
    ("target", "resource"),
    [("/photos/", "/photos"), ("/photos/a", "/photos/a/"), ("/photos/a?acl", "/photos/a")],
)
def test_no_other_resource(target, resource):
    assert refusal(asked(f"GET\n\n\n{EXPIRES}\n{resource}", target).head).code == "SignatureDoesNotMatch"


def test_the_slash_behind_a_bucket_is_of_the_path_alone():
    for resource in ("/photos/a/", "/a/"):
        wire = asked(f"GET\n\n\n{EXPIRES}\n{resource}", "/a")
        assert refusal(wire.head, bucket_in_host="photos").code == "SignatureDoesNotMatch"


def test_an_x_amz_date_takes_the_place_of_date():
    text = f"GET\n\n\n\nx-amz-date:{DATE}\n/photos/a"
    headers = (
        ("Host", "store.example"),
        ("Date", "Fri, 24 May 2013 09:00:00 GMT"),
        ("x-amz-date", DATE),
        ("Authorization", f"AWS {ACCESS_KEY}:{signature_of(text, SECRET)}"),
    )
    assert ask(Wire("GET", "/photos/a", headers).head)


def test_a_field_that_stands_in_the_query_is_signed_by_nobody():
    text = f"PUT\n\n\n{DATE}\n/photos/a"
    headers = (
        ("Host", "store.example"),
        ("Date", DATE),
        ("Authorization", f"AWS {ACCESS_KEY}:{signature_of(text, SECRET)}"),
    )
    problem = refusal(Wire("PUT", "/photos/a?X-Amz-Copy-Source=/secret/b", headers).head)
    assert problem.code == "AccessDenied"
    assert ("HeadersNotSigned", "X-Amz-Copy-Source") in problem.details


def test_fields_are_sorted_and_joined_and_their_blanks_are_theirs():
    fields = (("X-Amz-Meta-B", "1  2"), ("x-amz-acl", "private"), ("x-amz-meta-b", "3"), ("x-amz-meta-a", ""))
    text = f"GET\n\n\n{EXPIRES}\nx-amz-acl:private\nx-amz-meta-a:\nx-amz-meta-b:1  2,3\n/photos/a"
    assert ask(asked(text, "/photos/a", *fields).head)


def test_parameters_stand_for_the_fields_they_name():
    text = f"GET\nmd5\na/b\n{EXPIRES}\nx-amz-acl:private\nx-amz-meta-a:b c\n/photos/a"
    target = "/photos/a?X-Amz-Acl=private&content-type=a%2Fb&Content-MD5=md5&x-amz-meta-a=+b%20c+"
    assert ask(asked(text, target).head)
    assert ask(asked(text, target, ("x-amz-acl", "private"), ("content-type", "a/b")).head)


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ("x-amz-acl=private", ("x-amz-acl", "public-read")),
        ("content-type=a", ("content-type", "b")),
        ("x-amz-acl=private&X-Amz-Acl=private", ("te", "trailers")),
        ("content-type=a&Content-Type=b", ("te", "trailers")),
        ("x-amz-meta-a%3A=1", ("te", "trailers")),
        ("x-amz-meta-a%0A=1", ("te", "trailers")),
        ("x-amz-meta-a=1%0D%0A2", ("te", "trailers")),
    ],
)
def test_a_parameter_that_is_no_field_or_stands_twice(parameter, field):
    name = parameter.partition("=")[0].replace("%3A", ":").replace("%0A", "\n")
    problem = refusal(asked("", f"/photos/a?{parameter}", field).head)
    assert problem.code == "InvalidRequest"
    assert problem.message == f"The parameter {name} is no field, or stands twice."


@pytest.mark.parametrize("way", [V2, V2_QUERY])
@pytest.mark.parametrize("name", ["content-type", "content-md5", "x-amz-acl"])
def test_a_signed_field_stands_once(way, name):
    problem = refusal(sign(way, "GET", URL).having((name, "a"), (name, "a")).head)
    assert str(problem) == f"InvalidRequest: The signed field {name} stands more than once."


# -- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "AWS x",
        "AWS :",
        f"AWS {ACCESS_KEY}:",
        f"AWS {ACCESS_KEY}:a:b",
        f"AWS {ACCESS_KEY}: a",
        f"AWS  {ACCESS_KEY}:a",
        f"AWS {ACCESS_KEY} a:b",
    ],
)
def test_an_authorization_that_is_none(text):
    problem = refusal(HEADER.saying("authorization", text).head)
    assert problem.code == "InvalidArgument"
    assert problem.message == "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
    assert problem.details == (("ArgumentName", "Authorization"), ("ArgumentValue", text))


def test_the_clock_of_a_request_in_the_header():
    for way in (1, -1):
        assert ask(HEADER.head, now=NOW + way * MAX_SKEW)
        late = NOW + way * (MAX_SKEW + timedelta(seconds=1))
        assert refusal(HEADER.head, now=late).code == "RequestTimeTooSkewed"
    assert refusal(HEADER.without("date").head).code == "AccessDenied"


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_is_missing_or_stands_twice(name):
    problem = refusal(QUERY.asking([pair for pair in QUERY.pairs if not pair.startswith(name)]).head)
    assert str(problem) == (
        "AccessDenied: Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    )
    pair = next(pair for pair in QUERY.pairs if pair.startswith(name))
    problem = refusal(QUERY.asking([*QUERY.pairs, pair]).head)
    assert problem.code == "InvalidRequest"


@pytest.mark.parametrize("text", ["", "soon", "1e9", "-1", "9" * 11, "+1", "\u0661"])
def test_an_end_that_is_no_number(text):
    pairs = [f"Expires={quote(text)}" if pair.startswith("Expires") else pair for pair in QUERY.pairs]
    problem = refusal(QUERY.asking(pairs).head)
    assert str(problem) == f"AccessDenied: Invalid date (should be seconds since epoch): {text}"


def test_a_url_is_good_to_its_end():
    last = NOW + timedelta(seconds=3600)
    assert ask(QUERY.head, now=last)
    assert ask(QUERY.head, now=NOW - timedelta(days=3000))
    problem = refusal(QUERY.head, now=last + timedelta(seconds=1))
    assert (problem.code, problem.message) == ("AccessDenied", "Request has expired")
    assert problem.details == (("Expires", "2013-05-24T01:00:00Z"), ("ServerTime", "2013-05-24T01:00:01Z"))
