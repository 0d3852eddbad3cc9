"""Bodies of REST requests in every mode: what botocore sends is taken, and what disagrees with its head is refused."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from dataclasses import replace
from functools import cache

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPResponse

from gateway.messages import Attachment, Body, Problem
from gateway.rest.chunked import STREAMING_PAYLOAD, STREAMING_PAYLOAD_TRAILER, STREAMING_UNSIGNED_TRAILER
from gateway.rest.claims import Presented
from gateway.rest.payload import FORMS, Payload, stored_encoding
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD
from gateway.tables.errors import row_for
from gateway.wire.http1 import RequestHead, parse_request_head
from tests.rest.chunks import (
    ACCESS_KEY,
    DATE,
    PUBLISHED_WITH_TRAILER,
    SCOPE,
    SECRET,
    SEED,
    SEED_OF_TRAILER,
    damaged,
    parts_of,
)
from tests.rest.chunks import DATA as PUBLISHED_DATA
from tests.wire.splits import sizes, split

CHUNKS = (b"0123456789", b"abc", b"\r\n0\r\n\r\n")
DATA = b"".join(CHUNKS)
SHA256 = hashlib.sha256(DATA).hexdigest()
MD5 = base64.b64encode(hashlib.md5(DATA).digest()).decode()
CRC32 = ("x-amz-checksum-crc32", base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode())
V2 = Presented(ACCESS_KEY)
V4 = Presented(ACCESS_KEY, UNSIGNED_PAYLOAD, DATE, SCOPE, SEED)
LENGTH = ("content-length", str(len(DATA)))
DECODED = ("x-amz-decoded-content-length", str(len(DATA)))
ANNOUNCED = ("x-amz-trailer", CRC32[0])


def head_of(*fields: tuple[str, str], method: str = "PUT", target: str = "/b/k") -> RequestHead:
    lines = [
        f"{method} {target} HTTP/1.1",
        "host: h",
        *(f"{name}: {value}" for name, value in fields),
        "",
        "",
    ]
    return parse_request_head("\r\n".join(lines).encode("latin-1"))


def presented_as(payload: str) -> Presented:
    return replace(V4, payload=payload)


MODES = {
    "hash": (presented_as(SHA256), (LENGTH,), None),
    "hash in capitals": (presented_as(SHA256.upper()), (LENGTH,), None),
    "unsigned with MD5": (V4, (LENGTH, ("content-md5", MD5)), None),
    "unsigned with a checksum": (V4, (LENGTH, CRC32), None),
    "SigV2 with MD5": (V2, (LENGTH, ("content-md5", MD5)), None),
    "anonymous with a hash": (None, (LENGTH, ("x-amz-content-sha256", SHA256)), None),
    "signed chunks": (presented_as(STREAMING_PAYLOAD), (DECODED,), parts_of(*CHUNKS)),
    "signed chunks with a trailer": (
        presented_as(STREAMING_PAYLOAD_TRAILER),
        (DECODED, ANNOUNCED),
        parts_of(*CHUNKS, trailer=CRC32),
    ),
    "unsigned chunks with a trailer": (
        presented_as(STREAMING_UNSIGNED_TRAILER),
        (DECODED, ANNOUNCED),
        parts_of(*CHUNKS, signed=False, trailer=CRC32),
    ),
    "unsigned chunks with a hash of all": (
        presented_as(STREAMING_UNSIGNED_TRAILER),
        (DECODED, CRC32, ("content-md5", MD5)),
        parts_of(*CHUNKS, signed=False),
    ),
    "anonymous chunks": (None, (DECODED, ANNOUNCED), parts_of(*CHUNKS, signed=False, trailer=CRC32)),
    "SigV2 chunks": (V2, (DECODED, ANNOUNCED), parts_of(*CHUNKS, signed=False, trailer=CRC32)),
    "presigned chunks": (
        replace(V4, in_query=True),
        (DECODED, ANNOUNCED),
        parts_of(*CHUNKS, signed=False, trailer=CRC32),
    ),
}
"""Of each mode who it is from, the fields about the body, and the parts of a body in chunks."""


def made(presented: Presented | None, fields) -> Payload:
    return Payload(head_of(*fields), presented, SECRET if presented else "")


def read(payload: Payload, *pieces: bytes) -> bytes:
    out = [data for piece in pieces for data in payload.feed(piece)]
    payload.finish()
    return b"".join(out)


def verdict(presented: Presented | None, fields, *pieces: bytes, **head) -> str:
    """The code of the problem, "" for none; whichever it is, S3 answers it with a status of the client's."""
    try:
        read(Payload(head_of(*fields, **head), presented, SECRET if presented else ""), *pieces)
    except Problem as problem:
        code = problem.code
    else:
        return ""
    assert row_for(code).status in {400, 403, 411}
    return code


