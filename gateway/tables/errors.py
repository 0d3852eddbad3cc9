"""The documented errors of S3, a row each, read in both directions.

Towards SOAP a row gives the fault code's prefix, towards REST the status and its reason
phrase; in both the message where the party that raised the error said nothing. The rows
are those of Amazon's "Error Responses" list, in its order and wording (89 rows, 81 codes:
InvalidRequest has nine, told apart by their messages). Codes that came later follow, with
the status their makers give them and no wording of their own; then SOAP's own two.

A code that has no row is still an error: `row_for` makes it one of its class. So the rest
of the house never asks which code it holds; what differs by code is a column here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

CLIENT = "Client"
SERVER = "Server"
REST_ONLY = "N/A"
BARE = ""


@dataclass(frozen=True, slots=True)
class Error:
    """One row.

    Attributes:
        code: The S3 code.
        status: Of the REST error; None for a code that only SOAP has.
        reason: The reason phrase that S3 sends with the status.
        prefix: Of the fault code: CLIENT, SERVER; REST_ONLY where the list says N/A;
            BARE for SOAP's own codes, which have none.
        message: What it says when nobody else did; "" lets the code's words speak.
        details: Names of the fields that the error carries beside code and message.
        on_signature: A store that says this speaks of the signature it was sent.
        on_creation: Only the creation of a bucket is answered so.
        on_header: It is about a header entry: its fault has no detail (SOAP 1.1, 4.4).
        rest_code: The code REST knows it by, where that is another.

    """

    code: str
    status: int | None
    reason: str
    prefix: str
    message: str = ""
    details: tuple[str, ...] = ()
    on_signature: bool = False
    on_creation: bool = False
    on_header: bool = False
    rest_code: str = ""


def names(text: str) -> tuple[str, ...]:
    """Split the names of a row's details at their blanks."""
    return tuple(text.split())


