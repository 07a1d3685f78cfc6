"""What the threads of an instance do together: once for all, or several things at a time."""

import contextvars
import copy
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Generic, TypeVar

from shared import clock
from shared.deadline import Deadline
from shared.errors import ServiceError, failure_of

T = TypeVar("T")

ARRIVAL_SECONDS = 0.25
"""A flight's deadline is this much earlier than that of the caller who started it, so that
the caller is still waiting when the flight fails."""


def once(make: Callable[[], T]) -> Callable[[], T]:
    """Wraps `make` so that the first call runs it and all calls return the same result. Clients
    are made so, not on import: gunicorn imports the functions and then forks its workers.

    If `make` raises, the next call tries again. Concurrent calls wait without a deadline,
    so `make` must not wait for any service; see `google.firestore.firestore_client` for that.
    """
    lock, made = threading.Lock(), cache(make)

    def get() -> T:
        with lock:
            return made()

    return get


def in_parallel(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Their results, in the same order; raises the first failure once all have ended.

    Each runs in the context of this request, and must end by a deadline of its own.
    """
    with ThreadPoolExecutor(len(calls)) as pool:
        started = [pool.submit(contextvars.copy_context().run, call) for call in calls]
    return [each.result() for each in started]


class Flight(Generic[T]):
    """One run of a slow function, in progress or finished."""

    def __init__(self, joinable: Deadline) -> None:
        self.joinable = joinable
        """Callers join this flight until then; later ones start another."""
        self.outcome: Future[T] = Future()
        self.began = clock.monotonic()

    def result(self, seconds: float) -> T:
        """Its result, waiting at most `seconds`. Raises TimeoutError, or a copy of its failure:
        raising the same object repeatedly would make its traceback grow without end."""
        failure = self.outcome.exception(max(seconds, 0))
        if failure is not None:
            raise copy.copy(failure) from failure.__cause__
        return self.outcome.result()


class SingleFlight(Generic[T]):
    """Runs `run` for the first caller; callers that arrive during the run share its outcome.

    A flight runs in its own thread, in the context of the request that started it, so that
    every caller can stop waiting at its own deadline. If it overruns its deadline, the next
    caller starts another, and its result is kept only if no newer flight has finished first.
    A failure is shared with everyone who calls within `remembered` seconds of it.
    """

    def __init__(
        self,
        run: Callable[[Deadline], T],
        remembered: Callable[[ServiceError], float] = lambda _: 0.0,
    ) -> None:
        self._run = run
        self._remembered = remembered
        self._lock = threading.Lock()
        self._flight: Flight[T] | None = None
        self._latest_began = 0.0
        self.latest: T | None = None
        """The newest result."""
        self.failure: ServiceError | None = None
        """The last failure; a later flight may have succeeded."""

    def join(self, deadline: Deadline) -> tuple[Flight[T], bool]:
        """The flight to wait for, and whether this call started it."""
        with self._lock:
            current = self._flight
            if current and current.joinable.left() > 0:
                return current, False
            flight = Flight[T](deadline)
            run_in_context = contextvars.copy_context().run
            arguments = (self._fly, flight, deadline.earlier(ARRIVAL_SECONDS))
            threading.Thread(target=run_in_context, args=arguments, daemon=True).start()
            self._flight = flight  # last: if no thread starts, the next caller tries again
            return flight, True

    def result(self, deadline: Deadline) -> T:
        """The result of the current flight or of a new one. Raises TimeoutError at
        `deadline`, or the flight's failure, a ServiceError."""
        while True:
            flight, _ = self.join(deadline)
            until_replaced, left = flight.joinable.left(), deadline.left()
            try:
                return flight.result(min(until_replaced, left))
            except TimeoutError:
                if left <= until_replaced:
                    raise

    def _fly(self, flight: Flight[T], deadline: Deadline) -> None:
        try:
            result = self._run(deadline)
        except Exception as error:
            failure = failure_of(error)
            with self._lock:
                if flight is self._flight:
                    self.failure = failure
                flight.outcome.set_exception(failure)
                flight.joinable = Deadline(self._remembered(failure))
        else:
            with self._lock:
                if flight.began >= self._latest_began:
                    self._latest_began, self.latest = flight.began, result
                flight.outcome.set_result(result)
                flight.joinable = Deadline(0)
