"""What SOAP never had, what it loses, and where the gateway speaks in the store's place: with reasons."""

from __future__ import annotations

import re
from urllib.parse import quote

from tests.differential.rows import Loss, Refused


class _Refusals(dict[str, Refused]):
    """Refusals by what they name."""

    def __missing__(self, names: str) -> Refused:
        return Refused(names)


ONLY_REST = _Refusals()
"""`ONLY_REST["x"]`: the row asks for x, which SOAP never had; the answer names it."""


def escaped(path: str) -> str:
    """Return a path as it stands in a request."""
    return re.sub(r"%3C(\w+)%3E", r"<\1>", quote(path, safe="/~"))


def quoted(tag: str) -> str:
    """Return a tag in its quotes."""
    return f'"{tag.strip(chr(34))}"'


OWN = "a header field of this store alone, which SOAP has no place for"
SUMS = "SOAP has no place for checksums: they are verified here and end here"

BY_SOAP = (
    *(
        Loss(f"headers.{name}", OWN)
        for name in ("vary", "seaweed-x-amz-owner", "seaweed-x-amz-etag", "x-amz-tagging-count")
    ),
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

ADDRESS = "the store tells the address that it was asked by, which is the gateway's way to it"


def by_path(resource: str) -> Loss:
    """Return what a client sees of an error that asked by the host: the gateway asked by the path."""
    return Loss("Error.Resource", "the gateway asks the store by the path", f"/<bucket>/{resource}")
