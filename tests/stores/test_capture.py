"""The captured errors can be asked for again: `python -m tests.stores.capture` does it for all."""

from __future__ import annotations

from tests.stores.capture import ERRORS, code_of
from tests.stores.programs import PROGRAMS
from tests.stores.provocations import ATTEMPTS, attempts_for, prepare, tidy
from tests.stores.raw import Wire
from tests.stores.store import Store


def test_every_captured_reply_has_a_request_that_earns_it() -> None:
    captured = {path.name.split(".")[0] for name in PROGRAMS for path in ERRORS.glob(f"*.{name}.http")}
    assert captured <= {code for code, _ in ATTEMPTS}


def test_a_store_says_again_what_was_captured(store: Store) -> None:
    wire = Wire(store, "captured-again")
    prepare(wire)
    for code in ("NoSuchKey", "NoSuchBucket", "InvalidRange", "BucketNotEmpty", "PreconditionFailed"):
        assert code in {code_of(attempt(wire)) for attempt in attempts_for(code)}
    tidy(wire)


def test_a_reply_without_a_body_says_its_code_by_status() -> None:
    assert code_of(b"HTTP/1.1 403 Forbidden\r\n\r\n") == "AccessDenied"
    assert code_of(b"HTTP/1.1 200 OK\r\n\r\n") is None
