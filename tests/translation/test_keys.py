"""Every key that XML can carry reaches the store unchanged, in both styles of address.

What a store itself makes of a key (SeaweedFS and JuiceFS keep `a//b` as `a/b`, JuiceFS and SeaweedFS
refuse `..`) it makes of it for boto3 too, and that is what is asserted.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from gateway.messages import Problem
from gateway.rest.signature import uri_encode
from tests.joined import Joined
from tests.stores.programs import DOMAIN, connect
from tests.translation.calls import BUCKET, WANTED, empty, get, put, refusal

KEYS = [
    "plain",
    "a b",
    " a",
    "a ",
    "a  b",
    "a+b",
    "a%b",
    "%41",
    "%2F",
    "%",
    "a(b)",
    "a!b",
    "a*b",
    "a'b",
    'a"b',
    "(!)*'",
    "a&b<c>d]]>",
    "a?b#c",
    "a=b;c,d:e@f$g",
    "a\\b",
    "a|b^c`d{e}[f]",
    "~-._",
    "é",
    "日本語/キー",
    "\U0001f600",
    "e\u0301 is not \u00e9",
    "a\u2028b\u0085c",
    "a\tb",
    "a\nb",
    "a\rb",
    "a\x7fb",
    "/leading",
    "//leading twice",
    "a//b",
    "a/b/",
    "/",
    "a/./b",
    "a/../b",
    "../up",
    ".",
    "..",
    "soap",
    "x" * 255,
    "x" * 1024,
    "日" * 341 + "x",
    "/".join(["x" * 100] * 10),
]

LOST_BY_MOTO = {"/leading", "//leading twice", "/", "a\nb"}
"""Keys that moto does not find again when the bucket is in the Host field, whoever asks."""


@pytest.fixture(scope="module")
def bucket(store):
    client = connect(store)
    client.create_bucket(Bucket=BUCKET)
    yield client
    empty(client, BUCKET)


def theirs(client, key):
    """What boto3 reads back under a key, or None when the store refuses it."""
    try:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
        return client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except ClientError:
        return None


def ours(gateway, key):
    try:
        put(gateway, key, b"theirs")
        return get(gateway, key)["Data"]
    except Problem:
        return None


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key[:12]))
def test_a_key_is_the_same_key(bucket, store, style, key):
    if (store.name, style) == ("moto", "virtual") and key in LOST_BY_MOTO:
        style = "path"
    url = store.endpoint_url.replace("127.0.0.1", DOMAIN)
    settings = {"addressing_style": style}
    gateway = Joined(url, store.access_key, store.secret_key, rest_settings=settings)
    expected = theirs(bucket, key)
    if expected is not None:
        bucket.delete_object(Bucket=BUCKET, Key=key)
    assert ours(gateway, key) == expected
    before = f"/{BUCKET}" if style == "path" else ""
    assert gateway.sent[0].target == f"{before}/{uri_encode(key, safe_slash=True)}"
    if expected != b"theirs":
        return
    put(gateway, key, b"ours")
    assert bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"ours"
    assert get(gateway, key)["Data"] == b"ours"
    assert get(gateway, key, GetData=False)["Status"]["Code"] == 200
    copy = {
        "SourceBucket": BUCKET,
        "SourceKey": key,
        "DestinationBucket": BUCKET,
        "DestinationKey": "the copy",
    }
    gateway.call("CopyObject", **copy)
    assert bucket.get_object(Bucket=BUCKET, Key="the copy")["Body"].read() == b"ours"
    gateway.call("DeleteObject", Bucket=BUCKET, Key=key)
    assert refusal(gateway, "GetObject", Bucket=BUCKET, Key=key, **WANTED).code == "NoSuchKey"


def test_the_keys_that_the_issue_names_work_on_every_store(bucket, store):
    """UTF-8, blanks and the signs that spellings differ in; no store has a word of its own on these."""
    gateway = Joined(store.endpoint_url, store.access_key, store.secret_key)
    keys = ["é日本", "a b", "a+b", "a%b", "a(b)", "a!b", "a*b", "a'b", "a&b<c>", "/".join(["x" * 100] * 10)]
    for key in keys:
        put(gateway, key, key.encode())
    assert {key: get(gateway, key)["Data"].decode() for key in keys} == {key: key for key in keys}
    listed = gateway.call("ListBucket", Bucket=BUCKET)
    assert set(keys) <= {one["Key"] for one in listed["Contents"]}
    for key in keys:
        gateway.call("DeleteObject", Bucket=BUCKET, Key=key)


def test_what_is_no_key_is_not_sent(store):
    gateway = Joined(store.endpoint_url, store.access_key, store.secret_key)
    too_long = {"Bucket": BUCKET, "Key": "x" * 1025}
    assert refusal(gateway, "DeleteObject", **too_long).code == "KeyTooLongError"
    assert refusal(gateway, "DeleteObject", Bucket=BUCKET, Key="").code == "InvalidArgument"
    assert refusal(gateway, "DeleteObject", Bucket="../other", Key="k").code == "InvalidBucketName"
    assert gateway.sent == []
