"""`python tests/campaign.py`: the fault campaign on demand, with progress and a summary."""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.emulator import firestore_emulator
from infra.local.stand_in.client import Control
from infra.local.stand_in.process import running_stand_in
from tests.fault_campaign.campaign import run, run_variants
from tests.fault_campaign.instances import Deployed
from tests.fault_campaign.report import Progress, Summary, explained
from tests.fault_campaign.schedule import LARGEST, draw
from tests.fault_campaign.world import World, running_world

ROOT = Path(__file__).parents[2]
DESCRIPTION = """Plays random schedules of deliveries, faults, signals and edits against real
processes of create_event and says what of its promise was violated. Each seed draws one schedule:
--seed S --schedules 1 plays it alone."""


@dataclass(frozen=True)
class Stage:
    """What a world is made of."""

    package: Path
    emulator: str
    control: Control
    directory: Path

    @contextmanager
    def world(self, instances: int) -> Iterator[World]:
        deployed = [Deployed(self.package)] * instances
        with running_world(self.emulator, self.control, self.directory, deployed) as world:
            yield world


@contextmanager
def _stage() -> Iterator[Stage]:
    """The package, an emulator and a stand-in for the command alone."""
    with ExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory()))
        package = directory / "package"
        subprocess.run([ROOT / "deploy.sh", "--package", package], check=True, capture_output=True)
        emulator = running.enter_context(firestore_emulator())
        control = running.enter_context(running_stand_in())
        yield Stage(package / "create_event", emulator, control, directory)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/campaign.py", description=DESCRIPTION)
    parser.add_argument("--schedules", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=16, help="schedules under way at once")
    parser.add_argument("--slack", type=float, default=1.0, help="seconds beyond the budget")
    parser.add_argument("--json", action="store_true", help="the summary as JSON")
    parser.add_argument("--variants", action="store_true", help="the broken variants instead")
    options = parser.parse_args()
    with _stage() as stage:
        return _show_variants(stage) if options.variants else _show_campaign(stage, options)


def _show_campaign(stage: Stage, options: argparse.Namespace) -> int:
    schedules = [draw(seed) for seed in range(options.seed, options.seed + options.schedules)]
    summary, progress = Summary(), Progress(len(schedules))
    jobs = min(options.jobs, len(schedules))
    with stage.world(max(LARGEST, jobs * 3 // 2)) as world:
        for history, found in run(world, schedules, jobs, options.slack):
            summary.add(history, found)
            progress.show(summary.schedules, len(summary.violated))
            if found:
                print("\n" + explained(history, found))
    print(json.dumps(summary.as_json()) if options.json else "\n".join(summary.lines()))
    return 1 if summary.violated else 0


def _show_variants(stage: Stage) -> int:
    all_caught = True
    for variant, found in run_variants(
        stage.emulator, stage.control, stage.package, stage.directory
    ):
        names = sorted({each.invariant for each in found})
        is_caught = variant.caught_by <= set(names)
        all_caught &= is_caught
        if not is_caught:
            print(*found[:5], sep="\n")
        print(f"{'caught' if is_caught else 'MISSED':8}{variant.name:52}{', '.join(names)}")
    return 0 if all_caught else 1
