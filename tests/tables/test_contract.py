"""The contract against a table typed from what is known of S3's WSDL, and what is refused."""

from __future__ import annotations

import pytest
from lxml import etree

from gateway.service.documents import own_documents
from gateway.soap.description import publish
from gateway.tables.contract import Contract, Type
from gateway.tables.operations import OPERATIONS
from gateway.wire.markup import parse
from tests.tables.compiling import WSDL, XSD, compiled, said

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

AUTH3 = ["AWSAccessKeyId string ?", "Timestamp dateTime ?", "Signature string ?"]
AUTH4 = [*AUTH3, "Credential string ?"]
ACL = "AccessControlList AccessControlList ?"
GET = ["Bucket string", "Key string", "GetMetadata boolean", "GetData boolean", "InlineData boolean"]
METADATA = "Metadata MetadataEntry 0..100"
STORAGE = "StorageClass StorageClass ?"

REQUESTS = {
    "CreateBucket": ["Bucket string", ACL, *AUTH3],
    "DeleteBucket": ["Bucket string", *AUTH4],
    "GetObjectAccessControlPolicy": ["Bucket string", "Key string", *AUTH4],
    "GetBucketAccessControlPolicy": ["Bucket string", *AUTH4],
    "SetObjectAccessControlPolicy": [
        "Bucket string",
        "Key string",
        "AccessControlList AccessControlList",
        *AUTH4,
    ],
    "SetBucketAccessControlPolicy": ["Bucket string", ACL, *AUTH4],
    "GetObject": [*GET, *AUTH4],
    "GetObjectExtended": [
        *GET,
        "ByteRangeStart long ?",
        "ByteRangeEnd long ?",
        "IfModifiedSince dateTime ?",
        "IfUnmodifiedSince dateTime ?",
        "IfMatch string 0..100",
        "IfNoneMatch string 0..100",
        "ReturnCompleteObjectOnConditionFailure boolean ?",
        *AUTH4,
    ],
    "PutObject": ["Bucket string", "Key string", METADATA, "ContentLength long", ACL, STORAGE, *AUTH4],
    "PutObjectInline": [
        "Bucket string",
        "Key string",
        METADATA,
        "Data base64Binary",
        "ContentLength long",
        ACL,
        STORAGE,
        *AUTH4,
    ],
    "DeleteObject": ["Bucket string", "Key string", *AUTH4],
    "ListBucket": [
        "Bucket string",
        "Prefix string ?",
        "Marker string ?",
        "MaxKeys int ?",
        "Delimiter string ?",
        *AUTH4,
    ],
    "ListAllMyBuckets": AUTH3,
    "GetBucketLoggingStatus": ["Bucket string", *AUTH4],
    "SetBucketLoggingStatus": ["Bucket string", *AUTH4, "BucketLoggingStatus BucketLoggingStatus"],
    "CopyObject": [
        "SourceBucket string",
        "SourceKey string",
        "DestinationBucket string",
        "DestinationKey string",
        "MetadataDirective MetadataDirective ?",
        METADATA,
        ACL,
        "CopySourceIfModifiedSince dateTime ?",
        "CopySourceIfUnmodifiedSince dateTime ?",
        "CopySourceIfMatch string 0..100",
        "CopySourceIfNoneMatch string 0..100",
        STORAGE,
        *AUTH4,
    ],
}

RESPONSES = {
    "CreateBucket": ["CreateBucketReturn CreateBucketResult"],
    "DeleteBucket": ["DeleteBucketResponse Status"],
    "GetObjectAccessControlPolicy": ["GetObjectAccessControlPolicyResponse AccessControlPolicy"],
    "GetBucketAccessControlPolicy": ["GetBucketAccessControlPolicyResponse AccessControlPolicy"],
    "SetObjectAccessControlPolicy": [],
    "SetBucketAccessControlPolicy": [],
    "GetObject": ["GetObjectResponse GetObjectResult"],
    "GetObjectExtended": ["GetObjectResponse GetObjectResult"],
    "PutObject": ["PutObjectResponse PutObjectResult"],
    "PutObjectInline": ["PutObjectInlineResponse PutObjectResult"],
    "DeleteObject": ["DeleteObjectResponse Status"],
    "ListBucket": ["ListBucketResponse ListBucketResult"],
    "ListAllMyBuckets": ["ListAllMyBucketsResponse ListAllMyBucketsResult"],
    "GetBucketLoggingStatus": ["GetBucketLoggingStatusResponse BucketLoggingStatus"],
    "SetBucketLoggingStatus": [],
    "CopyObject": ["CopyObjectResult CopyObjectResult"],
}

TYPES = {
    "Status": ["Code int", "Description string"],
    "CreateBucketResult": ["BucketName string"],
    "MetadataEntry": ["Name string", "Value string"],
    "GetObjectResult": [
        "Status Status",
        "Metadata MetadataEntry 0..*",
        "Data base64Binary nil",
        "LastModified dateTime",
        "ETag string",
    ],
    "PutObjectResult": ["ETag string", "LastModified dateTime"],
    "CopyObjectResult": ["LastModified dateTime", "ETag string"],
    "ListAllMyBucketsResult": ["Owner CanonicalUser", "Buckets ListAllMyBucketsList"],
    "ListAllMyBucketsList": ["Bucket ListAllMyBucketsEntry 0..*"],
    "ListAllMyBucketsEntry": ["Name string", "CreationDate dateTime"],
    "ListBucketResult": [
        "Metadata MetadataEntry 0..*",
        "Name string",
        "Prefix string",
        "Marker string",
        "NextMarker string ?",
        "MaxKeys int",
        "Delimiter string ?",
        "IsTruncated boolean",
        "Contents ListEntry 0..*",
        "CommonPrefixes PrefixEntry 0..*",
    ],
    "ListEntry": [
        "Key string",
        "LastModified dateTime",
        "ETag string",
        "Size long",
        "Owner CanonicalUser ?",
        "StorageClass StorageClass",
    ],
    "PrefixEntry": ["Prefix string"],
    "AccessControlPolicy": ["Owner CanonicalUser", "AccessControlList AccessControlList"],
    "AccessControlList": ["Grant Grant 0..100"],
    "Grant": ["Grantee Grantee", "Permission Permission"],
    "Grantee": [],
    "CanonicalUser": ["ID string", "DisplayName string ?"],
    "AmazonCustomerByEmail": ["EmailAddress string"],
    "Group": ["URI string"],
    "BucketLoggingStatus": ["LoggingEnabled LoggingSettings ?"],
    "LoggingSettings": ["TargetBucket string", "TargetPrefix string", "TargetGrants AccessControlList ?"],
}

