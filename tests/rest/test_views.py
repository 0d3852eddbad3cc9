"""REST operations that SOAP never had: answered from a model of a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Answer, Call, Problem, RestRequest
from gateway.rest.listings import LAST
from gateway.rest.views import VIEWS
from gateway.tables.operations import BUCKET_SCOPE, OPERATIONS
from tests.rest.bucket import Bucket, names_of
from tests.rest.served import Served, by_model
from tests.rest.viewed import read, text_of, viewed


def test_these_views_and_no_others():
    """A view is an exception: what SOAP has a word for is a row of the operations."""
    assert [view.name for view in VIEWS] == [
        "HeadBucket",
        "GetBucketLocation",
        "ListObjectsV2",
        "DeleteObjects",
    ]


def test_a_view_is_told_from_the_others_and_from_the_rows():
    assert {view.scope for view in VIEWS} == {BUCKET_SCOPE}
    assert len({(view.method, view.told_by) for view in VIEWS}) == len(VIEWS)
    subresources = {row.subresource for row in OPERATIONS.values()}
    assert not subresources & {view.told_by[0] for view in VIEWS if view.told_by}


def test_only_a_deletion_has_a_body():
    assert [view.name for view in VIEWS if view.most] == ["DeleteObjects"]


def pages_of(client: Any, **values: Any) -> list[Mapping[str, Any]]:
    return list(client.get_paginator("list_objects_v2").paginate(Bucket="b", **values))


def listed(bucket: Bucket, **values: Any) -> Mapping[str, Any]:
    with Served(by_model(bucket)).client() as client:
        page: Mapping[str, Any] = client.list_objects_v2(Bucket="b", **values)
        return page


def document(bucket: Bucket, *query: tuple[str, str]) -> str:
    """What stands in the document of a listing."""
    request = RestRequest("GET", "b", query=(("list-type", "2"), *query))
    text = text_of(viewed(request, bucket)).decode()
    return text.partition('2006-03-01/">')[2].removesuffix("</ListBucketResult>")


# -- pages ------------------------------------------------------------------------------------

KEYS = st.lists(st.text("ab/-é ", min_size=1, max_size=6), max_size=25, unique=True)


STORES = st.builds(
    Bucket,
    KEYS.map(tuple),
    st.sampled_from(["named", "below", ""]),
    st.booleans(),
)
WANTED = st.fixed_dictionaries(
    {
        "Prefix": st.text("ab/", max_size=2),
        "Marker": st.text("ab/-", max_size=3),
        "Delimiter": st.sampled_from(["", "/", "a", "-", "//"]),
    }
)


@given(STORES, WANTED, st.integers(1, 5))
def test_all_pages_together_are_one_listing(bucket, wanted, size):
    """Nothing twice, nothing lost, whatever the store makes of a mark that is a common prefix."""
    request = (
        ("list-type", "2"),
        ("prefix", wanted["Prefix"]),
        ("start-after", wanted["Marker"]),
        ("delimiter", wanted["Delimiter"]),
        ("max-keys", str(size)),
    )
    came: list[str] = []
    token: tuple[tuple[str, str], ...] = ()
    while True:
        said = RestRequest("GET", "b", query=(*request, *token))
        page = read(viewed(said, bucket), "ListObjectsV2")
        came += names_of(page)
        assert page["KeyCount"] == len(names_of(page)) <= size
        assert page.get("StartAfter", "") == wanted["Marker"]
        if not page["IsTruncated"]:
            break
        assert page["KeyCount"] == size
        token = (("continuation-token", page["NextContinuationToken"]),)
    assert came == names_of(bucket.page({**wanted, "MaxKeys": 1000}))


def test_a_mark_that_is_a_common_prefix_is_behind_all_of_it():
    bucket = Bucket(("a/1", "a/2", "b"), asked=[])
    with Served(by_model(bucket)).client() as client:
        pages = pages_of(client, Delimiter="/", PaginationConfig={"PageSize": 1})
    assert [names_of(page) for page in pages] == [["a/"], ["b"]]
    assert [call.values.get("Marker") for call in bucket.asked] == [None, f"a/{LAST}"]


def test_boto3_pages_through_a_large_bucket():
    keys = tuple(f"many/{number:05}" for number in range(2_100))
    with Served(by_model(Bucket(keys, tells=False))).client() as client:
        pages = pages_of(client)
    assert [page["KeyCount"] for page in pages] == [1000, 1000, 100]
    assert [one["Key"] for page in pages for one in page["Contents"]] == list(keys)
    assert pages[1]["ContinuationToken"] == pages[0]["NextContinuationToken"]


@pytest.mark.parametrize(("asked", "told"), [(0, 0), (2, 2), (1000, 1000), (5000, 1000)])
def test_a_page_has_a_size(asked, told):
    page = listed(Bucket(("a", "b", "c")), MaxKeys=asked)
    assert (page["MaxKeys"], page["KeyCount"], page["IsTruncated"]) == (told, min(asked, 3), asked == 2)


def test_a_page_of_no_keys_is_the_last_whatever_the_store_says():
    """JuiceFS lists all then."""
    bucket = Bucket(("a", "b"))
    listing = Answer("ListBucket", {**bucket.page({"MaxKeys": 1}), "IsTruncated": True})
    request = RestRequest("GET", "b", query=(("list-type", "2"), ("max-keys", "0")))
    page = read(viewed(request, lambda _: listing), "ListObjectsV2")
    assert (page["KeyCount"], page["IsTruncated"], page.get("Contents")) == (0, False, None)
    assert "NextContinuationToken" not in page


def test_an_answer_without_anything_is_an_empty_page():
    request = RestRequest("GET", "b", query=(("list-type", "2"),))
    page = read(viewed(request, lambda _: Answer("ListBucket", {})), "ListObjectsV2")
    assert (page["KeyCount"], page["IsTruncated"]) == (0, False)


# -- the document -----------------------------------------------------------------------------


def test_the_document_is_in_s3s_order():
    text = document(
        Bucket(("a/1", "b", "c")),
        ("prefix", ""),
        ("delimiter", "/"),
        ("max-keys", "2"),
        ("start-after", "a"),
        ("fetch-owner", "true"),
    )
    token = text.partition("<NextContinuationToken>")[2].partition("<")[0]
    assert text == (
        f"<Name>b</Name><Prefix></Prefix><StartAfter>a</StartAfter>"
        f"<NextContinuationToken>{token}</NextContinuationToken><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys>"
        "<Delimiter>/</Delimiter><IsTruncated>true</IsTruncated>"
        '<Contents><Key>b</Key><LastModified>2026-11-23T12:00:00.000Z</LastModified><ETag>"e"</ETag>'
        "<Size>1</Size><Owner><ID>alice-canonical-id</ID><DisplayName>alice</DisplayName></Owner>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"
    )


@pytest.mark.parametrize("query", [(), (("fetch-owner", "false"),), (("fetch-owner", ""),)])
def test_owners_are_told_when_asked_for(query):
    assert "Owner" not in document(Bucket(("a",)), *query)
    assert "<Owner>" in document(Bucket(("a",)), ("fetch-owner", "true"))


def test_names_are_encoded_when_asked_for():
    text = document(
        Bucket(("a b\x01/c", "a b\x01d")),
        ("encoding-type", "url"),
        ("prefix", "a b"),
        ("delimiter", "/"),
        ("start-after", "a\x01"),
    )
    assert "<Prefix>a+b</Prefix><StartAfter>a%01</StartAfter>" in text
    assert "<Delimiter>/</Delimiter><EncodingType>url</EncodingType><IsTruncated>" in text
    assert "<Key>a+b%01d</Key>" in text
    assert "<CommonPrefixes><Prefix>a+b%01/</Prefix></CommonPrefixes>" in text


def test_what_xml_cannot_carry_breaks_no_document():
    assert "<Key>a\ufffdb</Key>" in document(Bucket(("a\x01b",)))


@pytest.mark.parametrize("name", ["continuation-token", "max-keys", "encoding-type"])
def test_a_value_that_is_none_is_refused(name):
    with pytest.raises(Problem, match="InvalidArgument") as refused:
        document(Bucket(), (name, "nonsense"))
    assert refused.value.details[0] == ("ArgumentName", name)


def test_an_empty_token_is_refused():
    with pytest.raises(Problem, match="The continuation token provided is incorrect"):
        document(Bucket(), ("continuation-token", ""))


def test_a_token_wins_over_a_start():
    bucket = Bucket(("a", "b", "c"), asked=[])
    token = listed(bucket, MaxKeys=1)["NextContinuationToken"]
    page = listed(bucket, ContinuationToken=token, StartAfter="b")
    assert names_of(page) == ["b", "c"]
    assert (page["ContinuationToken"], page["StartAfter"]) == (token, "b")


# -- a bucket ---------------------------------------------------------------------------------


def test_a_bucket_is_there_when_it_can_be_listed():
    bucket = Bucket(asked=[])
    with Served(by_model(bucket)).client() as client:
        told = client.head_bucket(Bucket="b")
    assert (told["ResponseMetadata"]["HTTPStatusCode"], told["BucketRegion"]) == (200, "us-east-1")
    assert [call.values for call in bucket.asked] == [{"Bucket": "b", "MaxKeys": 0}]


@pytest.mark.parametrize(("code", "status"), [("NoSuchBucket", "404"), ("AccessDenied", "403")])
def test_a_bucket_that_cannot_be_listed(code, status):
    """The error of a HEAD has no body: its status is all that is told."""

    def refuse(_: Call) -> Answer:
        raise Problem(code)

    with Served(by_model(refuse)).client() as client:
        with pytest.raises(ClientError) as refused:
            client.head_bucket(Bucket="b")
        assert refused.value.response["Error"]["Code"] == status
        with pytest.raises(ClientError, match=code):
            client.get_bucket_location(Bucket="b")
        with pytest.raises(ClientError, match=code):
            client.list_objects_v2(Bucket="b")


def test_boto3_asks_where_a_bucket_is():
    with Served(by_model(Bucket())).client() as client:
        assert client.get_bucket_location(Bucket="b")["LocationConstraint"] is None


@pytest.mark.parametrize(
    ("region", "told"), [("us-east-1", ""), ("eu-central-1", "eu-central-1"), ("a&b", "a&amp;b")]
)
def test_a_bucket_is_where_the_gateway_is(region, told):
    request = RestRequest("GET", "b", query=(("location", ""),))
    assert text_of(viewed(request, Bucket(), region)).endswith(
        f'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{told}</LocationConstraint>'.encode()
    )
    reply = viewed(RestRequest("HEAD", "b"), Bucket(), region)
    assert dict(reply.headers)["x-amz-bucket-region"] == region
