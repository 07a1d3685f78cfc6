"""What booking writes on a class's document. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from shared.classes.document import ClassDocument
from shared.classes.virtual_class import Status, VirtualClass
from shared.errors import ServiceError


class Mark(Enum):
    """An instruction to Firestore in place of a value."""

    REMOVED = "remove the field"
    SERVER_TIME = "the time of the write, by Firestore's clock"


Changes = Mapping[str, Any]
"""The values and `Mark`s to write, by field."""


def claimed(token: str, expires_at: datetime) -> Changes:
    return {"calendarClaim": {"token": token, "expiresAt": expires_at}}


RELEASED: Changes = {"calendarClaim": Mark.REMOVED}
"""Releases the claim; written together with every outcome below."""

NO_FAILURE: Changes = {"calendarError": Mark.REMOVED}
"""Removes a failure that an earlier delivery left."""


def invited(guests: Iterable[str]) -> Changes:
    return {"invitedEmails": list(guests)}


def may_invite(guests: Iterable[str], known: Collection[str]) -> Changes:
    """Notes whom we may invite besides those known, so that a crash does not lose them."""
    new = [address for address in guests if address not in known]
    return invited([*known, *new]) if new else {}


def next_generation(document: ClassDocument) -> Changes:
    """The next generation, and so the next event id."""
    return {"calendarGeneration": (document.generation or 0) + 1}


def booked(
    virtual_class: VirtualClass,
    *,
    event_id: str,
    html_link: str | None,
    meet_link: str | Mark | None,
    guests: Collection[str],
) -> Changes:
    """The record. `meet_link` is `Mark.REMOVED` while it is to come, None if there will be none;
    `guests` are those who were invited."""
    return {
        "googleEventId": event_id,
        "htmlLink": html_link,
        "meetLink": meet_link,
        "status": Status.SCHEDULED.value,
        "scheduledAt": Mark.SERVER_TIME,
        "studentInvited": virtual_class.student_email in guests,
        "calendarFingerprint": virtual_class.fingerprint,
        **invited(guests),
        **NO_FAILURE,
    }


_RECORD = (
    "googleEventId", "htmlLink", "meetLink", "scheduledAt", "studentInvited",
    "calendarFingerprint",
)  # fmt: skip

WITHDRAWN: Changes = {**dict.fromkeys(_RECORD, Mark.REMOVED), **NO_FAILURE}
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