ENUMERATIONS = {
    "Permission": ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"),
    "StorageClass": ("STANDARD", "REDUCED_REDUNDANCY", "GLACIER", "UNKNOWN"),
    "MetadataDirective": ("COPY", "REPLACE"),
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    documents = own_documents()
    return compiled(documents[WSDL], documents[XSD])


def test_the_operations_are_the_sixteen_in_the_order_of_the_port_type(contract):
    assert list(contract.operations) == list(REQUESTS) == list(RESPONSES)
    assert set(contract.operations) == set(OPERATIONS)
    assert contract.namespace == NAMESPACE


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_has_exactly_these_elements_in_this_order(contract, name):
    assert [said(element) for element in contract.operations[name].request.elements] == REQUESTS[name]


@pytest.mark.parametrize("name", RESPONSES)
def test_an_answer_has_exactly_this_inside(contract, name):
    assert [said(element) for element in contract.operations[name].response.elements] == RESPONSES[name]


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_exactly_these_elements_in_this_order(contract, name):
    found = contract.types[name]
    assert [said(element) for element in found.elements] == TYPES[name]
    assert (found.name, found.base, found.allowed) == (name, "", ())


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_an_enumeration_has_exactly_these_values(contract, name):
    assert (contract.types[name].base, contract.types[name].allowed) == ("string", ENUMERATIONS[name])


def test_there_is_no_other_type(contract):
    assert set(contract.types) == {*TYPES, *ENUMERATIONS}


def test_a_grantee_is_one_of_three_kinds_and_never_itself(contract):
    grantee = contract.types["Grantee"]
    assert grantee.abstract
    assert dict(grantee.kinds) == {
        name: contract.types[name] for name in ("CanonicalUser", "AmazonCustomerByEmail", "Group")
    }
    assert not contract.types["CanonicalUser"].abstract
    assert not contract.types["CanonicalUser"].kinds


def test_there_is_one_type_of_each_and_it_can_be_a_key(contract):
    """Readers and writers are kept for each type, found by identity."""
    one = contract.types["ListBucketResult"].element("Contents").type
    assert one is contract.types["ListEntry"]
    assert {one: 1}[contract.types["ListEntry"]] == 1
    request = contract.operations["PutObjectInline"].request
    assert request.element("Bucket").type is request.element("Key").type


def test_an_element_is_found_by_name(contract):
    request = contract.operations["ListBucket"].request
    assert request.element("MaxKeys") is request.elements[3]
    assert request.element("maxkeys") is None


def test_the_repr_of_a_type_is_short(contract):
    assert repr(contract.types["Grantee"]) == "Type(name='Grantee', base='', abstract=True)"


def test_the_schema_is_valid_and_judges_messages():
    schema = etree.XMLSchema(parse(own_documents()[XSD]))
    good = f'<DeleteBucket xmlns="{NAMESPACE}"><Bucket>b</Bucket></DeleteBucket>'
    assert schema.validate(etree.fromstring(good))
    assert not schema.validate(
        etree.fromstring(good.replace("Bucket>", "Key>").replace("DeleteKey", "DeleteBucket"))
    )


def test_names_of_the_frame(contract):
    """Service, port, binding and port type are what generated code is named after."""
    wsdl = parse(own_documents()[WSDL])
    names = {(node.tag.rpartition("}")[2], node.get("name")) for node in wsdl.iter() if node.get("name")}
    for frame in ("portType", "service", "port", "definitions"):
        assert (frame, "AmazonS3") in names
    assert ("binding", "AmazonS3SoapBinding") in names
    soap = "{http://schemas.xmlsoap.org/wsdl/soap/}"
    assert [node.get("soapAction") for node in wsdl.iter(f"{soap}operation")] == [""] * 16
    assert {node.get("use") for node in wsdl.iter(f"{soap}body")} == {"literal"}
    binding = next(wsdl.iter(f"{soap}binding"))
    assert (binding.get("style"), binding.get("transport")) == (
        "document",
        "http://schemas.xmlsoap.org/soap/http",
    )
    for name in REQUESTS:
        assert {("message", f"{name}Request"), ("message", f"{name}Response")} <= names
        assert {("input", f"{name}Request"), ("output", f"{name}Response")} <= names


def test_the_served_form_compiles_to_the_same_contract(contract):
    documents = own_documents()
    served = compiled(publish(documents[WSDL], documents[XSD], "https://s3.example.com/soap"))
    for name, message in contract.operations.items():
        assert shape(served.operations[name].request) == shape(message.request)
        assert shape(served.operations[name].response) == shape(message.response)


def shape(found: Type) -> object:
    """All of a type as plain values."""
    kinds = {name: shape(kind) for name, kind in found.kinds.items()}
    elements = [(said(element), shape(element.type)) for element in found.elements]
    return found.name, found.base, found.abstract, found.allowed, kinds, elements
