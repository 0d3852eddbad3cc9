"""The vocabulary every floor of the house shares: what is said, never how.

A client's request becomes a `Call`; what came of it is an `Answer` or a `Problem`.
Between them and the wire stand requests and replies: `RestRequest` and `RestReply`
know buckets and keys, `SoapRequest` and `SoapReply` know messages, `HttpRequest` and
`HttpReply` know only HTTP and are all that the shell writes and reads.

Values are frozen. Object bytes are never in here: a `Body` stands for them, opaque to
the core, with the codings that its bytes pass through on their way out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Headers = tuple[tuple[str, str], ...]
"""Header fields in order, names in lower case; a name may stand more than once.

Values are what HTTP carries: each character is one byte (ISO-8859-1).
"""


class Coding(Protocol):
    """An incremental coding of bytes on their way out: base64, DIME records, aws-chunked."""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes, return what can be written of them now."""

    def close(self) -> bytes:
        """Return what is left to write after the last byte."""

    def length(self, size: int) -> int:
        """Return how many bytes come out when `size` bytes go in."""


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes that are not here yet. Written at most once; the shell closes it if nobody did.

    Attributes:
        source: The shell's own; the core only passes it on.
        length: How many bytes the source gives; None when that is not known.
        through: Makers of the codings the bytes pass through, first to last.

    """

    source: Any
    length: int | None = None
    through: tuple[Callable[[], Coding], ...] = ()

    def coded(self, coding: Callable[[], Coding]) -> Body:
        """Return the same bytes, passing through one more coding."""
        return Body(self.source, self.length, (*self.through, coding))

    @property
    def written(self) -> int | None:
        """How many bytes come out behind all codings; None when that is not known."""
        size = self.length
        if size is None:
            return None
        for coding in self.through:
            size = coding().length(size)
        return size


Piece = bytes | Body
"""A written message is a tuple of these."""


def length_of(pieces: tuple[Piece, ...]) -> int | None:
    """Return the number of bytes that `pieces` write, None when a Body's is not known."""
    total = 0
    for piece in pieces:
        size = len(piece) if isinstance(piece, bytes) else piece.written
        if size is None:
            return None
        total += size
    return total


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a message says it is from. All four are its own text, trimmed, unchecked.

    The secret is never in here. `repr` tells the access key and nothing else.
    """

    access_key: str
    timestamp: str = field(default="", repr=False)
    signature: str = field(default="", repr=False)
    credential: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """What a client wants: one of the operations and its fields.

    Attributes:
        operation: A name of `tables.operations.OPERATIONS`.
        values: Field name to value: str, int, bool, datetime, list, dict, bytes or Body,
            as the contract types the field. Absent fields are absent here. The four
            security elements are not among them.
        credentials: Who asks, already checked; None for an anonymous request.

    """

    operation: str
    values: Mapping[str, Any]
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a Call: the fields inside the response element (none for Set*)."""

    operation: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A request to a REST store, before it has an address and a signature.

    Attributes:
        method: GET, HEAD, PUT, DELETE or POST.
        bucket: Its name, "" for the service.
        key: The key as its characters, "" for the bucket; neither is escaped.
        query: Names and values, unescaped; a subresource has the value "".
        headers: Further fields, without Host, Content-Length and all that signing adds.
        body: All of it, or a Body.
        stream: Give a 2xx reply's body as a Body. Every other body comes as bytes.
        access_key: Whose key signs it; None to send it unsigned.

    """

    method: str
    bucket: str = ""
    key: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = ()
    body: Piece = b""
    stream: bool = False
    access_key: str | None = None


@dataclass(frozen=True, slots=True)
class RestReply:
    """A store's reply.

    Attributes:
        status: The reply's.
        reason: Its phrase.
        headers: Its fields. There always is a `date`: upstream adds one (RFC 9110 6.6.1).
        body: All of it, or a Body; what the request's `unpack` gave, where that gave something.

    """

    status: int
    reason: str
    headers: Headers
    body: Any = b""

    def header(self, name: str) -> str | None:
        """Return the field's value, joined by a comma when it stands more than once."""
        values = [value for field_name, value in self.headers if field_name == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Attachment:
    """What came beside an envelope: one part of the same message.

    Attributes:
        id: What the envelope may call it by; "" when it has no name.
        body: Its bytes; the length is what the part announced, None when it announced none.

    """

    id: str
    body: Body


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """A SOAP message as it came.

    Attributes:
        content_type: Of the envelope; "" when none was told.
        action: The SOAPAction field as sent, quotes included; None when there is none.
        envelope: Its bytes, bounded by `max_soap_message`.
        attachment: What came beside it, None for nothing.
        form: The form of the package both came in, "dime" or "mime"; "" for a bare envelope.

    """

    content_type: str
    action: str | None
    envelope: bytes
    attachment: Attachment | None = None
    form: str = ""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What the shell sends to a store, complete but for Content-Length and Connection.

    Attributes:
        method: The request's.
        target: The request-target as bytes of the wire.
        headers: With Host and the signature.
        pieces: Its body.
        stream: Give a 2xx reply's body as a Body. Every other body comes as bytes.
        unpack: Asked with status and fields of the reply; what it gives reads the reply part by
            part and becomes the reply's body, once it is ready. None: nothing does.
        idempotent: It does no more when it arrives twice, although it is a POST, as every message
            of SOAP is: each of S3's operations is a GET, a PUT or a DELETE (RFC 9110, 9.2.2).

    """

    method: str
    target: str
    headers: Headers
    pieces: tuple[Piece, ...] = ()
    stream: bool = False
    unpack: Callable[[int, Headers], Any] | None = None
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What the shell sends to a client, complete but for Content-Length, Date and Connection.

    Attributes:
        status: The reply's.
        reason: Its phrase.
        headers: Its fields.
        pieces: Its body.
        length: What the answer to a HEAD tells of the body that it does not have; None: what
            its pieces say.
        problem: What an error tells that is a store's own and passes as it came, for the log.

    """

    status: int
    reason: str
    headers: Headers
    pieces: tuple[Piece, ...] = ()
    length: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """What a language says to a request, judged on its head alone: it may be read.

    Attributes:
        most: Bytes of body that may be read.
        parts: Reads the body part by part while it comes; None: it is read whole.
        proof: What the language knows of the request already; its own.
        unasked: Nobody has checked anything yet: `100 Continue` is told when somebody wants
            the body, and not before (wire rule 22).

    """

    most: int
    parts: Any = None
    proof: Any = None
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Ids:
    """The two names of one request: x-amz-request-id and x-amz-id-2, RequestId and HostId."""

    request_id: str
    host_id: str


@dataclass(eq=True, unsafe_hash=True)
class Problem(Exception):  # noqa: N818 - S3's documents speak of errors, SOAP's of faults: this is both
    """An error of S3, in neither language: the one exception of the core.

    Not frozen, because Python itself writes to an exception that travels; nothing else may.

    Attributes:
        code: The S3 code, as `NoSuchKey`; dots are part of it (`KMS.NotFoundException`).
        message: What it says to people; "" lets the table speak.
        details: Names and texts beside it, in order, as `("Key", "a/b")`.
        request_id: Of the party that raised it; "" when it gave none.
        host_id: The same.
        resource: The path it is about; "" when unknown. SOAP does not carry it.
        status: HTTP's status where it came by REST; None lets the table speak.
        headers: HTTP's own fields that belong to the error in REST (wire rule 8), as Allow.

    """

    code: str
    message: str = ""
    details: tuple[tuple[str, str], ...] = ()
    request_id: str = ""
    host_id: str = ""
    resource: str = ""
    status: int | None = None
    headers: Headers = ()

    def __str__(self) -> str:
        """Tell code and message, as a log line wants them."""
        return f"{self.code}: {self.message}" if self.message else self.code
