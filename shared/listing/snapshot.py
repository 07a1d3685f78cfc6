"""The calendar as it was read at one moment, and how the callers of an instance share it."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import clock
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ServiceError
from shared.listing.slots import Slot, slots_of
from shared.settings import Settings
from shared.single_flight import SingleFlight

_ALL_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_MARGIN = timedelta(days=2)
"""Google compares dates in the calendar's own zone, which may be up to 26 hours from ours: it is
asked about more, and what is listed is decided here."""
PATIENCE_SECONDS = 2.0
"""Whoever has a usable snapshot waits for a newer one until its read is so old."""
_SHORTEST_MEMORY, _LONGEST_MEMORY = 1.0, 5.0
"""Seconds for which a failed renewal is not repeated: `EVENTS_CACHE_SECONDS` within these."""


@dataclass(frozen=True)
class Listing:
    """An answer, ready to send, and the moment until which it stays right."""

    body: bytes
    etag: str
    good_until: datetime


class Snapshot:
    """The calendar as it was read at one moment."""

    def __init__(self, slots: list[Slot], read_at: float) -> None:
        self._slots = slots
        self._read_at = read_at
        self._whole: Listing | None = None

    @property
    def age(self) -> float:
        """Seconds since the read began."""
        return clock.monotonic() - self._read_at

    def listing(self, span: tuple[datetime, datetime] | None = None) -> Listing:
        """The slots that have not ended and, given a span, overlap it. Made once for the
        whole snapshot, and again only when one of its events has ended."""
        now = clock.now()
        if span is not None:
            return _listing(self._slots, now, *span)
        whole = self._whole
        if whole is None or now >= whole.good_until:
            whole = self._whole = _listing(self._slots, now, *_ALL_TIME)
        return whole


def _listing(slots: list[Slot], now: datetime, start: datetime, end: datetime) -> Listing:
    after = max(now, start)
    listed = [slot for slot in slots if slot.end > after and slot.start < end]
    body = f"[{','.join(slot.json for slot in listed)}]".encode()
    etag = hashlib.blake2b(body, digest_size=16).hexdigest()
    return Listing(body, etag, min((slot.end for slot in listed), default=_ALL_TIME[1]))


class SharedSnapshot:
    """The snapshot of an instance.

    The first caller who finds it older than `EVENTS_CACHE_SECONDS` begins its renewal and gets
    the new one if that is there soon enough. Until then he and those who come meanwhile have
    the previous one, while it is younger than `EVENTS_STALE_SECONDS`; where there is none, all
    wait for the same read. A failed renewal is not repeated at once.
    """

    def __init__(
        self,
        read_events: Callable[[datetime, datetime, Deadline], Iterable[dict[str, Any]]],
        settings: Settings,
    ) -> None:
        self._read_events = read_events
        self._zone = settings.time_zone
        self._window = timedelta(days=settings.events_window_days)
        self._cache_seconds = settings.events_cache_seconds
        self._stale_seconds = settings.events_stale_seconds
        remembered = min(max(self._cache_seconds, _SHORTEST_MEMORY), _LONGEST_MEMORY)
        self._renewal = SingleFlight(self._renew, lambda _: remembered)
        self._told: ServiceError | None = None

    def current(self, deadline: Deadline) -> tuple[Snapshot, ServiceError | None]:
        """The snapshot to answer with and, for one caller, why the last renewal failed, if it
        did and nobody was told so yet.

        Raises that failure if there is no snapshot that is young enough.
        """
        previous = self._renewal.latest
        if previous and self._is_fresh(previous):
            return previous, None
        try:
            if previous and previous.age <= self._stale_seconds:
                snapshot = self._renewed_soon(previous, deadline)
            else:
                snapshot = self._renewal.result(deadline)
        except TimeoutError as error:
            raise CalendarUnavailable("list: the read takes too long") from error
        except ServiceError:
            self._untold()
            raise
        return snapshot, self._untold()

    def _renewed_soon(self, previous: Snapshot, deadline: Deadline) -> Snapshot:
        """A newer snapshot if there soon is one, else the previous one."""
        renewal, is_mine = self._renewal.join(deadline)
        if not is_mine and self._cache_seconds > 0:
            return previous
        usable_seconds = self._stale_seconds - previous.age
        try:
            return renewal.result(
                min(PATIENCE_SECONDS - renewal.age, usable_seconds, deadline.left())
            )
        except (TimeoutError, ServiceError):
            return previous

    def _renew(self, deadline: Deadline) -> Snapshot:
        latest = self._renewal.latest
        if latest and self._is_fresh(latest):  # another flight landed just before this one began
            return latest
        read_at, now = clock.monotonic(), clock.now()
        until = now + self._window
        events = self._read_events(now - _MARGIN, until + _MARGIN, deadline)
        return Snapshot(slots_of(events, self._zone, now, until), read_at)

    def _is_fresh(self, snapshot: Snapshot) -> bool:
        return snapshot.age < min(self._cache_seconds, self._stale_seconds)

    def _untold(self) -> ServiceError | None:
        """The last failure, for the first who asks."""
        failure = self._renewal.failure
        if failure is self._told:
            return None
        self._told = failure
        return failure
