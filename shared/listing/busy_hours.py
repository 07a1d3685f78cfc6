"""Reads everything that takes hours, in one go."""

from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import chain
from typing import Any

from shared.calendar.client import GoogleCalendar
from shared.concurrency import in_parallel
from shared.deadline import Deadline
from shared.listing.slots import Slot, busy_classes, busy_events, slots_of
from shared.settings import Settings

_MARGIN = timedelta(days=2)
"""Google compares dates in the calendar's own zone, which may be up to 26 hours from ours: we
ask for more than the window and select here."""
_CLOCK_ERROR = timedelta(minutes=1)
"""How far an instance's clock may be off that of whoever wrote a hold."""


class BusyHours:
    """The events of all calendars and, with `HOLD_MAX_MINUTES` above 0, the classes that are being
    paid for or not in the calendar yet. All or nothing: an hour that could not be read must not
    look free."""

    def __init__(self, settings: Settings, calendar: GoogleCalendar | None = None) -> None:
        self._settings = settings
        self._calendar = calendar or GoogleCalendar(settings)

    def slots(self, now: datetime, until: datetime, deadline: Deadline) -> list[Slot]:
        """The slots that end after `now` and start before `until`.

        Raises what the calendar and the store raise, by `deadline`.
        """
        self._calendar.credentials.prepare(deadline)
        # Classes first: one that is booked between the two reads is then in both, not in neither.
        classes = self._classes(now, deadline)
        return slots_of(chain(*self.events(now, until, deadline), classes), now, until)

    def events(self, now: datetime, until: datetime, deadline: Deadline) -> list[list[Slot]]:
        """What each calendar's events take, ours first: all events that end after `now` and start
        before `until`, and some others. Raises what the calendar raises, by `deadline`."""

        def read(calendar_id: str) -> list[Slot]:
            events = self._calendar.events_between(
                calendar_id, now - _MARGIN, until + _MARGIN, deadline
            )
            return list(busy_events(events, self._settings.time_zone, now))

        return in_parallel([partial(read, each) for each in self._settings.calendar_ids])

    def _classes(self, now: datetime, deadline: Deadline) -> list[Slot]:
        minutes = self._settings.hold_max_minutes
        if not minutes:
            return []
        latest = now + timedelta(minutes=minutes) + _CLOCK_ERROR
        found = self._store.taking_hours(now, latest, deadline)
        return list(busy_classes(found, self._settings.time_zone))

    @cached_property
    def _store(self) -> Any:
        from shared.classes.store import ClassStore  # Firestore takes long to import

        return ClassStore(self._settings)
