"""What a presigned URL says in its query, as the fields it stands for."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Problem
from gateway.rest.authorization import authorize
from gateway.rest.claims import Presented
from gateway.rest.presigned import in_fields
from gateway.wire.http1 import RequestHead, parse_request_head

V4 = Presented("KEY", "UNSIGNED-PAYLOAD", "20261123T120000Z", in_query=True)
V2 = Presented("KEY", in_query=True)


def head_of(target: str, *fields: str) -> RequestHead:
    return parse_request_head(
        "\r\n".join((f"PUT {target} HTTP/1.1", "Host: store", *fields, "", "")).encode("latin-1")
    )


@pytest.mark.parametrize("who", [None, Presented("KEY", date="20261123T120000Z"), Presented("KEY")])
def test_only_a_presigned_url_says_fields_in_its_query(who):
    head = head_of("/b/k?x-amz-acl=private")
    assert in_fields(head, who) is head


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_what_boto3_signs_into_a_url_becomes_fields(version):
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    client = boto3.client(
        "s3",
        endpoint_url="http://store",
        aws_access_key_id="KEY",
        aws_secret_access_key="secret",
        region_name="us-east-1",
        config=config,
    )
    url = client.generate_presigned_url(
        "copy_object", Params={"Bucket": "b", "Key": "k", "CopySource": "b/\u00fc o", "ACL": "private"}
    )
    head = head_of(url.removeprefix("http://store"), "x-amz-copy-source: b/%C3%BC%20o", "x-amz-acl: private")
    if version == "s3":  # it signs none of the fields into the head
        head = head_of(url.removeprefix("http://store"))
    who = authorize(
        head, bucket_in_host="", secret_of={"KEY": "secret"}.get, now=datetime.now(UTC), region="us-east-1"
    )
    meant = in_fields(head, who)
    assert (meant.header("x-amz-copy-source"), meant.header("x-amz-acl")) == ("b/%C3%BC%20o", "private")
    assert (meant.query, meant.target) == ("", "/b/k")


@pytest.mark.parametrize(
    ("who", "query", "fields", "rest"),
    [
        (V4, "X-Amz-Meta-A=b%20c+d", {"x-amz-meta-a": "b c d"}, ""),
        (V4, "acl&X-Amz-Acl=private&X-Amz-Signature=1&a=b%2F", {"x-amz-acl": "private"}, "acl&a=b%2F"),
        (V4, "Content-Type=a", {}, "Content-Type=a"),
        (
            V2,
            "Content-Type=a&content-md5=b&Signature=1&Expires=2",
            {"content-type": "a", "content-md5": "b"},
            "",
        ),
        (V2, "x-amz-meta-a=%C3%BC", {"x-amz-meta-a": "\u00c3\u00bc"}, ""),
        (V4, "x-amz-meta-sent=here", {"x-amz-meta-sent": "here"}, ""),
    ],
)
def test_parameters_that_stand_for_fields(who, query, fields, rest):
    meant = in_fields(head_of(f"/b/k?{query}", "x-amz-meta-sent: here"), who)
    told = dict(meant.headers)
    assert {name: told[name] for name in fields} == fields
    assert len(meant.headers) == len({**fields, "host": "", "x-amz-meta-sent": ""})
    assert (meant.query, meant.target) == (rest, f"/b/k?{rest}" if rest else "/b/k")


@pytest.mark.parametrize(
    "query",
    [
        "x-amz-acl=private&X-Amz-Acl=public-read",
        "x-amz-acl=private&x-amz-acl=private",
        "x-amz-meta-a=b%0D%0AHost:%20other",
        "x-amz-%20=b",
        "x-amz-meta-sent=there",
    ],
)
def test_a_parameter_that_is_no_field_is_refused(query):
    with pytest.raises(Problem, match="InvalidArgument"):
        in_fields(head_of(f"/b/k?{query}", "x-amz-meta-sent: here"), V4)


@given(st.text(st.sampled_from("xX-amz=&%20+;Aacl\u00fc%C3"), max_size=30), st.sampled_from([V2, V4]))
def test_any_query_is_understood_or_refused(query, who):
    head = RequestHead(**{**_values(head_of("/b/k")), "query": query})
    try:
        outcome = len(in_fields(head, who).query) <= len(query)
    except Problem as problem:
        outcome = problem.code in {"InvalidArgument", "InvalidURI"}
    assert outcome


def _values(head: RequestHead) -> dict[str, object]:
    return {name: getattr(head, name) for name in head.__slots__}
