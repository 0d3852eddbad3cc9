"""The element that answers, against the schema and against itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.messages import Answer, Attachment, Body, Problem
from gateway.service.documents import own_documents
from gateway.soap.answers import build_answer, parse_answer
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.wire.markup import Base64, parse
from gateway.wire.values import KIND
from tests.joined import our_contract
from tests.strategies import answers_of, hostile_texts

CONTRACT = our_contract()
SCHEMA = etree.XMLSchema(parse(own_documents()["AmazonS3.xsd"]))
HEAD = '<{0} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
MOMENT = datetime(2009, 1, 1, 12, tzinfo=UTC)
DATE = "2009-01-01T12:00:00.000Z"

WRITTEN = {
    "ListAllMyBuckets": (
        {"Owner": {"ID": "i"}, "Buckets": {"Bucket": [{"Name": "b", "CreationDate": MOMENT}]}},
        (
            "<ListAllMyBucketsResponse><Owner><ID>i</ID></Owner><Buckets><Bucket><Name>b</Name>"
            f"<CreationDate>{DATE}</CreationDate></Bucket></Buckets></ListAllMyBucketsResponse>"
        ),
    ),
    "CreateBucket": (
        {"BucketName": "b"},
        "<CreateBucketReturn><BucketName>b</BucketName></CreateBucketReturn>",
    ),
    "DeleteBucket": (
        {"Description": "No Content", "Code": 204},
        "<DeleteBucketResponse><Code>204</Code><Description>No Content</Description></DeleteBucketResponse>",
    ),
    "ListBucket": (
        {
            "Name": "b",
            "Contents": [{"Key": "k", "ETag": '"e"', "Size": 1, "LastModified": MOMENT}],
            "MaxKeys": 5,
        },
        (
            "<ListBucketResponse><Name>b</Name><Prefix></Prefix><Marker></Marker><MaxKeys>5</MaxKeys>"
            f"<IsTruncated>false</IsTruncated><Contents><Key>k</Key><LastModified>{DATE}</LastModified>"
            '<ETag>"e"</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResponse>'
        ),
    ),
    "GetBucketAccessControlPolicy": (
        {
            "Owner": {"ID": "i", "DisplayName": "d"},
            "AccessControlList": {"Grant": [{"Grantee": {KIND: "Group", "URI": "u"}, "Permission": "READ"}]},
        },
        (
            "<GetBucketAccessControlPolicyResponse><Owner><ID>i</ID><DisplayName>d</DisplayName></Owner><AccessControlList>"
            '<Grant><Grantee xsi:type="Group"><URI>u</URI></Grantee><Permission>READ</Permission></Grant>'
            "</AccessControlList></GetBucketAccessControlPolicyResponse>"
        ),
    ),
    "SetBucketAccessControlPolicy": ({}, ""),
    "GetObjectAccessControlPolicy": (
        {},
        (
            "<GetObjectAccessControlPolicyResponse><Owner><ID></ID></Owner><AccessControlList></AccessControlList>"
            "</GetObjectAccessControlPolicyResponse>"
        ),
    ),
    "SetObjectAccessControlPolicy": ({}, ""),
    "GetBucketLoggingStatus": ({}, "<GetBucketLoggingStatusResponse></GetBucketLoggingStatusResponse>"),
    "SetBucketLoggingStatus": ({}, ""),
    "PutObject": (
        {"LastModified": MOMENT, "ETag": '"e"'},
        f'<PutObjectResponse><ETag>"e"</ETag><LastModified>{DATE}</LastModified></PutObjectResponse>',
    ),
    "PutObjectInline": (
        {"LastModified": MOMENT, "ETag": '"e"'},
        f'<PutObjectInlineResponse><ETag>"e"</ETag><LastModified>{DATE}</LastModified></PutObjectInlineResponse>',
    ),
    "GetObject": (
        {
            "Status": {"Code": 200, "Description": "OK"},
            "Metadata": [{"Name": "n", "Value": "v"}],
            "Data": b"M",
            "LastModified": MOMENT,
            "ETag": '"e"',
        },
        (
            "<GetObjectResponse><Status><Code>200</Code><Description>OK</Description></Status>"
            "<Metadata><Name>n</Name><Value>v</Value></Metadata><Data>TQ==</Data>"
            f'<LastModified>{DATE}</LastModified><ETag>"e"</ETag></GetObjectResponse>'
        ),
    ),
    "GetObjectExtended": (
        {"Status": {"Code": 304, "Description": "Not Modified"}, "LastModified": MOMENT, "ETag": '"e"'},
        (
            "<GetObjectResponse><Status><Code>304</Code><Description>Not Modified</Description></Status>"
            f'<Data xsi:nil="true"/><LastModified>{DATE}</LastModified><ETag>"e"</ETag></GetObjectResponse>'
        ),
    ),
    "DeleteObject": (
        {"Code": 204, "Description": "No Content"},
        "<DeleteObjectResponse><Code>204</Code><Description>No Content</Description></DeleteObjectResponse>",
    ),
    "CopyObject": (
        {"ETag": '"e"', "LastModified": MOMENT},
        f'<CopyObjectResult><LastModified>{DATE}</LastModified><ETag>"e"</ETag></CopyObjectResult>',
    ),
}
"""One answer of each operation: its values, and what stands inside the element that answers."""


def envelope(answer):
    """The bytes of an answer's envelope; a Body's are base64 of its source."""
    pieces = build_envelope(build_answer(answer, CONTRACT))
    return b"".join(piece if isinstance(piece, bytes) else Base64().feed(piece.source) for piece in pieces)


def element(inside, operation="DeleteObject"):
    return parse(f"<{operation}Response>{inside}</{operation}Response>".encode())


def test_one_answer_of_each_operation_is_here():
    assert set(WRITTEN) == set(CONTRACT.operations)


@pytest.mark.parametrize("operation", WRITTEN)
def test_what_is_written(operation):
    """The doubled wrapper and its exceptions, the order of the schema, and no white space."""
    values, inside = WRITTEN[operation]
    name = f"{operation}Response"
    assert (
        "".join(build_answer(Answer(operation, values), CONTRACT)) == f"{HEAD.format(name)}{inside}</{name}>"
    )


@pytest.mark.parametrize("operation", WRITTEN)
def test_an_answer_without_values_is_made_up_to_what_the_schema_requires(operation):
    SCHEMA.assertValid(parse_envelope(envelope(Answer(operation, {}))))


@given(answers_of(CONTRACT))
def test_answers_are_valid_and_come_back(answer):
    node = parse_envelope(envelope(answer))
    SCHEMA.assertValid(node)
    assert parse_answer(node, answer.operation, CONTRACT) == answer


@given(hostile_texts, hostile_texts)
def test_texts_that_xml_cannot_carry_make_no_invalid_answer(name, value):
    """Wire rule 19."""
    node = parse_envelope(envelope(Answer("GetObject", {"Metadata": [{"Name": name, "Value": value}]})))
    SCHEMA.assertValid(node)


@given(st.binary(max_size=300))
def test_a_body_is_valid_inline_data(data):
    node = parse_envelope(envelope(Answer("GetObject", {"Data": Body(data + b"\0" * (-len(data) % 3))})))
    SCHEMA.assertValid(node)


@pytest.mark.parametrize(
    ("grant", "why"),
    [
        ({"Permission": "READ"}, "Grantee is missing"),
        (
            {"Grantee": {KIND: "Group", "URI": "u"}, "Permission": "FLY"},
            "Permission is none of READ, WRITE, READ_ACP, WRITE_ACP, FULL_CONTROL",
        ),
    ],
)
def test_what_cannot_be_told_is_an_internal_error(grant, why):
    with pytest.raises(Problem) as caught:
        build_answer(
            Answer("GetBucketAccessControlPolicy", {"AccessControlList": {"Grant": [grant]}}), CONTRACT
        )
    assert str(caught.value) == f"InternalError: The store's answer cannot be told: {why}."


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (element("", "GetObject"), "it is no DeleteObjectResponse"),
        (parse(b"<DeleteObject/>"), "it is no DeleteObjectResponse"),
        (element(""), "it holds no DeleteObjectResponse, or two"),
        (element("<DeleteObjectResponse><Code>x</Code></DeleteObjectResponse>"), "Code is not a number"),
        (
            element("<DeleteObjectResponse/><DeleteObjectResponse/>"),
            "it holds no DeleteObjectResponse, or two",
        ),
    ],
)
def test_what_is_no_answer(node, why):
    with pytest.raises(Problem) as caught:
        parse_answer(node, "DeleteObject", CONTRACT)
    assert str(caught.value) == f"InternalError: The store's answer cannot be read: {why}."


@pytest.mark.parametrize("operation", WRITTEN)
def test_a_stores_answer_that_lacks_every_field_is_read(operation):
    inner = "".join(f"<{inner.name}/>" for inner in CONTRACT.operations[operation].response.elements)
    assert parse_answer(element(inner, operation), operation, CONTRACT) == Answer(operation, {})


def test_an_answer_to_a_set_is_its_element_alone():
    assert parse_answer(element("", "SetBucketAccessControlPolicy"), "SetBucketAccessControlPolicy", CONTRACT)
    with pytest.raises(Problem, match="it is no SetBucketAccessControlPolicyResponse"):
        parse_answer(element(""), "SetBucketAccessControlPolicy", CONTRACT)


@pytest.mark.parametrize(
    ("operation", "text", "values"),
    [
        (
            "CreateBucket",
            (
                "<CreateBucketResponse><CreateBucketResponse><BucketName>b</BucketName></CreateBucketResponse>"
                "</CreateBucketResponse>"
            ),
            {"BucketName": "b"},
        ),
        (
            "CopyObject",
            "<CopyObjectResponse><CopyObjectResponse><ETag>t</ETag></CopyObjectResponse></CopyObjectResponse>",
            {"ETag": '"t"'},
        ),
        ("ListBucket", "<ListBucketResult><Name>b</Name></ListBucketResult>", {"Name": "b"}),
        ("CopyObject", "<CopyObjectResult><ETag>t</ETag></CopyObjectResult>", {"ETag": '"t"'}),
    ],
)
def test_answers_as_amazons_documentation_shows_them_are_read(operation, text, values):
    """A store may have been written after the samples and not after the schema."""
    assert parse_answer(parse(text.encode()), operation, CONTRACT) == Answer(operation, values)


XOP = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:{0}"/>'


def test_data_may_be_included_from_beside():
    """As MTOM has it."""
    attachment = Attachment("a", Body(b"data"))
    inside = f"<GetObjectResponse><Data>{XOP.format('a')}</Data></GetObjectResponse>"
    answer = parse_answer(element(inside, "GetObject"), "GetObject", CONTRACT, attachment)
    assert answer.values == {"Data": attachment.body}


def test_an_include_that_leads_nowhere_is_no_answer():
    inside = f"<GetObjectResponse><Data>{XOP.format('b')}</Data></GetObjectResponse>"
    with pytest.raises(Problem, match=r"InternalError: .* an Include names no part of this message"):
        parse_answer(element(inside, "GetObject"), "GetObject", CONTRACT, Attachment("a", Body(b"data")))
