"""Who begins a flight, who joins one, and what becomes of its outcome."""

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from queue import Queue

import pytest

from shared.concurrency import SingleFlight
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, InternalError, ServiceError
from tests.unit.settable_clock import SettableClock

BUDGET, REMEMBERED = 8.0, 5.0
LONG = 10.0
"""Seconds within which a thread does what it has to, on any machine."""


class Flights:
    """A single flight whose runs end as the test says."""

    def __init__(self) -> None:
        self._begun: Queue[Queue[str | Exception]] = Queue()
        self.single = SingleFlight(self._run, lambda _: REMEMBERED)

    def _run(self, _: Deadline) -> str:
        end: Queue[str | Exception] = Queue()
        self._begun.put(end)
        outcome = end.get(timeout=LONG)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def next(self) -> "Queue[str | Exception]":
        """The end of the flight that was begun next."""
        return self._begun.get(timeout=LONG)

    def count(self) -> int:
        """How many were begun since the last `next`."""
        return self._begun.qsize()

    def fly(self, outcome: str | Exception, budget: float = BUDGET) -> None:
        """A flight that ends at once."""
        flight, _ = self.single.join(Deadline(budget))
        self.next().put(outcome)
        flight.outcome.exception(LONG)


@pytest.fixture
def flights(clock: SettableClock) -> Flights:  # noqa: ARG001 - it reads this clock
    return Flights()


@pytest.mark.parametrize(
    ("outcome", "seconds", "begins"),
    [
        (None, 0.0, False),
        (None, BUDGET - 0.1, False),
        (None, BUDGET, True),
        ("landed", 0.0, True),
        (CalendarUnavailable(), 0.0, False),
        (CalendarUnavailable(), REMEMBERED - 0.1, False),
        (CalendarUnavailable(), REMEMBERED, True),
        (ZeroDivisionError(), REMEMBERED - 0.1, False),
    ],
)
def test_who_begins_a_flight(
    flights: Flights,
    clock: SettableClock,
    outcome: str | Exception | None,
    seconds: float,
    begins: bool,
) -> None:
    """`seconds` after a flight began (None) or ended."""
    if outcome is None:
        flights.single.join(Deadline(BUDGET))
    else:
        flights.fly(outcome)
    clock.sleep(seconds)
    _, is_mine = flights.single.join(Deadline(BUDGET))
    assert is_mine is begins


def test_all_who_come_meanwhile_get_the_same_result(flights: Flights) -> None:
    joined = [flights.single.join(Deadline(BUDGET)) for _ in range(8)]
    assert [is_mine for _, is_mine in joined] == [True] + [False] * 7
    flights.next().put("landed")
    assert {flight.result(LONG) for flight, _ in joined} == {"landed"}
    assert flights.single.latest == "landed"


def test_each_stops_waiting_at_his_own_deadline(flights: Flights) -> None:
    flights.single.join(Deadline(BUDGET))
    for seconds in (0.0, 0.01):
        with pytest.raises(TimeoutError):
            flights.single.result(Deadline(seconds))
    flights.next()
    assert flights.count() == 0


@pytest.mark.usefixtures("clock")
def test_a_flight_ends_a_little_before_its_callers_deadline() -> None:
    single = SingleFlight(lambda deadline: deadline.left())
    assert BUDGET - 1 < single.result(Deadline(BUDGET)) < BUDGET


def test_who_has_time_left_when_a_flight_is_overdue_goes_on_with_another(
    flights: Flights, clock: SettableClock
) -> None:
    flights.single.join(Deadline(BUDGET))
    clock.sleep(BUDGET - 0.05)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flights.single.result, Deadline(LONG))
        flights.next()
        clock.sleep(0.1)
        flights.next().put("of the second")
        assert waiting.result() == "of the second"


@pytest.mark.parametrize(
    ("order", "latest"),
    [((0,), "0"), ((0, 1), "1"), ((1, 0), "1"), ((2, 0, 1), "2"), ((1, 0, 2), "2")],
)
def test_an_overdue_result_never_replaces_a_newer_one(
    flights: Flights, clock: SettableClock, order: tuple[int, ...], latest: str
) -> None:
    begun = []
    for _ in range(3):
        flight, is_mine = flights.single.join(Deadline(BUDGET))
        assert is_mine
        begun.append((flight, flights.next()))
        clock.sleep(BUDGET)
    for number in order:
        flight, end = begun[number]
        end.put(str(number))
        flight.outcome.exception(LONG)
    assert flights.single.latest == latest


def test_an_overdue_failure_is_not_remembered(flights: Flights, clock: SettableClock) -> None:
    overdue, _ = flights.single.join(Deadline(BUDGET))
    end = flights.next()
    clock.sleep(BUDGET)
    second, _ = flights.single.join(Deadline(BUDGET))
    end.put(CalendarUnavailable())
    overdue.outcome.exception(LONG)
    assert flights.single.failure is None
    assert flights.single.join(Deadline(BUDGET)) == (second, False)


def test_a_remembered_failure_does_not_grow_with_each_caller(flights: Flights) -> None:
    flights.fly(CalendarUnavailable("its cause", details=["a"], retry_after=7))
    raised = []
    for _ in range(100):
        with pytest.raises(CalendarUnavailable) as caught:
            flights.single.result(Deadline(BUDGET))
        raised.append(caught.value)
    assert len(set(map(id, raised))) == 100
    assert len({len(traceback.extract_tb(each.__traceback__)) for each in raised}) == 1
    told = {(each.cause, tuple(each.details), each.retry_after) for each in raised}
    assert told == {("its cause", ("a",), 7)}


def test_what_nobody_foresaw_is_an_internal_error_with_its_cause(flights: Flights) -> None:
    flights.fly(error := ZeroDivisionError("1/0"))
    with pytest.raises(InternalError) as caught:
        flights.single.result(Deadline(BUDGET))
    assert caught.value.__cause__ is error
    assert caught.value.cause == "ZeroDivisionError"
    assert isinstance(flights.single.failure, ServiceError)


def test_a_flight_runs_in_the_context_of_who_began_it() -> None:
    name = ContextVar("name", default="nobody")
    single = SingleFlight(lambda _: (name.get(), threading.current_thread()))
    name.set("caller")
    told, thread = single.result(Deadline(LONG))
    assert told == "caller"
    assert thread is not threading.current_thread()


def test_a_thread_that_does_not_start_blocks_nobody(flights: Flights) -> None:
    threading.stack_size(2**47)  # more than there are addresses
    try:
        with pytest.raises(RuntimeError):
            flights.single.join(Deadline(BUDGET))
    finally:
        threading.stack_size(0)
    flights.fly("landed")
    assert flights.single.latest == "landed"
