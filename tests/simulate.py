"""Plays simulated schedules of deliveries, faults, signals and edits against the project's own
booking code, in virtual time, and says what of its promise was violated.

Each seed draws one schedule: --replay SEED shows it call by call.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulation import command
from tests.simulation.drawing import draw
from tests.simulation.hunting import Catch, hunt
from tests.simulation.report import explained
from tests.simulation.simulation import judged, simulate, smallest

_SEEDS_APART = 1_000_000
_SHOWN = 3


def main() -> int:
    options = command.options(__doc__, schedules=10_000, jobs=2)
    if options.replay is not None:
        print(explained(*judged(draw(options.replay))))
        return 0
    return _show_variants(options) if options.variants else _simulate(options)


def _simulate(options: argparse.Namespace) -> int:
    seeds = range(options.seed, options.seed + options.schedules)
    total = command.followed(simulate(seeds, options.jobs), len(seeds))
    for seed in sorted(total.violated)[:_SHOWN]:
        print(f"\nviolated by seed {seed} (tests/simulate.py --replay {seed}); made smaller:")
        print(explained(*judged(smallest(draw(seed)))))
    return command.closed(total)


def _show_variants(options: argparse.Namespace) -> int:
    """How many schedules it takes until each variant is caught, from three seeds on."""
    firsts = [options.seed + number * _SEEDS_APART for number in range(3)]
    found = hunt([range(first, first + options.schedules) for first in firsts], options.jobs)

    def row(name: str, catches: list[Catch]) -> tuple[str, str, set[str]]:
        counts = ["directed" if number == 0 else str(number) for number, _ in catches]
        is_caught = all(names for _, names in catches)
        invariants = {name for _, names in catches for name in names if is_caught}
        return name, " ".join(counts), invariants

    return command.show_variants(row(name, catches) for name, catches in found)


if __name__ == "__main__":
    sys.exit(main())
