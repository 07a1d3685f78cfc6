"""The rounds: in each, every figure once, so that a machine which is busy for a while is so for
all that is compared."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.benchmark.measuring import Bench, Figures
from tests.benchmark.plan import CALLERS, Subjects

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One measurement; `of` is what varies in its part: events, or Google's latency in ms."""

    part: str
    subject: str
    of: int
    measure: Callable[[], Figures]


@dataclass(frozen=True)
class Measured:
    """What a step showed in a round, and the machine's load average then."""

    round: int
    part: str
    subject: str
    of: int
    load_average: float
    figures: Figures


def measure(bench: Bench, subjects: Subjects, say: Say) -> Iterator[Measured]:
    """Every step of every round, in turns forwards and backwards."""
    steps = list(_steps(bench, subjects))
    count = bench.plan.rounds * len(steps)
    for number in range(bench.plan.rounds):
        for place, step in enumerate(steps if number % 2 == 0 else reversed(steps)):
            done = number * len(steps) + place + 1
            say(f"[{done}/{count}] round {number + 1}: {step.part}, {step.subject}, {step.of}")
            load_average = os.getloadavg()[0]
            figures = step.measure()
            yield Measured(number, step.part, step.subject, step.of, load_average, figures)


def _steps(bench: Bench, subjects: Subjects) -> Iterator[Step]:
    for each in subjects.all:
        yield Step("whole", each.name, 0, partial(bench.whole, each))
    for latency in bench.plan.latencies_ms:
        yield from _steps_with_latency(bench, subjects, latency)
    for events in bench.plan.events:
        one_by_one = subjects.quickstart_lists  # which many callers wait for for minutes
        for each in (subjects.floor, subjects.lists, one_by_one):
            callers = 1 if each is one_by_one else CALLERS
            yield Step(
                "events", each.name, events, partial(bench.with_events, each, events, callers)
            )


def _steps_with_latency(bench: Bench, subjects: Subjects, latency: int) -> Iterator[Step]:
    lists = subjects.lists
    yield Step("renewing", lists.name, latency, partial(bench.renewing, lists, latency))
    each_time = partial(bench.with_latency, lists, latency, EVENTS_CACHE_SECONDS="0")
    yield Step("latency", lists.name, latency, each_time)
    for each in (subjects.quickstart_lists, subjects.books, subjects.quickstart_books):
        yield Step("latency", each.name, latency, partial(bench.with_latency, each, latency))
