"""What makes a store say each error: one wrong request a code, the same for every store.

Not every store gives every code; `capture.py` keeps what came and tells what did not. A row is the
code that is wanted and the request that should earn it, sent after `prepare` has laid out its
buckets: each attempt has its own, for some of them are never the same again.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from botocore.exceptions import ClientError

from tests.stores.programs import BOB, connect
from tests.stores.raw import Signing, Wire

Attempt = Callable[[Wire], bytes]

FULL = "/@"  # a bucket with the object `present`
EMPTY = "/@-empty"
NOWHERE = "/@-nowhere"
OBJECT = f"{FULL}/present"
ABSENT = f"{FULL}/absent key"
XML = {"Content-Type": "application/xml"}
BOUNDARY = "----captured"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
CHUNKED = {"Transfer-Encoding": "chunked"}
LATE = dt.timedelta(hours=-1)
OTHER_MD5 = base64.b64encode(hashlib.md5(b"other bytes").digest()).decode()
UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
ETAG = re.compile(rb"(?im)^etag: (\S+)")


def prepare(wire: Wire) -> None:
    """Lay out the buckets and objects that the rows speak of."""
    client = connect(wire.store)
    for bucket in (wire.bucket, f"{wire.bucket}-empty"):
        client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=wire.bucket, Key="present", Body=b"ten bytes.")


def tidy(wire: Wire) -> None:
    """Take the buckets away, as far as the store still can: SeaweedFS has room for few of them."""
    client = connect(wire.store)
    for bucket in (wire.bucket, f"{wire.bucket}-empty", f"{wire.bucket}-nowhere"):
        with suppress(ClientError):
            for entry in client.list_objects(Bucket=bucket).get("Contents", ()):
                client.delete_object(Bucket=bucket, Key=entry["Key"])
            client.delete_bucket(Bucket=bucket)


def _body_with_md5(body: bytes) -> dict[str, str]:
    return {**XML, "Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}


def _write(target: str, query: str, body: bytes) -> Attempt:
    """PUT an XML document to a subresource."""
    return lambda wire: wire.send("PUT", target, query, _body_with_md5(body), body)


def _read(target: str, query: str = "", **headers: str) -> Attempt:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda wire: wire.send("GET", target, query, fields)


def _put(target: str = OBJECT, body: bytes = b"bytes", **headers: str) -> Attempt:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda wire: wire.send("PUT", target, "", fields, body)


def _signed(change: Callable[[Signing], Signing], target: str = OBJECT) -> Attempt:
    """GET with a signature that `change` spoils."""
    return lambda wire: wire.send("GET", target, signing=change(wire.signing))


def _post_form(fields: dict[str, str], files: int = 1) -> Attempt:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts += [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nbytes\r\n'
        for _ in range(files)
    ]
    body = ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()
    fields_of_http = {**FORM, "Content-Length": str(len(body))}
    return lambda wire: wire.exchange("POST", FULL, fields_of_http, body)


def _complete(parts: tuple[tuple[int, str], ...], sizes: tuple[int, ...]) -> Attempt:
    """Upload parts of these sizes, then complete with this list; "" stands for the part's true tag."""

    def attempt(wire: Wire) -> bytes:
        target = f"{FULL}/multipart"
        begun = UPLOAD_ID.search(wire.send("POST", target, "uploads="))
        assert begun is not None
        upload = begun[1].decode()
        tags = []
        for number, size in enumerate(sizes, 1):
            query = f"partNumber={number}&uploadId={upload}"
            tag = ETAG.search(wire.send("PUT", target, query, {}, bytes(size)))
            assert tag is not None
            tags.append(tag[1].decode())
        rows = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{tag or tags[number - 1]}</ETag></Part>"
            for number, tag in parts
        )
        body = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
        return wire.send("POST", target, f"uploadId={upload}", XML, body)

    return attempt


def _as_bob(method: str, target: str) -> Attempt:
    return lambda wire: wire.send(method, target, signing=Signing(BOB.access_key, BOB.secret_key))


