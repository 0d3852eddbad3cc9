"""SOAP towards a client: from the POST to the Call, from the Answer to the envelope.

`Soap` is the language as the shell sees it. `admit` judges the head alone, before a byte of
the body is read; `serve` is the conversation; `refuse` writes what came out of it as a
fault, in this one place. The checks stand in the order of wire rule 12.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.messages import Answer, Body, Call, HttpReply, Ids, Problem, SoapRequest
from gateway.soap.answers import build_answer
from gateway.soap.calls import judge_action, operation_of, parse_call, parse_credentials
from gateway.soap.description import publish
from gateway.soap.envelope import build_envelope, parse_envelope
from gateway.soap.faults import build_fault
from gateway.soap.packaging import CONTENT_TYPE, open_message
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
        max_soap_message: Bytes of a message (MaxMessageLengthExceeded).
        max_inline_data: Bytes of an object sent inline (InlineDataTooLarge).
        max_inline_answer: Bytes of an object answered inline, 0 for any (InlineDataTooLarge).
        max_object: Bytes of an object (EntityTooLarge).

    """

    contract: Contract
    documents: Mapping[str, bytes]
    secret_of: Callable[[str], str | None]
    now: Callable[[], datetime]
    soap_path: str = "/soap"
    domains: tuple[str, ...] = ("localhost",)
    public_url: str = ""
    anonymous: bool = False
    max_soap_message: int = 2 * 1024 * 1024
    max_inline_data: int = 1024 * 1024
    max_inline_answer: int = 0
    max_object: int = 5 * 1024**3

    @property
    def name(self) -> str:
        """The language's name, as logs and metrics have it."""
        return "soap"

    def claims(self, head: RequestHead) -> bool:
        """Tell whether a request is SOAP's: a POST to its path, or a GET of the contract there."""
        if head.path.removesuffix("/") != self.soap_path.removesuffix("/"):
            return False
        return head.method == "POST" or _asks_description(head)

    def admit(self, head: RequestHead, *, secure: bool) -> int:
        """Judge a request by its head, before its body is read.

        Args:
            head: Of a request that `claims` took.
            secure: It came over TLS, or a trusted proxy says that it did.

        Returns:
            How many bytes of body may be read.

        Raises:
            Problem: InvalidRequest without TLS, MissingContentLength,
                MaxMessageLengthExceeded, InvalidRequest for a compressed body.

        """
        if head.method != "POST":
            return 0
        if not secure:
            raise Problem("InvalidRequest", NOT_HTTPS)
        if head.length is None and not head.chunked:
            raise Problem("MissingContentLength")
        if head.length is not None and head.length > self.max_soap_message:
            raise self.too_long()
        if head.header("content-encoding") not in {None, "identity"}:
            raise Problem("InvalidRequest", "A SOAP message may not have a Content-Encoding.")
        return self.max_soap_message

    def too_long(self) -> Problem:
        """Return the problem of a message longer than may be read."""
        return Problem(
            "MaxMessageLengthExceeded", details=(("MaxMessageLengthBytes", str(self.max_soap_message)),)
        )

    def serve(
        self, head: RequestHead, body: bytes, note: Callable[[str, str], None]
    ) -> Generator[Call, Answer, HttpReply]:
        """Lead one request from its body to its reply.

        Args:
            head: Of a request that was admitted.
            body: All of it.
            note: Told operation and access key as soon as they are read.

        Yields:
            The Call, once; its Answer is sent in, or a Problem thrown.

        Raises:
            Problem: For `refuse` to write.

        """
        if head.method != "POST":
            return self._describe(head)
        request = SoapRequest(head.header("content-type") or "", head.header("soapaction"), body)
        call = self._read(request, note)
        answer = yield call
        self._judge_answer(answer)
        pieces = build_envelope(build_answer(answer, self.contract))
        return HttpReply(200, "OK", (("content-type", CONTENT_TYPE),), pieces)

    def _read(self, request: SoapRequest, note: Callable[[str, str], None]) -> Call:
        """Return the Call of a message that passed every check, in the order of wire rule 12."""
        node = parse_envelope(*open_message(request))
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
        call = parse_call(node, self.contract, credentials)
        self._judge_data(call)
        return call

    def _judge_data(self, call: Call) -> None:
        """Judge the object bytes that come with a call, or are asked for by it."""
        values = call.values
        size = values.get("ContentLength")
        if size is not None and size > self.max_object:
            raise Problem("EntityTooLarge", details=_sizes("ProposedSize", size, self.max_object))
        takes_data = any("Data" in field.names for field in OPERATIONS[call.operation].fields)
        if takes_data and "Data" not in values:
            raise Problem("MissingAttachment")
        if takes_data and len(values["Data"]) > self.max_inline_data:
            raise Problem("InlineDataTooLarge")
        if takes_data and len(values["Data"]) != size:
            raise Problem("IncompleteBody", "ContentLength is not the number of bytes in Data.")
        if values.get("GetData") and not values.get("InlineData"):
            raise Problem(
                "NotImplemented", "Answers as an attachment are not implemented yet: ask with InlineData."
            )

    def _judge_answer(self, answer: Answer) -> None:
        data: Any = answer.values.get("Data")
        if data is None or not self.max_inline_answer:
            return
        size = data.length if isinstance(data, Body) else len(data)
        if size is None or size > self.max_inline_answer:
            raise Problem("InlineDataTooLarge")

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

    def _describe(self, head: RequestHead) -> HttpReply:
        """Return the contract: the WSDL with its schema inlined, or the schema alone."""
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


def _sizes(name: str, size: int, limit: int) -> tuple[tuple[str, str], ...]:
    return ((name, str(size)), ("MaxSizeAllowed", str(limit)))
