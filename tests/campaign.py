"""The fault campaign on demand: plays random schedules of deliveries, faults, signals and edits
against real processes of create_event, and says what of its promise was violated.

Each seed draws one schedule: --seed S --schedules 1 plays it alone.
"""

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.local.emulator import firestore_emulator
from infra.local.google.client import Control, running_stand_in
from tests.campaign.campaign import run, run_variants
from tests.campaign.instances import Deployed
from tests.campaign.report import Summary, explained
from tests.campaign.schedule import LARGEST, draw
from tests.campaign.world import running_world

ROOT = Path(__file__).parents[1]
_PROGRESS_EVERY = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/campaign.py", description=__doc__)
    parser.add_argument("--schedules", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=16, help="schedules under way at once")
    parser.add_argument("--slack", type=float, default=1.0, help="seconds beyond the budget")
    parser.add_argument("--variants", action="store_true", help="the broken variants instead")
    options = parser.parse_args()
    with ExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory()))
        package = directory / "package"
        subprocess.run([ROOT / "deploy.sh", "--package", package], check=True, capture_output=True)
        source = package / "create_event"
        emulator = running.enter_context(firestore_emulator())
        control = running.enter_context(running_stand_in())
        if options.variants:
            return _show_variants(emulator, control, source, directory)
        schedules = [draw(seed) for seed in range(options.seed, options.seed + options.schedules)]
        jobs = min(options.jobs, len(schedules))
        deployed = [Deployed(source)] * max(LARGEST, jobs * 3 // 2)
        world = running.enter_context(running_world(emulator, control, directory, deployed))
        summary = Summary()
        for history, found in run(world, schedules, jobs, options.slack):
            summary.add(history, found)
            if found:
                print("\n" + explained(history, found))
            if summary.schedules % _PROGRESS_EVERY == 0:
                done = f"{summary.schedules}/{len(schedules)} schedules"
                print(f"{done}, {summary.violated} violated", file=sys.stderr)
        print(*summary.lines(), sep="\n")
        return 1 if summary.violated else 0


def _show_variants(emulator: str, control: Control, source: Path, directory: Path) -> int:
    all_caught = True
    for variant, found in run_variants(emulator, control, source, directory):
        names = {each.invariant for each in found}
        is_caught = variant.caught_by <= names
        all_caught &= is_caught
        if not is_caught:
            print(*found[:5], sep="\n")
        verdict = "caught" if is_caught else "MISSED"
        print(f"{verdict:8}{variant.name:52}{', '.join(sorted(names))}")
    return 0 if all_caught else 1


if __name__ == "__main__":
    sys.exit(main())
