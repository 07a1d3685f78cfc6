"""Which hours are taken: events reduced to slots. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared import rfc3339
from shared.errors import CalendarUnavailable


@dataclass(frozen=True, order=True)
class Slot:
    """A span of time that an event takes, in UTC, and how it reads in the answer."""

    start: datetime
    end: datetime
    json: str


def slots_of(events: Iterable[dict[str, Any]], zone: ZoneInfo) -> list[Slot]:
    """The slots that events take, by start.

    Raises CalendarUnavailable if an event cannot be read: its slot would look free.
    """
    try:
        return sorted(_slot(event, zone) for event in events if takes_slot(event))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CalendarUnavailable(f"list: unreadable event ({type(error).__name__})") from error


def takes_slot(event: dict[str, Any]) -> bool:
    """False for what leaves its time free: cancelled, shown as "Free", a working location,
    a birthday, an invitation that the calendar's owner declined."""
    is_busy = event.get("transparency", "opaque") != "transparent"
    is_appointment = event.get("eventType", "default") not in ("workingLocation", "birthday")
    is_declined = any(
        attendee.get("self") and attendee.get("responseStatus") == "declined"
        for attendee in event.get("attendees", [])
    )
    return event.get("status") != "cancelled" and is_busy and is_appointment and not is_declined


def _slot(event: dict[str, Any], zone: ZoneInfo) -> Slot:
    start, end = _instant(event["start"], zone), _instant(event["end"], zone)
    status = "tentative" if event.get("status") == "tentative" else "confirmed"
    answer = {
        "start": {"dateTime": start.isoformat(timespec="seconds")},
        "end": {"dateTime": end.isoformat(timespec="seconds")},
        "status": status,
    }
    return Slot(start.astimezone(UTC), end.astimezone(UTC), json.dumps(answer))


def _instant(when: dict[str, str], zone: ZoneInfo) -> datetime:
    """A start or end in the school's zone; an all-day event's date is its local midnight."""
    if "dateTime" in when:
        return rfc3339.parse(when["dateTime"]).astimezone(zone)
    day = date.fromisoformat(when["date"])
    return datetime(day.year, day.month, day.day, tzinfo=zone)
