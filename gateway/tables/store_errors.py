"""What becomes of a store's error before a client is told of it, whatever language the store speaks.

Two things are wrong with the errors of stores: they leave out documented details that the
call itself can supply, and, where the gateway signed, they speak of a signature that the
client never saw. Both are mended here, once for REST stores and SOAP stores.

Sources: the S3 documentation, "Error responses"; wire rule 6.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.messages import Call, Problem
from gateway.tables.errors import SECRET_DETAILS, row_for

_OPERATORS: Final = "The gateway's own request to the store was refused; its log says why."


def told(problem: Problem, call: Call) -> Problem:
    """Return what the client is told of the problem that its call led to.

    Args:
        problem: The store's.
        call: What was asked; the gateway signed for it when it has credentials.

    Returns:
        The same object where there is nothing to mend.

    """
    complete = completed(problem, call)
    return complete if call.credentials is None else ours(complete)


def completed(problem: Problem, call: Call) -> Problem:
    """Return a problem with the documented details that the call itself can supply."""
    values = call.values
    known = {
        "Key": values.get("Key", values.get("SourceKey")),
        "BucketName": values.get("Bucket"),
        "Bucket": values.get("Bucket"),
    }
    given = {name for name, _ in problem.details}
    missing = [name for name in row_for(problem.code).details if known.get(name) and name not in given]
    if not missing:
        return problem
    return replace(problem, details=(*problem.details, *((name, known[name]) for name in missing)))


def ours(problem: Problem) -> Problem:
    """Return what a client may be told of a store's problem, when the gateway signed (wire rule 6).

    The store's verdict on a signature is about the gateway's: the client gets InternalError,
    the operator a line. Fields that tell of our signature are left out of every other error.
    """
    if row_for(problem.code).on_signature:
        return Problem(
            "InternalError", _OPERATORS, request_id=problem.request_id, host_id=problem.host_id, status=500
        )
    if not any(name in SECRET_DETAILS for name, _ in problem.details):
        return problem
    kept = tuple((name, text) for name, text in problem.details if name not in SECRET_DETAILS)
    return replace(problem, details=kept)
