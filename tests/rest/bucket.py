"""A model of a SOAP store that lists: as S3 does, or as stores that differ from it do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.messages import Answer, Call
from tests.rest.viewed import WHOSE

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWNER = {"ID": "alice-canonical-id", "DisplayName": "alice"}


@dataclass
class Bucket:
    """A SOAP store with one bucket, which lists as S3 does, or as stores that differ from it do.

    Attributes:
        keys: What is in it.
        groups: What a mark that is, or is below, a common prefix skips: "named" the prefix that is the
            mark, as S3; "below" each prefix that the mark is below, as RGW and MinIO; "" none.
        tells: Whether a page says its NextMarker where a delimiter was asked for.
        asked: The calls that came.

    """

    keys: tuple[str, ...] = ()
    groups: str = "named"
    tells: bool = True
    asked: list[Call] | None = None

    def __call__(self, call: Call) -> Answer:
        assert (call.operation, call.values["Bucket"], call.credentials) == ("ListBucket", "b", WHOSE)
        if self.asked is not None:
            self.asked.append(call)
        return Answer("ListBucket", self.page(call.values))

    def page(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return one page. Keys come in the order of their characters, which is that of their bytes."""
        prefix, marker, delimiter = (values.get(name, "") for name in ("Prefix", "Marker", "Delimiter"))
        size = values["MaxKeys"]
        names: list[str] = []
        for key in sorted(self.keys):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            name = key if end < 0 else key[: end + len(delimiter)]
            skipped = (self.groups == "named" and name == marker) or (
                self.groups == "below" and end >= 0 and marker.startswith(name)
            )
            if key.startswith(prefix) and key > marker and not skipped and name not in names[-1:]:
                names.append(name)
        page = names[:size]
        truncated = 0 < size < len(names)
        told = {"NextMarker": page[-1]} if truncated and delimiter and self.tells else {}
        is_group = {name: delimiter != "" and delimiter in name[len(prefix) :] for name in page}
        return {
            "Name": "b",
            "MaxKeys": size,
            "IsTruncated": truncated,
            "Contents": [entry(name) for name in page if not is_group[name]],
            "CommonPrefixes": [{"Prefix": name} for name in page if is_group[name]],
            **told,
        }


def entry(key: str) -> dict[str, Any]:
    return {
        "Key": key,
        "LastModified": NOON,
        "ETag": '"e"',
        "Size": len(key),
        "Owner": OWNER,
        "StorageClass": "STANDARD",
    }


def names_of(page: Mapping[str, Any]) -> list[str]:
    """Keys and common prefixes of a page, in the order of both."""
    keys = [one["Key"] for one in page.get("Contents", ())]
    return sorted(keys + [one["Prefix"] for one in page.get("CommonPrefixes", ())])
