"""Where seconds come from: the part of Twisted's `IReactorTime` that the shell uses.

Reactors are clocks, and so is `twisted.internet.task.Clock`, which tests advance by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Protocol


class Delayed(Protocol):
    """A call that has been put off: Twisted's `IDelayedCall`."""

    def cancel(self) -> None:
        """Do without it."""

    def active(self) -> bool:
        """Tell whether it is still to come."""


class Clock(Protocol):
    """Tells the time and puts calls off: Twisted's `IReactorTime`."""

    def seconds(self) -> float:
        """Return the time, of a reactor that of POSIX."""

    def callLater(self, delay: float, call: Callable[..., object], /, *args: Any) -> Delayed:  # noqa: N802
        """Call `call(*args)` in `delay` seconds."""


def http_date(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as Date fields tell it (RFC 9110, 5.6.7)."""
    return _date_of(int(seconds))


@lru_cache(maxsize=2)
def _date_of(second: int) -> str:
    """Write a date once for all answers of a second."""
    return formatdate(second, usegmt=True)
