"""How much is measured, and of what."""

from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.instance import Subject

_HERE = Path(__file__).parent
CALLERS = 16
"""The number of connections that is compared."""


@dataclass(frozen=True)
class Plan:
    """`seconds` is the length of each load, `events` are numbers of events in the window, and
    `latencies_ms` is what Google takes for each call."""

    rounds: int = 5
    seconds: float = 3
    connections: tuple[int, ...] = (1, CALLERS, 64)
    events: tuple[int, ...] = (10, 1_000, 10_000)
    latencies_ms: tuple[int, ...] = (0, 50, 200)
    usual_latency_ms: int = 50


QUICK = Plan(rounds=1, seconds=0, connections=(CALLERS,), events=(10,), latencies_ms=(50,))
"""Shows that the benchmark works; its figures say nothing."""


@dataclass(frozen=True)
class Subjects:
    """The floor, what is packaged, and for each of the two functions a baseline."""

    floor: Subject
    lists: Subject
    books: Subject
    quickstart_lists: Subject
    quickstart_books: Subject

    @property
    def all(self) -> list[Subject]:
        return [
            self.floor, self.lists, self.quickstart_lists, self.books, self.quickstart_books,
        ]  # fmt: skip


def subjects(package: Path) -> Subjects:
    """Each with as many threads as deploy.sh gives the function."""
    baseline = _HERE / "baseline"
    return Subjects(
        floor=Subject("floor", _HERE, "floor", threads=64),
        lists=Subject("list_events", package, "list_events", threads=64),
        books=Subject("create_event", package, "create_event", threads=16, books=True),
        quickstart_lists=Subject("quickstart list", baseline, "list_events", threads=64),
        quickstart_books=Subject(
            "quickstart create", baseline, "create_event", threads=16, books=True
        ),
    )
