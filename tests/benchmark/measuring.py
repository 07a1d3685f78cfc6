"""How each figure is measured: on an instance of its own, which runs alone."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.instance import Instance, Subject, started
from tests.benchmark.load import Load, NothingAnswered, load
from tests.benchmark.plan import CALLERS, Plan
from tests.benchmark.school import LISTED, School

_CLASSES_PER_SECOND = 400
"""More than any function books here: so many are written before a load."""
_LEAST_SECONDS_OF_BOOKING = 1.0
_LONGEST_SECONDS = 60
_COUNTED = 10

Figures = dict[str, float]


@dataclass(frozen=True)
class Bench:
    """Measures one subject at a time, for one school. Raises InstanceError, LoadError."""

    school: School
    plan: Plan
    directory: Path

    def whole(self, subject: Subject) -> Figures:
        """Cold start, calls to each service per request, load, memory after it."""
        self.school.renew(self.plan.events[0])
        with self._started(subject) as instance:
            figures = {"cold ms": instance.cold_ms, "cold processor ms": instance.processor_ms()}
            figures |= self._calls(subject, instance)  # first: a load that ends leaves some behind
            for connections in self.plan.connections:
                before = instance.processor_ms()
                measured = self._load(subject, instance, connections)
                used = instance.processor_ms() - before
                figures[f"processor ms at {connections}"] = used / measured.requests
                figures[f"requests/s at {connections}"] = measured.per_second
                figures[f"median ms at {connections}"] = measured.median_ms
                figures[f"p99 ms at {connections}"] = measured.p99_ms
            figures["memory MiB"] = instance.memory_mib()
            return figures

    def with_latency(self, subject: Subject, latency_ms: int, **settings: str) -> Figures:
        """One caller, with a Google that takes so long for each call."""
        self.school.renew(self.plan.events[0], latency_ms)
        with self._started(subject, **settings) as instance:
            measured = self._load(subject, instance, connections=1)
            return {"cold ms": instance.cold_ms, "median ms": measured.median_ms}

    def renewing(self, subject: Subject, latency_ms: int) -> Figures:
        """Many callers of a listing that has to be read anew each second."""
        self.school.renew(self.plan.events[0], latency_ms)
        with self._started(subject, EVENTS_CACHE_SECONDS="1") as instance:
            self.school.google.clear_requests()
            measured = self._load(subject, instance, CALLERS)
            return {
                "median ms": measured.median_ms,
                "p99 ms": measured.p99_ms,
                "reads": self._reads(),
            }

    def with_events(self, subject: Subject, count: int, callers: int) -> Figures:
        """So many events in the window; the floor answers as many bytes."""
        self.school.renew(count)
        body_bytes = str(count * len(LISTED))
        with self._started(subject, BODY_BYTES=body_bytes) as instance:
            reads = self._reads()
            measured = self._load(subject, instance, callers)
            return {
                "cold ms": instance.cold_ms,
                "reads": reads,
                "requests/s": measured.per_second,
                "median ms": measured.median_ms,
                "memory MiB": instance.memory_mib(),
            }

    @contextmanager
    def _started(self, subject: Subject, **settings: str) -> Iterator[Instance]:
        first = f"{self.school.add_classes(1)}-0" if subject.books else None
        environ = {**self.school.settings, **settings}
        with started(subject, environ, self.directory / "log", first) as instance:
            yield instance

    def _load(self, subject: Subject, instance: Instance, connections: int) -> Load:
        seconds = self.plan.seconds
        if subject.books:
            seconds = max(seconds, _LEAST_SECONDS_OF_BOOKING)
        while True:
            prefix = self._classes(seconds) if subject.books else None
            try:
                return load(instance.address, connections, seconds, prefix)
            except NothingAnswered:  # it takes a quickstart seconds to read 10,000 events
                if seconds > _LONGEST_SECONDS:
                    raise
                seconds = 4 * max(seconds, 1)

    def _classes(self, seconds: float) -> str:
        return self.school.add_classes(int(seconds * _CLASSES_PER_SECOND))

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
        return {f"calls: {name}": count / _COUNTED for name, count in calls.items() if count}

    def _reads(self) -> int:
        return self.school.google.counts().get("list", 0)
