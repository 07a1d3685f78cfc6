"""How a budget is shared among calls and the pauses between them."""

import random

import pytest

from shared.deadline import RECORD_RESERVE_SECONDS, Backoff, Budget, Deadline, retrying
from shared.errors import CalendarUnavailable, ServiceError, StoreUnavailable
from tests.unit.settable_clock import SettableClock


@pytest.fixture(autouse=True)
def _same_pauses_each_time() -> None:
    random.seed(1)


def test_what_is_left_runs_out_with_the_clock(clock: SettableClock) -> None:
    deadline = Deadline(8)
    assert deadline.left() == 8
    clock.seconds += 6
    assert deadline.left() == 2
    assert deadline.earlier(1.5).left() == 0.5
    clock.seconds += 3
    assert deadline.left() == -1


CALLS = [(9, 6), (3, 2), (1.5, 1), (1.2, 1), (1, 1), (0.6, 0.6), (0, 0)]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("left", "seconds"), CALLS)
def test_a_call_gets_two_thirds_and_not_less_than_a_second(left: float, seconds: float) -> None:
    deadline = Deadline(left)
    assert deadline.for_call().left() == pytest.approx(seconds)


def test_a_deadline_that_has_passed_leaves_no_time_for_a_call(clock: SettableClock) -> None:
    deadline = Deadline(1)
    clock.seconds += 2
    assert deadline.for_call().left() < 0


def test_calls_that_take_all_they_get_stay_inside_the_budget(clock: SettableClock) -> None:
    deadline = Deadline(8)
    calls = 0
    while deadline.left() > 0:
        clock.sleep(deadline.for_call().left())
        calls += 1
    assert calls == 3
    assert deadline.left() == pytest.approx(0)


def test_work_ends_early_enough_to_record_it(clock: SettableClock) -> None:
    budget = Budget(8)
    assert budget.whole.left() == 8
    assert budget.work.left() == 8 - RECORD_RESERVE_SECONDS == 6.5
    clock.seconds += 7
    assert budget.whole.left() == 1
    assert budget.work.left() == -0.5


def pauses(clock: SettableClock, backoff: Backoff, number: int) -> list[float]:
    """How long each of so many waits took."""
    taken = []
    for _ in range(number):
        before = clock.seconds
        assert backoff.wait()
        taken.append(clock.seconds - before)
    return taken


def test_pauses_grow_up_to_a_bound_and_are_never_in_step(clock: SettableClock) -> None:
    rows = [pauses(clock, Backoff(Deadline(1000)), 8) for _ in range(200)]
    longest = [max(each) for each in zip(*rows, strict=True)]
    bounds = [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]
    for pause, bound in zip(longest, bounds, strict=True):
        assert 0.9 * bound < pause <= bound
    assert min(min(row) for row in rows) < 0.01


def test_a_pause_is_as_long_as_the_service_asks_for(clock: SettableClock) -> None:
    before = clock.seconds
    assert Backoff(Deadline(8)).wait(at_least=3)
    assert clock.seconds - before == 3


@pytest.mark.parametrize(
    ("left", "asked", "waits"), [(8, 7.75, True), (8, 8, False), (1, 30, False)]
)
def test_a_pause_that_leaves_no_time_is_not_begun(
    clock: SettableClock, left: float, asked: float, waits: bool
) -> None:
    before = clock.seconds
    assert Backoff(Deadline(left)).wait(asked) is waits
    assert clock.seconds - before == (asked if waits else 0)


class Service:
    """Fails so many times, each after some seconds, and then answers."""

    def __init__(self, clock: SettableClock, failures: int, seconds: float, wait: float = 0):
        self._clock = clock
        self._failures = failures
        self._seconds = seconds
        self._wait = wait
        self.given: list[float] = []

    def call(self, deadline: Deadline) -> str:
        self.given.append(deadline.left())
        self._clock.sleep(min(self._seconds, deadline.left()))
        if len(self.given) > self._failures:
            return "answer"
        error = CalendarUnavailable(f"failure {len(self.given)}")
        error.asked_to_wait = self._wait
        raise error


def ask(
    service: Service, seconds: float, transient: type[ServiceError] = CalendarUnavailable
) -> str:
    return retrying(service.call, Deadline(seconds), transient)


def test_a_call_is_repeated_until_it_succeeds(clock: SettableClock) -> None:
    service = Service(clock, failures=3, seconds=0.1)
    assert ask(service, 8) == "answer"
    assert len(service.given) == 4
    assert service.given == sorted(service.given, reverse=True)
    assert service.given[0] == pytest.approx(8 * 2 / 3)


def test_a_silent_service_takes_the_budget_and_no_more(clock: SettableClock) -> None:
    service = Service(clock, failures=99, seconds=99)
    before = clock.seconds
    with pytest.raises(CalendarUnavailable, match="failure"):
        ask(service, 8)
    assert 7 < clock.seconds - before <= 8
    assert len(service.given) > 1


def test_the_last_failure_is_the_one_that_is_told(clock: SettableClock) -> None:
    service = Service(clock, failures=99, seconds=0.5)
    with pytest.raises(ServiceError) as caught:
        ask(service, 4)
    assert caught.value.cause == f"failure {len(service.given)}"


def test_what_is_not_transient_is_not_repeated(clock: SettableClock) -> None:
    service = Service(clock, failures=1, seconds=0.1)
    with pytest.raises(CalendarUnavailable):
        ask(service, 8, StoreUnavailable)
    assert len(service.given) == 1


@pytest.mark.parametrize(("wait", "calls"), [(3, 2), (60, 1)])
def test_a_wish_to_be_left_alone_is_honoured_or_ends_the_attempts(
    clock: SettableClock, wait: float, calls: int
) -> None:
    service = Service(clock, failures=99, seconds=1, wait=wait)
    with pytest.raises(CalendarUnavailable):
        ask(service, 8)
    assert len(service.given) == calls