# fmt: off
DOCUMENTED: tuple[Error, ...] = (
    Error("AccessDenied", 403, "Forbidden", CLIENT, "Access Denied", details=names("HeadersNotSigned")),
    Error("AccountProblem", 403, "Forbidden", CLIENT, "There is a problem with your AWS account that prevents the operation from completing successfully. Please contact AWS Support for further assistance, see Contact Us."),
    Error("AllAccessDisabled", 403, "Forbidden", CLIENT, "All access to this Amazon S3 resource has been disabled. Please contact AWS Support for further assistance, see Contact Us."),
    Error("AmbiguousGrantByEmailAddress", 400, "Bad Request", CLIENT, "The email address you provided is associated with more than one account."),
    Error("AuthorizationHeaderMalformed", 400, "Bad Request", REST_ONLY, "The authorization header you provided is invalid.", details=names("Region"), on_signature=True),
    Error("BadDigest", 400, "Bad Request", CLIENT, "The Content-MD5 you specified did not match what we received.", details=names("CalculatedDigest ExpectedDigest")),
    Error("BucketAlreadyExists", 409, "Conflict", CLIENT, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", details=names("BucketName"), on_creation=True),
    Error("BucketAlreadyOwnedByYou", 409, "Conflict", CLIENT, "Your previous request to create the named bucket succeeded and you already own it.", details=names("BucketName"), on_creation=True),
    Error("BucketNotEmpty", 409, "Conflict", CLIENT, "The bucket you tried to delete is not empty.", details=names("BucketName")),
    Error("CredentialsNotSupported", 400, "Bad Request", CLIENT, "This request does not support credentials."),
    Error("CrossLocationLoggingProhibited", 403, "Forbidden", CLIENT, "Cross-location logging not allowed. Buckets in one geographic location cannot log information to a bucket in another location."),
    Error("EntityTooSmall", 400, "Bad Request", CLIENT, "Your proposed upload is smaller than the minimum allowed object size.", details=names("ProposedSize MinSizeAllowed")),
    Error("EntityTooLarge", 400, "Bad Request", CLIENT, "Your proposed upload exceeds the maximum allowed object size.", details=names("ProposedSize MaxSizeAllowed")),
    Error("ExpiredToken", 400, "Bad Request", CLIENT, "The provided token has expired.", details=names("Token-0"), on_signature=True),
    Error("IllegalVersioningConfigurationException", 400, "Bad Request", CLIENT, "The versioning configuration specified in the request is invalid."),
    Error("IncompleteBody", 400, "Bad Request", CLIENT, "You did not provide the number of bytes specified by the Content-Length HTTP header"),
    Error("IncorrectNumberOfFilesInPostRequest", 400, "Bad Request", CLIENT, "POST requires exactly one file upload per request."),
    Error("InlineDataTooLarge", 400, "Bad Request", CLIENT, "Inline data exceeds the maximum allowed size."),
    Error("InternalError", 500, "Internal Server Error", SERVER, "We encountered an internal error. Please try again."),
    Error("InvalidAccessKeyId", 403, "Forbidden", CLIENT, "The AWS access key ID you provided does not exist in our records.", details=names("AWSAccessKeyId"), on_signature=True),
    Error("InvalidAddressingHeader", None, "", CLIENT, "You must specify the Anonymous role.", on_header=True),
    Error("InvalidArgument", 400, "Bad Request", CLIENT, "Invalid Argument", details=names("ArgumentName ArgumentValue")),
    Error("InvalidBucketName", 400, "Bad Request", CLIENT, "The specified bucket is not valid.", details=names("BucketName")),
    Error("InvalidBucketState", 409, "Conflict", CLIENT, "The request is not valid with the current state of the bucket."),
    Error("InvalidDigest", 400, "Bad Request", CLIENT, "The Content-MD5 you specified is not valid.", details=names("Content-MD5")),
    Error("InvalidEncryptionAlgorithmError", 400, "Bad Request", CLIENT, "The encryption request you specified is not valid. The valid value is AES256."),
    Error("InvalidLocationConstraint", 400, "Bad Request", CLIENT, "The specified location constraint is not valid. For more information about Regions, see How to Select a Region for Your Buckets.", details=names("LocationConstraint")),
    Error("InvalidObjectState", 403, "Forbidden", CLIENT, "The operation is not valid for the current state of the object.", details=names("StorageClass AccessTier")),
    Error("InvalidPart", 400, "Bad Request", CLIENT, "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.", details=names("UploadId PartNumber ETag")),
    Error("InvalidPartOrder", 400, "Bad Request", CLIENT, "The list of parts was not in ascending order. Parts list must be specified in order by part number."),
    Error("InvalidPayer", 403, "Forbidden", CLIENT, "All access to this object has been disabled. Please contact AWS Support for further assistance, see Contact Us."),
    Error("InvalidPolicyDocument", 400, "Bad Request", CLIENT, "The content of the form does not meet the conditions specified in the policy document."),
    Error("InvalidRange", 416, "Requested Range Not Satisfiable", CLIENT, "The requested range cannot be satisfied.", details=names("RangeRequested ActualObjectSize")),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Please use AWS4-HMAC-SHA256."),
    Error("InvalidRequest", 400, "Bad Request", CLIENT, "SOAP requests must be made over an HTTPS connection."),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Amazon S3 Transfer Acceleration is not supported for buckets with non-DNS compliant names."),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Amazon S3 Transfer Acceleration is not supported for buckets with periods (.) in their names."),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Amazon S3 Transfer Accelerate endpoint only supports virtual style requests."),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Amazon S3 Transfer Accelerate is not configured on this bucket."),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Amazon S3 Transfer Accelerate is disabled on this bucket."),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Amazon S3 Transfer Acceleration is not supported on this bucket. Contact AWS Support for more information."),
    Error("InvalidRequest", 400, "Bad Request", REST_ONLY, "Amazon S3 Transfer Acceleration cannot be enabled on this bucket. Contact AWS Support for more information."),
    Error("InvalidSecurity", 403, "Forbidden", CLIENT, "The provided security credentials are not valid."),
    Error("InvalidSOAPRequest", 400, "Bad Request", CLIENT, "The SOAP request body is invalid."),
    Error("InvalidStorageClass", 400, "Bad Request", CLIENT, "The storage class you specified is not valid.", details=names("StorageClass")),
    Error("InvalidTargetBucketForLogging", 400, "Bad Request", CLIENT, "The target bucket for logging does not exist, is not owned by you, or does not have the appropriate grants for the log-delivery group."),
    Error("InvalidToken", 400, "Bad Request", CLIENT, "The provided token is malformed or otherwise invalid.", details=names("Token-0"), on_signature=True),
    Error("InvalidURI", 400, "Bad Request", CLIENT, "Couldn't parse the specified URI."),
    Error("KeyTooLongError", 400, "Bad Request", CLIENT, "Your key is too long.", details=names("Size MaxSizeAllowed")),
    Error("MalformedACLError", 400, "Bad Request", CLIENT, "The XML you provided was not well-formed or did not validate against our published schema."),
    Error("MalformedPOSTRequest", 400, "Bad Request", CLIENT, "The body of your POST request is not well-formed multipart/form-data."),
    Error("MalformedXML", 400, "Bad Request", CLIENT, "The XML you provided was not well-formed or did not validate against our published schema."),
    Error("MaxMessageLengthExceeded", 400, "Bad Request", CLIENT, "Your request was too big.", details=names("MaxMessageLengthBytes")),
    Error("MaxPostPreDataLengthExceededError", 400, "Bad Request", CLIENT, "Your POST request fields preceding the upload file were too large."),
    Error("MetadataTooLarge", 400, "Bad Request", CLIENT, "Your metadata headers exceed the maximum allowed metadata size.", details=names("Size MaxSizeAllowed")),
    Error("MethodNotAllowed", 405, "Method Not Allowed", CLIENT, "The specified method is not allowed against this resource.", details=names("Method ResourceType")),
    Error("MissingAttachment", None, "", CLIENT, "A SOAP attachment was expected, but none were found."),
    Error("MissingContentLength", 411, "Length Required", CLIENT, "You must provide the Content-Length HTTP header."),
    Error("MissingRequestBodyError", 400, "Bad Request", CLIENT, "Request body is empty."),
    Error("MissingSecurityElement", 400, "Bad Request", CLIENT, "The SOAP 1.1 request is missing a security element."),
    Error("MissingSecurityHeader", 400, "Bad Request", CLIENT, "Your request is missing a required header."),
    Error("NoLoggingStatusForKey", 400, "Bad Request", CLIENT, "There is no such thing as a logging status subresource for a key."),
    Error("NoSuchBucket", 404, "Not Found", CLIENT, "The specified bucket does not exist.", details=names("BucketName")),
    Error("NoSuchBucketPolicy", 404, "Not Found", CLIENT, "The specified bucket does not have a bucket policy.", details=names("BucketName")),
    Error("NoSuchKey", 404, "Not Found", CLIENT, "The specified key does not exist.", details=names("Key")),
    Error("NoSuchLifecycleConfiguration", 404, "Not Found", CLIENT, "The lifecycle configuration does not exist.", details=names("BucketName")),
    Error("NoSuchUpload", 404, "Not Found", CLIENT, "The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed.", details=names("UploadId")),
    Error("NoSuchVersion", 404, "Not Found", CLIENT, "The specified version does not exist.", details=names("Key VersionId")),
    Error("NotImplemented", 501, "Not Implemented", SERVER, "A header you provided implies functionality that is not implemented.", details=names("Header additionalMessage")),
    Error("NotSignedUp", 403, "Forbidden", CLIENT, "Your account is not signed up for the Amazon S3 service. You must sign up before you can use Amazon S3. You can sign up at the following URL: https://aws.amazon.com/s3"),
    Error("OperationAborted", 409, "Conflict", CLIENT, "A conflicting conditional operation is currently in progress against this resource. Try again."),
    Error("PermanentRedirect", 301, "Moved Permanently", CLIENT, "The bucket you are attempting to access must be addressed using the specified endpoint. Send all future requests to this endpoint.", details=names("Endpoint Bucket")),
    Error("PreconditionFailed", 412, "Precondition Failed", CLIENT, "At least one of the preconditions you specified did not hold.", details=names("Condition")),
    Error("Redirect", 307, "Moved Temporarily", CLIENT, "Temporary redirect."),
    Error("RestoreAlreadyInProgress", 409, "Conflict", CLIENT, "Object restore is already in progress."),
    Error("RequestIsNotMultiPartContent", 400, "Bad Request", CLIENT, "Bucket POST must be of the enclosure-type multipart/form-data."),
    Error("RequestTimeout", 400, "Bad Request", CLIENT, "Your socket connection to the server was not read from or written to within the timeout period."),
    Error("RequestTimeTooSkewed", 403, "Forbidden", CLIENT, "The difference between the request time and the server's time is too large.", details=names("RequestTime ServerTime MaxAllowedSkewMilliseconds"), on_signature=True),
    Error("RequestTorrentOfBucketError", 400, "Bad Request", CLIENT, "Requesting the torrent file of a bucket is not permitted."),
    Error("ServerSideEncryptionConfigurationNotFoundError", 400, "Bad Request", CLIENT, "The server side encryption configuration was not found.", details=names("BucketName")),
    Error("ServiceUnavailable", 503, "Service Unavailable", SERVER, "Reduce your request rate."),
    Error("SignatureDoesNotMatch", 403, "Forbidden", CLIENT, "The request signature we calculated does not match the signature you provided. Check your AWS secret access key and signing method. For more information, see REST Authentication and SOAP Authentication for details.", details=names("AWSAccessKeyId StringToSign SignatureProvided StringToSignBytes CanonicalRequest CanonicalRequestBytes"), on_signature=True),
    Error("SlowDown", 503, "Slow Down", SERVER, "Reduce your request rate."),
    Error("TemporaryRedirect", 307, "Moved Temporarily", CLIENT, "You are being redirected to the bucket while DNS updates.", details=names("Endpoint Bucket")),
    Error("TokenRefreshRequired", 400, "Bad Request", CLIENT, "The provided token must be refreshed."),
    Error("TooManyBuckets", 400, "Bad Request", CLIENT, "You have attempted to create more buckets than allowed."),
    Error("UnexpectedContent", 400, "Bad Request", CLIENT, "This request does not support content."),
    Error("UnresolvableGrantByEmailAddress", 400, "Bad Request", CLIENT, "The email address you provided does not match any account on record."),
    Error("UserKeyMustBeSpecified", 400, "Bad Request", CLIENT, "The bucket POST must contain the specified field name. If it is specified, check the order of the fields."),
)
"""The documented list."""

