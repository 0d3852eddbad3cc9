"""What a client is told of a store's error: nothing of our signature, and everything the call can supply."""

from __future__ import annotations

import pytest

from gateway.messages import Call, Credentials, Problem
from gateway.tables.errors import SECRET_DETAILS
from gateway.tables.store_errors import completed, ours, told

OBJECT = {"Bucket": "b", "Key": "k"}
ALICE = Credentials("ALICE")


@pytest.mark.parametrize(
    "code",
    [
        "SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthorizationHeaderMalformed", "RequestTimeTooSkewed",
        "XAmzContentSHA256Mismatch", "ExpiredToken", "InvalidToken",
    ],
)  # fmt: skip
def test_a_verdict_on_our_signature_is_not_the_clients(code):
    problem = ours(Problem(code, "What you signed is wrong.", (("StringToSign", "S"),), "R", "H", "/b", 403))
    assert (problem.code, problem.details, problem.status) == ("InternalError", (), 500)
    assert (problem.request_id, problem.host_id) == ("R", "H")
    assert "signed" not in problem.message


def test_secrets_are_left_out_of_every_other_error():
    secrets = tuple((name, "secret") for name in sorted(SECRET_DETAILS))
    problem = Problem("AccessDenied", "No.", (*secrets, ("HeadersNotSigned", "x-amz-a"), *secrets))
    assert ours(problem) == Problem("AccessDenied", "No.", (("HeadersNotSigned", "x-amz-a"),))


def test_an_error_without_secrets_is_told_as_it_is():
    problem = Problem("NoSuchKey", details=(("Key", "k"),))
    assert ours(problem) is problem


@pytest.mark.parametrize(
    ("code", "values", "details"),
    [
        ("NoSuchKey", OBJECT, (("Key", "k"),)),
        ("NoSuchKey", {"SourceBucket": "b", "SourceKey": "s"}, (("Key", "s"),)),
        ("NoSuchBucket", OBJECT, (("BucketName", "b"),)),
        ("NoSuchBucket", {"SourceBucket": "b"}, ()),
        ("TemporaryRedirect", OBJECT, (("Bucket", "b"),)),
        ("SlowDown", OBJECT, ()),
    ],
)
def test_what_the_store_left_out_is_supplied_by_the_call(code, values, details):
    assert completed(Problem(code), Call("GetObject", values)).details == details


def test_what_the_store_said_is_kept():
    problem = Problem("NoSuchKey", details=(("Key", "other"),))
    assert completed(problem, Call("GetObject", OBJECT)) is problem


def test_an_unsigned_call_is_told_all_and_a_signed_one_nothing_of_the_signature():
    problem = Problem("SignatureDoesNotMatch")
    assert told(problem, Call("GetObject", OBJECT)) is problem
    assert told(problem, Call("GetObject", OBJECT, ALICE)).code == "InternalError"
    assert told(Problem("NoSuchKey"), Call("GetObject", OBJECT, ALICE)).details == (("Key", "k"),)
