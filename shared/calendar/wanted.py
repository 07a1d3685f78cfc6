"""The event that a class should have, and how an existing event differs from it. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.calendar import words
from shared.calendar.event import MANAGED_BY, Event, moment
from shared.classes.virtual_class import ClassType, VirtualClass
from shared.json_object import part
from shared.settings import Settings


def wanted_event(virtual_class: VirtualClass, settings: Settings, late_link: str | None) -> Event:
    """The event as it should be, without id, guests and conference. `late_link` is the URL to
    join if it came too late for the invitation."""
    zone = settings.time_zone
    event = {
        "summary": words.title(virtual_class, settings),
        "description": words.description(virtual_class, settings, late_link),
        "start": _moment(virtual_class.start, zone),
        "end": _moment(virtual_class.end, zone),
        # Google sends reminders to the calendar's owner only: they are private to each user
        # (https://developers.google.com/workspace/calendar/api/concepts/reminders).
        "reminders": {
            "useDefault": False,
            "overrides": [{"method": "email", "minutes": settings.reminder_minutes}],
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
    if virtual_class.class_type is ClassType.GROUP:
        event["guestsCanSeeOtherGuests"] = False
    return event


def _moment(instant: datetime, zone: ZoneInfo) -> Event:
    local = instant.astimezone(zone)
    return {"dateTime": local.isoformat(timespec="seconds"), "timeZone": zone.key}


_DEFAULTS = {
    "transparency": "opaque",
    "guestsCanInviteOthers": True,
    "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True,
}
"""Google's defaults for fields missing from an event."""


def differences(wanted: Event, event: Event) -> Event:
    """The fields of `wanted` that differ in `event`, as a patch."""
    return {key: value for key, value in wanted.items() if not _is_met(key, wanted, event)}


def _is_met(key: str, wanted: Event, event: Event) -> bool:
    match key:
        case "start" | "end":
            return moment(event, key) == moment(wanted, key)
        case "extendedProperties":
            actual = part(event, key, "private").items()
            return part(wanted, key, "private").items() <= actual
        case _:
            return bool(event.get(key, _DEFAULTS.get(key)) == wanted[key])
