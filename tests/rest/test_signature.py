"""SigV4: AWS's published example, botocore's signer on random requests, the spelling of a target."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote_to_bytes

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import HttpRequest
from gateway.rest import signature
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, SigningKey, sign, uri_encode

KEY = SigningKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
MAY = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"


def signature_of(headers):
    return dict(headers)["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("request_", "payload_hash", "expected"),
    [
        (
            HttpRequest("GET", "/test.txt", (("host", HOST), ("range", "bytes=0-9"))),
            EMPTY_SHA256,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            HttpRequest(
                "PUT",
                "/test%24file.text",
                (
                    ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                    ("host", HOST),
                    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ),
            ),
            hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            HttpRequest("GET", "/?lifecycle", (("host", HOST),)),
            EMPTY_SHA256,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            HttpRequest("GET", "/?max-keys=2&prefix=J", (("host", HOST),)),
            EMPTY_SHA256,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["range", "put", "subresource", "query"],
)
def test_the_examples_of_the_documentation(request_, payload_hash, expected):
    assert signature_of(sign(request_, payload_hash, KEY, MAY)) == expected


def test_what_is_returned():
    headers = sign(
        HttpRequest("GET", "/a", (("host", HOST), ("user-agent", "x"))), UNSIGNED_PAYLOAD, KEY, MAY
    )
    assert [name for name, _ in headers] == ["x-amz-date", "x-amz-content-sha256", "authorization"]
    assert dict(headers)["x-amz-date"] == "20130524T000000Z"
    assert dict(headers)["x-amz-content-sha256"] == UNSIGNED_PAYLOAD
    assert dict(headers)["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
    )


def test_the_clock_may_be_of_any_zone():
    request = HttpRequest("GET", "/a", (("host", HOST),))
    elsewhere = MAY.astimezone(timezone(timedelta(hours=-7)))
    assert sign(request, EMPTY_SHA256, KEY, elsewhere) == sign(request, EMPTY_SHA256, KEY, MAY)


def test_repr_tells_no_secret():
    assert KEY.secret not in repr(KEY)


def random_text(dice, longest):
    alphabet = "abcXYZ019-._~ !\"#$%&'()*+,/:;<=>?@[\\]^`{|}\u00e4\u00df\u20ac\u65e5\u672c\U0001f600\u0301\u00a0\x7f\t"
    return "".join(dice.choices(alphabet, k=dice.randint(0, longest)))


def random_target(dice):
    path = "/" + uri_encode(random_text(dice, 30), safe_slash=True)
    pairs = []
    for _ in range(dice.choice((0, 0, 1, 2, 5))):
        name = dice.choice(
            ("acl", "prefix", "marker", "max-keys", "delimiter", uri_encode(random_text(dice, 6), False))
        )
        value = uri_encode(random_text(dice, 12), False)
        pairs.append(dice.choice((name, f"{name}=", f"{name}={value}", f"{name}={value}")))
    query = "&".join(pairs)
    return f"{path}?{query}" if pairs else path


def random_headers(dice):
    """Fields as text, as botocore takes them; blanks at their ends and runs of them within."""
    names = [
        "x-amz-meta-color",
        "x-amz-meta-a",
        "x-amz-acl",
        "x-amz-grant-read",
        "content-type",
        "content-md5",
        "range",
        "if-match",
        "if-none-match",
        "cache-control",
        "content-disposition",
        "user-agent",
        "expect",
        "connection",
        "te",
    ]
    words = [
        "a",
        "bytes=0-9",
        '"tag"',
        "x,y",
        "",
        "text/plain; charset=utf-8",
        "caf\u00e9",
        "\u65e5\u672c",
        "\t",
        "~!@",
    ]
    headers = []
    for name in dice.choices(names, k=dice.randint(0, 6)):
        blanks = dice.choices((" ", "  ", "\t", ""), k=4)
        headers.append(
            (name, blanks[0] + blanks[1].join(dice.choices(words, k=dice.randint(0, 3))) + blanks[2])
        )
    return headers


def botocores_fields(method, url, headers, body, key, *, unsigned):
    request = AWSRequest(method=method, url=url, data=body)
    for name, value in headers:
        request.headers[name] = value
    request.context["client_config"] = Config(s3={"payload_signing_enabled": not unsigned})
    credentials = Credentials(key.access_key, key.secret)
    botocore.auth.S3SigV4Auth(credentials, "s3", key.region).add_auth(request)
    wanted = ("X-Amz-Date", "X-Amz-Content-SHA256", "Authorization")
    return tuple((name.lower(), request.headers[name]) for name in wanted)


def test_equal_to_botocore_on_ten_thousand_requests(monkeypatch):
    dice = random.Random(20090101)
    for _ in range(10_000):
        now = MAY + timedelta(seconds=dice.randrange(10**9))
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda now=now: now.replace(tzinfo=None))
        key = SigningKey(
            dice.choice(("AKIAONE", "AKIATWO")), random_text(dice, 40), dice.choice(("eu-west-3", "x"))
        )
        method = dice.choice(("GET", "HEAD", "PUT", "POST", "DELETE"))
        host = dice.choice(("store.example", "bucket.store.example:9000", "127.0.0.1:8333", "[::1]:8333"))
        target = random_target(dice)
        headers = random_headers(dice)
        body = dice.choice((b"", b"x", dice.randbytes(50)))
        unsigned = dice.random() < 0.5
        expected = botocores_fields(method, f"https://{host}{target}", headers, body, key, unsigned=unsigned)

        wire = tuple((name, value.encode().decode("latin-1")) for name, value in headers)
        payload_hash = UNSIGNED_PAYLOAD if unsigned else hashlib.sha256(body).hexdigest()
        assert sign(HttpRequest(method, target, (*wire, ("host", host))), payload_hash, key, now) == expected


def test_day_keys_are_kept_apart_and_in_bounds():
    request = HttpRequest("GET", "/a", (("host", HOST),))
    signature.day_key.cache_clear()
    keys = [
        KEY,
        SigningKey(KEY.access_key, "another", KEY.region),
        SigningKey(KEY.access_key, KEY.secret, "eu"),
    ]
    moments = [MAY, MAY + timedelta(hours=23), MAY + timedelta(hours=24)]
    made = {signature_of(sign(request, EMPTY_SHA256, key, moment)) for key in keys for moment in moments}
    assert len(made) == 9
    assert signature.day_key.cache_info().misses == 6
    assert signature.day_key.cache_info().maxsize == signature.KEPT_DAY_KEYS


@pytest.mark.parametrize(
    ("text", "path", "query"),
    [
        ("", "", ""),
        ("a/b//c", "a/b//c", "a%2Fb%2F%2Fc"),
        ("AZaz09-._~", "AZaz09-._~", "AZaz09-._~"),
        ("a b+c%20", "a%20b%2Bc%2520", "a%20b%2Bc%2520"),
        ("(!*')", "%28%21%2A%27%29", "%28%21%2A%27%29"),
        ("\u00e4\U0001f600", "%C3%A4%F0%9F%98%80", "%C3%A4%F0%9F%98%80"),
    ],
)
def test_uri_encode(text, path, query):
    assert uri_encode(text, True) == path
    assert uri_encode(text, False) == query


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_uri_encode_loses_nothing_and_needs_no_second_look(text):
    encoded = uri_encode(text, False)
    assert unquote_to_bytes(encoded) == text.encode()
    assert set(encoded) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")
