"""SOAP messages for the tests, and what becomes of them: a Call, or the code of a fault."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.messages import Body, Call, Problem
from gateway.service.documents import own_documents
from gateway.soap.data import Limits
from gateway.soap.envelope import SOAP
from gateway.soap.packaging import Package, build_package
from gateway.soap.serve import Soap
from gateway.soap.signature import sign
from gateway.wire.http1 import RequestHead
from gateway.wire.texts import build_moment
from tests.joined import head_of, our_contract

S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def soap(**settings) -> Soap:
    """The language with one user, at noon."""
    given = {
        "contract": our_contract(),
        "documents": own_documents(),
        "secret_of": {KEY: SECRET}.get,
        "now": lambda: NOW,
        "new_id": lambda: "0123456789abcdef",
    }
    sizes = {name: settings.pop(name) for name in Limits.__slots__ if name in settings}
    return Soap(**{**given, **settings, "limits": Limits(**sizes)})


def security(operation: str, *, key=KEY, secret=SECRET, now=NOW) -> str:
    """The three security elements of an operation."""
    timestamp = build_moment(now)
    signature = sign(operation, timestamp, secret)
    return f"<AWSAccessKeyId>{key}</AWSAccessKeyId><Timestamp>{timestamp}</Timestamp><Signature>{signature}</Signature>"


def asking(operation: str, fields: str = "", *, signed: str | None = None, attributes: str = "") -> str:
    """The element that asks: its fields, then its security elements."""
    trailer = security(operation) if signed is None else signed
    return f'<{operation} xmlns="{S3}"{attributes}>{fields}{trailer}</{operation}>'


def envelope(body: str, header: str | None = None, *, space: str = SOAP) -> bytes:
    """An envelope around the content of its Body."""
    head = "" if header is None else f"<e:Header>{header}</e:Header>"
    return (
        f'<e:Envelope xmlns:e="{space}" xmlns:i="{XSI}">{head}<e:Body>{body}</e:Body></e:Envelope>'.encode()
    )


def beside(form: str, envelope: bytes, data: bytes) -> tuple[str, bytes]:
    """A message in parts: its Content-Type and its bytes. Its attachment is `u.data`, in DIME `uuid:u.data`."""
    content_type, pieces = build_package(form, (envelope,), data, "application/octet-stream", "u")
    return content_type, b"".join(piece for piece in pieces if isinstance(piece, bytes))


def body_of(head: RequestHead, message: bytes, of: Soap) -> bytes | Package:
    """What `serve` takes: the message, or the package that it is, with what is attached as its source."""
    package = of.admit(head, secure=True).parts
    if package is None:
        return message
    data = b"".join(package.feed(message))
    package.finish()
    if package.part is not None:
        package.attach(Body(data, package.part.length))
    return package


def led(head: RequestHead, message: bytes, of: Soap, *, secure: bool = True) -> Call:
    """The Call of a request; a refusal is raised."""
    of.admit(head, secure=secure)
    conversation = of.serve(head, body_of(head, message, of), None, lambda *_: None)
    try:
        return next(conversation)
    finally:
        conversation.close()


def asked(message: bytes, *fields: str, of: Soap | None = None) -> Call:
    """The Call of a message that was POSTed over TLS; a refusal is raised."""
    return led(head_of(f"Content-Length: {len(message)}", *fields), message, of or soap())


def outcome(message: bytes, *fields: str, of: Soap | None = None) -> Call | str:
    """The Call of a message, or the code it is refused with."""
    try:
        return asked(message, *fields, of=of)
    except Problem as problem:
        return problem.code
