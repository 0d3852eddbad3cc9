"""REST requests that are signed anew, held against what a store that checks everything makes of them."""

from __future__ import annotations

import base64
import hashlib
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import HttpRequest, Problem
from gateway.rest.addresses import parse_address, parse_query
from gateway.rest.chunked import SignedChunks, Trailer, UnsignedChunks
from gateway.rest.signature import EMPTY_SHA256, SigningKey
from gateway.rest.signature import sign as sign_v4
from gateway.wire.proof import HELD
from tests.rest.relays import HOST, STORE_KEY, Conversation, received, resigning
from tests.rest.signed import (
    ACCESS_KEY,
    NOW,
    REGION,
    SECRET,
    V2,
    V2_QUERY,
    V4,
    V4_QUERY,
    WAYS,
    Wire,
    head_of,
    sign,
)

DATA = bytes(range(256)) * 1024
SIZE = len(DATA)
SHA256 = hashlib.sha256(DATA).hexdigest()
CRC32 = base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()
URL = "http://gate.example/b/k"
HASH = "x-amz-content-sha256"
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def client(way, method, url, *fields, declared, secret=SECRET, **more):
    """Sign as a client does that says of its body what it likes, which botocore does not."""
    if way != V4:
        return sign(way, method, url, fields, secret=secret, **more)
    target = url.removeprefix("http://gate.example")
    headers = (("host", "gate.example"), *((name.lower(), value) for name, value in fields))
    key = SigningKey(ACCESS_KEY, secret, REGION)
    return Wire(
        method, target, (*headers, *sign_v4(HttpRequest(method, target, headers), declared, key, NOW))
    )


def get(url=URL, *fields, way=V4, method="GET", **more):
    """Return the head of a request without a body."""
    return client(way, method, url, *fields, declared=EMPTY_SHA256, **more).head


def put(*fields, way=V4, url=URL, declared=SHA256, length=SIZE, method="PUT", **more):
    """Return the head of a request with a body."""
    wire = client(way, method, url, *fields, declared=declared, **more)
    return wire.having(("Content-Length", str(length))).head


def sent(head, body=b"", pieces=1 << 20, **how):
    return received(Conversation(resigning(**how), head, body, pieces).sent())


def refusal(head, body=b"", **how):
    with pytest.raises(Problem) as raised:
        Conversation(resigning(**how), head, body).sent()
    return raised.value


def chunked(declared, trailer=None, date="20130524T000000Z", seed=""):
    """Write DATA in the chunks of a client; the trailer is its checksum's name."""
    told = trailer and Trailer(trailer, len(CRC32), lambda: CRC32)
    if declared == UNSIGNED_TRAILER:
        coding = UnsignedChunks(told)
    else:
        coding = SignedChunks(SigningKey(ACCESS_KEY, SECRET, REGION), date, seed, told)
    return coding.feed(DATA) + coding.close()


def streaming(declared, *fields, trailer=None):
    """Return head and body of an upload in chunks."""
    length = ("x-amz-decoded-content-length", str(SIZE))
    wire = client(V4, "PUT", URL, length, *fields, declared=declared)
    body = chunked(declared, trailer, seed=wire.value("authorization").rpartition("=")[2])
    return wire.having(("Content-Length", str(len(body)))).head, body


