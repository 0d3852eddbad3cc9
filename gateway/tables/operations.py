"""The operations of S3's SOAP interface, a row each: where every field stands in REST.

A row is read in both directions. A SOAP call finds it by name, and each field is put in its
place on a REST request; a REST request finds it by method, scope and subresource, and the
same places are read. The order of rows decides where a REST request fits more than one.

A place is data: a kind, the name it goes by there and the form of its text. What a kind
does stands in `rest/places.py`. A field whose place takes several values together names
them all. Fields of an answer stand in the order in which they are looked for.

Sources: the facts of the S3 schema for the fields, the S3 REST API for the places; wire
rules 26 to 32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SERVICE, BUCKET_SCOPE, OBJECT_SCOPE = "service", "bucket", "object"

CONTENT_RANGE: Final = "Content-Range"
"""The metadata entry that tells which part of an object an answer with Status 206 is (wire rule 31)."""

NEVER_STORED: Final = frozenset({"content-length", "content-md5"})
"""Metadata entries that describe the message, not the object, in lower case (wire rule 32)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands on a REST message.

    Attributes:
        kind: A name of `rest.places.REQUEST` or `rest.answers.REPLY`.
        name: The header's, the query's or the document's; "" where the kind has one place only.
        form: How the value is written: text, integer, date, etags; the type of a document.

    """

    kind: str
    name: str = ""
    form: str = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an operation, or several that share one place.

    Attributes:
        names: Its names in the contract; ("*",) for all fields of a document.
        place: Where it stands.
        when: Of an answer: the call's field that must be true for it to be there.
        refusal: The code a value that is none of its type is answered with.

    """

    names: tuple[str, ...]
    place: Place
    when: str = ""
    refusal: str = "InvalidSOAPRequest"


@dataclass(frozen=True, slots=True)
class Operation:
    """One row.

    Attributes:
        name: The operation's.
        methods: Of the REST request, the usual one first.
        scope: What it is about: SERVICE, BUCKET_SCOPE or OBJECT_SCOPE.
        subresource: The query that names a part of it, "" for the thing itself.
        fields: Of the call, without the security elements.
        answer: The fields of the answer.
        status: Of the REST reply.
        also: Statuses from 300 up that are answers all the same.
        first: The operation that is asked before this one writes: it proves that the store
            has the subresource and supplies what SOAP does not send (wire rule 26).
        signed: Nobody may ask it anonymously, whatever the store would say (wire rule 14).
        instead: The operation that does the same where the contract of a SOAP store lacks this one.

    """

    name: str
    methods: tuple[str, ...]
    scope: str
    subresource: str
    fields: tuple[Field, ...]
    answer: tuple[Field, ...] = ()
    status: int = 200
    also: tuple[int, ...] = ()
    first: str = ""
    signed: bool = False
    instead: str = ""


def _field(names: str, place: Place, when: str = "", refusal: str = "InvalidSOAPRequest") -> Field:
    return Field(tuple(names.split()), place, when, refusal)


def _query(name: str, form: str = "text") -> Place:
    return Place("query", name, form)


def _header(name: str, form: str = "text") -> Place:
    return Place("header", name, form)


def _document(root: str, form: str = "") -> Place:
    return Place("document", root, form or root)


