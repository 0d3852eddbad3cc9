"""Signed requests with one thing dropped, altered or repeated, in each of the four ways: none gets through."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, unquote

import pytest

from gateway.messages import Problem
from gateway.rest import claim_v2
from tests.rest.signed import ACCESS_KEY, V2, V2_QUERY, V4, V4_QUERY, WAYS, Wire, ask, judged, refusal, sign

FIELDS = (
    ("Content-Type", "text/plain"),
    ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
    ("x-amz-acl", "private"),
    ("x-amz-copy-source", "/other/key"),
    ("x-amz-meta-color", "red"),
    ("x-amz-meta-empty", ""),
    ("x-amz-server-side-encryption", "AES256"),
)
SUBRESOURCES = ("partNumber=7", "uploadId=abc", "response-content-type=a%2Fb")
AUTHORITY = "store.example:9000"


def whole(way: str) -> Wire:
    """A request with one of everything that its way signs."""
    wire = sign(way, "PUT", f"http://{AUTHORITY}/photos/a%2Fb/c.txt?{'&'.join(SUBRESOURCES)}", FIELDS)
    if way == V2_QUERY:  # where the fields stand already
        wire = replace(wire, headers=wire.headers[:1])
    assert ask(wire.head)
    return wire


def changed(text: str, at: int) -> str:
    """A text with another letter or digit at one place."""
    return f"{text[:at]}{'x' if text[at] != 'x' else 'y'}{text[at + 1 :]}"


def each_changed(text: str):
    return [changed(text, at) for at in range(len(text))]


def altered_fields(wire: Wire, names):
    for name in names:
        value = wire.value(name)
        yield f"{name} dropped", wire.without(name)
        yield f"{name} twice", wire.having((name, value))
        yield f"{name} twice, empty", wire.having((name, ""))
        yield f"{name} longer", wire.saying(name, f"{value}x")
        for other in each_changed(value):
            yield f"{name}: {other}", wire.saying(name, other)


def altered_pairs(wire: Wire, pairs):
    for pair in pairs:
        rest = [other for other in wire.pairs if other != pair]
        name, _, value = pair.partition("=")
        yield f"{name} dropped", wire.asking(rest)
        yield f"{name} twice", wire.asking([*wire.pairs, pair])
        yield (
            f"{name} twice in disguise",
            wire.asking([*wire.pairs, f"%{ord(name[0]):02x}{name[1:]}={value}"]),
        )
        yield f"{name} twice, empty", wire.asking([*wire.pairs, f"{name}="])
        yield f"{name} renamed", wire.asking([*rest, f"{name}x={value}"])
        for other in each_changed(unquote(value)):
            yield f"{name}={other}", wire.asking([*rest, f"{name}={quote(other, safe='')}"])


def altered_address(wire: Wire):
    for method in ("GET", "HEAD", "POST", "DELETE"):
        yield method, replace(wire, method=method)
    for at, letter in enumerate(wire.path):
        if letter not in "/%" and "%" not in wire.path[max(0, at - 2) : at]:
            yield f"path, {at}", wire.at(changed(wire.path, at))
    for path in ("/photos/a/b/c.txt", "/photos/a%2Fb/c.txt/", "/photos/", "/", "//photos/a%2Fb/c.txt"):
        yield path, wire.at(path)


def altered(way: str):
    """Every way to drop, alter or repeat one thing that a request's signature covers, with its name."""
    wire = whole(way)
    yield from altered_address(wire)
    amz = [name.lower() for name, _ in wire.headers if name.lower().startswith(("x-amz-", "content-"))]
    if way != V2_QUERY:
        yield from altered_fields(wire, amz)
    yield from altered_pairs(wire, SUBRESOURCES)
    for name in ("x-amz-request-payer", "x-amz-meta-more", "x-amz-security-token", "x-amz-date"):
        if name not in amz:
            yield f"{name} added", wire.having((name, "20130524T000000Z"))
    for subresource in ("acl", "%61cl", "acl=", "versionId=3", "tagging", "encryption"):
        yield f"{subresource} added", wire.asking([*wire.pairs, subresource])
    if way in {V4, V4_QUERY}:
        yield from altered_fields(wire, ["host"])
        yield "prefix added", wire.asking([*wire.pairs, "prefix=a"])
    yield from ALTERED[way](wire)


def altered_v4(wire: Wire):
    given = wire.value("authorization")
    scheme, _, components = given.partition(" ")
    credential, names, signature = (part.partition("=")[2] for part in components.split(", "))
    yield "date dropped", wire.without("x-amz-date")
    yield "authorization twice", wire.having(("authorization", given))
    yield "authorization empty", wire.saying("authorization", "")
    for other in ("AWS", "AWS4-HMAC-SHA512", "AWS4-ECDSA-P256-SHA256", "Bearer", "aws4-hmac-sha256"):
        yield other, wire.saying("authorization", f"{other} {components}")
    for part in components.split(", "):
        yield f"{part} dropped", wire.saying("authorization", given.replace(part, "").replace(", ,", ","))
        yield f"{part} twice", wire.saying("authorization", f"{given}, {part}")
    for other in (*credentials(credential), credential.replace(ACCESS_KEY, "AKIAOTHER")):
        yield other, wire.saying("authorization", given.replace(credential, other))
    for other in signatures(signature):
        yield other, wire.saying("authorization", given.replace(signature, other))
    for other in lists(names):
        yield other, wire.saying("authorization", given.replace(names, other))
    yield scheme, wire.saying("authorization", scheme)


