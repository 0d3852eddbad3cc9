"""Requests of REST clients, signed by botocore in the four ways, that a test may alter in one place and send."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gateway.messages import Problem
from gateway.rest.authorization import Presented, authorize
from gateway.tables.errors import row_for
from gateway.wire.http1 import RequestHead, parse_request_head

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
NOW = datetime(2013, 5, 24, tzinfo=UTC)
SECRETS = {ACCESS_KEY: SECRET}

V4, V4_QUERY, V2, V2_QUERY = WAYS = ("v4", "v4-query", "v2", "v2-query")


@dataclass(frozen=True)
class Wire:
    """A request's head before it is bytes."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def pairs(self) -> list[str]:
        query = self.target.partition("?")[2]
        return query.split("&") if query else []

    def at(self, path: str) -> Wire:
        return replace(self, target=self.target.replace(self.path, path, 1))

    def asking(self, pairs: list[str]) -> Wire:
        return replace(self, target=f"{self.path}?{'&'.join(pairs)}" if pairs else self.path)

    def having(self, *headers: tuple[str, str]) -> Wire:
        """The same with more fields."""
        return replace(self, headers=(*self.headers, *headers))

    def without(self, name: str) -> Wire:
        return replace(self, headers=tuple(field for field in self.headers if field[0].lower() != name))

    def saying(self, name: str, value: str) -> Wire:
        """The same with another value of a field."""
        return replace(
            self,
            headers=tuple((key, value if key.lower() == name else given) for key, given in self.headers),
        )

    def value(self, name: str) -> str:
        return next(value for key, value in self.headers if key.lower() == name)

    @property
    def head(self) -> RequestHead:
        lines = [f"{self.method} {self.target} HTTP/1.1", *[f"{key}: {value}" for key, value in self.headers]]
        return parse_request_head("\r\n".join([*lines, "\r\n"]).encode())


def head_of(text: str) -> RequestHead:
    """The head of a request written in lines, as the documentation prints it."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return parse_request_head("\r\n".join([*lines, "\r\n"]).encode())


def ask(
    head: RequestHead, *, bucket_in_host: str = "", now: datetime = NOW, secrets=SECRETS, region: str = REGION
) -> Presented | None:
    return authorize(head, bucket_in_host=bucket_in_host, secret_of=secrets.get, now=now, region=region)


def judged(head: RequestHead, **circumstances) -> Presented | Problem | None:
    """What comes of a request, a problem included."""
    try:
        return ask(head, **circumstances)
    except Problem as problem:
        return problem


def refusal(head: RequestHead, **circumstances) -> Problem:
    """The problem a request is refused with, whose status is 400 or 403."""
    problem = judged(head, **circumstances)
    assert isinstance(problem, Problem)
    assert row_for(problem.code, problem.message).status in {400, 403}
    return problem


def sign(
    way: str,
    method: str,
    url: str,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    auth_path: str | None = None,
    now: datetime = NOW,
    expires: int = 3600,
    access_key: str = ACCESS_KEY,
    secret: str = SECRET,
    region: str = REGION,
) -> Wire:
    """What botocore would send; `auth_path` is the path with its bucket, which SigV2 signs."""
    credentials = Credentials(access_key, secret)
    signer = {
        V4: lambda: botocore.auth.S3SigV4Auth(credentials, "s3", region),
        V4_QUERY: lambda: botocore.auth.S3SigV4QueryAuth(credentials, "s3", region, expires),
        V2: lambda: botocore.auth.HmacV1Auth(credentials),
        V2_QUERY: lambda: botocore.auth.HmacV1QueryAuth(credentials, expires),
    }[way]()
    if way == V2:
        signer._get_date = lambda: format_datetime(now, usegmt=True)
    if way == V2_QUERY:
        signer._get_date = lambda: str(int((now + timedelta(seconds=expires)).timestamp()))
    request = AWSRequest(method=method, url=url, auth_path=auth_path)
    for name, value in headers:
        request.headers[name] = value
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now.replace(tzinfo=None)):
        signer.add_auth(request)
    parts = urlsplit(request.url)
    sent = [("Host", parts.netloc), *request.headers.items()]
    if way == V2_QUERY:  # botocore keeps its Expires there for itself
        sent = [field for field in sent if field[0] != "Date"]
    return Wire(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, tuple(sent))
