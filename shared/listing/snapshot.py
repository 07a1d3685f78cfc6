"""The calendar as it was read at one moment, and how the callers of an instance share it."""

import hashlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import clock
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ServiceError
from shared.listing.slots import Slot, slots_of
from shared.settings import Settings

_ALL_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_LONGEST_REMEMBERED_FAILURE = 5.0


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

    The caller who finds it older than `EVENTS_CACHE_SECONDS` renews it within his own request.
    Those who come meanwhile get the previous one at once or, where there is none, share
    his read. A failed renewal is not repeated at once, and hidden behind the previous
    snapshot while that is younger than `EVENTS_STALE_SECONDS`.
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
        self._fresh_seconds = min(self._cache_seconds, self._stale_seconds)
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._renewal: Future[Snapshot] | None = None
        self._failure: tuple[ServiceError, float] | None = None

    def current(self, deadline: Deadline) -> tuple[Snapshot, ServiceError | None]:
        """The snapshot to answer with, and why this caller's renewal of it failed, if it did.

        Raises the failure if there is no snapshot that is young enough.
        """
        snapshot = self._snapshot
        if snapshot and snapshot.age < self._fresh_seconds:
            return snapshot, None
        with self._lock:
            snapshot = self._young_enough()
            renewal, is_mine = self._renewal, False
            if snapshot and snapshot.age < self._fresh_seconds:
                return snapshot, None
            if renewal is None and (failure := self._recent_failure()):
                if snapshot:
                    return snapshot, None
                raise failure
            if renewal is None:
                renewal, is_mine = Future(), True
                self._renewal = renewal
        if is_mine:
            return self._renew(renewal, deadline)
        if snapshot and self._cache_seconds > 0:
            return snapshot, None
        return self._shared(renewal, deadline)

    def _renew(
        self, renewal: "Future[Snapshot]", deadline: Deadline
    ) -> tuple[Snapshot, ServiceError | None]:
        try:
            fresh = self._read(deadline)
        except BaseException as error:
            with self._lock:
                self._renewal = None
                if isinstance(error, ServiceError):
                    self._failure = error, clock.monotonic()
                previous = self._young_enough()
            renewal.set_exception(error)
            if previous and isinstance(error, ServiceError):
                return previous, error
            raise
        with self._lock:
            self._snapshot, self._renewal, self._failure = fresh, None, None
        renewal.set_result(fresh)
        return fresh, None

    def _read(self, deadline: Deadline) -> Snapshot:
        read_at, now = clock.monotonic(), clock.now()
        events = self._read_events(now, now + self._window, deadline)
        return Snapshot(slots_of(events, self._zone), read_at)

    def _shared(
        self, renewal: "Future[Snapshot]", deadline: Deadline
    ) -> tuple[Snapshot, ServiceError | None]:
        try:
            return renewal.result(timeout=max(deadline.left(), 0)), None
        except TimeoutError as error:
            failure: ServiceError = CalendarUnavailable(
                "list: another caller's read takes too long"
            )
            failure.__cause__ = error
        except ServiceError as error:
            failure = error
        if previous := self._young_enough():
            return previous, None
        raise failure

    def _young_enough(self) -> Snapshot | None:
        snapshot = self._snapshot
        return snapshot if snapshot and snapshot.age <= self._stale_seconds else None

    def _recent_failure(self) -> ServiceError | None:
        if self._failure is None:
            return None
        error, failed_at = self._failure
        quiet_seconds = min(self._cache_seconds, _LONGEST_REMEMBERED_FAILURE)
        return error if clock.monotonic() - failed_at < quiet_seconds else None
