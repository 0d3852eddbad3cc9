"""What a store's answer says beside its fields: its status, its data, and what its metadata tell of them.

A SOAP answer is an ordinary message whatever its Status says, its data stand inside or beside,
and their length is an entry of the metadata, if it is anywhere. Here these are brought
together and held against each other; what disagrees is no answer.

Sources: the facts of GetObject's results; wire rules 7, 29, 30 and 31.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from gateway.messages import Answer, Attachment, Body, Call, Piece, Problem
from gateway.soap.ranges import Part, parse_content_range
from gateway.tables.errors import code_for, known, phrase
from gateway.tables.operations import CONTENT_RANGE, OPERATIONS
from gateway.wire.proof import Tally

CONTENT_LENGTH: Final = "Content-Length"

_LENGTH = re.compile(r"[0-9]{1,19}\Z")

Values = Mapping[str, Any]


def status_of(values: Values) -> int:
    """Return the Status of a result; one that has none is good."""
    status: int = values.get("Status", values).get("Code", 200)
    return status


def judge_status(answer: Answer) -> None:
    """Return if the status inside an answer is one; else raise what it says (wire rule 30).

    Raises:
        Problem: Of the code that the Description is, else of the one that the status stands for.

    """
    row = OPERATIONS[answer.operation]
    code = status_of(answer.values)
    if code < 300 or code in row.also:
        return
    description = answer.values.get("Status", answer.values).get("Description", "").strip()
    if known(description):
        raise Problem(description)
    raise Problem(code_for(code, row.scope), "" if description == phrase(code) else description)


def settled(answer: Answer, call: Call, attachment: Attachment | None) -> Answer:
    """Return an answer with what was asked for and nothing else, its data wherever they came.

    Args:
        answer: As it was read.
        call: What was asked.
        attachment: What came beside the envelope.

    Raises:
        Problem: InternalError, for data that nobody asked for beside the envelope, or that came
            twice or not at all.

    """
    row = OPERATIONS[call.operation]
    wanted = {one.place.kind: one.names[0] for one in row.answer if not one.when or call.values.get(one.when)}
    unwanted = {name for one in row.answer if one.place.kind not in wanted for name in one.names}
    values = {name: value for name, value in answer.values.items() if name not in unwanted}
    code = status_of(values)
    if "status" in wanted:
        values["Status"] = {"Description": phrase(code), **values.get("Status", {}), "Code": code}
    if "metadata" in wanted:
        entries = values.get("Metadata", ())
        values["Metadata"] = [{"Value": "", **entry} for entry in entries if "Name" in entry]
    if "payload" in wanted and code != 304:
        values["Data"] = _data(answer.values, attachment)
    elif attachment is not None:
        raise Problem("InternalError", "The store attaches something that nobody asked for.")
    return replace(answer, values=values)


def _data(values: Values, attachment: Attachment | None) -> Piece:
    """Return the data of an answer that has some; those that are included are a Body already."""
    data: Piece | None = values.get("Data")
    if attachment is not None and not isinstance(data, Body):
        if data:
            raise Problem("InternalError", "The store's answer has data twice.")
        return attachment.body
    if data is None:
        if told_length(values) != 0:
            raise Problem("InternalError", "The store's answer has no data.")
        return b""
    return data


def told_length(values: Values) -> int | None:
    """Return the length that the metadata tell, None when they tell none."""
    for entry in values.get("Metadata", ()):
        if entry.get("Name", "").lower() == "content-length" and _LENGTH.match(entry.get("Value", "")):
            return int(entry["Value"])
    return None


def length_of_data(answer: Answer) -> int | None:
    """Return the bytes of the data in an answer that has some, None when they are not known."""
    data = answer.values["Data"]
    length: int | None = data.length if isinstance(data, Body) else len(data)
    return length


def of_length(answer: Answer, length: int | None) -> Answer:
    """Return an answer whose data are known to have `length` bytes.

    Args:
        answer: With its data, or without any.
        length: What is told of them; None when nothing is.

    Raises:
        Problem: InternalError, when they have another number. Where theirs is not known, they are
            counted as they pass, and broken off.

    """
    data = answer.values.get("Data")
    if data is None or length is None:
        return answer
    known = length_of_data(answer)
    if known is None:
        tally = Tally(length, md5=False)
        data = replace(data, length=length).coded(lambda: tally)
        return replace(answer, values={**answer.values, "Data": data})
    if known != length:
        raise Problem("InternalError", "The store's data are not as long as it says.")
    return answer


def part_told(answer: Answer) -> Part | None:
    """Return the part of an object that the metadata tell, None when they tell none."""
    told = (entry["Value"] for entry in answer.values["Metadata"] if entry["Name"] == CONTENT_RANGE)
    return parse_content_range(next(told, ""))


def as_part(answer: Answer, part: Part) -> Answer:
    """Return an answer that says which part of an object it is, in its status and its metadata."""
    told = {CONTENT_LENGTH: str(part.length), CONTENT_RANGE: str(part)}
    names = {name.lower() for name in told}
    entries = [entry for entry in answer.values["Metadata"] if entry["Name"].lower() not in names]
    entries += [{"Name": name, "Value": value} for name, value in told.items()]
    values = {**answer.values, "Metadata": entries, "Status": {"Code": 206, "Description": phrase(206)}}
    return of_length(replace(answer, values=values), part.length)
