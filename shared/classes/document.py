"""A class's document: what the school and booking have written on it, and what booking writes.

Every field that is booking's own is read and written here and nowhere else.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any, Self

from shared.classes.virtual_class import Reading, Status, read_class
from shared.errors import ServiceError


class Mark(Enum):
    """What a write asks of Firestore in place of a value."""

    REMOVED = "remove the field"
    SERVER_TIME = "the time of the write, by Firestore's clock"


Changes = Mapping[str, Any]
"""What a write puts on a document: values and `Mark`s by field."""


def event_id(class_name: str, generation: int) -> str:
    """The id of the event of a class's document. A deleted event's id is never free again,
    hence the generation. Google allows base32hex's lower case alphabet for ids."""
    digest = hashlib.sha256(f"{class_name}#{generation}".encode()).digest()
    return base64.b32hexencode(digest).decode().rstrip("=").lower()


@dataclass(frozen=True)
class ClassDocument:
    """A class's document as it was at `read_time`, by Firestore's clock. `name` is its full
    resource name; `version` tells it from what it was before and will be."""

    id: str
    name: str
    data: Mapping[str, Any]
    version: Any
    read_time: datetime

    @cached_property
    def reading(self) -> Reading:
        """What the school has written: equal as long as the class has not changed."""
        return read_class(self.name, self.data)

    @property
    def event_id(self) -> str | None:
        """The id of the event that is recorded as the class's."""
        value = self.data.get("googleEventId")
        return value if value and isinstance(value, str) else None

    @property
    def is_booked(self) -> bool:
        """Whether its event is recorded, with its Meet link unless there will be none."""
        return self.event_id is not None and not self.lacks_meet_link

    @property
    def is_link_to_come(self) -> bool:
        """Whether its event is recorded and had no Meet link yet."""
        return self.event_id is not None and self.lacks_meet_link

    @property
    def lacks_meet_link(self) -> bool:
        """Whether a Meet link may still come; null says that there will be none."""
        link = self.data.get("meetLink", "")
        return link is not None and not link

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the class as it was when it was booked."""
        return self.data.get("calendarFingerprint")

    @property
    def student_invited(self) -> bool | None:
        return self.data.get("studentInvited")

    @property
    def invited(self) -> tuple[str, ...] | None:
        """Whom we invited, or may have; None on a class booked before that was recorded."""
        value = self.data.get("invitedEmails")
        return tuple(map(str, value)) if isinstance(value, list) else None

    @property
    def generation(self) -> int | None:
        """How many events of this class were deleted; None if the field is bad."""
        value = self.data.get("calendarGeneration", 0)
        is_good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return value if is_good else None

    @property
    def derived_event_id(self) -> str | None:
        """The id under which the class's event is made; None if the generation is bad."""
        return None if self.generation is None else event_id(self.name, self.generation)

    @property
    def is_at_rest(self) -> bool:
        """Whether no claim and no failure is left on it. A leftover means that another delivery
        is working, or that the event may differ from what is recorded."""
        return self.data.keys().isdisjoint({"calendarClaim", "calendarError"})

    @property
    def claim_token(self) -> Any:
        return self._part("calendarClaim").get("token")

    @property
    def claim_expires_at(self) -> datetime | None:
        value = self._part("calendarClaim").get("expiresAt")
        return value if isinstance(value, datetime) else None

    @property
    def claim_seconds_left(self) -> float:
        """Until the lease on the document runs out; 0 if there is none, or it has."""
        end = self.claim_expires_at
        return max((end - self.read_time).total_seconds(), 0.0) if end else 0.0

    @property
    def failure_code(self) -> str | None:
        """The code of the last delivery's failure; None if it did not fail."""
        code = self._part("calendarError").get("code", "")
        return str(code) if "calendarError" in self.data else None

    @property
    def failing_since(self) -> datetime | None:
        """When the first failure in a row was recorded."""
        since = self._part("calendarError").get("since")
        return since if isinstance(since, datetime) else None

    def has_told(self, error: ServiceError) -> bool:
        """Whether this very failure is on it, and nothing else left of the work."""
        told = self._part("calendarError")
        is_same = (told.get("code"), told.get("message")) == (error.code, error.cause)
        return is_same and "calendarClaim" not in self.data

    def has(self, changes: Changes) -> bool:
        """Whether a write is on the document, as far as its values are known beforehand."""
        return _has(self.data, changes)

    def with_changes(self, changes: Changes, version: Any) -> Self:
        """The document after a write, but for what only Firestore knows."""
        values = {key: value for key, value in changes.items() if not isinstance(value, Mark)}
        kept = {key: value for key, value in self.data.items() if key not in changes}
        return replace(self, data={**kept, **values}, version=version)

    def _part(self, key: str) -> Mapping[str, Any]:
        value = self.data.get(key)
        return value if isinstance(value, Mapping) else {}


def _has(data: Mapping[str, Any], changes: Changes) -> bool:
    return all(_is_written(data, key, value) for key, value in changes.items())


def _is_written(data: Mapping[str, Any], key: str, value: Any) -> bool:
    match value:
        case Mark.REMOVED:
            return key not in data
        case Mark.SERVER_TIME:
            return key in data
        case Mapping():
            part = data.get(key)
            return isinstance(part, Mapping) and _has(part, value)
        case _:
            return bool(key in data and data[key] == value)


def claimed(token: str, expires_at: datetime) -> Changes:
    return {"calendarClaim": {"token": token, "expiresAt": expires_at}}


def held_by(token: str) -> Changes:
    """What is on the document while a claim's holder works."""
    return {"calendarClaim": {"token": token}}


RELEASED: Changes = {"calendarClaim": Mark.REMOVED}
"""The claim is given up. Every outcome below is written together with it."""

FORGIVEN: Changes = {"calendarError": Mark.REMOVED}


def invited(guests: Iterable[str]) -> Changes:
    return {"invitedEmails": list(guests)}


def next_generation(generation: int) -> Changes:
    return {"calendarGeneration": generation}


def booked(
    *,
    event_id: str,
    html_link: str | None,
    meet_link: str | None,
    is_link_to_come: bool,
    student_invited: bool,
    guests: Iterable[str],
    fingerprint: str,
) -> Changes:
    return {
        "googleEventId": event_id,
        "htmlLink": html_link,
        "meetLink": Mark.REMOVED if is_link_to_come else meet_link,
        "status": Status.SCHEDULED.value,
        "scheduledAt": Mark.SERVER_TIME,
        "studentInvited": student_invited,
        "calendarFingerprint": fingerprint,
        **invited(guests),
        **FORGIVEN,
    }


_RECORD = (
    "googleEventId", "htmlLink", "meetLink", "scheduledAt", "studentInvited", "invitedEmails",
    "calendarFingerprint",
)  # fmt: skip

WITHDRAWN: Changes = {**dict.fromkeys(_RECORD, Mark.REMOVED), **FORGIVEN}
"""Nothing of the record stays: a class taken up again must not pass for booked."""


def failed(error: ServiceError, since: datetime | None) -> Changes:
    """A failure, in our own words; `since` is when the first in a row was."""
    failure = {
        "code": error.code,
        "message": error.cause,
        "at": Mark.SERVER_TIME,
        "since": since or Mark.SERVER_TIME,
    }
    return {"calendarError": failure}
