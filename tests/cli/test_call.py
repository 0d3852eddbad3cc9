"""`s3gateway call` against a TLS server: what is sent, what is shown, and when no answer comes."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from gateway.messages import Credentials
from gateway.soap.signature import check
from gateway.wire.markup import local
from tests.cli.double import (
    ACCESS_KEY,
    BUCKETS,
    DONE,
    FAULT,
    LISTING,
    NO_DATA,
    OBJECT,
    POLICY,
    SECRET,
    STORED,
    answer,
    answering,
    closed_port,
    envelope,
    make_certificate,
)

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


@pytest.mark.parametrize("words", ["GetObjekt Bucket=b", "GetObject Bucket=b Key=k GetData=maybe"])
def test_after_a_mistake_nothing_is_sent(call, double, words):
    status, out, err = call(*words.split())
    assert (status, out, err.count("\n"), double.message) == (64, "", 1, b"")


def test_a_mistake_within_a_field_is_found_before_anything_is_sent(call, double):
    status, out, err = call(
        "SetBucketLoggingStatus", "Bucket=b", "BucketLoggingStatus.LoggingEnabled.TargetPrefix=x"
    )
    assert (status, out, err.count("\n"), double.message) == (64, "", 1, b"")
    assert "TargetBucket" in err


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
    ]


def test_an_answer_of_one_field_keeps_its_name(call, double):
    double.answers(
        answer("CreateBucket", "<CreateBucketReturn><BucketName>b</BucketName></CreateBucketReturn>")
    )
    assert call("CreateBucket", "Bucket=b") == (0, "BucketName  b\n", "")
    enabled = (
        "<LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>x</TargetPrefix></LoggingEnabled>"
    )
    for inside, shown in (
        (enabled, "LoggingEnabled.TargetBucket  logs\nLoggingEnabled.TargetPrefix  x\n"),
        ("", "GetBucketLoggingStatus: done\n"),
    ):
        inner = f"<GetBucketLoggingStatusResponse>{inside}</GetBucketLoggingStatusResponse>"
        double.answers(answer("GetBucketLoggingStatus", inner))
        assert call("GetBucketLoggingStatus", "Bucket=b") == (0, shown, "")


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
