"""The promise holds under the fault campaign, and the campaign notices when it is broken."""

import random
from pathlib import Path

import pytest

from infra.local.google.control import Control
from tests.campaign.player import World
from tests.campaign.variants import VARIANTS, play_variants
from tests.simulation.drawing import draw_for_processes as draw
from tests.simulation.report import followed, told
from tests.support.classes import Classes

FIRST_SEEDS = (1160, random.randrange(10**6, 10**9))
SCHEDULES = 20
JOBS = 10


def test_a_seed_draws_the_same_schedule_again() -> None:
    assert [draw(seed) for seed in range(50)] == [draw(seed) for seed in range(50)]
    assert len({str(draw(seed)) for seed in range(50)}) == 50


@pytest.fixture
def world(emulator: str, google: Control, classes: Classes, package: Path, tmp_path: Path) -> World:
    return World(emulator, google, classes, package / "create_event", tmp_path)


@pytest.mark.timeout(300)
def test_no_schedule_violates_the_promise(world: World) -> None:
    # Those of the variants too: it is not the schedule that the variants are caught by.
    schedules = [draw(first + number) for first in FIRST_SEEDS for number in range(SCHEDULES)]
    schedules += [schedule for _, schedule in VARIANTS.values()]
    played = map(told, world.play(schedules, JOBS))
    total, violated = followed(played, len(schedules))
    assert not violated, "\n\n".join(violated)
    assert total["schedules"] == len(schedules)
    # The campaign is worth something only if things go wrong in it: so they do in the first seeds.
    assert total.keys() >= {"take-overs", "step: KILL", "step: STOP", "step: TERM"}


@pytest.mark.timeout(300)
def test_every_broken_variant_is_caught(world: World) -> None:
    assert [name for name, [(_, names)] in play_variants(world) if not names] == []
