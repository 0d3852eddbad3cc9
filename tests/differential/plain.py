"""Results as plain values that two runs can be compared by.

What differs from run to run by nature is replaced by what it stands for: the names of the run's
buckets, the address, its directory, moments of now, and tokens that a store invents (upload ids,
versions, continuation tokens), which become numbers in the order of their first appearance, so that
the second mention of a token must be the same token again. Ids of requests are dropped, and aws-chunked among the encodings of an object: it is how its
bytes came, which clients choose by whether there is TLS, and SeaweedFS keeps it with the object.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

NOW = "<now>"
NEAR = timedelta(minutes=3)
SHORT = 400
"""Bytes; longer ones are told by their hash."""

DROPPED = {"RequestId", "HostId", "request_id", "host_id", "requestid", "hostid"}
DROP = object()
TOKENS = {
    "UploadId", "VersionId", "NextContinuationToken", "ContinuationToken", "DeleteMarkerVersionId",
    "CopySourceVersionId", "NextVersionIdMarker", "VersionIdMarker", "UploadIdMarker",
    "NextUploadIdMarker", "x-amz-version-id", "x-amz-copy-source-version-id", "version_id",
    "continuation_token", "NextToken",
}  # fmt: skip
"""Fields whose texts a store invents."""
INVENTED = 8
"""Characters: shorter ones may be anything where they stand in other texts."""
SAID = {"", "null"}
"""Texts in those fields that nobody invented."""

TRANSPORT = {
    "accept-ranges", "connection", "content-length", "date", "keep-alive", "server", "transfer-encoding",
    "x-amz-id-2", "x-amz-request-id", "seaweed-x-amz-noncurrent-since-ns",
}  # fmt: skip
"""Header fields of one connection or one request, or that say what a client tells once more: the length
of an object, and whether parts of it may be asked for."""

_MOMENTS: tuple[tuple[re.Pattern[str], Callable[[str], datetime]], ...] = (
    (
        re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"),
        lambda text: datetime.fromisoformat(re.sub(r"\.\d+", "", text.replace("Z", "+00:00"))),
    ),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), parsedate_to_datetime),
    (
        re.compile(r"\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d"),
        lambda text: datetime.fromisoformat(text.replace("/", "-")).astimezone(UTC),
    ),
)
_IDS = re.compile(r"(?i)((?:request|host) ?id[:=]) *[\w+/=-]*")


@dataclass
class Plain:
    """The reader of one run's results.

    Attributes:
        texts: What to replace by what, in all texts.
        now: The clock.
        tokens: Those seen, and their names.

    """

    texts: Mapping[str, str]
    now: Callable[[], datetime]
    tokens: dict[str, str] = field(default_factory=dict)

    def read(self, value: Any, name: str = "") -> Any:
        """Return a value of a client, named `name`, as dicts, lists, texts, numbers and bytes."""
        if isinstance(value, Mapping):
            kept = {key: _unchunked(key, each) for key, each in value.items() if key not in DROPPED}
            return {self.text(key): self.read(each, key) for key, each in kept.items() if each is not DROP}
        if isinstance(value, (list, tuple)):
            return [self.read(each, name) for each in value]
        if isinstance(value, datetime):
            return self._moment(value)
        if isinstance(value, (bytes, bytearray)):
            return told(bytes(value))
        if isinstance(value, str):
            return self._token(name, value) if name in TOKENS else self.text(value)
        return value

    def text(self, text: str) -> str:
        """Return a text with all that differs from run to run replaced."""
        for token, said in self.tokens.items():
            if len(token) >= INVENTED:
                text = text.replace(token, said)
        for mine, said in self.texts.items():
            text = text.replace(mine, said)
        for pattern, parse in _MOMENTS:
            text = pattern.sub(lambda found, parse=parse: self._moment_in(found[0], parse), text)
        return _IDS.sub(r"\1<id>", text)

    def _token(self, name: str, value: str) -> str:
        if value not in SAID and value not in self.tokens:
            self.tokens[value] = f"<{name} {len(self.tokens) + 1}>"
        return self.tokens.get(value, value)

    def _moment(self, moment: datetime) -> str:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return NOW if abs(self.now() - aware) < NEAR else aware.astimezone(UTC).isoformat()

    def _moment_in(self, text: str, parse: Callable[[str], datetime]) -> str:
        moment = parse(text)
        return NOW if abs(self.now() - moment) < NEAR else text


def _unchunked(name: str, value: Any) -> Any:
    if name not in {"ContentEncoding", "content-encoding"}:
        return value
    codings = [each for each in re.split(", *", value) if each != "aws-chunked"]
    return ",".join(codings) if codings else DROP


def told(data: bytes) -> Any:
    """Return bytes as they are, many of them by length and hash."""
    return data if len(data) <= SHORT else f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}"


def fields(headers: Mapping[str, str]) -> dict[str, str]:
    """Return header fields, without those of the transport."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lowered.items() if name not in TRANSPORT}
