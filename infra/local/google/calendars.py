"""Calendars and the events they hold."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from . import defaults, recurrence, times
from .conference import PendingMeet

Resource = dict[str, Any]
"""An event as Google returns it in full."""

WRITERS = ("writer", "owner")


@dataclass(eq=False)
class HeldEvent:
    """An event at one moment of its life: every change puts a new one in its place.

    ``rendered`` keeps the JSON it was answered with, by the way it was asked for.
    """

    resource: Resource
    home: ZoneInfo
    pending_meet: PendingMeet | None = None
    start: datetime = field(init=False)
    end: datetime = field(init=False)
    rendered: dict[Any, str] = field(default_factory=dict)
    occurrences: dict[str, "HeldEvent"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start = times.moment_of(self.resource["start"], self.home)
        self.end = times.moment_of(self.resource["end"], self.home)
        self.series = recurrence.Series.of(self.resource, self.home)

    @property
    def id(self) -> str:
        return str(self.resource["id"])

    @property
    def is_cancelled(self) -> bool:
        return bool(self.resource["status"] == "cancelled")

    def occurrence(self, start: datetime) -> "HeldEvent":
        """The instance of this recurring event that starts at ``start``."""
        instance_id = recurrence.instance_id(self.resource, start)
        if instance_id not in self.occurrences:
            length = self.end - self.start
            resource = recurrence.instance(self.resource, start, length, self.home)
            self.occurrences[instance_id] = HeldEvent(resource, self.home)
        return self.occurrences[instance_id]


@dataclass
class Calendar:
    """One calendar; ``roles`` says which account has which access role.

    A summary that was never set is the calendar's id, as with an account's own calendar.
    """

    id: str
    roles: dict[str, str]
    summary: str = ""
    time_zone: str = defaults.TIME_ZONE
    default_reminders: list[dict[str, Any]] = field(
        default_factory=lambda: [{"method": "popup", "minutes": 30}]
    )
    updated: str = field(default_factory=times.now_text)
    events: dict[str, HeldEvent] = field(default_factory=dict)
    pending_meets: set[str] = field(default_factory=set)
    version: int = 0
    last_listing: tuple[Any, list[HeldEvent]] | None = None

    @property
    def home(self) -> ZoneInfo:
        return times.zone(self.time_zone)

    def put(self, event: HeldEvent) -> None:
        self.events[event.id] = event
        (self.pending_meets.add if event.pending_meet else self.pending_meets.discard)(event.id)
        self.updated = event.resource["updated"]
        self.version += 1

    def forget(self, event_id: str) -> None:
        """Leaves no trace of an event, as Google does with old tombstones."""
        self.version += 1
        self.pending_meets.discard(event_id)
        self.events.pop(event_id, None)

    def single_events(self, after: datetime | None, before: datetime) -> Iterator[HeldEvent]:
        """Single events, exceptions and the instances of recurring events, in no order.

        Instances end after ``after`` and start before ``before``.
        """
        for event in self.events.values():
            if event.series is None:
                yield event
            elif not event.is_cancelled:
                yield from self._instances(event, event.series, after, before)

    def _instances(
        self, event: HeldEvent, series: recurrence.Series, after: datetime | None, before: datetime
    ) -> Iterator[HeldEvent]:
        length = event.end - event.start
        since = event.start - timedelta(seconds=1) if after is None else after - length
        for start in series.between(since, before):
            if recurrence.instance_id(event.resource, start) not in self.events:
                yield event.occurrence(start)


_marks = itertools.count()


def new_etag() -> str:
    """An etag that no event had before."""
    return f'"{3_400_000_000_000_000 + 2 * next(_marks)}"'
