"""Rows of ranges and conditions, alone and together, with GET and HEAD."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.differential.plain import NOW
from tests.differential.rows import EMPTY, HELLO, NEW, Loss, Row, Scene, Thing, boto, http
from tests.differential.table.losses import BESIDE, ONLY_REST

SAME = '"5d41402abc4b2a76b9719d911017c592"'
"""The ETag of b"hello"."""
OTHER = '"00000000000000000000000000000000"'
LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
LATER = datetime(2044, 2, 3, 4, 5, 6, tzinfo=UTC)
RANGES = {
    "its first": "bytes=0-0",
    "some": "bytes=1-3",
    "from one on": "bytes=2-",
    "all": "bytes=0-4",
    "beyond its end": "bytes=3-99",
    "its last two": "bytes=-2",
    "its last hundred": "bytes=-100",
    "none at its end": "bytes=-0",
    "behind its end": "bytes=5-",
    "far behind": "bytes=100-200",
    "backwards": "bytes=3-1",
    "of another unit": "lines=1-2",
    "without numbers": "bytes=-",
    "of words": "bytes=a-b",
    "several": "bytes=0-1,3-4",
    "without its unit": "1-3",
    "with blanks": "bytes= 1-3",
}
GET = boto("get_object", Key="k")
BEHIND = (
    Loss("headers.content-range", "a fault has no header fields, and this store says the size nowhere else"),
)
"""SOAP does not say how long the object is."""
NO_RANGE = {"plainly": (GET,)}
"""A range that is none is not looked at (RFC 9110, 14.2)."""
OTHERWISE = {
    "behind its end": {"soap": BEHIND},
    "far behind": {"soap": BEHIND},
    "none at its end": {"soap": (BESIDE,)},
    "backwards": NO_RANGE,
    "of words": NO_RANGE,
    "without numbers": NO_RANGE,
    "with blanks": {"plainly": (boto("get_object", Key="k", Range="bytes=1-3"),)},
}
CONDITIONS = {
    "the same tag": {"IfMatch": SAME},
    "another tag": {"IfMatch": OTHER},
    "any tag": {"IfMatch": "*"},
    "one of two tags": {"IfMatch": f"{OTHER}, {SAME}"},
    "not the same tag": {"IfNoneMatch": SAME},
    "not another tag": {"IfNoneMatch": OTHER},
    "no tag": {"IfNoneMatch": "*"},
    "none of two tags": {"IfNoneMatch": f"{OTHER}, {SAME}"},
    "new since long ago": {"IfModifiedSince": LONG_AGO},
    "new since later": {"IfModifiedSince": LATER},
    "old since long ago": {"IfUnmodifiedSince": LONG_AGO},
    "old since later": {"IfUnmodifiedSince": LATER},
    "the same tag and old since long ago": {"IfMatch": SAME, "IfUnmodifiedSince": LONG_AGO},
    "another tag and old since later": {"IfMatch": OTHER, "IfUnmodifiedSince": LATER},
    "not the same tag and new since long ago": {"IfNoneMatch": SAME, "IfModifiedSince": LONG_AGO},
    "not another tag and new since later": {"IfNoneMatch": OTHER, "IfModifiedSince": LATER},
    "the same tag, and not the same": {"IfMatch": SAME, "IfNoneMatch": SAME},
    "a tag without its quotes": {"IfMatch": SAME.strip('"')},
}
UNCHANGED = {
    "not the same tag",
    "no tag",
    "none of two tags",
    "new since later",
    "not the same tag and new since long ago",
    "the same tag, and not the same",
}
"""What is answered by 304."""
SINCE = (Loss("headers.last-modified", "S3 tells it with 304, this store does not", NOW, step=0),)


def row(name: str, *steps, scene: Scene = HELLO, **more) -> Row:
    return Row(f"read: {name}", "boto3", steps, scene, **more)


ROWS = (
    *(
        row(
            f"a range, {word}",
            boto("get_object", Key="k", Range=text),
            **OTHERWISE.get(word, {}),
            passes=word in {"some", "behind its end"},
        )
        for word, text in RANGES.items()
    ),
    *(
        row(
            f"a range of a head, {word}",
            boto("head_object", Key="k", Range=RANGES[word]),
        )
        for word in ("some", "its last two", "behind its end")
    ),
    row(
        "a range of an empty object",
        boto("get_object", Key="k", Range="bytes=0-"),
        scene=Scene((Thing("k", b""),)),
        soap=BEHIND,
    ),
    row(
        "a range of an object that is not there",
        boto("get_object", Key="nothing", Range="bytes=0-1"),
    ),
    row(
        "a range out of a bucket that is not there",
        boto("get_object", Bucket=NEW, Key="k", Range="bytes=0-1"),
    ),
    row(
        "a range of a mebibyte",
        boto("get_object", Key="k", Range="bytes=65530-917510"),
        scene=Scene((Thing("k", bytes(range(256)) * 4096),)),
    ),
    *(
        row(f"if {word}", boto("get_object", Key="k", **values), soap=SINCE if word in UNCHANGED else ())
        for word, values in CONDITIONS.items()
    ),
    *(
        row(
            f"a head if {word}",
            boto("head_object", Key="k", **CONDITIONS[word]),
            soap=SINCE if word in UNCHANGED else (),
        )
        for word in (
            "the same tag",
            "another tag",
            "not the same tag",
            "new since later",
            "old since long ago",
        )
    ),
    row("a range if the same tag", boto("get_object", Key="k", Range="bytes=1-2", IfMatch=SAME)),
    row("a range if another tag", boto("get_object", Key="k", Range="bytes=1-2", IfMatch=OTHER)),
    row(
        "a range if not the same tag",
        boto("get_object", Key="k", Range="bytes=1-2", IfNoneMatch=SAME),
        soap=SINCE,
    ),
    row("a bad range if another tag", boto("get_object", Key="k", Range="bytes=9-", IfMatch=OTHER)),
    row("if the same tag, not there", boto("get_object", Key="nothing", IfMatch=SAME)),
    row("if not the same tag, not there", boto("get_object", Key="nothing", IfNoneMatch=SAME)),
    *(
        row(
            f"a range or all, {word}",
            http("GET", "/{bucket}/k", headers={"Range": "bytes=1-2", "If-Range": text}),
            **more,
        ).but(client="http")
        for word, text, more in (
            ("the same tag", SAME, {}),
            ("another tag", OTHER, {"plainly": (http("GET", "/{bucket}/k"),)}),
            ("long ago", "Sat, 03 Feb 2001 04:05:06 GMT", {"soap": ONLY_REST["If-Range"]}),
        )
    ),
    row(
        "if new since no date",
        http("GET", "/{bucket}/k", headers={"If-Modified-Since": "yesterday"}),
        plainly=(http("GET", "/{bucket}/k"),),
    ).but(client="http"),
    row("a range of nothing", boto("get_object", Key="k", Range="bytes=0-1"), scene=EMPTY),
)
