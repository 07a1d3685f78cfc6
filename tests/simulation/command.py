"""What tests/simulate.py and tests/campaign.py have in common: options, progress and tables."""

import argparse
import sys
import time
from collections.abc import Iterable

from tests.simulation.report import Figures, table

_SECONDS_BETWEEN_WORDS = 5.0
_MOST_SHOWN = 3

Catch = tuple[int | None, set[str]]
"""What caught a variant: the number of the schedule, 0 if it was the variant's own, None if there
was none; and the invariants that it violated."""


def options(description: str | None, *, schedules: int, jobs: int) -> argparse.Namespace:
    """Those given, with defaults for how many schedules are played, and how many at once."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--schedules", type=int, default=schedules)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=jobs, help="how many at once")
    parser.add_argument("--replay", type=int, metavar="SEED", help="show this schedule's time line")
    parser.add_argument("--variants", action="store_true", help="the broken variants instead")
    return parser.parse_args()


def show(played: Iterable[tuple[Figures, list[str]]], schedules: int) -> int:
    """Says every few seconds how far it is, then shows some violated schedules and the sum of all
    figures. Returns the exit status."""
    total, violated = Figures(), list[str]()
    began = said = time.monotonic()
    for counted, shown in played:
        total += counted
        violated += shown
        now, done = time.monotonic(), total["schedules"]
        if now - said > _SECONDS_BETWEEN_WORDS or done == schedules:
            said, rate = now, done / (now - began)
            left = f"{rate:.0f}/s, {(schedules - done) / rate:.0f} s left"
            print(f"{done}/{schedules}, {total['violated']} violated, {left}", file=sys.stderr)
    print(*violated[:_MOST_SHOWN], table(total), sep="\n")
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
