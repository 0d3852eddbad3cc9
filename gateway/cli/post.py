"""One SOAP message over HTTP, and its answer: bare, or with bytes beside it that are written as they come.

HTTP is the standard library's: no proxy, no certificate and no password out of the environment may come
between the operator and the gateway that is being looked at. What is attached is DIME's, which every S3
service read; what comes beside an answer is read in either form.

Sources: SOAP 1.1, 6 (the HTTP binding); wire rule 33.
"""

from __future__ import annotations

import http.client
import ssl
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.cli.files import BLOCK, Attached, Transfer, sent
from gateway.messages import Body, Piece, Problem, length_of
from gateway.soap.data import OCTETS
from gateway.soap.packaging import CONTENT_TYPE, Package, build_package, form_of

TIMEOUT: Final = 120.0
"""Seconds without a byte before the call is given up."""

MAX_ENVELOPE: Final = 16 * 1024 * 1024
"""Bytes of an envelope that comes with an attachment; the gateway's own are a few thousand."""


class NoAnswerError(Exception):
    """No SOAP answer came; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, by the names that zeep looks for.

    Attributes:
        status_code: Of HTTP.
        headers: Of the answer, or of the envelope's part.
        content: The envelope.
        beside: Bytes that came beside it, None when nothing did.

    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    beside: int | None = None


def post(address: str, message: bytes, trust: ssl.SSLContext, transfer: Transfer) -> Reply:
    """Send a SOAP message, return the XML that comes back.

    Args:
        address: An http or https URL.
        message: The envelope, UTF-8.
        trust: Whose certificates are believed.
        transfer: What goes and comes beside it.

    Raises:
        NoAnswerError: Nothing came back, or no XML.
        FileProblemError: A file cannot be read or written.

    """
    parts = urlsplit(address)
    if parts.scheme == "https":
        secure = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT, context=trust, blocksize=BLOCK)
        connection: http.client.HTTPConnection = secure
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT, blocksize=BLOCK)
    attached, progress = transfer.attached, transfer.progress
    content_type, pieces = _written(message, attached)
    headers = {"Content-Type": content_type, "SOAPAction": '""', "Content-Length": str(length_of(pieces))}
    try:
        connection.connect()
        progress.begin(attached.size if attached else None)
        # Whoever refuses what comes may close before it has read all; its answer is there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", parts.path or "/", sent(pieces, progress), headers)
        answer = connection.getresponse()
        return _read(address, answer, transfer)
    except ssl.SSLCertVerificationError as error:
        raise NoAnswerError(f"{address}: certificate not trusted: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise NoAnswerError(f"{address}: TLS failed: {error.reason or error}") from error
    except OSError as error:
        raise NoAnswerError(f"{address}: {error.strerror or error}") from error
    except http.client.HTTPException as error:
        raise NoAnswerError(f"{address}: no HTTP answer: {error!r}") from error
    finally:
        progress.end()
        connection.close()


def _written(message: bytes, attached: Attached | None) -> tuple[str, tuple[Piece, ...]]:
    """Return Content-Type and pieces of what is sent."""
    if attached is None:
        return CONTENT_TYPE, (message,)
    return build_package("dime", (message,), Body(attached, attached.size), OCTETS, str(uuid.uuid4()))


def _read(address: str, answer: http.client.HTTPResponse, transfer: Transfer) -> Reply:
    """Return the envelope of an answer; what is beside it is written as it comes."""
    content_type = answer.getheader("Content-Type") or ""
    if form_of(content_type):
        return _read_package(address, answer, content_type, transfer)
    media_type = content_type.partition(";")[0].strip().lower()
    content = answer.read()
    if not media_type.endswith("xml"):
        what = f"HTTP {answer.status} with {media_type or 'no content type'}"
        raise NoAnswerError(f"{address}: {what} is no answer that this client reads")
    return Reply(answer.status, dict(answer.headers.items()), content)


def _read_package(
    address: str, answer: http.client.HTTPResponse, content_type: str, transfer: Transfer
) -> Reply:
    out, progress = transfer.out, transfer.progress
    progress.begin(answer.length)
    try:
        package = Package(content_type, MAX_ENVELOPE)
        while data := answer.read1(BLOCK):
            for payload in package.feed(data):
                out.write(payload)
            progress.passed(len(data))
        package.finish()
    except Problem as problem:
        incomplete = f"; what was written of the object is {out.size} bytes" if out.size else ""
        raise NoAnswerError(f"{address}: {problem.message or problem.code}{incomplete}") from problem
    beside = None if package.part is None else out.size
    if beside == 0:
        out.write(b"")  # an empty object is an empty file
    return Reply(answer.status, {"Content-Type": CONTENT_TYPE}, package.envelope, beside)
