"""A store as tests see it: an address, users, and what it can do.

Capabilities are measured, not believed: each was seen to work on the version that the lint and
test groups of pyproject.toml install.
"""

from __future__ import annotations

from dataclasses import dataclass

REGION = "us-east-1"

ACL = "acl"
"""?acl can be read."""
PUT_ACL = "put-acl"
"""A bucket's ?acl can be written."""
PUT_OBJECT_ACL = "put-object-acl"
"""An object's ?acl can be written (of several grants moto keeps none, and answers 200)."""
GRANTS = "grants"
"""x-amz-grant-* of a PUT of an object take effect (SeaweedFS ignores them: the object stays private)."""
BUCKET_GRANTS = "bucket-grants"
"""x-amz-grant-* of a PUT of a bucket take effect."""
EMAILS = "emails"
"""A grantee named by e-mail is found among the users."""
LOGGING = "logging"
"""?logging can be read and written."""
SIGNATURES = "signatures"
"""A wrong signature is refused."""
CONDITIONS = "conditions"
"""If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since are obeyed on reads."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody the store knows."""

    name: str
    access_key: str
    secret_key: str
    canonical_id: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """A running store.

    Attributes:
        name: seaweedfs, juicefs or moto.
        endpoint_url: Where it answers, without a last slash.
        access_key: Of the first user, who may do everything.
        secret_key: The same user's.
        supports: Which of the capabilities of this module it has.
        users: All of them, the first one included.

    """

    name: str
    endpoint_url: str
    access_key: str
    secret_key: str
    supports: frozenset[str]
    users: tuple[User, ...]
