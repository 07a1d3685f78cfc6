"""Which events a list request finds, and how events are rendered.

Recurring events are not expanded: what is seeded as an instance (with `recurringEventId`) is listed
with `singleEvents`; what has a `recurrence` without, as if it went on for ever.
"""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from infra.local.google import fields, times
from infra.local.google.calendars import Calendar, HeldEvent, Resource
from infra.local.google.errors import CalendarError, invalid

DEFAULT_SIZE, LARGEST_SIZE = 250, 2500
_FILTERS = ("timeMin", "timeMax", "singleEvents", "orderBy", "privateExtendedProperty")
"""What must not change from page to page of one listing."""
_STUB = ("kind", "etag", "id", "status", "recurringEventId", "originalStartTime")
"""All that Google tells of a cancelled instance."""
_OF_BUSY = ("kind", "etag", "id", "status", "htmlLink", "updated", "iCalUID", "start", "end")
"""All that Google tells a freeBusyReader, as seen in googleworkspace/go-samples#33."""


@dataclass(frozen=True)
class View:
    """How an event is to be rendered."""

    zone: str | None = None
    mask: str = ""
    max_attendees: int | None = None
    only_busy: bool = False

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
    if view.only_busy:
        seen = {name: seen[name] for name in _OF_BUSY if name in seen} | {"visibility": "private"}
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
    """The events that match, in the order asked for. All-day events begin and end at midnight in
    the calendar's own zone, whatever zone is named. Raises CalendarError for a bad combination."""
    is_single = parameters.get("singleEvents", False)
    is_sorted = parameters.get("orderBy") == "startTime"
    after, before = (
        times.instant(parameters[name]) if name in parameters else None
        for name in ("timeMin", "timeMax")
    )
    pairs = [pair.partition("=") for pair in parameters.get("privateExtendedProperty", [])]
    if is_sorted and not is_single:
        raise invalid("The requested ordering is not available for the particular query.")
    if after and before and after >= before:
        raise CalendarError(400, "timeRangeEmpty", "The specified time range is empty.")
    if not all(equals for _, equals, _ in pairs):
        raise invalid("Invalid extended property filter.")

    def matches(event: HeldEvent) -> bool:
        is_series = "recurrence" in event.resource
        is_told_cancelled = "recurringEventId" in event.resource and not is_single
        held = event.resource.get("extendedProperties", {}).get("private", {})
        return (
            not (is_single and is_series)
            and (is_told_cancelled or not event.is_cancelled)
            and (after is None or event.end > after or is_series)
            and (before is None or event.start < before)
            and all(held.get(name) == value for name, _, value in pairs)
        )

    events = filter(matches, calendar.events.values())
    return sorted(events, key=lambda event: event.start) if is_sorted else list(events)


def page(
    events: list[HeldEvent],
    parameters: Mapping[str, Any],
    size_cap: int | None,
    empty_pages: list[int],
) -> tuple[list[HeldEvent], str | None]:
    """The page a request asks for, and the token of the next one if there is one. Raises
    CalendarError for a token that is not of this listing."""
    listing = zlib.crc32(repr([parameters.get(name) for name in _FILTERS]).encode())
    offset, number = _position(parameters.get("pageToken"), listing)
    size = min(parameters.get("maxResults", DEFAULT_SIZE), LARGEST_SIZE, size_cap or LARGEST_SIZE)
    end = offset if number in empty_pages else offset + size
    more = number in empty_pages or end < len(events) or number + 1 in empty_pages
    return events[offset:end], _token(end, number + 1, listing) if more else None


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
