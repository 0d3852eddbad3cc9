"""Names of operations that SOAP never had: what is asked for, and what asks for none."""

from __future__ import annotations

import pytest

from gateway.rest.unspoken import unspoken_operation


@pytest.mark.parametrize(
    ("method", "scope", "parameters", "operation"),
    [
        ("POST", "object", {"uploads"}, "CreateMultipartUpload"),
        ("PUT", "object", {"partNumber", "uploadId"}, "UploadPart"),
        ("GET", "bucket", {"versions", "prefix"}, "ListObjectVersions"),
        ("GET", "bucket", {"tagging"}, "GetBucketTagging"),
        ("GET", "object", {"tagging"}, "GetObjectTagging"),
        ("HEAD", "object", {"tagging"}, "GetObjectTagging"),
        ("PUT", "bucket", {"object-lock"}, "PutObjectLockConfiguration"),
        ("DELETE", "bucket", {"id", "metrics"}, "DeleteBucketMetricsConfiguration"),
        ("POST", "bucket", {"tagging"}, ""),
        ("GET", "service", {"tagging"}, ""),
        ("GET", "object", {"policy"}, ""),
        ("GET", "bucket", {"prefix"}, ""),
        ("GET", "bucket", set(), ""),
    ],
)
def test_what_is_asked_for(method, scope, parameters, operation):
    assert unspoken_operation(method, scope, frozenset(parameters)) == operation
