"""Which events a list request finds, and how events are rendered."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from . import fields, times
from .calendars import Calendar, HeldEvent, Resource
from .errors import CalendarError, invalid

ENDLESS_YEARS = 10
"""How far an endless recurrence is expanded at most, whatever ``timeMax`` says."""

DEFAULT_PAGE, LARGEST_PAGE = 250, 2500
_FILTERS = (
    "timeMin", "timeMax", "singleEvents", "orderBy", "showDeleted", "eventTypes",
    "privateExtendedProperty",
)  # fmt: skip
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
    """The event's JSON; ``mask`` is what ``view.mask`` means for an event."""
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
    """The events that match, in the order asked for; pages of one listing share the work."""
    key = (calendar.version, _fingerprint(parameters))
    if calendar.last_listing is None or calendar.last_listing[0] != key:
        calendar.last_listing = (key, _found(calendar, _Query(parameters)))
    return calendar.last_listing[1]


class _Query:
    """The filters of a list request. Raises CalendarError for a bad combination."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.single = parameters.get("singleEvents", False)
        self.show_deleted = parameters.get("showDeleted", False)
        self.types = parameters.get("eventTypes")
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
        if event.is_cancelled and not self._shows_cancelled(event):
            return False
        if self.types and event.resource["eventType"] not in self.types:
            return False
        if self.after is not None and event.end <= self.after and not self._recurs(event):
            return False
        if self.before is not None and event.start >= self.before:
            return False
        held = event.resource.get("extendedProperties", {}).get("private", {})
        return all(held.get(name) == value for name, value in self.properties)

    def _shows_cancelled(self, event: HeldEvent) -> bool:
        is_exception = "recurringEventId" in event.resource
        return bool(self.show_deleted or (is_exception and not self.single))

    def _recurs(self, event: HeldEvent) -> bool:
        if event.series is None or self.after is None:
            return False
        since = self.after - (event.end - event.start)
        return any(True for _ in event.series.between(since, self.horizon))

    @property
    def horizon(self) -> datetime:
        """Where the expansion of recurring events ends at the latest."""
        now = datetime.now(UTC)
        end = max(self.after or now, now) + timedelta(days=366 * ENDLESS_YEARS)
        return min(self.before or end, end)


def _found(calendar: Calendar, query: _Query) -> list[HeldEvent]:
    if query.single:
        candidates = list(calendar.single_events(query.after, query.horizon))
    else:
        candidates = list(calendar.events.values())
    events = [event for event in candidates if query.takes(event)]
    if query.sorts:
        events.sort(key=lambda event: event.start)
    return events


def _instant(parameters: Mapping[str, Any], name: str) -> datetime | None:
    text = parameters.get(name)
    return None if text is None else times.instant(text).replace(microsecond=0)


def _name_and_value(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise invalid("Invalid extended property filter.")
    return name, value


@dataclass(frozen=True)
class Page:
    """A part of the events found; ``token`` leads to the next one."""

    events: list[HeldEvent]
    token: str | None


def page(
    events: list[HeldEvent],
    parameters: Mapping[str, Any],
    size_cap: int | None,
    empty_pages: list[int],
) -> Page:
    """The page a request asks for. Raises CalendarError for a token that is not of its listing."""
    listing = _fingerprint(parameters)
    offset, number = _position(parameters.get("pageToken"), listing)
    size = min(parameters.get("maxResults", DEFAULT_PAGE), LARGEST_PAGE, size_cap or LARGEST_PAGE)
    if number in empty_pages:
        return Page([], _token(offset, number + 1, listing))
    end = offset + size
    more = end < len(events) or number + 1 in empty_pages
    return Page(events[offset:end], _token(end, number + 1, listing) if more else None)


def _fingerprint(parameters: Mapping[str, Any]) -> int:
    """Tells one listing from another: what it finds must not change from page to page."""
    return zlib.crc32(repr([parameters.get(name) for name in _FILTERS]).encode())


def _token(offset: int, number: int, listing: int) -> str:
    return urlsafe_b64encode(json.dumps([offset, number, listing]).encode()).decode()


def _position(token: str | None, listing: int) -> tuple[int, int]:
    if token is None:
        return 0, 0
    try:
        offset, number, of_listing = json.loads(urlsafe_b64decode(token))
    except ValueError:
        raise invalid("Invalid page token value.") from None
    if of_listing != listing:
        raise invalid("Invalid page token value.")
    return offset, number