def _archive(wire: Wire) -> str:
    wire.send("PUT", f"{FULL}/archived", "", {"x-amz-storage-class": "GLACIER"}, b"cold")
    return f"{FULL}/archived"


def _restore_twice(wire: Wire) -> bytes:
    body = b"<RestoreRequest><Days>1</Days></RestoreRequest>"
    archived = _archive(wire)
    wire.send("POST", archived, "restore", _body_with_md5(body), body)
    return wire.send("POST", archived, "restore", _body_with_md5(body), body)


LOGGING_NOWHERE = (
    b'<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled>'
    b"<TargetBucket>captured-nowhere</TargetBucket><TargetPrefix>log/</TargetPrefix>"
    b"</LoggingEnabled></BucketLoggingStatus>"
)
UNKNOWN_EMAIL = (
    b"<AccessControlPolicy><Owner><ID>alice-canonical-id</ID></Owner><AccessControlList><Grant>"
    b'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="AmazonCustomerByEmail">'
    b"<EmailAddress>nobody@example.com</EmailAddress></Grantee><Permission>READ</Permission></Grant>"
    b"</AccessControlList></AccessControlPolicy>"
)
BROKEN_ACL = b"<AccessControlPolicy><Owner>"
WRONG_ACL = (
    b"<AccessControlPolicy><Owner><ID>alice-canonical-id</ID></Owner><AccessControlList><Grant>"
    b"<Grantee><ID>x</ID></Grantee><Permission>EVERYTHING</Permission></Grant></AccessControlList>"
    b"</AccessControlPolicy>"
)
VERSIONING = b"<VersioningConfiguration><Status>Perhaps</Status></VersioningConfiguration>"
ELSEWHERE = (
    b"<CreateBucketConfiguration><LocationConstraint>nowhere-9</LocationConstraint>"
    b"</CreateBucketConfiguration>"
)
TOO_MANY_TAGS = (
    b"<Tagging><TagSet>"
    + b"".join(b"<Tag><Key>k%d</Key><Value>v</Value></Tag>" % number for number in range(60))
    + b"</TagSet></Tagging>"
)