NEWER: tuple[Error, ...] = (
    Error("AccessControlListNotSupported", 400, "Bad Request", CLIENT, ""),
    Error("AccessForbidden", 403, "Forbidden", CLIENT, "", details=names("Method ResourceType")),
    Error("AccessPointAlreadyOwnedByYou", 409, "Conflict", CLIENT, ""),
    Error("AnnotationLimitExceeded", 400, "Bad Request", CLIENT, ""),
    Error("AnnotationNameTooLong", 400, "Bad Request", CLIENT, ""),
    Error("AuthorizationQueryParametersError", 400, "Bad Request", CLIENT, ""),
    Error("BadRequest", 400, "Bad Request", CLIENT, ""),
    Error("BucketHasAccessPointsAttached", 400, "Bad Request", CLIENT, ""),
    Error("ClientDisconnected", 499, "Client Closed Request", CLIENT, ""),
    Error("ClientTokenConflict", 409, "Conflict", CLIENT, ""),
    Error("ConditionalRequestConflict", 409, "Conflict", CLIENT, ""),
    Error("ConnectionClosedByRequester", 400, "Bad Request", CLIENT, ""),
    Error("DeviceNotActiveError", 400, "Bad Request", CLIENT, ""),
    Error("EncryptionTypeMismatch", 400, "Bad Request", CLIENT, ""),
    Error("EndpointNotFound", 400, "Bad Request", CLIENT, ""),
    Error("ExistingObjectIsDirectory", 409, "Conflict", CLIENT, ""),
    Error("GlacierExpeditedRetrievalNotAvailable", 503, "Service Unavailable", REST_ONLY, ""),
    Error("IdempotencyParameterMismatch", 400, "Bad Request", CLIENT, ""),
    Error("IllegalLocationConstraintException", 400, "Bad Request", CLIENT, ""),
    Error("IncorrectEndpoint", 400, "Bad Request", CLIENT, ""),
    Error("InvalidAccessPoint", 400, "Bad Request", CLIENT, ""),
    Error("InvalidAccessPointAliasError", 400, "Bad Request", CLIENT, ""),
    Error("InvalidAnnotationName", 400, "Bad Request", CLIENT, ""),
    Error("InvalidBucketAclWithObjectOwnership", 400, "Bad Request", CLIENT, ""),
    Error("InvalidBucketOwnerAWSAccountID", 400, "Bad Request", CLIENT, ""),
    Error("InvalidHostHeader", 400, "Bad Request", CLIENT, ""),
    Error("InvalidHttpMethod", 400, "Bad Request", CLIENT, ""),
    Error("InvalidPartNumber", 416, "Requested Range Not Satisfiable", CLIENT, "", details=names("ActualPartCount PartNumberRequested")),
    Error("InvalidPrefix", 400, "Bad Request", CLIENT, ""),
    Error("InvalidRedirectLocation", 400, "Bad Request", CLIENT, ""),
    Error("InvalidRegion", 403, "Forbidden", CLIENT, ""),
    Error("InvalidRetentionPeriod", 400, "Bad Request", CLIENT, ""),
    Error("InvalidSessionException", 400, "Bad Request", CLIENT, ""),
    Error("InvalidSignature", 400, "Bad Request", CLIENT, ""),
    Error("InvalidTag", 400, "Bad Request", CLIENT, "", details=names("TagKey TagValue")),
    Error("InvalidWriteOffset", 400, "Bad Request", CLIENT, ""),
    Error("KMS.DisabledException", 400, "Bad Request", CLIENT, ""),
    Error("KMS.InvalidKeyUsageException", 400, "Bad Request", CLIENT, ""),
    Error("KMS.KMSInvalidStateException", 400, "Bad Request", CLIENT, ""),
    Error("KMS.NotFoundException", 400, "Bad Request", CLIENT, ""),
    Error("LimitExceeded", 400, "Bad Request", CLIENT, ""),
    Error("MalformedDate", 400, "Bad Request", CLIENT, ""),
    Error("MalformedPolicy", 400, "Bad Request", CLIENT, ""),
    Error("MalformedPolicyDocument", 400, "Bad Request", CLIENT, ""),
    Error("MissingAuthenticationToken", 403, "Forbidden", CLIENT, ""),
    Error("MissingFields", 400, "Bad Request", CLIENT, ""),
    Error("NoSuchAccessPoint", 404, "Not Found", CLIENT, ""),
    Error("NoSuchAnnotation", 404, "Not Found", CLIENT, ""),
    Error("NoSuchAsyncRequest", 404, "Not Found", CLIENT, ""),
    Error("NoSuchCORSConfiguration", 404, "Not Found", CLIENT, "", details=names("BucketName")),
    Error("NoSuchEntity", 404, "Not Found", CLIENT, ""),
    Error("NoSuchMultiRegionAccessPoint", 404, "Not Found", CLIENT, ""),
    Error("NoSuchObjectLockConfiguration", 404, "Not Found", CLIENT, ""),
    Error("NoSuchResource", 404, "Not Found", CLIENT, ""),
    Error("NoSuchTagSet", 404, "Not Found", CLIENT, "", details=names("BucketName")),
    Error("NoSuchWebsiteConfiguration", 404, "Not Found", CLIENT, "", details=names("BucketName")),
    Error("NoTransformationDefined", 404, "Not Found", CLIENT, ""),
    Error("NotDeviceOwnerError", 400, "Bad Request", CLIENT, ""),
    Error("NotModified", 304, "Not Modified", CLIENT, ""),
    Error("ObjectAlreadyInActiveTierError", 403, "Forbidden", CLIENT, ""),
    Error("ObjectLockConfigurationNotFoundError", 404, "Not Found", CLIENT, ""),
    Error("ObjectNotInActiveTierError", 403, "Forbidden", CLIENT, ""),
    Error("OwnershipControlsNotFoundError", 404, "Not Found", CLIENT, "", details=names("BucketName")),
    Error("PermanentRedirectControlError", 301, "Moved Permanently", CLIENT, ""),
    Error("PostPolicyInvalidKeyName", 403, "Forbidden", CLIENT, ""),
    Error("QuotaExceeded", 403, "Forbidden", CLIENT, ""),
    Error("ReplicationConfigurationNotFoundError", 404, "Not Found", CLIENT, "", details=names("BucketName")),
    Error("RequestHeaderSectionTooLarge", 400, "Bad Request", CLIENT, "", details=names("MaxSizeAllowed")),
    Error("ResponseInterrupted", 400, "Bad Request", CLIENT, ""),
    Error("TagPolicyException", 400, "Bad Request", CLIENT, ""),
    Error("TokenCodeInvalidError", 400, "Bad Request", CLIENT, ""),
    Error("TooManyAccessPoints", 400, "Bad Request", CLIENT, ""),
    Error("TooManyMultiRegionAccessPointregionsError", 400, "Bad Request", CLIENT, ""),
    Error("TooManyMultiRegionAccessPoints", 400, "Bad Request", CLIENT, ""),
    Error("TooManyParts", 400, "Bad Request", CLIENT, ""),
    Error("TooManyTags", 400, "Bad Request", CLIENT, ""),
    Error("UnauthorizedAccessError", 403, "Forbidden", CLIENT, ""),
    Error("UnexpectedIPError", 403, "Forbidden", CLIENT, ""),
    Error("UnsupportedArgument", 400, "Bad Request", CLIENT, ""),
    Error("UnsupportedMediaType", 415, "Unsupported Media Type", CLIENT, ""),
    Error("UnsupportedSignature", 400, "Bad Request", CLIENT, ""),
    Error("WebsiteRedirect", 301, "Moved Permanently", CLIENT, ""),
    Error("XAmzContentSHA256Mismatch", 400, "Bad Request", CLIENT, "", details=names("ClientComputedContentSHA256 S3ComputedContentSHA256"), on_signature=True),
)
"""Codes known from later documentation and from the stores themselves."""

