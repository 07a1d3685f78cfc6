"""What is shown: the time line of a schedule, and figures of many."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.simulation.history import NEVER, History
from tests.simulation.invariants import Violation
from tests.simulation.schedule import COMMITS

Outcome = tuple[list[History], list[Violation]]
"""Of a schedule: what happened, for each class, and what it violated."""

_MOST_SHOWN = 3


@dataclass
class Summary:
    """Figures over many schedules; two can be added up. `seconds` are of virtual time, `violated`
    are seeds, `shown` are time lines of theirs."""

    schedules: int = 0
    violated: list[int] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    seconds: float = 0.0
    takeovers: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)

    def merge(self, other: "Summary") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def lines(self) -> Iterator[str]:
        yield from self.shown[:_MOST_SHOWN]
        yield f"schedules      {self.schedules}, violated: {len(self.violated)}"
        yield f"time played    {self.seconds / 3600:.1f} h"
        yield f"signals, edits {_counted(self.deeds)}"
        yield f"take-overs     {self.takeovers}"
        yield f"answers        {_counted(self.answers)}"
        yield f"violations     {_counted(self.violations) or 'none'}"
        yield f"violated seeds {sorted(self.violated)[:50] or 'none'}"
        yield f"faults         {sum(self.faults.values())}"
        for fault, times in sorted(self.faults.items()):
            yield f"  {fault:34}{times:8}"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in counter.most_common())


def summary_of(outcome: Outcome) -> Summary:
    histories, found = outcome
    calls = [call for history in histories for call in history.calls]
    attempts = [attempt for history in histories for attempt in history.attempts]
    return Summary(
        schedules=1,
        violated=[histories[0].schedule.seed] if found else [],
        shown=[explained(histories, found)] if found else [],
        seconds=max(each.healed.at for each in histories),
        takeovers=sum(len(list(history.takeovers())) for history in histories),
        faults=Counter(f"{call.operation}: {call.fault}" for call in calls if call.fault),
        deeds=Counter(each.step.kind for history in histories for each in history.happenings),
        answers=Counter(attempt.code for attempt in attempts),
        violations=Counter({each.invariant for each in found}),
    )


def explained(histories: list[History], found: Iterable[Violation]) -> str:
    """A schedule: what was planned, what was violated, and what happened when."""
    lines = [str(histories[0].schedule), *(f"  {each.invariant}: {each.text}" for each in found)]
    for history in histories:
        lines.append(f"{history.class_id}:")
        moments = sorted(_moments(history), key=lambda moment: moment[0])
        lines += [f"{at:10.3f}  {text}" for at, text in moments if at < NEVER]
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
        step = each.step
        whom = each.subject[:8] if step.instance is None else f"i{step.instance}"
        seconds = f" for {step.seconds:.2f} s" if step.seconds else ""
        yield each.at, f"** {step.kind} {whom}{seconds}"
    for what, state in (("quiet", history.quiet), ("healed", history.healed)):
        live = ", ".join(f"{e['id'][:8]} {e['start']['dateTime']}" for e in state.live_events)
        yield state.at, f"-- {what}; live events: {live or 'none'}"
