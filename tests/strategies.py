"""What hypothesis draws: texts that XML can carry, values of the contract's types, problems.

`values_of` makes values for the types as the readers give them, so that what is written and read
again must be equal: dates in UTC cut to milliseconds, ETags in their quotes, no empty lists.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from gateway.messages import Answer, Call, Credentials, Problem
from gateway.soap.calls import SECURITY
from gateway.tables.contract import Contract, Element, Type
from gateway.tables.errors import ALIASES, ERRORS, OWN_FIELDS, is_code, known
from gateway.wire.texts import NUMBERS, build_moment, parse_etag
from gateway.wire.values import KIND

CARRIED = st.characters(
    exclude_categories=("Cs", "Cc"),
    include_characters="\t\n\r\x7f\x85\x9f",
    exclude_characters="\ufffe\uffff",
)
"""Characters that XML 1.0 can carry."""

texts = st.text(CARRIED, max_size=20) | st.sampled_from(
    ["", " ", "\r\n", "a&b<c>d]]>", "\u2028", "\U0010ffff", "'\""]
)
"""Texts that come back as they were."""

hostile_texts = texts | st.text(st.characters(exclude_categories=()), max_size=20)
"""Any texts, also such as XML cannot carry."""

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9._-]{0,12}", fullmatch=True)
"""Names of elements in no namespace."""

_DAYS = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis adds the zone

moments = st.datetimes(*_DAYS, timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
"""Moments as S3 writes them: UTC, milliseconds."""

codes = (
    st.sampled_from(sorted({row.code for row in ERRORS}))
    | st.sampled_from(["KMS.Other", "NewCode", "Client", "Server", "Client.Twice", "X-1_2.3", "a"])
    | st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,30}", fullmatch=True)
).filter(lambda code: is_code(code) and code not in ALIASES)
"""Codes with a row and without."""


def values_of(kind: Type, name: str = "", without: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """Draw values of a type.

    Args:
        kind: The type.
        name: Of the element it stands in.
        without: Elements of it that are left out.

    """
    if kind.kinds:
        return st.one_of(
            [
                values_of(one).map(lambda value, chosen=chosen: {**value, KIND: chosen})
                for chosen, one in kind.kinds.items()
            ]
        )
    if kind.base:
        return _simple(kind, name)
    members = [element for element in kind.elements if element.name not in without]
    return st.fixed_dictionaries(
        {element.name: _several(element) for element in members if element.low and not element.nillable},
        optional={
            element.name: _several(element) for element in members if not element.low or element.nillable
        },
    )


def _several(element: Element) -> st.SearchStrategy[Any]:
    one = values_of(element.type, element.name)
    return one if element.high == 1 else st.lists(one, min_size=1, max_size=3)


def _simple(kind: Type, name: str) -> st.SearchStrategy[Any]:
    if kind.allowed:
        return st.sampled_from(kind.allowed)
    if kind.base in NUMBERS:
        return st.integers(-NUMBERS[kind.base], NUMBERS[kind.base] - 1)
    if name == "ETag":
        return texts.map(parse_etag)
    return {
        "string": texts,
        "boolean": st.booleans(),
        "dateTime": moments,
        "base64Binary": st.binary(max_size=40),
    }[kind.base]


credentials = st.builds(
    Credentials,
    access_key=texts.map(str.strip).filter(bool),
    timestamp=moments.map(build_moment),
    signature=texts.map(str.strip).filter(bool),
)
"""Security elements as they are read: trimmed, and none empty."""


def calls_of(contract: Contract, operations: tuple[str, ...] = ()) -> st.SearchStrategy[Call]:
    """Draw calls of any operation, or of those named."""
    return st.sampled_from(operations or tuple(contract.operations)).flatmap(
        lambda name: st.builds(
            Call,
            st.just(name),
            values_of(contract.operations[name].request, without=SECURITY),
            st.none() | credentials,
        )
    )


def answers_of(contract: Contract) -> st.SearchStrategy[Answer]:
    """Draw answers of any operation."""
    return st.sampled_from(tuple(contract.operations)).flatmap(
        lambda name: st.builds(Answer, st.just(name), _answered(contract.operations[name].response))
    )


def _answered(response: Type) -> st.SearchStrategy[Any]:
    return values_of(response.elements[0].type) if response.elements else st.just({})


details = st.lists(
    st.tuples(names.filter(lambda name: name not in OWN_FIELDS), texts),
    max_size=3,
    unique_by=lambda pair: pair[0],
).map(tuple)
"""Further fields of an error."""

problems = st.builds(
    Problem,
    code=codes,
    message=texts,
    details=details,
    request_id=texts,
    host_id=texts,
    resource=texts,
    status=st.none(),
).map(lambda problem: problem if known(problem.code) else Problem(**{**_fields(problem), "status": 400}))
"""Errors as a party tells them; one without a row has the status of its class."""


def _fields(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in Problem.__dataclass_fields__}
