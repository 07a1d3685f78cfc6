"""What Google makes of the event that a request describes."""

import base64
import re
import secrets
from typing import Any

from . import times
from .calendars import Calendar, Resource, new_etag
from .discovery import read_only
from .errors import CalendarError, invalid

_ID = re.compile(r"[a-v0-9]{5,1024}")
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
    "anyoneCanAddSelf": False,
    "attendeesOmitted": False,
    "endTimeUnspecified": False,
    "locked": False,
    "privateCopy": False,
}
"""Values that mean the default, which Google leaves out of its answers."""

_NOT_RETURNED_OF_ATTENDEES: Resource = {
    "additionalGuests": 0, "optional": False, "resource": False, "self": False, "organizer": False,
}  # fmt: skip
_SCHEDULE = ("start", "end", "recurrence", "status")
_SETTLED_BY_GOOGLE = ("id", "etag", "kind", "recurringEventId", "originalStartTime")
_SETTLED_ONCE = (*_SETTLED_BY_GOOGLE, "sequence", "iCalUID")


def new_event(body: Resource, calendar: Calendar, account: str) -> Resource:
    """The event that ``insert`` makes of ``body``, still without conference data.

    Raises:
        CalendarError: Google would refuse it.
    """
    for name in ("end", "start"):
        if not body.get(name):
            raise CalendarError(400, "required", f"Missing {name} time.")
    event_id = body.get("id") or secrets.token_hex(13)
    if not _ID.fullmatch(event_id):
        raise invalid("Invalid resource id value.")
    if body.get("id") and body.get("iCalUID"):
        raise invalid("Either the id or the iCalUID can be given, not both.")
    owner = {"email": calendar.id, "self": True}
    now = times.now_text()
    event = {
        "kind": "calendar#event",
        "etag": new_etag(),
        "id": event_id,
        "htmlLink": html_link(event_id, calendar.id),
        "created": now,
        "updated": now,
        "creator": owner if account == calendar.id else {"email": account},
        "organizer": owner,
        "iCalUID": f"{event_id}@google.com",
        "sequence": 0,
    }
    given = {
        name: value
        for name, value in body.items()
        if name not in _SETTLED_BY_GOOGLE and value is not None
    }
    return shaped(merged(event, given), calendar)


def changed_event(event: Resource, body: Resource, calendar: Calendar) -> Resource:
    """What a patch with ``body`` makes of ``event``; the same object where it changes nothing."""
    given = {
        name: value
        for name, value in body.items()
        if name not in _SETTLED_ONCE and name not in read_only("Event")
    }
    changed = shaped(merged(event, given), calendar)
    return event if changed == event else touched(changed, event)


def touched(changed: Resource, before: Resource) -> Resource:
    """``changed`` with a new etag, and a new sequence number where it was moved or revoked."""
    rescheduled = any(changed.get(name) != before.get(name) for name in _SCHEDULE)
    sequence = before.get("sequence", 0) + rescheduled
    return changed | {"etag": new_etag(), "updated": times.now_text(), "sequence": sequence}


def merged(old: Any, new: Any) -> Any:
    """Patch semantics: null removes, objects are merged, everything else is replaced."""
    if not isinstance(new, dict):
        return new
    result = dict(old) if isinstance(old, dict) else {}
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def shaped(event: Resource, calendar: Calendar) -> Resource:
    """The event as Google keeps it. Raises CalendarError for what Google refuses."""
    event, home = _ALWAYS_THERE | event, calendar.home
    for name in ("start", "end"):
        if name not in event:
            raise CalendarError(400, "required", f"Missing {name} time.")
        event[name] = times.normalised(event[name], name, home)
    if ("date" in event["start"]) != ("date" in event["end"]):
        raise invalid("Invalid start time.")
    if times.moment_of(event["end"], home) < times.moment_of(event["start"], home):
        raise CalendarError(400, "timeRangeEmpty", "The specified time range is empty.")
    if "attendees" in event:
        event["attendees"] = _attendees(event["attendees"], event["organizer"], calendar.id)
    _check_reminders(event["reminders"])
    if "extendedProperties" in event:
        event["extendedProperties"] = _properties(event["extendedProperties"])
    return {
        name: value
        for name, value in event.items()
        if value not in ([], {}) and _NOT_RETURNED.get(name) != value
    }


def check_attendees(event: Resource, refused: list[str], refuse_all: bool) -> None:
    """Raises CalendarError for an address that Google does not take."""
    refused = [address.lower() for address in refused]
    for attendee in event.get("attendees", []):
        if refuse_all or attendee["email"] in refused:
            raise invalid("Invalid attendee email.")


def html_link(event_id: str, calendar_id: str) -> str:
    eid = base64.urlsafe_b64encode(f"{event_id} {calendar_id}".encode()).decode().rstrip("=")
    return f"https://www.google.com/calendar/event?eid={eid}"


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


def _check_reminders(reminders: Resource) -> None:
    overrides = reminders.get("overrides") or []
    if reminders.get("useDefault") and overrides:
        message = "Cannot specify both default reminders and overrides at the same time."
        raise CalendarError(400, "cannotUseDefaultRemindersAndSpecifyOverride", message)
    if len(overrides) > 5:
        raise invalid("Invalid reminders: at most 5 overrides.")
    for each in overrides:
        if "method" not in each or not 0 <= each.get("minutes", -1) <= 40_320:
            raise invalid("Invalid reminder override.")


def _properties(given: Resource) -> Resource:
    """Google drops keys of more than 44 characters and cuts values at 1024."""
    kept = {
        which: {name: value[:1024] for name, value in values.items() if len(name) <= 44}
        for which, values in given.items()
    }
    return {which: values for which, values in kept.items() if values}


def _without(value: Resource, defaults: Resource) -> Resource:
    return {name: each for name, each in value.items() if defaults.get(name) != each}