class TestHead:
    def test_the_transcript_of_a_read(self):
        head = get(
            "http://gate.example/b/a%20b?prefix=x%2Fy&acl",
            ("Range", "bytes=0-1"),
            ("If-Match", '"e"'),
            ("x-amz-expected-bucket-owner", "1"),
            ("User-Agent", "boto"),
        )
        wire = Conversation(resigning(), head).sent()
        assert wire == (
            b"GET /b/a%20b?prefix=x%2Fy&acl HTTP/1.1\r\n"
            b"Host: store.example:9000\r\n"
            b"Range: bytes=0-1\r\n"
            b'If-Match: "e"\r\n'
            b"x-amz-expected-bucket-owner: 1\r\n"
            b"User-Agent: boto\r\n"
            b"x-amz-date: 20130524T000000Z\r\n"
            b"x-amz-content-sha256: " + EMPTY_SHA256.encode() + b"\r\n"
            b"Authorization: AWS4-HMAC-SHA256 Credential=AKSTORE0000000000000/20130524/us-east-1/s3/aws4_request, "
            b"SignedHeaders=host;if-match;range;x-amz-content-sha256;x-amz-date;x-amz-expected-bucket-owner, "
            b"Signature=" + wire.partition(b"Signature=")[2][:64] + b"\r\n\r\n"
        )
        assert received(wire).presented.access_key == STORE_KEY

    def test_the_transcript_of_a_write(self):
        head = put(("x-amz-meta-a", "1"), ("Content-Type", "text/plain"), ("Expect", "100-continue"))
        wire = Conversation(resigning(), head, DATA).sent()
        raw, _, body = wire.partition(b"\r\n\r\n")
        assert body == DATA
        lines = raw.split(b"\r\n")
        assert lines[:4] == [
            b"PUT /b/k HTTP/1.1",
            b"Host: store.example:9000",
            b"x-amz-meta-a: 1",
            b"Content-Type: text/plain",
        ]
        assert lines[-1] == b"Content-Length: 262144"
        assert f"x-amz-content-sha256: {SHA256}".encode() in lines
        assert not [line for line in lines if line.lower().startswith(b"expect")]
        assert received(wire).data == DATA

    @pytest.mark.parametrize("way", WAYS)
    def test_whatever_way_a_client_signs_the_store_gets_sigv4_in_the_header(self, way):
        store = sent(get(way=way, auth_path="/b/k"))
        assert (store.head.target, store.head.host) == ("/b/k", HOST)
        assert (store.presented.access_key, store.presented.in_query) == (STORE_KEY, False)

    def test_what_is_about_the_clients_signature_connection_and_way_here_stays_here(self):
        head = get(
            URL,
            ("Connection", "keep-alive, x-own"),
            ("X-Own", "1"),
            ("TE", "trailers"),
            ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("X-Forwarded-Host", "elsewhere"),
            ("Forwarded", "for=1"),
            ("Proxy-Authorization", "Basic x"),
            ("Origin", "http://o"),
        )
        assert [name for name, _ in sent(head).fields] == ["origin", HASH]

    @pytest.mark.parametrize(
        "name", ["x-amz-acl", "x-amz-meta-a", "Content-MD5", "Content-Type", "If-None-Match", "Range"]
    )
    def test_nobody_may_take_away_on_the_way_what_may_be_signed(self, name):
        wire = client(V4, "GET", URL, (name, "1"), declared=EMPTY_SHA256)
        with pytest.raises(Problem) as raised:
            resigning().admit(wire.having(("Connection", f"close, {name}")).head, secure=False)
        assert raised.value.code == "InvalidRequest"

    @pytest.mark.parametrize(
        ("way", "name"),
        [(V4_QUERY, "x-amz-copy-source"), (V2_QUERY, "x-amz-acl"), (V2_QUERY, "content-md5")],
    )
    def test_nobody_may_take_away_either_what_a_presigned_url_says_in_place_of_a_field(self, way, name):
        wire = sign(
            way, "PUT", f"{URL}?{name}=1" if way == V4_QUERY else URL, ((name, "1"),)[way == V4_QUERY :]
        )
        head = wire.having(("Content-Length", "0"), ("Connection", name)).head
        with pytest.raises(Problem) as raised:
            resigning().admit(head, secure=False)
        assert (raised.value.code, raised.value.message) == (
            "InvalidRequest",
            f"The Connection field names {name}.",
        )

    @pytest.mark.parametrize(
        ("sent_as", "arrives_as"),
        [
            ("/b/a(1)$+%2b", "/b/a%281%29%24%2B%2B"),
            ("/b/a%2Fb//c", "/b/a%2Fb//c"),
            ("/b/%c3%bc~%7E", "/b/%C3%BC~~"),
            ("/b/", "/b/"),
            ("/b?prefix=a/b+c&x=1=2&&uploads", "/b?prefix=a%2Fb%20c&x=1%3D2&uploads"),
            ("/b?uploads=&a=b", "/b?uploads=&a=b"),
            ("/b?", "/b"),
            ("/?x-id=ListBuckets", "/?x-id=ListBuckets"),
        ],
    )
    def test_addresses_mean_the_same_in_the_spelling_that_is_signed(self, sent_as, arrives_as):
        head = head_of(f"GET {sent_as} HTTP/1.1\nHost: gate.example")
        assert sent(head, anonymous=True).head.target == arrives_as

    @given(
        key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
        query=st.lists(st.tuples(st.text("abc?=&+ %/ü", min_size=1), st.text("xyz?=&+ %/ü")), max_size=3),
        raw=st.sampled_from(["", "!$'()*,:;@+=", "~-._aZ0"]),
        style=st.sampled_from(["path", "virtual"]),
    )
    def test_whatever_a_client_spells_the_store_reads_the_same(self, key, query, raw, style):
        """`raw` are characters that this client does not escape in a key."""
        target = f"/bucket/{quote(key, safe='/' + raw)}"
        target += "?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='/')}" for name, value in query)
        store = sent(
            client(V4, "GET", f"http://gate.example{target}", declared=EMPTY_SHA256).head, style=style
        )
        assert parse_address(store.head, ("store.example",)) == (
            "bucket",
            key,
            "bucket" * (style == "virtual"),
        )
        assert parse_query(store.head.query) == tuple(query)

    @pytest.mark.parametrize(
        ("host", "path", "style", "expected"),
        [
            ("gate.example", "/bucket/k", "path", (HOST, "/p/bucket/k")),
            ("gate.example", "/bucket/k", "virtual", (f"bucket.{HOST}", "/p/k")),
            ("gate.example", "/bucket", "virtual", (f"bucket.{HOST}", "/p/")),
            ("gate.example", "/No_Label/k", "virtual", (HOST, "/p/No_Label/k")),
            ("gate.example", "/", "path", (HOST, "/p/")),
            ("bucket.gate.example:80", "/k%20/l", "path", (HOST, "/p/bucket/k%20/l")),
            ("bucket.gate.example", "/", "path", (HOST, "/p/bucket")),
            ("bucket.gate.example", "/k", "virtual", (f"bucket.{HOST}", "/p/k")),
            ("bucket.gate.example", "/", "virtual", (f"bucket.{HOST}", "/p/")),
        ],
    )
    def test_a_bucket_moves_to_where_the_store_wants_it(self, host, path, style, expected):
        head = head_of(f"GET {path} HTTP/1.1\nHost: {host}")
        store = sent(head, anonymous=True, style=style, prefix="/p")
        assert (store.head.host, store.head.target) == expected

    @pytest.mark.parametrize("way", [V4_QUERY, V2_QUERY])
    def test_of_a_presigned_url_only_what_signed_it_is_left_out(self, way):
        head = get(f"{URL}?response-expires=1", way=way, auth_path="/b/k")
        assert sent(head).head.query == "response-expires=1"

    def test_what_a_presigned_url_says_in_place_of_a_field_is_sent_as_one(self):
        """A store that looks for it in the head alone would drop what was signed."""
        store = sent(get(f"{URL}?x-amz-acl=private", way=V4_QUERY, auth_path="/b/k"))
        assert (store.head.query, store.head.header("x-amz-acl")) == ("", "private")

    def test_parameters_of_a_signature_are_others_where_the_header_signs(self):
        assert sent(get(f"{URL}?Expires=1")).head.query == "Expires=1"


