"""Plays simulated schedules of deliveries, faults, signals and edits against the project's own
booking code, in virtual time, and says what of its promise was violated.

Each seed draws one schedule: --replay SEED shows it call by call.
"""

import argparse
import sys
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulation.drawing import draw
from tests.simulation.hunting import hunt
from tests.simulation.report import explained
from tests.simulation.simulation import judged, simulate, smallest
from tests.simulation.variants import VARIANTS

_SEEDS_APART = 1_000_000
_SECONDS_BETWEEN_WORDS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/simulate.py", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--show", type=int, default=3, help="how many violations to show whole")
    parser.add_argument("--replay", type=int, metavar="SEED", help="show this schedule's time line")
    parser.add_argument("--variants", action="store_true", help="the broken variants instead")
    options = parser.parse_args()
    if options.replay is not None:
        print(explained(*judged(draw(options.replay))))
        return 0
    return _show_variants(options) if options.variants else _simulate(options)


def _simulate(options: argparse.Namespace) -> int:
    seeds = range(options.seed, options.seed + options.schedules)
    summary, violated = simulate(seeds, options.jobs, _Progress(len(seeds)).say)
    for seed in violated[: options.show]:
        print(f"\nviolated by seed {seed} (tests/simulate.py --replay {seed}); made smaller:")
        print(explained(*judged(smallest(draw(seed)))))
    print(*summary.lines(), sep="\n")
    if violated:
        print(f"violated seeds: {violated[:50]}")
    return 1 if violated else 0


class _Progress:
    """Says every few seconds how far it is."""

    def __init__(self, schedules: int) -> None:
        self._schedules = schedules
        self._began = self._said = time.monotonic()

    def say(self, done: int, violated: int) -> None:
        now = time.monotonic()
        if now - self._said > _SECONDS_BETWEEN_WORDS or done == self._schedules:
            self._said, rate = now, done / (now - self._began)
            left = (self._schedules - done) / rate
            text = f"{done}/{self._schedules}, {violated} violated, {rate:.0f}/s, {left:.0f} s left"
            print(text, file=sys.stderr)


def _show_variants(options: argparse.Namespace) -> int:
    """How many schedules it takes until each variant is caught, from three seeds on."""
    firsts = [options.seed + number * _SEEDS_APART for number in range(3)]
    seeds = [range(first, first + options.schedules) for first in firsts]
    found = hunt([(variant, each) for variant in VARIANTS for each in seeds], options.jobs)
    all_caught = True
    for variant in VARIANTS:
        catches = list(islice(found, len(seeds)))
        all_caught &= all(each.schedules is not None for each in catches)
        counts = ["directed" if each.schedules == 0 else str(each.schedules) for each in catches]
        names = sorted({name for each in catches for name in each.invariants})
        print(f"{variant.name:60}{' '.join(counts):>26}  {', '.join(names)}", flush=True)
    return 0 if all_caught else 1


if __name__ == "__main__":
    sys.exit(main())