def body_of(parts) -> bytes:
    return DATA if parts is None else bytes(parts)


@pytest.mark.parametrize("mode", MODES)
@given(sizes=sizes)
def test_each_mode_in_any_split(mode, sizes):
    presented, fields, parts = MODES[mode]
    payload = made(presented, fields)
    assert payload.ready
    assert payload.part.length == len(DATA)
    assert (payload.declared in FORMS) == (parts is not None)
    assert payload.trailer == (CRC32[0] if ANNOUNCED in fields else "")
    assert read(payload, *split(body_of(parts), sizes)) == DATA
    assert payload.checksums == ((CRC32,) if CRC32 in fields or ANNOUNCED in fields else ())
    assert payload.trailers == ((CRC32,) if ANNOUNCED in fields else ())


@pytest.mark.parametrize("mode", MODES)
def test_a_body_read_whole(mode):
    presented, fields, parts = MODES[mode]
    assert made(presented, fields).take(body_of(parts)) == DATA


@pytest.mark.parametrize("mode", [mode for mode, (_, _, parts) in MODES.items() if parts])
def test_each_part_of_a_body_in_chunks_altered_dropped_repeated_or_moved_is_refused(mode):
    presented, fields, parts = MODES[mode]
    verdicts = {name: verdict(presented, fields, body) for name, body in damaged(parts)}
    assert [name for name, code in verdicts.items() if not code] == []


@pytest.mark.parametrize("mode", [mode for mode, (_, _, parts) in MODES.items() if not parts])
def test_each_byte_of_a_plain_body_altered_dropped_or_repeated_is_refused(mode):
    presented, fields, _ = MODES[mode]
    for at in range(len(DATA)):
        before, byte, after = DATA[:at], DATA[at : at + 1], DATA[at + 1 :]
        altered = before + bytes([byte[0] ^ 1]) + after
        assert verdict(presented, fields, altered) in {"XAmzContentSHA256Mismatch", "BadDigest"}
        assert verdict(presented, fields, before + after) == "IncompleteBody"
        assert verdict(presented, fields, before + byte + byte + after) == "IncompleteBody"


WRONG = {
    "content-length": ["0", "19", "21"],
    "content-md5": [base64.b64encode(bytes(16)).decode(), "", "AAAA", MD5 + ","],
    "x-amz-checksum-crc32": ["AAAAAA==", "", "AAAA"],
    "x-amz-content-sha256": [EMPTY_SHA256, SHA256[:-1], "", STREAMING_UNSIGNED_TRAILER],
    "x-amz-decoded-content-length": ["0", "19", "21", "-20", "+20", "020", "20.0", "9" * 20, "", "20, 20"],
    "x-amz-trailer": ["", "x-amz-checksum-sha1", "x-amz-checksum-crc32,x-amz-checksum-sha1", "x-amz-meta-a"],
}


@pytest.mark.parametrize("mode", MODES)
def test_each_field_about_the_body_altered_or_repeated_is_refused(mode):
    presented, fields, parts = MODES[mode]
    accepted = []
    for at, (name, value) in enumerate(fields):
        for wrong in WRONG[name]:
            if not verdict(presented, [*fields[:at], (name, wrong), *fields[at + 1 :]], body_of(parts)):
                accepted.append((name, wrong))
        # Two equal lengths are no contradiction, and the gate has its own rule for them.
        if name != "content-length" and not verdict(presented, [*fields, (name, value)], body_of(parts)):
            accepted.append((name, "twice"))
    # An empty field is none: what it would have told is then not claimed at all.
    assert accepted in ([], [("x-amz-content-sha256", "")])


@pytest.mark.parametrize("mode", [mode for mode, (_, _, parts) in MODES.items() if parts])
def test_a_field_about_the_chunks_that_is_dropped_is_missed(mode):
    presented, fields, parts = MODES[mode]
    missed = {
        DECODED: "MissingContentLength",
        ANNOUNCED: "MalformedTrailerError",
    }
    for at, field in enumerate(fields):
        if field in missed:
            assert verdict(presented, [*fields[:at], *fields[at + 1 :]], bytes(parts)) == missed[field]


