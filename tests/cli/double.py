"""A gateway's double for the tests of the command line: what it answers, and what it was sent."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.wire.markup import local, namespace, parse

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ACCESS_KEY, SECRET = "AKIATEST", "a-very-secret-secret"


def envelope(inside):
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header/>'
        f"<soapenv:Body>{inside}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def answer(operation, inside):
    return envelope(f'<{operation}Response xmlns="{NAMESPACE}">{inside}</{operation}Response>')


FAULT = envelope(
    "<soapenv:Fault><faultcode>soapenv:Client.NoSuchKey</faultcode>"
    "<faultstring>The specified key does not exist.</faultstring>"
    "<detail><Key>a\u202eb</Key><RequestId>42</RequestId></detail></soapenv:Fault>"
)
BUCKETS = answer(
    "ListAllMyBuckets",
    "<ListAllMyBucketsResponse><Owner><ID>1234</ID><DisplayName>me</DisplayName></Owner><Buckets>"
    "<Bucket><Name>one</Name><CreationDate>2009-01-01T12:00:00.000Z</CreationDate></Bucket>"
    "<Bucket><Name>two-two</Name><CreationDate>2010-01-01T12:00:00.123Z</CreationDate></Bucket>"
    "</Buckets></ListAllMyBucketsResponse>",
)
POLICY = answer(
    "GetBucketAccessControlPolicy",
    "<GetBucketAccessControlPolicyResponse><Owner><ID>1234</ID></Owner><AccessControlList>"
    '<Grant><Grantee xsi:type="CanonicalUser"><ID>1234</ID><DisplayName>me</DisplayName></Grantee>'
    "<Permission>FULL_CONTROL</Permission></Grant>"
    '<Grant><Grantee xsi:type="Group"><URI>http://acs/AllUsers</URI></Grantee>'
    "<Permission>READ</Permission></Grant>"
    "</AccessControlList></GetBucketAccessControlPolicyResponse>",
)
LISTING = answer(
    "ListBucket",
    "<ListBucketResponse><Name>b</Name><Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys>"
    "<IsTruncated>false</IsTruncated></ListBucketResponse>",
)
OBJECT = answer(
    "GetObject",
    "<GetObjectResponse><Status><Code>200</Code><Description>OK</Description></Status>"
    "<Metadata><Name>color</Name><Value>red</Value></Metadata>"
    f"<Data>{base64.b64encode(b'some bytes').decode()}</Data>"
    "<LastModified>2009-01-01T12:00:00.000Z</LastModified><ETag>&quot;tag&quot;</ETag></GetObjectResponse>",
)
NO_DATA = OBJECT.replace(b"<Data>c29tZSBieXRlcw==</Data>", b'<Data xsi:nil="true"/>')
STORED = answer(
    "PutObjectInline",
    '<PutObjectInlineResponse><ETag>"tag"</ETag><LastModified>2009-01-01T12:00:00.000Z</LastModified>'
    "</PutObjectInlineResponse>",
)
PUT = STORED.replace(b"PutObjectInline", b"PutObject")
DONE = answer("SetBucketAccessControlPolicy", "")


class Double:
    """What is answered, and what was sent."""

    status = 200
    content_type = "text/xml; charset=utf-8"
    body = b""
    headers: dict[str, str]
    message = b""
    endpoint = ""

    def answers(self, body, status=200, content_type="text/xml; charset=utf-8"):
        self.body, self.status, self.content_type = body, status, content_type

    @property
    def operation(self):
        """The operation element that was sent."""
        (body,) = (child for child in parse(self.message) if local(child) == "Body")
        (operation,) = body
        assert namespace(operation) == NAMESPACE
        return operation

    @property
    def fields(self):
        """Names and texts of the operation's own simple fields, without the security elements."""
        security = {"AWSAccessKeyId", "Timestamp", "Signature"}
        return [
            (local(node), node.text)
            for node in self.operation
            if local(node) not in security and not len(node)
        ]


def make_certificate(directory):
    """Write key.pem and cert.pem for localhost; return the certificate's path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (directory / "key.pem").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    (directory / "cert.pem").write_bytes(certificate.public_bytes(pem))
    return directory / "cert.pem"


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def answering(data):
    """Give the port of a server that answers its one client with `data`, without TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(data)

        thread = threading.Thread(target=answer_once)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()
