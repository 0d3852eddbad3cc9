"""Listings as REST clients ask for them and read them: pages, their marks, and `encoding-type=url`.

SOAP knows one listing, ListBucket, whose Marker says after what a page begins. REST knows that one
and a second, ListObjectsV2, whose continuation token says the same and tells nobody what it means.
Our token is the marker itself, with a version before it and a checksum, so that nothing has to be
remembered between two pages and a token that is not ours is refused.

A mark that is a common prefix is the one difficult thing. S3 goes on behind everything below the
prefix; a store that takes the mark for a key would list the prefix again, page after page. So the
token carries a mark behind every key of the prefix, which both kinds of stores take for the same.

Sources: the S3 API reference, ListObjects and ListObjectsV2; messages as S3 words them; wire rule 19.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gateway.messages import Body, HttpReply, Problem
from gateway.rest.documents import document_reply, element
from gateway.rest.places import MAX_LISTED
from gateway.rest.signature import uri_encode
from gateway.tables.contract import Contract
from gateway.wire.texts import parse_integer
from gateway.wire.values import writer_of

TOKEN_VERSION: Final = b"\x01"
"""The first byte of a token. A marker that means something else gets another one."""

LAST: Final = "\U0010ffff"
"""Behind a prefix: a key that nothing below the prefix comes after."""

ENCODED: Final = frozenset({"Prefix", "Marker", "NextMarker", "Delimiter", "StartAfter"})
"""Texts of a listing that `encoding-type=url` encodes, beside its keys and common prefixes."""


def parse_page_size(text: str) -> int:
    """Return how many keys and common prefixes a page may have, 1,000 when nothing is said.

    Args:
        text: The query max-keys, "" for none.

    Raises:
        Problem: InvalidArgument.

    """
    if not text:
        return MAX_LISTED
    try:
        size = parse_integer(text, "int")
    except ValueError:
        raise _refused("max-keys", text, "Provided max-keys not an integer or within integer range") from None
    if size < 0:
        message = "Argument maxKeys must be an integer between 0 and 2147483647"
        raise _refused("max-keys", text, message)
    return min(size, MAX_LISTED)


def parse_encoding(text: str) -> bool:
    """Tell whether a listing's texts are to be encoded.

    Args:
        text: The query encoding-type, "" for none.

    Raises:
        Problem: InvalidArgument, for an encoding that is not `url`.

    """
    if text not in {"", "url"}:
        raise _refused("encoding-type", text, "Invalid Encoding Method specified in Request")
    return text == "url"


def _refused(name: str, value: str, message: str) -> Problem:
    return Problem("InvalidArgument", message, (("ArgumentName", name), ("ArgumentValue", value)))


# -- tokens -----------------------------------------------------------------------------------


def build_token(marker: str) -> str:
    """Return the continuation token of the page that begins after `marker`."""
    said = TOKEN_VERSION + marker.encode()
    return base64.urlsafe_b64encode(said + zlib.crc32(said).to_bytes(4, "big")).decode("ascii")


def parse_token(token: str) -> str:
    """Return the marker that a token stands for.

    Raises:
        Problem: InvalidArgument, for every token but those that `build_token` gives.

    """
    try:
        marker = base64.urlsafe_b64decode(token)[len(TOKEN_VERSION) : -4].decode()
    except ValueError:
        marker = ""
    if not marker or build_token(marker) != token:
        message = "The continuation token provided is incorrect"
        raise Problem("InvalidArgument", message, (("ArgumentName", "continuation-token"),))
    return marker


def last_listed(listed: Mapping[str, Any]) -> str:
    """Return the mark of a page's end: the store's NextMarker, else the last of the page, "" for none.

    A store tells it where a delimiter was asked for, and seldom otherwise.
    """
    prefixes = [one.get("Prefix", "") for one in listed.get("CommonPrefixes", ())[-1:]]
    keys = [one.get("Key", "") for one in listed.get("Contents", ())[-1:]]
    return listed.get("NextMarker") or max(keys + prefixes, default="")


def next_marker(listed: Mapping[str, Any]) -> str:
    """Return the marker of the page behind one that is truncated.

    Args:
        listed: An answer to ListBucket.

    Raises:
        Problem: InternalError, for an answer that says there is more and not where.

    """
    marker = last_listed(listed)
    if not marker:
        raise Problem("InternalError", "The store says that there is more to list, and not where.")
    is_prefix = any(marker == one.get("Prefix") for one in listed.get("CommonPrefixes", ()))
    return f"{marker}{LAST}" if is_prefix else marker


# -- documents --------------------------------------------------------------------------------


def listing_reply(
    contract: Contract, fields: Iterable[tuple[str, str]], listed: Mapping[str, Any], *, encoded: bool
) -> HttpReply:
    """Return a page as S3 writes it.

    Args:
        contract: For the types of keys and common prefixes.
        fields: What stands before them, in order. EncodingType and IsTruncated are added, last.
        listed: The page, as an answer to ListBucket has it.
        encoded: Whether the client asked for encoding-type=url.

    """
    space = contract.namespace
    return document_reply(space, "ListBucketResult", _page(contract, fields, listed, encoded=encoded))


def _page(
    contract: Contract, fields: Iterable[tuple[str, str]], listed: Mapping[str, Any], *, encoded: bool
) -> Iterator[str | Body]:
    for name, text in fields:
        yield element(name, encode(text) if encoded and name in ENCODED else text)
    if encoded:
        yield element("EncodingType", "url")
    yield element("IsTruncated", "true" if listed.get("IsTruncated") else "false")
    for name, text in (("Contents", "Key"), ("CommonPrefixes", "Prefix")):
        write = writer_of(contract.types["ListBucketResult"].by_name[name].type)
        for each in listed.get(name, ()):
            out: list[str | Body] = [f"<{name}>"]
            write(out, {**each, text: encode(each.get(text, ""))} if encoded else each)
            yield from out
            yield f"</{name}>"


def encode(text: str) -> str:
    """Return a text as `encoding-type=url` spells it: a blank is +, as at S3."""
    return uri_encode(text, safe_slash=True).replace("%20", "+")
