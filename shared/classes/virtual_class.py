"""A virtual class, as the school's document describes it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.classes.fields import FieldReader

LONGEST_FOCUS = 4000
"""Characters of `learningFocus`: it goes in full into the event's description, for which
Calendar's own pages allow 8192."""

LONGEST_ID = 1024
"""Characters of a private extended property, by which an event is known as a class's own
(https://developers.google.com/workspace/calendar/api/guides/extended-properties)."""


class Status(StrEnum):
    PENDING = "pending"
    SCHEDULED = "scheduled"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ClassType(StrEnum):
    INDIVIDUAL = "individual"
    GROUP = "grupal"


@dataclass(frozen=True, kw_only=True)
class VirtualClass:
    """What an event is made from. `name` is the document's full resource name.

    A class has changed if any of these fields has, and the fingerprint is made from all of
    them in this order: what is added later must not change the fingerprint while it is empty.
    """

    name: str
    preference_id: str
    start: datetime
    end: datetime
    class_type: ClassType
    student_email: str | None = field(repr=False)
    learning_focus: str = field(repr=False)
    max_participants: int | None

    @property
    def id(self) -> str:
        """The document's id."""
        return self.name.rpartition("/")[2]

    @property
    def fingerprint(self) -> str:
        """Changes with everything the event shows of the class, and with the document, so that
        a copy of a booked document does not pass for booked."""
        values = (getattr(self, each.name) for each in fields(self))
        content = [each.isoformat() if isinstance(each, datetime) else each for each in values]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """What a document's fields say. `problems` has a line for each bad one; then there is no
    `virtual_class`. `status` is None if it is bad."""

    status: Status | None
    virtual_class: VirtualClass | None
    problems: tuple[str, ...]


def read_class(name: str, data: Mapping[str, Any]) -> Reading:
    """Reads the fields of the document with the full resource name `name`.

    A student's address that is missing or malformed is not a problem: it must not cost a paid
    class its slot, and is None.
    """
    read = FieldReader(data)
    status = read.one_of(Status, "status", default=Status.PENDING)
    start, end = read.instant("startTime"), read.instant("endTime")
    class_type = read.one_of(ClassType, "classType")
    preference_id = read.text("preferenceId")
    student_email = read.email("studentEmail")
    learning_focus = read.text("learningFocus", longest=LONGEST_FOCUS)
    max_participants = read.positive("maxParticipants")
    if start and end and end <= start:
        read.problems.append("endTime must be after startTime")
    if len(name.rpartition("/")[2]) > LONGEST_ID:
        read.problems.append(f"the document's id must be at most {LONGEST_ID} characters")
    if read.problems or not (start and end and class_type):
        return Reading(status, None, tuple(read.problems))
    virtual_class = VirtualClass(
        name=name,
        preference_id=preference_id,
        start=start,
        end=end,
        class_type=class_type,
        student_email=student_email,
        learning_focus=learning_focus,
        max_participants=max_participants,
    )
    return Reading(status, virtual_class, ())
