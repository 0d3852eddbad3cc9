"""An upload that is not whole leaves no object and no changed object behind, in any of the stores.

A client of our own cuts a PutObject at every place of its records and at random ones, in each way a
connection can end, or lies. At last the store itself is asked what it has.
"""

from __future__ import annotations

import hashlib
import random
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.fixtures import Gateways
from tests.clients.gateway import RELAYED, Gateway
from tests.clients.uploads import CF, MB, ME, MEDIA, SAME, Message, Sender, chain, envelope, message, thirds
from tests.soap.dime_messages import record
from tests.stores.programs import PROGRAMS, connect

OLD = b"what was there before"
SMALL, LARGE = 300, 200_000
"""The larger one passes the 64 KiB that are held back (wire rule 24): the store has seen most of it."""
SETTLING = 0.5  # for a store that commits late; nothing tells when it will not
SEED = 20_060_301
WRONG_MD5 = "XUFAKrxLKna5cZ2REBfFkg=="

sizes = pytest.mark.parametrize("size", [SMALL, LARGE])


class Place:
    """A gateway before a store, and a bucket of the test's own as boto3 sees it."""

    def __init__(self, gateway: Gateway, bucket: str) -> None:
        self.gateway = gateway
        self.store = gateway.store
        self.bucket = bucket
        self.boto = connect(gateway.store)
        self.boto.create_bucket(Bucket=bucket)
        self._old: set[str] = set()

    def keys(self, name: str) -> Iterator[str]:
        """Give a key that is new, and one that has an object."""
        yield f"new-{name}"
        old = f"old-{name}"
        self.boto.put_object(Bucket=self.bucket, Key=old, Body=OLD)
        self._old.add(old)
        yield old

    def sender(self) -> Sender:
        return Sender(self.gateway.address, self.gateway.ca)

    def listed(self) -> dict[str, str]:
        pages = self.boto.get_paginator("list_objects").paginate(Bucket=self.bucket)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}

    def is_as_before(self) -> None:
        """Hold the store to what boto3 put there, once it has ended all that it was doing."""
        time.sleep(SETTLING)
        assert self.listed() == dict.fromkeys(self._old, f'"{hashlib.md5(OLD).hexdigest()}"')

    def empty(self) -> None:
        for key in self.listed():
            self.boto.delete_object(Bucket=self.bucket, Key=key)
        self.boto.delete_bucket(Bucket=self.bucket)


@pytest.fixture(params=[*sorted(PROGRAMS), RELAYED])
def place(request: pytest.FixtureRequest, gateways: Gateways) -> Iterator[Place]:
    place = Place(gateways.before(request.param), "never-cut")
    yield place
    place.empty()


def data_of(size: int) -> bytes:
    return random.Random(SEED + size).randbytes(size)


def whole(place: Place, key: str, size: int) -> Message:
    data = data_of(size)
    return message(envelope(place.store, place.bucket, key, size), chain(thirds(data)))


def code_in(answer: bytes) -> str:
    found = re.search(rb"<faultcode>[^<]*?:?([A-Za-z]+\.[A-Za-z]+)</faultcode>", answer)
    assert found, answer
    return found[1].decode()


# -- ways for a connection to end: each is given what to send, and what would have followed -----


def leaves(sender: Sender, sent: bytes, rest: bytes) -> None:
    sender.head(len(sent + rest))
    sender.connection.sendall(sent)
    sender.leave()


def resets(sender: Sender, sent: bytes, rest: bytes) -> None:
    sender.head(len(sent + rest))
    sender.connection.sendall(sent)
    sender.reset()


def leaves_between_chunks(sender: Sender, sent: bytes, rest: bytes) -> None:
    sender.head(None)
    if sent:
        sender.chunk(sent)
    sender.leave()


def ends_early(sender: Sender, sent: bytes, rest: bytes) -> None:
    sender.head(len(sent))
    sender.connection.sendall(sent)
    assert code_in(sender.answer()).startswith("Client.")


def ends_early_in_chunks(sender: Sender, sent: bytes, rest: bytes) -> None:
    sender.head(None)
    if sent:
        sender.chunk(sent)
    sender.chunk(b"")
    assert code_in(sender.answer()).startswith("Client.")


WAYS: list[Callable[[Sender, bytes, bytes], None]] = [
    leaves,
    resets,
    leaves_between_chunks,
    ends_early,
    ends_early_in_chunks,
]


@sizes
@pytest.mark.parametrize("way", WAYS)
def test_a_cut_upload_leaves_nothing_behind(
    place: Place, size: int, way: Callable[[Sender, bytes, bytes], None]
) -> None:
    uncut = whole(
        place, "new-000000", size
    )  # all keys have as many characters, and so all messages as many bytes
    chance, length = random.Random(SEED), len(uncut.data)
    for cut in sorted({*uncut.places(), *(chance.randrange(length) for _ in range(6)), length - 1}):
        for key in place.keys(f"{cut:06d}"):
            data = whole(place, key, size).data
            with place.sender() as sender:
                way(sender, data[:cut], data[cut:])
    place.is_as_before()


