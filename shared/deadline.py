"""Time: one budget per request, and the pauses between attempts inside it."""

import random
from collections.abc import Callable, Iterator
from typing import TypeVar

from shared import clock
from shared.errors import ServiceError

T = TypeVar("T")


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

    def call_timeout(self) -> float:
        """Seconds one call may take: two thirds of what is left, so that a silent server
        leaves time to ask again, but not less than a second while there is one."""
        left = self.left()
        return max(left * 2 / 3, min(left, 1.0))

    def pause(self, seconds: float) -> bool:
        """Sleeps and returns True, or returns False at once if too little would be left after."""
        if self.left() <= seconds + 0.05:
            return False
        clock.sleep(seconds)
        return True


def pauses(first: float = 0.1, longest: float = 2.0) -> Iterator[float]:
    """Endless pauses, in seconds: exponential backoff with full jitter, as Google's error
    guides ask for, so that instances which failed together do not come back together."""
    bound = first
    while True:
        yield random.uniform(0, bound)
        bound = min(bound * 2, longest)


def retrying(
    call: Callable[[Deadline], T], deadline: Deadline, is_transient: Callable[[ServiceError], bool]
) -> T:
    """`call`'s result, calling again after transient failures while `deadline` allows it.

    For calls that are safe to repeat. Each gets a deadline of its own; a service's wish to
    be left alone for a while (`retry_after` of the error) is honoured or, where it does not
    fit, ends the attempts. Raises what the last attempt raised.
    """
    for pause in pauses():
        try:
            return call(Deadline(deadline.call_timeout()))
        except ServiceError as error:
            if not is_transient(error) or not deadline.pause(max(pause, error.asked_to_wait)):
                raise
    raise AssertionError("pauses() does not end")
