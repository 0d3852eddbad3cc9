"""Rows of many objects deleted with one request: quiet or not, there or not, well-formed or not."""

from __future__ import annotations

import base64
import hashlib

from tests.differential.rows import NEW, How, Loss, Own, Row, Scene, boto, http, things
from tests.differential.table.losses import BESIDE, MALFORMED, ONLY_REST, OTHER_ERROR, STRICTER

FOUR = things("a", "b", "c/d", "e f+g")


NO_NAME = "no object has an empty key: S3 says so, this store passes over it"
NO_KEY = ["Error", ["Code", "InvalidArgument"], ["Key", ""], ["Message", "A key has at least one character."]]


def keys(*names: str, quiet: bool | None = None):
    listed = {"Objects": [{"Key": name} for name in names]}
    return listed if quiet is None else {**listed, "Quiet": quiet}


def delete(*names: str, quiet: bool | None = None, **more):
    return boto("delete_objects", Delete=keys(*names, quiet=quiet), **more)


def row(name: str, *steps, scene: Scene = FOUR, **more) -> Row:
    return Row(f"delete: {name}", "boto3", steps, scene, **more)


def document(name: str, body: bytes, **headers: str) -> Row:
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    step = http("POST", "/{bucket}", "delete=", body=body, headers={"Content-MD5": digest, **headers})
    return Row(f"delete: {name}", "http", (step,), FOUR)


ROWS = (
    row("two", delete("a", "b"), passes=True),
    row("two, quietly", delete("a", "b", quiet=True)),
    row("two, aloud", delete("a", "b", quiet=False)),
    row("all", delete("a", "b", "c/d", "e f+g")),
    row("one that is not there", delete("nothing")),
    row("one that is not there, quietly", delete("nothing", quiet=True)),
    row("some that are there and some that are not", delete("a", "nothing", "b")),
    row("one twice", delete("a", "a")),
    row("odd keys", delete("ü", "e f+g", "<&>", "a%2Fb")),
    row("in a bucket that is not there", delete("a", Bucket=NEW)),
    row("by somebody else", delete("a"), how=How(user="bob")),
    row("by nobody", delete("a"), how=How(user="nobody")),
    row("by a liar", delete("a"), how=How(user="liar")),
    row("by the host", delete("a"), how=How(virtual=True), passes=True),
    row("over plain HTTP", delete("a"), how=How(plain=True), passes=True),
    row("a hundred", delete(*(f"key-{number}" for number in range(100)))),
    row(
        "more than a thousand",
        delete(*(f"key-{number}" for number in range(1001))),
        soap=(Own(OTHER_ERROR, "MalformedXML"),),
    ),
    row("none", delete(), soap=(MALFORMED,)),
    row(
        "a version",
        boto("delete_objects", Delete={"Objects": [{"Key": "a", "VersionId": "null"}]}),
        soap=ONLY_REST["VersionId"],
    ),
    document("as a document", b"<Delete><Object><Key>a</Key></Object></Delete>"),
    document(
        "as a document in S3's namespace",
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>'
        b"<Object><Key>a</Key></Object><Object><Key>nothing</Key></Object></Delete>",
    ),
    document("a document that is cut", b"<Delete><Object><Key>a</Key>").but(soap=(BESIDE,)),
    document("a document of another name", b"<Something><Object><Key>a</Key></Object></Something>").but(
        soap=(MALFORMED,)
    ),
    document("a document that is empty", b"").but(soap=(BESIDE,)),
    document("an object without a key", b"<Delete><Object></Object></Delete>").but(soap=(MALFORMED,)),
    document("an empty key", b"<Delete><Object><Key></Key></Object></Delete>").but(
        soap=(Loss("body.1", NO_NAME, NO_KEY, step=0),)
    ),
    document(
        "with a wrong MD5",
        b"<Delete><Object><Key>a</Key></Object></Delete>",
        **{"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()},
    ).but(own=(Own(STRICTER, "BadDigest", 400),)),
    Row(
        "delete: without an MD5",
        "http",
        (http("POST", "/{bucket}", "delete=", body=b"<Delete><Object><Key>a</Key></Object></Delete>"),),
        FOUR,
        soap=(
            Own(
                STRICTER,
                "InvalidRequest",
                400,
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
            ),
        ),
    ),
)
