"""Rows of listings: both versions, all parameters, all pages."""

from __future__ import annotations

from tests.differential.rows import EMPTY, NEW, How, Loss, Own, Row, Scene, boto, http, things
from tests.differential.table.losses import BESIDE, ONLY_REST, STRICTER, WORDS

SHELF = things("a", "b/1", "b/2", "b/c/3", "d e", "f+g", "h%i", "ü", "z/1", "zz")
ODD = things("a", "b/1", "d e", "h%i", "x&y", "ü", "z/1", "ÿ")
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
LIKE_S3 = "the gateway encodes it as S3 does; boto3 does not decode it in version 1"
NOT_ENCODED = "this store does not encode it where it should"
NO_TOKEN = Own(STRICTER, "InvalidArgument", 400, "The continuation token provided is incorrect")
NO_NUMBER = Own(WORDS, message="Provided max-keys not an integer or within integer range")
OTHERWISE = {
    ("by an odd prefix", "list_objects"): (Loss("Prefix", LIKE_S3, "f%2B"),),
    ("by an odd prefix", "list_objects_v2"): (Loss("Prefix", NOT_ENCODED, "f+"),),
    ("by a prefix with per cent", "list_objects"): (Loss("Prefix", LIKE_S3, "h%25"),),
    ("by a prefix with umlauts", "list_objects"): (Loss("Prefix", LIKE_S3, "%C3%BC"),),
    ("after an odd key", "Marker"): (Loss("Marker", NOT_ENCODED, "f+g"),),
    ("after an odd key", "v2"): (Loss("StartAfter", NOT_ENCODED, "f+g"),),
    ("by an empty token", "v2"): (NO_TOKEN,),
    ("by a token that is none", "v2"): (NO_TOKEN,),
    "more than there may be": (Loss("MaxKeys", "no page has more than a thousand, as in S3", 1000),),
    "less than none": (BESIDE,),
    "encoded otherwise": (
        Own(STRICTER, "InvalidArgument", 400, "Invalid Encoding Method specified in Request"),
    ),
}


def row(name: str, *steps, scene: Scene = SHELF, **more) -> Row:
    return Row(f"list: {name}", "boto3", steps, scene, **more)


def plain(name: str, query: str, *, path: str = "/{bucket}", scene: Scene = SHELF, **more) -> Row:
    return Row(f"list: {name}", "http", (http("GET", path, query),), scene, **more)


ROWS = (
    *(
        row(
            f"{word}, {call}",
            boto(call, **values),
            passes=word == "by an odd prefix",
            soap=OTHERWISE.get((word, call), OTHERWISE.get(word, ())),
        )
        for word, values in ASKED.items()
        for call in BOTH
    ),
    *(
        row(f"{word}, list_objects", boto("list_objects", **values), soap=OTHERWISE.get((word, "Marker"), ()))
        for word, values in FIRST.items()
    ),
    *(
        row(
            f"{word}, list_objects_v2",
            boto("list_objects_v2", **values),
            soap=OTHERWISE.get((word, "v2"), ()),
        )
        for word, values in SECOND.items()
    ),
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
            scene=ODD,
            passes=True,
        )
        for call in BOTH
    ),
    plain("as a document", ""),
    plain("as a document, version 2", "list-type=2"),
    plain("as a document with a last slash", "", path="/{bucket}/"),
    plain("as an encoded document", "encoding-type=url"),
    plain("with no number", "max-keys=many", soap=(NO_NUMBER,)),
    plain("with an empty number", "max-keys="),
    plain("with a number too large", "max-keys=99999999999999999999", soap=(NO_NUMBER,)),
    plain("of a version that there is not", "list-type=3", soap=ONLY_REST["list-type"]),
    plain("with an empty prefix and delimiter", "prefix=&delimiter="),
    plain("with an escaped prefix", "prefix=b%2F&delimiter=%2F"),
    plain("with a blank in the prefix", "prefix=d%20e"),
    row(
        "of optional fields",
        boto("list_objects_v2", OptionalObjectAttributes=["RestoreStatus"]),
        soap=ONLY_REST["x-amz-optional-object-attributes"],
    ),
)
