"""SOAP towards a client: from the POST to the Call, from the Answer to the envelope.

`Soap` is the language as the shell sees it. `admit` judges the head alone, before a byte of
the body is read; `serve` is the conversation; `refuse` writes what came out of it as a
fault, in this one place. The checks stand in the order of wire rule 12.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.messages import Admission, Answer, Call, HttpReply, Ids, Piece, Problem, SoapRequest
from gateway.soap.answers import build_answer
from gateway.soap.calls import judge_action, operation_of, parse_call, parse_credentials
from gateway.soap.data import Limits, attach, judge_answer, take_data, wants_beside
from gateway.soap.description import publish
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.soap.faults import build_fault
from gateway.soap.packaging import (
    CONTENT_TYPE,
    OVERHEAD,
    Package,
    build_package,
    form_accepted,
    form_of,
    parse_content_type,
)
from gateway.soap.signature import check
from gateway.tables.contract import Contract
from gateway.tables.operations import OPERATIONS
from gateway.wire.http1 import RequestHead

NOT_HTTPS: Final = "SOAP requests must be made over an HTTPS connection."
"""The message of the row of InvalidRequest that is SOAP's (wire rule 13)."""

DESCRIPTIONS: Final = {"wsdl": "AmazonS3.wsdl", "xsd": "AmazonS3.xsd"}
"""What a GET of the SOAP path asks for by its query (wire rule 37)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soap:
    """The language of SOAP clients.

    Attributes:
        contract: Of our own WSDL.
        documents: The WSDL and the schema themselves, by file name.
        secret_of: The secret of an access key, None for an unknown one.
        now: The clock, aware.
        soap_path: Where messages are POSTed.
        domains: Our host names, in lower case.
        public_url: The address in the served WSDL; "" makes it of the Host that was asked.
        anonymous: Let messages without security elements go to the store, unsigned.
        attachments: The form of an answer's package, "dime" or "mime", where the request leaves it open.
        new_id: Makes letters and digits that nobody else has, for the names of parts.
        max_soap_message: Bytes of an envelope (MaxMessageLengthExceeded).
        limits: Of objects.

    """

    contract: Contract
    documents: Mapping[str, bytes]
    secret_of: Callable[[str], str | None]
    now: Callable[[], datetime]
    soap_path: str = "/soap"
    domains: tuple[str, ...] = ("localhost",)
    public_url: str = ""
    anonymous: bool = False
    attachments: str = "dime"
    new_id: Callable[[], str]
    max_soap_message: int = 2 * 1024 * 1024
    limits: Limits = field(default_factory=Limits)

    @property
    def name(self) -> str:
        """The language's name, as logs and metrics have it."""
        return "soap"

    def claims(self, head: RequestHead) -> bool:
        """Tell whether a request is SOAP's: a POST to its path, or a GET of the contract there."""
        if head.path.removesuffix("/") != self.soap_path.removesuffix("/"):
            return False
        return head.method == "POST" or _asks_description(head)

    def admit(self, head: RequestHead, *, secure: bool) -> Admission:
        """Judge a request by its head, before its body is read.

        Args:
            head: Of a request that `claims` took.
            secure: It came over TLS, or a trusted proxy says that it did.

        Returns:
            How many bytes of body may be read; what reads them part by part, but for a bare
            envelope, which is read whole.

        Raises:
            Problem: InvalidRequest without TLS, MissingContentLength,
                MaxMessageLengthExceeded, InvalidRequest for a compressed body,
                InvalidSOAPRequest for a Content-Type that names no parts.

        """
        if head.method != "POST":
            return Admission(0)
        if not secure:
            raise Problem("InvalidRequest", NOT_HTTPS)
        if head.length is None and not head.chunked:
            raise Problem("MissingContentLength")
        most = self._most(head)
        if head.length is not None and head.length > most:
            raise self.too_long(head)
        if head.header("content-encoding") not in {None, "identity"}:
            raise Problem("InvalidRequest", "A SOAP message may not have a Content-Encoding.")
        content_type = head.header("content-type") or ""
        packed = form_of(content_type)
        return Admission(most, Package(content_type, self.max_soap_message) if packed else None)

    def too_long(self, head: RequestHead) -> Problem:
        """Return the problem of a message longer than may be read."""
        if form_of(head.header("content-type") or ""):
            return Problem("EntityTooLarge", details=(("MaxSizeAllowed", str(self.limits.max_object)),))
        return Problem(
            "MaxMessageLengthExceeded", details=(("MaxMessageLengthBytes", str(self.max_soap_message)),)
        )

    def called(self, head: RequestHead) -> str:  # noqa: ARG002
        """Return "": the operation stands in the body, and a SOAPAction may say anything."""
        return ""

    def _most(self, head: RequestHead) -> int:
        """Return the bytes a message may have; a package's may be encoded, which takes a third more."""
        if not form_of(head.header("content-type") or ""):
            return self.max_soap_message
        return self.max_soap_message + self.limits.max_object * 3 // 2 + OVERHEAD

    def serve(
        self,
        head: RequestHead,
        body: bytes | Package,
        proof: None,  # noqa: ARG002 - the proof of a SOAP message stands in its body
        note: Callable[[str, str], None],
    ) -> Generator[Call, Answer, HttpReply]:
        """Lead one request from its body to its reply.

        Args:
            head: Of a request that was admitted.
            body: All of it, or the package that is ready.
            proof: Nothing: it stands in the body.
            note: Told operation and access key as soon as they are read.

        Yields:
            The Call, once; its Answer is sent in, or a Problem thrown.

        Raises:
            Problem: For `refuse` to write.

        """
        if head.method != "POST":
            return self.describe(head)
        request = request_of(head, body)
        call = self.read(request, note)
        answer = yield call
        if wants_beside(call):
            return self._answer_beside(answer, request.form or form_accepted(head.header("accept") or ""))
        judge_answer(answer, self.limits)
        return HttpReply(200, "OK", (("content-type", CONTENT_TYPE),), self._envelope_of(answer))

    def _answer_beside(self, answer: Answer, form: str) -> HttpReply:
        """Return an answer with its data, if there is any, beside the envelope (wire rule 33)."""
        answer, data, media_type = take_data(answer)
        content_type, pieces = CONTENT_TYPE, self._envelope_of(answer)
        if data is not None:
            form = form or self.attachments
            content_type, pieces = build_package(form, pieces, data, media_type, self.new_id())
        return HttpReply(200, "OK", (("content-type", content_type),), pieces)

    def _envelope_of(self, answer: Answer) -> tuple[Piece, ...]:
        return build_envelope(build_answer(answer, self.contract))

    def read(self, request: SoapRequest, note: Callable[[str, str], None]) -> Call:
        """Return the Call of a message that passed every check, in the order of wire rule 12.

        Args:
            request: The message.
            note: Told operation and access key as soon as they are read.

        Raises:
            Problem: For the first check that the message did not pass.

        """
        _, charset = parse_content_type(request.content_type)
        node = parse_envelope(request.envelope, charset)
        operation = operation_of(node, self.contract)
        note(operation, "")
        judge_action(request.action, operation)
        credentials = parse_credentials(node)
        if credentials is not None:
            note(operation, credentials.access_key)
            check(operation, credentials, self.secret_of, self.now())
        elif not self.anonymous:
            raise Problem("MissingSecurityElement")
        elif OPERATIONS[operation].signed:
            raise Problem("AccessDenied")
        call = parse_call(node, self.contract, credentials, request.attachment)
        return attach(call, request.attachment, self.limits)

    def refuse(self, problem: Problem, head: RequestHead | None, ids: Ids) -> HttpReply:  # noqa: ARG002
        """Write a problem as a fault: HTTP 500, whatever it is (wire rule 9).

        Args:
            problem: What came out of `admit` or `serve`.
            head: Of the request; a fault is the same for every one.
            ids: Of the request.

        """
        headers = (
            ("content-type", CONTENT_TYPE),
            ("x-amz-request-id", problem.request_id or ids.request_id),
            ("x-amz-id-2", problem.host_id or ids.host_id),
        )
        return HttpReply(500, "Internal Server Error", headers, (build_fault(problem, ids),))

    def describe(self, head: RequestHead) -> HttpReply:
        """Return the contract: the WSDL with its schema inlined, or the schema alone.

        Args:
            head: Of a request that `claims` took and that is no POST.

        """
        name = DESCRIPTIONS[_asked(head)]
        document = self.documents[name]
        if name == DESCRIPTIONS["wsdl"]:
            document = publish(document, self.documents[DESCRIPTIONS["xsd"]], self._address(head))
        return HttpReply(200, "OK", (("content-type", CONTENT_TYPE),), (document,))

    def _address(self, head: RequestHead) -> str:
        """Return where the service is: as configured, else by the Host asked when it is one of ours."""
        if self.public_url:
            return self.public_url
        host = head.host.rpartition(":")[0] if head.host.rpartition(":")[2].isdigit() else head.host
        ours = any(host == domain or host.endswith(f".{domain}") for domain in self.domains)
        return f"https://{head.host if ours else self.domains[0]}{self.soap_path}"


def _asked(head: RequestHead) -> str:
    return head.query.partition("=")[0].lower()


def _asks_description(head: RequestHead) -> bool:
    return head.method in {"GET", "HEAD"} and _asked(head) in DESCRIPTIONS


def request_of(head: RequestHead, body: bytes | Package) -> SoapRequest:
    """Return the message that a request brings."""
    action = head.header("soapaction")
    if isinstance(body, bytes):
        return SoapRequest(head.header("content-type") or "", action, body)
    return SoapRequest(body.content_type, action, body.envelope, body.attachment, body.form)
