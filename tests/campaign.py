"""The fault campaign on demand: plays random schedules of deliveries, signals, broken lines and
edits against real processes of create_event, and says what of its promise was violated.

Each seed draws one schedule: --seed S --schedules 1 plays it alone.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.local.emulator import firestore_emulator
from infra.local.google.client import running_stand_in
from tests.campaign.campaign import World
from tests.campaign.drawing import LARGEST, draw
from tests.campaign.variants import run_variants
from tests.simulation.report import Summary, explained
from tests.support.classes import Classes

ROOT = Path(__file__).parents[1]
_PROGRESS_EVERY = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/campaign.py", description=__doc__)
    parser.add_argument("--schedules", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=12, help="schedules under way at once")
    parser.add_argument("--variants", action="store_true", help="the broken variants instead")
    options = parser.parse_args()
    with ExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory()))
        package = directory / "package"
        subprocess.run([ROOT / "deploy.sh", "--package", package], check=True, capture_output=True)
        emulator = running.enter_context(firestore_emulator())
        control = running.enter_context(running_stand_in())
        world = World(emulator, control, running.enter_context(Classes(emulator)))
        show = _show_variants if options.variants else _show
        return show(options, world, package / "create_event")


def _show(options: argparse.Namespace, world: World, source: Path) -> int:
    began, summary = time.monotonic(), Summary()
    schedules = [draw(options.seed + number) for number in range(options.schedules)]
    settings = [{}] * max(LARGEST, options.jobs * 3 // 2)
    with world.running(source, source.parent, settings) as instances:
        for history, found in world.play(schedules, instances, options.jobs):
            summary.add([history], found)
            if found:
                print(f"\nviolated by seed {history.schedule.seed}:")
                print(explained([history], found))
            if summary.schedules % _PROGRESS_EVERY == 0:
                done = f"{summary.schedules}/{len(schedules)}, {summary.violated} violated"
                print(f"{done}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(*summary.lines(), sep="\n")
    return 1 if summary.violated else 0


def _show_variants(_options: argparse.Namespace, world: World, source: Path) -> int:
    all_caught = True
    for variant, (history, found) in run_variants(world, source, source.parent):
        all_caught &= bool(found)
        names = ", ".join(sorted({each.invariant for each in found}))
        print(f"{variant.name:60}{names or explained([history], found)}")
    return 0 if all_caught else 1


if __name__ == "__main__":
    sys.exit(main())
