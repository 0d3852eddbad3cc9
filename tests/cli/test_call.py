"""`s3gateway call` against a TLS server that answers what a test wants and remembers what it was sent."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.cli import main
from gateway.cli.arguments import FieldError, read_fields
from gateway.cli.call import load_contract
from gateway.cli.target import endpoint_of
from gateway.messages import Credentials
from gateway.service.config import read_config
from gateway.service.documents import own_documents
from gateway.soap.signature import check
from gateway.wire.markup import local, namespace, parse

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ACCESS_KEY, SECRET = "AKIATEST", "a-very-secret-secret"
CONTRACT = load_contract(own_documents())


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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def double(certificate):
    state = Double()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            state.headers = {name.lower(): value for name, value in self.headers.items()}
            state.message = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(state.status)
            if state.content_type:
                self.send_header("Content-Type", state.content_type)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *arguments: None  # a client that does not trust us leaves at once
        state.endpoint = f"https://localhost:{server.server_port}/soap"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def credentials(tmp_path):
    file = tmp_path / "keys"
    file.write_text(
        f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
        "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = theirs\nregion = eu\n"
        "[broken]\naws_access_key_id = AKIABROKEN\n"
    )
    return file


@pytest.fixture
def call(double, certificate, credentials, capsys):
    """Call the double; return exit status and both outputs."""

    def run(*arguments, keys=("--credentials", str(credentials))):
        where = ("--endpoint", double.endpoint, "--ca", str(certificate), *keys)
        try:
            status = main(("call", *where, *arguments))
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        return status, out, err

    return run


# -- what is sent -----------------------------------------------------------------------------


def test_a_call_is_signed(call, double):
    double.answers(BUCKETS)
    status, _, err = call("ListAllMyBuckets")
    assert (status, err) == (0, "")
    assert double.headers["soapaction"] == '""'
    fields = {local(node): node.text for node in double.operation}
    sent = Credentials(fields["AWSAccessKeyId"], fields["Timestamp"], fields["Signature"])
    check("ListAllMyBuckets", sent, {ACCESS_KEY: SECRET}.get, datetime.now(UTC))


def test_another_profile_and_none_at_all(call, double, credentials):
    double.answers(BUCKETS)
    assert call("ListAllMyBuckets", "--profile", "other")[0] == 0
    assert double.operation[0].text == "AKIAOTHER"
    assert call("ListAllMyBuckets", keys=("--anonymous",))[0] == 0
    assert len(double.operation) == 0


def test_a_security_element_on_the_command_line_wins(call, double):
    double.answers(LISTING)
    assert call("ListBucket", "Bucket=b", "Signature=wrong", "Credential=token")[0] == 0
    fields = {local(node): node.text for node in double.operation}
    assert (fields["Signature"], fields["Credential"]) == ("wrong", "token")


def test_fields_go_in_the_order_of_the_contract(call, double):
    double.answers(LISTING)
    assert call("ListBucket", "Delimiter=/", "--xml", "MaxKeys=10", "Bucket=b", "Prefix=a=b")[0] == 0
    assert double.fields == [("Bucket", "b"), ("Prefix", "a=b"), ("MaxKeys", "10"), ("Delimiter", "/")]


def test_everything_of_an_object_is_asked_for_unless_told_otherwise(call, double):
    double.answers(OBJECT)
    assert call("GetObject", "Bucket=b", "Key=k")[0] == 0
    assert double.fields[2:] == [("GetMetadata", "true"), ("GetData", "true"), ("InlineData", "true")]
    assert call("GetObject", "Bucket=b", "Key=k", "GetData=false")[0] == 0
    assert double.fields[2:] == [("GetMetadata", "true"), ("GetData", "false"), ("InlineData", "true")]


@pytest.mark.parametrize("form", ["file={}", "Data=@{}"])
def test_data_from_a_file(call, double, tmp_path, form):
    file = tmp_path / "data"
    file.write_bytes(bytes(range(256)))
    double.answers(STORED)
    assert call("PutObjectInline", "Bucket=b", "Key=k", form.format(file))[0] == 0
    fields = dict(double.fields)
    assert base64.b64decode(fields["Data"]) == bytes(range(256))
    assert fields["ContentLength"] == "256"


def test_data_metadata_and_grants_on_the_command_line(call, double):
    double.answers(STORED)
    status, out, _ = call(
        "PutObjectInline", "Bucket=b", "Key=k", "Data=text", "ContentLength=5", "StorageClass=STANDARD",
        "Metadata.color=red", "Metadata.x.y=", "Grant=READ:uri=http://acs/AllUsers", "Grant=WRITE:email=a@b.c",
        "AccessControlList.Grant=FULL_CONTROL:id=12=34",
    )  # fmt: skip
    assert status == 0
    assert out.splitlines() == ['ETag          "tag"', "LastModified  2009-01-01T12:00:00.000Z"]
    assert dict(double.fields)["ContentLength"] == "5"
    by_name = {}
    for node in double.operation:
        by_name.setdefault(local(node), []).append(node)
    assert [[part.text for part in node] for node in by_name["Metadata"]] == [["color", "red"], ["x.y", None]]
    (acl,) = by_name["AccessControlList"]
    xsi = "{http://www.w3.org/2001/XMLSchema-instance}type"
    assert [
        (grant[0].get(xsi).rpartition(":")[2], local(grant[0][0]), grant[0][0].text, grant[1].text)
        for grant in acl
    ] == [
        ("Group", "URI", "http://acs/AllUsers", "READ"),
        ("AmazonCustomerByEmail", "EmailAddress", "a@b.c", "WRITE"),
        ("CanonicalUser", "ID", "12=34", "FULL_CONTROL"),
    ]


def test_an_empty_list_and_an_empty_answer(call, double):
    double.answers(DONE)
    status, out, _ = call("SetBucketAccessControlPolicy", "Bucket=b", "AccessControlList=")
    assert (status, out) == (0, "SetBucketAccessControlPolicy: done\n")
    (acl,) = (node for node in double.operation if local(node) == "AccessControlList")
    assert len(acl) == 0


def test_fields_as_the_contract_types_them():
    values = read_fields(
        CONTRACT,
        "GetObjectExtended",
        ["Bucket=b", "Key=k", "ByteRangeStart=3", "IfMatch=a", "IfMatch=b", "IfModifiedSince=2009-01-01T12:00:00Z",
         "ReturnCompleteObjectOnConditionFailure=1"],
    )  # fmt: skip
    assert values == {
        "Bucket": "b",
        "Key": "k",
        "ByteRangeStart": 3,
        "IfMatch": ["a", "b"],
        "IfModifiedSince": datetime(2009, 1, 1, 12, tzinfo=UTC),
        "ReturnCompleteObjectOnConditionFailure": True,
        "GetMetadata": True,
        "GetData": True,
        "InlineData": True,
    }


def test_a_field_within_a_field():
    outer = "BucketLoggingStatus.LoggingEnabled."
    fields = [f"{outer}TargetBucket=logs", f"{outer}TargetPrefix=", f"{outer}TargetGrants.Grant=READ:id=1"]
    values = read_fields(CONTRACT, "SetBucketLoggingStatus", ["Bucket=b", *fields])
    grant = {"Grantee": {"xsi:type": "CanonicalUser", "ID": "1"}, "Permission": "READ"}
    enabled = {"TargetBucket": "logs", "TargetPrefix": "", "TargetGrants": {"Grant": [grant]}}
    assert values["BucketLoggingStatus"] == {"LoggingEnabled": enabled}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("GetObjekt Bucket=b", "there is no operation GetObjekt; did you mean GetObject?"),
        ("listbucket Bucket=b", "there is no operation listbucket; did you mean ListBucket?"),
        ("Frobnicate", "there is no operation Frobnicate"),
        ("GetObject bucket=b Key=k", "GetObject has no field bucket; did you mean Bucket?"),
        ("GetObject Bucket=b Key=k Colour=red", "GetObject has no field Colour"),
        ("GetObject Bucket=b", "GetObject needs Key"),
        ("PutObjectInline", "PutObjectInline needs Bucket and Key and Data and ContentLength"),
        ("GetObject Bucket", "'Bucket' is no field; write Name=value"),
        ("GetObject Bucket=a Bucket=b", "Bucket stands twice"),
        ("GetObject Bucket=a Key.x=b", "Key has no fields of its own; write Key=value"),
        ("PutObject Bucket=b Key=k file=x", "PutObject has no field Data; send data with PutObjectInline"),
        ("GetObject Bucket=b Key=k GetData=maybe", "GetData: 'maybe' is not a boolean"),
        ("ListBucket Bucket=b MaxKeys=many", "MaxKeys: 'many' is not a number"),
        ("GetObjectExtended Bucket=b Key=k IfModifiedSince=now", "IfModifiedSince: 'now' is not a dateTime"),
        (
            "CopyObject MetadataDirective=KEEP",
            "MetadataDirective is one of COPY, REPLACE",
        ),
        ("CreateBucket Bucket=b Grant=READ", "Grant: write PERMISSION:id|email|uri=who, as READ:id=1234"),
        ("CreateBucket Bucket=b Grant=READ:id=", "Grant: write PERMISSION:id|email|uri=who, as READ:id=1234"),
        (
            "CreateBucket Bucket=b Grant=EAT:id=1",
            "Permission is one of READ, WRITE, READ_ACP, WRITE_ACP, FULL_CONTROL",
        ),
        ("PutObjectInline Metadata=red", "write Metadata.Name=value, as Metadata.color=red"),
        ("CreateBucket AccessControlList=x", "AccessControlList has fields of its own; write AccessControlList.Grant=..."),
        ("CreateBucket Grant.Grantee=x", "Grant has no fields of its own; write Grant=value"),
        ("PutObjectInline Data=@/nonexistent/file", "/nonexistent/file: No such file or directory"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_nothing_is_sent(call, double, words, told):
    assert call(*words.split()) == (64, "", f"s3gateway: {told}\n")
    assert double.message == b""


def test_a_mistake_within_a_field_is_found_before_anything_is_sent(call, double):
    status, out, err = call(
        "SetBucketLoggingStatus", "Bucket=b", "BucketLoggingStatus.LoggingEnabled.TargetPrefix=x"
    )
    assert (status, out, err.count("\n"), double.message) == (64, "", 1, b"")
    assert "TargetBucket" in err


def test_read_fields_raises_what_it_tells():
    with pytest.raises(FieldError, match="needs Bucket"):
        read_fields(CONTRACT, "DeleteBucket", [])


# -- what is shown ----------------------------------------------------------------------------


def test_an_answer_as_a_table(call, double):
    double.answers(BUCKETS)
    assert call("ListAllMyBuckets")[1].splitlines() == [
        "Owner.ID           1234",
        "Owner.DisplayName  me",
        "",
        "Buckets.Bucket (2)",
        "Name     CreationDate",
        "one      2009-01-01T12:00:00.000Z",
        "two-two  2010-01-01T12:00:00.123Z",
    ]


def test_grants_of_each_kind_share_a_table(call, double):
    double.answers(POLICY)
    assert call("GetBucketAccessControlPolicy", "Bucket=b")[1].splitlines() == [
        "Owner.ID  1234",
        "",
        "AccessControlList.Grant (2)",
        "Grantee.ID  Grantee.DisplayName  Permission    Grantee.URI",
        "1234        me                   FULL_CONTROL",
        "                                 READ          http://acs/AllUsers",
    ]


def test_an_empty_listing(call, double):
    """Read by zeep, which does not tell an empty text from an absent one: Prefix and Marker are not shown."""
    double.answers(LISTING)
    assert call("ListBucket", "Bucket=b")[1].splitlines() == [
        "Name         b",
        "MaxKeys      1000",
        "IsTruncated  false",
        "",
        "Metadata (0)",
        "",
        "Contents (0)",
        "",
        "CommonPrefixes (0)",
    ]


def test_data_goes_to_a_file(call, double, tmp_path):
    double.answers(OBJECT)
    out = tmp_path / "out"
    status, shown, _ = call("GetObject", "Bucket=b", "Key=k", f"out={out}")
    assert (status, out.read_bytes()) == (0, b"some bytes")
    assert "Data                10 bytes" in shown.splitlines()
    double.answers(NO_DATA)
    status, shown, _ = call("GetObject", "Bucket=b", "Key=k", f"out={out}")
    assert (status, out.read_bytes()) == (0, b"")
    assert "Data" not in shown.replace("Metadata", "")


def test_a_file_that_cannot_be_written(call, double, tmp_path):
    double.answers(OBJECT)
    path = tmp_path / "no" / "where"
    status, _, err = call("GetObject", "Bucket=b", "Key=k", f"out={path}")
    assert (status, err) == (73, f"s3gateway: {path}: No such file or directory\n")


def test_xml_is_printed_as_it_came(call, double):
    double.answers(BUCKETS)
    assert call("ListAllMyBuckets", "--xml") == (0, BUCKETS.decode() + "\n", "")


@pytest.mark.parametrize(("options", "shown"), [((), ""), (("--xml",), FAULT.decode() + "\n")])
def test_a_fault(call, double, options, shown):
    double.answers(FAULT, status=500)
    status, out, err = call("GetObject", "Bucket=b", "Key=k", *options)
    assert (status, out) == (1, shown)
    assert err.splitlines() == [
        "Client.NoSuchKey: The specified key does not exist.",
        "  Key: a\\u202eb",
        "  RequestId: 42",
    ]


def test_a_fault_without_detail(call, double):
    fault = "<soapenv:Fault><faultcode>soapenv:MustUnderstand</faultcode><faultstring>No.</faultstring></soapenv:Fault>"
    double.answers(envelope(fault), status=500)
    assert call("ListAllMyBuckets") == (1, "", "MustUnderstand: No.\n")


# -- no answer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ((b"<html>", 502, "text/html"), "HTTP 502 with text/html is no answer that this client reads"),
        ((b"", 200, ""), "HTTP 200 with no content type is no answer that this client reads"),
        ((b"", 503, "text/xml"), "HTTP 503 without an answer to ListAllMyBuckets"),
        ((b"<broken", 200, "text/xml"), "HTTP 200 without an answer to ListAllMyBuckets"),
        ((b"<!DOCTYPE a><a/>", 200, "text/xml"), "HTTP 200 without an answer to ListAllMyBuckets"),
        ((b"<a/>", 200, "text/xml"), "HTTP 200 without an answer to ListAllMyBuckets"),
        ((envelope("<unknown/>"), 200, "text/xml"), "HTTP 200 without an answer to ListAllMyBuckets"),
        ((envelope(""), 200, "text/xml"), "HTTP 200 without an answer to ListAllMyBuckets"),
        ((DONE, 200, "text/xml"), "HTTP 200 without an answer to ListAllMyBuckets"),
        ((BUCKETS.replace(b"<Name>one</Name>", b""), 200, "text/xml"), "the answer is not of the contract: "),
        (
            (BUCKETS, 500, "text/xml"),
            "HTTP 500 without an answer to ListAllMyBuckets: <ListAllMyBucketsResponse> came",
        ),
        ((b"<a/>", 500, "text/xml"), "HTTP 500 without an answer to ListAllMyBuckets"),
    ],
)
def test_what_is_no_answer(call, double, reply, told):
    double.answers(*reply)
    status, out, err = call("ListAllMyBuckets")
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_nobody_listens(call):
    address = f"https://127.0.0.1:{closed_port()}/soap"
    status, out, err = call("ListAllMyBuckets", "--endpoint", address)
    assert (status, out, err) == (2, "", f"s3gateway: {address}: Connection refused\n")


def test_a_certificate_that_is_not_trusted(call, double, tmp_path):
    other = make_certificate(tmp_path)
    status, _, err = call("ListAllMyBuckets", "--ca", str(other))
    assert status == 2
    assert err.startswith(f"s3gateway: {double.endpoint}: certificate not trusted: ")
    assert err.count("\n") == 1
    assert double.message == b""


def test_a_certificate_for_another_name(call, double):
    address = double.endpoint.replace("localhost", "127.0.0.1")
    status, _, err = call("ListAllMyBuckets", "--endpoint", address)
    assert status == 2
    assert "certificate not trusted" in err


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


def test_tls_where_plain_http_is_spoken(call):
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        status, _, err = call("ListAllMyBuckets", "--endpoint", f"https://127.0.0.1:{port}/soap")
    assert status == 2
    assert err.startswith(f"s3gateway: https://127.0.0.1:{port}/soap: TLS failed: ")
    assert err.count("\n") == 1


def test_what_is_no_http(call):
    with answering(b"SSH-2.0-nobody\r\n") as port:
        status, _, err = call("ListAllMyBuckets", "--endpoint", f"http://127.0.0.1:{port}")
    assert status == 2
    assert err.startswith(f"s3gateway: http://127.0.0.1:{port}: no HTTP answer: ")
    assert err.count("\n") == 1


# -- address and keys -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ((), "nobody to sign as: name --credentials FILE or --config FILE, or call --anonymous"),
        (("--credentials", "{tmp}/none"), "{tmp}/none: cannot be read: No such file or directory"),
        (("--credentials", "{tmp}/keys", "--profile", "x"), "{tmp}/keys: there is no profile x; it has default, other, broken"),
        (("--credentials", "{tmp}/keys", "--profile", "broken"), "{tmp}/keys: [broken] has no aws_secret_access_key"),
        (("--anonymous", "--endpoint", "localhost:8443"), "'localhost:8443' is no address; write https://HOST:PORT/PATH"),
        (("--anonymous", "--endpoint", "https:///soap"), "'https:///soap' is no address; write https://HOST:PORT/PATH"),
        (("--anonymous", "--ca", "{tmp}/none"), "{tmp}/none: no certificates that can be read: No such file or directory"),
        (("--anonymous", "--ca", "{tmp}/keys"), "{tmp}/keys: no certificates that can be read: "),
    ],
)  # fmt: skip
def test_who_and_where_must_be_known(call, credentials, tmp_path, keys, told):
    status, out, err = call("ListAllMyBuckets", keys=[key.format(tmp=tmp_path) for key in keys])
    assert (status, out, err.count("\n")) == (78, "", 1)
    assert err.startswith("s3gateway: " + told.format(tmp=tmp_path))


def write_config(directory, certificate, port, more=""):
    (directory / "credentials").write_text(
        f"[somebody]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
    )
    (directory / "credentials").chmod(0o600)
    config = directory / "gateway.ini"
    config.write_text(
        f"[gateway]\nlisten =\n  tcp:8080\n"
        f"  ssl:{port}:interface=127.0.0.1:privateKey={certificate.with_name('key.pem')}:certKey={certificate}\n{more}"
    )
    return config


def call_with_config(config, capsys, *arguments):
    status = main(("call", "ListAllMyBuckets", "--config", str(config), *arguments))
    return status, *capsys.readouterr()


@pytest.mark.parametrize("public", [True, False])
def test_a_configuration_says_all_that_is_needed(double, certificate, tmp_path, capsys, public):
    """Address, certificate and the only profile."""
    port = 1 if public else double.endpoint.rpartition(":")[2].partition("/")[0]
    config = write_config(tmp_path, certificate, port, f"public_url = {double.endpoint}\n" if public else "")
    double.answers(BUCKETS)
    status, _, err = call_with_config(config, capsys)
    assert (status, err) == (0, "")
    assert double.operation[0].text == ACCESS_KEY


def test_a_configuration_that_serves_no_soap_or_is_wrong(certificate, tmp_path, capsys):
    config = tmp_path / "gateway.ini"
    config.write_text("[gateway]\nlisten = tcp:8080\n")
    status, _, err = call_with_config(config, capsys, "--anonymous")
    assert (status, err) == (
        78,
        f"s3gateway: {config}: listens on no port with TLS; name its address with --endpoint\n",
    )
    config.write_text("[gateway]\nlisten =\n")
    status, _, err = call_with_config(config, capsys)
    assert (status, err.count("\n")) == (78, 1)


@pytest.mark.parametrize(
    ("listen", "host"),
    [
        ("ssl:8443:interface=0.0.0.0:privateKey=key.pem", "localhost"),
        ("ssl:8443:interface=192.0.2.7:privateKey=key.pem", "192.0.2.7"),
        (r"tls:keys:8443:interface=\:\:", "localhost"),
        (r"tls:keys:8443:interface=2001\:db8\:\:7", "[2001:db8::7]"),
    ],
)
def test_the_address_of_a_configuration(tmp_path, listen, host):
    config = tmp_path / "gateway.ini"
    config.write_text(f"[gateway]\nsoap_path = /services/soap\nlisten =\n  tcp:8080\n  {listen}\n")
    assert endpoint_of(read_config(config), None) == f"https://{host}:8443/services/soap"


def test_certificates_in_a_directory_are_not_believed_unread(tmp_path, certificate, capsys):
    config = write_config(tmp_path, certificate, closed_port())
    config.write_text(
        config.read_text().replace("ssl:", f"tls:{tmp_path}:").partition(":privateKey")[0] + "\n"
    )
    status, _, err = call_with_config(config, capsys)
    assert (status, err.count("\n")) == (2, 1)


def test_the_environment_does_not_come_between(double, certificate, credentials):
    """Neither a proxy nor another certificate file that the environment names is used."""
    double.answers(BUCKETS)
    environment = os.environ | {
        "REQUESTS_CA_BUNDLE": "/nonexistent",
        "CURL_CA_BUNDLE": "/nonexistent",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "https_proxy": "http://127.0.0.1:1",
    }
    command = [sys.executable, "-c", "import sys; from gateway.cli import main; sys.exit(main())"]
    where = ["--endpoint", double.endpoint, "--ca", str(certificate), "--credentials", str(credentials)]
    done = subprocess.run(
        [*command, "call", "ListAllMyBuckets", *where],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "two-two" in done.stdout
