"""DIME messages, byte for byte: what real senders put on the wire, and records made by hand."""

from __future__ import annotations

import struct

ENVELOPE = b'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope'.ljust(456, b".") + b"\r\n"
"""Stands for an envelope of gSOAP: 458 bytes, CR LF at the end."""

GSOAP = (
    b"\x0c \x00\x00\x00\x07\x00)\x00\x00\x01\xca"
    b"cid:id0\x00"
    b"http://schemas.xmlsoap.org/soap/envelope/\x00\x00\x00" + ENVELOPE + b"\x00\x00"
    b"\n\x10\x00\x00\x00\t\x00\x18\x00\x00\x00\t"
    b"uuid:att1\x00\x00\x00"
    b"application/octet-stream"
    b"HELLODIME\x00\x00\x00"
)
"""gSOAP 2.8.124, 584 bytes in all."""

GSOAP_STREAMED = (
    b"\x0c \x00\x00\x00\x07\x00)\x00\x00\x00\x04"
    b"cid:id0\x00"
    b"http://schemas.xmlsoap.org/soap/envelope/\x00\x00\x00"
    b"<a/>"
    b"\t\x10\x00\x00\x00\x07\x00\x18\x00\x00\x08\x00"
    b"uuid:s1\x00"
    b"application/octet-stream" + b"a" * 2048 + b"\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
    b"a\x00\x00\x00"
)
"""gSOAP 2.8.124, an attachment of unknown length in chunks of 2 KiB; its envelope is cut short here."""

DIME_TOOLS = (
    b"\x0c \x00\x00\x00)\x00)\x00\x00\x00\x04"
    b"uuid:00000000-0000-4000-8000-000000000001\x00\x00\x00"
    b"http://schemas.xmlsoap.org/soap/envelope/\x00\x00\x00"
    b"<a/>"
    b"\t\x10\x00\x00\x00)\x00\n\x00\x00\x00\x05"
    b"uuid:00000000-0000-4000-8000-000000000002\x00\x00\x00"
    b"text/plain\x00\x00"
    b"aaaaa\x00\x00\x00"
    b"\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
    b"aa\x00\x00"
)
"""Perl's DIME::Tools 0.05, in chunks of 5 bytes."""

AXIS_DATA = bytes(range(250)) * 400
AXIS = (
    b"\x0c \x00\x00\x00)\x00)\x00\x00\x00\x05"
    b"uuid:714C6C40-6A2B-11F1-8B63-B5C9CB6D3C7A\x00\x00\x00"
    b"http://schemas.xmlsoap.org/soap/envelope/\x00\x00\x00"
    b"<a/>\n\x00\x00\x00"
    b"\n\x10\x00\x00\x00 \x00\x18\x00\x01\x86\xa0"
    b"0123456789ABCDEF0123456789ABCDEF"
    b"application/octet-stream" + AXIS_DATA
)
"""Axis 1.4: an id of the data that is no URI."""

DATA_RECORD = bytes.fromhex(
    "0a100000 0006000a 00000005"
    "75756964 3a310000"
    "74657874 2f706c61 696e0000"
    "68612d68 61000000"
)  # fmt: skip
"""The last record of a message: `uuid:1`, `text/plain`, `ha-ha`."""

SOAP_HEAD = bytes.fromhex("0c200000 00000029")
"""How a message without an id of its envelope begins, up to DATA_LENGTH."""

NET_DIME = (
    b"\x0c\x20\x00\x00\x00\x00\x00\x29\x00\x00\x00\x04"
    b"http://schemas.xmlsoap.org/soap/envelope/\x00\x00\x00"
    b"<a/>"
    b"\x09\x10\x00\x00\x00\x05\x00\x0a\x00\x00\x00\x03"
    b"cid:1\x00\x00\x00"
    b"text/plain\x00\x00"
    b"one\x00"
    b"\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03"
    b"two\x00"
    b"\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x0a\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
)
"""PEAR's Net_DIME: each chain ends in an empty chunk, and each message in a record of TYPE_T 4."""


def padded(field: bytes, filler: bytes = b"\0") -> bytes:
    return field + filler * (-len(field) % 4)


def record(  # every field of a record, right or wrong
    flags: int,
    type_t: int,
    payload: bytes = b"",
    *,
    id_: bytes = b"",
    type_: bytes = b"",
    options: bytes = b"",
    version: int = 1,
    reserved: int = 0,
    filler: bytes = b"\0",
) -> bytes:
    """One record; `flags` are 4 for MB, 2 for ME, 1 for CF."""
    lengths = map(len, (options, id_, type_, payload))
    head = struct.pack(">BBHHHI", version << 3 | flags, type_t << 4 | reserved, *lengths)
    return head + b"".join(padded(field, filler) for field in (options, id_, type_, payload))
