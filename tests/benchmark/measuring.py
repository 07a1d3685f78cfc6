"""The rounds: in each, every figure once, so that a machine which is busy for a while is so for
all that is compared."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.instance import Instance, started
from tests.benchmark.load import Load, LoadError, load
from tests.benchmark.plan import HELD, RENEWED_AFTER, Plan, Step, Subject, steps
from tests.benchmark.school import School

_CLASSES_PER_SECOND = 400
"""More than any function books here: so many are written before a load."""
_COUNTED = 10

Figures = dict[str, float]
Results = dict[tuple[str, int, str, str], list[float]]
"""A value for each round, by part, what varies in it, subject and figure."""


def measure(
    school: School,
    plan: Plan,
    subjects: Sequence[Subject],
    directory: Path,
    say: Callable[[str], None],
) -> Results:
    """Every step of every round, in turns forwards and backwards. Raises InstanceError,
    LoadError."""
    results: Results = defaultdict(list)
    bench = _Bench(school, plan, directory / "log")
    order = list(steps(plan, subjects))
    for number in range(1, plan.rounds + 1):
        for place, step in enumerate(order, 1):
            progress = f"[{place}/{len(order)}] round {number} of {plan.rounds}"
            say(f"{progress}: {step.part}, {step.subject.name}, {step.of}")
            for name, value in bench.figures(step).items():
                results[step.part, step.of, step.subject.name, name].append(value)
        order.reverse()
    return results


@dataclass(frozen=True)
class _Bench:
    """Measures one step at a time."""

    school: School
    plan: Plan
    log: Path

    def figures(self, step: Step) -> Figures:
        """Cold start, calendar reads, calls to each service per request, load, memory after it."""
        subject, school = step.subject, self.school
        figures: Figures = {"load average": os.getloadavg()[0]}
        school.renew(step.events, step.latency_ms)
        first = f"{school.add_classes(1)}-0" if subject.books else None
        if step.classes:
            school.add_classes(step.classes, HELD)
        settings = {**school.settings, **subject.environ, **step.environ}
        with started(subject, settings, self.log, first) as instance:
            figures["cold ms"] = instance.cold_ms
            figures["cold processor ms"] = instance.processor_ms()
            figures["reads"] = school.google.counts().get("list", 0)
            if step.part == "whole":  # first: a load that ends leaves some calls behind
                figures |= self._calls(subject, instance)
            if step.later_ms:
                school.google.latency(step.later_ms / 1000)
            for callers in step.callers:
                before = instance.processor_ms()
                told = self._load(step, instance, callers)
                used = instance.processor_ms() - before
                figures[f"requests/s at {callers}"] = told.per_second
                figures[f"median ms at {callers}"] = told.median_ms
                figures[f"p99 ms at {callers}"] = told.p99_ms
                figures[f"slowest ms at {callers}"] = told.slowest_ms
                figures[f"processor ms at {callers}"] = used / told.requests
            if step.later_ms:
                figures["age after it, s"] = int(instance.ask().headers["Age"])
            if step.part == "renewing":
                figures["slowest hit ms"] = _slowest_hit_ms(instance, self.plan.watched_seconds)
            figures["memory MiB"] = instance.memory_mib()
            return figures

    def _load(self, step: Step, instance: Instance, callers: int) -> Load:
        subject = step.subject
        # It takes a quickstart many seconds to read 10,000 events.
        for seconds in (step.seconds or self.plan.seconds, 20, 100):
            classes = seconds * _CLASSES_PER_SECOND
            prefix = self.school.add_classes(classes) if subject.books else None
            if told := load(instance.address, callers, seconds, self.plan.most, prefix):
                return told
        raise LoadError(f"{subject.name} answered nothing")

    def _calls(self, subject: Subject, instance: Instance) -> Figures:
        """As the stand-in counts them, and those to Firestore as the function does."""
        prefix = self.school.add_classes(_COUNTED) if subject.books else None
        lines_before = len(instance.lines())
        self.school.google.clear_requests()
        for number in range(_COUNTED):
            instance.ask(f"{prefix}-{number}" if prefix else None)
        calls = Counter(self.school.google.counts())
        for line in instance.lines()[lines_before:]:
            calls["firestore"] += line["calls"].get("firestore", 0)
        told = {f"calls: {name}": count / _COUNTED for name, count in calls.items() if count}
        return {"calls": sum(told.values()), **told}


def _slowest_hit_ms(instance: Instance, seconds: int) -> float:
    """How long, at most, callers are kept by another's renewal: those who get the listing from
    before, which is as old as it may become."""
    end = time.monotonic() + seconds

    def slowest(_caller: int) -> float:
        waits = [0.0]
        while (asked := time.monotonic()) < end:
            if int(instance.ask().headers["Age"]) >= RENEWED_AFTER:
                waits.append(time.monotonic() - asked)
        return max(waits) * 1000

    with ThreadPoolExecutor() as callers:
        return max(callers.map(slowest, range(4)))
