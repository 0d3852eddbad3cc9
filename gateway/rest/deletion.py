"""DeleteObjects: a list of keys in, one DeleteObject call after another, what came of each out.

SOAP has no word for it, so it is as many calls as it names keys. What goes wrong with one key is
that key's Error and the next is asked all the same. What is wrong with the bucket or the store would be
told again for each key that is left (and where the store does not answer, after a long time), so then
nobody is asked any more: when no key was answered yet the whole request fails with it, which a client's SDK
knows how to repeat; otherwise it is the Error of all keys that are left.

A condition (VersionId, ETag and their like) that SOAP cannot say is never passed over: its key is
not deleted, and its Error names the condition.

Sources: the S3 API reference, DeleteObjects.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final

from gateway.messages import Answer, Call, Credentials, Headers, HttpReply, Problem, RestRequest
from gateway.rest.addresses import judge_key
from gateway.rest.checksums import NO_VALUES, PREFIX, TRAILER
from gateway.rest.documents import document_reply, element
from gateway.tables.contract import Contract
from gateway.tables.errors import message_of, row_for
from gateway.wire.markup import Element, MarkupError, local, parse, text_of
from gateway.wire.texts import parse_boolean

MAX_DELETED: Final = 1000
"""Keys of one request (MalformedXML)."""

MAX_DELETION: Final = 8 * 1024 * 1024
"""Bytes of its document: 1,000 keys of 1,024 bytes fit, though each character be a reference."""

MAX_TOLD: Final = 4096
"""Characters of a key that its Error repeats: four times as many as a key has at most."""

CONDITIONS: Final = frozenset({"VersionId", "ETag", "LastModifiedTime", "Size"})
"""What S3 lets an Object say beside its Key, and SOAP cannot."""

ABOUT_ALL: Final = frozenset(
    {
        "AccountProblem",
        "AllAccessDisabled",
        "InvalidAccessKeyId",
        "InvalidBucketName",
        "NoSuchBucket",
        "NotImplemented",
        "NotSignedUp",
        "PermanentRedirect",
        "Redirect",
        "ServiceUnavailable",
        "SlowDown",
        "TemporaryRedirect",
    }
)
"""Codes of a DeleteObject that are about its bucket, its store or who asks, whatever the key."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """An object to delete.

    Attributes:
        key: Its key.
        version: The VersionId that is asked for, "" for none.
        conditions: Names of what else its deletion depends on.

    """

    key: str
    version: str = ""
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a Delete document asks.

    Attributes:
        objects: In order; a key may stand twice.
        quiet: Tell of errors alone.

    """

    objects: tuple[Doomed, ...]
    quiet: bool


def parse_deletion(body: bytes) -> Deletion:
    """Read a Delete document.

    Raises:
        Problem: MalformedXML, for all that is none, and for more than MAX_DELETED keys.

    """
    try:
        root = parse(body)
        if local(root) != "Delete":
            raise MarkupError("not a Delete")
        objects = tuple(_doomed(node) for node in root if local(node) == "Object")
        others = _texts([node for node in root if local(node) != "Object"], frozenset({"Quiet"}))
        quiet = parse_boolean(others.get("Quiet", "false").strip())
        if not 1 <= len(objects) <= MAX_DELETED:
            raise MarkupError(f"{len(objects)} objects")
    except ValueError:
        raise Problem("MalformedXML") from None
    return Deletion(objects, quiet)


def _doomed(node: Element) -> Doomed:
    texts = _texts(list(node), CONDITIONS | {"Key"})
    if "Key" not in texts:
        raise MarkupError("Key is missing")
    said = tuple(name for name, text in texts.items() if name in CONDITIONS and text)
    return Doomed(texts["Key"], texts.get("VersionId", ""), said)


def _texts(nodes: list[Element], known: frozenset[str]) -> dict[str, str]:
    """Return the texts of elements by name; each is one of `known` and stands once."""
    texts = {local(node): text_of(node) for node in nodes}
    if len(texts) < len(nodes) or not texts.keys() <= known:
        raise MarkupError("an element that stands twice, or that nobody knows")
    return texts


def delete_objects(
    contract: Contract,
    request: RestRequest,
    credentials: Credentials | None,
    region: str,  # noqa: ARG001 - what every view is told
) -> Generator[Call, Answer, HttpReply]:
    """Answer DeleteObjects.

    Raises:
        Problem: InvalidRequest, for a body without a checksum, which S3 wants here; MalformedXML; and
            what is about all keys, when it is told before any key was answered.

    """
    if not _is_checked(request.headers):
        message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
        raise Problem("InvalidRequest", message)
    assert isinstance(request.body, bytes), "a document is read whole"
    deletion = parse_deletion(request.body)
    out: list[str] = []
    of_all: Problem | None = None
    answered = False
    for doomed in deletion.objects:
        problem = of_all or _refusal(doomed)
        if problem is None:
            try:
                yield Call("DeleteObject", {"Bucket": request.bucket, "Key": doomed.key}, credentials)
            except Problem as told:
                problem = told
                if told.code in ABOUT_ALL:
                    if not answered:
                        raise _of_bucket(told) from told
                    of_all = told
            answered = True
        if problem is not None:
            out.append(_error(doomed, problem))
        elif not deletion.quiet:
            out.append(f"<Deleted>{element('Key', doomed.key)}</Deleted>")
    return document_reply(contract.namespace, "DeleteResult", out)


def _of_bucket(problem: Problem) -> Problem:
    """Return what is wrong with more than one key: which key it was told of says nothing then."""
    return replace(problem, details=tuple(one for one in problem.details if one[0] != "Key"))


def _is_checked(headers: Headers) -> bool:
    """Tell whether a request says what its body comes to; whether it is true was judged before."""
    return any(
        name in {"content-md5", TRAILER} or (name.startswith(PREFIX) and name not in NO_VALUES)
        for name, _ in headers
    )


def _refusal(doomed: Doomed) -> Problem | None:
    """Return why an object's deletion is not asked for, None when it is."""
    if doomed.conditions:
        named = ", ".join(doomed.conditions)
        return Problem("NotImplemented", f"DeleteObjects with {named} is not implemented.")
    try:
        judge_key(doomed.key)
    except Problem as problem:
        return problem
    return None


def _error(doomed: Doomed, problem: Problem) -> str:
    row = row_for(problem.code, problem.message, problem.status)
    fields = (
        ("Key", doomed.key[:MAX_TOLD]),
        *((("VersionId", doomed.version),) if doomed.version else ()),
        ("Code", row.rest_code or row.code),
        ("Message", message_of(problem.code, problem.message)),
    )
    return f"<Error>{''.join(element(name, text) for name, text in fields)}</Error>"
