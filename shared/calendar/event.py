"""The event a class becomes, and how an event of Google's compares with it. Pure."""

import base64
import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared import rfc3339
from shared.classes.virtual_class import ClassType, VirtualClass

Event = dict[str, Any]
"""An event as the API's discovery document describes the schema `Event`."""

REMINDER_MINUTES = 60
"""Before the start, by e-mail. Google sends reminders to the calendar's owner only: they are
private to each user (https://developers.google.com/workspace/calendar/api/concepts/reminders)."""

MANAGED_BY = "virtual-classes"
_TYPE_NAMES = {ClassType.INDIVIDUAL: "Clase individual", ClassType.GROUP: "Clase grupal"}
_DAYS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
_MONTHS = [
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
]  # fmt: skip
_LONGEST_FOCUS_IN_TITLE = 100


def event_id(class_name: str, generation: int) -> str:
    """The id of the event of a class's document. A deleted event's id is never free again,
    hence the generation. Google allows base32hex's lower case alphabet for ids."""
    digest = hashlib.sha256(f"{class_name}#{generation}".encode()).digest()
    return base64.b32hexencode(digest).decode().rstrip("=").lower()


def wanted_event(virtual_class: VirtualClass, zone: ZoneInfo, *, invite: bool) -> Event:
    """The event as it should be, without id and conference; without the student if `invite`
    is false."""
    student = virtual_class.student_email if invite else None
    return {
        "summary": _summary(virtual_class),
        "description": _description(virtual_class, zone),
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


def _summary(virtual_class: VirtualClass) -> str:
    type_name = _TYPE_NAMES[virtual_class.class_type]
    focus = " ".join(virtual_class.learning_focus.split())
    if len(focus) > _LONGEST_FOCUS_IN_TITLE:
        focus = focus[: _LONGEST_FOCUS_IN_TITLE - 1].rstrip() + "…"
    return f"{type_name}: {focus}" if focus else type_name


def _description(virtual_class: VirtualClass, zone: ZoneInfo) -> str:
    lines = [_TYPE_NAMES[virtual_class.class_type]]
    if virtual_class.learning_focus:
        lines.append(f"Enfoque: {virtual_class.learning_focus}")
    if virtual_class.class_type is ClassType.GROUP and virtual_class.max_participants:
        lines.append(f"Cupos: {virtual_class.max_participants}")
    start, end = virtual_class.start.astimezone(zone), virtual_class.end.astimezone(zone)
    day = f"{_DAYS[start.weekday()]} {start.day} de {_MONTHS[start.month - 1]} de {start.year}"
    lines.append(f"Día: {day}")
    lines.append(f"Horario: {start:%H:%M} a {end:%H:%M} ({zone.key})")
    return "\n".join(lines)


def _moment(instant: datetime, zone: ZoneInfo) -> Event:
    local = instant.astimezone(zone)
    return {"dateTime": local.isoformat(timespec="seconds"), "timeZone": zone.key}


def meet_request(event_id: str, attempt: int) -> Event:
    """Asks Google for a Meet link. It ignores a request id that it has seen on the event, so
    the id is the same when a call is repeated and another when a failed attempt is."""
    return {
        "createRequest": {
            "requestId": f"{event_id}-{attempt}",
            "conferenceSolutionKey": {"type": "hangoutsMeet"},
        }
    }


def next_meet_request(event: Event) -> Event:
    """The request that follows the event's last one; the first went out with the event."""
    last = _part(event, "conferenceData", "createRequest").get("requestId", "")
    _, _, number = str(last).rpartition("-")
    attempt = int(number) if number.isdecimal() and len(number) < 9 else 1
    return meet_request(event["id"], attempt + 1)


def meet_link(event: Event) -> str | None:
    """The URL to join: the `video` entry point (there are others: telephone, SIP)."""
    entry_points = _part(event, "conferenceData").get("entryPoints")
    for entry_point in entry_points if isinstance(entry_points, list) else []:
        if isinstance(entry_point, dict) and entry_point.get("entryPointType") == "video":
            uri = entry_point.get("uri")
            return uri if isinstance(uri, str) else None
    return None


def is_meet_pending(event: Event) -> bool:
    """Whether Google is still making the link: it does so after it has answered."""
    status = _part(event, "conferenceData", "createRequest", "status")
    return status.get("statusCode") == "pending"


def is_live(event: Event) -> bool:
    return event.get("status") != "cancelled"


def owner_class_id(event: Event) -> str | None:
    """The id of the class that the event was made for; None for an event of another kind."""
    owner = _part(event, "extendedProperties", "private").get("virtualClassId")
    return owner if isinstance(owner, str) else None


def has_guest(event: Event, address: str | None) -> bool:
    return address is not None and address.lower() in _addresses(event, with_owner=True)


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
            wanted = {guest["email"].lower() for guest in value}
            return (
                wanted <= _addresses(event, with_owner=True)
                if wanted
                else not _addresses(event, with_owner=False)
            )
        case "extendedProperties":
            private: dict[str, str] = value["private"]
            return private.items() <= _part(event, "extendedProperties", "private").items()
        case _:
            return bool(actual == value)


def _same_moment(wanted: Event, actual: Any) -> bool:
    try:
        return rfc3339.parse(wanted["dateTime"]) == rfc3339.parse(actual["dateTime"])
    except (KeyError, TypeError, ValueError):
        return False


def _addresses(event: Event, *, with_owner: bool) -> set[str]:
    """The attendees' addresses in lower case; rooms are none, nor is the owner unless asked."""
    attendees = event.get("attendees")
    return {
        str(attendee.get("email", "")).lower()
        for attendee in (attendees if isinstance(attendees, list) else [])
        if isinstance(attendee, dict)
        and not attendee.get("resource")
        and (with_owner or not (attendee.get("organizer") or attendee.get("self")))
    }


def _part(event: Event, *path: str) -> Event:
    """A nested object of an event; empty if it, or one on the way, is not there."""
    part: Any = event
    for key in path:
        part = part.get(key) if isinstance(part, dict) else None
    return part if isinstance(part, dict) else {}
