"""What is held: a class, its fields in Firestore, and which classes take their hours. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

LONGEST_CLASS = timedelta(hours=4)
"""No class may take longer: an overlapping one is looked for among those that start up to this long
before."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class WantedClass:
    """What a student wants to pay for. Raises ValueError for hours that no class can have."""

    start: datetime
    end: datetime
    class_type: str  # "individual" or "grupal"
    student_email: str = field(repr=False)
    student_name: str = field(default="", repr=False)
    learning_focus: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("start and end need an offset")
        if not timedelta() < self.end - self.start <= LONGEST_CLASS:
            raise ValueError(f"end must be after start, by {LONGEST_CLASS} at most")

    @property
    def student(self) -> str:
        """The address by which a student is known, however it is typed."""
        return self.student_email.strip().lower()

    @property
    def student_key(self) -> str:
        """A document id for the student: an address may have characters that an id may not."""
        return hashlib.sha256(self.student.encode()).hexdigest()

    def days(self, zone: ZoneInfo) -> list[date]:
        """The school's days that the class touches. Two classes that overlap share one."""
        last_instant = self.end - timedelta(microseconds=1)
        first, last = self.start.astimezone(zone).date(), last_instant.astimezone(zone).date()
        return [first] if first == last else [first, last]

    def document(self, held_until: datetime) -> dict[str, Any]:
        """The class as `create_event` and `list_events` read it, but for its `preferenceId`."""
        return {
            "startTime": self.start,
            "endTime": self.end,
            "classType": self.class_type,
            "studentEmail": self.student,
            "studentName": self.student_name,
            "learningFocus": self.learning_focus,
            "status": "pending",
            "heldUntil": held_until,
        }

    def is_described_by(self, document: Document) -> bool:
        """Whether the document is this student's class, of this kind and at these hours."""
        wanted = (self.start, self.end, self.class_type, self.student)
        names = ("startTime", "endTime", "classType", "studentEmail")
        return wanted == tuple(map(document.get, names))

    def overlaps(self, document: Document) -> bool:
        """Whether a class that starts before this one ends has not ended when it starts. One whose
        end cannot be read counts as not ended."""
        end = document.get("endTime")
        return not isinstance(end, datetime) or end > self.start

    def meets(self, document: Document, now: datetime) -> bool:
        """Whether an overlapping class takes its hours, and so some of these."""
        return takes_hours(document, now) and self.overlaps(document)


@dataclass(frozen=True)
class Preference:
    """What a class is paid by at Mercado Pago; the student pays at `init_point`."""

    id: str
    init_point: str

    @classmethod
    def written_in(cls, document: Document) -> Self | None:
        """What `Holds.offer` has written on the class."""
        if "preferenceId" not in document:
            return None
        return cls(document["preferenceId"], document["initPoint"])


@dataclass(frozen=True)
class HeldClass:
    """A class that takes its hours from `held_since` until `held_until`, and is to be paid before
    `pay_until`. It has no `preference` until `Holds.offer` has written it down."""

    id: str
    wanted: WantedClass
    held_since: datetime
    pay_until: datetime
    held_until: datetime
    preference: Preference | None = None


def takes_hours(document: Document, now: datetime) -> bool:
    """Whether the class is in the calendar, paid for and on its way there, or held."""
    if _status(document) == "cancelled":
        return False
    return bool(document.get("googleEventId")) or is_held(document, now) or _is_paid(document)


def is_held(document: Document, now: datetime) -> bool:
    """Whether somebody may still pay for the class, and has not."""
    until = document.get("heldUntil")
    is_open = _status(document) == "pending" and not document.get("googleEventId")
    return is_open and not _is_paid(document) and isinstance(until, datetime) and until > now


def _is_paid(document: Document) -> bool:
    """Whether `create_event` was asked for the class and has not brought it in line yet."""
    was_asked_for = "calendarClaim" in document or "calendarError" in document
    return was_asked_for and _status(document) != "completed"


def _status(document: Document) -> str:
    return str(document.get("status") or "pending").strip().lower()