BUCKET = _field("Bucket", Place("bucket"))
KEY = _field("Key", Place("key"))
ACL = _field("AccessControlList", Place("grants"), refusal="MalformedACLError")
POLICY = _field("Owner AccessControlList", _document("AccessControlPolicy"), refusal="MalformedACLError")
METADATA = _field("Metadata", Place("metadata"))
CLASS = _field("StorageClass", _header("x-amz-storage-class"), refusal="InvalidStorageClass")
ETAG = _field("ETag", _header("etag", "etag"))
MOMENT = _field("LastModified", Place("moment"))
DONE = (_field("Code Description", Place("done")),)
PUT = (
    BUCKET,
    KEY,
    METADATA,
    _field("Data", Place("payload")),
    _field("ContentLength", Place("size")),
    ACL,
    CLASS,
)
GET = (
    BUCKET,
    KEY,
    _field("GetMetadata", Place("fixed", "true")),
    _field("GetData", Place("data_wanted")),
    _field("InlineData", Place("fixed", "false")),
)
CONDITIONAL_GET = (
    *GET,
    _field("ByteRangeStart ByteRangeEnd", Place("byte_range")),
    _field("IfModifiedSince", _header("if-modified-since", "date")),
    _field("IfUnmodifiedSince", _header("if-unmodified-since", "date")),
    _field("IfNoneMatch", _header("if-none-match", "etags")),
    _field("IfMatch ReturnCompleteObjectOnConditionFailure", Place("match")),
)
GOTTEN = (
    _field("Status", Place("status")),
    _field("Metadata", Place("metadata"), when="GetMetadata"),
    _field("Data", Place("payload"), when="GetData"),
    MOMENT,
    ETAG,
)
COPY = (
    _field("SourceBucket SourceKey", Place("copy_source")),
    _field("DestinationBucket", Place("bucket")),
    _field("DestinationKey", Place("key")),
    _field("MetadataDirective", _header("x-amz-metadata-directive"), refusal="InvalidArgument"),
    METADATA,
    ACL,
    _field("CopySourceIfModifiedSince", _header("x-amz-copy-source-if-modified-since", "date")),
    _field("CopySourceIfUnmodifiedSince", _header("x-amz-copy-source-if-unmodified-since", "date")),
    _field("CopySourceIfMatch", _header("x-amz-copy-source-if-match", "etags")),
    _field("CopySourceIfNoneMatch", _header("x-amz-copy-source-if-none-match", "etags")),
    CLASS,
)
LIST = (
    BUCKET,
    _field("Prefix", _query("prefix")),
    _field("Marker", _query("marker")),
    _field("MaxKeys", Place("page", "max-keys"), refusal="InvalidArgument"),
    _field("Delimiter", _query("delimiter")),
    _field("", Place("asked", "encoding-type", "url")),
)
LISTED = (_field("*", _document("ListBucketResult")), _field("Prefix Marker Delimiter", Place("echo")))
LOGGING = _field("BucketLoggingStatus", _document("BucketLoggingStatus"), refusal="MalformedXML")

# fmt: off
_ROWS: Final = (
    Operation("ListAllMyBuckets", ("GET",), SERVICE, "", (), (_field("*", _document("ListAllMyBucketsResult")),), signed=True),
    Operation("CreateBucket", ("PUT",), BUCKET_SCOPE, "", (BUCKET, _field("", Place("location_constraint")), ACL), (_field("BucketName", Place("location")),), signed=True),
    Operation("DeleteBucket", ("DELETE",), BUCKET_SCOPE, "", (BUCKET,), DONE, status=204),
    Operation("ListBucket", ("GET",), BUCKET_SCOPE, "", LIST, LISTED),
    Operation("GetBucketAccessControlPolicy", ("GET",), BUCKET_SCOPE, "acl", (BUCKET,), (_field("*", _document("AccessControlPolicy")),)),
    Operation("SetBucketAccessControlPolicy", ("PUT",), BUCKET_SCOPE, "acl", (BUCKET, POLICY), first="GetBucketAccessControlPolicy"),
    Operation("GetObjectAccessControlPolicy", ("GET",), OBJECT_SCOPE, "acl", (BUCKET, KEY), (_field("*", _document("AccessControlPolicy")),)),
    Operation("SetObjectAccessControlPolicy", ("PUT",), OBJECT_SCOPE, "acl", (BUCKET, KEY, POLICY), first="GetObjectAccessControlPolicy"),
    Operation("GetBucketLoggingStatus", ("GET",), BUCKET_SCOPE, "logging", (BUCKET,), (_field("*", _document("BucketLoggingStatus")),)),
    Operation("SetBucketLoggingStatus", ("PUT",), BUCKET_SCOPE, "logging", (BUCKET, LOGGING), first="GetBucketLoggingStatus"),
    Operation("PutObject", ("PUT",), OBJECT_SCOPE, "", PUT, (ETAG, MOMENT), instead="PutObjectInline"),
    Operation("PutObjectInline", ("PUT",), OBJECT_SCOPE, "", PUT, (ETAG, MOMENT), instead="PutObject"),
    Operation("GetObject", ("GET", "HEAD"), OBJECT_SCOPE, "", GET, GOTTEN, instead="GetObjectExtended"),
    Operation("GetObjectExtended", ("GET", "HEAD"), OBJECT_SCOPE, "", CONDITIONAL_GET, GOTTEN, also=(304,), instead="GetObject"),
    Operation("DeleteObject", ("DELETE",), OBJECT_SCOPE, "", (BUCKET, KEY), DONE, status=204),
    Operation("CopyObject", ("PUT",), OBJECT_SCOPE, "", COPY, (ETAG, _field("*", _document("CopyObjectResult"))), signed=True),
)
# fmt: on

OPERATIONS: Mapping[str, Operation] = MappingProxyType({row.name: row for row in _ROWS})
"""The rows by name, in their order."""

SPELLINGS: Mapping[str, str] = MappingProxyType(
    {"SourceObject": "SourceKey", "DestinationObject": "DestinationKey"}
)
"""Fields as some pages of the documentation spell them, to what the contract calls them."""
