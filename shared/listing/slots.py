"""Which hours are taken: reduces events and classes to slots. Pure.

An unreadable event must neither look free nor break the listing: without a readable end it
takes everything from its start on, without a readable start everything from now on.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from shared.classes.document import ClassDocument
from shared.classes.fields import FieldReader
from shared.classes.virtual_class import Status

_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
"""The range of `datetime` in which every offset is representable."""


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """A span of time, in UTC, that is taken, its JSON in the answer, and the ids of what takes it,
    its own first."""

    start: datetime
    end: datetime
    json: str
    ids: tuple[str, ...]

    @property
    def keys(self) -> set[tuple[str, datetime, datetime]]:
        """Two that share one are one, such as an event and its copy in another calendar, or a
        class and its event: they share an id and have the same hours."""
        return {(each, self.start, self.end) for each in self.ids}


def slots_of(taken: Iterable[Slot], now: datetime, until: datetime) -> list[Slot]:
    """Those, ordered by start, that end after `now` and start before `until`; of those that are
    one, the first."""
    slots = []
    seen: set[tuple[str, datetime, datetime]] = set()
    for slot in taken:
        keys = slot.keys
        if slot.end > now and slot.start < until and seen.isdisjoint(keys):
            slots.append(slot)
            seen |= keys
    return sorted(slots)


def busy_events(events: Iterable[dict[str, Any]], zone: ZoneInfo, now: datetime) -> Iterator[Slot]:
    """The hours that a calendar's events take."""
    for event in filter(takes_slot, events):
        start, end = _instant(event.get("start"), zone), _instant(event.get("end"), zone)
        if start is None:
            start, end = now, _LAST
        elif end is None or end < start:
            end = _LAST
        status = "tentative" if event.get("status") == "tentative" else "confirmed"
        ids = (event.get("id"), event.get("iCalUID"))
        known = tuple(each for each in ids if each and isinstance(each, str))
        yield _slot(start, end, status, zone, known)


def takes_slot(event: dict[str, Any]) -> bool:
    """False for an event that leaves its time free: cancelled, shown as "Free", a working
    location, a birthday, an invitation that the calendar's owner declined."""
    is_busy = event.get("transparency", "opaque") != "transparent"
    is_appointment = event.get("eventType", "default") not in ("workingLocation", "birthday")
    attendees = event.get("attendees")
    is_declined = any(
        isinstance(each, dict) and each.get("self") and each.get("responseStatus") == "declined"
        for each in (attendees if isinstance(attendees, list) else [])
    )
    return event.get("status") != "cancelled" and is_busy and is_appointment and not is_declined


def busy_classes(classes: Iterable[ClassDocument], zone: ZoneInfo) -> Iterator[Slot]:
    """The hours of classes that are being paid for or are not in the calendar yet. A cancelled or
    completed class, or one whose hours cannot be read, takes none."""
    for document in classes:
        read = FieldReader(document.data)
        start, end = read.instant("startTime"), read.instant("endTime")
        status = read.one_of(Status, "status", default=Status.PENDING)
        is_off = status in (Status.CANCELLED, Status.COMPLETED)
        if start and end and start < end and not is_off:
            ids = filter(None, (document.id, document.event_id, document.derived_event_id))
            yield _slot(start, end, "tentative", zone, tuple(ids))


def _slot(
    start: datetime, end: datetime, status: str, zone: ZoneInfo, ids: tuple[str, ...]
) -> Slot:
    answer = {
        "start": {"dateTime": _text(start, zone)},
        "end": {"dateTime": _text(end, zone)},
        "status": status,
    }
    return Slot(start, end, json.dumps(answer), ids)


def _instant(when: Any, zone: ZoneInfo) -> datetime | None:
    """A start or end in UTC, to the second; an all-day event's date is its local midnight."""
    try:
        if "dateTime" in when:
            instant = datetime.fromisoformat(when["dateTime"])
        else:
            day = date.fromisoformat(when["date"])
            instant = datetime(day.year, day.month, day.day, tzinfo=zone)
        if instant.tzinfo is None:
            return None
        in_range = min(max(instant, _FIRST), _LAST)
        return in_range.astimezone(UTC).replace(microsecond=0)
    except (KeyError, TypeError, ValueError):
        return None


def _text(instant: datetime, zone: ZoneInfo) -> str:
    """RFC 3339 in the zone's offset, rounded to whole minutes: historical offsets had seconds."""
    offset = instant.astimezone(zone).utcoffset() or timedelta()
    in_minutes = timezone(timedelta(minutes=round(offset.total_seconds() / 60)))
    return instant.astimezone(in_minutes).isoformat(timespec="seconds")