class TestBody:
    @pytest.mark.parametrize("pieces", [1 << 20, HELD, 999])
    def test_a_clients_own_hash_is_passed_on(self, pieces):
        store = sent(put(), DATA, pieces)
        assert (store.presented.payload, store.data, store.head.length) == (SHA256, DATA, SIZE)

    def test_an_unsigned_body_stays_unsigned(self):
        store = sent(put(declared="UNSIGNED-PAYLOAD"), DATA, payload_signing=True)
        assert (store.presented.payload, store.data) == ("UNSIGNED-PAYLOAD", DATA)

    def test_a_presigned_body_is_unsigned(self):
        store = sent(put(way=V4_QUERY, declared=""), DATA)
        assert (store.presented.payload, store.data) == ("UNSIGNED-PAYLOAD", DATA)

    @pytest.mark.parametrize(
        ("how", "payload"),
        [
            ({}, STREAMING),
            ({"payload_signing": False}, "UNSIGNED-PAYLOAD"),
            ({"tls": True}, "UNSIGNED-PAYLOAD"),
        ],
    )
    @pytest.mark.parametrize("way", [V2, V2_QUERY])
    def test_of_sigv2_the_body_is_signed_as_configured(self, way, how, payload):
        store = sent(put(way=way, declared="", auth_path="/b/k"), DATA, **how)
        assert (store.presented.payload, store.data) == (payload, DATA)

    def test_an_empty_body_of_sigv2_has_the_hash_of_nothing(self):
        store = sent(put(way=V2, declared="", length=0, auth_path="/b/k"))
        assert (store.presented.payload, store.head.length) == (EMPTY_SHA256, 0)

    @pytest.mark.parametrize("pieces", [1 << 20, 1000])
    @pytest.mark.parametrize(
        ("declared", "trailer"),
        [
            (STREAMING, None),
            (f"{STREAMING}-TRAILER", "x-amz-checksum-crc32"),
            (UNSIGNED_TRAILER, "x-amz-checksum-crc32"),
            (UNSIGNED_TRAILER, None),
        ],
    )
    def test_chunks_stay_chunks_and_are_signed_anew(self, declared, trailer, pieces):
        told = (("x-amz-trailer", trailer),) if trailer else ()
        head, body = streaming(declared, ("Content-Encoding", "aws-chunked"), *told, trailer=trailer)
        store = sent(head, body, pieces)
        assert (store.presented.payload, store.data) == (declared, DATA)
        assert store.trailers == (((trailer, CRC32),) if trailer else ())
        assert store.fields == [
            ("x-amz-decoded-content-length", str(SIZE)),
            ("content-encoding", "aws-chunked"),
            *told,
            (HASH, declared),
        ]

    def test_chunks_of_sigv2_stay_chunks(self):
        fields = (("x-amz-trailer", "x-amz-checksum-crc32"), ("x-amz-decoded-content-length", str(SIZE)))
        body = chunked(UNSIGNED_TRAILER, "x-amz-checksum-crc32")
        head = put(*fields, way=V2, declared="", length=len(body), auth_path="/b/k")
        store = sent(head, body)
        assert (store.presented.payload, store.data) == (UNSIGNED_TRAILER, DATA)

    def test_a_chunked_body_gets_a_length(self):
        length = ("x-amz-decoded-content-length", str(SIZE))
        wire = client(V4, "PUT", URL, length, declared=STREAMING)
        head = wire.having(("Transfer-Encoding", "chunked")).head
        body = chunked(STREAMING, seed=wire.value("authorization").rpartition("=")[2])
        assert sent(head, body).head.length == len(body)

    @pytest.mark.parametrize(
        ("head", "code"),
        [
            (put(declared=hashlib.sha256(b"other").hexdigest()), "XAmzContentSHA256Mismatch"),
            (put(("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")), "BadDigest"),
            (put(("x-amz-checksum-crc32", "AAAAAA==")), "BadDigest"),
            (put(length=SIZE + 1), "IncompleteBody"),
        ],
    )
    def test_a_body_that_is_not_what_was_said_is_refused(self, head, code):
        assert refusal(head, DATA).code == code

    def test_a_chunk_with_another_signature_is_refused(self):
        head, body = streaming(STREAMING)
        assert refusal(head, body.replace(b"\x01\x02", b"\x02\x01", 1)).code == "SignatureDoesNotMatch"

    def test_nothing_that_is_no_body_is_judged_at_once(self):
        with pytest.raises(Problem) as raised:
            resigning().admit(get(URL, ("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")), secure=False)
        assert raised.value.code == "BadDigest"

    def test_the_last_bytes_wait_for_the_proof(self):
        conversation = Conversation(resigning(), put(), DATA)
        (piece,) = conversation.begin().pieces
        held = piece.through[0]()
        assert held.feed(DATA) == DATA[:-HELD]
        assert held.close() == DATA[-HELD:]