@pytest.mark.parametrize(
    "payload", [SHA256, STREAMING_PAYLOAD, STREAMING_PAYLOAD_TRAILER, STREAMING_UNSIGNED_TRAILER]
)
def test_a_body_of_another_mode_is_refused(payload):
    bodies = [DATA, *(bytes(parts) for _, _, parts in MODES.values() if parts)]
    right = [mode for mode, (presented, _, _) in MODES.items() if presented == presented_as(payload)]
    for body in bodies:
        for mode in right:
            _, fields, parts = MODES[mode]
            if body != body_of(parts):
                assert verdict(presented_as(payload), (*fields, LENGTH), body) != ""


def test_the_published_example_with_a_trailer():
    seeded = replace(presented_as(STREAMING_PAYLOAD_TRAILER), signature=SEED_OF_TRAILER)
    fields = (("x-amz-decoded-content-length", "66560"), ("x-amz-trailer", "x-amz-checksum-crc32c"))
    payload = made(seeded, fields)
    assert payload.take(PUBLISHED_WITH_TRAILER) == PUBLISHED_DATA
    assert payload.checksums == payload.trailers == (("x-amz-checksum-crc32c", "sOO8/Q=="),)


def test_the_wrong_hash_is_told_with_both():
    with pytest.raises(Problem) as raised:
        made(presented_as(EMPTY_SHA256), [LENGTH]).take(DATA)
    assert raised.value.code == "XAmzContentSHA256Mismatch"
    assert (
        raised.value.message == "The provided 'x-amz-content-sha256' header does not match what was computed."
    )
    assert raised.value.details == (
        ("ClientComputedContentSHA256", EMPTY_SHA256),
        ("S3ComputedContentSHA256", SHA256),
    )


def test_a_wrong_or_malformed_trailer_is_told_as_such():
    presented, fields, _ = MODES["unsigned chunks with a trailer"]
    for value, code, message in (
        ("AAAAAA==", "BadDigest", "The CRC32 you specified did not match the calculated checksum."),
        ("AAAA", "InvalidRequest", "Value for x-amz-checksum-crc32 trailing header is invalid."),
    ):
        body = bytes(parts_of(*CHUNKS, signed=False, trailer=(CRC32[0], value)))
        with pytest.raises(Problem) as raised:
            made(presented, fields).take(body)
        assert (raised.value.code, raised.value.message) == (code, message)


@pytest.mark.parametrize(
    ("presented", "fields", "code"),
    [
        # A hash of the whole body, and chunks.
        (presented_as(SHA256), [LENGTH, DECODED], "InvalidRequest"),
        (presented_as(SHA256), [LENGTH, ANNOUNCED], "InvalidRequest"),
        # A trailer, and a form that has no place for it.
        (presented_as(STREAMING_PAYLOAD), [DECODED, ANNOUNCED], "InvalidRequest"),
        # Signed chunks, and nobody who signed.
        (None, [DECODED, ("x-amz-content-sha256", STREAMING_PAYLOAD)], "InvalidRequest"),
        (V2, [DECODED, ("x-amz-content-sha256", STREAMING_PAYLOAD_TRAILER)], "InvalidRequest"),
        # Words that are none, or that nobody here can verify.
        (
            None,
            [LENGTH, ("x-amz-content-sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")],
            "InvalidArgument",
        ),
        (None, [LENGTH, ("x-amz-content-sha256", "nothing")], "InvalidArgument"),
        (None, [LENGTH, ("x-amz-content-sha256", "f" * 63)], "InvalidArgument"),
        # Checksums that contradict each other.
        (V4, [LENGTH, CRC32, ("x-amz-checksum-sha1", "AAAA")], "InvalidRequest"),
        (V4, [LENGTH, ("x-amz-sdk-checksum-algorithm", "CRC32")], "InvalidRequest"),
        # No length.
        (V4, [], "MissingContentLength"),
        (V4, [("transfer-encoding", "chunked")], "MissingContentLength"),
        (presented_as(STREAMING_PAYLOAD), [LENGTH], "MissingContentLength"),
    ],
)
def test_a_head_that_is_at_odds_with_itself_is_refused_before_its_body(presented, fields, code):
    with pytest.raises(Problem) as raised:
        made(presented, fields)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("method", "fields", "expected"),
    [
        ("GET", [], ""),
        ("HEAD", [], ""),
        ("DELETE", [], ""),
        ("POST", [], "MissingContentLength"),
        ("PUT", [("content-length", "0")], ""),
        ("POST", [("content-length", "0")], ""),
        ("POST", [("transfer-encoding", "chunked")], "MissingContentLength"),
    ],
)
def test_who_must_tell_a_length(method, fields, expected):
    assert verdict(presented_as(EMPTY_SHA256), fields, b"", method=method) == expected


