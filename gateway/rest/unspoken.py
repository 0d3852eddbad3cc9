"""What S3's REST interface has and SOAP never had: the names by which it is refused.

Nothing here does anything. A request that no row and no view understands is NotImplemented,
and whoever wrote it should read which operation that was, not which parameter gave it away.

Source: the S3 API reference, list of actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.tables.operations import BUCKET_SCOPE, OBJECT_SCOPE

_VERBS: Final = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}

_NOUNS: Final[Mapping[str, Mapping[str, str]]] = {
    BUCKET_SCOPE: {
        "accelerate": "BucketAccelerateConfiguration",
        "analytics": "BucketAnalyticsConfiguration",
        "cors": "BucketCors",
        "encryption": "BucketEncryption",
        "intelligent-tiering": "BucketIntelligentTieringConfiguration",
        "inventory": "BucketInventoryConfiguration",
        "lifecycle": "BucketLifecycleConfiguration",
        "metrics": "BucketMetricsConfiguration",
        "notification": "BucketNotificationConfiguration",
        "object-lock": "ObjectLockConfiguration",
        "ownershipControls": "BucketOwnershipControls",
        "policy": "BucketPolicy",
        "policyStatus": "BucketPolicyStatus",
        "publicAccessBlock": "PublicAccessBlock",
        "replication": "BucketReplication",
        "requestPayment": "BucketRequestPayment",
        "tagging": "BucketTagging",
        "versioning": "BucketVersioning",
        "website": "BucketWebsite",
    },
    OBJECT_SCOPE: {
        "attributes": "ObjectAttributes",
        "legal-hold": "ObjectLegalHold",
        "retention": "ObjectRetention",
        "tagging": "ObjectTagging",
        "torrent": "ObjectTorrent",
    },
}

_OWN_NAMES: Final[Mapping[tuple[str, str, str], str]] = MappingProxyType(
    {
        ("GET", BUCKET_SCOPE, "uploads"): "ListMultipartUploads",
        ("GET", BUCKET_SCOPE, "versions"): "ListObjectVersions",
        ("GET", BUCKET_SCOPE, "session"): "CreateSession",
        ("POST", OBJECT_SCOPE, "uploads"): "CreateMultipartUpload",
        ("PUT", OBJECT_SCOPE, "uploadId"): "UploadPart",
        ("GET", OBJECT_SCOPE, "uploadId"): "ListParts",
        ("POST", OBJECT_SCOPE, "uploadId"): "CompleteMultipartUpload",
        ("DELETE", OBJECT_SCOPE, "uploadId"): "AbortMultipartUpload",
        ("POST", OBJECT_SCOPE, "restore"): "RestoreObject",
        ("POST", OBJECT_SCOPE, "select"): "SelectObjectContent",
        ("PUT", OBJECT_SCOPE, "renameObject"): "RenameObject",
        ("DELETE", BUCKET_SCOPE, "lifecycle"): "DeleteBucketLifecycle",
    }
)


def unspoken_operation(method: str, scope: str, parameters: frozenset[str]) -> str:
    """Return the name of the operation that a method and the parameters of a query ask for.

    Args:
        method: The request's.
        scope: What it is about.
        parameters: Names in its query.

    Returns:
        "" when they ask for none that is known.

    """
    for name in sorted(parameters):
        own = _OWN_NAMES.get((method, scope, name))
        if own:
            return own
    noun = next((_NOUNS[scope][name] for name in sorted(parameters) if name in _NOUNS.get(scope, ())), "")
    return f"{_VERBS[method]}{noun}" if noun and method in _VERBS else ""