class TestLimits:
    def test_a_body_may_have_the_most_bytes_and_no_more(self):
        assert sent(put(), DATA, max_object=SIZE).data == DATA
        problem = refusal(put(), DATA, max_object=SIZE - 1)
        assert problem.code == "EntityTooLarge"
        assert problem.details == (("ProposedSize", "262144"), ("MaxSizeAllowed", "262143"))

    def test_of_chunks_the_object_counts(self):
        head, body = streaming(STREAMING)
        assert sent(head, body, max_object=SIZE).data == DATA
        assert refusal(head, body, max_object=SIZE - 1).code == "EntityTooLarge"

    def test_a_framing_that_takes_more_than_the_object_is_too_long(self):
        head, body = streaming(STREAMING)
        assert resigning().admit(head, secure=False).most < 3 * len(body)


class TestWho:
    def test_a_wrong_signature_is_refused_before_the_body(self):
        problem = refusal(put(secret="guessed"), DATA)
        assert problem.code == "SignatureDoesNotMatch"

    def test_nobody_is_refused(self):
        assert refusal(head_of("GET /b/k HTTP/1.1\nHost: gate.example")).code == "AccessDenied"

    def test_nobody_may_be_let_through_unsigned(self):
        head = head_of(f"GET /b/k HTTP/1.1\nHost: gate.example\n{HASH}: UNSIGNED-PAYLOAD")
        conversation = Conversation(resigning(anonymous=True), head)
        store = received(conversation.sent())
        assert store.presented is None
        assert store.fields == [(HASH, "UNSIGNED-PAYLOAD")]
        assert conversation.noted == [("GET.OBJECT", "")]

    def test_an_anonymous_upload_keeps_its_form(self):
        body = chunked(UNSIGNED_TRAILER, "x-amz-checksum-crc32")
        head = head_of(
            f"PUT /b/k HTTP/1.1\nHost: gate.example\nContent-Length: {len(body)}\n{HASH}: {UNSIGNED_TRAILER}\n"
            f"x-amz-decoded-content-length: {SIZE}\nx-amz-trailer: x-amz-checksum-crc32"
        )
        store = sent(head, body, anonymous=True)
        assert (store.presented, store.data, store.trailers) == (
            None,
            DATA,
            (("x-amz-checksum-crc32", CRC32),),
        )

    def test_a_preflight_has_no_signature_whoever_asks(self):
        head = head_of("OPTIONS /b/k HTTP/1.1\nHost: gate.example\nOrigin: http://o")
        assert sent(head).fields == [("origin", "http://o")]

    def test_a_key_that_is_gone_meanwhile(self):
        problem = refusal(get(), key_of={}.get)
        assert (problem.code, problem.details) == ("InvalidAccessKeyId", (("AWSAccessKeyId", ACCESS_KEY),))

    def test_whose_request_it_is_is_noted(self):
        relay = resigning()
        conversation = Conversation(relay, get())
        conversation.begin()
        assert conversation.noted == [("GET.OBJECT", ACCESS_KEY)]
        assert relay.way.signs(relay.admit(get(), secure=False).proof)
