"""Where a bucket and a key are: in the path, or the bucket in the host name.

Names and keys are characters here and bytes on the wire; `uri_encode` is the one spelling,
for the address and for its signature. What would turn one address into another (an empty
key, a slash in a bucket's name) is refused here; all else is for the store to judge.

Sources: the S3 documentation, "Virtual hosting of buckets"; wire rule 36.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.messages import Problem
from gateway.rest.signature import uri_encode

MAX_KEY: Final = 1024
"""Bytes of a key in UTF-8 (KeyTooLongError)."""

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
        try:
            ipaddress.ip_address(self.host)
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
