"""A row, run in one place: its scene is made, its calls are asked, what came of it is read as plain values."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.differential.boto import ask_boto
from tests.differential.buckets import Buckets
from tests.differential.commands import ask_aws, ask_s5cmd
from tests.differential.judge import Outcome
from tests.differential.minio_py import ask_minio
from tests.differential.places import Place, names_below_localhost
from tests.differential.plain import Plain
from tests.differential.rows import BEHIND_SOAP, Earlier, How, Own, Refused, Row, Scene, Step
from tests.differential.wire import ask_wire

Ask = Callable[[Place, How, Step, Path], Any]
CLIENTS: Mapping[str, Ask] = {
    "boto3": lambda place, how, step, _: ask_boto(place, how, step),
    "http": lambda place, how, step, _: ask_wire(place, how, step),
    "minio-py": lambda place, how, step, _: ask_minio(place, how, step),
    "aws-cli": ask_aws,
    "s5cmd": ask_s5cmd,
}
"""A client by its name in rows."""


@dataclass
class Runner:
    """Runs rows on one store, itself or behind gateways.

    Attributes:
        buckets: The store's.
        itself: The place without gateways.

    """

    buckets: Buckets
    itself: Place

    def run(self, row: Row, place: Place) -> Outcome:
        """Return what comes of a row in a place."""
        names = self._names(row)
        with tempfile.TemporaryDirectory() as directory, names_below_localhost():
            plain = Plain(_said(names, place, self.itself, directory), lambda: datetime.now(UTC))
            fill = _Filled({**names, "dir": directory}, [])
            try:
                self._make(row.scene, names, fill, Path(directory))
                refused = isinstance(row.soap, Refused) and place.name == BEHIND_SOAP
                before = plain.read(self._look(row, names, fill)) if refused or _judged(row) else None
                for step in row.steps[: 1 if refused else None]:
                    result = CLIENTS[row.client](place, row.how, fill.step(step), Path(directory))
                    fill.results.append(result)
                results = [_ordered(plain.read(result), row) for result in fill.results]
                after = plain.read(self._look(row, names, fill))
            finally:
                self.buckets.drop(*(names[said] for said in _named(row)))
                for name in row.scene.bobs:
                    self.buckets.drop_now(name)
        return Outcome(results, before, after)

    def _names(self, row: Row) -> dict[str, str]:
        made, scene = self.buckets.take, row.scene
        return {
            "bucket": self.buckets.name() if scene.things is None else made(),
            "other": made() if scene.other else self.buckets.name(),
            "new": self.buckets.name(),
        }

    def _make(self, scene: Scene, names: Mapping[str, str], fill: _Filled, directory: Path) -> None:
        for bob in scene.bobs:
            self.buckets.client.create_bucket(Bucket=bob)
        self.buckets.fill(names["bucket"], fill.value(scene.things or ()))
        for step in scene.prepared:
            fill.results.append(ask_boto(self.itself, How(), fill.step(step)))
        prepared, fill.results = fill.results, []
        for result in prepared:
            if result.get("status", 500) >= 300:
                raise ValueError(f"the scene cannot be made: {result}")
        for name, content in scene.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def _look(self, row: Row, names: Mapping[str, str], fill: _Filled) -> Any:
        return {
            "holds": {said: self.buckets.look(names[said]) for said in _named(row)},
            "seen": [ask_boto(self.itself, How(), fill.step(step)) for step in row.seen],
        }


@dataclass
class _Filled:
    """Values of a row with their names in place.

    Attributes:
        names: What stands for `{bucket}` and its like.
        results: Of earlier steps, as the client gave them.

    """

    names: Mapping[str, str]
    results: list[Any]

    def step(self, step: Step) -> Step:
        return Step(self.value(step.call), self.value(step.values))

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda found: self.names.get(found[1], found[0]), value)
        if isinstance(value, bytes):
            return re.sub(
                rb"\{(\w+)\}",
                lambda found: self.names.get(found[1].decode(), found[0].decode()).encode(),
                value,
            )
        if isinstance(value, Mapping):
            return {self.value(name): self.value(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.value(each) for each in value)
        return self._earlier(value) if isinstance(value, Earlier) else value

    def _earlier(self, earlier: Earlier) -> Any:
        found = self.results[earlier.step]
        for name in earlier.path.split("."):
            found = found[int(name)] if isinstance(found, list) else found.get(name, "")
        return found


def _named(row: Row) -> list[str]:
    """Which of its names a row has to do with."""
    asked = repr((row.steps, row.scene))
    made = {"other"} if row.scene.other else set()
    return ["bucket", *(said for said in ("other", "new") if said in made or f"{{{said}}}" in asked)]


def _judged(row: Row) -> bool:
    """Whether a gateway may refuse what the store does: then it counts what there was before."""
    soap = row.soap if isinstance(row.soap, tuple) else ()
    return bool(row.own) or any(isinstance(each, Own) for each in soap)


def _said(names: Mapping[str, str], place: Place, itself: Place, directory: str) -> dict[str, str]:
    """What stands in results for the names of this run; longer ones first."""
    said = {name: f"<{word}>" for word, name in names.items()}
    said[directory] = "<dir>"
    for host in place.hosts:
        said |= {f"https://{host}": "<address>", f"http://{host}": "<address>", host: "<host>"}
    for host in itself.hosts:
        word = "<host>" if host in place.hosts else "<store>"
        said |= {host: word, f"127.0.0.1:{host.rpartition(':')[2]}": word}
    return said


def _ordered(result: Any, row: Row) -> Any:
    if not row.any_order:
        return result
    return {name: sorted(value) if isinstance(value, list) else value for name, value in result.items()}
