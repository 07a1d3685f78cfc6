"""What both commands show, and their options: the time line of a schedule, figures of many, and
what caught each variant."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.simulation.history import NEVER, History
from tests.simulation.invariants import Violation
from tests.simulation.schedule import COMMITS

Outcome = tuple[list[History], list[Violation]]
"""Of a schedule: what happened, for each class, and what it violated."""

Told = tuple[Counter[str], list[str]]
"""Figures of schedules, and time lines of those that are violated."""

Catch = tuple[int | None, set[str]]
"""What caught a variant: the number of the schedule, 0 if it was the variant's own, None if there
was none; and the invariants that it violated."""

_SECONDS_BETWEEN_WORDS = 5.0
_MOST_SHOWN = 10


def told(outcome: Outcome) -> Told:
    histories, found = outcome
    counted = Counter({"schedules": 1, "violated": bool(found)})
    begun_at = histories[0].attempts[0].started_at
    counted["seconds played"] = round(max(each.healed.at for each in histories) - begun_at)
    counted.update({f"violation: {each.invariant}" for each in found})
    for history in histories:
        counted["take-overs"] += len(list(history.takeovers()))
        counted.update(f"step: {each.kind}" for each in history.happenings)
        counted.update(f"answer: {attempt.code}" for attempt in history.attempts)
        faults = [f"fault: {c.operation} {c.fault}" for c in history.calls if c.fault]
        counted += Counter({"faults": len(faults), **Counter(faults)})
    return counted, [explained(*outcome)] if found else []


def explained(histories: list[History], found: Iterable[Violation]) -> str:
    """A schedule: what was planned, what was violated, and what happened when."""
    lines = [str(histories[0].schedule), *(f"  {each.invariant}: {each.text}" for each in found)]
    for history in histories:
        lines.append(f"{history.class_id}:")
        moments = sorted(_moments(history), key=lambda moment: moment[0])
        lines += [f"{at:10.3f}  {text}" for at, text in moments if at < NEVER]
    return "\n".join(lines)


def _moments(history: History) -> Iterator[tuple[float, str]]:
    for attempt in history.attempts:
        name = f"i{attempt.instance} d{attempt.number}"
        heals = " (to heal)" if attempt.started_at >= history.quiet.at else ""
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


def options(description: str | None, *, schedules: int, jobs: int) -> argparse.Namespace:
    """Those given, with defaults for how many schedules are played, and how many at once."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--schedules", type=int, default=schedules)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=jobs, help="how many at once")
    parser.add_argument("--replay", type=int, metavar="SEED", help="show this schedule's time line")
    parser.add_argument("--variants", action="store_true", help="the broken variants instead")
    return parser.parse_args()


def followed(parts: Iterable[Told], schedules: int) -> Told:
    """Their sum; says every few seconds how far it is."""
    total, violated = Counter[str](), list[str]()
    began = said = time.monotonic()
    for counted, shown in parts:
        total += counted
        violated += shown
        now, done = time.monotonic(), total["schedules"]
        if now - said > _SECONDS_BETWEEN_WORDS or done == schedules:
            said, rate = now, done / (now - began)
            left = f"{rate:.0f}/s, {(schedules - done) / rate:.0f} s left"
            print(f"{done}/{schedules}, {total['violated']} violated, {left}", file=sys.stderr)
    return total, violated


def show(total: Counter[str], violated: list[str]) -> int:
    """Returns the exit status."""
    rows = [f"{name:45}{number:8}" for name, number in sorted({"violated": 0, **total}.items())]
    print(*violated[:_MOST_SHOWN], *rows, sep="\n")
    return 1 if total["violated"] else 0


def show_variants(caught: Iterable[tuple[str, list[Catch]]]) -> int:
    """A line for each variant. Returns the exit status: 1 if one was not caught each time."""
    status = 0
    for name, catches in caught:
        how = " ".join("directed" if number == 0 else str(number) for number, _ in catches)
        is_caught = all(invariants for _, invariants in catches)
        by = sorted(set().union(*(invariants for _, invariants in catches)))
        print(f"{name:60}{how:>26}  {', '.join(by) if is_caught else 'NOT CAUGHT'}", flush=True)
        status |= not is_caught
    return status
