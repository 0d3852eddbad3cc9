"""Wire rule 12: of two things that are wrong with a request, the one that is checked first is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations

import pytest

from gateway.messages import Problem
from gateway.soap.envelope import SOAP
from tests.joined import head_of
from tests.soap.messages import KEY, NOW, SECRET, asking, envelope, led, security, soap

FIELDS = "<Bucket>b</Bucket><Key>k</Key><Data>TWFu</Data><ContentLength>3</ContentLength>"
REPLY_TO = (
    '<w:ReplyTo xmlns:w="http://www.w3.org/2005/08/addressing"><w:Address>urn:x</w:Address></w:ReplyTo>'
)
MUST = '<x e:mustUnderstand="1"/>'


@dataclass(frozen=True, slots=True)
class Sent:
    """A request in the parts that can be wrong; as it stands nothing is."""

    secure: bool = True
    length: str = "Content-Length: 5"
    action: str = 'SOAPAction: ""'
    content_type: str = "Content-Type: text/xml"
    before: bytes = b""
    space: str = SOAP
    header: str = ""
    operation: str = "PutObjectInline"
    key: str = KEY
    age: timedelta = timedelta(0)
    secret: str = SECRET
    credential: str = ""
    without: str = ""
    fields: str = FIELDS

    def told(self) -> str:
        """The code that answers, with what tells apart the refusals that share one; "" for none."""
        proof = (
            security(self.operation, key=self.key, secret=self.secret, now=NOW - self.age) + self.credential
        )
        if self.without:
            start, _, rest = proof.partition(f"<{self.without}>")
            proof = start + rest.partition(f"</{self.without}>")[2]
        body = self.before + envelope(
            asking(self.operation, self.fields, signed=proof), self.header, space=self.space
        )
        head = (line for line in (self.length, self.action, self.content_type) if line)
        try:
            led(head_of(*head), body, soap(max_inline_data=8, max_object=1000), secure=self.secure)
        except Problem as problem:
            return f"{problem.code} {problem.message}"
        return ""


Wrong = Callable[[Sent], Sent]


def _fields(old: str, new: str) -> Wrong:
    return lambda sent: replace(sent, fields=sent.fields.replace(old, new))


CHECKS: list[dict[str, Wrong]] = [
    {"InvalidRequest SOAP requests must be made over": lambda sent: replace(sent, secure=False)},
    {
        "MissingContentLength": lambda sent: replace(sent, length=""),
        "MaxMessageLengthExceeded": lambda sent: replace(sent, length="Content-Length: 9999999"),
    },
    {
        "InvalidRequest A SOAP message may not": lambda sent: replace(
            sent,
            length=f"{sent.length}\r\nContent-Encoding: gzip" if sent.length else "Content-Encoding: gzip",
        )
    },
    {
        "InvalidSOAPRequest The SOAP request body is invalid: a document type": lambda sent: replace(
            sent, before=b"<!DOCTYPE x>"
        ),
    },
    {"VersionMismatch": lambda sent: replace(sent, space="http://www.w3.org/2003/05/soap-envelope")},
    {"InvalidAddressingHeader": lambda sent: replace(sent, header=sent.header + REPLY_TO)},
    {"MustUnderstand": lambda sent: replace(sent, header=MUST + sent.header)},
    {
        "InvalidSOAPRequest The SOAP request body is invalid: the SOAPAction": lambda sent: replace(
            sent, action="SOAPAction: DeleteObject"
        )
    },
    {
        "MissingSecurityElement": lambda sent: replace(sent, without="Signature"),
        "InvalidSOAPRequest The SOAP request body is invalid: AWSAccessKeyId stands twice": lambda sent: (
            replace(sent, fields=sent.fields + "<AWSAccessKeyId/>")
        ),
    },
    {"CredentialsNotSupported": lambda sent: replace(sent, credential="<Credential>c</Credential>")},
    {"InvalidAccessKeyId": lambda sent: replace(sent, key="AKIANOBODY")},
    {"RequestTimeTooSkewed": lambda sent: replace(sent, age=timedelta(hours=1))},
    {"SignatureDoesNotMatch": lambda sent: replace(sent, secret="wrong")},
    {
        "InvalidSOAPRequest The SOAP request body is invalid: Name is missing": lambda sent: replace(
            sent, fields=f"{sent.fields}<Metadata/>"
        ),
        "InvalidSOAPRequest The SOAP request body is invalid: ContentLength is not a number": _fields(
            "<ContentLength>", "<ContentLength>x"
        ),
        "InvalidStorageClass": lambda sent: replace(
            sent, fields=f"{sent.fields}<StorageClass>ICE</StorageClass>"
        ),
    },
    {"EntityTooLarge": _fields("<ContentLength>3", "<ContentLength>3000")},
    {"MissingAttachment": lambda sent: replace(sent, operation="PutObject")},
    {"InlineDataTooLarge": _fields("<Data>", "<Data>TWFuTWFuTWFu")},
    {"IncompleteBody": _fields("<Data>", "<Data>TWFu")},
]
"""What can be wrong, in the order of the checks; those of one stage are not put together."""

WRONGS = [(stage, told, wrong) for stage, wrongs in enumerate(CHECKS) for told, wrong in wrongs.items()]
PAIRS = [(first, second) for first, second in combinations(WRONGS, 2) if first[0] < second[0]]


def test_a_request_with_which_nothing_is_wrong():
    assert Sent().told() == ""


@pytest.mark.parametrize(("stage", "told", "wrong"), WRONGS, ids=[told for _, told, _ in WRONGS])
def test_one_thing_is_wrong(stage, told, wrong):
    assert wrong(Sent()).told().startswith(told)


@pytest.mark.parametrize(
    ("first", "second"), PAIRS, ids=[f"{first[1][:40]} before {second[1][:40]}" for first, second in PAIRS]
)
def test_of_two_things_the_first_is_told(first, second):
    assert first[2](second[2](Sent())).told().startswith(first[1])
