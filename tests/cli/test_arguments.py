"""Fields as an operator writes them: every form, every mistake."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.cli.arguments import FieldError, read_fields
from gateway.cli.call import load_contract
from gateway.service.documents import own_documents

CONTRACT = load_contract(own_documents())


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


def test_a_short_form_for_each_shape():
    values = read_fields(
        CONTRACT,
        "PutObjectInline",
        ["Bucket=b", "Key=k", "Data=text", "Metadata.color=red", "Metadata.x.y=", "Grant=WRITE:email=a@b.c"],
    )
    assert values == {
        "Bucket": "b",
        "Key": "k",
        "Data": b"text",
        "ContentLength": 4,
        "Metadata": [{"Name": "color", "Value": "red"}, {"Name": "x.y", "Value": ""}],
        "AccessControlList": {
            "Grant": [
                {
                    "Grantee": {"xsi:type": "AmazonCustomerByEmail", "EmailAddress": "a@b.c"},
                    "Permission": "WRITE",
                }
            ]
        },
    }


@pytest.mark.parametrize("form", ["file={}", "Data=@{}"])
def test_bytes_out_of_a_file(tmp_path, form):
    file = tmp_path / "data"
    file.write_bytes(bytes(range(256)))
    values = read_fields(CONTRACT, "PutObjectInline", ["Bucket=b", "Key=k", form.format(file)])
    assert (values["Data"], values["ContentLength"]) == (bytes(range(256)), 256)


def test_a_list_may_be_empty():
    values = read_fields(CONTRACT, "SetBucketAccessControlPolicy", ["Bucket=b", "AccessControlList="])
    assert values == {"Bucket": "b", "AccessControlList": {}}


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
        (
            "PutObject Bucket=b Key=k Data=x",
            "PutObject has no field Data; attach it with PutObject file=PATH, or send it with PutObjectInline",
        ),
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
def test_a_mistake_is_one_line_that_says_what_would_be_right(words, told):
    operation, *fields = words.split()
    with pytest.raises(FieldError) as caught:
        read_fields(CONTRACT, operation, fields)
    assert str(caught.value) == told
