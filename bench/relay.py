"""The REST relay, small answers: GET of an object that the store does not have, passed on as it comes.

Plain HTTP, 32 connections that stay. All get the same request, signed by SigV4: only a gateway with
`rest_auth = verify` looks at the signature, and signs anew for the store.
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench import wrk
from bench.faults import ANSWER_SECONDS, ratio_of
from bench.figures import Figure, Setting, Target
from bench.relays import serving_relay
from bench.store import running_store
from bench.subjects import Subject, certificate, pressed_in_turns, serving, serving_gateway
from bench.throughput import USER
from gateway.messages import HttpRequest
from gateway.rest.signature import EMPTY_SHA256, SigningKey, sign
from tests.stores.store import REGION

GROUP = "REST relay, small"
PASS = {"gateway": {"rest_auth": "pass"}}
HOST = "localhost"
PATH = "/bench/object"


def signed_fields(path: str, method: str = "GET", declared: str = EMPTY_SHA256) -> dict[str, str]:
    """Return the fields of a request to HOST, its signature among them: good for fifteen minutes."""
    headers = (("host", HOST),)
    key = SigningKey(USER.access_key, USER.secret_key, REGION)
    signature = sign(HttpRequest(method, path, headers), declared, key, datetime.now(UTC))
    return dict((*headers, *signature))


def check_answer(url: str, fields: dict[str, str]) -> None:
    """Ask once.

    Raises:
        RuntimeError: The answer is not the store's error.

    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", parts.path, headers=fields)
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    if answer.status != 404 or b"<Code>NoSuchKey</Code>" not in told:
        raise RuntimeError(f"{url} gives no such error: {answer.status} {told[:500]!r}")


def measure(setting: Setting) -> Iterator[Figure]:
    """Measure the gateway, passing signatures on and checking them, nginx, haproxy and twisted.web."""
    directory, core, fields = setting.directory, setting.server_core, signed_fields(PATH)
    script = wrk.request(
        directory / "get.lua", {name.title(): value for name, value in fields.items()}, method="GET"
    )
    certificates = certificate(directory)

    def subject(name: str, pid: int, url: str, peer: str = "") -> Subject:
        return Subject(Figure(GROUP, name, peer=peer), pid, f"{url}{PATH}", script)

    with ExitStack() as stack:
        store = stack.enter_context(running_store(directory / "store"))
        subjects: list[Subject] = []
        for name, settings in (("gateway, rest_auth = pass", PASS), ("gateway, rest_auth = verify", {})):
            place = directory / f"gateway{len(subjects)}"
            served = stack.enter_context(serving_gateway(place, [core], store, certificates, settings))
            subjects.append(subject(name, served.pid, served.plain))
        for name in ("nginx", "haproxy"):
            relay = stack.enter_context(serving_relay(name, directory / name, core, store, certificates))
            subjects.append(subject(name, relay.pid, relay.plain, name))
        for form, name, peer in (
            ("agent", "twisted.web, Agent with a pool", "Agent"),
            ("resource", "twisted.web, ReverseProxyResource", "Reverse"),
        ):
            port, pid = stack.enter_context(_twisted_web(form, core, store, directory / f"{form}.log"))
            subjects.append(subject(name, pid, f"http://127.0.0.1:{port}", peer))
        for each in subjects:
            check_answer(each.url, fields)
        passing, *rest = pressed_in_turns(setting, subjects)
        _, nginx, _, agent, _ = rest
        yield replace(
            passing,
            targets=(
                Target("rate, part of nginx's", ratio_of(passing.rate, nginx.rate), 0.40, 0.60),
                Target("rate, times twisted.web with Agent", ratio_of(passing.rate, agent.rate), 8),
            ),
        )
        yield from rest


def _twisted_web(form: str, core: int, store: int, log: Path) -> AbstractContextManager[tuple[int, int]]:
    module = [sys.executable, "-m", "bench.peers.twisted_web"]
    return serving(lambda port: [*module, form, str(port), str(store)], core, log)
