"""The guests of the school's classes, and what it does to a class."""

from datetime import timedelta
from typing import Any

STUDENT = "ana@example.com"
CORRECTED = "corrected@example.com"
PARTICIPANTS = ("bruno@example.com", "carla@example.com")
_ADDED = "diego@example.com"

Document = dict[str, Any]


def changes_of(kind: str, document: Document) -> Document:
    """What an edit (see `SCHOOL_EDITS`) writes on a class."""
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
