"""Time: one budget per request, and the pauses between attempts inside it."""

import random
from collections.abc import Callable
from typing import TypeVar

from shared import clock
from shared.errors import ServiceError

T = TypeVar("T")

RECORD_RESERVE_SECONDS = 1.5
"""The end of a booking's budget that is kept for recording its outcome on the document."""


class Deadline:
    """A moment, on this process's monotonic clock, after which nothing is begun.

    Every call to a service takes its timeout from what is left (`call_timeout`), so
    the sum of all calls stays inside the budget the deadline was made with.
    """

    def __init__(self, seconds: float) -> None:
        self._at = clock.monotonic() + seconds

    def left(self) -> float:
        """Seconds left; negative once it has passed."""
        return self._at - clock.monotonic()

    def earlier(self, seconds: float) -> "Deadline":
        """The deadline that many seconds before this one."""
        return Deadline(self.left() - seconds)

    def for_call(self) -> "Deadline":
        """The deadline of one call: after two thirds of what is left, so that a silent server
        leaves time to ask again, but not less than a second while there is one."""
        return Deadline(self.call_timeout())

    def call_timeout(self) -> float:
        """Seconds one call may take; see `for_call`."""
        left = self.left()
        return max(left * 2 / 3, min(left, 1.0))


class Budget:
    """A booking's time. `whole` ends with the answer; `work` ends earlier and leaves time to
    write the outcome on the document."""

    def __init__(self, seconds: float) -> None:
        self.whole = Deadline(seconds)
        self.work = self.whole.earlier(RECORD_RESERVE_SECONDS)


class Backoff:
    """The pauses between attempts within a deadline: exponential, with full jitter, as Google's
    error guides ask for, so that instances that failed together do not come back together."""

    def __init__(self, deadline: Deadline, longest: float = 2.0) -> None:
        self._deadline = deadline
        self._longest = longest
        self._bound = 0.1

    def wait(self, at_least: float = 0.0) -> bool:
        """Sleeps and returns True, or returns False at once if too little would be left after."""
        seconds = max(random.uniform(0, self._bound), at_least)
        self._bound = min(self._bound * 2, self._longest)
        if self._deadline.left() <= seconds + 0.05:
            return False
        clock.sleep(seconds)
        return True

    def wait_or_raise(self, error: ServiceError) -> None:
        """Sleeps, for as long as the service asked for if that is longer, or raises `error`."""
        if not self.wait(error.asked_to_wait):
            raise error


def retrying(call: Callable[[Deadline], T], deadline: Deadline, transient: type[ServiceError]) -> T:
    """`call`'s result, calling again after `transient` failures while `deadline` allows it.

    For calls that are safe to repeat; each gets a deadline of its own. Raises what the last
    attempt raised.
    """
    backoff = Backoff(deadline)
    while True:
        try:
            return call(deadline.for_call())
        except transient as error:
            backoff.wait_or_raise(error)
