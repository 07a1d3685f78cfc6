"""An event's guest list. Pure; addresses compare without regard to case."""

from collections.abc import Collection, Iterable
from typing import Any

from shared.calendar.event import Event


def addresses(event: Event) -> set[str]:
    """The addresses of all attendees except rooms, in lower case."""
    return {_address(each) for each in _attendees(event) if not each.get("resource")}


def without_owner(event: Event) -> set[str]:
    """The same, without the calendar's owner."""
    owners = (each for each in _attendees(event) if each.get("organizer") or each.get("self"))
    return addresses(event) - {_address(each) for each in owners}


def changed(event: Event, add: Iterable[str], remove: Collection[str]) -> list[Event]:
    """The attendees with some added and some removed; all others, such as rooms and those added
    by hand, stay as they are. `remove` is in lower case."""
    kept = [
        each for each in _attendees(event) if each.get("resource") or _address(each) not in remove
    ]
    return [*kept, *({"email": address} for address in add)]


def _attendees(event: Event) -> list[dict[str, Any]]:
    attendees = event.get("attendees")
    entries = attendees if isinstance(attendees, list) else []
    return [each for each in entries if isinstance(each, dict)]


def _address(attendee: dict[str, Any]) -> str:
    return str(attendee.get("email", "")).lower()
