"""What a campaign shows: progress, the time line of a violation, the summary."""

import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fault_campaign.history import History
from tests.fault_campaign.invariants import Violation
from tests.fault_campaign.schedule import BUDGET_SECONDS

_BAR = 30
_LINE_EVERY = 100


@dataclass
class Summary:
    """Figures over many schedules."""

    schedules: int = 0
    violated: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    stops: int = 0
    terminations: int = 0
    takeovers: int = 0
    edits: Counter[str] = field(default_factory=Counter)
    deliveries: list[int] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    slowest_answer: float = 0.0

    def add(self, history: History, violations: list[Violation]) -> None:
        self.schedules += 1
        if violations:
            self.violated.append(history.schedule.seed)
        self.faults.update(_faults(history))
        self.kills += len(history.of("KILL"))
        self.stops += len(history.of("STOP"))
        self.terminations += len(history.of("TERM"))
        self.takeovers += sum(1 for _ in history.takeovers())
        self.edits.update(
            each.what for each in history.of("move", "email", "cancel", "delete_event")
        )
        self.deliveries.append(_deliveries_needed(history))
        self.answers.update(
            f"{attempt.status} {attempt.code}" if attempt.status else "none"
            for attempt in history.attempts
        )
        answered = [history.seconds_of(each) for each in history.attempts if each.status]
        self.slowest_answer = max(self.slowest_answer, *answered, 0.0)

    def as_json(self) -> dict[str, Any]:
        needed = self.deliveries or [0]
        return {
            **vars(self),
            "deliveries": {"median": statistics.median(needed), "maximum": max(needed)},
        }

    def lines(self) -> Iterator[str]:
        figures = self.as_json()
        yield f"schedules      {self.schedules}, violated: {len(self.violated)}"
        yield f"kills          {self.kills}; stops {self.stops}; terminations {self.terminations}"
        yield f"take-overs     {self.takeovers}"
        needed = figures["deliveries"]
        yield f"deliveries     median {needed['median']:g}, maximum {needed['maximum']}"
        yield f"edits          {_counted(self.edits)}"
        yield f"answers        {_counted(self.answers)}"
        yield f"slowest answer {self.slowest_answer:.2f} s (budget {BUDGET_SECONDS} s)"
        yield f"faults         {sum(self.faults.values())}"
        for fault, times in sorted(self.faults.items()):
            yield f"  {fault:34}{times:6}"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in counter.most_common())


def _faults(history: History) -> Iterator[str]:
    """The faults that were really met, by call and kind."""
    for entry in history.google:
        if fault := entry["fault"]:
            when = f" {fault['when']}" if fault["kind"] in ("status", "drop", "silence") else ""
            kind = entry["status"] if fault["kind"] == "status" else fault["kind"]
            yield f"{entry['operation']}: {kind}{when}"
    for _, call in history.store:
        if call.fault:
            yield f"{call.operation}: {call.fault}"
    for each in history.happenings:
        if " " in each.what:
            yield f"line: {each.what}"


def _deliveries_needed(history: History) -> int:
    """Posts that reached an instance until the first final answer."""
    finals = [attempt.ended_at for attempt in history.attempts if attempt.is_final]
    first = min(finals, default=float("inf"))
    return sum(
        attempt.started_at <= first and attempt.error != "ConnectionRefusedError"
        for attempt in history.attempts
    )


def explained(history: History, found: Iterable[Violation]) -> str:
    """A violated schedule: its seed, what was violated, what was planned and what happened."""
    seed = history.schedule.seed
    lines = [f"violated by seed {seed} (python tests/campaign.py --seed {seed} --schedules 1)"]
    lines += [f"  {each.invariant}: {each.text}" for each in found]
    lines += [f"  {history.schedule}", *time_line(history)]
    return "\n".join(lines)


def time_line(history: History) -> Iterator[str]:
    """Every delivery, call, write and deed in the order of time, in seconds from the start."""
    for at, text in sorted(_moments(history)):
        yield f"{at - history.started_at:8.3f}  {text}"


def _moments(history: History) -> Iterator[tuple[float, str]]:
    for number, attempt in enumerate(history.attempts):
        answer = f"{attempt.status} {attempt.code}" if attempt.status else attempt.error
        yield attempt.started_at, f"i{attempt.instance} delivery {number} begins"
        yield attempt.ended_at, f"i{attempt.instance} delivery {number} ends: {answer}"
    for index, call in history.store:
        fault = f" [{call.fault}]" if call.fault else ""
        token = f" {call.write.token[:6]}" if call.write and call.write.token else ""
        yield call.started_at, f"i{index}   firestore {call.operation}{token}{fault}"
        if call.landed_at and call.write:
            yield call.landed_at, f"i{index}   firestore {call.operation}{token} has landed"
        if call.ended_at:
            outcome = call.outcome or "not answered"
            yield call.ended_at, f"i{index}   firestore {call.operation}{token}: {outcome}"
    for entry in history.google:
        name = f"i{entry['instance']}   google #{entry['sequence']} {entry['operation']}"
        fault = f" [{entry['fault']['kind']} {entry['fault']['when']}]" if entry["fault"] else ""
        yield entry["received_at"], f"{name}{fault}"
        if entry["effect_at"]:
            yield entry["effect_at"], f"{name} takes effect"
        if entry["finished_at"]:
            yield entry["finished_at"], f"{name}: {entry['status'] or 'not answered'}"
    for mail in history.invitations:
        yield (
            mail["at"],
            f"     mail: {mail['kind']} of {mail['event_id'][:8]} to {mail['attendee']}",
        )
    for each in history.happenings:
        instance = "  " if each.instance is None else f"i{each.instance}"
        until = each.until - history.started_at
        yield each.at, f"{instance} ** {each.what} {each.subject[:8]} until {until:.3f}"


class Progress:
    """A bar on standard error; where that is no terminal, a line now and then."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._is_terminal = sys.stderr.isatty()

    def show(self, done: int, violated: int) -> None:
        text = f"{done}/{self._total} schedules, {violated} violated"
        if self._is_terminal:
            filled = _BAR * done // self._total
            bar = "#" * filled + "." * (_BAR - filled)
            sys.stderr.write(f"\r[{bar}] {text}" + "\n" * (done == self._total))
        elif done % _LINE_EVERY == 0 or done == self._total:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
