"""A clock that stands still until a test sets it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared import clock


class SettableClock:
    """Both of the product's clocks, in seconds; to sleep is to set it."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def monotonic(self) -> float:
        return self.seconds

    def time(self) -> float:
        return self.seconds

    def sleep(self, seconds: float, /) -> None:
        self.seconds += seconds


@contextmanager
def settable_clock() -> Iterator[SettableClock]:
    """Puts one in place, for the whole process."""
    settable = SettableClock()
    clock.use(settable)
    try:
        yield settable
    finally:
        clock.use(time)
