"""What the documents say of S3's errors, typed from them and not from our table."""

from __future__ import annotations

LIST = """
AccessDenied | 403 | Forbidden | Client | Access Denied
AccountProblem | 403 | Forbidden | Client | There is a problem with your AWS account that prevents the operation from completing successfully. Please contact AWS Support for further assistance, see Contact Us.
AllAccessDisabled | 403 | Forbidden | Client | All access to this Amazon S3 resource has been disabled. Please contact AWS Support for further assistance, see Contact Us.
AmbiguousGrantByEmailAddress | 400 | Bad Request | Client | The email address you provided is associated with more than one account.
AuthorizationHeaderMalformed | 400 | Bad Request | N/A | The authorization header you provided is invalid.
BadDigest | 400 | Bad Request | Client | The Content-MD5 you specified did not match what we received.
BucketAlreadyExists | 409 | Conflict | Client | The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.
BucketAlreadyOwnedByYou | 409 | Conflict | Client | Your previous request to create the named bucket succeeded and you already own it.
BucketNotEmpty | 409 | Conflict | Client | The bucket you tried to delete is not empty.
CredentialsNotSupported | 400 | Bad Request | Client | This request does not support credentials.
CrossLocationLoggingProhibited | 403 | Forbidden | Client | Cross-location logging not allowed. Buckets in one geographic location cannot log information to a bucket in another location.
EntityTooSmall | 400 | Bad Request | Client | Your proposed upload is smaller than the minimum allowed object size.
EntityTooLarge | 400 | Bad Request | Client | Your proposed upload exceeds the maximum allowed object size.
ExpiredToken | 400 | Bad Request | Client | The provided token has expired.
IllegalVersioningConfigurationException | 400 | Bad Request | Client | The versioning configuration specified in the request is invalid.
IncompleteBody | 400 | Bad Request | Client | You did not provide the number of bytes specified by the Content-Length HTTP header
IncorrectNumberOfFilesInPostRequest | 400 | Bad Request | Client | POST requires exactly one file upload per request.
InlineDataTooLarge | 400 | Bad Request | Client | Inline data exceeds the maximum allowed size.
InternalError | 500 | Internal Server Error | Server | We encountered an internal error. Please try again.
InvalidAccessKeyId | 403 | Forbidden | Client | The AWS access key ID you provided does not exist in our records.
InvalidAddressingHeader | - | - | Client | You must specify the Anonymous role.
InvalidArgument | 400 | Bad Request | Client | Invalid Argument
InvalidBucketName | 400 | Bad Request | Client | The specified bucket is not valid.
InvalidBucketState | 409 | Conflict | Client | The request is not valid with the current state of the bucket.
InvalidDigest | 400 | Bad Request | Client | The Content-MD5 you specified is not valid.
InvalidEncryptionAlgorithmError | 400 | Bad Request | Client | The encryption request you specified is not valid. The valid value is AES256.
InvalidLocationConstraint | 400 | Bad Request | Client | The specified location constraint is not valid. For more information about Regions, see How to Select a Region for Your Buckets.
InvalidObjectState | 403 | Forbidden | Client | The operation is not valid for the current state of the object.
InvalidPart | 400 | Bad Request | Client | One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.
InvalidPartOrder | 400 | Bad Request | Client | The list of parts was not in ascending order. Parts list must be specified in order by part number.
InvalidPayer | 403 | Forbidden | Client | All access to this object has been disabled. Please contact AWS Support for further assistance, see Contact Us.
InvalidPolicyDocument | 400 | Bad Request | Client | The content of the form does not meet the conditions specified in the policy document.
InvalidRange | 416 | Requested Range Not Satisfiable | Client | The requested range cannot be satisfied.
InvalidRequest | 400 | Bad Request | N/A | Please use AWS4-HMAC-SHA256.
InvalidRequest | 400 | Bad Request | Client | SOAP requests must be made over an HTTPS connection.
InvalidRequest | 400 | Bad Request | N/A | Amazon S3 Transfer Acceleration is not supported for buckets with non-DNS compliant names.
InvalidRequest | 400 | Bad Request | N/A | Amazon S3 Transfer Acceleration is not supported for buckets with periods (.) in their names.
InvalidRequest | 400 | Bad Request | N/A | Amazon S3 Transfer Accelerate endpoint only supports virtual style requests.
InvalidRequest | 400 | Bad Request | N/A | Amazon S3 Transfer Accelerate is not configured on this bucket.
InvalidRequest | 400 | Bad Request | N/A | Amazon S3 Transfer Accelerate is disabled on this bucket.
InvalidRequest | 400 | Bad Request | N/A | Amazon S3 Transfer Acceleration is not supported on this bucket. Contact AWS Support for more information.
InvalidRequest | 400 | Bad Request | N/A | Amazon S3 Transfer Acceleration cannot be enabled on this bucket. Contact AWS Support for more information.
InvalidSecurity | 403 | Forbidden | Client | The provided security credentials are not valid.
InvalidSOAPRequest | 400 | Bad Request | Client | The SOAP request body is invalid.
InvalidStorageClass | 400 | Bad Request | Client | The storage class you specified is not valid.
InvalidTargetBucketForLogging | 400 | Bad Request | Client | The target bucket for logging does not exist, is not owned by you, or does not have the appropriate grants for the log-delivery group.
InvalidToken | 400 | Bad Request | Client | The provided token is malformed or otherwise invalid.
InvalidURI | 400 | Bad Request | Client | Couldn't parse the specified URI.
KeyTooLongError | 400 | Bad Request | Client | Your key is too long.
MalformedACLError | 400 | Bad Request | Client | The XML you provided was not well-formed or did not validate against our published schema.
MalformedPOSTRequest | 400 | Bad Request | Client | The body of your POST request is not well-formed multipart/form-data.
MalformedXML | 400 | Bad Request | Client | The XML you provided was not well-formed or did not validate against our published schema.
MaxMessageLengthExceeded | 400 | Bad Request | Client | Your request was too big.
MaxPostPreDataLengthExceededError | 400 | Bad Request | Client | Your POST request fields preceding the upload file were too large.
MetadataTooLarge | 400 | Bad Request | Client | Your metadata headers exceed the maximum allowed metadata size.
MethodNotAllowed | 405 | Method Not Allowed | Client | The specified method is not allowed against this resource.
MissingAttachment | - | - | Client | A SOAP attachment was expected, but none were found.
MissingContentLength | 411 | Length Required | Client | You must provide the Content-Length HTTP header.
MissingRequestBodyError | 400 | Bad Request | Client | Request body is empty.
MissingSecurityElement | 400 | Bad Request | Client | The SOAP 1.1 request is missing a security element.
MissingSecurityHeader | 400 | Bad Request | Client | Your request is missing a required header.
NoLoggingStatusForKey | 400 | Bad Request | Client | There is no such thing as a logging status subresource for a key.
NoSuchBucket | 404 | Not Found | Client | The specified bucket does not exist.
NoSuchBucketPolicy | 404 | Not Found | Client | The specified bucket does not have a bucket policy.
NoSuchKey | 404 | Not Found | Client | The specified key does not exist.
NoSuchLifecycleConfiguration | 404 | Not Found | Client | The lifecycle configuration does not exist.
NoSuchUpload | 404 | Not Found | Client | The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed.
NoSuchVersion | 404 | Not Found | Client | The specified version does not exist.
NotImplemented | 501 | Not Implemented | Server | A header you provided implies functionality that is not implemented.
NotSignedUp | 403 | Forbidden | Client | Your account is not signed up for the Amazon S3 service. You must sign up before you can use Amazon S3. You can sign up at the following URL: https://aws.amazon.com/s3
OperationAborted | 409 | Conflict | Client | A conflicting conditional operation is currently in progress against this resource. Try again.
PermanentRedirect | 301 | Moved Permanently | Client | The bucket you are attempting to access must be addressed using the specified endpoint. Send all future requests to this endpoint.
PreconditionFailed | 412 | Precondition Failed | Client | At least one of the preconditions you specified did not hold.
Redirect | 307 | Moved Temporarily | Client | Temporary redirect.
RestoreAlreadyInProgress | 409 | Conflict | Client | Object restore is already in progress.
RequestIsNotMultiPartContent | 400 | Bad Request | Client | Bucket POST must be of the enclosure-type multipart/form-data.
RequestTimeout | 400 | Bad Request | Client | Your socket connection to the server was not read from or written to within the timeout period.
RequestTimeTooSkewed | 403 | Forbidden | Client | The difference between the request time and the server's time is too large.
RequestTorrentOfBucketError | 400 | Bad Request | Client | Requesting the torrent file of a bucket is not permitted.
ServerSideEncryptionConfigurationNotFoundError | 400 | Bad Request | Client | The server side encryption configuration was not found.
ServiceUnavailable | 503 | Service Unavailable | Server | Reduce your request rate.
SignatureDoesNotMatch | 403 | Forbidden | Client | The request signature we calculated does not match the signature you provided. Check your AWS secret access key and signing method. For more information, see REST Authentication and SOAP Authentication for details.
SlowDown | 503 | Slow Down | Server | Reduce your request rate.
TemporaryRedirect | 307 | Moved Temporarily | Client | You are being redirected to the bucket while DNS updates.
TokenRefreshRequired | 400 | Bad Request | Client | The provided token must be refreshed.
TooManyBuckets | 400 | Bad Request | Client | You have attempted to create more buckets than allowed.
UnexpectedContent | 400 | Bad Request | Client | This request does not support content.
UnresolvableGrantByEmailAddress | 400 | Bad Request | Client | The email address you provided does not match any account on record.
UserKeyMustBeSpecified | 400 | Bad Request | Client | The bucket POST must contain the specified field name. If it is specified, check the order of the fields.
"""
"""Code, status, reason phrase, prefix, message, as Amazon lists them; a dash where the list has nothing."""

