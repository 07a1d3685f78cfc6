"""The school on this machine: its classes in Firestore, and its calendar as Google holds it."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from google.cloud import firestore

from infra.local.demo.samples import sample_classes, sample_events
from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.stack import PROJECT, Stack

Object = dict[str, Any]
_SHOWN_AS_THEY_ARE = (
    "preferenceId", "classType", "learningFocus", "studentEmail", "participantEmails",
    "maxParticipants", "classPrice", "status", "meetLink",
)  # fmt: skip


@dataclass
class DemoSchool:
    """What the school's own application would do."""

    documents: firestore.CollectionReference
    google: Control
    zone: ZoneInfo
    _earlier_mails: int = 0

    def start_over(self) -> None:
        """Nothing is booked, and the calendar has what the admin entered by hand."""
        self._earlier_mails = len(self.google.invitations())
        for event in self.google.events():
            self.google.remove(event["id"], for_good=True)
        for document in self.documents.list_documents():
            document.delete()
        for name, fields in sample_classes(self.zone).items():
            self.documents.document(name).set(fields)
        self.google.seed(*sample_events(self.zone))

    def read(self, class_id: str) -> Object:
        """The class's document."""
        return self.documents.document(class_id).get().to_dict() or {}

    def edit(self, class_id: str, action: str, answer: str) -> None:
        """Moves the class, which lasts as long as before, to a start; cancels it; adds the address
        of a student or removes it. Raises ValueError for another action."""
        changes: Object
        match action:
            case "move":
                held, start = self.read(class_id), _instant(answer)
                length = _instant(held["endTime"]) - _instant(held["startTime"])
                changes = {"startTime": start, "endTime": start + length}
            case "cancel":
                changes = {"status": "cancelled"}
            case "add":
                changes = {"participantEmails": firestore.ArrayUnion([answer])}
            case "remove":
                changes = {"participantEmails": firestore.ArrayRemove([answer])}
            case _:
                raise ValueError(f"there is no action {action}")
        self.documents.document(class_id).update(changes)

    def events_of(self, class_id: str) -> list[Object]:
        """The class's live events: one at most, if all is well."""
        return self._events_by_class().get(class_id, [])

    def classes(self) -> list[Object]:
        """Every class with its live event, as the page shows it."""
        events, mailed = self._events_by_class(), self._mailed_by_class()
        return [
            self._shown(document.id, document.to_dict() or {}, events.get(document.id, []))
            | {"mailed": mailed.get(document.id, {})}
            for document in sorted(self.documents.stream(), key=lambda each: each.create_time)
        ]

    def _shown(self, class_id: str, fields: Object, events: list[Object]) -> Object:
        event, held_until = events[0] if events else None, fields.get("heldUntil")
        return {
            "id": class_id,
            **{name: fields.get(name) for name in _SHOWN_AS_THEY_ARE},
            "start": self._local(fields["startTime"]),
            "end": self._local(fields["endTime"]),
            "heldUntil": held_until and held_until.isoformat(),
            "event": event and {key: event[key] for key in ("start", "end")},
        }

    def _local(self, value: datetime | str) -> str:
        return _instant(value).astimezone(self.zone).isoformat(timespec="seconds")

    def _events_by_class(self) -> dict[str, list[Object]]:
        found: dict[str, list[Object]] = {}
        for event in self.google.events():
            class_id = _class_id(event)
            if class_id and event["status"] != "cancelled":
                found.setdefault(class_id, []).append(event)
        return found

    def _mailed_by_class(self) -> dict[str, dict[str, list[str]]]:
        """By class and address, the kinds of mail that Google was asked to send, in order."""
        found: dict[str, dict[str, list[str]]] = {}
        for mail in self.google.invitations()[self._earlier_mails :]:
            of_class = found.setdefault(_class_id(mail["event"]) or "", {})
            of_class.setdefault(mail["attendee"], []).append(mail["kind"])
        return found


@contextmanager
def open_school(stack: Stack) -> Iterator[DemoSchool]:
    """The school of a running stack, with its sample classes and events."""
    os.environ["FIRESTORE_EMULATOR_HOST"] = stack.firestore
    zone = ZoneInfo(stack.settings.get("TIME_ZONE", defaults.TIME_ZONE))
    with closing(firestore.Client(project=PROJECT)) as client:
        school = DemoSchool(client.collection("VirtualClass"), stack.google, zone)
        school.start_over()
        yield school


def _class_id(event: Object) -> str | None:
    private: Object = event.get("extendedProperties", {}).get("private", {})
    return private.get("virtualClassId")


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
