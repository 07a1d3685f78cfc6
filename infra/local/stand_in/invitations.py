"""The mails Google would send to guests."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]

_PRIVATE = {"reminders", "colorId", "etag", "updated", "sequence", "attendees", "created"}


@dataclass(frozen=True)
class Invitation:
    """One mail; ``kind`` is invitation, update or cancellation, ``at`` is monotonic seconds."""

    sequence: int
    kind: str
    attendee: str
    calendar_id: str
    event_id: str
    at: float
    event: Resource


@dataclass
class Invitations:
    """All mails in the order they were sent."""

    _sent: list[Invitation] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def announce(
        self, calendar_id: str, before: Resource | None, after: Resource, send_updates: str
    ) -> None:
        """Mails what changed from ``before`` to ``after`` to the guests it concerns."""
        for attendee, kind in _mails(before, after):
            if send_updates == "all" or (send_updates == "externalOnly" and _external(attendee)):
                self._send(kind, attendee, calendar_id, after)

    def _send(self, kind: str, attendee: str, calendar_id: str, event: Resource) -> None:
        with self._lock:
            number = len(self._sent) + 1
            now = time.monotonic()
            mail = Invitation(number, kind, attendee, calendar_id, event["id"], now, event)
            self._sent.append(mail)

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(vars(mail)) for mail in self._sent]


def _mails(before: Resource | None, after: Resource) -> list[tuple[str, str]]:
    old, new = _guests(before), _guests(after)
    if after["status"] == "cancelled":
        return [(guest, "cancellation") for guest in old or new]
    changed = before is not None and _public(before) != _public(after)
    mails = [(guest, "cancellation") for guest in old if guest not in new]
    mails += [(guest, "invitation") for guest in new if guest not in old]
    return mails + [(guest, "update") for guest in new if guest in old and changed]


def _guests(event: Resource | None) -> list[str]:
    if event is None:
        return []
    return [
        each["email"]
        for each in event.get("attendees", [])
        if not (each.get("self") or each.get("organizer") or each.get("resource"))
    ]


def _public(event: Resource) -> Resource:
    """What of an event its guests see too."""
    seen = {name: value for name, value in event.items() if name not in _PRIVATE}
    seen["extendedProperties"] = event.get("extendedProperties", {}).get("shared")
    return seen


def _external(address: str) -> bool:
    """Whether the guest does not use Google Calendar, as far as the address tells."""
    return not address.endswith(("@gmail.com", "@googlemail.com"))
