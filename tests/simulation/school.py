"""The school's classes in a simulated Firestore, and what it does to them."""

from datetime import timedelta
from typing import Any

from tests.simulation.firestore import Query
from tests.simulation.virtual_clock import EPOCH

STUDENT = "ana@example.com"
CORRECTED = "corrected@example.com"
PARTICIPANTS = ("bruno@example.com", "carla@example.com")
_ADDED = "diego@example.com"

Document = dict[str, Any]


class School:
    """`classes` is the collection, as the school itself reads and writes it."""

    def __init__(self, classes: Query) -> None:
        self.classes = classes

    def add(self, class_id: str, participants: int) -> None:
        start = EPOCH + timedelta(days=3)
        self.classes.document(class_id).set(
            {
                "preferenceId": preference_of(class_id),
                "startTime": start,
                "endTime": start + timedelta(minutes=90),
                "classType": "individual",
                "studentEmail": STUDENT,
                "participantEmails": list(PARTICIPANTS[:participants]),
                "learningFocus": "Conversational English",
                "status": "pending",
            }
        )

    def document(self, class_id: str) -> Document:
        document: Document = self.classes.document(class_id).now().to_dict()
        return document

    def edit(self, class_id: str, kind: str) -> None:
        changes = changes_of(kind, self.document(class_id))
        self.classes.document(class_id).update(changes, timeout=0)


def preference_of(class_id: str) -> str:
    return f"preference-of-{class_id}"


def changes_of(kind: str, document: Document) -> Document:
    match kind:
        case "move" | "move_back":
            day = timedelta(days=1 if kind == "move" else -1)
            return {key: document[key] + day for key in ("startTime", "endTime")}
        case "cancel":
            return {"status": "cancelled"}
        case "revive":
            return {"status": "scheduled"}
        case "email":
            return {"studentEmail": CORRECTED}
        case "add_guest":
            return {"participantEmails": [*document["participantEmails"], _ADDED]}
        case "remove_guests":
            return {"participantEmails": []}
        case _:
            return {"participantEmails": [f"corrected-{PARTICIPANTS[0]}"]}
