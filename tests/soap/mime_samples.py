"""Messages in parts as the stacks write them: what was captured, and what their sources write.

The envelopes are short; what matters is what stands around them.
"""

from __future__ import annotations

from dataclasses import dataclass

ENVELOPE = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<PutObject xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>b</Bucket><Key>k</Key>'
    b"</PutObject></soapenv:Body></soapenv:Envelope>"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One message.

    Attributes:
        stack: Who writes it, and what is odd about it.
        content_type: The field of the request's head.
        message: The body.
        boundary: What the field names as boundary.
        start: What it names as root part.
        parts: Id, type and payload of each part.

    """

    stack: str
    content_type: str
    message: bytes
    boundary: str
    start: str
    parts: tuple[tuple[str, str, bytes], ...]


SAMPLES = (
    Sample(
        "Axis 1.4: a tab before the boundary, a Date as preamble",
        'multipart/related; type="text/xml"; start="<77329E2B415193A491D47F55113518B4>";'
        ' \tboundary="----=_Part_0_953082513.1795442964188"',
        b"Date: Mon, 23 Nov 2026 14:09:24 +0000 (UTC)\r\n\r\n"
        b"------=_Part_0_953082513.1795442964188\r\n"
        b"Content-Type: text/xml; charset=UTF-8\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-Id: <77329E2B415193A491D47F55113518B4>\r\n\r\n" + ENVELOPE + b"\r\n"
        b"------=_Part_0_953082513.1795442964188\r\n"
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-Id: <0D2C9F7A1BF38A06C5C53D5E6F3E1A42>\r\n\r\n"
        b"HELLO\r\nMIME\r\n"
        b"------=_Part_0_953082513.1795442964188--\r\n",
        "----=_Part_0_953082513.1795442964188",
        "77329E2B415193A491D47F55113518B4",
        (
            ("77329E2B415193A491D47F55113518B4", "text/xml; charset=UTF-8", ENVELOPE),
            ("0D2C9F7A1BF38A06C5C53D5E6F3E1A42", "application/octet-stream", b"HELLO\r\nMIME"),
        ),
    ),
    Sample(
        "gSOAP: the boundary has = and /, the envelope ends in CR LF, nothing behind the last hyphen",
        'multipart/related; charset=utf-8; boundary="==nGpzR/KspN6ry7jG8CU4bonN2aujzfJamyN3xYjaldFXYpeUryNGb0UROC0B==";'
        ' type="text/xml"; start="<SOAP-ENV:Envelope>"',
        b"--==nGpzR/KspN6ry7jG8CU4bonN2aujzfJamyN3xYjaldFXYpeUryNGb0UROC0B==\r\n"
        b"Content-Type: text/xml; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-ID: <SOAP-ENV:Envelope>\r\n\r\n" + ENVELOPE + b"\r\n\r\n"
        b"--==nGpzR/KspN6ry7jG8CU4bonN2aujzfJamyN3xYjaldFXYpeUryNGb0UROC0B==\r\n"
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-ID: <att1>\r\n\r\n"
        b"HELLO\r\nx\r\n"
        b"--==nGpzR/KspN6ry7jG8CU4bonN2aujzfJamyN3xYjaldFXYpeUryNGb0UROC0B==--",
        "==nGpzR/KspN6ry7jG8CU4bonN2aujzfJamyN3xYjaldFXYpeUryNGb0UROC0B==",
        "SOAP-ENV:Envelope",
        (
            ("SOAP-ENV:Envelope", "text/xml; charset=utf-8", ENVELOPE + b"\r\n"),
            ("att1", "application/octet-stream", b"HELLO\r\nx"),
        ),
    ),
    Sample(
        "gSOAP with MTOM: an address as boundary",
        'multipart/related; charset=utf-8; boundary="http://127.0.0.1:49471/"; type="application/xop+xml";'
        ' start="<SOAP-ENV:Envelope>"; start-info="text/xml"',
        b"--http://127.0.0.1:49471/\r\n"
        b'Content-Type: application/xop+xml; charset=utf-8; type="text/xml"\r\n'
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-ID: <SOAP-ENV:Envelope>\r\n\r\n" + ENVELOPE + b"\r\n"
        b"--http://127.0.0.1:49471/\r\n"
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-ID: <att1>\r\n\r\n"
        b"\r\n--http://127.0.0.1:49471/--",
        "http://127.0.0.1:49471/",
        "SOAP-ENV:Envelope",
        (
            ("SOAP-ENV:Envelope", 'application/xop+xml; charset=utf-8; type="text/xml"', ENVELOPE),
            ("att1", "application/octet-stream", b""),
        ),
    ),
    Sample(
        ".NET with MTOM: begins with an empty line, ids are addresses",
        'multipart/related; type="application/xop+xml";start="<http://tempuri.org/0>";'
        'boundary="uuid:51206a52-6eec-4a8e-9d1a-2a1d3f9a4a2f+id=1";start-info="text/xml"',
        b"\r\n--uuid:51206a52-6eec-4a8e-9d1a-2a1d3f9a4a2f+id=1\r\n"
        b"Content-ID: <http://tempuri.org/0>\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n"
        b'Content-Type: application/xop+xml;charset=utf-8;type="text/xml"\r\n\r\n' + ENVELOPE + b"\r\n"
        b"--uuid:51206a52-6eec-4a8e-9d1a-2a1d3f9a4a2f+id=1\r\n"
        b"Content-ID: <http://tempuri.org/1/636000000000000000>\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n"
        b"\x00\x01\r\n--uuid:\xff\r\n"
        b"--uuid:51206a52-6eec-4a8e-9d1a-2a1d3f9a4a2f+id=1--\r\n",
        "uuid:51206a52-6eec-4a8e-9d1a-2a1d3f9a4a2f+id=1",
        "http://tempuri.org/0",
        (
            ("http://tempuri.org/0", 'application/xop+xml;charset=utf-8;type="text/xml"', ENVELOPE),
            (
                "http://tempuri.org/1/636000000000000000",
                "application/octet-stream",
                b"\x00\x01\r\n--uuid:\xff",
            ),
        ),
    ),
    Sample(
        "SOAP::Lite: a sentence as preamble, no encoding told, fields of mail",
        'Multipart/Related; type="text/xml"; start="<main_envelope>"; boundary="----------=_1795453223-16008-0"',
        b"This is a multi-part message in MIME format...\r\n\r\n"
        b"------------=_1795453223-16008-0\r\n"
        b"Content-Type: text/xml\r\n"
        b"Content-Disposition: inline\r\n"
        b"Content-Location: /main_envelope\r\n"
        b"Content-ID: <main_envelope>\r\n\r\n" + ENVELOPE + b"\r\n"
        b"------------=_1795453223-16008-0\r\n"
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Disposition: inline\r\n"
        b"Content-Transfer-Encoding: base64\r\n"
        b"Content-ID: <att1>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"X-Mailer: MIME-tools 5.510 (Entity 5.510)\r\n\r\n"
        b"SEVMTE8NCng=\r\n\r\n"
        b"------------=_1795453223-16008-0--\r\n",
        "----------=_1795453223-16008-0",
        "main_envelope",
        (("main_envelope", "text/xml", ENVELOPE), ("att1", "application/octet-stream", b"HELLO\r\nx")),
    ),
    Sample(
        "written by hand for PHP: the boundary unquoted, no ids, quoted-printable, an epilogue",
        "multipart/related;boundary=MIME_boundary;type=text/xml;",
        b"--MIME_boundary  \r\n"
        b"content-type: Text/XML;\r\n charset=utf-8\r\n\r\n" + ENVELOPE + b"\r\n"
        b"--MIME_boundary\t\r\n"
        b"CONTENT-TRANSFER-ENCODING:Quoted-Printable\r\n\r\n"
        b"caf=C3=A9 =\r\nau lait=0D=0A  \r\nf=c3=a9l \r\n"
        b"--MIME_boundary--  \r\nbye\r\n",
        "MIME_boundary",
        "",
        (
            ("", "text/xml; charset=utf-8", ENVELOPE),
            ("", "", "café au lait\r\n\r\nfél".encode()),
        ),
    ),
)
