"""Ask every store for every error and keep its replies: `python -m tests.stores.capture`.

Each reply goes to `tests/exchanges/errors/CODE.STORE.http` as it came, head and body. The command
tells which codes each store gave, and ends with status 1 when a reply that is kept there did not
come again: a store that changed its mind is news.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.stores.programs import PROGRAMS
from tests.stores.provocations import ATTEMPTS, prepare, tidy
from tests.stores.raw import Wire
from tests.stores.store import Store

ERRORS = Path(__file__).parents[1] / "exchanges" / "errors"
CODE = re.compile(rb"<Error>.*?<Code>([^<]+)</Code>", re.DOTALL)
TOLD_BY_STATUS = {403: "AccessDenied", 405: "MethodNotAllowed", 416: "InvalidRange", 500: "InternalError"}
"""What a reply without a readable code says (wire rule 1), as far as stores send such replies."""


def code_of(reply: bytes) -> str | None:
    """Return the S3 code that a raw reply tells, by its body or else by its status."""
    named = CODE.search(reply)
    if named:
        return named[1].decode()
    status = int(reply.split(b" ", 2)[1])
    return TOLD_BY_STATUS.get(status)


def replies(store: Store) -> Iterator[tuple[str, bytes]]:
    """Yield each code the store was asked for with the first reply that told it."""
    earned: set[str] = set()
    for number, (code, attempt) in enumerate(ATTEMPTS):
        if code in earned:
            continue
        wire = Wire(store, f"captured-{number}")
        prepare(wire)
        try:
            reply = attempt(wire)
        except OSError as problem:
            print(f"{store.name}: {code}: {problem}")
            continue
        finally:
            tidy(wire)
        if code_of(reply) == code:
            earned.add(code)
            yield code, reply


def main() -> int:
    """Capture all; return 1 when a kept reply did not come again."""
    ERRORS.mkdir(exist_ok=True)
    lost = []
    for name, program in PROGRAMS.items():
        kept = {path.name.split(".")[0] for path in ERRORS.glob(f"*.{name}.http")}
        with tempfile.TemporaryDirectory() as directory, program(Path(directory)) as store:
            came = dict(replies(store))
        for code, reply in came.items():
            (ERRORS / f"{code}.{name}.http").write_bytes(reply)
        print(f"{name}: {len(came)} codes: {' '.join(sorted(came))}")
        lost += [f"{code} from {name}" for code in sorted(kept - came.keys())]
    for line in lost:
        print(f"did not come again: {line}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
