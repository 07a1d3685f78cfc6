"""The snapshot that callers share, with a calendar that the test plays."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import Queue
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.deadline import Deadline
from shared.errors import CalendarUnavailable
from shared.listing.slots import Slot, busy_events, slots_of
from shared.listing.snapshot import PATIENCE_SECONDS, SharedSnapshot
from tests.unit.samples import settings
from tests.unit.settable_clock import SettableClock

BUDGET = 8.0


class Calendar:
    """Answers each read with what the test has put ready, and waits for that."""

    def __init__(self) -> None:
        self.ready: Queue[list[dict[str, Any]] | Exception] = Queue()
        self.reads = 0
        self.begun = threading.Event()

    def slots(self, now: datetime, until: datetime, _: Deadline) -> list[Slot]:
        self.reads += 1
        self.begun.set()
        answer = self.ready.get(timeout=10)
        if isinstance(answer, Exception):
            raise answer
        return slots_of(busy_events(answer, ZoneInfo("UTC"), now), now, until)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


def shared(calendar: Calendar, cache: int, stale: int) -> SharedSnapshot:
    seconds = {"EVENTS_CACHE_SECONDS": str(cache), "EVENTS_STALE_SECONDS": str(stale)}
    return SharedSnapshot(calendar.slots, settings(**seconds))


@pytest.mark.parametrize(
    ("cache", "age", "read_seconds"),
    [
        (15, 14.9, None),  # it is fresh
        (15, 17.0, 1.9),  # another caller renews it
        (15, 300.0, None),  # at the end of its use
        (0, 100.0, PATIENCE_SECONDS),  # its renewal has been waited for long enough
    ],
)
def test_who_gets_the_usable_snapshot_at_once(
    calendar: Calendar, clock: SettableClock, cache: int, age: float, read_seconds: float | None
) -> None:
    """`age` is the snapshot's; `read_seconds` how long its renewal has been under way, if it is."""
    snapshots = shared(calendar, cache, stale=300)
    calendar.ready.put([])
    first, _ = snapshots.current(Deadline(BUDGET))
    with ThreadPoolExecutor(1) as pool:
        clock.sleep(age - (read_seconds or 0))
        if read_seconds:
            calendar.begun.clear()
            pool.submit(snapshots.current, Deadline(BUDGET))
            assert calendar.begun.wait(10)
            clock.sleep(read_seconds)
        before = time.monotonic()
        assert snapshots.current(Deadline(BUDGET)) == (first, None)
        assert time.monotonic() - before < 1
        calendar.ready.put([])


@pytest.mark.parametrize(("cache", "seconds"), [(0, 1.0), (3, 3.0), (15, 5.0)])
def test_how_long_a_failed_read_is_not_repeated(
    calendar: Calendar, clock: SettableClock, cache: int, seconds: float
) -> None:
    snapshots = shared(calendar, cache, stale=300)
    for wait, reads in ((0, 1), (seconds - 0.1, 1), (0.1, 2)):
        clock.sleep(wait)
        calendar.ready.put(CalendarUnavailable("list: no answer"))
        with pytest.raises(CalendarUnavailable, match="no answer"):
            snapshots.current(Deadline(BUDGET))
        assert calendar.reads == reads


def test_a_failure_is_told_once(calendar: Calendar, clock: SettableClock) -> None:
    snapshots = shared(calendar, cache=1, stale=300)
    calendar.ready.put([])
    first, _ = snapshots.current(Deadline(BUDGET))
    clock.sleep(1)
    calendar.ready.put(CalendarUnavailable("list: no answer"))
    told = [snapshots.current(Deadline(BUDGET)) for _ in range(3)]
    assert [snapshot for snapshot, _ in told] == [first] * 3
    assert [failure and failure.cause for _, failure in told] == ["list: no answer", None, None]
