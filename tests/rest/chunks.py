"""Bodies in aws-chunked: Amazon's two published examples, and any others, written piece by piece.

What signs here shares nothing with the package, so that neither can repeat a mistake of the other.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
DATE = "20130524T000000Z"
SCOPE = "20130524/us-east-1/s3/aws4_request"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SEED_OF_TRAILER = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"

DATA = b"a" * 66_560
PUBLISHED = b"".join(
    (
        b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
        DATA[:65_536],
        b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
        DATA[65_536:],
        b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n",
        b"\r\n",
    )
)
PUBLISHED_WITH_TRAILER = b"".join(
    (
        b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
        DATA[:65_536],
        b"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
        DATA[65_536:],
        b"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n",
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
        b"\r\n",
    )
)


def signature(kind: str, previous: str, hashed: str) -> str:
    """The next link of the chain, by the S3 API reference."""
    key = b"AWS4" + SECRET.encode()
    for part in SCOPE.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    lines = [f"AWS4-HMAC-SHA256-{kind}", DATE, SCOPE, previous, hashed]
    return hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Parts:
    """The parts of a body, each of which a test may alter, drop, repeat or move.

    `sizes` is each chunk's line, `data` what follows it with its line end (the last has none),
    `trailers` the lines behind, `end` the blank line.
    """

    sizes: tuple[bytes, ...]
    data: tuple[bytes, ...]
    trailers: tuple[bytes, ...] = ()
    end: bytes = b"\r\n"
    length: int = field(default=0)

    def __bytes__(self) -> bytes:
        pairs = zip(self.sizes, self.data, strict=True)
        return b"".join((*(piece for pair in pairs for piece in pair), *self.trailers, self.end))


def parts_of(
    *chunks: bytes, signed: bool = True, trailer: tuple[str, str] | None = None, seed: str = SEED
) -> Parts:
    """The parts of a body with these chunks of data and the empty one behind them."""
    previous = seed
    sizes = []
    for chunk in (*chunks, b""):
        line = f"{len(chunk):x}"
        if signed:
            hashes = f"{hashlib.sha256(b'').hexdigest()}\n{hashlib.sha256(chunk).hexdigest()}"
            previous = signature("PAYLOAD", previous, hashes)
            line += f";chunk-signature={previous}"
        sizes.append(f"{line}\r\n".encode())
    lines = ()
    if trailer:
        name, value = trailer
        lines = (f"{name}:{value}\r\n".encode(),)
        if signed:
            last = signature("TRAILER", previous, hashlib.sha256(f"{name}:{value}\n".encode()).hexdigest())
            lines += (f"x-amz-trailer-signature:{last}\r\n".encode(),)
    data = (*(chunk + b"\r\n" for chunk in chunks), b"")
    return Parts(tuple(sizes), data, lines, length=sum(map(len, chunks)))


def damaged(parts: Parts):
    """Yield a name and a body for each way to alter, drop, repeat or reorder one part of a body.

    The body has two chunks of data at least, of different sizes.
    """
    for at, line in enumerate(parts.sizes):
        yield f"size {at} altered", _with(parts, sizes=_set(parts.sizes, at, b"5" + line[1:]))
        yield f"size {at} negative", _with(parts, sizes=_set(parts.sizes, at, b"-" + line))
        yield f"size {at} with a zero before it", _with(parts, sizes=_set(parts.sizes, at, b"0" + line))
        yield f"size {at} dropped", _with(parts, sizes=_set(parts.sizes, at, b""))
        yield f"size {at} without CR", _with(parts, sizes=_set(parts.sizes, at, line[:-2] + b"\n"))
        if b";" in line:
            size, _, _ = line.partition(b";")
            other = parts.sizes[at - 1].partition(b";")[2]
            yield f"signature {at} dropped", _with(parts, sizes=_set(parts.sizes, at, size + b"\r\n"))
            yield f"signature {at} of another", _with(parts, sizes=_set(parts.sizes, at, size + b";" + other))
            yield (
                f"signature {at} in capitals",
                _with(parts, sizes=_set(parts.sizes, at, size + line[len(size) :].upper())),
            )
            yield f"signature {at} altered", _with(parts, sizes=_set(parts.sizes, at, _flipped(line, -3)))
            yield f"signature {at} cut", _with(parts, sizes=_set(parts.sizes, at, line[:-3] + b"\r\n"))
        else:
            yield f"extension {at} added", _with(parts, sizes=_set(parts.sizes, at, line[:-2] + b";a=b\r\n"))
        yield f"chunk {at} dropped", _with(parts, sizes=_drop(parts.sizes, at), data=_drop(parts.data, at))
        yield (
            f"chunk {at} repeated",
            _with(parts, sizes=_repeat(parts.sizes, at), data=_repeat(parts.data, at)),
        )
    yield "chunks reordered", _with(parts, sizes=_swap(parts.sizes), data=_swap(parts.data))
    yield "signatures reordered", _with(parts, sizes=_swap(parts.sizes))
    for at, data in enumerate(parts.data[:-1]):
        yield f"data {at} altered", _with(parts, data=_set(parts.data, at, _flipped(data, 0)))
        yield f"data {at} longer", _with(parts, data=_set(parts.data, at, b"x" + data))
        yield f"data {at} shorter", _with(parts, data=_set(parts.data, at, data[1:]))
        yield f"data {at} without a line end", _with(parts, data=_set(parts.data, at, data[:-2]))
        yield f"data {at} with LF alone", _with(parts, data=_set(parts.data, at, data[:-2] + b"\n"))
    for at, line in enumerate(parts.trailers):
        name, _, value = line.partition(b":")
        yield f"trailer {at} dropped", _with(parts, trailers=_drop(parts.trailers, at))
        yield f"trailer {at} repeated", _with(parts, trailers=_repeat(parts.trailers, at))
        yield (
            f"trailer {at} altered",
            _with(parts, trailers=_set(parts.trailers, at, _flipped(line, len(name) + 2))),
        )
        yield f"trailer {at} cut", _with(parts, trailers=_set(parts.trailers, at, line[:-4] + b"\r\n"))
        yield f"trailer {at} empty", _with(parts, trailers=_set(parts.trailers, at, name + b":\r\n"))
        yield f"trailer {at} of another name", _with(parts, trailers=_set(parts.trailers, at, b"x" + line))
        yield f"trailer {at} without a name", _with(parts, trailers=_set(parts.trailers, at, b":" + value))
        yield f"trailer {at} without a colon", _with(parts, trailers=_set(parts.trailers, at, name + value))
    if parts.trailers:
        yield "trailers dropped", _with(parts, trailers=())
    if len(parts.trailers) > 1:
        yield "trailers reordered", _with(parts, trailers=parts.trailers[::-1])
    yield "trailer added", _with(parts, trailers=(*parts.trailers, b"x-amz-meta-a:b\r\n"))
    yield "end dropped", _with(parts, end=b"")
    yield "end cut", _with(parts, end=b"\r")
    yield "bytes behind the end", _with(parts, end=b"\r\n\r\n")
    yield "nothing", b""


def _with(parts: Parts, **changes) -> bytes:
    return bytes(replace(parts, **changes))


def _set(items, at, item):
    return (*items[:at], item, *items[at + 1 :])


def _drop(items, at):
    return (*items[:at], *items[at + 1 :])


def _repeat(items, at):
    return (*items[:at], items[at], *items[at:])


def _swap(items):
    return (items[1], items[0], *items[2:])


def _flipped(line: bytes, at: int) -> bytes:
    """One byte is another, and still a letter or digit where it was one."""
    out = bytearray(line)
    out[at] = ord("e") if out[at] != ord("e") else ord("f")
    return bytes(out)
