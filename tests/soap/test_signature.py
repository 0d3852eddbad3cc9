"""The signature in the body: vectors, what clients do to a Timestamp, the order of refusals."""

from __future__ import annotations

import hmac as real_hmac
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from gateway.messages import Credentials, Problem
from gateway.soap import signature
from gateway.soap.signature import check, credentials_for, sign
from gateway.wire.texts import build_moment, parse_moment

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = "AKIAIOSFODNN7EXAMPLE"
NOON = datetime(2009, 1, 1, 12, tzinfo=UTC)
NOON_TEXT = "2009-01-01T12:00:00.000Z"


def secret_of(access_key):
    return {KEY: SECRET}.get(access_key)


def signed(timestamp=NOON_TEXT, *, over=None, key=KEY, operation="GetObject", secret=SECRET):
    return Credentials(key, timestamp, sign(operation, timestamp if over is None else over, secret))


def refusal(credentials, now=NOON, operation="GetObject"):
    with pytest.raises(Problem) as caught:
        check(operation, credentials, secret_of, now)
    return caught.value


@pytest.mark.parametrize(
    ("operation", "timestamp", "expected"),
    [
        ("ListAllMyBuckets", "2009-01-01T12:00:00.000Z", "1Mw5zxzi/Y+c1lNG2pwMuB0+bBs="),
        ("CreateBucket", "2009-01-01T12:00:00.000Z", "shOMhz4+xPT5ndHZSiRHcrBi/Jc="),
        ("PutObject", "2007-05-11T12:00:00.183Z", "xqylE2bUAPY4xMslixlouwF9iV0="),
    ],
)
def test_known_signatures(operation, timestamp, expected):
    assert sign(operation, timestamp, SECRET) == expected
    assert len(expected) == 28


@pytest.mark.parametrize(
    ("sent", "over"),
    [
        (NOON_TEXT, NOON_TEXT),
        ("2009-01-01T12:00:00.180Z", "2009-01-01T12:00:00.180Z"),
        ("2009-01-01T12:00:00.18Z", "2009-01-01T12:00:00.180Z"),
        ("2009-01-01T12:00:00Z", NOON_TEXT),
        ("2009-01-01T13:00:00+01:00", NOON_TEXT),
        ("2009-01-01T13:00:00+01:00", "2009-01-01T13:00:00+01:00"),
        ("2009-01-01T12:00:00.1239999Z", "2009-01-01T12:00:00.123Z"),
        ("2009-01-01T12:00:00", "2009-01-01T12:00:00"),
        ("2008-12-31T24:00:00-12:00", NOON_TEXT),
    ],
)
def test_signed_over_the_text_as_sent_or_as_s3_writes_it(sent, over):
    check("GetObject", signed(sent, over=over), secret_of, NOON)


def test_base64_padding_may_be_missing():
    credentials = signed()
    check("GetObject", Credentials(KEY, NOON_TEXT, credentials.signature.rstrip("=")), secret_of, NOON)


@pytest.mark.parametrize("timestamp", ["yesterday", "2009-01-01", "2009-02-30T12:00:00Z", "1230811200", " "])
def test_a_timestamp_that_is_no_date_time(timestamp):
    problem = refusal(signed(timestamp))
    assert problem.code == "InvalidSOAPRequest"
    assert problem.message.startswith("The SOAP request body is invalid: Timestamp is ")


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [
        (-15 * 60 - 1, False),
        (-15 * 60 - 0.001, False),
        (-15 * 60, True),
        (-15 * 60 + 1, True),
        (0, True),
        (15 * 60 - 1, True),
        (15 * 60, True),
        (15 * 60 + 0.001, False),
        (15 * 60 + 1, False),
    ],
)
def test_fifteen_minutes_either_way(seconds, accepted):
    now = NOON + timedelta(seconds=seconds)
    if accepted:
        check("GetObject", signed(), secret_of, now)
    else:
        problem = refusal(signed(), now)
        assert problem.code == "RequestTimeTooSkewed"
        assert problem.details == (
            ("RequestTime", NOON_TEXT),
            ("ServerTime", build_moment(now)),
            ("MaxAllowedSkewMilliseconds", "900000"),
        )


def test_wrong_signature_says_what_was_signed_and_no_secret():
    problem = refusal(Credentials(KEY, "2009-01-01T12:00:00Z", "wrong="))
    assert problem.code == "SignatureDoesNotMatch"
    text = "AmazonS3GetObject" + NOON_TEXT
    assert problem.details == (
        ("AWSAccessKeyId", KEY),
        ("StringToSign", text),
        ("SignatureProvided", "wrong="),
        ("StringToSignBytes", " ".join(f"{byte:02x}" for byte in text.encode())),
    )
    assert SECRET not in repr(problem)


