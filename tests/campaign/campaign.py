"""Plays many schedules: those of a campaign, or those of the broken variants."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from infra.local.google.client import Control
from tests.campaign.history import History
from tests.campaign.instances import Deployed, Pool
from tests.campaign.invariants import Violation, violations
from tests.campaign.runner import play
from tests.campaign.schedule import Schedule
from tests.campaign.variants import VARIANTS, Variant
from tests.campaign.world import World, running_world
from tests.support.planted_bug import with_bugs

_BATCH = 200

Outcome = tuple[History, list[Violation]]


def run(
    world: World, schedules: Sequence[Schedule], jobs: int, slack_seconds: float
) -> Iterator[Outcome]:
    """Plays schedules, `jobs` at a time, and yields what became of each as it ends."""

    def outcome(schedule: Schedule) -> Outcome:
        history = play(world, schedule)
        return history, violations(history, slack_seconds)

    with ThreadPoolExecutor(jobs) as playing:
        for start in range(0, len(schedules), _BATCH):
            # The stand-in keeps whatever it received: it forgets between batches.
            world.renew()
            batch = [playing.submit(outcome, each) for each in schedules[start : start + _BATCH]]
            for future in as_completed(batch):
                yield future.result()


def run_variants(
    emulator: str, control: Control, package: Path, directory: Path
) -> Iterator[tuple[Variant, list[Violation]]]:
    """Plays the schedule of each broken variant, all at a time."""
    deployed: list[Deployed] = []
    places = []
    for number, variant in enumerate(VARIANTS):
        source = with_bugs(package, directory / f"variant-{number}", variant.bugs)
        first, count = len(deployed), variant.schedule.instances
        deployed += [Deployed(source, variant.environs.get(each, {})) for each in range(count)]
        places.append(slice(first, first + count))
    with (
        running_world(emulator, control, directory, deployed) as world,
        ThreadPoolExecutor(len(VARIANTS)) as playing,
    ):

        def outcome(variant: Variant, place: slice) -> tuple[Variant, list[Violation]]:
            own = replace(world, pool=Pool(world.instances[place]))
            return variant, violations(play(own, variant.schedule), slack_seconds=3)

        yield from playing.map(outcome, VARIANTS, places)
