"""Rows of access control: lists got and put, as documents, by canned names and by grants."""

from __future__ import annotations

from typing import Any

from tests.differential.rows import HELLO, NEW, How, Own, Row, Scene, Thing, boto, http
from tests.differential.table.losses import NO_CANNED_LIST, OTHER_ERROR, STRICTER, WORDS

ALICE = {"Type": "CanonicalUser", "ID": "alice-canonical-id"}
ALL = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
BOB = {"Type": "CanonicalUser", "ID": "bob-canonical-id"}
CANNED = ("private", "public-read", "public-read-write", "authenticated-read")
GET_BUCKET, GET = boto("get_bucket_acl"), boto("get_object_acl", Key="k")


def policy(*grants: tuple[dict[str, str], str], owner: str = "alice-canonical-id") -> dict[str, Any]:
    return {
        "Owner": {"ID": owner},
        "Grants": [{"Grantee": grantee, "Permission": permission} for grantee, permission in grants],
    }


POLICIES = {
    "for the owner alone": policy((ALICE, "FULL_CONTROL")),
    "for all to read": policy((ALICE, "FULL_CONTROL"), (ALL, "READ")),
    "for somebody else, too": policy((ALICE, "FULL_CONTROL"), (BOB, "READ"), (BOB, "READ_ACP")),
    "for somebody whom nobody knows": policy(({"Type": "CanonicalUser", "ID": "unknown"}, "READ")),
    "for a group that there is not": policy(({"Type": "Group", "URI": "http://example.com/group"}, "READ")),
    "for one with an address": policy(
        (ALICE, "FULL_CONTROL"),
        ({"Type": "AmazonCustomerByEmail", "EmailAddress": "bob@example.com"}, "READ"),
    ),
}
GRANTS = {
    "GrantRead": ('id="bob-canonical-id"', policy((BOB, "READ"))),
    "GrantFullControl": ('id="alice-canonical-id"', policy((ALICE, "FULL_CONTROL"))),
    "GrantReadACP": ('uri="http://acs.amazonaws.com/groups/global/AllUsers"', policy((ALL, "READ_ACP"))),
}
"""By the header field, and as the document that says the same: this store heeds only documents."""
LISTS = {"put_bucket_acl": {}, "put_object_acl": {"Key": "k"}}
THEIRS = policy((ALICE, "FULL_CONTROL"), owner="bob-canonical-id")
UNKNOWN = policy((ALICE, "EVERYTHING"))
MALFORMED = Own(OTHER_ERROR, "MalformedACLError", 400)
NO_LIST = Own(STRICTER, "InvalidArgument", 400, NO_CANNED_LIST)
BROKEN = {
    "that is cut": (b"<AccessControlPolicy><Owner>", MALFORMED),
    "of another name": (b"<Something/>", MALFORMED),
    "that is empty": (b"", Own(STRICTER, "MissingSecurityHeader", 400)),
    "that is text": (b"public-read", MALFORMED),
}


def row(name: str, *steps, scene: Scene = HELLO, **more) -> Row:
    return Row(f"access: {name}", "boto3", steps, scene, **more)


ROWS = (
    row("a bucket's list", GET_BUCKET, passes=True),
    row("an object's list", GET, passes=True),
    row("a bucket's list that is not there", boto("get_bucket_acl", Bucket=NEW)),
    row("an object's list that is not there", boto("get_object_acl", Key="nothing")),
    row("an object's list in a bucket that is not there", boto("get_object_acl", Bucket=NEW, Key="k")),
    row("a bucket's list, by somebody else", GET_BUCKET, how=How(user="bob")),
    row("an object's list, by nobody", GET, how=How(user="nobody")),
    row("a bucket's list, by its host", GET_BUCKET, how=How(virtual=True), passes=True),
    row("an object's list, by the host", GET, how=How(virtual=True)),
    *(row(f"a bucket becomes {canned}", boto("put_bucket_acl", ACL=canned), GET_BUCKET) for canned in CANNED),
    *(
        row(f"an object becomes {canned}", boto("put_object_acl", Key="k", ACL=canned), GET)
        for canned in CANNED
    ),
    *(
        row(f"an object is put {canned}", boto("put_object", Key="k", Body=b"x", ACL=canned), GET)
        for canned in CANNED
    ),
    row(
        "an object is put with a wrong name",
        boto("put_object", Key="k", Body=b"x", ACL="for-nobody"),
        soap=(NO_LIST,),
    ),
    row(
        "a bucket becomes what there is not",
        boto("put_bucket_acl", ACL="for-nobody"),
        GET_BUCKET,
        soap=(Own(OTHER_ERROR, "InvalidArgument", 400, NO_CANNED_LIST, step=0),),
    ),
    *(
        row(
            f"of another owner, {call}",
            boto(call, **key, AccessControlPolicy=THEIRS),
            soap=(Own(WORDS, "AccessDenied"),),
        )
        for call, key in LISTS.items()
    ),
    *(
        row(
            f"of a permission that there is not, {call}",
            boto(call, **key, AccessControlPolicy=UNKNOWN),
            soap=(Own(STRICTER, "MalformedACLError", 400),),
        )
        for call, key in LISTS.items()
    ),
    *(
        row(f"a bucket's list {word}", boto("put_bucket_acl", AccessControlPolicy=value), GET_BUCKET)
        for word, value in POLICIES.items()
    ),
    *(
        row(f"an object's list {word}", boto("put_object_acl", Key="k", AccessControlPolicy=value), GET)
        for word, value in POLICIES.items()
    ),
    *(
        row(
            f"an object by {name}",
            boto("put_object_acl", Key="k", **{name: value}),
            GET,
            plainly=(boto("put_object_acl", Key="k", AccessControlPolicy=same), GET),
        )
        for name, (value, same) in GRANTS.items()
    ),
    *(
        row(
            f"a bucket by {name}",
            boto("put_bucket_acl", **{name: value}),
            GET_BUCKET,
            plainly=(boto("put_bucket_acl", AccessControlPolicy=same), GET_BUCKET),
        )
        for name, (value, same) in GRANTS.items()
    ),
    *(
        row(f"an object is put by {name}", boto("put_object", Key="k", Body=b"x", **{name: value}), GET)
        for name, (value, _) in GRANTS.items()
    ),
    row("an object's list put that is not there", boto("put_object_acl", Key="nothing", ACL="private")),
    row("a bucket's list put that is not there", boto("put_bucket_acl", Bucket=NEW, ACL="private")),
    row("a bucket's list put by somebody else", boto("put_bucket_acl", ACL="private"), how=How(user="bob")),
    *(
        Row(
            f"access: a bucket's document {word}",
            "http",
            (http("PUT", "/{bucket}", "acl=", body=body),),
            HELLO,
            soap=(own,),
        )
        for word, (body, own) in BROKEN.items()
    ),
    row(
        "an object for all is read by nobody",
        boto("get_object", Key="k"),
        how=How(user="nobody"),
        scene=Scene((Thing("k", b"for all", {"ACL": "public-read"}),)),
        passes=True,
    ),
)
