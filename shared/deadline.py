"""Time: one budget per request, and the pauses between attempts inside it."""

import random
from collections.abc import Callable
from typing import TypeVar

from shared import clock
from shared.errors import ServiceError

T = TypeVar("T")

RECORD_RESERVE_SECONDS = 1.5
"""Kept back from a booking's budget for recording the outcome on the document."""


class Deadline:
    """A moment, on the monotonic clock, after which nothing is started.

    Every call to a service has a deadline cut from the time left (`for_call`), so
    all calls together stay within the deadline.
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
        """The deadline of one call: two thirds of the time left, so that an unresponsive server
        leaves time for a retry, but at least a second if that much is left."""
        left = self.left()
        return Deadline(max(left * 2 / 3, min(left, 1.0)))


class Budget:
    """A booking's time. `whole` ends with the answer; `work` ends earlier, to leave time for
    writing the outcome on the document."""

    def __init__(self, seconds: float) -> None:
        self.whole = Deadline(seconds)
        self.work = self.whole.earlier(RECORD_RESERVE_SECONDS)


class Backoff:
    """The pauses between attempts within a deadline: exponential with full jitter, as Google
    recommends, so that instances that failed together do not retry together."""

    def __init__(self, deadline: Deadline, longest: float = 2.0) -> None:
        self._deadline = deadline
        self._longest = longest
        self._bound = 0.1

    def wait(self, at_least: float = 0.0) -> bool:
        """Sleeps and returns True, or returns False at once if too little time would remain."""
        seconds = max(random.uniform(0, self._bound), at_least)
        self._bound = min(self._bound * 2, self._longest)
        if self._deadline.left() <= seconds + 0.05:
            return False
        clock.sleep(seconds)
        return True

    def wait_or_raise(self, error: ServiceError) -> None:
        """Sleeps, at least as long as the service asked for; raises `error` if time is short."""
        if not self.wait(error.asked_to_wait):
            raise error


def retrying(call: Callable[[Deadline], T], deadline: Deadline, transient: type[ServiceError]) -> T:
    """The result of `call`, retried after `transient` failures until `deadline`.

    For calls that are safe to repeat; each gets its own deadline. Raises what the last
    attempt raised.
    """
    backoff = Backoff(deadline)
    while True:
        try:
            return call(deadline.for_call())
        except transient as error:
            backoff.wait_or_raise(error)
