"""A snapshot of the hours taken, shared by all callers of an instance."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared import clock
from shared.concurrency import SingleFlight
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ServiceError
from shared.listing.slots import Slot
from shared.settings import Settings

_FOR_EVER = datetime.max.replace(tzinfo=UTC)
PATIENCE_SECONDS = 2.0
"""With a usable snapshot, a caller waits for a renewal only until it has taken this long."""
_SHORTEST_MEMORY, _LONGEST_MEMORY = 1.0, 5.0
"""A failed renewal is not retried for `EVENTS_CACHE_SECONDS`, clamped to these."""


@dataclass(frozen=True)
class Listing:
    """An answer, ready to send, and until when it is valid."""

    body: bytes
    etag: str
    good_until: datetime


class Snapshot:
    """The hours taken, as read at one moment."""

    def __init__(self, slots: list[Slot], read_at: float) -> None:
        self._slots = slots
        self._read_at = read_at
        self._whole: Listing | None = None

    @property
    def age(self) -> float:
        """Seconds since the read began."""
        return clock.monotonic() - self._read_at

    def listing(self, start: datetime | None = None, end: datetime | None = None) -> Listing:
        """The slots that have not ended, end after `start` and start before `end`. If neither is
        given, it is kept until one of its events ends."""
        now = clock.now()
        if start or end:
            return _listing(self._slots, max(now, start or now), end or _FOR_EVER)
        whole = self._whole
        if whole is None or now >= whole.good_until:
            whole = self._whole = _listing(self._slots, now, _FOR_EVER)
        return whole


def _listing(slots: list[Slot], after: datetime, end: datetime) -> Listing:
    listed = [slot for slot in slots if slot.end > after and slot.start < end]
    body = f"[{','.join(slot.json for slot in listed)}]".encode()
    etag = hashlib.blake2b(body, digest_size=16).hexdigest()
    return Listing(body, etag, min((slot.end for slot in listed), default=_FOR_EVER))


class SharedSnapshot:
    """The snapshot of an instance.

    The first caller that finds it older than `EVENTS_CACHE_SECONDS` starts a renewal and gets
    its result if that is ready soon enough. Otherwise that caller, like all others during the
    renewal, gets the previous snapshot if younger than `EVENTS_STALE_SECONDS`; without one, all
    wait for the same read. A failed renewal is not retried at once.
    """

    def __init__(
        self,
        read: Callable[[datetime, datetime, Deadline], list[Slot]],
        settings: Settings,
    ) -> None:
        self._read = read
        self._settings = settings
        remembered = min(max(settings.events_cache_seconds, _SHORTEST_MEMORY), _LONGEST_MEMORY)
        self._renewal = SingleFlight(self._renew, lambda _: remembered)

    def current(self, deadline: Deadline) -> tuple[Snapshot, ServiceError | None]:
        """The snapshot to answer with and the last renewal's failure, if it has not been returned
        to a caller before.

        Raises that failure if no snapshot is young enough.
        """
        previous = self._renewal.latest
        if previous and self._is_fresh(previous):
            return previous, None
        try:
            if previous and previous.age <= self._settings.events_stale_seconds:
                snapshot = self._renewed_soon(previous, deadline)
            else:
                snapshot = self._renewal.result(deadline)
        except TimeoutError as error:
            raise CalendarUnavailable("list: the read takes too long") from error
        except ServiceError:
            self._renewal.failure = None
            raise
        failure, self._renewal.failure = self._renewal.failure, None
        return snapshot, failure

    def _renewed_soon(self, previous: Snapshot, deadline: Deadline) -> Snapshot:
        """A newer snapshot if one is ready soon, else the previous one."""
        renewal, is_mine = self._renewal.join(deadline)
        if not is_mine and self._settings.events_cache_seconds > 0:
            return previous
        patience = PATIENCE_SECONDS - (clock.monotonic() - renewal.began)
        usable = self._settings.events_stale_seconds - previous.age
        try:
            return renewal.result(min(patience, usable, deadline.left()))
        except (TimeoutError, ServiceError):
            return previous

    def _renew(self, deadline: Deadline) -> Snapshot:
        latest = self._renewal.latest
        if latest and self._is_fresh(latest):  # another flight finished just before
            return latest
        read_at, now = clock.monotonic(), clock.now()
        until = now + timedelta(days=self._settings.events_window_days)
        return Snapshot(self._read(now, until, deadline), read_at)

    def _is_fresh(self, snapshot: Snapshot) -> bool:
        return snapshot.age < min(
            self._settings.events_cache_seconds, self._settings.events_stale_seconds
        )
