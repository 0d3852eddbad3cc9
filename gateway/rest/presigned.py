"""What a presigned URL says in its query in place of header fields.

Whoever opens a URL sends no fields of S3's, so what the signer wanted said stands in the
query: `x-amz-acl`, `x-amz-meta-...`, a copy's source, and in SigV2 Content-Type and Content-MD5
as well. They are covered by the signature as fields are. Here they become fields, before
anybody asks what the request is: a signed field must not be lost because it was looked for in
the other place.

Source: the S3 API reference, "Authenticating requests: using query parameters"; the S3 developer
guide, "Signing and authenticating REST requests", "Query string request authentication alternative".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from gateway.messages import Problem
from gateway.rest.addresses import decode
from gateway.rest.claim_v2 import PARAMETERS as OF_SIGV2
from gateway.rest.claim_v4 import PARAMETERS as OF_SIGV4
from gateway.rest.claims import Presented
from gateway.wire.http1 import RequestHead

AUTHENTICATION: Final = frozenset((*OF_SIGV4, *OF_SIGV2, "X-Amz-Content-Sha256", "X-Amz-Security-Token"))
"""Parameters that sign a URL; nobody but the check of the signature reads them."""

_ONLY_SIGV2: Final = frozenset({"content-type", "content-md5"})
_FIELD: Final = "x-amz-"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")


def in_fields(head: RequestHead, presented: Presented | None) -> RequestHead:
    """Return a head in which fields are fields, whichever way they came.

    Args:
        head: The request's, checked.
        presented: Who it is from.

    Returns:
        The head without its authenticating parameters and those that stand for fields; the head
        itself, unless it is that of a presigned URL.

    Raises:
        Problem: InvalidArgument, for a parameter that no field could be, that stands twice or
            beside a field of its name; InvalidURI.

    """
    if presented is None or not presented.in_query:
        return head
    fields: dict[str, str] = {}
    rest: list[str] = []
    for pair in head.query.split("&"):
        raw_name, _, raw_value = pair.replace("+", "%20").partition("=")
        given = decode(raw_name)
        name = given.lower()
        if given in AUTHENTICATION:
            continue
        if not (name.startswith(_FIELD) or (not presented.date and name in _ONLY_SIGV2)):
            rest.append(pair)
            continue
        value = decode(raw_value).strip(" \t").encode().decode("latin-1")
        if name in fields or not _NAME.match(name) or not _VALUE.match(value):
            raise _unfit(given)
        if (sent := head.header(name)) is None:
            fields[name] = value
        elif sent != value:
            raise _unfit(given)
    query = "&".join(rest)
    target = f"{head.path}?{query}" if query else head.path
    return replace(head, headers=(*head.headers, *fields.items()), query=query, target=target)


def _unfit(name: str) -> Problem:
    return Problem(
        "InvalidArgument",
        "A parameter in place of a header field is none that a field could be, or stands twice.",
        (("ArgumentName", name[:64]),),
    )
