"""The school that is measured: its classes in Firestore, its calendar at the stand-in."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.emulator import clear, firestore_emulator
from infra.local.google.control import Control, running_stand_in
from tests.support.client import send
from tests.support.served import SETTINGS

LISTED = (
    '{"start": {"dateTime": "2031-03-14T17:00:00-03:00"},'
    ' "end": {"dateTime": "2031-03-14T18:30:00-03:00"}, "status": "confirmed"},'
)
"""As long as an event in a listing."""

_WINDOW = timedelta(days=80)
"""Events are spread over this, well within the functions' window of 90 days."""


def _new_project() -> str:
    return f"school-{uuid.uuid4().hex[:12]}"


@dataclass
class School:
    """Firestore's emulator at "host:port" and the stand-in for Google."""

    firestore: str
    google: Control
    _project: str = field(default_factory=_new_project)

    @property
    def settings(self) -> dict[str, str]:
        """What a function needs to work for it."""
        emulators = {
            "FIRESTORE_EMULATOR_HOST": self.firestore,
            "GOOGLE_EMULATOR_URL": self.google.url,
        }
        return {**SETTINGS, **emulators, "GOOGLE_CLOUD_PROJECT": self._project}

    def renew(self, events: int, latency_ms: int) -> None:
        """No class, so many events, and a Google that takes so long for each call."""
        # A new project, not an emptied one: the emulator's queries walk over what was deleted.
        self._project = _new_project()
        self.google.reset()
        for numbers in _batches(events):
            self.google.seed(*(_event(_WINDOW * number / events) for number in numbers))
        self.google.latency(latency_ms / 1000)

    def add_classes(self, count: int, held: int = 0) -> str:
        """So many classes, the only ones there are then, some of them held. Returns the prefix of
        their preferenceIds, which a number from 0 follows."""
        clear(self.firestore, self._project)
        prefix = uuid.uuid4().hex
        for numbers in _batches(count):
            self._write([_class(f"{prefix}-{number}", is_held=number < held) for number in numbers])
        return prefix

    def _write(self, documents: Sequence[dict[str, Any]]) -> None:
        """Over REST: Firestore's own client would share its libraries with the measured function,
        and so take part of their memory on itself."""
        database = f"projects/{self._project}/databases/(default)/documents"
        writes = [
            {"update": {"name": f"{database}/VirtualClass/{uuid.uuid4().hex}", "fields": fields}}
            for fields in documents
        ]
        body, owner = json.dumps({"writes": writes}), {"Authorization": "Bearer owner"}
        answer = send(self.firestore, "POST", f"/v1/{database}:commit", body, owner)
        assert answer.status == 200, answer


@contextmanager
def running_school() -> Iterator[School]:
    """Raises EmulatorUnavailable."""
    with firestore_emulator() as host, running_stand_in() as google:
        yield School(host, google)


def _batches(count: int, size: int = 500) -> Iterator[range]:
    return (range(first, min(first + size, count)) for first in range(0, count, size))


def _times(later: timedelta = timedelta(0)) -> tuple[str, str]:
    """Start and end of an hour and a half, so much later than tomorrow at this hour."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1) + later
    return start.isoformat(), (start + timedelta(minutes=90)).isoformat()


def _event(later: timedelta) -> dict[str, Any]:
    start, end = _times(later)
    return {"summary": "Clase", "start": {"dateTime": start}, "end": {"dateTime": end}}


def _class(preference_id: str, *, is_held: bool) -> dict[str, Any]:
    """A class's document, as Firestore's REST face takes it."""
    start, end = _times()
    texts = {
        "preferenceId": preference_id,
        "classType": "individual",
        "studentEmail": "ana@example.com",
        "learningFocus": "Conversational English",
        "status": "pending",
    }
    held_until = (datetime.now(UTC) + timedelta(minutes=29)).isoformat()
    return {
        **({"heldUntil": {"timestampValue": held_until}} if is_held else {}),
        "startTime": {"timestampValue": start},
        "endTime": {"timestampValue": end},
        **{key: {"stringValue": text} for key, text in texts.items()},
    }
