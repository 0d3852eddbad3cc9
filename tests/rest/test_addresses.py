"""Addresses: which bytes of Host and path name a bucket and a key, and which names are refused."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.addresses import (
    MAX_KEY,
    Endpoint,
    build_address,
    judge_bucket,
    judge_key,
    parse_address,
    parse_query,
)
from gateway.wire.http1 import RequestHead, parse_request_head

STORE = Endpoint("store.example", 9000)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


# -- endpoints --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "endpoint", "authority"),
    [
        ("http://store", Endpoint("store", 80), "store"),
        ("https://store", Endpoint("store", 443, tls=True), "store"),
        ("http://store:9000/", Endpoint("store", 9000), "store:9000"),
        ("http://store:443", Endpoint("store", 443), "store:443"),
        ("https://store:80", Endpoint("store", 80, tls=True), "store:80"),
        ("http://STORE/s3/", Endpoint("store", 80, prefix="/s3"), "store"),
        ("http://[::1]:9000", Endpoint("::1", 9000), "[::1]:9000"),
        ("https://[::1]", Endpoint("::1", 443, tls=True), "[::1]"),
        ("http://127.0.0.1:80", Endpoint("127.0.0.1", 80), "127.0.0.1"),
        ("http:", Endpoint("", 80), ""),
    ],
)
def test_the_endpoint_of_an_url(url, endpoint, authority):
    assert Endpoint.of(url) == endpoint
    assert endpoint.authority == authority


def test_an_url_without_a_possible_port():
    with pytest.raises(ValueError, match=r"[Pp]ort"):
        Endpoint.of("http://store:port")


@pytest.mark.parametrize(
    ("host", "is_address"), [("127.0.0.1", True), ("::1", True), ("localhost", False), ("1.2.3", False)]
)
def test_which_hosts_are_addresses(host, is_address):
    assert Endpoint(host, 80).is_address is is_address


# -- path style -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bucket", "key", "path"),
    [
        ("", "", "/"),
        ("b", "", "/b"),
        ("b", "k", "/b/k"),
        ("b", "/", "/b//"),
        ("b", "/k", "/b//k"),
        ("b", "//", "/b///"),
        ("b", "a//b/", "/b/a//b/"),
        ("b", "a b+c%d", "/b/a%20b%2Bc%25d"),
        ("b", "(!)*'", "/b/%28%21%29%2A%27"),
        ("b", "é", "/b/%C3%A9"),
        ("b", "a?b#c&d=e", "/b/a%3Fb%23c%26d%3De"),
        ("b", "%2F", "/b/%252F"),
        ("b", "a\n\x00\x7f", "/b/a%0A%00%7F"),
        ("b", ".-_~", "/b/.-_~"),
        ("Büro", "k", "/B%C3%BCro/k"),
    ],
)
def test_path_style(bucket, key, path):
    assert build_address(STORE, "path", bucket, key) == ("store.example:9000", path)


def test_a_prefix_stands_before_every_path():
    behind = Endpoint("store.example", 80, prefix="/s3")
    assert build_address(behind, "path", "", "") == ("store.example", "/s3/")
    assert build_address(behind, "path", "b", "") == ("store.example", "/s3/b")
    assert build_address(behind, "path", "b", "k") == ("store.example", "/s3/b/k")
    assert build_address(behind, "virtual", "bucket", "k") == ("bucket.store.example", "/s3/k")


# -- virtual-host style -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bucket", "key", "address"),
    [
        ("", "", ("store.example:9000", "/")),
        ("bucket", "", ("bucket.store.example:9000", "/")),
        ("bucket", "k", ("bucket.store.example:9000", "/k")),
        ("bucket", "/k", ("bucket.store.example:9000", "//k")),
        ("bucket", "a b", ("bucket.store.example:9000", "/a%20b")),
        ("a" * 63, "k", ("a" * 63 + ".store.example:9000", "/k")),
    ],
)
def test_virtual_host_style(bucket, key, address):
    assert build_address(STORE, "virtual", bucket, key) == address


@pytest.mark.parametrize("bucket", ["Bucket", "my.bucket", "ab", "-ab", "ab-", "a" * 64, "a_b", "abc\n"])
def test_a_name_that_is_no_label_keeps_to_the_path(bucket):
    host, path = build_address(STORE, "virtual", bucket, "k")
    assert host == "store.example:9000"
    assert path == f"/{bucket}/k".replace("\n", "%0A")


def test_an_address_has_no_names_below_it():
    assert build_address(Endpoint("127.0.0.1", 9000), "virtual", "bucket", "k") == (
        "127.0.0.1:9000",
        "/bucket/k",
    )


@given(KEYS, st.sampled_from(["path", "virtual"]))
def test_every_key_is_in_its_path_and_nothing_else_is(key, style):
    """No two keys share an address, and none leaves the path for a query or a fragment."""
    _, path = build_address(STORE, style, "bucket", key)
    assert unquote(path) == (f"/bucket/{key}" if style == "path" else f"/{key}")
    assert path.isascii()
    assert not set(path) & set(" ?#\\\r\n")


# -- what a client asks for -------------------------------------------------------------------

DOMAINS = ("localhost", "s3.localhost", "s3.example")


def asked(target: str, host: str = "localhost:8080", version: str = "1.1") -> RequestHead:
    fields = f"Host: {host}\r\n" if host else ""
    return parse_request_head(f"GET {target} HTTP/{version}\r\n{fields}\r\n".encode())


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("/", ("", "")),
        ("/?list", ("", "")),
        ("/b", ("b", "")),
        ("/b/", ("b", "")),
        ("/b/k", ("b", "k")),
        ("/b//k", ("b", "/k")),
        ("/b/a//b/", ("b", "a//b/")),
        ("/b/.", ("b", ".")),
        ("/b/../x", ("b", "../x")),
        ("/b/%2e%2e/x", ("b", "../x")),
        ("/b/a%2Fb", ("b", "a/b")),
        ("/b/a+b%20c%2B", ("b", "a+b c+")),
        ("/b/%C3%A9%00", ("b", "é\0")),
        ("/%62/k?x=y", ("b", "k")),
    ],
)
def test_a_bucket_in_the_path(target, address):
    assert parse_address(asked(target), DOMAINS) == (*address, "")


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("b.localhost", "b"),
        ("B.LocalHost:8080", "b"),
        ("b.localhost.", "b"),
        ("my.dotted.bucket.s3.example:443", "my.dotted.bucket"),
        ("b.s3.localhost", "b"),  # the longest of our names, not s3 below localhost
        ("under_score.localhost", "under_score"),
    ],
)
def test_a_bucket_in_the_host(host, bucket):
    assert parse_address(asked("/", host), DOMAINS) == (bucket, "", bucket)
    assert parse_address(asked("/k", host), DOMAINS) == (bucket, "k", bucket)
    assert parse_address(asked("//k", host), DOMAINS) == (bucket, "/k", bucket)
    assert parse_address(asked("/a/b", host), DOMAINS) == (bucket, "a/b", bucket)


@pytest.mark.parametrize(
    "host", ["localhost", "s3.localhost:80", "127.0.0.1:80", "[::1]:80", "[::1]", "elsewhere", "notlocalhost"]
)
def test_a_host_that_names_no_bucket(host):
    assert parse_address(asked("/b/k", host), DOMAINS) == ("b", "k", "")


def test_an_address_is_no_name_below_another():
    assert parse_address(asked("/b/k", "127.0.0.1"), ("0.0.1",)) == ("b", "k", "")


def test_an_old_request_without_a_host():
    assert parse_address(asked("/b/k", "", "1.0"), DOMAINS) == ("b", "k", "")


@pytest.mark.parametrize(
    ("target", "host", "code"),
    [
        ("/b/%FF", "localhost", "InvalidURI"),
        ("/%C3/k", "localhost", "InvalidURI"),
        ("/b/%ED%A0%80", "localhost", "InvalidURI"),  # half of a pair
        ("//k", "localhost", "InvalidBucketName"),
        ("//", "localhost", "InvalidBucketName"),
        ("/a%2Fb/k", "localhost", "InvalidBucketName"),
        ("/../k", "localhost", "InvalidBucketName"),
        ("/k", ".localhost", "InvalidBucketName"),
        ("/k", "..localhost", "InvalidBucketName"),
        ("/b/" + "x" * (MAX_KEY + 1), "localhost", "KeyTooLongError"),
    ],
)
def test_an_address_that_is_refused(target, host, code):
    with pytest.raises(Problem) as refused:
        parse_address(asked(target, host), DOMAINS)
    assert refused.value.code == code


@given(KEYS, st.sampled_from(["path", "virtual"]))
def test_an_address_built_is_read_again(key, style):
    host, path = build_address(Endpoint("s3.example", 80), style, "bucket", key)
    in_host = "bucket" if style == "virtual" else ""
    assert parse_address(asked(path, host), DOMAINS) == ("bucket", key, in_host)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_spelling_of_a_key_is_the_key(key):
    spelled = "".join(f"%{byte:02x}" for byte in key.encode())
    assert parse_address(asked(f"/b/{spelled}"), DOMAINS) == ("b", key, "")
    assert parse_query(f"prefix={quote(key, safe='')}") == (("prefix", key),)


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", ()),
        ("acl", (("acl", ""),)),
        ("acl=", (("acl", ""),)),
        ("a=b=c&&d", (("a", "b=c"), ("d", ""))),
        ("a=x+y%2B&%61=1", (("a", "x y+"), ("a", "1"))),
        ("pre+fix=%C3%A9", (("pre fix", "é"),)),
    ],
)
def test_a_query(query, pairs):
    assert parse_query(query) == pairs


@pytest.mark.parametrize("query", ["a=%FF", "%FF=a", "a=%4", "a=%zz", "a=\xe9"])
def test_a_query_that_cannot_be_read(query):
    with pytest.raises(Problem, match="InvalidURI"):
        parse_query(query)


# -- names that are refused -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "my-bucket", "my.bucket", "My_Bucket", "a" * 255, "büro", "..."])
def test_a_name_that_the_store_may_judge(name):
    assert judge_bucket(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a" * 256, "a/b", "a\\b", "a?b", "a#b", "a%2Fb", "a@b", "a:b", "a b", "a\r\nb", "a\x7f"],
)
def test_a_bucket_that_would_be_another_address(name):
    with pytest.raises(Problem) as refused:
        judge_bucket(name)
    assert (refused.value.code, refused.value.details) == ("InvalidBucketName", (("BucketName", name),))


@pytest.mark.parametrize("key", ["k", "x" * MAX_KEY, "é" * (MAX_KEY // 2), "/", " "])
def test_a_key_that_can_be_addressed(key):
    assert judge_key(key) == key


def test_no_key_would_be_the_bucket():
    with pytest.raises(Problem) as refused:
        judge_key("")
    assert refused.value.code == "InvalidArgument"
    assert refused.value.details == (("ArgumentName", "Key"), ("ArgumentValue", ""))


@pytest.mark.parametrize("key", ["x" * (MAX_KEY + 1), "é" * (MAX_KEY // 2) + "x"])
def test_a_key_too_long_in_bytes(key):
    with pytest.raises(Problem) as refused:
        judge_key(key)
    assert refused.value.code == "KeyTooLongError"
    assert refused.value.details == (("Size", "1025"), ("MaxSizeAllowed", "1024"))
