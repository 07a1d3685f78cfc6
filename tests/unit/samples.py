"""A class as the school writes it, and as it is read."""

from datetime import UTC, datetime
from typing import Any

from shared.booking.claim import Claim
from shared.classes.document import ClassDocument
from shared.classes.store import ClassStore
from shared.classes.virtual_class import VirtualClass, read_class
from shared.deadline import Budget
from shared.settings import Settings

REQUIRED = {
    "CALENDAR_ID": "calendar@school.example",
    "AUTH_GOOGLE_ID": "client",
    "AUTH_GOOGLE_SECRET": "client-secret",
    "GOOGLE_REDIRECT_URI": "http://localhost:8765/",
    "ADMIN_EMAIL": "admin@school.example",
}

NAME = "projects/school/databases/(default)/documents/VirtualClass/class-1"
NOW = datetime(2031, 3, 14, 19, tzinfo=UTC)
"""An hour before the class."""
DOCUMENT: dict[str, Any] = {
    "preferenceId": "preference-1",
    "startTime": "2031-03-14T17:00:00-03:00",
    "endTime": "2031-03-14T18:30:00-03:00",
    "classType": "individual",
    "studentEmail": "ana@example.com",
    "learningFocus": "Conversational English",
    "status": "pending",
}


def document(**changes: Any) -> dict[str, Any]:
    """The document after these changes; a field given as None is left out."""
    return {key: value for key, value in (DOCUMENT | changes).items() if value is not None}


def virtual_class(**changes: Any) -> VirtualClass:
    """The class that a good document says."""
    reading = read_class(NAME, document(**changes))
    assert reading.virtual_class, reading.problems
    return reading.virtual_class


def settings(**variables: str) -> Settings:
    return Settings.from_environ(REQUIRED | variables)


def class_document(now: datetime = NOW, **changes: Any) -> ClassDocument:
    """The document after these changes, as it was read `now`."""
    data = document(**changes)
    return ClassDocument(id="class-1", name=NAME, data=data, version=1, read_time=now)


def claimed(**changes: Any) -> Claim:
    """A claim on such a class; nothing has been written yet."""
    return Claim(ClassStore(settings()), class_document(**changes), Budget(8))
