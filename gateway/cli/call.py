"""A SOAP client for operators, built on zeep: what `s3gateway call` sends and what it reads.

It is a client like any other: it knows the gateway by its address and the contract, signs as the
documentation says and reads what comes back with zeep alone.

zeep builds the envelope and reads it; what goes or comes beside it, `cli.post` streams.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import zeep
from lxml import etree
from zeep.helpers import serialize_object

from gateway.cli.arguments import FieldError
from gateway.cli.files import Transfer
from gateway.cli.post import NoAnswerError, Reply, post
from gateway.soap.signature import sign
from gateway.tables.contract import Contract
from gateway.tables.wsdl import DOCUMENTS, compile_contract
from gateway.wire.markup import MarkupError, local, parse
from gateway.wire.texts import build_moment
from gateway.wire.values import KIND


class FaultError(Exception):
    """The answer is a fault.

    Attributes:
        lines: Code and message, then a line for each detail.

    """

    def __init__(self, lines: tuple[str, ...]) -> None:
        """Take the lines."""
        super().__init__("\n".join(lines))
        self.lines = lines


def load_contract(documents: Mapping[str, bytes]) -> Contract:
    """Compile the contract that the gateway itself serves."""
    return compile_contract(documents, {name: parse(data) for name, data in documents.items()})


@dataclass(frozen=True, slots=True)
class Given:
    """A transport for zeep that has the documents handed in and can fetch nothing."""

    documents: Mapping[str, bytes]

    def load(self, url: str) -> bytes:
        """Return the document of that name; zeep made an address of it."""
        return self.documents[url.rpartition("/")[2]]


class SoapClient:
    """Calls operations at one address.

    Attributes:
        contract: What can be called.
        xml: The last answer as it came; empty when none did.

    """

    def __init__(self, documents: Mapping[str, bytes], endpoint: str, trust: ssl.SSLContext) -> None:
        """Take the contract's documents, the address and whom to trust there."""
        self.contract = load_contract(documents)
        self.xml = b""
        self._endpoint = endpoint
        self._trust = trust
        transport: Any = Given(documents)
        settings = zeep.Settings(forbid_dtd=True, xml_huge_tree=True)
        self._zeep = zeep.Client(f"{DOCUMENTS}AmazonS3.wsdl", transport=transport, settings=settings)
        self._binding: Any = next(iter(self._zeep.wsdl.bindings.values()))
        self._service = self._zeep.create_service(self._binding.name.text, endpoint)

    def call(self, operation: str, values: Mapping[str, Any], transfer: Transfer) -> Any:
        """Call an operation, return its answer as dicts, lists and simple values; None for an empty one.

        Args:
            operation: Its name.
            values: Its fields, as `read_fields` gives them, and `security_elements` for a signed call.
            transfer: What goes and comes beside the envelopes.

        Raises:
            FieldError: A field within a field is missing.
            NoAnswerError: No answer came, or none that the contract knows.
            FaultError: The answer is a fault.
            FileProblemError: A file cannot be read or written.

        """
        try:
            envelope = self._zeep.create_message(self._service, operation, **self._typed(values))
        except zeep.exceptions.ValidationError as error:
            raise FieldError(str(error)) from error
        message = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        reply = post(self._endpoint, message, self._trust, transfer)
        self.xml = reply.content
        _judge(operation, reply)
        try:
            answer = self._binding.process_reply(self._zeep, self._binding.get(operation), reply)
            named = self._named(operation, serialize_object(answer, dict))
        except zeep.exceptions.Fault as error:
            raise FaultError(_fault_lines(error)) from error
        except Exception as error:  # zeep raises whatever it stumbles over, from IndexError to its own
            why = (str(error).splitlines() or [repr(error)])[0]
            raise NoAnswerError(f"the answer is not of the contract: {why}") from error
        if reply.beside is not None:
            return {**(named or {}), "Data": f"{reply.beside} bytes"}
        transfer.out.write((named or {}).get("Data") or b"")
        return named

    def _named(self, operation: str, answer: Any) -> Any:
        """Give an answer of one field its name back, which zeep drops."""
        (result,) = self.contract.operations[operation].response.elements or (None,)
        if result is None or len(result.type.elements) != 1:
            return answer
        return {result.type.elements[0].name: answer}

    def _typed(self, value: Any) -> Any:
        """Return a value as zeep wants it: where the schema leaves a choice, an object of the type."""
        if isinstance(value, list):
            return [self._typed(each) for each in value]
        if not isinstance(value, Mapping):
            return value
        fields = {name: self._typed(each) for name, each in value.items() if name != KIND}
        if KIND not in value:
            return fields
        return self._zeep.get_type(f"{{{self.contract.namespace}}}{value[KIND]}")(**fields)


def _judge(operation: str, reply: Reply) -> None:
    """Refuse what zeep would stumble over, or take for the answer that it is not.

    Raises:
        NoAnswerError: There is neither the operation's answer nor a fault.

    """
    what = f"HTTP {reply.status_code} without an answer to {operation}"
    try:
        body = next(child for child in parse(reply.content) if local(child) == "Body")
        (answer,) = map(local, body)
    except MarkupError as error:
        raise NoAnswerError(f"{what}: {error}") from error
    except (StopIteration, ValueError) as error:
        raise NoAnswerError(f"{what}: no envelope with one element in its body") from error
    if answer not in {f"{operation}Response", "Fault"} or (reply.status_code != 200 and answer != "Fault"):
        raise NoAnswerError(f"{what}: <{answer}> came")


def security_elements(operation: str, access_key: str, secret: str, now: datetime) -> dict[str, str]:
    """Return the three fields that sign a call."""
    timestamp = build_moment(now)
    signature = sign(operation, timestamp, secret)
    return {"AWSAccessKeyId": access_key, "Timestamp": timestamp, "Signature": signature}


def _fault_lines(fault: Any) -> tuple[str, ...]:
    """Return what a fault says, its code without the prefix that only XML needs."""
    lines = [f"{(fault.code or 'no code').rpartition(':')[2]}: {fault.message or ''}"]
    if fault.detail is not None:
        lines += [f"  {etree.QName(child).localname}: {child.text or ''}" for child in fault.detail]
    return tuple(lines)
