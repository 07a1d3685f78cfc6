"""The school that is measured: its classes in Firestore, its calendar at the stand-in."""

import http.client
import json
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.emulator import clear, firestore_emulator
from infra.local.google.client import Control, running_stand_in
from tests.support.served import SETTINGS

LISTED = (
    '{"start": {"dateTime": "2031-03-14T17:00:00-03:00"},'
    ' "end": {"dateTime": "2031-03-14T18:30:00-03:00"}, "status": "confirmed"},'
)
"""As long as an event in a listing."""

_BATCH = 500
_WINDOW_MINUTES = 80 * 24 * 60
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

    def renew(self, events: int, latency_ms: int = 0) -> None:
        """No class, so many events, and a Google that takes so long for each call."""
        # A new project, not an emptied one: the emulator's queries walk over what was deleted.
        self._project = _new_project()
        self.google.reset()
        for first in range(0, events, _BATCH):
            self.google.seed(
                *(_event(n, events) for n in range(first, min(first + _BATCH, events)))
            )
        self.google.latency(latency_ms / 1000)

    def add_classes(self, count: int) -> str:
        """So many classes, the only ones there are then. Returns the prefix of their
        preferenceIds, which a number from 0 follows."""
        clear(self.firestore, self._project)
        prefix = uuid.uuid4().hex
        for first in range(0, count, _BATCH):
            numbers = range(first, min(first + _BATCH, count))
            self._write([_class(f"{prefix}-{number}") for number in numbers])
        return prefix

    def _write(self, documents: list[dict[str, Any]]) -> None:
        """Over REST: Firestore's own client would share its libraries with the measured function,
        and so take part of their memory on itself."""
        database = f"projects/{self._project}/databases/(default)/documents"
        names = [f"{database}/VirtualClass/{uuid.uuid4().hex}" for _ in documents]
        writes = [
            {"update": {"name": name, "fields": fields}}
            for name, fields in zip(names, documents, strict=True)
        ]
        with closing(http.client.HTTPConnection(self.firestore, timeout=30)) as connection:
            body = json.dumps({"writes": writes})
            connection.request(
                "POST", f"/v1/{database}:commit", body, {"Authorization": "Bearer owner"}
            )
            response = connection.getresponse()
            answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"The emulator answers {response.status}: {answer!r}")


@contextmanager
def running_school() -> Iterator[School]:
    """Raises EmulatorUnavailable."""
    with firestore_emulator() as host, running_stand_in() as google:
        yield School(host, google)


def _event(number: int, count: int) -> dict[str, Any]:
    start = _tomorrow() + timedelta(minutes=number * _WINDOW_MINUTES // count)
    return {
        "summary": f"Clase {number}",
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": (start + timedelta(minutes=90)).isoformat()},
    }


def _class(preference_id: str) -> dict[str, Any]:
    """A class's document, as Firestore's REST face takes it."""
    start = _tomorrow()
    texts = {
        "preferenceId": preference_id,
        "classType": "individual",
        "studentEmail": "ana@example.com",
        "learningFocus": "Conversational English",
        "status": "pending",
    }
    times = {"startTime": start, "endTime": start + timedelta(minutes=90)}
    return {
        **{key: {"stringValue": text} for key, text in texts.items()},
        **{key: {"timestampValue": time.isoformat()} for key, time in times.items()},
    }


def _tomorrow() -> datetime:
    return (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
