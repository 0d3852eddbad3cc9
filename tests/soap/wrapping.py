"""Messages in which a signed element stands where it proves nothing, and another asks.

The attacks on XML signatures move what was signed out of the way and put in its place what is
carried out. Here the signed operation is ListBucket, which its owner once sent; what the attacker
wants is DeleteBucket, which nobody signed.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.soap.envelope import SOAP
from tests.soap.messages import S3, asking, security

SIGNED = asking("ListBucket", "<Bucket>b</Bucket>")
PROOF = security("ListBucket")
WANTED = asking("DeleteBucket", "<Bucket>b</Bucket>", signed="")
SECURITY_NAMES = ("AWSAccessKeyId", "Timestamp", "Signature")


def _envelope(inside: str, attributes: str = "") -> bytes:
    return f'<e:Envelope xmlns:e="{SOAP}" xmlns:s="{S3}"{attributes}>{inside}</e:Envelope>'.encode()


def _header(inside: str) -> str:
    return f"<e:Header>{inside}</e:Header>"


def _body(inside: str, attributes: str = "") -> str:
    return f"<e:Body{attributes}>{inside}</e:Body>"


def wrapped() -> Iterator[tuple[str, bytes]]:
    """Yield each attack by name."""
    yield from _moved()
    yield from _nested()
    yield from _security()


def _moved() -> Iterator[tuple[str, bytes]]:
    """The signed operation stands beside the one that is wanted, or the Body does."""
    yield "signed first in the Body", _envelope(_body(SIGNED + WANTED))
    yield "signed last in the Body", _envelope(_body(WANTED + SIGNED))
    yield "two Bodies, signed first", _envelope(_body(SIGNED) + _body(WANTED))
    yield "two Bodies, signed last", _envelope(_body(WANTED) + _body(SIGNED))
    yield "signed in the Header", _envelope(_header(SIGNED) + _body(WANTED))
    yield "signed Body in the Header", _envelope(_header(_body(SIGNED)) + _body(WANTED))
    yield "signed Header behind the Body", _envelope(_body(WANTED) + _header(SIGNED))
    yield "signed Body in an element behind", _envelope(_body(WANTED) + f"<x>{_body(SIGNED)}</x>")
    yield "signed Body in an element before", _envelope(f"<x>{_body(SIGNED)}</x>" + _body(WANTED))
    yield (
        "signed Body in another namespace first",
        _envelope(f'<x:Body xmlns:x="urn:x">{SIGNED}</x:Body>' + _body(WANTED)),
    )
    yield (
        "signed Body in another namespace last",
        _envelope(_body(WANTED) + f'<x:Body xmlns:x="urn:x">{SIGNED}</x:Body>'),
    )
    yield "two Headers", _envelope(_header(SIGNED) + _header("") + _body(WANTED))
    yield (
        "signed behind a reference",
        _envelope(_body(f'<s:DeleteBucket href="#signed"/><x id="signed">{SIGNED}</x>')),
    )
    yield (
        "signed by its id in the Header",
        _envelope(_header(f'<x Id="signed">{SIGNED}</x>') + _body(WANTED, ' Id="wanted"')),
    )
    yield "both Bodies have one id", _envelope(_header(_body(SIGNED, ' Id="b"')) + _body(WANTED, ' Id="b"'))


def _nested() -> Iterator[tuple[str, bytes]]:
    """One of them stands inside the other, or a whole envelope does."""
    inner = _envelope(_body(SIGNED)).decode()
    yield (
        "signed inside the wanted",
        _envelope(_body(WANTED.replace("</DeleteBucket>", f"{SIGNED}</DeleteBucket>"))),
    )
    yield (
        "signed inside a field of the wanted",
        _envelope(_body(WANTED.replace("b</Bucket>", f"b{SIGNED}</Bucket>"))),
    )
    yield "signed envelope in the Body", _envelope(_body(inner))
    yield "signed envelope in the Header", _envelope(_header(inner) + _body(WANTED))
    yield (
        "signed envelope inside the wanted",
        _envelope(_body(WANTED.replace("</DeleteBucket>", f"{inner}</DeleteBucket>"))),
    )
    yield "signed envelope in the place of the Body", _envelope(inner + _body(WANTED))
    yield "wanted in an element that is no operation", _envelope(_body(f"<x>{SIGNED}{WANTED}</x>"))
    yield "Body inside the Body", _envelope(_body(_body(SIGNED) + WANTED))


def _security() -> Iterator[tuple[str, bytes]]:
    """The proof of one operation stands in or around another, or stands twice."""
    bucket = "<Bucket>b</Bucket>"
    proofs = {
        "proof of another operation": PROOF,
        "proof in an element": f"<Security>{PROOF}</Security>",
        "no proof": "",
        "two proofs": PROOF + PROOF,
        "two proofs in two namespaces": PROOF
        + "".join(f'<x:{name} xmlns:x="urn:x">x</x:{name}>' for name in SECURITY_NAMES),
        "proof behind an empty one": "".join(f"<{name}/>" for name in SECURITY_NAMES) + PROOF,
    }
    for name, proof in proofs.items():
        yield name, _envelope(_body(asking("DeleteBucket", bucket, signed=proof)))
    yield (
        "proof inside the bucket",
        _envelope(_body(asking("DeleteBucket", f"<Bucket>b{PROOF}</Bucket>", signed=""))),
    )
    yield "proof in the Header", _envelope(_header(PROOF) + _body(WANTED))
    yield "proof in the Body", _envelope(_body(PROOF + WANTED))
    yield "proof in the Envelope", _envelope(PROOF + _body(WANTED))
    for name in SECURITY_NAMES:
        yield f"second {name}", _envelope(_body(asking("ListBucket", f"{bucket}<{name}>x</{name}>")))
    yield "second Bucket", _envelope(_body(asking("ListBucket", bucket + bucket)))
    yield (
        "second Bucket in no namespace",
        _envelope(_body(asking("ListBucket", bucket + '<Bucket xmlns="">c</Bucket>'))),
    )
    yield "operation of another namespace", _envelope(_body(SIGNED.replace(S3, "urn:x")))
