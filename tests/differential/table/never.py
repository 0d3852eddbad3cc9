"""Rows of what SOAP never had: 501 there, with nothing done; from REST to REST all the same as the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.differential.rows import HELLO, Row, Step, boto
from tests.differential.table.losses import ONLY_REST, operation

TAGS = {"TagSet": [{"Key": "a", "Value": "b"}]}
PART = {"Key": "k", "UploadId": "0123456789abcdef", "PartNumber": 1}
UPLOAD = {"Key": "k", "UploadId": "0123456789abcdef"}
RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 7}}
CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{bucket}/*"}]}'
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
LOCK = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}

NEVER: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {
    "uploads": (("create_multipart_upload", {"Key": "k"}), ("list_multipart_uploads", {})),
    "uploadId": (
        ("upload_part", {**PART, "Body": b"part"}),
        ("upload_part_copy", {**PART, "CopySource": "{bucket}/k"}),
        (
            "complete_multipart_upload",
            {**UPLOAD, "MultipartUpload": {"Parts": [{"ETag": "x", "PartNumber": 1}]}},
        ),
        ("abort_multipart_upload", UPLOAD),
        ("list_parts", UPLOAD),
    ),
    "tagging": (
        ("get_object_tagging", {"Key": "k"}),
        ("put_object_tagging", {"Key": "k", "Tagging": TAGS}),
        ("delete_object_tagging", {"Key": "k"}),
        ("get_bucket_tagging", {}),
        ("put_bucket_tagging", {"Tagging": TAGS}),
        ("delete_bucket_tagging", {}),
    ),
    "versioning": (
        ("get_bucket_versioning", {}),
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
    ),
    "versions": (("list_object_versions", {}),),
    "policy": (
        ("get_bucket_policy", {}),
        ("put_bucket_policy", {"Policy": POLICY}),
        ("delete_bucket_policy", {}),
    ),
    "policyStatus": (("get_bucket_policy_status", {}),),
    "lifecycle": (
        ("get_bucket_lifecycle_configuration", {}),
        ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": [RULE]}}),
        ("delete_bucket_lifecycle", {}),
    ),
    "cors": (
        ("get_bucket_cors", {}),
        ("put_bucket_cors", {"CORSConfiguration": CORS}),
        ("delete_bucket_cors", {}),
    ),
    "website": (
        ("get_bucket_website", {}),
        ("put_bucket_website", {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}}),
        ("delete_bucket_website", {}),
    ),
    "encryption": (
        ("get_bucket_encryption", {}),
        ("put_bucket_encryption", {"ServerSideEncryptionConfiguration": ENCRYPTION}),
        ("delete_bucket_encryption", {}),
    ),
    "notification": (
        ("get_bucket_notification_configuration", {}),
        ("put_bucket_notification_configuration", {"NotificationConfiguration": {}}),
    ),
    "replication": (("get_bucket_replication", {}), ("delete_bucket_replication", {})),
    "accelerate": (
        ("get_bucket_accelerate_configuration", {}),
        ("put_bucket_accelerate_configuration", {"AccelerateConfiguration": {"Status": "Enabled"}}),
    ),
    "requestPayment": (
        ("get_bucket_request_payment", {}),
        ("put_bucket_request_payment", {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}}),
    ),
    "ownershipControls": (
        ("get_bucket_ownership_controls", {}),
        (
            "put_bucket_ownership_controls",
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
        ),
        ("delete_bucket_ownership_controls", {}),
    ),
    "publicAccessBlock": (
        ("get_public_access_block", {}),
        ("put_public_access_block", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
        ("delete_public_access_block", {}),
    ),
    "object-lock": (
        ("get_object_lock_configuration", {}),
        ("put_object_lock_configuration", {"ObjectLockConfiguration": LOCK}),
    ),
    "retention": (("get_object_retention", {"Key": "k"}),),
    "legal-hold": (
        ("get_object_legal_hold", {"Key": "k"}),
        ("put_object_legal_hold", {"Key": "k", "LegalHold": {"Status": "ON"}}),
    ),
    "torrent": (("get_object_torrent", {"Key": "k"}),),
    "restore": (("restore_object", {"Key": "k", "RestoreRequest": {"Days": 1}}),),
    "attributes": (("get_object_attributes", {"Key": "k", "ObjectAttributes": ["ETag", "ObjectSize"]}),),
    "analytics": (("list_bucket_analytics_configurations", {}),),
    "inventory": (("list_bucket_inventory_configurations", {}),),
    "metrics": (("list_bucket_metrics_configurations", {}),),
    "intelligent-tiering": (("list_bucket_intelligent_tiering_configurations", {}),),
}
"""Calls, by their subresource."""

OTHER_NAMES = {"upload_part_copy": "UploadPart"} | {
    f"list_bucket_{kind}_configurations": "Bucket"
    for kind in ("analytics", "inventory", "metrics", "intelligent_tiering")
}
"""What an answer names where that is not quite the operation."""
SEEN = (boto("get_bucket_versioning"), boto("get_bucket_policy"), boto("list_multipart_uploads"))
"""What must be as it was."""


def _row(call: str, values: Mapping[str, Any]) -> Row:
    step = Step(call, {"Bucket": "{bucket}", **values})
    refused = ONLY_REST[OTHER_NAMES.get(call, operation(call))]
    return Row(f"never: {call}", "boto3", (step,), HELLO, soap=refused, seen=SEEN)


ROWS = tuple(_row(call, values) for calls in NEVER.values() for call, values in calls)
