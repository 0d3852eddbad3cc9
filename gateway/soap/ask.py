"""SOAP towards a store: a Call becomes messages, their replies become an Answer.

Every operation is one message, but for GetObjectExtended: what REST must be told of a part of
an object, or of one that was not modified, takes a second one, about the object without its
data. What a store's contract lacks is asked by the operation that does the same, where
there is one (the column `instead`), and is NotImplemented else.

A message is signed anew, by the keys that the store knows. Data stand beside the envelope where
the contract has no place for them inside, and prove themselves before the last of them leaves.

Sources: SOAP 1.1, 6; the facts of S3's SOAP interface; wire rules 6, 7, 11, 24, 28 to 32.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from gateway.messages import (
    Answer,
    Body,
    Call,
    Headers,
    HttpRequest,
    Piece,
    Problem,
    RestReply,
)
from gateway.soap.answers import parse_answer
from gateway.soap.calls import build_call
from gateway.soap.data import take_proved
from gateway.soap.envelope import build_envelope
from gateway.soap.faults import judge_reply
from gateway.soap.gotten import (
    as_part,
    judge_status,
    length_of_data,
    of_length,
    part_told,
    settled,
    status_of,
    told_length,
)
from gateway.soap.packaging import (
    CONTENT_TYPE,
    FORMS,
    Package,
    build_package,
    form_of,
    parse_content_type,
)
from gateway.soap.ranges import is_ranged, part_asked, part_begun
from gateway.soap.signature import credentials_for
from gateway.tables.contract import Contract
from gateway.tables.errors import CLIENT, row_for
from gateway.tables.operations import OPERATIONS
from gateway.tables.store_errors import told
from gateway.wire.markup import local
from gateway.wire.proof import own_etag

Asking = Generator[HttpRequest, RestReply, Answer]

MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of the envelope in a package that a store answers with (InternalError)."""

