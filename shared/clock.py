"""Time and sleeping: the only module that asks the system for either.

The simulation substitutes its own clock and plays hours in a second.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time; `monotonic` and `time` are in seconds, `time` since 1970 in UTC."""

    def monotonic(self) -> float: ...
    def time(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


_clock: Clock = time


def use(clock: Clock) -> None:
    """Replaces the clock of the whole process."""
    global _clock
    _clock = clock


def monotonic() -> float:
    """Seconds on a clock that is never adjusted."""
    return _clock.monotonic()


def now() -> datetime:
    """The current time in UTC, by the system's clock, which may be off."""
    return datetime.fromtimestamp(_clock.time(), UTC)


def sleep(seconds: float) -> None:
    _clock.sleep(seconds)
