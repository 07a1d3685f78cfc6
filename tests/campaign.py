"""The fault campaign on demand: plays random schedules of deliveries, signals, broken lines and
edits against real processes of create_event, and says what of its promise was violated.

Each seed draws one schedule: --replay SEED plays it alone and shows it call by call.
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.local.emulator import firestore_emulator
from infra.local.google.control import running_stand_in
from tests.campaign.player import World
from tests.campaign.variants import play_variants
from tests.simulation import report
from tests.simulation.drawing import draw_for_processes as draw
from tests.support.classes import Classes

ROOT = Path(__file__).parents[1]


def main() -> int:
    options = report.options(__doc__, schedules=60, jobs=12)
    with ExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory()))
        package = directory / "package"
        subprocess.run([ROOT / "deploy.sh", "--package", package], check=True, capture_output=True)
        emulator = running.enter_context(firestore_emulator())
        google = running.enter_context(running_stand_in())
        classes = running.enter_context(Classes(emulator))
        world = World(emulator, google, classes, package / "create_event", directory)
        if options.variants:
            return report.show_variants(play_variants(world))
        if options.replay is not None:
            print(*(report.explained(*outcome) for outcome in world.play([draw(options.replay)])))
            return 0
        schedules = [draw(options.seed + number) for number in range(options.schedules)]
        played = map(report.told, world.play(schedules, options.jobs))
        return report.show(*report.followed(played, len(schedules)))


if __name__ == "__main__":
    sys.exit(main())
