"""All rows of the table, and which of them a chain of gateways is asked."""

from __future__ import annotations

from collections import Counter

from tests.differential.rows import Own, Row
from tests.differential.table import (
    access,
    buckets,
    commands,
    copies,
    deletes,
    keys,
    listings,
    minio_py,
    multipart,
    never,
    objects,
    only_rest,
    reads,
    signed,
)

PAGES = (
    buckets, objects, keys, reads, listings, access, copies, deletes, signed, commands, minio_py, never,
    multipart, only_rest,
)  # fmt: skip
UNPROVEN = {"stranger", "liar", "nobody"}
"""Who asks so is refused by every gateway that checks."""


def _checked(row: Row) -> Row:
    return row.but(own=(Own(),)) if row.how.user in UNPROVEN and not row.own else row


ALL = tuple(_checked(row) for page in PAGES for row in page.ROWS)
BY_NAME = {row.name: row for row in ALL}
TWICE = [name for name, count in Counter(row.name for row in ALL).items() if count > 1]
SOAP = tuple(row for row in ALL if row.soap is not None)
PASSING = tuple(row for row in ALL if row.passes)