@pytest.mark.parametrize(
    "credentials",
    [
        signed(operation="DeleteObject"),
        signed(secret="another"),
        signed(over="2009-01-01T12:00:00.001Z"),
        Credentials(KEY, NOON_TEXT, "="),
        Credentials(KEY, NOON_TEXT, signed().signature.lower()),
        Credentials(KEY, NOON_TEXT, signed().signature[:-2]),
        Credentials(KEY, NOON_TEXT, "ключ"),
    ],
    ids=["other operation", "other secret", "other time", "empty", "case", "short", "not ASCII"],
)
def test_what_is_no_signature_of_this_call(credentials):
    assert refusal(credentials).code == "SignatureDoesNotMatch"


def test_unknown_key():
    problem = refusal(signed(key="AKIANOBODY"))
    assert (problem.code, problem.details) == ("InvalidAccessKeyId", (("AWSAccessKeyId", "AKIANOBODY"),))


def test_unknown_key_is_refused_even_with_nobodys_secret():
    problem = refusal(signed(key="AKIANOBODY", secret=signature._NOBODYS_SECRET))
    assert problem.code == "InvalidAccessKeyId"


def test_the_first_check_that_fails_answers():
    late = NOON + timedelta(hours=1)
    wrong = "AAAA"
    assert refusal(Credentials("AKIANOBODY", "yesterday", wrong), late).code == "InvalidSOAPRequest"
    assert refusal(Credentials("AKIANOBODY", NOON_TEXT, wrong), late).code == "InvalidAccessKeyId"
    assert refusal(Credentials(KEY, NOON_TEXT, wrong), late).code == "RequestTimeTooSkewed"
    assert refusal(Credentials(KEY, NOON_TEXT, wrong)).code == "SignatureDoesNotMatch"


def test_details_repeat_only_so_much_of_what_was_sent():
    long = "x" * 100_000
    digits = f"2009-01-01T12:00:00.{'1' * 32}Z"
    problems = [
        refusal(Credentials(long, NOON_TEXT, long)),
        refusal(Credentials(KEY, NOON_TEXT, long)),
        refusal(Credentials(KEY, digits, long)),
        refusal(Credentials(KEY, digits, long), NOON + timedelta(hours=1)),
    ]
    assert all(len(text) <= signature.MAX_DETAIL for problem in problems for _, text in problem.details)


@pytest.mark.parametrize("timestamp", [NOON_TEXT, "2009-01-01T12:00:00Z"])
def test_an_unknown_key_costs_the_same_as_a_wrong_signature(monkeypatch, timestamp):
    """Who asks must not be told apart by time: the same number of HMACs and of comparisons."""
    counted = []

    class Counting:
        @staticmethod
        def digest(key, message, algorithm):
            counted.append("digest")
            return real_hmac.digest(key, message, algorithm)

        @staticmethod
        def compare_digest(one, other):
            counted.append("compare")
            return real_hmac.compare_digest(one, other)

    made = signed(timestamp)
    cases = {
        "right": made,
        "wrong": Credentials(KEY, timestamp, "A" * 27 + "="),
        "unknown": Credentials("AKIANOBODY", timestamp, made.signature),
    }
    monkeypatch.setattr(signature, "hmac", Counting)
    costs = {}
    for name, credentials in cases.items():
        counted.clear()
        with suppress(Problem):
            check("GetObject", credentials, secret_of, NOON)
        costs[name] = list(counted)
    texts = len({timestamp, made.timestamp, build_moment(parse_moment(timestamp))})
    assert costs["unknown"] == costs["wrong"] == ["digest"] * texts + ["compare"] * texts
    assert costs["right"] == costs["wrong"]


def test_a_message_of_our_own_is_signed_for_now_with_the_keys_the_store_knows():
    mine = credentials_for("GetObject", "ALICE", {"ALICE": (KEY, SECRET)}.get, NOON)
    assert (mine.access_key, mine.timestamp) == (KEY, NOON_TEXT)
    check("GetObject", mine, secret_of, NOON)


def test_a_key_that_is_gone_signs_nothing():
    with pytest.raises(Problem) as caught:
        credentials_for("GetObject", "ALICE", {}.get, NOON)
    assert (caught.value.code, caught.value.details) == ("InvalidAccessKeyId", (("AWSAccessKeyId", "ALICE"),))