GENERAL: tuple[Error, ...] = (
    Error("InvalidRequest", 400, "Bad Request", CLIENT, "Invalid Request"),
    Error("MustUnderstand", 400, "Bad Request", BARE, "A header entry that must be understood was not.", on_header=True, rest_code="InvalidRequest"),
    Error("VersionMismatch", 400, "Bad Request", BARE, "The envelope is not one of SOAP 1.1.", on_header=True, rest_code="InvalidRequest"),
)
"""InvalidRequest with any other message, and the two fault codes that are SOAP's own."""
# fmt: on

ERRORS: tuple[Error, ...] = (*DOCUMENTED, *NEWER, *GENERAL)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "KeyTooLong": "KeyTooLongError",
        "InvalidTagError": "InvalidTag",
        "InlineDataTooLargeError": "InlineDataTooLarge",
    }
)
"""What some stores and some pages of the documentation call a documented code."""

OWN_FIELDS = frozenset(names("Code Message Resource RequestId HostId"))
"""The fields every error has; all others beside them are its details."""

SECRET_DETAILS = frozenset(
    names(
        "StringToSign StringToSignBytes CanonicalRequest CanonicalRequestBytes"
        " SignatureProvided AWSAccessKeyId Token-0"
    )
)
"""Fields of a store's error that tell of the gateway's own signature: never passed on."""

