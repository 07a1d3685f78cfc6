"""What is shown: the time line of a schedule, and figures of many."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.simulation.history import NEVER, History
from tests.simulation.invariants import Violation
from tests.simulation.schedule import COMMITS

Outcome = tuple[list[History], list[Violation]]
"""Of a schedule: what happened, for each class, and what it violated."""

Figures = Counter[str]
"""Of many schedules; they can be added up."""


def figures(outcome: Outcome) -> Figures:
    histories, found = outcome
    seed, begun_at = histories[0].schedule.seed, histories[0].attempts[0].started_at
    counted = Figures({"schedules": 1, "violated": bool(found)})
    counted["seconds played"] = round(max(each.healed.at for each in histories) - begun_at)
    counted.update({f"violation: {each.invariant}" for each in found})
    counted.update({f"violated seed: {seed}"} if found else ())
    for history in histories:
        counted["take-overs"] += len(list(history.takeovers()))
        counted.update(f"step: {each.kind}" for each in history.happenings)
        counted.update(f"answer: {attempt.code}" for attempt in history.attempts)
        counted.update(f"fault: {c.operation} {c.fault}" for c in history.calls if c.fault)
    return counted


def table(counted: Figures) -> str:
    return "\n".join(f"{name:45}{number:8}" for name, number in sorted(counted.items()))


def explained(histories: list[History], found: Iterable[Violation]) -> str:
    """A schedule: what was planned, what was violated, and what happened when."""
    lines = [str(histories[0].schedule), *(f"  {each.invariant}: {each.text}" for each in found)]
    for history in histories:
        lines.append(f"{history.class_id}:")
        moments = sorted(_moments(history), key=lambda moment: moment[0])
        begun_at = moments[0][0]
        lines += [f"{at - begun_at:10.3f}  {text}" for at, text in moments if at < NEVER]
    return "\n".join(lines)


def _moments(history: History) -> Iterator[tuple[float, str]]:
    for index, attempt in enumerate(history.attempts):
        name = f"i{attempt.instance} d{attempt.number}"
        heals = " (to heal)" if index >= history.healing else ""
        cause = f" ({attempt.cause})" if attempt.cause else ""
        yield attempt.started_at, f"{name} delivery begins{heals}"
        yield attempt.ended_at, f"{name} answers {attempt.status} {attempt.code}{cause}"
    for call in history.calls:
        name = f"i{call.instance} d{call.delivery}   {call.operation}"
        token = f" {call.token[:6]}" if call.token else ""
        fault = f" [{call.fault}]" if call.fault else ""
        yield call.sent_at, f"{name} {call.subject[:8]}{token}{fault}"
        if call.is_calendar_write or call.operation in COMMITS:
            yield call.effect_at, f"{name} takes effect"
        yield call.ended_at, f"{name}: {call.outcome or 'broke'}"
    for each in history.happenings:
        whom = each.subject[:8] if each.instance is None else f"i{each.instance}"
        seconds = f" for {each.seconds:.2f} s" if each.seconds else ""
        yield each.at, f"** {each.kind} {whom}{seconds}"
    for what, state in (("quiet", history.quiet), ("healed", history.healed)):
        live = ", ".join(f"{e['id'][:8]} {e['start']['dateTime']}" for e in state.live_events)
        yield state.at, f"-- {what}; live events: {live or 'none'}"
