"""The event a class becomes, and how an event of Google's differs from it. Pure."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared import rfc3339
from shared.calendar import words
from shared.calendar.event import MANAGED_BY, Event, addresses, part
from shared.classes.virtual_class import VirtualClass

REMINDER_MINUTES = 60
"""Before the start, by e-mail. Google sends reminders to the calendar's owner only: they are
private to each user (https://developers.google.com/workspace/calendar/api/concepts/reminders)."""


def wanted_event(virtual_class: VirtualClass, zone: ZoneInfo, *, invite: bool) -> Event:
    """The event as it should be, without id and conference; without the student if `invite`
    is false."""
    student = virtual_class.student_email if invite else None
    return {
        "summary": words.title(virtual_class),
        "description": words.description(virtual_class, zone),
        "start": _moment(virtual_class.start, zone),
        "end": _moment(virtual_class.end, zone),
        "attendees": [{"email": student}] if student else [],
        "reminders": {
            "useDefault": False,
            "overrides": [{"method": "email", "minutes": REMINDER_MINUTES}],
        },
        "extendedProperties": {
            "private": {
                "virtualClassId": virtual_class.id,
                "preferenceId": virtual_class.preference_id,
                "managedBy": MANAGED_BY,
            }
        },
        "transparency": "opaque",
        "guestsCanInviteOthers": False,
        "guestsCanModify": False,
    }


def _moment(instant: datetime, zone: ZoneInfo) -> Event:
    local = instant.astimezone(zone)
    return {"dateTime": local.isoformat(timespec="seconds"), "timeZone": zone.key}


def differences(wanted: Event, event: Event) -> Event:
    """The fields of `wanted` that `event` does not have, as a patch.

    Guests added by hand stay while the student is among them; another student replaces all.
    """
    return {key: value for key, value in wanted.items() if not _is_met(key, value, event)}


def concerns_guests(changes: Event) -> bool:
    """Whether guests should be told: another time, link or guest; not another wording."""
    return not changes.keys().isdisjoint({"start", "end", "conferenceData", "attendees"})


_DEFAULTS = {"transparency": "opaque", "guestsCanInviteOthers": True, "guestsCanModify": False}
"""What Google means by a field that an event lacks."""


def _is_met(key: str, value: Any, event: Event) -> bool:
    actual = event.get(key, _DEFAULTS.get(key))
    match key:
        case "start" | "end":
            return _same_moment(value, actual)
        case "attendees":
            guests = {guest["email"].lower() for guest in value}
            if not guests:
                return not addresses(event, with_owner=False)
            return guests <= addresses(event, with_owner=True)
        case "extendedProperties":
            private: dict[str, str] = value["private"]
            return private.items() <= part(event, "extendedProperties", "private").items()
        case _:
            return bool(actual == value)


def _same_moment(wanted: Event, actual: Any) -> bool:
    try:
        return rfc3339.parse(wanted["dateTime"]) == rfc3339.parse(actual["dateTime"])
    except (KeyError, TypeError, ValueError):
        return False
