"""Rows of a few calls each that SOAP never had: versions, tags, policies, overrides.

That each of them is refused before a SOAP store is the affair of never.py.
"""

from __future__ import annotations

from tests.differential.rows import (
    BUCKET,
    EMPTY,
    HELLO,
    Earlier,
    How,
    Own,
    Row,
    Scene,
    Thing,
    boto,
    http,
)
from tests.differential.table.losses import ONLY_REST, WORDS
from tests.differential.table.never import CORS, POLICY, RULE, TAGS

VERSIONED = boto("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
PUT = boto("put_object", Key="v", Body=b"first")
NOBODY = "requests without a signature are refused, unless `anonymous = allow`"
OVERRIDES = {
    "ResponseContentType": "text/x-other",
    "ResponseContentLanguage": "fr",
    "ResponseCacheControl": "no-store",
    "ResponseContentDisposition": "attachment",
    "ResponseContentEncoding": "x-other",
    "ResponseExpires": "Thu, 01 Dec 2044 16:00:00 GMT",
}


def row(name: str, *steps, scene: Scene = HELLO, names: str = "", **more) -> Row:
    soap = more.pop("soap", ONLY_REST[names] if names else None)
    return Row(f"only REST: {name}", "boto3", steps, scene, soap=soap, **more)


VERSIONS = (
    row(
        "two versions",
        VERSIONED,
        PUT,
        boto("put_object", Key="v", Body=b"second"),
        boto("list_object_versions"),
        boto("get_object", Key="v"),
        boto("get_object", Key="v", VersionId=Earlier(1, "VersionId")),
        boto("head_object", Key="v", VersionId=Earlier(1, "VersionId")),
        scene=EMPTY,
        passes=True,
    ),
    row(
        "a delete marker",
        VERSIONED,
        PUT,
        boto("delete_object", Key="v"),
        boto("get_object", Key="v"),
        boto("head_object", Key="v"),
        boto("list_object_versions"),
        boto("list_objects_v2"),
        scene=EMPTY,
    ),
    row(
        "a version deleted",
        VERSIONED,
        PUT,
        boto("delete_object", Key="v", VersionId=Earlier(1, "VersionId")),
        boto("list_object_versions"),
        scene=EMPTY,
    ),
    row(
        "versions deleted together",
        VERSIONED,
        PUT,
        boto("delete_objects", Delete={"Objects": [{"Key": "v", "VersionId": Earlier(1, "VersionId")}]}),
        boto("list_object_versions"),
        scene=EMPTY,
    ),
    row(
        "a version copied",
        VERSIONED,
        PUT,
        boto("put_object", Key="v", Body=b"second"),
        boto(
            "copy_object",
            Key="w",
            CopySource={"Bucket": BUCKET, "Key": "v", "VersionId": Earlier(1, "VersionId")},
        ),
        boto("get_object", Key="w"),
        scene=EMPTY,
    ),
    row(
        "versions no more",
        VERSIONED,
        boto("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}),
        boto("get_bucket_versioning"),
        PUT,
        boto("list_object_versions"),
        scene=EMPTY,
    ),
    row(
        "a version that there is not",
        VERSIONED,
        PUT,
        boto("get_object", Key="v", VersionId="0123456789abcdef"),
        scene=EMPTY,
    ),
    row(
        "versions in pages",
        VERSIONED,
        PUT,
        PUT,
        boto("put_object", Key="w", Body=b"x"),
        boto("list_object_versions", MaxKeys=2),
        scene=EMPTY,
    ),
)

TAGGED = (
    row(
        "tags of an object",
        boto("put_object_tagging", Key="k", Tagging=TAGS),
        boto("get_object_tagging", Key="k"),
        boto("get_object", Key="k"),
        boto("delete_object_tagging", Key="k"),
        boto("get_object_tagging", Key="k"),
        passes=True,
    ),
    row(
        "tags of a bucket",
        boto("put_bucket_tagging", Tagging=TAGS),
        boto("get_bucket_tagging"),
        boto("delete_bucket_tagging"),
        boto("get_bucket_tagging"),
    ),
    row(
        "an object put with tags",
        boto("put_object", Key="t", Body=b"x", Tagging="a=b&c=d%20e"),
        boto("get_object_tagging", Key="t"),
        names="x-amz-tagging",
    ),
    row("tags of what is not there", boto("put_object_tagging", Key="nothing", Tagging=TAGS)),
    row(
        "too many tags",
        boto(
            "put_object_tagging",
            Key="k",
            Tagging={"TagSet": [{"Key": f"k{n}", "Value": "v"} for n in range(11)]},
        ),
    ),
    row(
        "a tag twice",
        boto("put_object_tagging", Key="k", Tagging={"TagSet": TAGS["TagSet"] * 2}),
    ),
)

CONFIGURED = (
    row(
        "a policy",
        boto("put_bucket_policy", Policy=POLICY),
        boto("get_bucket_policy"),
        boto("delete_bucket_policy"),
        boto("get_bucket_policy"),
    ),
    row("a policy that is none", boto("put_bucket_policy", Policy="{")),
    row(
        "rules of origins",
        boto("put_bucket_cors", CORSConfiguration=CORS),
        boto("get_bucket_cors"),
        boto("delete_bucket_cors"),
        boto("get_bucket_cors"),
    ),
    row(
        "a life cycle",
        boto("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [RULE]}),
        boto("get_bucket_lifecycle_configuration"),
        boto("delete_bucket_lifecycle"),
        boto("get_bucket_lifecycle_configuration"),
    ),
)

OVERRIDDEN = (
    *(
        row(f"got with {name}", boto("get_object", Key="k", **{name: value}), soap=())
        for name, value in OVERRIDES.items()
    ),
    row("got with all overrides", boto("get_object", Key="k", **OVERRIDES), soap=(), passes=True),
    row(
        "headed with overrides",
        boto("head_object", Key="k", ResponseContentType="text/x-other"),
        soap=(),
    ),
    row(
        "an address with overrides",
        boto("url:get_object", Key="k", ResponseContentType="text/x-other"),
        soap=(),
        passes=True,
    ),
)

OTHERS = (
    Row(
        "only REST: asked from another origin",
        "http",
        (
            http(
                "OPTIONS",
                "/{bucket}/k",
                headers={"Origin": "http://example.com", "Access-Control-Request-Method": "GET"},
            ),
        ),
        Scene((Thing("k"),), prepared=(boto("put_bucket_cors", CORSConfiguration=CORS),)),
        How(user="nobody"),
        soap=None,
        passes=True,
    ),
    Row(
        "only REST: got from another origin",
        "http",
        (http("GET", "/{bucket}/k", headers={"Origin": "http://example.com"}),),
        Scene((Thing("k"),), prepared=(boto("put_bucket_cors", CORSConfiguration=CORS),)),
        soap=None,
        passes=True,
    ),
    Row(
        "only REST: read by nobody, as a policy allows",
        "boto3",
        (boto("get_object", Key="k"), boto("head_object", Key="k"), boto("put_object", Key="k", Body=b"x")),
        Scene((Thing("k"),), prepared=(boto("put_bucket_policy", Policy=POLICY),)),
        How(user="nobody"),
        soap=None,
        own=(
            Own(NOBODY, "AccessDenied", 403, step=0),
            Own(NOBODY, "403", 403, "Forbidden", step=1),
            Own(WORDS, "AccessDenied", step=2),
        ),
        passes=True,
    ),
)

ROWS = (*VERSIONS, *TAGGED, *CONFIGURED, *OVERRIDDEN, *OTHERS)
