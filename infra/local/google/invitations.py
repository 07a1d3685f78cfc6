"""The mails Google would send to guests."""

from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]

_PRIVATE = {"reminders", "colorId", "etag", "updated", "sequence", "attendees", "created"}


@dataclass(frozen=True)
class Invitation:
    """One mail; `kind` is invitation, update or cancellation, `at` seconds of the clock."""

    kind: str
    attendee: str
    event_id: str
    at: float
    event: Resource


def mails(before: Resource | None, after: Resource, now: float) -> list[Invitation]:
    """What tells the guests of a change from `before` to `after`, each what concerns them."""
    return [
        Invitation(kind, guest, after["id"], now, after) for guest, kind in _told(before, after)
    ]


def _told(before: Resource | None, after: Resource) -> list[tuple[str, str]]:
    old, new = _guests(before), _guests(after)
    if after["status"] == "cancelled":
        return [(guest, "cancellation") for guest in old or new]
    changed = before is not None and _public(before) != _public(after)
    told = [(guest, "cancellation") for guest in old if guest not in new]
    told += [(guest, "invitation") for guest in new if guest not in old]
    return told + [(guest, "update") for guest in new if guest in old and changed]


def _guests(event: Resource | None) -> list[str]:
    return [
        each["email"]
        for each in (event or {}).get("attendees", [])
        if not (each.get("self") or each.get("organizer") or each.get("resource"))
    ]


def _public(event: Resource) -> Resource:
    """What of an event its guests see too."""
    seen = {name: value for name, value in event.items() if name not in _PRIVATE}
    seen["extendedProperties"] = event.get("extendedProperties", {}).get("shared")
    return seen