LATER = """
301: PermanentRedirectControlError WebsiteRedirect
304: NotModified
400: AccessControlListNotSupported AnnotationLimitExceeded AnnotationNameTooLong AuthorizationQueryParametersError BadRequest BucketHasAccessPointsAttached ConnectionClosedByRequester DeviceNotActiveError EncryptionTypeMismatch EndpointNotFound IdempotencyParameterMismatch IllegalLocationConstraintException IncorrectEndpoint InvalidAccessPoint InvalidAccessPointAliasError InvalidAnnotationName InvalidBucketAclWithObjectOwnership InvalidBucketOwnerAWSAccountID InvalidHostHeader InvalidHttpMethod InvalidPrefix InvalidRedirectLocation InvalidRetentionPeriod InvalidSessionException InvalidSignature InvalidTag InvalidWriteOffset KMS.DisabledException KMS.InvalidKeyUsageException KMS.KMSInvalidStateException KMS.NotFoundException LimitExceeded MalformedDate MalformedPolicy MalformedPolicyDocument MissingFields NotDeviceOwnerError RequestHeaderSectionTooLarge ResponseInterrupted TagPolicyException TokenCodeInvalidError TooManyAccessPoints TooManyMultiRegionAccessPointregionsError TooManyMultiRegionAccessPoints TooManyParts TooManyTags UnsupportedArgument UnsupportedSignature XAmzContentSHA256Mismatch
403: AccessForbidden InvalidRegion MissingAuthenticationToken ObjectAlreadyInActiveTierError ObjectNotInActiveTierError PostPolicyInvalidKeyName QuotaExceeded UnauthorizedAccessError UnexpectedIPError
404: NoSuchAccessPoint NoSuchAnnotation NoSuchAsyncRequest NoSuchCORSConfiguration NoSuchEntity NoSuchMultiRegionAccessPoint NoSuchObjectLockConfiguration NoSuchResource NoSuchTagSet NoSuchWebsiteConfiguration NoTransformationDefined ObjectLockConfigurationNotFoundError OwnershipControlsNotFoundError ReplicationConfigurationNotFoundError
409: AccessPointAlreadyOwnedByYou ClientTokenConflict ConditionalRequestConflict ExistingObjectIsDirectory
415: UnsupportedMediaType
416: InvalidPartNumber
499: ClientDisconnected
503: GlacierExpeditedRetrievalNotAvailable
"""
"""Codes that came later, by status."""