STATUS_CODES: Mapping[int, str] = MappingProxyType(
    {
        301: "PermanentRedirect",
        304: "NotModified",
        307: "TemporaryRedirect",
        401: "AccessDenied",
        403: "AccessDenied",
        405: "MethodNotAllowed",
        408: "RequestTimeout",
        409: "OperationAborted",
        411: "MissingContentLength",
        412: "PreconditionFailed",
        413: "EntityTooLarge",
        416: "InvalidRange",
        429: "SlowDown",
        501: "NotImplemented",
        502: "ServiceUnavailable",
        503: "ServiceUnavailable",
        504: "ServiceUnavailable",
    }
)
"""What a status says where no code can be read (wire rule 1); 404 goes by scope."""

STATUS_HEADERS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        301: ("location", "x-amz-bucket-region"),
        307: ("location", "x-amz-bucket-region"),
        304: ("etag", "last-modified", "cache-control", "expires", "vary"),
        405: ("allow",),
        416: ("content-range",),
        503: ("retry-after",),
    }
)
"""HTTP's own fields that belong to an error of this status (wire rule 8)."""

_BY_CODE: Mapping[str, Error] = MappingProxyType({row.code: row for row in ERRORS})
"""The last row of each code: for InvalidRequest the general one."""

_BY_MESSAGE: Mapping[tuple[str, str], Error] = MappingProxyType(
    {(row.code, row.message): row for row in DOCUMENTED}
)

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*\Z")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def is_code(text: str) -> bool:
    """Tell whether a text can be a code at all: a word that XML and a fault code can carry."""
    return len(text) <= 100 and _CODE.match(text) is not None


