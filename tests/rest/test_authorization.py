"""Who a REST request is from: what botocore signs, who nobody is, and whatever else may come."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest import claim_v2, claim_v4
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, uri_encode
from tests.rest.signed import (
    ACCESS_KEY,
    NOW,
    REGION,
    SECRET,
    V2,
    V2_QUERY,
    V4,
    V4_QUERY,
    WAYS,
    Wire,
    ask,
    refusal,
    sign,
)

SCOPE = "20130524/us-east-1/s3/aws4_request"

# -- what botocore signs ----------------------------------------------------------------------

ODD = "abcXYZ019-._~ !\"#$%&'()*+,/:;<=>?@[\\]^`{|}\u00e4\u00df\u20ac\u65e5\u672c\U0001f600\u0301\u00a0\x7f\t"
WORDS = [
    "a",
    "bytes=0-9",
    '"tag"',
    "x,y",
    "",
    "text/plain; charset=utf-8",
    "caf\u00e9",
    "\u65e5\u672c",
    "~!@",
]


def odd_text(dice, longest, shortest=0):
    return "".join(dice.choices(ODD, k=dice.randint(shortest, longest)))


def random_url(dice):
    """A URL, the bucket in its host, and the path that SigV2 signs."""
    key = uri_encode(odd_text(dice, 30), safe_slash=True)
    bucket = dice.choice(("photos", "a-b", "Photos_"))
    virtual = bucket.islower() and dice.random() < 0.4
    host = dice.choice(("store.example", "store.example:9000", "127.0.0.1:8333", "[::1]:8333"))
    netloc = f"{bucket}.store.example" if virtual else host
    path = f"/{key}" if virtual else dice.choice((f"/{bucket}/{key}", f"/{bucket}/{key}", f"/{bucket}", "/"))
    pairs = []
    for _ in range(dice.choice((0, 0, 1, 2, 5))):
        name = dice.choice(
            ("acl", "prefix", "versionId", "uploadId", "max-keys", "response-content-type", "torrent", "x")
        )
        value = uri_encode(odd_text(dice, 12, 1), safe_slash=False)
        pairs.append(dice.choice((name, f"{name}=", f"{name}={value}")))
    url = f"http://{netloc}{path}" + (f"?{'&'.join(pairs)}" if pairs else "")
    signed_path = f"/{bucket}{path}" if virtual else path
    return url, bucket if virtual else "", f"{path}/" if path == f"/{bucket}" else signed_path


def random_fields(dice):
    """Fields as a client may send them, blanks around and within; only metadata stands twice."""
    names = ["x-amz-acl", "content-type", "content-md5", "range", "if-match", "cache-control", "user-agent"]
    fields = [(name, " ".join(dice.choices(WORDS, k=2))) for name in dice.sample(names, dice.randint(0, 4))]
    for _ in range(dice.choice((0, 0, 1, 3))):
        blanks = dice.choices((" ", "  ", "\t", ""), k=3)
        words = dice.choices(WORDS, k=dice.randint(0, 3))
        fields.append((f"x-amz-meta-{dice.choice('ab')}", blanks[0] + blanks[1].join(words) + blanks[2]))
    return tuple(fields)


def test_ten_thousand_requests_of_botocore():
    dice = random.Random(20090101)
    for number in range(10_000):
        way = WAYS[number % 4]
        now = NOW + timedelta(seconds=dice.randrange(10**9))
        key, secret, region = (
            f"AKIA{dice.randrange(9)}",
            odd_text(dice, 40, 1),
            dice.choice(("eu-west-3", "x")),
        )
        url, bucket, auth_path = random_url(dice)
        fields = random_fields(dice)
        if way == V2_QUERY:  # botocore would put both of two fields of a name into the query
            fields = tuple(dict(fields).items())
        method = dice.choice(("GET", "HEAD", "PUT", "POST", "DELETE"))
        wire = sign(
            way,
            method,
            url,
            fields,
            auth_path=auth_path,
            now=now,
            access_key=key,
            secret=secret,
            region=region,
        )
        if way == V2_QUERY and dice.random() < 0.5:  # what the URL has need not be sent as a field as well
            wire = replace(wire, headers=(wire.headers[0],))
        late = now + timedelta(seconds=dice.randint(-900, 900))
        presented = ask(wire.head, bucket_in_host=bucket, now=late, secrets={key: secret}, region=region)
        assert presented is not None
        assert presented.access_key == key
        assert presented.in_query == (way in {V4_QUERY, V2_QUERY})


# -- who it is --------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [(), (("x-amz-acl", "private"), ("x-amz-date", "20130524T000000Z"))])
def test_a_request_that_does_not_say_who_it_is_from_is_anonymous(fields):
    assert ask(Wire("PUT", "/photos/a?Expires=1&acl&x-amz-acl=a", (("Host", "a"), *fields)).head) is None


@pytest.mark.parametrize(
    "name", ["X-Amz-Security-Token", *claim_v4.PARAMETERS, "AWSAccessKeyId", "Signature"]
)
def test_what_is_left_of_a_proof_is_not_anonymous(name):
    refusal(Wire("GET", f"/photos/a?{name}=x", (("Host", "a"),)).head)


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_key_is_told_so_and_costs_a_signature_as_a_known_one(way, monkeypatch):
    wire = sign(way, "GET", "http://store.example/photos/a", access_key="AKIANOBODY")
    asked = []
    module = claim_v2 if way in {V2, V2_QUERY} else claim_v4
    compute = module.signature_of
    monkeypatch.setattr(module, "signature_of", lambda *given: asked.append(given) or compute(*given))
    problem = refusal(wire.head)
    assert problem.code == "InvalidAccessKeyId"
    assert problem.details == (("AWSAccessKeyId", "AKIANOBODY"),)
    assert len(asked) == 1
    assert SECRET not in asked[0]


@pytest.mark.parametrize("way", WAYS)
def test_nobodys_secret_opens_nothing(way):
    from gateway.rest import authorization

    secret = authorization._NOBODYS_SECRET
    wire = sign(way, "GET", "http://store.example/photos/a", access_key="AKIANOBODY", secret=secret)
    assert refusal(wire.head).code == "InvalidAccessKeyId"


@pytest.mark.parametrize("way", WAYS)
def test_the_time_is_judged_before_the_key_as_s3_does(way):
    wire = sign(way, "GET", "http://store.example/photos/a", access_key="AKIANOBODY")
    expected = "RequestTimeTooSkewed" if way in {V4, V2} else "AccessDenied"
    assert refusal(wire.head, now=NOW + timedelta(hours=2)).code == expected


@pytest.mark.parametrize("way", WAYS)
def test_a_mismatch_tells_what_was_sent_and_signed_and_nothing_that_would_open(way):
    wire = sign(
        way, "GET", "http://store.example/photos/a", (("x-amz-meta-a", "caf\u00e9"),), secret="another"
    )
    right = sign(way, "GET", "http://store.example/photos/a", (("x-amz-meta-a", "caf\u00e9"),))
    problem = refusal(wire.head)
    details = dict(problem.details)
    assert problem.code == "SignatureDoesNotMatch"
    expected = ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"]
    if way in {V4, V4_QUERY}:
        expected += ["CanonicalRequest", "CanonicalRequestBytes"]
    assert [name for name, _ in problem.details] == expected
    text = details.get("CanonicalRequest", details["StringToSign"])
    assert "x-amz-meta-a:caf\u00e9" in text
    assert bytes.fromhex(details.get("CanonicalRequestBytes", details["StringToSignBytes"])) == text.encode()
    told = repr(problem.details)
    assert SECRET not in told
    signature = max(right.value("authorization").split("=")) if way == V4 else ""
    signature = right.value("authorization").partition(":")[2] if way == V2 else signature
    for pair in right.pairs:
        if pair.startswith(("X-Amz-Signature=", "Signature=")):
            signature = unquote(pair.partition("=")[2])
    assert len(signature) >= 28
    assert signature not in told


TOKENS = {
    V4: lambda wire: wire,
    V2: lambda wire: wire.having(("x-amz-security-token", "T/1+x==")),
    V4_QUERY: lambda wire: wire.asking([*wire.pairs, "X-Amz-Security-Token=T%2F1%2Bx%3D%3D"]),
    V2_QUERY: lambda wire: wire.asking([*wire.pairs, "x-amz-security-token=T%2F1%2Bx%3D%3D"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_there_are_no_temporary_credentials(way):
    fields = (("x-amz-security-token", "T/1+x=="),) if way == V4 else ()
    wire = TOKENS[way](sign(way, "GET", "http://store.example/photos/a", fields))
    problem = refusal(wire.head)
    assert (problem.code, problem.details) == ("InvalidToken", (("Token-0", "T/1+x=="),))


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("", "Authorization header is invalid -- one and only one ' ' (space) required"),
        ("AWS4-HMAC-SHA256", "Authorization header is invalid -- one and only one ' ' (space) required"),
        ("Basic dXNlcjpwYXNz", "Unsupported Authorization Type"),
        ("aws a:b", "Unsupported Authorization Type"),
    ],
)
def test_an_authorization_that_is_none(authorization, message):
    problem = refusal(Wire("GET", "/a", (("Host", "a"), ("Authorization", authorization))).head)
    assert (problem.code, problem.message) == ("InvalidArgument", message)
    assert problem.details == (("ArgumentName", "Authorization"), ("ArgumentValue", authorization))


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_two_proofs_are_one_too_many(first, second):
    """Also two of one kind in the header; two in one query are the affair of that way's own reader."""
    one, other = (sign(way, "GET", "http://store.example/photos/a") for way in (first, second))
    if first == second and not any(name == "Authorization" for name, _ in one.headers):
        return
    both = one.asking([*one.pairs, *other.pairs]).having(*other.headers[1:])
    problem = refusal(both.head)
    assert problem.code == "InvalidArgument"
    assert problem.message.startswith(
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter"
    )
    assert problem.details[0] == ("ArgumentName", "Authorization")


