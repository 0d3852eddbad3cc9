"""What SOAP never had, or loses: named once, with reasons."""

from __future__ import annotations

from tests.differential.rows import Refused


class _Refusals(dict[str, Refused]):
    """Refusals by what they name."""

    def __missing__(self, names: str) -> Refused:
        return Refused(names)


ONLY_REST = _Refusals()
"""`ONLY_REST["x"]`: the row asks for x, which SOAP never had; the answer names it."""
