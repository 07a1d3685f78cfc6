"""Plays simulated schedules of deliveries, faults, signals and edits against the project's own
booking code, in virtual time, and says what of its promise was violated.

Each seed draws one schedule: --replay SEED shows it call by call.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulation import report
from tests.simulation.drawing import draw
from tests.simulation.simulation import hunt, judged, simulate

_SEEDS_APART = 1_000_000


def main() -> int:
    options = report.options(__doc__, schedules=10_000, jobs=2)
    if options.replay is not None:
        print(report.explained(*judged(draw(options.replay))))
        return 0
    seeds = range(options.seed, options.seed + options.schedules)
    if options.variants:  # how many schedules it takes until each is caught, from three seeds on
        firsts = [options.seed + number * _SEEDS_APART for number in range(3)]
        found = hunt([range(first, first + options.schedules) for first in firsts], options.jobs)
        return report.show_variants(found)
    return report.show(*report.followed(simulate(seeds, options.jobs), len(seeds)))


if __name__ == "__main__":
    sys.exit(main())
