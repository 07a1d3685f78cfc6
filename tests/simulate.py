"""Plays simulated schedules of deliveries, faults, signals and edits against the project's own
booking code, in virtual time, and says what of its promise was violated.

Each seed draws one schedule: --replay SEED shows it call by call.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulation.drawing import draw
from tests.simulation.report import explained
from tests.simulation.simulation import judged, simulate, smallest


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/simulate.py", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--show", type=int, default=3, help="how many violations to show whole")
    parser.add_argument("--replay", type=int, metavar="SEED", help="show this schedule's time line")
    options = parser.parse_args()
    if options.replay is not None:
        print(explained(*judged(draw(options.replay))))
        return 0
    return _simulate(options)


def _simulate(options: argparse.Namespace) -> int:
    seeds = range(options.seed, options.seed + options.schedules)
    began = time.monotonic()

    def say(done: int, violated: int) -> None:
        rate = done / max(time.monotonic() - began, 0.001)
        left = (len(seeds) - done) / rate
        text = f"{done}/{len(seeds)}, {violated} violated, {rate:.0f}/s, {left:.0f} s left"
        print(text, file=sys.stderr)

    summary, violated = simulate(seeds, options.jobs, say)
    for seed in violated[: options.show]:
        print(f"\nviolated by seed {seed} (tests/simulate.py --replay {seed}); made smaller:")
        print(explained(*judged(smallest(draw(seed)))))
    print(*summary.lines(), sep="\n")
    if violated:
        print(f"violated seeds: {violated[:50]}")
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
