"""What was measured, as Markdown: medians and, in brackets, quartiles over the rounds."""

import statistics
from collections.abc import Sequence

from tests.benchmark.plan import Plan
from tests.benchmark.results import Results
from tests.benchmark.targets import Target, targets

_SUBJECTS = ("floor", "list_events", "quickstart list", "create_event", "quickstart create")


def tables(results: Results, plan: Plan) -> str:
    """All tables."""
    parts = [_whole(results, plan), _latency(results, plan), _events(results, plan)]
    return "\n\n".join([*parts, _judged(targets(results, plan))])


def _whole(results: Results, plan: Plan) -> str:
    figures = ["cold ms", "cold processor ms"]
    for connections in plan.connections:
        figures += [
            f"{name} at {connections}"
            for name in ("requests/s", "median ms", "p99 ms", "processor ms")
        ]
    figures.append("memory MiB")
    rows = [
        [name, *(_spread(results.values("whole", subject, 0, name)) for subject in _SUBJECTS)]
        for name in figures
    ]
    rows.append(["calls per request", *(_calls(results, subject) for subject in _SUBJECTS)])
    return _table(["", *_SUBJECTS], rows)


def _latency(results: Results, plan: Plan) -> str:
    header = [
        "each call to Google takes", "listing kept, 16 callers: median ms", "p99 ms",
        "listing read each time: median ms", "quickstart list", "create_event",
        "quickstart create",
    ]  # fmt: skip
    columns = [
        ("renewing", "list_events", "median ms"),
        ("renewing", "list_events", "p99 ms"),
        *(("latency", subject, "median ms") for subject in _SUBJECTS[1:]),
    ]
    rows = [
        [
            f"{of} ms",
            *(_spread(results.values(part, subject, of, name)) for part, subject, name in columns),
        ]
        for of in plan.latencies_ms
    ]
    return _table(header, rows)


def _events(results: Results, plan: Plan) -> str:
    header = [
        "events in the window", "calendar reads", "cold ms", "requests/s at 16",
        "floor, as many bytes", "memory MiB", "quickstart list, one caller: median ms",
    ]  # fmt: skip
    columns = [
        ("list_events", "reads"), ("list_events", "cold ms"), ("list_events", "requests/s"),
        ("floor", "requests/s"), ("list_events", "memory MiB"), ("quickstart list", "median ms"),
    ]  # fmt: skip
    rows = [
        [
            f"{of:,}",
            *(_spread(results.values("events", subject, of, name)) for subject, name in columns),
        ]
        for of in plan.events
    ]
    return _table(header, rows)


def _judged(targets: Sequence[Target]) -> str:
    rows = [
        [each.text, f"{each.measured:.3g}", each.wanted, "yes" if each.is_held else "**no**"]
        for each in targets
    ]
    return _table(["target", "measured", "wanted", "held"], rows)


def _calls(results: Results, subject: str) -> str:
    calls = results.calls(subject)
    return ", ".join(f"{count:g} {name}" for name, count in calls.items()) or "none"


def _spread(values: Sequence[float]) -> str:
    """The median, with the quartiles if there are rounds enough to tell."""
    if not values:
        return "-"
    median = _text(statistics.median(values))
    if len(values) < 3 or min(values) == max(values):
        return median
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median} ({_text(low)}-{_text(high)})"


def _text(value: float) -> str:
    if value == int(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
