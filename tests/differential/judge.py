"""What the gateway's client has to see, given what the store's own client saw.

The losses that a row names are written into the store's result, each has to change something there,
and then both results must be equal. Losses that hold for a whole cell need no naming by each row: they
are taken where their field is there at all.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from gateway.tables.errors import ERRORS, message_of
from tests.differential.rows import ABSENT, Loss, Own, Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row in one place.

    Attributes:
        results: Of each step, as plain values.
        before: What the store held before; None where nobody will ask.
        after: What it held after.

    """

    results: list[Any]
    before: Any
    after: Any


HELD = "then: "
"""Begins the path of a Loss in what the store holds afterwards."""


class NotLostError(AssertionError):
    """A row excuses a difference that there is not."""


def _places(value: Any, path: list[str]) -> Iterator[tuple[Any, Any]]:
    """The containers, and keys in them, that a path leads to; the last key need not be there."""
    name, *rest = path
    if isinstance(value, dict):
        keys: Iterable[Any] = list(value) if name == "*" else [name]
    elif isinstance(value, list):
        keys = range(len(value)) if name == "*" else [int(name)] if name.isdigit() else []
    else:
        return
    for key in keys:
        if not rest:
            yield value, key
        elif isinstance(value, list) or key in value:
            yield from _places(value[key], rest)


def _lose(results: list[Any], loss: Loss) -> None:
    for result in results:
        for holder, key in list(_places(result, loss.path.split("."))):
            there = isinstance(holder, list) or key in holder
            if loss.instead is ABSENT:
                if there:
                    holder.pop(key)
            elif there or loss.step is not None:
                holder[key] = loss.instead(holder[key]) if callable(loss.instead) else loss.instead


def lose(results: list[Any], losses: Iterable[Loss], *, must: bool) -> list[Any]:
    """Return the results with the losses in them.

    Args:
        results: Of the steps, on the store itself. A loss is looked for in each.
        losses: What is otherwise.
        must: Whether each loss has to change something.

    Raises:
        NotLostError: One of them changed nothing.

    """
    changed = copy.deepcopy(results)
    for loss in losses:
        before = copy.deepcopy(changed)
        _lose(changed if loss.step is None else changed[loss.step : loss.step + 1], loss)
        if must and before == changed:
            raise NotLostError(f"the store's own answer is just as {loss} says: {before}")
    return changed


def differences(store: Any, gateway: Any, path: str = "") -> Iterator[str]:
    """Tell each place where two plain values differ, a line each."""
    if isinstance(store, dict) and isinstance(gateway, dict):
        for name in {**store, **gateway}:
            yield from differences(store.get(name, ABSENT), gateway.get(name, ABSENT), f"{path}.{name}")
    elif isinstance(store, list) and isinstance(gateway, list):
        for number in range(max(len(store), len(gateway))):
            ours, theirs = (each[number] if number < len(each) else ABSENT for each in (store, gateway))
            yield from differences(ours, theirs, f"{path}.{number}")
    elif store != gateway or type(store) is not type(gateway):
        yield f"{path.lstrip('.')}: the store {store!r}, the gateway {gateway!r}"


def _assert_equal(store: Any, gateway: Any) -> None:
    found = list(differences(store, gateway))
    assert not found, "\n".join(found)


def done(result: Any) -> bool:
    """Tell whether a call did what it was to do, as far as its client says."""
    if isinstance(result, dict) and "exit" in result:
        return result["exit"] == 0
    if isinstance(result, dict):
        return refusal(result)[1] is None and result.get("status", 200) < 300 and "raised" not in result
    return True


def refusal(result: Any) -> tuple[Any, Any]:
    """Return status and code of an error, as any client tells them; of a command line, all codes it says."""
    if "exit" in result:
        said = " ".join(result["errors"])
        return result["exit"], sorted({row.code for row in ERRORS if re.search(rf"\b{row.code}\b", said)})
    body = result.get("body")
    if isinstance(body, list) and body[0] == "Error":
        return result["status"], dict(each[:2] for each in body[1:]).get("Code")
    return result.get("status"), result.get("code") or result.get("Error", {}).get("Code")


def _said(result: Any) -> str:
    """Return the message of an error, as any client tells it; of a command line, all that it says."""
    if "exit" in result:
        return " ".join(result["errors"])
    body = result.get("body")
    if isinstance(body, list) and body[0] == "Error":
        return str(dict(each[:2] for each in body[1:]).get("Message"))
    return str(result.get("message") or result.get("Error", {}).get("Message"))


def _own_error(ours: Any, theirs: Any, own: Own) -> tuple[Any, Any]:
    """Return the error that a gateway has to answer, and the one that it answered."""
    status, code = refusal(ours)
    wanted = (own.status or status, own.code or code)
    message = own.message or (message_of(own.code, "") if own.code else _said(ours))
    answered = (*refusal(theirs), _said(theirs))
    if "exit" in ours:  # a message stands among other words there
        return (status, [own.code] if own.code else code, True), (*answered[:2], message in answered[2])
    if (own.code or own.status or own.message) and (*wanted, message) == (status, code, _said(ours)):
        raise NotLostError(f"the store's own error is just as {own} says")
    return (*wanted, message), answered


def _in_own_words(direct: list[Any], through: list[Any], own: Own) -> tuple[list[Any], list[Any]]:
    """Both results, with the error in place of what the gateway says itself."""
    store, gateway = list(direct), list(through)
    for number, (ours, theirs) in enumerate(zip(direct, through, strict=True)):
        if own.step not in {None, number}:
            continue
        if own.step is None and done(ours) and done(theirs):
            continue
        store[number], gateway[number] = _own_error(ours, theirs, own)
    return store, gateway


def judge(
    direct: Outcome,
    through: Outcome,
    *,
    own: Iterable[Own] = (),
    named: Collection[Loss] = (),
    general: Iterable[Loss] = (),
) -> None:
    """Assert that the outcome through a gateway is that on the store.

    Args:
        direct: The store's.
        through: The gateway's.
        own: What the gateway answers in its own words.
        named: What must be otherwise.
        general: What may be otherwise.

    Raises:
        AssertionError: It is not, or a loss that was named did not happen.

    """
    said = [loss for loss in named if not loss.path.startswith(HELD)]
    held = [replace(loss, path=loss.path.removeprefix(HELD)) for loss in named if loss.path.startswith(HELD)]
    expected = lose(lose(direct.results, general, must=False), said, must=True)
    seen, stricter = through.results, False
    for each in own:
        stricter |= each.status >= 400 and all(done(result) for result in direct.results)
        expected, seen = _in_own_words(expected, seen, each)
    _assert_equal(expected, seen)
    kept = lose([through.before if stricter else direct.after], held, must=True)
    _assert_equal(kept, [through.after])


def judge_refusal(through: Outcome, refused: Refused) -> None:
    """Assert that SOAP's not having an operation was said, by name, and nothing was done.

    Raises:
        AssertionError: The first step was answered otherwise (in the answer to many deletions, the
            object's part of it), or the store holds something else now.

    """
    first = through.results[0]
    text = str(first)
    assert "NotImplemented" in text or "501" in text, text
    assert refused.names in text, text
    assert first.get("status", 501) == 501 or "Errors" in first, text
    _assert_equal(through.before, through.after)
