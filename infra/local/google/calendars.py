"""Calendars and the events they hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from infra.local.google import defaults, times
from infra.local.google.conference import PendingMeet

Resource = dict[str, Any]
"""An event as Google returns it in full."""

WRITERS = ("writer", "owner")
_FIRST_ETAG = 3_400_000_000_000_000


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class HeldEvent:
    """An event at one moment of its life: every change puts a new one in its place.

    `rendered` keeps the JSON it was answered with, by the way it was asked for.
    """

    resource: Resource
    home: ZoneInfo
    pending_meet: PendingMeet | None = None
    start: datetime = field(init=False)
    end: datetime = field(init=False)
    rendered: dict[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start = times.moment_of(self.resource["start"], self.home)
        self.end = times.moment_of(self.resource["end"], self.home)

    @property
    def id(self) -> str:
        return str(self.resource["id"])

    @property
    def is_cancelled(self) -> bool:
        return bool(self.resource["status"] == "cancelled")


@dataclass
class Calendar:
    """One calendar; `roles` says which account has which access role.

    A summary that was never set is the calendar's id, as with an account's own calendar.
    """

    id: str
    roles: dict[str, str]
    summary: str = ""
    time_zone: str = defaults.TIME_ZONE
    now: Callable[[], datetime] = utc_now
    events: dict[str, HeldEvent] = field(default_factory=dict)
    version: int = 0

    @property
    def home(self) -> ZoneInfo:
        return times.zone(self.time_zone)

    def mark(self) -> Resource:
        """What tells the next version of an event from all others of this calendar."""
        etag = f'"{_FIRST_ETAG + 2 * self.version}"'
        return {"etag": etag, "updated": times.stamp(self.now())}

    def put(self, event: HeldEvent) -> None:
        self.events[event.id] = event
        self.version += 1

    def forget(self, event_id: str) -> None:
        """Leaves no trace of an event, as Google does with old tombstones."""
        self.version += 1
        del self.events[event_id]
