"""The element that asks: which operation, who, and every field with the code a wrong one gets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from lxml import etree

from gateway.messages import Attachment, Body, Call, Credentials, Problem
from gateway.service.documents import own_documents
from gateway.soap.calls import (
    SECURITY,
    build_call,
    judge_action,
    operation_of,
    parse_call,
    parse_credentials,
)
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.tables.operations import OPERATIONS
from gateway.wire.markup import Base64, parse
from gateway.wire.values import KIND
from tests.joined import message, our_contract
from tests.soap.messages import S3, XSI
from tests.strategies import calls_of

CONTRACT = our_contract()
SCHEMA = etree.XMLSchema(parse(own_documents()["AmazonS3.xsd"]))
NOON = datetime(2009, 1, 1, 12, tzinfo=UTC)


def element(inside, operation="GetObject", attributes=""):
    return parse(f'<{operation} xmlns="{S3}" xmlns:i="{XSI}" {attributes}>{inside}</{operation}>'.encode())


def refusal(function, *arguments):
    with pytest.raises(Problem) as caught:
        function(*arguments)
    return caught.value


# -- the operation ----------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "space",
    [
        S3,
        "",
        "http://s3.amazonaws.com/doc/2006-03-01",
        "http://doc.s3.amazonaws.com/2006-03-01",
        "http://doc.s3.amazonaws.com/2006-03-01/",
        "https://doc.s3.amazonaws.com/2006-03-01",
        "https://s3.amazonaws.com/doc/2006-03-01/",
    ],
)
def test_every_operation_in_the_namespaces_that_are_documented(operation, space):
    assert operation_of(parse(f'<{operation} xmlns="{space}"/>'.encode()), CONTRACT) == operation


@pytest.mark.parametrize(
    ("name", "space"),
    [
        ("GetObject", "urn:other"),
        ("GetObject", "http://s3.amazonaws.com/doc/2006-03-01/x"),
        ("GetObject", "http://s3.amazonaws.com/doc/2006-03-02/"),
        ("GetObject", "http://s3xamazonaws.com/doc/2006-03-01/"),
        ("getobject", S3),
        ("GetObjectResponse", S3),
        ("GetObjectTorrent", S3),
        ("Fault", ""),
    ],
)
def test_what_is_no_operation(name, space):
    problem = refusal(operation_of, parse(f'<{name} xmlns="{space}"/>'.encode()), CONTRACT)
    assert problem.code == "InvalidSOAPRequest"
    assert "operations of the contract" in problem.message


@pytest.mark.parametrize(
    "action",
    [
        None,
        "",
        '""',
        '"GetObject"',
        "GetObject",
        f'"{S3}GetObject"',
        '"http://s3.amazonaws.com/doc/2006-03-01#GetObject"',
        '"urn:whatever"',
        '"urn:x/DeleteObject/"',
        '"urn:x/DeleteObject?"',
        '"deleteobject"',
    ],
)
def test_a_soap_action_that_names_no_other_operation(action):
    """Wire rule 16."""
    judge_action(action, "GetObject")


@pytest.mark.parametrize(
    "action",
    [
        "DeleteObject",
        '"DeleteObject"',
        ' "DeleteObject" ',
        f'"{S3}DeleteObject"',
        '"a#b/DeleteObject"',
        '"a/b#DeleteObject"',
    ],
)
def test_a_soap_action_that_names_another_operation(action):
    assert refusal(judge_action, action, "GetObject").code == "InvalidSOAPRequest"


# -- who asks (wire rule 14) ------------------------------------------------------------------

KEY, TIME, SIGNATURE = (
    "<AWSAccessKeyId>k</AWSAccessKeyId>",
    "<Timestamp>t</Timestamp>",
    "<Signature>s</Signature>",
)
NIL = '<AWSAccessKeyId i:nil="true"/>'


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (KEY + TIME + SIGNATURE, Credentials("k", "t", "s")),
        (SIGNATURE + "<Bucket/>" + KEY + TIME, Credentials("k", "t", "s")),
        ("<AWSAccessKeyId> k\n</AWSAccessKeyId>" + TIME + SIGNATURE, Credentials("k", "t", "s")),
        (
            '<a:AWSAccessKeyId xmlns:a="urn:a">k</a:AWSAccessKeyId>' + TIME + SIGNATURE,
            Credentials("k", "t", "s"),
        ),
        (KEY + TIME + SIGNATURE + "<Credential/>", Credentials("k", "t", "s")),
        (KEY + TIME + SIGNATURE + "<Credential> </Credential>", Credentials("k", "t", "s")),
        (KEY + TIME + SIGNATURE + '<Credential i:nil="1"/>', Credentials("k", "t", "s")),
        (NIL + KEY + TIME + SIGNATURE, Credentials("k", "t", "s")),
        ("", None),
        ("<Bucket>b</Bucket>", None),
        (f"<Wrapper>{KEY}{TIME}{SIGNATURE}</Wrapper>", None),
        (NIL + '<Timestamp i:nil="true"/><Signature i:nil="true"/>', None),
        ("<Credential/>", None),
    ],
)
def test_security_elements(inside, expected):
    assert parse_credentials(element(inside)) == expected


def test_the_secrets_of_credentials_are_not_in_their_repr():
    assert repr(parse_credentials(element(KEY + TIME + SIGNATURE))) == "Credentials(access_key='k')"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (KEY, "MissingSecurityElement"),
        (KEY + TIME, "MissingSecurityElement"),
        (KEY + SIGNATURE, "MissingSecurityElement"),
        (TIME + SIGNATURE, "MissingSecurityElement"),
        (KEY + TIME + "<Signature/>", "MissingSecurityElement"),
        (KEY + "<Timestamp> \n</Timestamp>" + SIGNATURE, "MissingSecurityElement"),
        ("<AWSAccessKeyId/>" + TIME + SIGNATURE, "MissingSecurityElement"),
        (NIL + TIME + SIGNATURE, "MissingSecurityElement"),
        ("<AWSAccessKeyId/><Timestamp/><Signature/>", "MissingSecurityElement"),
        ("<Credential>c</Credential>", "MissingSecurityElement"),
        (KEY + "<Credential>c</Credential>", "MissingSecurityElement"),
        (KEY + TIME + SIGNATURE + "<Credential>c</Credential>", "CredentialsNotSupported"),
        (KEY + KEY + TIME + SIGNATURE, "InvalidSOAPRequest"),
        (KEY + TIME + SIGNATURE + "<AWSAccessKeyId/>", "InvalidSOAPRequest"),
        (KEY + TIME + TIME + SIGNATURE, "InvalidSOAPRequest"),
        (KEY + TIME + SIGNATURE + '<a:Signature xmlns:a="urn:a">s</a:Signature>', "InvalidSOAPRequest"),
        ("<Credential/><Credential>c</Credential>", "InvalidSOAPRequest"),
        (f"<AWSAccessKeyId>{KEY}</AWSAccessKeyId>" + TIME + SIGNATURE, "InvalidSOAPRequest"),
        (KEY + TIME + "<Signature>s<x/></Signature>", "InvalidSOAPRequest"),
    ],
)
def test_security_elements_that_are_refused(inside, expected):
    assert refusal(parse_credentials, element(inside)).code == expected


# -- the fields -------------------------------------------------------------------------------

GET = "<Bucket>b</Bucket><Key>k</Key><GetMetadata>0</GetMetadata><GetData>1</GetData><InlineData>true</InlineData>"
COPY = (
    "<SourceBucket>a</SourceBucket><SourceObject>b</SourceObject>"
    "<DestinationBucket>c</DestinationBucket><DestinationObject>d</DestinationObject>"
)
COPIED = {"SourceBucket": "a", "SourceKey": "b", "DestinationBucket": "c", "DestinationKey": "d"}
GRANTEES = (
    '<Grant><Grantee i:type="CanonicalUser"><ID>i</ID></Grantee><Permission>READ</Permission></Grant>'
    "<Grant><Grantee><EmailAddress>e</EmailAddress></Grantee><Permission>WRITE</Permission></Grant>"
    '<Grant><Grantee i:type="x:Group"><URI>u</URI></Grantee><Permission>READ_ACP</Permission></Grant>'
)


@pytest.mark.parametrize(
    ("operation", "inside", "values"),
    [
        ("ListAllMyBuckets", KEY + TIME.replace("t<", "2009-01-01T12:00:00Z<") + SIGNATURE, {}),
        ("CreateBucket", "<Bucket>b</Bucket><Acl>private</Acl>", {"Bucket": "b"}),
        ("CreateBucket", "<Bucket>b</Bucket><AccessControlList/>", {"Bucket": "b", "AccessControlList": {}}),
        (
            "GetObject",
            GET,
            {"Bucket": "b", "Key": "k", "GetMetadata": False, "GetData": True, "InlineData": True},
        ),
        ("DeleteObject", "<Key xmlns=''> k </Key><Bucket xmlns=''>b</Bucket>", {"Bucket": "b", "Key": " k "}),
        ("CopyObject", COPY, COPIED),
        ("CopyObject", COPY.replace("Object>", "Key>"), COPIED),
        ("ListBucket", "<Bucket>b</Bucket><MaxKeys/><Prefix/>", {"Bucket": "b", "Prefix": ""}),
        (
            "GetObjectExtended",
            GET + "<IfMatch>a</IfMatch><ByteRangeStart>5</ByteRangeStart><IfMatch>b</IfMatch>"
            "<IfModifiedSince>2009-01-01T12:00:00Z</IfModifiedSince>",
            {
                "Bucket": "b",
                "Key": "k",
                "GetMetadata": False,
                "GetData": True,
                "InlineData": True,
                "IfMatch": ["a", "b"],
                "ByteRangeStart": 5,
                "IfModifiedSince": NOON,
            },
        ),
        (
            "PutObjectInline",
            (
                "<Bucket>b</Bucket><Key>k</Key><Data>TW\nFu</Data><ContentLength> 3 </ContentLength>"
                "<Metadata><Name>n</Name><Value>v</Value></Metadata><StorageClass/>"
            ),
            {
                "Bucket": "b",
                "Key": "k",
                "Data": b"Man",
                "ContentLength": 3,
                "Metadata": [{"Name": "n", "Value": "v"}],
            },
        ),
        (
            "SetBucketAccessControlPolicy",
            f"<Bucket>b</Bucket><AccessControlList>{GRANTEES}</AccessControlList>",
            {
                "Bucket": "b",
                "AccessControlList": {
                    "Grant": [
                        {"Grantee": {KIND: "CanonicalUser", "ID": "i"}, "Permission": "READ"},
                        {
                            "Grantee": {KIND: "AmazonCustomerByEmail", "EmailAddress": "e"},
                            "Permission": "WRITE",
                        },
                        {"Grantee": {KIND: "Group", "URI": "u"}, "Permission": "READ_ACP"},
                    ]
                },
            },
        ),
        (
            "SetBucketLoggingStatus",
            "<Bucket>b</Bucket><BucketLoggingStatus/>",
            {"Bucket": "b", "BucketLoggingStatus": {}},
        ),
    ],
)
def test_fields(operation, inside, values):
    who = Credentials("k", "t", "s")
    assert parse_call(element(inside, operation), CONTRACT, who) == Call(operation, values, who)


def test_an_operation_element_that_says_it_is_nil_is_read_all_the_same():
    node = element("<Bucket>b</Bucket>", "DeleteBucket", 'i:nil="true"')
    assert parse_call(node, CONTRACT, None) == Call("DeleteBucket", {"Bucket": "b"})


LISTED = "<Bucket>b</Bucket>"
PUT = "<Bucket>b</Bucket><Key>k</Key><Data/>"


@pytest.mark.parametrize(
    ("operation", "inside", "code", "message"),
    [
        ("DeleteObject", LISTED, "InvalidSOAPRequest", "Key is missing"),
        ("DeleteObject", "<Key/>", "InvalidSOAPRequest", "Bucket is missing"),
        ("DeleteObject", LISTED + "<Key>a</Key><Key>b</Key>", "InvalidSOAPRequest", "Key stands twice"),
        (
            "DeleteObject",
            LISTED + "<Key>a<b/></Key>",
            "InvalidSOAPRequest",
            "Key holds elements where a text is expected",
        ),
        ("CopyObject", COPY + "<SourceKey>b</SourceKey>", "InvalidSOAPRequest", "SourceKey stands twice"),
        (
            "CopyObject",
            COPY + "<MetadataDirective>MOVE</MetadataDirective>",
            "InvalidArgument",
            "MetadataDirective is none of COPY, REPLACE",
        ),
        (
            "CopyObject",
            COPY + "<CopySourceIfModifiedSince>now</CopySourceIfModifiedSince>",
            "InvalidSOAPRequest",
            "CopySourceIfModifiedSince is not a dateTime",
        ),
        ("ListBucket", LISTED + "<MaxKeys>many</MaxKeys>", "InvalidArgument", "MaxKeys is not a number"),
        (
            "ListBucket",
            LISTED + f"<MaxKeys>{2**31}</MaxKeys>",
            "InvalidArgument",
            "MaxKeys is a number too large",
        ),
        ("GetObject", GET.replace(">1<", ">yes<"), "InvalidSOAPRequest", "GetData is not a boolean"),
        (
            "PutObjectInline",
            PUT + "<ContentLength>x</ContentLength>",
            "InvalidSOAPRequest",
            "ContentLength is not a number",
        ),
        ("PutObjectInline", PUT, "InvalidSOAPRequest", "ContentLength is missing"),
        (
            "PutObjectInline",
            PUT.replace("<Data/>", "<Data>!</Data>") + "<ContentLength>0</ContentLength>",
            "InvalidSOAPRequest",
            "Data is not base64",
        ),
        (
            "PutObjectInline",
            PUT.replace("<Data/>", '<Data i:nil="true"/>') + "<ContentLength>0</ContentLength>",
            "InvalidSOAPRequest",
            "Data is missing",
        ),
        (
            "PutObjectInline",
            PUT.replace("<Data/>", "<Data><x:Include xmlns:x='urn:x' href='cid:a'/></Data>"),
            "InvalidSOAPRequest",
            "Data holds elements where a text is expected",
        ),
        (
            "PutObjectInline",
            PUT + "<ContentLength>0</ContentLength><StorageClass>ICE</StorageClass>",
            "InvalidStorageClass",
            "StorageClass is none of STANDARD, REDUCED_REDUNDANCY, GLACIER, UNKNOWN",
        ),
        (
            "PutObjectInline",
            PUT + "<ContentLength>0</ContentLength>" + "<Metadata><Name/><Value/></Metadata>" * 101,
            "InvalidSOAPRequest",
            "Metadata stands more than 100 times",
        ),
        (
            "PutObjectInline",
            PUT + "<Metadata><Name>n</Name></Metadata>",
            "InvalidSOAPRequest",
            "Value is missing",
        ),
        (
            "CreateBucket",
            LISTED + "<AccessControlList><Grant/></AccessControlList>",
            "MalformedACLError",
            "Grantee is missing",
        ),
        (
            "CreateBucket",
            LISTED + f"<AccessControlList>{GRANTEES * 34}</AccessControlList>",
            "MalformedACLError",
            "Grant stands more than 100 times",
        ),
        ("SetObjectAccessControlPolicy", PUT, "MalformedACLError", "AccessControlList is missing"),
        (
            "SetBucketAccessControlPolicy",
            LISTED + f"<AccessControlList>{GRANTEES.replace('READ_ACP', 'FLY')}</AccessControlList>",
            "MalformedACLError",
            "Permission is none of READ, WRITE, READ_ACP, WRITE_ACP, FULL_CONTROL",
        ),
        ("SetBucketLoggingStatus", LISTED, "MalformedXML", "BucketLoggingStatus is missing"),
        (
            "SetBucketLoggingStatus",
            LISTED
            + "<BucketLoggingStatus><LoggingEnabled><TargetBucket/></LoggingEnabled></BucketLoggingStatus>",
            "MalformedXML",
            "TargetPrefix is missing",
        ),
    ],
)
def test_a_wrong_field_has_its_code_and_says_what_is_wrong(operation, inside, code, message):
    problem = refusal(parse_call, element(inside, operation), CONTRACT, None)
    assert problem.code == code
    assert problem.message.endswith(f": {message}.")
    assert problem.details == ((("ArgumentName", message.split()[0]),) if code == "InvalidArgument" else ())


# -- out --------------------------------------------------------------------------------------


def test_a_call_is_written_in_the_order_of_the_schema():
    call = Call(
        "ListBucket",
        {"Delimiter": "/", "MaxKeys": 5, "Bucket": "a&b", "Prefix": ""},
        Credentials("k", "2009-01-01T13:00:00+01:00", "s="),
    )
    assert "".join(build_call(call, CONTRACT)) == (
        f'<ListBucket xmlns="{S3}"><Bucket>a&amp;b</Bucket><Prefix></Prefix><MaxKeys>5</MaxKeys>'
        "<Delimiter>/</Delimiter><AWSAccessKeyId>k</AWSAccessKeyId>"
        "<Timestamp>2009-01-01T12:00:00.000Z</Timestamp><Signature>s=</Signature></ListBucket>"
    )


def test_an_anonymous_call_has_no_security_elements():
    text = "".join(build_call(Call("DeleteBucket", {"Bucket": "b"}), CONTRACT))
    assert not any(name in text for name in SECURITY)


def test_a_body_is_written_as_base64_where_data_stands():
    pieces = build_envelope(build_call(Call("PutObjectInline", {"Data": Body(7, 4)}), CONTRACT))
    assert pieces[1] == Body(7, 4, (Base64,))
    assert pieces[0].endswith(b"<Data>")
    assert pieces[2].startswith(b"</Data>")


@given(calls_of(CONTRACT))
def test_calls_are_valid_and_come_back(call):
    node = parse_envelope(message(call))
    SCHEMA.assertValid(node)
    assert operation_of(node, CONTRACT) == call.operation
    assert parse_credentials(node) == call.credentials
    assert parse_call(node, CONTRACT, call.credentials) == call


# -- what is included from beside (all of wire rule 34: test_data.py) -------------------------

INCLUDED = (
    "<Data><x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:a'/></Data>"
    "<ContentLength>3</ContentLength><Bucket>b</Bucket><Key>k</Key>"
)


def test_data_may_be_included_from_beside():
    node = element(INCLUDED, "PutObjectInline")
    call = parse_call(node, CONTRACT, None, Attachment("a", Body(7, 3)))
    assert call.values == {"Data": Body(7, 3), "ContentLength": 3, "Bucket": "b", "Key": "k"}


def test_an_attachment_that_no_include_names_is_left_where_it_is():
    node = element(INCLUDED.replace("Data", "X").replace("<x:Include", "<y"), "PutObject")
    call = parse_call(node, CONTRACT, None, Attachment("a", Body(7, 3)))
    assert call.values == {"ContentLength": 3, "Bucket": "b", "Key": "k"}
    assert (
        refusal(parse_call, element(INCLUDED, "PutObjectInline"), CONTRACT, None).code == "InvalidSOAPRequest"
    )
