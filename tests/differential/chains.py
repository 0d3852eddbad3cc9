"""The chains of gateways that rows are run through, and what is expected of each.

Behind SOAP: a client, the gateway that asks a SOAP store, the gateway that is that store, SeaweedFS.
Verified: a client, a gateway that checks who asks and signs anew, SeaweedFS. Passing: a client, a
gateway that leaves the check to the store, SeaweedFS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.differential.judge import Outcome, judge, judge_refusal
from tests.differential.places import Place
from tests.differential.rows import BEHIND_SOAP, Loss, Own, Refused, Row
from tests.differential.run import Runner
from tests.differential.table.losses import BY_SOAP

VERIFIED, PASSING = "verified", "passing"


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that runs.

    Attributes:
        place: Its first gateway.
        runner: Of the store at its end.
        directly: What comes of a row on that store itself.

    """

    place: Place
    runner: Runner
    directly: Callable[[Row], Outcome]

    def hold(self, row: Row) -> None:
        """Assert that a row comes to what has to come of it here.

        Raises:
            AssertionError: It does not.

        """
        name = self.place.name
        through = self.runner.run(row, self.place)
        if name == BEHIND_SOAP and isinstance(row.soap, Refused):
            judge_refusal(through, row.soap)
            return
        checked = name != PASSING
        asked = row.but(how=row.instead) if checked and row.instead else row
        if name == BEHIND_SOAP and row.plainly:
            asked = asked.but(steps=row.plainly)
        direct = self.directly(asked)
        more = self._otherwise(row)
        judge(
            direct,
            through,
            own=[*(row.own if checked else ()), *(each for each in more if isinstance(each, Own))],
            named=[each for each in more if isinstance(each, Loss)],
            general=BY_SOAP if name == BEHIND_SOAP else (),
        )

    def _otherwise(self, row: Row) -> tuple[Loss | Own, ...]:
        if self.place.name == VERIFIED:
            return row.rest
        return row.soap if self.place.name == BEHIND_SOAP and isinstance(row.soap, tuple) else ()
