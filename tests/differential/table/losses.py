"""What SOAP never had, what it loses, and where the gateway speaks in the store's place: with reasons."""

from __future__ import annotations

import re
from urllib.parse import quote

from tests.differential.rows import Loss, Own, Refused
from tests.stores.store import REGION


class _Refusals(dict[str, Refused]):
    """Refusals by what they name."""

    def __missing__(self, names: str) -> Refused:
        return Refused(names)


ONLY_REST = _Refusals()
"""`ONLY_REST["x"]`: the row asks for x, which SOAP never had; the answer names it."""


def operation(call: str) -> str:
    """Return S3's name of an operation, given boto3's."""
    return "".join(word.capitalize() for word in call.split("_"))


def escaped(path: str) -> str:
    """Return a path as it stands in a request."""
    return re.sub(r"%3C(\w+)%3E", r"<\1>", quote(path, safe="/~"))


def quoted(tag: str) -> str:
    """Return a tag in its quotes."""
    return f'"{tag.strip(chr(34))}"'


CLASS = "SOAP tells the class of an object in listings only"
OWN = "a header field of this store alone, which SOAP has no place for"
SUMS = "SOAP has no place for checksums: they are verified here and end here"

BY_SOAP = (
    *(
        Loss(f"{place}.{name}", OWN)
        for name in ("vary", "seaweed-x-amz-owner", "seaweed-x-amz-etag", "x-amz-tagging-count")
        for place in ("headers", "*.headers", "http_headers", "metadata")
    ),
    Loss("headers.x-amz-storage-class", CLASS),
    Loss("StorageClass", CLASS),
    *(
        Loss(path, SUMS)
        for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
        for path in (f"Checksum{name}", f"headers.x-amz-checksum-{name.lower()}")
    ),
    Loss("Contents.*.ChecksumAlgorithm", SUMS),
    Loss("Error.Resource", "it is rebuilt from the path as it was sent (wire rule 5)", escaped),
    Loss("CopyObjectResult.ETag", "tags are quoted where the store forgets it (wire rule 28)", quoted),
)
"""Of every row that is asked through SOAP."""

ADDRESS = "this store names the bucket twice, in the host and in the path"


DETAILS = "the store and S3 tell different details beside the message"
WORDS = "the message is S3's, this store has its own words"
STRICTER = "S3 refuses what this store does"
OTHER_ERROR = "S3 has this error for it, this store another"
BESIDE = Own(DETAILS)
MALFORMED = Own(STRICTER, "MalformedXML", 400)
NO_CANNED_LIST = "This is no canned ACL."


def region(step: int = 0) -> tuple[Loss, ...]:
    """Return what HEAD of a bucket tells more than this store does, as S3 does."""
    why = "S3 tells the region, by which clients find it; this store does not"
    told = {"headers.x-amz-bucket-region": REGION, "BucketRegion": REGION}
    return tuple(Loss(path, why, text, step=step) for path, text in told.items())