DETAILS = """
NoSuchBucket: BucketName
BucketAlreadyExists: BucketName
BucketAlreadyOwnedByYou: BucketName
BucketNotEmpty: BucketName
NoSuchBucketPolicy: BucketName
NoSuchCORSConfiguration: BucketName
NoSuchLifecycleConfiguration: BucketName
NoSuchTagSet: BucketName
NoSuchWebsiteConfiguration: BucketName
OwnershipControlsNotFoundError: BucketName
ReplicationConfigurationNotFoundError: BucketName
ServerSideEncryptionConfigurationNotFoundError: BucketName
InvalidBucketName: BucketName
NoSuchKey: Key
NoSuchVersion: Key VersionId
NoSuchUpload: UploadId
InvalidPart: UploadId PartNumber ETag
InvalidPartNumber: ActualPartCount PartNumberRequested
InvalidArgument: ArgumentName ArgumentValue
InvalidRange: RangeRequested ActualObjectSize
InvalidDigest: Content-MD5
BadDigest: CalculatedDigest ExpectedDigest
XAmzContentSHA256Mismatch: ClientComputedContentSHA256 S3ComputedContentSHA256
EntityTooLarge: ProposedSize MaxSizeAllowed
EntityTooSmall: ProposedSize MinSizeAllowed
KeyTooLongError: Size MaxSizeAllowed
MetadataTooLarge: Size MaxSizeAllowed
RequestHeaderSectionTooLarge: MaxSizeAllowed
MaxMessageLengthExceeded: MaxMessageLengthBytes
InvalidAccessKeyId: AWSAccessKeyId
SignatureDoesNotMatch: AWSAccessKeyId StringToSign SignatureProvided StringToSignBytes CanonicalRequest CanonicalRequestBytes
AccessDenied: HeadersNotSigned
AccessForbidden: Method ResourceType
MethodNotAllowed: Method ResourceType
PreconditionFailed: Condition
NotImplemented: Header additionalMessage
RequestTimeTooSkewed: RequestTime ServerTime MaxAllowedSkewMilliseconds
InvalidLocationConstraint: LocationConstraint
InvalidTag: TagKey TagValue
InvalidObjectState: StorageClass AccessTier
InvalidStorageClass: StorageClass
PermanentRedirect: Endpoint Bucket
TemporaryRedirect: Endpoint Bucket
AuthorizationHeaderMalformed: Region
ExpiredToken: Token-0
InvalidToken: Token-0
"""
"""The fields beside code and message, by code."""


def lines(text):
    return text.strip().splitlines()


def expected_row(line):
    code, status, reason, prefix, message = line.split(" | ")
    return (code, None if status == "-" else int(status), "" if reason == "-" else reason, prefix, message)


LISTED = [expected_row(line) for line in lines(LIST)]
"""The rows."""

LATER_CODES = [(code, int(line[:3])) for line in lines(LATER) for code in line[5:].split()]
"""Code and status."""

CARRIED = [
    (code, tuple(names.split())) for code, _, names in (line.partition(": ") for line in lines(DETAILS))
]
"""Code and the names of its fields."""
