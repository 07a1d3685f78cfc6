"""The time, and waiting: the only module that asks the process for either.

A simulation puts a clock of its own in place and plays hours in a second.
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
    """Puts another clock in place, for the whole process."""
    global _clock
    _clock = clock


def monotonic() -> float:
    """Seconds on a clock that is never set."""
    return _clock.monotonic()


def now() -> datetime:
    """The moment, by the process's clock, which may be off."""
    return datetime.fromtimestamp(_clock.time(), UTC)


def sleep(seconds: float) -> None:
    _clock.sleep(seconds)