def altered_v4_query(wire: Wire):
    values = dict(pair.partition("=")[::2] for pair in wire.pairs)
    yield from altered_pairs(wire, [pair for pair in wire.pairs if pair.startswith("X-Amz-")])
    for name, others in (
        ("X-Amz-Credential", credentials(unquote(values["X-Amz-Credential"]))),
        ("X-Amz-Signature", signatures(values["X-Amz-Signature"])),
        ("X-Amz-SignedHeaders", lists(unquote(values["X-Amz-SignedHeaders"]))),
        ("X-Amz-Expires", ["0", "-1", "604800", "604801", "3601", "9" * 30, "", "1e3", " 3600", "0x1"]),
        ("X-Amz-Date", ["20130523T235959Z", "Fri, 24 May 2013 00:00:00 GMT", "", "20130524T000000"]),
    ):
        for other in others:
            pair = f"{name}={quote(other, safe='')}"
            rest = [given for given in wire.pairs if not given.startswith(f"{name}=")]
            yield f"{name}={other}", wire.asking([*rest, pair])
        yield f"{name} in small letters too", wire.asking([*wire.pairs, f"{name.lower()}={values[name]}"])
    yield "authorization too", wire.having(("authorization", f"AWS {ACCESS_KEY}:x"))
    yield "SigV2 too", wire.asking([*wire.pairs, "Signature=x"])


def altered_v2(wire: Wire):
    given = wire.value("authorization")
    signature = given.partition(":")[2]
    yield from altered_fields(wire, ["date"])
    yield "authorization twice", wire.having(("authorization", given))
    for other in signatures(signature):
        yield other, wire.saying("authorization", f"AWS {ACCESS_KEY}:{other}")
    for other in ("AKIAOTHER", "", f"{ACCESS_KEY} "):
        yield other, wire.saying("authorization", f"AWS {other}:{signature}")
    for other in ("AWS", "AWS ", f"AWS  {ACCESS_KEY}:{signature}", f"{given}:x", given.replace(":", " ")):
        yield other, wire.saying("authorization", other)
    yield "presigned too", wire.asking([*wire.pairs, "X-Amz-Algorithm=AWS4-HMAC-SHA256"])


def altered_v2_query(wire: Wire):
    """Its fields stand in the query; they may be sent as fields too, but not otherwise."""
    signed = ("AWSAccessKeyId", "Signature", "Expires", "x-amz-", "content-")
    yield from altered_pairs(wire, [pair for pair in wire.pairs if pair.startswith(signed)])
    for name, value in FIELDS:
        yield f"{name} otherwise", wire.without(name.lower()).having((name, f"{value}x"))
        yield f"{name} twice", wire.without(name.lower()).having((name, value), (name, value))
    for other in ("", "-1", "1e9", "9" * 11, "0"):
        rest = [pair for pair in wire.pairs if not pair.startswith("Expires=")]
        yield f"Expires={other}", wire.asking([*rest, f"Expires={other}"])
    yield "a field in a name", wire.asking([*wire.pairs, "x-amz-meta-a:1%0Ax-amz-meta-b=2"])
    yield "a field in a value", wire.asking([*wire.pairs, "x-amz-meta-a=1%0Ax-amz-meta-b:2"])


def credentials(given: str):
    parts = given.split("/")
    for at, others in enumerate(
        (
            ["", "AKIAOTHER"],
            ["20130523", "20130525", "2013052", "201305240", "today", ""],
            ["us-east-2", "US-EAST-1", ""],
            ["ec2", "S3", ""],
            ["aws4", "aws4_Request", ""],
        )
    ):
        for other in others:
            yield "/".join([*parts[:at], other, *parts[at + 1 :]])
        yield "/".join([*parts[:at], *parts[at + 1 :]])
    yield f"{given}/more"


def signatures(given: str):
    yield from each_changed(given)
    yield from (given[:-1], f"{given}0", given.swapcase(), "", f"{given},{given}", "caf\u00e9")


def lists(given: str):
    names = given.split(";")
    for at, name in enumerate(names):
        yield ";".join([*names[:at], *names[at + 1 :]])
        yield ";".join([*names, name])
        yield ";".join([*names[:at], name.upper(), *names[at + 1 :]])
    yield from (";".join(reversed(names)), f"{given};x-amz-absent", f"{given};", "", ";", "host")


ALTERED = {V4: altered_v4, V4_QUERY: altered_v4_query, V2: altered_v2, V2_QUERY: altered_v2_query}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_dropped_altered_or_repeated_the_request_is_refused(way):
    tried = 0
    for name, wire in altered(way):
        try:
            head = wire.head
        except Problem:
            continue  # the gate has refused it already
        assert isinstance(judged(head), Problem), name
        refusal(head)
        tried += 1
    assert tried > 200


@pytest.mark.parametrize("way", [V2, V2_QUERY])
def test_the_bucket_in_the_host_is_signed_in_version_2(way):
    wire = sign(way, "GET", "http://photos.store.example/a", auth_path="/photos/a")
    assert ask(wire.head, bucket_in_host="photos")
    assert refusal(wire.head, bucket_in_host="other").code == "SignatureDoesNotMatch"
    assert refusal(wire.head, bucket_in_host="").code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("subresource", sorted(claim_v2.SIGNED_PARAMETERS))
@pytest.mark.parametrize("way", [V2, V2_QUERY])
def test_no_subresource_can_be_added_in_version_2(way, subresource):
    wire = sign(way, "GET", "http://store.example/photos/a")
    assert refusal(wire.asking([*wire.pairs, subresource]).head).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("field", "value"), [("x-amz-copy-source", "/other/secret"), ("X-AMZ-ACL", "public-read")]
)
def test_no_order_is_taken_that_nobody_signed(way, field, value):
    wire = sign(way, "PUT", "http://store.example/photos/a").having((field, value))
    problem = refusal(wire.head)
    if way in {V4, V4_QUERY}:
        assert problem.code == "AccessDenied"
        assert problem.details == (("HeadersNotSigned", field.lower()),)