MAX_INLINE: Final = 1024 * 1024
"""Bytes of an object that are sent inside an envelope, as S3 limits them (EntityTooLarge)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soap:
    """The language of a SOAP store.

    Attributes:
        contract: The store's.
        host: Its Host field.
        path: Where it takes messages.
        key_of: The key and secret that sign towards the store for a client's access key,
            None for an unknown one.
        now: The clock, aware.
        new_id: Makes letters and digits that nobody else has, for the names of parts.
        attachments: The form of a package with data, "dime" or "mime", and of the answers asked for.
        etag: What a Put answers when the store's ETag is no MD5: "md5" or "store".
        max_answer: Bytes of an envelope in a package.
        max_inline: Bytes of an object inside an envelope, for stores without attachments.

    """

    contract: Contract
    host: str
    path: str = "/soap"
    key_of: Callable[[str], tuple[str, str] | None]
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    attachments: str = "dime"
    etag: str = "md5"
    max_answer: int = MAX_ANSWER
    max_inline: int = MAX_INLINE

    def prepare(self, request: HttpRequest) -> HttpRequest:
        """Return a request as it is: it has its address and its signature."""
        return request

    def ask(self, call: Call) -> Asking:
        """Lead one call to its answer.

        Yields:
            Each message; the store's reply is sent in.

        Raises:
            Problem: The store's fault; NotImplemented for what its contract lacks; a value that
                SOAP cannot carry.

        """
        return PLANS.get(call.operation, _once)(self, call)

    def request(self, call: Call) -> HttpRequest:
        """Return the one message that asks what a call asks.

        Raises:
            Problem: NotImplemented, InvalidArgument, EntityTooLarge; BadDigest or InvalidDigest;
                InvalidAccessKeyId, when the key is gone since the client was checked.

        """
        operation = self._spoken(call.operation)
        kind = self.contract.operations[operation].request
        values, data, media_type = take_proved(call, md5=self.etag == "md5")
        if data is not None and kind.element("Data") is not None:
            self._judge_inline(call)
            values["Data"], data = data, None
        credentials = call.credentials
        if credentials is not None:
            credentials = credentials_for(operation, credentials.access_key, self.key_of, self.now())
        pieces = build_envelope(build_call(Call(operation, values, credentials), self.contract))
        content_type = CONTENT_TYPE
        if data is not None:
            content_type, pieces = build_package(self.attachments, pieces, data, media_type, self.new_id())
        headers = (
            ("host", self.host),
            ("content-type", content_type),
            ("soapaction", f'"{self.contract.operations[operation].action}"'),
            ("accept", f"text/xml, {FORMS[self.attachments]}"),
        )
        return HttpRequest("POST", self.path, headers, pieces, unpack=self._unpack, idempotent=True)

    def answer(self, call: Call, reply: RestReply) -> Answer:
        """Return what a reply answers to a call.

        Raises:
            Problem: The reply tells of an error, told as a client may know it (wire rule 6).

        """
        try:
            return self._read(call, reply)
        except Problem as problem:
            own = replace(
                problem,
                request_id=problem.request_id or reply.header("x-amz-request-id") or "",
                host_id=problem.host_id or reply.header("x-amz-id-2") or "",
            )
            mended = told(own, call)
            if mended == problem:
                raise
            raise mended from problem

    def _read(self, call: Call, reply: RestReply) -> Answer:
        """Return the answer in a reply, with its data, wherever they came."""
        package = reply.body if isinstance(reply.body, Package) else None
        envelope = reply.body if package is None else package.envelope
        content_type = (reply.header("content-type") or "") if package is None else package.content_type
        root = judge_reply(reply.status, envelope, parse_content_type(content_type)[1])
        body = next((child for child in root if local(child) == "Body"), None)
        if body is None or len(body) != 1:
            raise Problem("InternalError", "The store's envelope has no Body with one element in it.")
        operation = self._spoken(call.operation)
        attachment = None if package is None else package.attachment
        answer = parse_answer(body[0], operation, self.contract, attachment)
        answer = replace(answer, operation=call.operation)
        judge_status(answer)
        return settled(answer, call, attachment)

    def _spoken(self, operation: str) -> str:
        """Return the operation by which the store is asked.

        Raises:
            Problem: NotImplemented.

        """
        for name in (operation, OPERATIONS[operation].instead):
            if name in self.contract.operations:
                return name
        raise Problem("NotImplemented", f"The store has no {operation}.")

    def _judge_inline(self, call: Call) -> None:
        size = call.values["ContentLength"]
        if size > self.max_inline:
            details = (("ProposedSize", str(size)), ("MaxSizeAllowed", str(self.max_inline)))
            raise Problem("EntityTooLarge", details=details)

    def _unpack(self, _: int, headers: Headers) -> Package | None:
        """Read a reply in parts, when its head says that it is one."""
        content_type = next((value for name, value in headers if name == "content-type"), "")
        return Package(content_type, self.max_answer) if form_of(content_type) else None


def _once(soap: Soap, call: Call) -> Asking:
    """Ask with one message."""
    request = soap.request(call)
    answer = soap.answer(call, (yield request))
    answer = of_length(answer, told_length(answer.values))
    return answer if soap.etag == "store" else own_etag(answer, call, _sent(request, call))


def _sent(request: HttpRequest, call: Call) -> Piece:
    """Return the data of a call, or the Body that counted them on their way."""
    return next((piece for piece in request.pieces if isinstance(piece, Body)), call.values.get("Data", b""))


def _get_extended(soap: Soap, call: Call) -> Asking:
    """Ask GetObjectExtended, which may take a message about the object itself.

    A fault over nothing but If-None-Match and If-Modified-Since is an answer that nothing was
    modified, which needs ETag and LastModified (wire rule 30). A part needs the size of the
    whole (wire rule 31). That is asked first: data that wait for another answer would hold a
    connection, and there are stores that have only one. What the client did wrong the call itself
    tells better: behind a gateway the first question is a HEAD, of whose error only a status is left.
    """
    about = refusal = None
    if is_ranged(call.values) and call.values.get("GetMetadata"):
        try:
            about = yield from _once(soap, _about(call))
        except Problem as problem:
            if row_for(problem.code).prefix != CLIENT:
                raise
            refusal = problem
    try:
        answer = soap.answer(call, (yield soap.request(call)))
    except Problem as problem:
        if problem.code not in _UNMODIFIED or not _asks_whether_modified(call.values, problem.code):
            raise
        answer = settled(Answer(call.operation, {"Status": {"Code": 304}}), call, None)
    if refusal is not None:
        raise refusal
    values = answer.values
    if status_of(values) == 304:
        if values.get("ETag") and values.get("LastModified"):
            return answer
        about = about or (yield from _once(soap, _about(call)))
        return replace(answer, values={**values, **{name: about.values[name] for name in _OF_HEAD}})
    if about is None or not (status_of(values) == 206 or "Data" in values):
        return of_length(answer, told_length(values))
    return _part(answer, call, about)


def _part(answer: Answer, call: Call, about: Answer) -> Answer:
    """Return an answer that says which part of an object it is, or that it is the whole.

    A store may answer a part with status 200, and the whole where a part was asked for.

    Args:
        answer: To a call for a part.
        call: What was asked.
        about: What the store said of the object before.

    Raises:
        Problem: InternalError, when nothing tells which part it is.

    """
    told, status = part_told(answer), status_of(answer.values)
    if status == 206 and told is not None and told == part_asked(call.values, told.size or 0):
        complete = told_length(answer.values) == told.length
        return of_length(answer, told.length) if complete else as_part(answer, told)
    changed = about.values.get("ETag") != answer.values.get("ETag")
    size = None if changed else told_length(about.values)
    length = length_of_data(answer) if "Data" in answer.values else None
    if status == 200 and (size is None or length in {None, size}):
        return of_length(answer, size)
    part = part_begun(call.values, length or 0) if size is None else part_asked(call.values, size)
    if part is None:
        raise Problem("InternalError", "The store's answer is a part, and nothing tells which.")
    return as_part(answer, part)


def _about(call: Call) -> Call:
    """Return the call that asks of the same object everything but its data."""
    about = {"Bucket": call.values["Bucket"], "Key": call.values["Key"]}
    values = {**about, "GetMetadata": True, "GetData": False, "InlineData": False}
    return Call("GetObject", values, call.credentials)


_UNMODIFIED: Final = frozenset({"PreconditionFailed", "NotModified"})
_WHETHER_MODIFIED: Final = frozenset({"IfNoneMatch", "IfModifiedSince"})
_WHETHER_THE_SAME: Final = frozenset({"IfMatch", "IfUnmodifiedSince"})
_OF_HEAD: Final = ("ETag", "LastModified")


def _asks_whether_modified(values: Mapping[str, Any], code: str) -> bool:
    """Tell whether a failed condition can only mean that nothing was modified."""
    asked = {name for name in _WHETHER_MODIFIED | _WHETHER_THE_SAME if values.get(name)}
    return bool(asked & _WHETHER_MODIFIED) and (code == "NotModified" or asked <= _WHETHER_MODIFIED)


PLANS: Mapping[str, Callable[[Soap, Call], Asking]] = MappingProxyType({"GetObjectExtended": _get_extended})
"""Operations that may take more than one message: this one alone."""