# -- whatever comes ---------------------------------------------------------------------------

LATIN = st.text(st.characters(max_codepoint=0xFF), max_size=80)
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "AWS4-HMAC-SHA256",
                "AWS",
                " ",
                ", ",
                ",",
                "Credential=",
                "SignedHeaders=",
                "Signature=",
                ":",
                "=",
            ),
            *(
                ACCESS_KEY,
                f"/{SCOPE}",
                "/",
                "host",
                ";",
                "x-amz-content-sha256;x-amz-date",
                "\xff",
                "%",
                "%2F",
            ),
            *(
                "X-Amz-Algorithm=AWS4-HMAC-SHA256",
                "&",
                "X-Amz-Credential=",
                "X-Amz-Signature=",
                "X-Amz-Date=",
            ),
            *(
                "20130524T000000Z",
                "X-Amz-Expires=",
                "60",
                "X-Amz-SignedHeaders=",
                "AWSAccessKeyId=",
                "Expires=",
            ),
            *("1369353600", "x-amz-acl=", "content-type=", "+", "acl", "%0A"),
        ]
    ),
    max_size=40,
).map("".join)
BARE = Wire("GET", "/photos/a", (("Host", "a"), ("x-amz-date", "20130524T000000Z"))).head


@given(
    authorization=st.none() | LATIN | PIECES,
    query=LATIN | PIECES,
    fields=st.lists(
        st.tuples(
            st.sampled_from(
                ["date", "x-amz-date", "x-amz-content-sha256", "x-amz-meta-a", "content-md5", "host"]
            ),
            LATIN | st.sampled_from([EMPTY_SHA256, UNSIGNED_PAYLOAD, "20130524T000000Z"]),
        ),
        max_size=4,
    ),
)
@settings(max_examples=1500, deadline=None)
@example(authorization=None, query="", fields=[])
@example(authorization=None, query="", fields=[("date", "Thu, 01 Jan 0001 00:00:00 +2359")])
@example(authorization="AWS a:b", query="", fields=[("date", "Thu, 31 Dec 9999 23:59:59 -2359")])
def test_any_head_is_somebodys_or_nobodys_or_refused(authorization, query, fields):
    headers = [*BARE.headers, *fields]
    if authorization is not None:
        headers.append(("authorization", authorization))
    head = replace(BARE, query=query, target=f"/photos/a?{query}", headers=tuple(headers))
    try:
        presented = ask(head)
    except Problem:
        return
    assert presented is None
    assert authorization is None


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_a_request_with_any_other_byte_in_it_is_never_somebody_elses(data):
    """Whatever single character is another: the request is refused, or says the same, or nothing (no `?`)."""
    wire = data.draw(st.sampled_from([sign(way, "GET", "http://store.example/p/a?acl") for way in WAYS]))
    line = data.draw(st.integers(-1, len(wire.headers) - 1))
    text = wire.target if line < 0 else wire.headers[line][1]
    at = data.draw(st.integers(0, len(text) - 1))
    other = f"{text[:at]}{data.draw(st.characters(min_codepoint=33, max_codepoint=126))}{text[at + 1 :]}"
    name = wire.headers[line][0].lower()
    wire = replace(wire, target=other) if line < 0 else wire.saying(name, other)
    try:
        presented = ask(wire.head)
    except Problem:
        return
    assert presented is None or presented.access_key == ACCESS_KEY
    assert presented is not None or "?" not in wire.target


def test_the_region_is_ours():
    wire = sign(V4, "GET", "http://store.example/photos/a", region="eu-west-3")
    assert ask(wire.head, region="eu-west-3")
    assert dict(refusal(wire.head, region=REGION).details) == {"Region": REGION}
