"""Rows of listings: both versions, all parameters, all pages."""

from __future__ import annotations

from tests.differential.rows import EMPTY, NEW, How, Row, Scene, boto, http, things
from tests.differential.table.losses import ONLY_REST

SHELF = things("a", "b/1", "b/2", "b/c/3", "d e", "f+g", "h%i", "ü", "z/1", "zz")
MANY = things(*(f"{folder}/{number:02}" for folder in "abc" for number in range(5)))
BOTH = ("list_objects", "list_objects_v2")

ASKED = {
    "all": {},
    "by prefix": {"Prefix": "b"},
    "by a prefix that is a key": {"Prefix": "a"},
    "by a prefix of nothing": {"Prefix": "nothing"},
    "by an odd prefix": {"Prefix": "f+"},
    "by a prefix with per cent": {"Prefix": "h%"},
    "by a prefix with umlauts": {"Prefix": "ü"},
    "in folders": {"Delimiter": "/"},
    "in a folder": {"Prefix": "b/", "Delimiter": "/"},
    "by another delimiter": {"Delimiter": "c"},
    "by an empty delimiter": {"Delimiter": ""},
    "one": {"MaxKeys": 1},
    "two in folders": {"MaxKeys": 2, "Delimiter": "/"},
    "none": {"MaxKeys": 0},
    "a thousand": {"MaxKeys": 1000},
    "more than there may be": {"MaxKeys": 5000},
    "less than none": {"MaxKeys": -1},
    "encoded": {"EncodingType": "url"},
    "encoded otherwise": {"EncodingType": "base64"},
}
FIRST = {
    "after a key": {"Marker": "b/2"},
    "after a word": {"Marker": "c"},
    "after the last": {"Marker": "zzz"},
    "after a folder": {"Marker": "b/", "Delimiter": "/"},
    "after a key of a folder": {"Marker": "b/1", "Delimiter": "/"},
    "after an odd key": {"Marker": "f+g"},
    "after a key, by prefix": {"Marker": "b/1", "Prefix": "b/"},
}
SECOND = {
    "after a key": {"StartAfter": "b/2"},
    "after a word": {"StartAfter": "c"},
    "after the last": {"StartAfter": "zzz"},
    "after a folder": {"StartAfter": "b/", "Delimiter": "/"},
    "after an odd key": {"StartAfter": "f+g"},
    "with their owners": {"FetchOwner": True},
    "without their owners": {"FetchOwner": False},
    "by an empty token": {"ContinuationToken": ""},
    "by a token that is none": {"ContinuationToken": "this is no token"},
}


def row(name: str, *steps, scene: Scene = SHELF, **more) -> Row:
    return Row(f"list: {name}", "boto3", steps, scene, **more)


def plain(name: str, query: str, *, path: str = "/{bucket}", scene: Scene = SHELF, **more) -> Row:
    return Row(f"list: {name}", "http", (http("GET", path, query, **more),), scene)


ROWS = (
    *(
        row(f"{word}, {call}", boto(call, **values), passes=word == "by an odd prefix")
        for word, values in ASKED.items()
        for call in BOTH
    ),
    *(row(f"{word}, list_objects", boto("list_objects", **values)) for word, values in FIRST.items()),
    *(row(f"{word}, list_objects_v2", boto("list_objects_v2", **values)) for word, values in SECOND.items()),
    *(row(f"of an empty bucket, {call}", boto(call), scene=EMPTY) for call in BOTH),
    *(row(f"of a bucket that is not there, {call}", boto(call, Bucket=NEW)) for call in BOTH),
    *(row(f"by somebody else, {call}", boto(call), how=How(user="bob")) for call in BOTH),
    *(row(f"by nobody, {call}", boto(call), how=How(user="nobody")) for call in BOTH),
    *(row(f"by its host, {call}", boto(call), how=How(virtual=True), passes=True) for call in BOTH),
    *(
        row(f"all pages, {call}", boto(f"pages:{call}", PaginationConfig={"PageSize": 4}), scene=MANY)
        for call in BOTH
    ),
    *(
        row(
            f"all pages in folders, {call}",
            boto(f"pages:{call}", Delimiter="/", PaginationConfig={"PageSize": 1}),
            scene=MANY,
        )
        for call in BOTH
    ),
    *(
        row(
            f"all pages of a folder, {call}",
            boto(f"pages:{call}", Prefix="b/", Delimiter="/", PaginationConfig={"PageSize": 2}),
            scene=MANY,
        )
        for call in BOTH
    ),
    *(
        row(
            f"all pages of odd keys, {call}",
            boto(f"pages:{call}", PaginationConfig={"PageSize": 3}),
            passes=True,
        )
        for call in BOTH
    ),
    plain("as a document", ""),
    plain("as a document, version 2", "list-type=2"),
    plain("as a document with a last slash", "", path="/{bucket}/"),
    plain("as an encoded document", "encoding-type=url"),
    plain("with no number", "max-keys=many"),
    plain("with an empty number", "max-keys="),
    plain("with a number too large", "max-keys=99999999999999999999"),
    plain("of a version that there is not", "list-type=3"),
    plain("with an empty prefix and delimiter", "prefix=&delimiter="),
    plain("with an escaped prefix", "prefix=b%2F&delimiter=%2F"),
    plain("with a blank in the prefix", "prefix=d%20e"),
    row(
        "of optional fields",
        boto("list_objects_v2", OptionalObjectAttributes=["RestoreStatus"]),
        soap=ONLY_REST["x-amz-optional-object-attributes"],
    ),
)
