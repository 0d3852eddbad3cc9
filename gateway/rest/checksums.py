"""x-amz-checksum-*: what a client says its bytes come to, and what they do come to.

A request names at most one checksum. Its value stands in a header, or x-amz-trailer says that it
comes behind the bytes. Either way the field's name chooses the algorithm: a row of ALGORITHMS, which
are all that S3's own clients know. What has no row is refused, never passed over: an object whose
checksum nobody looked at would count as checked.

Values are base64 of the digest, a CRC's most significant byte first.

Sources: the S3 user guide, "Checking object integrity"; PutObject in the S3 API reference; the codes and
messages are S3's own answers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from awscrt import checksums as crt

from gateway.messages import Headers, Problem

PREFIX: Final = "x-amz-checksum-"
TRAILER: Final = "x-amz-trailer"
SDK_ALGORITHM: Final = "x-amz-sdk-checksum-algorithm"

NO_VALUES: Final = frozenset({f"{PREFIX}algorithm", f"{PREFIX}mode", f"{PREFIX}type"})
"""Fields of the same prefix that ask for something and are no checksums."""


class Digest(Protocol):
    """An algorithm under way, as hashlib has them."""

    def update(self, data: bytes, /) -> object:
        """Take the next bytes."""

    def digest(self) -> bytes:
        """Return what all of them come to."""


class _Crc:
    """A CRC as a Digest.

    Args:
        size: Bytes of the result.
        step: Continues a CRC, which begins as 0, over the next bytes.

    """

    def __init__(self, size: int, step: Callable[[bytes, int], int]) -> None:
        self._size = size
        self._step = step
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _XxHash:
    """One of the hashes of awscrt as a Digest; its result can be asked for once."""

    def __init__(self, start: Callable[[], crt.XXHash]) -> None:
        self._hash = start()

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return bytes(self._hash.finalize())


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One row: how many bytes a digest has, and how one begins."""

    size: int
    start: Callable[[], Digest]


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        "crc32": Algorithm(4, partial(_Crc, 4, crt.crc32)),
        "crc32c": Algorithm(4, partial(_Crc, 4, crt.crc32c)),
        "crc64nvme": Algorithm(8, partial(_Crc, 8, crt.crc64nvme)),
        "md5": Algorithm(16, partial(hashlib.md5, usedforsecurity=False)),
        "sha1": Algorithm(20, partial(hashlib.sha1, usedforsecurity=False)),
        "sha256": Algorithm(32, hashlib.sha256),
        "sha512": Algorithm(64, hashlib.sha512),
        "xxhash3": Algorithm(8, partial(_XxHash, crt.XXHash.new_xxhash3_64)),
        "xxhash64": Algorithm(8, partial(_XxHash, crt.XXHash.new_xxhash64)),
        "xxhash128": Algorithm(16, partial(_XxHash, crt.XXHash.new_xxhash3_128)),
    }
)
"""By the end of the header's name."""


def value_length(name: str) -> int:
    """Return how many characters every value of a checksum field has.

    Args:
        name: The field's, one that `announced_checksum` let pass.

    """
    return 4 * ((ALGORITHMS[name.removeprefix(PREFIX)].size + 2) // 3)


class Checksum:
    """One checksum of a body while its bytes pass.

    Args:
        name: The field's, in lower case; its end is one of ALGORITHMS.
        trailing: Whether its value comes behind the bytes.

    Attributes:
        name: The same.
        trailing: The same.

    """

    def __init__(self, name: str, *, trailing: bool = False) -> None:
        self.name = name
        self.trailing = trailing
        self._label = name.removeprefix(PREFIX)
        algorithm = ALGORITHMS[self._label]
        self._size = algorithm.size
        self._digest = algorithm.start()
        self._expected = b""

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._digest.update(data)

    def expect(self, value: str) -> None:
        """Learn what the client says the bytes come to.

        Raises:
            Problem: InvalidRequest, for a value that no such checksum can have.

        """
        try:
            expected = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            expected = b""
        if len(expected) != self._size or _encoded(expected) != value:
            kind = "trailing header" if self.trailing else "header"
            raise _refused(f"Value for {self.name} {kind} is invalid.")
        self._expected = expected

    def judge(self) -> str:
        """Hold what was expected against all bytes.

        Returns:
            The value, as a header spells it.

        Raises:
            Problem: BadDigest.

        """
        if self._digest.digest() != self._expected:
            label = self._label.upper()
            raise Problem("BadDigest", f"The {label} you specified did not match the calculated checksum.")
        return _encoded(self._expected)


def announced_checksum(headers: Headers) -> Checksum | None:
    """Return the checksum that a request's head announces; None when it announces none.

    Args:
        headers: Names in lower case. x-amz-trailer may be among them: then the value is yet to come.

    Raises:
        Problem: InvalidRequest, for more than one, for an algorithm that nobody knows, a malformed
            value, and an x-amz-sdk-checksum-algorithm that says something else.

    """
    values = [(name, value) for name, value in headers if name.startswith(PREFIX) and name not in NO_VALUES]
    trailers = [value.lower() for name, value in headers if name == TRAILER]
    claimed = [value.lower() for name, value in headers if name == SDK_ALGORITHM]
    if len(values) > 1:
        raise _refused("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    if values and trailers:
        raise _refused("Expecting a single x-amz-checksum- header")
    if not values and not trailers:
        if claimed:
            raise _refused(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* "
                "or x-amz-trailer headers were found."
            )
        return None
    name = values[0][0] if values else ",".join(trailers)
    label = name.removeprefix(PREFIX)
    if label not in ALGORITHMS or label == name:
        if trailers:
            raise _refused("The value specified in the x-amz-trailer header is not supported")
        raise _refused("The algorithm type you specified in x-amz-checksum- header is invalid.")
    checksum = Checksum(name, trailing=bool(trailers))
    if values:
        checksum.expect(values[0][1])
    if any(each != label for each in claimed):
        raise _refused("Value for x-amz-sdk-checksum-algorithm header is invalid.")
    return checksum


def _encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _refused(message: str) -> Problem:
    return Problem("InvalidRequest", message)