@pytest.mark.parametrize("target", ["/b/k?uploadId=a", "/b/k?uploads", "/b/k?a=b&uploadId"])
def test_the_checksum_of_a_multipart_upload_is_not_that_of_the_body_which_ends_it(target):
    assert (
        verdict(V4, [LENGTH, ("x-amz-checksum-crc32", "AAAAAA==-3")], DATA, target=target, method="POST")
        == ""
    )


@pytest.mark.parametrize(
    ("target", "method"), [("/b/k?uploadId=a&partNumber=1", "PUT"), ("/b?delete", "POST")]
)
def test_the_checksum_of_a_part_or_a_document_is_that_of_the_body(target, method):
    fields = [LENGTH, ("x-amz-checksum-crc32", "AAAAAA==")]
    assert verdict(V4, fields, DATA, target=target, method=method) == "BadDigest"


def test_the_shell_says_where_the_bytes_come_from():
    payload = made(V4, [LENGTH])
    assert payload.attachment is None
    body = Body(object(), payload.length)
    payload.attach(body)
    assert payload.attachment == Attachment("", body)


def test_nothing_is_copied_of_a_plain_body():
    payload = made(V4, [LENGTH])
    (piece,) = payload.feed(DATA)
    assert piece is DATA
    assert payload.feed(b"") == []
    assert made(V4, [LENGTH]).take(DATA) is DATA


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, br", "gzip, br"),
        ("aws-chunked", ""),
        ("AWS-Chunked", ""),
        ("aws-chunked,gzip", "gzip"),
        ("gzip , aws-chunked,\tbr,", "gzip,br"),
        ("x-aws-chunked", "x-aws-chunked"),
    ],
)
def test_the_content_encoding_of_the_object(sent, stored):
    assert stored_encoding(sent) == stored


@given(
    st.sampled_from(sorted(MODES)),
    st.lists(st.sampled_from(CHUNKS) | st.binary(max_size=9) | st.just(b"0\r\n\r\n"), max_size=9).map(
        b"".join
    ),
    sizes,
)
def test_any_bytes_at_all_are_a_problem_or_the_object(mode, body, sizes):
    presented, fields, _ = MODES[mode]
    if not verdict(presented, fields, *split(body, sizes)):
        assert made(presented, fields).take(body) == DATA


# What botocore itself sends.


@cache
def client_of(signature_version, scheme: str):
    """A client whose requests are kept and go nowhere, and the list of these."""
    requests = []

    def answer(request, **_):
        requests.append(request)
        return AWSResponse(request.url, 200, {}, HTTPResponse(io.BytesIO(), preload_content=False))

    session = botocore.session.Session()
    session.set_credentials(ACCESS_KEY, SECRET)
    config = Config(signature_version=signature_version, s3={"addressing_style": "path"})
    client = session.create_client("s3", "us-east-1", endpoint_url=f"{scheme}://h", config=config)
    client.meta.events.register("before-send.s3", answer)
    return client, requests


def sent_by_botocore(signature_version, scheme: str, data: bytes, **arguments):
    """The head and the body of a PutObject, and who it is from."""
    client, requests = client_of(signature_version, scheme)
    client.put_object(Bucket="b", Key="k", Body=io.BytesIO(data), **arguments)
    request = requests.pop()
    fields = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    fields.pop("host", None)
    body = request.body if isinstance(request.body, bytes) else request.body.read()
    if signature_version is UNSIGNED:
        presented = None
    elif signature_version == "s3":
        presented = V2
    else:
        presented = presented_as(fields["x-amz-content-sha256"])
    return head_of(*fields.items()), presented, body


@pytest.mark.parametrize("data", [b"", b"hello", bytes(range(256)) * 5000], ids=len)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("signature_version", ["s3v4", "s3", UNSIGNED], ids=["SigV4", "SigV2", "anonymous"])
@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "XXHASH128"])
def test_what_botocore_sends(signature_version, scheme, data, algorithm):
    head, presented, body = sent_by_botocore(signature_version, scheme, data, ChecksumAlgorithm=algorithm)
    payload = Payload(head, presented, SECRET)
    assert payload.length == len(data)
    assert read(payload, *split(body, [5000])) == data
    ((name, _),) = payload.checksums
    assert name == f"x-amz-checksum-{algorithm.lower()}"
    assert stored_encoding(head.header("content-encoding") or "") == ""