def known(code: str) -> bool:
    """Tell whether `code` has a row, under this name or as an alias."""
    return ALIASES.get(code, code) in _BY_CODE


def row_for(code: str, message: str = "", status: int | None = None) -> Error:
    """Return the row of an error; for an unknown code one made of its class.

    Args:
        code: The S3 code or an alias of one.
        message: As it was sent; tells the rows of InvalidRequest apart (wire rule 3).
        status: HTTP's, for an unknown code: 5xx and an error under 200 are Server's, all
            else Client's (wire rule 2).

    """
    code = ALIASES.get(code, code)
    row = _BY_MESSAGE.get((code, message)) or _BY_CODE.get(code)
    if row is not None:
        return row
    prefix = prefix_of(status)
    if status is None or status < 300:
        status = 500 if prefix == SERVER else 400
    return Error(code, status, phrase(status), prefix)


def prefix_of(status: int | None) -> str:
    """Return the fault prefix of a status class; without a status, the client is to blame."""
    return SERVER if status is not None and (status >= 500 or status < 300) else CLIENT


def code_for(status: int, scope: str) -> str:
    """Return the code that a status stands for when nothing better can be read.

    Args:
        status: HTTP's; 300 or more, or below when an answer should have been there and was not.
        scope: "service", "bucket" or "object": what the request was about.

    """
    if status == 404:
        return "NoSuchKey" if scope == "object" else "NoSuchBucket"
    code = STATUS_CODES.get(status)
    if code is not None:
        return code
    return "InvalidRequest" if 300 <= status < 500 else "InternalError"


def phrase(status: int) -> str:
    """Return HTTP's own reason phrase, "" for a status it does not know."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def words_of(code: str) -> str:
    """Return a code's own words as a sentence: `NoSuchTagSet` is "No such tag set."."""
    found = _WORD.findall(code)
    if not found:
        return code
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in found]
    sentence = " ".join(words)
    return f"{sentence[0].upper()}{sentence[1:]}."


def message_of(code: str, message: str = "") -> str:
    """Return what an error says: its own text, else the table's, else the code's words."""
    return message or row_for(code).message or words_of(code)
