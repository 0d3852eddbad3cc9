"""What a supervisor hands to a worker, and how the two speak afterwards.

A worker is a program of its own and not a fork: it begins with nothing but these descriptors and one line of
JSON on its standard input. Nothing of it stands in arguments or environment, where others could read it.

    0  lines from the supervisor: first what `Handed` is, later `drain` or `reload`; the end of it all means
       that the supervisor is gone
    1  lines to the supervisor: `ready`, and `drain` when it begins to, whoever said so
    2  what the interpreter or a library prints
    3  the log, see `log_lines`
    4  memory to count in, see `shared`
    5  and on: the listening sockets, in the configuration's order
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil

from gateway.service.config import Config

ORDERS, REPORTS, ERRORS, LOG, NUMBERS, FIRST_LISTENER = range(6)
"""The descriptors."""

READY, DRAIN, RELOAD = b"ready", b"drain", b"reload"

BAD_CONFIG = 78
"""The exit status of a start that a mistake of the operator's prevents (sysexits.h, EX_CONFIG)."""

SHARED_LIMITS = ("max_connections", "max_connections_per_address", "max_backend_connections")
"""Limits of the whole gateway: each worker keeps its share."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a worker is told first.

    Attributes:
        reactor: The kind of reactor to run on (`reactors.reactor_kind`).
        config: The configuration (`config.to_text`).
        workers: How many of them share the limits.

    """

    reactor: str
    config: str
    workers: int

    def line(self) -> bytes:
        """Return it as a line."""
        return json.dumps(asdict(self)).encode() + b"\n"


def read_handed(line: bytes) -> Handed:
    """Return what a supervisor wrote with `Handed.line`."""
    return Handed(**json.loads(line))


def descriptors(numbers: int, listeners: Sequence[int]) -> Mapping[int, int | str]:
    """Return what a worker's descriptors are to be, as `spawnProcess` wants to know.

    Args:
        numbers: Descriptor of the memory to count in.
        listeners: Those of the listening sockets.

    """
    inherited = dict(enumerate(listeners, FIRST_LISTENER))
    return {ORDERS: "w", REPORTS: "r", ERRORS: "r", LOG: "r", NUMBERS: numbers, **inherited}


def share_of(config: Config, workers: int) -> Config:
    """Return the configuration of one of so many workers: its share of the limits, rounded up."""
    shares = {name: ceil(getattr(config.limits, name) / workers) for name in SHARED_LIMITS}
    return replace(config, limits=replace(config.limits, **shares))
