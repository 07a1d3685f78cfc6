"""What the functions are held to."""

from dataclasses import dataclass

from tests.benchmark.plan import CALLERS, Plan
from tests.benchmark.results import Results

_OWN_MS = 18
"""What a booking may take besides Google's time."""


@dataclass(frozen=True)
class Target:
    """A bound for a figure: the most it may be, or the least."""

    text: str
    measured: float
    bound: float
    is_least: bool = False

    @property
    def is_held(self) -> bool:
        return self.measured >= self.bound if self.is_least else self.measured <= self.bound

    @property
    def wanted(self) -> str:
        return f"{'at least' if self.is_least else 'at most'} {self.bound:g}"


def targets(results: Results, plan: Plan) -> list[Target]:
    """Those the plan's measurements can tell of. A ratio is the median of the rounds' ratios."""
    many = plan.events[-1]
    slow = plan.usual_latency_ms
    at = f"at {CALLERS}"

    def to_floor(figure: str, subject: str = "list_events") -> float:
        return results.to_floor("whole", 0, figure, subject)

    return [
        Target("list_events: requests/s, to the floor's", to_floor(f"requests/s {at}"), 0.95, True),
        Target("list_events: median, to the floor's", to_floor(f"median ms {at}"), 1.1),
        Target("list_events: cold start, to the floor's", to_floor("cold ms"), 2.5),
        Target(
            "create_event: cold start and first booking, to the floor's",
            to_floor("cold ms", "create_event"),
            3.5,
        ),
        Target(
            f"create_event: booking when Google takes {slow} ms, ms",
            results.median("latency", "create_event", slow, "median ms"),
            slow + _OWN_MS,
        ),
        Target("list_events: memory, MiB", _memory(results, "list_events"), 80),
        Target("create_event: memory, MiB", _memory(results, "create_event"), 120),
        Target(
            f"list_events of {many:,} events: requests/s, to the floor's with as many bytes",
            results.to_floor("events", many, "requests/s", "list_events"),
            0.95,
            True,
        ),
        Target("list_events: calls per request", sum(results.calls("list_events").values()), 0),
        Target("create_event: calls per booking", sum(results.calls("create_event").values()), 4),
    ]


def _memory(results: Results, subject: str) -> float:
    return results.median("whole", subject, 0, "memory MiB")
