"""A row of the differential tests: one call of one client, as data.

A row is run twice, on the store itself and through gateways, each time in a bucket that was made for
it, and the two outcomes must be equal. Where they cannot be, the row says so beforehand: a `Loss`
names the field and the reason, a `Refused` the operation that SOAP never had. Both must be seen to
happen, so a row cannot excuse what is not so.

In texts, `{bucket}` is the row's bucket, `{other}` a second one, `{new}` a name that nobody has
taken, and `{dir}` a directory for the files of command-line clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

BUCKET = "{bucket}"
OTHER = "{other}"
NEW = "{new}"


BEHIND_SOAP = "behind SOAP"
"""The place where rows may be refused: of those, the first call alone is asked."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()
"""What a Loss leaves in place of a value: nothing."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A value out of the result of an earlier step of the same row.

    Attributes:
        step: The number of the step, from 0.
        path: Where in its result, with dots; a number goes into a list.

    """

    step: int
    path: str


@dataclass(frozen=True, slots=True)
class Step:
    """One call.

    Attributes:
        call: In the client's own words: a method of boto3 or minio-py, or one of the harness; a
            method of HTTP; "" for a command line.
        values: Its parameters; `words` are those of a command line.

    """

    call: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """A difference that there has to be.

    Attributes:
        path: The field, with dots; `*` is any key or number. Behind `then: ` it is one of what the
            store holds afterwards.
        why: The reason.
        instead: What the gateway's client sees in its place, or what makes that of it.
        step: The number of the step it happens in, whether it has the field or not; None: in each
            that has it.

    """

    path: str
    why: str
    instead: Any = ABSENT
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """An error that a gateway which checks requests answers itself.

    Status, code and message are compared; what stands beside them is the gateway's. Where the store
    itself does what the gateway refuses, nothing may have been done.

    Attributes:
        why: The reason.
        code: Of the error; "" for the store's own, and its message.
        status: Of the reply; 0 for the store's own.
        message: Where it is neither the store's nor, of a code that is named, the documented one.
        step: The number of the step; None: each that fails.

    """

    why: str
    code: str = ""
    status: int = 0
    message: str = ""
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """SOAP never had the operation: 501 NotImplemented that names it, and nothing is done.

    Attributes:
        names: What the message has to say.

    """

    names: str


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that is there before the call.

    Attributes:
        key: Its key.
        body: Its bytes.
        more: Further parameters of boto3's put_object.

    """

    key: str
    body: bytes = b"hello"
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is before the call.

    Attributes:
        things: Objects in the row's bucket; no bucket is made when this is None.
        other: Whether the second bucket is made, too.
        bobs: Names of buckets that bob has.
        prepared: Calls made on the store itself, after all the above.
        files: Files in `{dir}`.

    """

    things: tuple[Thing, ...] | None = ()
    other: bool = False
    bobs: tuple[str, ...] = ()
    prepared: tuple[Step, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class How:
    """How the client asks.

    Attributes:
        user: alice, bob, stranger (whose key nobody knows), liar (alice's key, a wrong secret) or
            nobody (who does not sign).
        plain: Over plain HTTP, also where there is TLS.
        virtual: The bucket stands in the host's name, over plain HTTP.
        signature: boto3's name of the signature.
        checksums: boto3's when_supported or when_required.
        settings: Further settings of boto3 for S3.

    """

    user: str = "alice"
    plain: bool = False
    virtual: bool = False
    signature: str = "s3v4"
    checksums: str = "when_supported"
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One call, or a few that belong together, of one client.

    Attributes:
        name: Unique.
        client: boto3, http, aws-cli, s5cmd or minio-py.
        steps: The calls.
        scene: What there is before.
        how: How the client asks.
        soap: What is otherwise before a store that speaks SOAP; None: the row is not asked of one.
        rest: What a gateway between REST and REST answers otherwise, that checks signatures.
        own: What both answer in their own words.
        instead: How the store itself is asked where it errs about the row's own way.
        plainly: What the store itself is asked where the gateway before SOAP reads the row's own
            calls otherwise.
        passes: Whether the row is run through a gateway, too, that leaves that check to the store.
        seen: Calls on the store itself, before and after, whose results count.
        any_order: Whether the lines of output have no order.

    """

    name: str
    client: str
    steps: tuple[Step, ...]
    scene: Scene = field(default_factory=Scene)
    how: How = field(default_factory=How)
    soap: tuple[Loss | Own, ...] | Refused | None = ()
    rest: tuple[Loss, ...] = ()
    own: tuple[Own, ...] = ()
    instead: How | None = None
    plainly: tuple[Step, ...] = ()
    passes: bool = False
    seen: tuple[Step, ...] = ()
    any_order: bool = False

    def but(self, **changes: Any) -> Row:
        """Return the row with some of it changed."""
        return replace(self, **changes)


def boto(call: str, /, **values: Any) -> Step:
    """Return a call of boto3, on the row's bucket unless it says otherwise; Bucket=None names none."""
    named = {"Bucket": BUCKET, **values}
    return Step(call, {name: value for name, value in named.items() if value is not None})


def http(method: str, path: str = "/{bucket}", query: str = "", **values: Any) -> Step:
    """Return a request of HTTP: headers, body, signing and what else tests.differential.wire takes."""
    return Step(method, {"path": path, "query": query, **values})


def words(*command: str) -> Step:
    """Return a command line, without the program's name."""
    return Step("", {"words": command})


def minio(call: str, /, **values: Any) -> Step:
    """Return a call of minio-py, on the row's bucket unless it says otherwise; bucket_name=None names none."""
    named = {"bucket_name": BUCKET, **values}
    return Step(call, {name: value for name, value in named.items() if value is not None})


def things(*keys: str) -> Scene:
    """Return a bucket with an object of each key."""
    return Scene(tuple(Thing(key) for key in keys))


HELLO = things("k")
"""A bucket with one object: k, whose bytes are hello."""
NO_BUCKET = Scene(None)
EMPTY = Scene()
