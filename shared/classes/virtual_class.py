"""A virtual class, as the school's document describes it."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared import rfc3339
from shared.errors import InvalidVirtualClass

LONGEST_FOCUS = 4000
"""Characters of `learningFocus`: it goes in full into the event's description, for which
Calendar's own pages allow 8192."""

LONGEST_ID = 1024
"""Characters of a private extended property, by which an event is known as a class's own
(https://developers.google.com/workspace/calendar/api/guides/extended-properties)."""

# Google has the last word on an address; this keeps away what is none at all.
_WORD = r"[^\s@<>,;:\"()\[\]\\.]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_WORD}(\.{_WORD})*@{_WORD}(\.{_WORD})+")


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
    """What an event is made from. `name` is the document's full resource name."""

    name: str
    preference_id: str
    start: datetime
    end: datetime
    class_type: ClassType
    student_email: str | None = field(repr=False)
    learning_focus: str = field(repr=False)
    max_participants: int | None

    @classmethod
    def from_document(cls, name: str, data: Mapping[str, Any]) -> "VirtualClass":
        """Raises InvalidVirtualClass with one line in `details` for each bad field.

        A student's address that is missing or malformed is not one: it must not cost a paid
        class its slot, and is None.
        """
        read = _Fields(data)
        read.status()
        start, end = read.instant("startTime"), read.instant("endTime")
        if start and end and end <= start:
            read.problems.append("endTime must be after startTime")
        virtual_class = cls(
            name=name,
            preference_id=read.text("preferenceId"),
            start=start or _NEVER,
            end=end or _NEVER,
            class_type=read.class_type(),
            student_email=read.email("studentEmail"),
            learning_focus=read.text("learningFocus", longest=LONGEST_FOCUS),
            max_participants=read.positive("maxParticipants"),
        )
        if len(virtual_class.id) > LONGEST_ID:
            read.problems.append(f"the document's id must be at most {LONGEST_ID} characters")
        if read.problems:
            raise InvalidVirtualClass(details=read.problems)
        return virtual_class

    @property
    def id(self) -> str:
        """The document's id."""
        return self.name.rpartition("/")[2]

    @property
    def fingerprint(self) -> str:
        """Changes with everything the event shows of the class, and with the document, so that
        a copy of a booked document does not pass for booked."""
        content = [
            self.name,
            self.preference_id,
            self.start.isoformat(),
            self.end.isoformat(),
            self.class_type,
            self.student_email,
            self.learning_focus,
            self.max_participants,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


_NEVER = datetime.max.replace(tzinfo=UTC)


def status_of(data: Mapping[str, Any]) -> Status:
    """The class's status; `pending` if the field is missing. Raises InvalidVirtualClass."""
    read = _Fields(data)
    status = read.status()
    if read.problems:
        raise InvalidVirtualClass(details=read.problems)
    return status


class _Fields:
    """Reads a document field by field and keeps a line for each bad one. The line names the
    field and the rule, never the value."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.problems: list[str] = []

    def status(self) -> Status:
        value = self._data.get("status")
        try:
            return Status.PENDING if value is None else Status(value)
        except ValueError:
            self.problems.append(f"status must be one of {', '.join(Status)}")
            return Status.PENDING

    def class_type(self) -> ClassType:
        try:
            return ClassType(str(self._data.get("classType")))
        except ValueError:
            self.problems.append(f"classType must be one of {', '.join(ClassType)}")
            return ClassType.INDIVIDUAL

    def instant(self, key: str) -> datetime | None:
        value = self._data.get(key)
        try:
            if isinstance(value, datetime):
                instant = datetime.fromtimestamp(int(value.timestamp()), UTC)
            elif isinstance(value, str):
                instant = rfc3339.parse(value.strip()).replace(microsecond=0)
            else:
                raise ValueError
            if not 1970 <= instant.year < 9999:
                raise ValueError
        except (ValueError, OverflowError, OSError):
            self.problems.append(f"{key} must be a timestamp or an RFC 3339 date-time with offset")
            return None
        return instant

    def text(self, key: str, longest: int | None = None) -> str:
        value = self._data.get(key)
        text = "" if value is None else value
        if not isinstance(text, str):
            self.problems.append(f"{key} must be a string")
            return ""
        if longest is not None and len(text) > longest:
            self.problems.append(f"{key} must be at most {longest} characters")
        return _without_control_characters(text).strip()

    def email(self, key: str) -> str | None:
        if not self.text(key):
            return None
        address = str(self._data[key]).strip()
        is_address = len(address) <= 254 and address.isprintable() and _EMAIL.fullmatch(address)
        return address if is_address else None

    def positive(self, key: str) -> int | None:
        value = self._data.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.problems.append(f"{key} must be a whole number above 0")
            return None
        return value


def _without_control_characters(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