ATTEMPTS: tuple[tuple[str, Attempt], ...] = (
    ("AccessDenied", lambda wire: wire.exchange("GET", OBJECT, {})),
    ("AccessDenied", _as_bob("GET", OBJECT)),
    ("AuthorizationHeaderMalformed", _signed(lambda right: replace(right, region="nowhere-9"))),
    ("AuthorizationHeaderMalformed", lambda wire: wire.exchange("GET", OBJECT, {"Authorization": "AWS4-HMAC-SHA256 x"})),
    ("AuthorizationQueryParametersError", lambda wire: wire.exchange("GET", f"{OBJECT}?X-Amz-Algorithm=AWS4-HMAC-SHA256", {})),
    ("BadDigest", _put(Content_MD5=OTHER_MD5)),
    ("BucketAlreadyExists", _as_bob("PUT", FULL)),
    ("BucketAlreadyExists", lambda wire: wire.send("PUT", FULL)),
    ("BucketAlreadyOwnedByYou", lambda wire: wire.send("PUT", FULL)),
    ("BucketAlreadyOwnedByYou", lambda wire: [wire.send("PUT", NOWHERE, "", XML, ELSEWHERE) for _ in range(2)][1]),
    ("BucketNotEmpty", lambda wire: wire.send("DELETE", FULL)),
    ("ClientDisconnected", lambda wire: wire.send("PUT", OBJECT, "", {}, b"a few bytes", length=1000)),
    ("EntityTooLarge", lambda wire: wire.send("PUT", OBJECT, "", {"Expect": "100-continue"}, length=6 * 1024**4)),
    ("EntityTooSmall", _complete(((1, ""), (2, "")), (10, 10))),
    ("ExpiredToken", _signed(lambda right: replace(right, token="expired"))),
    ("IllegalVersioningConfigurationException", _write(EMPTY, "versioning", VERSIONING)),
    ("IncompleteBody", lambda wire: wire.send("PUT", OBJECT, "", {}, b"a few bytes", length=1000)),
    ("IncorrectNumberOfFilesInPostRequest", _post_form({"key": "posted"}, files=2)),
    ("IncorrectNumberOfFilesInPostRequest", _post_form({"key": "posted"}, files=0)),
    ("InternalError", lambda wire: wire.send("PUT", FULL, "acl", XML, BROKEN_ACL)),
    ("InternalError", lambda wire: wire.send("POST", FULL, "delete", XML, b"<Delete>")),
    ("InvalidAccessKeyId", _signed(lambda right: replace(right, access_key="DEMOKEYNOBODY"))),
    ("InvalidArgument", _read(FULL, "max-keys=-1")),
    ("InvalidArgument", _read(FULL, "max-keys=many")),
    ("InvalidArgument", _read(FULL, "list-type=2&continuation-token=")),
    ("InvalidArgument", _read(OBJECT, "versionId=")),
    ("InvalidBucketName", lambda wire: wire.send("PUT", "/A..b")),
    ("InvalidBucketName", lambda wire: wire.send("PUT", "/x")),
    ("InvalidDigest", _put(Content_MD5="no digest")),
    ("InvalidEncryptionAlgorithmError", _put(x_amz_server_side_encryption="ROT13")),
    ("InvalidLocationConstraint", lambda wire: wire.send("PUT", NOWHERE, "", XML, ELSEWHERE)),
    ("IllegalLocationConstraintException", lambda wire: wire.send("PUT", NOWHERE, "", XML, ELSEWHERE)),
    ("InvalidObjectState", lambda wire: wire.send("GET", _archive(wire))),
    ("InvalidPart", _complete(((1, '"00000000000000000000000000000000"'),), (10,))),
    ("InvalidPartOrder", _complete(((2, ""), (1, "")), (5 << 20, 10))),
    ("InvalidPartNumber", _read(OBJECT, "partNumber=7")),
    ("InvalidPolicyDocument", _post_form({"key": "posted", "policy": "e30=", "x-amz-algorithm": "AWS4-HMAC-SHA256"})),
    ("InvalidRange", _read(OBJECT, Range="bytes=1000-2000")),
    ("InvalidRequest", lambda wire: wire.send("PUT", OBJECT, "", {"x-amz-copy-source": OBJECT})),
    ("InvalidRequest", _put(x_amz_checksum_crc32="no checksum")),
    ("InvalidRequest", _put(x_amz_server_side_encryption_customer_algorithm="AES256")),
    ("InvalidStorageClass", _put(x_amz_storage_class="ATTIC")),
    ("InvalidTag", _put(x_amz_tagging="k=v&k=w")),
    ("InvalidTag", _write(OBJECT, "tagging", TOO_MANY_TAGS)),
    ("InvalidTargetBucketForLogging", _write(FULL, "logging", LOGGING_NOWHERE)),
    ("InvalidToken", _signed(lambda right: replace(right, token="no token"))),
    ("InvalidTokenId", _signed(lambda right: replace(right, token="no token"))),
    ("InvalidURI", lambda wire: wire.send("GET", f"{FULL}/../../etc")),
    ("KeyTooLongError", _put(f"{FULL}/{'k' * 1025}")),
    ("KeyTooLongError", _put(f"{FULL}/{'k' * 1600}")),
    ("KeyTooLongError", _put(f"{FULL}/{'/'.join(['k' * 200] * 8)}")),
    ("MalformedACLError", _write(FULL, "acl", WRONG_ACL)),
    ("MalformedACLError", _write(FULL, "acl", BROKEN_ACL)),
    ("MalformedPOSTRequest", lambda wire: wire.exchange("POST", FULL, {**FORM, "Content-Length": "5"}, b"hello")),
    ("MalformedPolicy", _write(FULL, "policy", b"{no policy")),
    ("MalformedXML", lambda wire: wire.send("POST", FULL, "delete", _body_with_md5(b"<Delete>"), b"<Delete>")),
    ("MaxMessageLengthExceeded", lambda wire: wire.send("POST", FULL, "delete", XML, bytes(30 << 20))),
    ("MetadataTooLarge", _put(**{f"x_amz_meta_{n}": "m" * 1000 for n in range(5)})),
    ("MethodNotAllowed", lambda wire: wire.send("PUT", "/")),
    ("MethodNotAllowed", lambda wire: wire.send("POST", OBJECT)),
    ("MethodNotAllowed", lambda wire: wire.send("DELETE", "/")),
    ("MissingContentLength", lambda wire: wire.send("PUT", OBJECT, "", CHUNKED, length=None, instead=b"0\r\n\r\n")),
    ("MissingFields", lambda wire: wire.exchange("GET", OBJECT, {"Authorization": "AWS4-HMAC-SHA256 x"})),
    ("MissingRequestBodyError", lambda wire: wire.send("POST", FULL, "delete")),
    ("MissingRequestBodyError", _write(FULL, "cors", b"")),
    ("MissingSecurityHeader", lambda wire: wire.exchange("PUT", FULL, {"x-amz-acl": "public-read", "Content-Length": "0"})),
    ("NoLoggingStatusForKey", _read(OBJECT, "logging")),
    ("NoSuchBucket", _read(NOWHERE)),
    ("NoSuchBucketPolicy", _read(FULL, "policy")),
    ("NoSuchCORSConfiguration", _read(FULL, "cors")),
    ("NoSuchKey", _read(ABSENT)),
    ("NoSuchLifecycleConfiguration", _read(FULL, "lifecycle")),
    ("NoSuchTagSet", _read(FULL, "tagging")),
    ("NoSuchUpload", lambda wire: wire.send("DELETE", OBJECT, "uploadId=00000000-0000-0000-0000-000000000000")),
    ("NoSuchUpload", _read(OBJECT, "uploadId=nosuchupload")),
    ("NoSuchVersion", _read(OBJECT, "versionId=11111111-1111-1111-1111-111111111111")),
    ("NoSuchVersion", _read(OBJECT, "versionId=0123456789abcdef0123456789abcdef")),
    ("NoSuchWebsiteConfiguration", _read(FULL, "website")),
    ("NotImplemented", _write(FULL, "acl", UNKNOWN_EMAIL)),
    ("NotImplemented", _write(FULL, "accelerate", b"<AccelerateConfiguration/>")),
    ("NotImplemented", _read(FULL, "torrent")),
    ("ObjectLockConfigurationNotFoundError", _read(FULL, "object-lock")),
    ("OwnershipControlsNotFoundError", _read(FULL, "ownershipControls")),
    ("PreconditionFailed", _read(OBJECT, If_Match='"00000000000000000000000000000000"')),
    ("ReplicationConfigurationNotFoundError", _read(FULL, "replication")),
    ("RequestTimeTooSkewed", _signed(lambda right: replace(right, off_by=LATE))),
    ("RequestTorrentOfBucketError", _read(FULL, "torrent")),
    ("RequestIsNotMultiPartContent", lambda wire: wire.exchange("POST", FULL, {"Content-Type": "text/plain", "Content-Length": "5"}, b"hello")),
    ("RestoreAlreadyInProgress", _restore_twice),
    ("ServerSideEncryptionConfigurationNotFoundError", _read(EMPTY, "encryption")),
    ("SignatureDoesNotMatch", _signed(lambda right: replace(right, secret_key="wrong"))),
    ("UnexpectedContent", lambda wire: wire.send("GET", OBJECT, "", {}, b"content")),
    ("UnresolvableGrantByEmailAddress", _write(FULL, "acl", UNKNOWN_EMAIL)),
    ("UserKeyMustBeSpecified", _post_form({"acl": "private"})),
    ("XAmzContentSHA256Mismatch", lambda wire: wire.send("PUT", OBJECT, "", {}, b"signed bytes", instead=b"foreign byte")),
)  # fmt: skip


def attempts_for(code: str) -> Iterator[Attempt]:
    """Yield the requests that may earn `code`, in order."""
    return (attempt for wanted, attempt in ATTEMPTS if wanted == code)
