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
from tests.differential.table.losses import BESIDE, WORDS

PAGES = (
    buckets, objects, keys, reads, listings, access, copies, deletes, signed, commands, minio_py, never,
    multipart, only_rest,
)  # fmt: skip
UNPROVEN = {
    "stranger": Own(WORDS, "InvalidAccessKeyId"),
    "liar": BESIDE,
    "nobody": Own(WORDS, "AccessDenied"),
}
"""Who asks so is refused by every gateway that checks, in these words."""


def _checked(row: Row) -> Row:
    own = UNPROVEN.get(row.how.user)
    if own is None or row.own:
        return row
    silent = all(step.call.startswith("head_") for step in row.steps)  # its error has no words
    return row.but(own=(BESIDE if silent else own,))


ALL = tuple(_checked(row) for page in PAGES for row in page.ROWS)
BY_NAME = {row.name: row for row in ALL}
TWICE = [name for name, count in Counter(row.name for row in ALL).items() if count > 1]
SOAP = tuple(row for row in ALL if row.soap is not None)
PASSING = tuple(row for row in ALL if row.passes)
