"""Where a bucket and a key are: in the path, or the bucket in the host name.

Names and keys are characters here and bytes on the wire; `uri_encode` is the one spelling,
for the address and for its signature. Addresses are read in any spelling and never
normalised: `a//b` and `a/../b` are keys like any other. What would turn one address into
another (an empty key, a slash in a bucket's name) is refused here; all else is for the store
to judge.

Sources: the S3 documentation, "Virtual hosting of buckets"; wire rules 20 and 36.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from gateway.messages import Problem
from gateway.rest.signature import uri_encode
from gateway.wire.http1 import RequestHead

MAX_KEY: Final = 1024
"""Bytes of a key in UTF-8 (KeyTooLongError)."""

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r":[0-9]*\Z")
_UNSAFE = re.compile(r"[/\\?#%@:\x00-\x20\x7f]")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])\Z")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A store's address.

    Attributes:
        host: Its name or address, without brackets.
        port: Its port.
        tls: Whether it is spoken to over TLS.
        prefix: What stands before every path, without a slash at its end.

    """

    host: str
    port: int
    tls: bool = False
    prefix: str = ""

    @classmethod
    def of(cls, url: str) -> Endpoint:
        """Return the endpoint of an http or https URL.

        Raises:
            ValueError: The port is none.

        """
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        return cls(parts.hostname or "", parts.port or (443 if tls else 80), tls, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """The Host field: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address, which has no names below it."""
        return _is_address(self.host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def build_address(endpoint: Endpoint, style: str, bucket: str, key: str) -> tuple[str, str]:
    """Return Host and encoded path of a bucket or an object.

    Args:
        endpoint: The store's.
        style: "path", or "virtual" for the bucket in the host name where that can be: a
            name that is no DNS label keeps to the path (wire rule 36).
        bucket: "" for the service.
        key: "" for the bucket.

    """
    path = uri_encode(key, safe_slash=True)
    if not bucket:
        return endpoint.authority, f"{endpoint.prefix}/"
    if style == "virtual" and _LABEL.match(bucket) and not endpoint.is_address:
        return f"{bucket}.{endpoint.authority}", f"{endpoint.prefix}/{path}"
    return endpoint.authority, f"{endpoint.prefix}/{uri_encode(bucket, safe_slash=False)}/{path}".rstrip(
        "/" if not key else ""
    )


def parse_address(head: RequestHead, domains: Sequence[str]) -> tuple[str, str, str]:
    """Return what a client's request is about: bucket, key, and the bucket if its host names it.

    Args:
        head: The request's.
        domains: Our host names, in lower case; a name below one of them is a bucket.

    Returns:
        Each is "" where the request names none; the third is the first again, or "".

    Raises:
        Problem: InvalidURI, for a path that is no UTF-8; InvalidBucketName, InvalidArgument,
            KeyTooLongError.

    """
    in_host = _bucket_in(head.host, domains)
    bucket, _, key = ("", "", head.path[1:]) if in_host else head.path[1:].partition("/")
    bucket, key = in_host or decode(bucket), decode(key)
    if head.path != "/":  # an empty name before a key would make another address of it
        judge_bucket(bucket)
    return bucket, judge_key(key) if key else "", in_host


def _bucket_in(host: str, domains: Sequence[str]) -> str:
    """Return the bucket that a Host field names, "" for none: an address, ours, or a stranger's."""
    name = _PORT.sub("", host).removesuffix(".")
    found = [domain for domain in domains if name.endswith(f".{domain}")]
    if not found or name in domains or _is_address(name):
        return ""
    return judge_bucket(name.removesuffix(f".{max(found, key=len)}"))


def parse_query(query: str) -> tuple[tuple[str, str], ...]:
    """Return names and values of a query, decoded; `+` is a blank in both, as everywhere in queries.

    Raises:
        Problem: InvalidURI, for one that is no UTF-8.

    """
    pairs = [pair.partition("=") for pair in query.replace("+", "%20").split("&") if pair]
    return tuple((decode(name), decode(value)) for name, _, value in pairs)


def decode(text: str) -> str:
    """Return the characters of a percent-encoded text.

    Raises:
        Problem: InvalidURI, for an escape that is none or for bytes that are no UTF-8.

    """
    if "%" not in text and text.isascii():
        return text
    try:
        if _BAD_ESCAPE.search(text):
            raise Problem("InvalidURI")
        return unquote_to_bytes(text.encode("latin-1")).decode()
    except UnicodeError:
        raise Problem("InvalidURI") from None


def judge_bucket(name: str) -> str:
    """Return a bucket's name that is safe in a path and in a host.

    Raises:
        Problem: InvalidBucketName.

    """
    if not name or name in {".", ".."} or len(name) > 255 or _UNSAFE.search(name):
        raise Problem("InvalidBucketName", details=(("BucketName", name),))
    return name


def judge_key(key: str) -> str:
    """Return a key that can be addressed.

    Raises:
        Problem: InvalidArgument for an empty one, which would address the bucket;
            KeyTooLongError.

    """
    if not key:
        raise Problem(
            "InvalidArgument",
            "A key has at least one character.",
            (("ArgumentName", "Key"), ("ArgumentValue", "")),
        )
    size = len(key.encode())
    if size > MAX_KEY:
        raise Problem("KeyTooLongError", details=(("Size", str(size)), ("MaxSizeAllowed", str(MAX_KEY))))
    return key
