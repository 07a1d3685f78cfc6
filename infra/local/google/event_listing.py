"""Which events a list request finds, and how events are rendered.

Recurring events are not expanded: what is seeded as an instance (with `recurringEventId`) is listed
with `singleEvents`; what has a `recurrence` without, as if it went on for ever.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from infra.local.google import fields, times
from infra.local.google.calendars import Calendar, HeldEvent, Resource
from infra.local.google.errors import CalendarError, invalid

_STUB = ("kind", "etag", "id", "status", "recurringEventId", "originalStartTime")
"""All that Google tells of a cancelled instance."""


@dataclass(frozen=True)
class View:
    """How an event is to be rendered."""

    zone: str | None = None
    mask: str = ""
    max_attendees: int | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "View":
        """Raises CalendarError for a time zone that does not exist."""
        named = parameters.get("timeZone")
        if named is not None:
            times.zone(named)
        return cls(named, parameters.get("fields", ""), parameters.get("maxAttendees"))


def rendered(event: HeldEvent, view: View, mask: fields.Mask) -> str:
    """The event's JSON; `mask` is what `view.mask` means for an event."""
    text = event.rendered.get(view)
    if text is None:
        resource = fields.apply(mask, _seen(event, view))
        text = event.rendered[view] = json.dumps(resource, separators=(",", ":"))
    return text


def _seen(event: HeldEvent, view: View) -> Resource:
    seen = dict(event.resource)
    if "recurringEventId" in seen and event.is_cancelled:
        seen = {name: value for name, value in seen.items() if name in _STUB}
    if view.zone not in (None, event.home.key):
        for name in ("start", "end", "originalStartTime"):
            if "dateTime" in seen.get(name, ()):
                seen[name] = _in_zone(seen[name], times.zone(str(view.zone)))
    if view.max_attendees is not None and len(seen.get("attendees", [])) > view.max_attendees:
        seen["attendees"] = [each for each in seen["attendees"] if each.get("self")]
        seen["attendeesOmitted"] = True
    return seen


def _in_zone(event_time: Resource, where: tzinfo) -> Resource:
    moment = datetime.fromisoformat(event_time["dateTime"])
    return event_time | {"dateTime": times.in_zone(moment, where)}


def found(calendar: Calendar, parameters: Mapping[str, Any]) -> list[HeldEvent]:
    """The events that match, in the order asked for."""
    query = _Query(parameters)
    events = [event for event in calendar.events.values() if query.takes(event)]
    if query.sorts:
        events.sort(key=lambda event: event.start)
    return events


class _Query:
    """The filters of a list request. Raises CalendarError for a bad combination."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.single = parameters.get("singleEvents", False)
        self.sorts = parameters.get("orderBy") == "startTime"
        self.after = _instant(parameters, "timeMin")
        self.before = _instant(parameters, "timeMax")
        if self.sorts and not self.single:
            raise invalid("The requested ordering is not available for the particular query.")
        if self.after and self.before and self.after >= self.before:
            raise CalendarError(400, "timeRangeEmpty", "The specified time range is empty.")
        pairs = parameters.get("privateExtendedProperty", [])
        self.properties = [_name_and_value(pair) for pair in pairs]

    def takes(self, event: HeldEvent) -> bool:
        """All-day events begin and end at midnight in the calendar's own zone, whatever zone the
        request names."""
        resource = event.resource
        if self.single and "recurrence" in resource:
            return False
        if event.is_cancelled and (self.single or "recurringEventId" not in resource):
            return False
        if self.after is not None and event.end <= self.after and "recurrence" not in resource:
            return False
        if self.before is not None and event.start >= self.before:
            return False
        held = resource.get("extendedProperties", {}).get("private", {})
        return all(held.get(name) == value for name, value in self.properties)


def _instant(parameters: Mapping[str, Any], name: str) -> datetime | None:
    text = parameters.get(name)
    return None if text is None else times.instant(text).replace(microsecond=0)


def _name_and_value(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise invalid("Invalid extended property filter.")
    return name, value
