"""An event as Google keeps and returns it, and what Google refuses of it."""

import re

from infra.local.google import times
from infra.local.google.calendars import Calendar, Resource
from infra.local.google.errors import CalendarError, invalid

_EMAIL = re.compile(r"[^@\s<>(),;:\\\"\[\]]+@[\w-]+(?:\.[\w-]+)+")
_ALWAYS_THERE: Resource = {
    "status": "confirmed",
    "eventType": "default",
    "reminders": {"useDefault": True},
}
_NOT_RETURNED: Resource = {
    "transparency": "opaque",
    "visibility": "default",
    "guestsCanModify": False,
    "guestsCanInviteOthers": True,
    "guestsCanSeeOtherGuests": True,
}
"""Values that mean the default, which Google leaves out of its answers."""

_NOT_RETURNED_OF_ATTENDEES: Resource = {
    "additionalGuests": 0, "optional": False, "resource": False, "self": False, "organizer": False,
}  # fmt: skip
_LONGEST_KEY, _LONGEST_VALUE = 44, 1024


def shaped(event: Resource, calendar: Calendar) -> Resource:
    """The event as Google keeps it. Raises CalendarError for what Google refuses."""
    event, home = _ALWAYS_THERE | event, calendar.home
    for name in ("end", "start"):
        if not event.get(name):
            raise CalendarError(400, "required", f"Missing {name} time.")
        event[name] = times.normalised(event[name], name, home)
    if ("date" in event["start"]) != ("date" in event["end"]):
        raise invalid("Invalid start time.")
    if times.moment_of(event["end"], home) < times.moment_of(event["start"], home):
        raise CalendarError(400, "timeRangeEmpty", "The specified time range is empty.")
    if "attendees" in event:
        event["attendees"] = _attendees(event["attendees"], event["organizer"], calendar.id)
    if "extendedProperties" in event:
        event["extendedProperties"] = _properties(event["extendedProperties"])
    kept = {name: value for name, value in event.items() if value not in ("", [], {})}
    return _without(kept, _NOT_RETURNED)


def check_attendees(event: Resource, refused: list[str], refuse_all: bool) -> None:
    """Raises CalendarError for an address that Google does not take; it never says which."""
    refused = [address.lower() for address in refused]
    for attendee in event.get("attendees", []):
        if refuse_all or attendee["email"] in refused:
            raise invalid("Invalid attendee email.")


def _attendees(given: list[Resource], organizer: Resource, owner: str) -> list[Resource]:
    attendees: dict[str, Resource] = {}
    for each in given:
        email = (each.get("email") or "").strip().lower()
        if not _EMAIL.fullmatch(email):
            raise invalid("Invalid attendee email.")
        kept = {name: value for name, value in each.items() if value is not None}
        kept |= {"email": email, "responseStatus": kept.get("responseStatus", "needsAction")}
        kept |= {"organizer": email == organizer.get("email"), "self": email == owner}
        attendees.setdefault(email, _without(kept, _NOT_RETURNED_OF_ATTENDEES))
    return list(attendees.values())


def _properties(given: Resource) -> Resource:
    """Google drops keys that are too long and cuts values."""
    kept = {
        which: {
            name: value[:_LONGEST_VALUE]
            for name, value in values.items()
            if len(name) <= _LONGEST_KEY
        }
        for which, values in given.items()
    }
    return {which: values for which, values in kept.items() if values}


def _without(value: Resource, defaults: Resource) -> Resource:
    return {name: each for name, each in value.items() if defaults.get(name) != each}
