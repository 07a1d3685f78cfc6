"""The promise holds under the fault campaign, and the campaign notices when it is broken."""

from pathlib import Path

import pytest

from infra.local.google.client import Control
from tests.campaign.campaign import run, run_variants
from tests.campaign.instances import Deployed
from tests.campaign.report import Summary, explained
from tests.campaign.schedule import draw
from tests.campaign.variants import VARIANTS
from tests.campaign.world import running_world

FIRST_SEED = 100
SCHEDULES = 52
JOBS = 10
INSTANCES = 12
SLACK_SECONDS = 3


def test_a_seed_draws_the_same_schedule_again() -> None:
    assert [draw(seed) for seed in range(50)] == [draw(seed) for seed in range(50)]
    assert len({str(draw(seed)) for seed in range(50)}) == 50


@pytest.mark.timeout(300)
def test_no_schedule_violates_the_promise(
    emulator: str, google: Control, package: Path, tmp_path: Path
) -> None:
    # Those of the variants too: it is not the schedule that the variants are caught by.
    schedules = [draw(seed) for seed in range(FIRST_SEED, FIRST_SEED + SCHEDULES)]
    schedules += [variant.schedule for variant in VARIANTS]
    summary, violated = Summary(), []
    deployed = [Deployed(package / "create_event")] * INSTANCES
    with running_world(emulator, google, tmp_path, deployed) as world:
        for history, found in run(world, schedules, JOBS, SLACK_SECONDS):
            summary.add(history, found)
            if found:
                violated.append(explained(history, found))
    assert not violated, "\n\n".join(violated)
    assert summary.schedules == len(schedules)
    # The campaign is worth something only if things go wrong in it.
    assert sum(summary.faults.values()) > SCHEDULES
    assert summary.takeovers and summary.deeds.keys() >= {"KILL", "STOP"}


@pytest.mark.timeout(300)
def test_every_broken_variant_is_caught(
    emulator: str, google: Control, package: Path, tmp_path: Path
) -> None:
    source = package / "create_event"
    missed = [
        f"{variant.name}: {found}"
        for variant, found in run_variants(emulator, google, source, tmp_path)
        if not variant.caught_by <= {violation.invariant for violation in found}
    ]
    assert not missed, "\n".join(missed)
