"""What a campaign shows: the time line of a violation, and a summary of all schedules."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.campaign.history import History
from tests.campaign.invariants import Violation
from tests.campaign.schedule import BUDGET_SECONDS


@dataclass
class Summary:
    """Figures over many schedules."""

    schedules: int = 0
    violated: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    """The campaign's own, signals and edits, by what they were."""
    takeovers: int = 0
    deliveries: list[int] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    slowest_answer: float = 0.0

    def add(self, history: History, violations: list[Violation]) -> None:
        self.schedules += 1
        self.violated += bool(violations)
        self.faults.update(_faults(history))
        self.deeds.update(each.what for each in history.happenings if not each.is_of_line)
        self.takeovers += sum(1 for _ in history.takeovers())
        self.deliveries.append(_deliveries_needed(history))
        self.answers.update(
            f"{attempt.status} {attempt.code}" if attempt.status else "none"
            for attempt in history.attempts
        )
        answered = [history.seconds_of(each) for each in history.attempts if each.status]
        self.slowest_answer = max(self.slowest_answer, *answered, 0.0)

    def lines(self) -> Iterator[str]:
        needed = self.deliveries or [0]
        yield f"schedules      {self.schedules}, violated: {self.violated}"
        yield f"signals, edits {_counted(self.deeds)}"
        yield f"take-overs     {self.takeovers}"
        yield f"deliveries     median {statistics.median(needed):g}, maximum {max(needed)}"
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
        if each.is_of_line:
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
    lines.append(f"  {history.schedule}")
    lines += [f"{at - history.started_at:8.3f}  {text}" for at, text in sorted(_moments(history))]
    return "\n".join(lines)


def _moments(history: History) -> Iterator[tuple[float, str]]:
    """Every delivery, call, write and deed, and when it was."""
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
