"""Claims of SigV2: HMAC-SHA1 in the Authorization header, or in the query of a presigned URL.

It signs less than SigV4: the method, Content-MD5, Content-Type, the date, every x-amz-*
field, the path, and of the query only what is in `SIGNED_PARAMETERS`. Neither the host nor a
range nor a prefix is signed, which is this version's nature and not ours to mend. But a
parameter that makes another operation of a request must be signed, so that list has every
subresource S3 knows today, also those that came when nobody wrote SigV2 any more.

A presigned URL may carry Content-Type, Content-MD5 and x-amz-* fields as parameters (boto3
puts them there). They are signed as the fields they stand for.

Source: the S3 API reference, "Signing and authenticating REST requests (AWS signature
version 2)".
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Final

from gateway.messages import Problem
from gateway.rest.claims import MAX_QUOTED, Claim, Fields, Pairs, Presented, bad_argument, cut, dated, written
from gateway.wire.gate import TOKEN
from gateway.wire.http1 import RequestHead

SCHEME: Final = "AWS"

PARAMETERS: Final = ("Signature", "Expires", "AWSAccessKeyId")
"""What the query of a presigned URL must have."""

SIGNED_PARAMETERS: Final = frozenset(
    """
    abac accelerate acl analytics annotation annotationName attributes cors defaultObjectAcl delete
    encryption intelligent-tiering inventory legal-hold lifecycle location logging
    metadataAnnotationTable metadataConfiguration metadataInventoryTable metadataJournalTable
    metadataTable metrics notification object-lock ownershipControls partNumber policy policyStatus
    publicAccessBlock renameObject replication requestPayment restore retention select select-type
    session storageClass tagging torrent uploadId uploads versionId versioning versions website
    response-cache-control response-content-disposition response-content-encoding
    response-content-language response-content-type response-expires
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Parameters that are part of what is signed: subresources, and what overrides the reply's fields."""

_STANDARD: Final = ("content-md5", "content-type")
_SECONDS = re.compile(r"[0-9]{1,10}")
_BUCKET = re.compile(r"/[^/]+")
_NAME = re.compile(TOKEN)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def read_header(head: RequestHead, fields: Fields, pairs: Pairs, now: datetime, bucket_in_host: str) -> Claim:
    """Return what `Authorization: AWS key:signature` claims.

    Args:
        head: The request's.
        fields: Its fields; `authorization` begins with the scheme.
        pairs: Its query's.
        now: The clock, aware.
        bucket_in_host: The bucket that the Host field names, "" for none.

    Raises:
        Problem: InvalidArgument, AccessDenied, RequestTimeTooSkewed or InvalidRequest.

    """
    authorization = fields.values["authorization"]
    access_key, _, signature = authorization.removeprefix(f"{SCHEME} ").partition(":")
    if not signature or ":" in signature or " " in authorization[len(SCHEME) + 1 :]:
        message = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
        raise bad_argument("Authorization", authorization, message)
    # Nothing signs such a parameter here, and there are stores that take it for the field of its name.
    unsigned = [name for name, _ in pairs if name.lower().startswith("x-amz-")]
    if unsigned:
        message = "There were parameters present in the request which were not signed"
        raise Problem("AccessDenied", message, (("HeadersNotSigned", cut(unsigned[0][:MAX_QUOTED])),))
    dated(fields.values, now)
    # An x-amz-date stands among the x-amz-* fields and leaves the place of Date empty.
    date = "" if "x-amz-date" in fields.values else fields.values["date"]
    fields.judge_single({"date", *_STANDARD, *_amz(fields.values)})
    start = _start(head.method, fields.values, date)
    resources = _resources(head, pairs, bucket_in_host)
    return _claim(Presented(access_key), signature, start, resources)


