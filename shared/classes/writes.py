"""What booking writes on a class's document. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from shared.classes.virtual_class import Status
from shared.errors import ServiceError


class Mark(Enum):
    """An instruction to Firestore in place of a value."""

    REMOVED = "remove the field"
    SERVER_TIME = "the time of the write, by Firestore's clock"


Changes = Mapping[str, Any]
"""The values and `Mark`s to write, by field."""


def applied(data: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """A document's fields after a write, except values that only Firestore knows."""
    values = {key: value for key, value in changes.items() if not isinstance(value, Mark)}
    return {**{key: value for key, value in data.items() if key not in changes}, **values}


def is_on(data: Mapping[str, Any], changes: Changes) -> bool:
    """Whether a document contains a write, as far as its values are known in advance."""
    return all(_is_written(data, key, value) for key, value in changes.items())


def _is_written(data: Mapping[str, Any], key: str, value: Any) -> bool:
    match value:
        case Mark.REMOVED:
            return key not in data
        case Mark.SERVER_TIME:
            return key in data
        case Mapping():
            part = data.get(key)
            return isinstance(part, Mapping) and is_on(part, value)
        case _:
            return bool(key in data and data[key] == value)


def claimed(token: str, expires_at: datetime) -> Changes:
    return {"calendarClaim": {"token": token, "expiresAt": expires_at}}


def held_by(token: str) -> Changes:
    """What the document contains while the claim is held."""
    return {"calendarClaim": {"token": token}}


RELEASED: Changes = {"calendarClaim": Mark.REMOVED}
"""Releases the claim; written together with every outcome below."""

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
    "googleEventId", "htmlLink", "meetLink", "scheduledAt", "studentInvited",
    "calendarFingerprint",
)  # fmt: skip

WITHDRAWN: Changes = {**dict.fromkeys(_RECORD, Mark.REMOVED), **FORGIVEN}
"""Removes the record, so that a class that is reopened does not count as booked. Keeps whom we
invited: an insert may still take effect, and its guests must not count as added by hand."""


def failed(error: ServiceError, since: datetime | None) -> Changes:
    """A failure, in our own words; `since` is when the current run of failures began."""
    failure = {
        "code": error.code,
        "message": error.cause,
        "at": Mark.SERVER_TIME,
        "since": since or Mark.SERVER_TIME,
    }
    return {"calendarError": failure}
