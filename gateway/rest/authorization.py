"""Who a REST request is from, judged on its head: SigV4 and SigV2, in a field or in the query.

Three steps. What is presented is found, and two ways at once are refused. The claim is read
by its version's own module, which refuses all that needs no secret. Then, here alone, the
signature is computed and compared.

Which error a refused request gets must not cost differently to find out. A claim of an
unknown access key is therefore checked like a known one's, against a secret nobody has, and
only then refused. Whatever could be a claim and cannot be read as one is an error, never an
anonymous request: a proxy that drops one parameter must not make it anybody's.

Sources: the S3 API reference, "Authenticating requests"; S3's order of checks.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.messages import Problem
from gateway.rest import claim_v2, claim_v4
from gateway.rest.claims import (
    Claim,
    Fields,
    Pairs,
    Presented,
    bad_argument,
    cut,
    mismatch,
    not_one_mechanism,
    parse_pairs,
)
from gateway.rest.signature import ALGORITHM
from gateway.wire.http1 import RequestHead

__all__ = ["Presented", "authorize"]

TOKEN: Final = "x-amz-security-token"  # noqa: S105 - the name of a field
"""What goes with temporary credentials, of which there are none here (InvalidToken)."""

_OF_V4: Final = frozenset({*claim_v4.PARAMETERS, "X-Amz-Security-Token"})
_OF_V2: Final = frozenset({"AWSAccessKeyId", "Signature"})
_NOBODYS_SECRET: Final = "there is no such access key in this gateway"  # noqa: S105 - stands where there is none


def authorize(
    head: RequestHead,
    *,
    bucket_in_host: str,
    secret_of: Callable[[str], str | None],
    now: datetime,
    region: str,
) -> Presented | None:
    """Return who a request is from, None when it does not say.

    Args:
        head: The request's, as sent.
        bucket_in_host: The bucket that the Host field names, "" for none; SigV2 signs it.
        secret_of: Gives the secret of an access key, None for an unknown one.
        now: The gateway's clock, aware.
        region: Ours; a scope of SigV4 names it.

    Raises:
        Problem: In this order, which is S3's: InvalidArgument (two ways at once, or none that is
            known); what the claim's reader refuses, the clock among it; InvalidToken;
            InvalidAccessKeyId; SignatureDoesNotMatch. The details repeat what the client itself
            sent and what we signed of it; none of them is a secret or a signature of ours.

    """
    fields = Fields.of(head.headers)
    pairs = parse_pairs(head.query)
    claim = _claim(head, fields, pairs, bucket_in_host, now, region)
    if claim is None:
        return None
    _judge_token(fields, pairs)
    access_key = claim.presented.access_key
    secret = secret_of(access_key)
    signer = _NOBODYS_SECRET if secret is None else secret
    provided = claim.signature.encode("latin-1")
    proved = any(
        hmac.compare_digest(claim.sign(signer, text).encode(), provided) for _, text in claim.texts()
    )
    if secret is None:
        raise Problem("InvalidAccessKeyId", details=(("AWSAccessKeyId", cut(access_key)),))
    if not proved:
        raise mismatch(claim)
    return claim.presented


def _claim(  # noqa: PLR0913, PLR0917 - all that a claim can be about
    head: RequestHead, fields: Fields, pairs: Pairs, bucket_in_host: str, now: datetime, region: str
) -> Claim | None:
    """Return the one claim of a request, read by its own version's rules."""
    names = {name for name, _ in pairs}
    presigned_v4, presigned_v2 = not names.isdisjoint(_OF_V4), not names.isdisjoint(_OF_V2)
    authorization = fields.values.get("authorization")
    ways = [authorization is not None, presigned_v4, presigned_v2, "authorization" in fields.repeated]
    if sum(ways) > 1:
        raise not_one_mechanism(authorization or "")
    if presigned_v4:
        return claim_v4.read_query(head, fields, pairs, now, region)
    if presigned_v2:
        return claim_v2.read_query(head, fields, pairs, now, bucket_in_host)
    if authorization is None:
        return None
    scheme, space, _ = authorization.partition(" ")
    if not space:
        message = "Authorization header is invalid -- one and only one ' ' (space) required"
        raise bad_argument("Authorization", authorization, message)
    if scheme == ALGORITHM:
        return claim_v4.read_header(head, fields, now, region)
    if scheme == claim_v2.SCHEME:
        return claim_v2.read_header(head, fields, pairs, now, bucket_in_host)
    raise bad_argument("Authorization", authorization, "Unsupported Authorization Type")


def _judge_token(fields: Fields, pairs: Pairs) -> None:
    given = [fields.values.get(TOKEN), *[value for name, value in pairs if name.lower() == TOKEN]]
    for token in given:
        if token is not None:
            raise Problem("InvalidToken", details=(("Token-0", cut(token)),))