def read_query(head: RequestHead, fields: Fields, pairs: Pairs, now: datetime, bucket_in_host: str) -> Claim:
    """Return what the query of a presigned URL claims.

    Args:
        head: The request's.
        fields: Its fields.
        pairs: Its query's; AWSAccessKeyId or Signature is among them.
        now: The clock, aware.
        bucket_in_host: The bucket that the Host field names, "" for none.

    Raises:
        Problem: AccessDenied, also for a URL that has expired; InvalidRequest.

    """
    names = [name for name, _ in pairs]
    if any(names.count(name) > 1 for name in PARAMETERS):
        raise Problem("InvalidRequest", "A parameter of query-string authentication stands more than once.")
    given = dict(pairs)
    if any(name not in given for name in PARAMETERS):
        raise Problem(
            "AccessDenied",
            f"Query-string authentication requires the {', '.join(PARAMETERS[:-1])} "
            f"and {PARAMETERS[-1]} parameters",
        )
    expires = given["Expires"]
    if not _SECONDS.fullmatch(expires):
        message = f"Invalid date (should be seconds since epoch): {cut(expires[:MAX_QUOTED])}"
        raise Problem("AccessDenied", message)
    if now.timestamp() > int(expires):
        ended = datetime.fromtimestamp(int(expires), UTC)
        times = (("Expires", written(ended)), ("ServerTime", written(now)))
        raise Problem("AccessDenied", "Request has expired", times)
    fields.judge_single({*_STANDARD, *_amz(fields.values)})
    start = _start(head.method, _with_parameters(fields.values, pairs), expires)
    resources = _resources(head, pairs, bucket_in_host)
    return _claim(Presented(given["AWSAccessKeyId"], in_query=True), given["Signature"], start, resources)


def signature_of(text: str, secret: str) -> str:
    """Return the signature of a string to sign, in base64."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1"), "sha1")).decode("ascii")


def _amz(names: Iterable[str]) -> list[str]:
    return sorted([name for name in names if name.startswith("x-amz-")])


def _with_parameters(values: dict[str, str], pairs: Pairs) -> dict[str, str]:
    """Return the fields with the parameters that stand for fields.

    Raises:
        Problem: InvalidRequest, for one that stands twice, is another than the field that is sent
            as well, or is none that a field could be.

    """
    parameters: dict[str, str] = {}
    for given, text in pairs:
        name, value = given.lower(), text.strip(" \t")
        if name not in _STANDARD and not name.startswith("x-amz-"):
            continue
        # A colon or a line end in either could make one field of two, or two of one.
        is_field = _NAME.fullmatch(name) and not _CONTROL.search(value)
        if name in parameters or values.get(name, value) != value or not is_field:
            quoted = cut(name[:MAX_QUOTED])
            raise Problem("InvalidRequest", f"The parameter {quoted} is no field, or stands twice.")
        parameters[name] = value
    return {**values, **parameters}


def _start(method: str, values: dict[str, str], date: str) -> str:
    """Return a string to sign up to its last line, the resource."""
    standard = [values.get(name, "") for name in _STANDARD]
    return "\n".join((method, *standard, date, *[f"{name}:{values[name]}" for name in _amz(values)], ""))


def _resources(head: RequestHead, pairs: Pairs, bucket_in_host: str) -> list[str]:
    """Return what may have been signed of the address, likeliest first."""
    encoded = head.query.split("&") if pairs else []
    signed = sorted(
        [
            (name, f"{name}={value}" if "=" in pair else name)
            for pair, (name, value) in zip(encoded, pairs, strict=True)
            if name in SIGNED_PARAMETERS
        ],
        key=itemgetter(0),
    )
    query = f"?{'&'.join([text for _, text in signed])}" if signed else ""
    paths = [f"/{bucket_in_host}{head.path}" if bucket_in_host else head.path]
    if not bucket_in_host and _BUCKET.fullmatch(head.path):
        paths.append(f"{head.path}/")  # boto3 signs a bucket with the slash that it does not send
    return [f"{path}{query}" for path in paths]


def _claim(presented: Presented, signature: str, start: str, resources: list[str]) -> Claim:
    def texts() -> Iterator[tuple[str, str]]:
        for resource in resources:
            yield "", f"{start}{resource}"

    return Claim(presented, signature, texts, lambda secret, text: signature_of(text, secret))
