"""A virtual class as described by the school's document."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.classes.fields import FieldReader, address, clean, distinct

LONGEST_FOCUS = 4000
LONGEST_STUDENT_NAME = 100
"""In characters; longer texts are cut to fit the event's description."""

MOST_GUESTS = 200
"""Google's limit on an event's guests, including the student
(https://support.google.com/calendar/answer/37161)."""

LONGEST_ID = 1024
"""Google's limit on a private extended property, in characters; ours holds the class's id
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

    A class has changed if any of these fields has. The fingerprint covers all of them, in this
    order; fields with a default were added later and are omitted while they hold it, so that
    classes booked before do not look changed.
    """

    name: str
    preference_id: str
    start: datetime
    end: datetime
    class_type: ClassType
    student_email: str | None = field(repr=False)
    learning_focus: str = field(repr=False)
    max_participants: int | None
    student_name: str = field(default="", repr=False)
    participant_emails: tuple[str, ...] = field(default=(), repr=False)

    @property
    def guests(self) -> tuple[str, ...]:
        """Whom to invite: the student first, without duplicates."""
        return distinct(filter(None, (self.student_email, *self.participant_emails)))

    @property
    def id(self) -> str:
        """The document's id."""
        return self.name.rpartition("/")[2]

    @property
    def fingerprint(self) -> str:
        """Changes with anything the event shows of the class, and with the document's name, so
        that a copy of a booked document does not count as booked."""
        content: list[Any] = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.default is MISSING:
                content.append(value.isoformat() if isinstance(value, datetime) else value)
            elif value != each.default:
                content.append([each.name, value])
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """The fields of a document. `problems` has a line for each invalid one that an event needs;
    there is then no `virtual_class`. `left_out` names the other invalid ones. `status` is None
    if it is invalid."""

    status: Status | None
    virtual_class: VirtualClass | None
    problems: tuple[str, ...]
    left_out: tuple[str, ...]


def read_class(name: str, data: Mapping[str, Any]) -> Reading:
    """Reads the fields of the document with the full resource name `name`.

    A missing or malformed student's address is None but not `left_out`: the log says instead that
    the student was not invited.
    """
    read = FieldReader(data)
    status = read.one_of(Status, "status", default=Status.PENDING)
    class_type = read.one_of(ClassType, "classType")
    start, end = read.instant("startTime"), read.instant("endTime")
    if start and end and end <= start:
        read.problems.append("endTime must be after startTime")
    preference_id = data.get("preferenceId")
    if not isinstance(preference_id, str):
        read.problems.append("preferenceId must be a string")
    if len(name.rpartition("/")[2]) > LONGEST_ID:
        read.problems.append(f"the document's id must be at most {LONGEST_ID} characters")
    if read.problems or not (start and end and class_type and isinstance(preference_id, str)):
        return Reading(status, None, tuple(read.problems), ())
    virtual_class = VirtualClass(
        name=name,
        preference_id=clean(preference_id),
        start=start,
        end=end,
        class_type=class_type,
        student_email=address(data.get("studentEmail")),
        learning_focus=read.text("learningFocus", LONGEST_FOCUS),
        max_participants=read.count("maxParticipants", is_wanted=class_type is ClassType.GROUP),
        student_name=" ".join(read.text("studentName", LONGEST_STUDENT_NAME).split()),
        participant_emails=read.emails("participantEmails", MOST_GUESTS - 1),
    )
    return Reading(status, virtual_class, (), tuple(read.left_out))