@sizes
@pytest.mark.parametrize("way", [leaves, resets, leaves_between_chunks])
def test_a_whole_message_whose_http_body_goes_on_is_not_whole(
    place: Place, size: int, way: Callable[[Sender, bytes, bytes], None]
) -> None:
    """All of the attachment is here, and it ends well; what would have followed is not known."""
    for key in place.keys("goes-on"):
        with place.sender() as sender:
            way(sender, whole(place, key, size).data, b"?")
    place.is_as_before()


# -- lies -------------------------------------------------------------------------------------


def told_longer(place: Place, key: str, data: bytes) -> Message:
    return message(envelope(place.store, place.bucket, key, len(data) + 1), chain(thirds(data)))


def told_shorter(place: Place, key: str, data: bytes) -> Message:
    return message(envelope(place.store, place.bucket, key, len(data) - 1), chain(thirds(data)))


def announced_longer(place: Place, key: str, data: bytes) -> Message:
    attached = record(ME, MEDIA, data + b"!", type_=b"application/octet-stream")
    return message(envelope(place.store, place.bucket, key, len(data)), [attached])


def broken_version(place: Place, key: str, data: bytes) -> Message:
    first, between, last = thirds(data)
    attached = [*chain((first, between, b""))[:2], record(ME, SAME, last, version=2)]
    return message(envelope(place.store, place.bucket, key, len(data)), attached)


def a_type_inside_the_chain(place: Place, key: str, data: bytes) -> Message:
    first, between, last = thirds(data)
    attached = [*chain((first, between, b""))[:2], record(ME, MEDIA, last, type_=b"text/plain")]
    return message(envelope(place.store, place.bucket, key, len(data)), attached)


def a_first_record_in_the_middle(place: Place, key: str, data: bytes) -> Message:
    first, between, last = thirds(data)
    attached = [chain((first, between, last))[0], record(MB | CF, SAME, between), record(ME, SAME, last)]
    return message(envelope(place.store, place.bucket, key, len(data)), attached)


def a_second_attachment(place: Place, key: str, data: bytes) -> Message:
    attached = record(0, MEDIA, data, type_=b"application/octet-stream")
    another = record(ME, MEDIA, b"x", type_=b"application/octet-stream")
    return message(envelope(place.store, place.bucket, key, len(data)), [attached, another])


def something_behind_the_end(place: Place, key: str, data: bytes) -> Message:
    return message(
        envelope(place.store, place.bucket, key, len(data)), [*chain(thirds(data)), record(ME, MEDIA, b"x")]
    )


def another_md5(place: Place, key: str, data: bytes) -> Message:
    enveloped = envelope(place.store, place.bucket, key, len(data), md5=WRONG_MD5)
    return message(enveloped, chain(thirds(data)))


def another_secret(place: Place, key: str, data: bytes) -> Message:
    enveloped = envelope(place.store, place.bucket, key, len(data), secret="somebody's")
    return message(enveloped, chain(thirds(data)))


LIES: dict[Callable[[Place, str, bytes], Message], str] = {
    told_longer: "IncompleteBody",
    told_shorter: "IncompleteBody",
    announced_longer: "IncompleteBody",
    broken_version: "InvalidSOAPRequest",
    a_type_inside_the_chain: "InvalidSOAPRequest",
    a_first_record_in_the_middle: "InvalidSOAPRequest",
    a_second_attachment: "InvalidSOAPRequest",
    something_behind_the_end: "InvalidSOAPRequest",
    another_md5: "BadDigest",
    another_secret: "SignatureDoesNotMatch",
}


@sizes
@pytest.mark.parametrize("framed", [True, False], ids=["length", "chunked"])
def test_a_lie_is_told_and_leaves_nothing_behind(place: Place, size: int, framed: bool) -> None:
    told: dict[str, Any] = {}
    for lie in LIES:
        for key in place.keys(lie.__name__):
            data = lie(place, key, data_of(size)).data
            with place.sender() as sender:
                sender.head(len(data) if framed else None)
                if framed:
                    sender.connection.sendall(data)
                else:
                    sender.chunk(data)
                    sender.chunk(b"")
                told[key] = code_in(sender.answer()).removeprefix("Client.")
    assert told == {f"{age}-{lie.__name__}": code for lie, code in LIES.items() for age in ("new", "old")}
    place.is_as_before()


@sizes
def test_what_is_not_cut_is_stored(place: Place, size: int) -> None:
    """The tests of this module prove nothing if their message is not one."""
    for key in place.keys("whole"):
        data = whole(place, key, size).data
        with place.sender() as sender:
            sender.head(len(data))
            sender.connection.sendall(data)
            assert b"PutObjectResponse" in sender.answer()
        assert place.boto.get_object(Bucket=place.bucket, Key=key)["Body"].read() == data_of(size)
